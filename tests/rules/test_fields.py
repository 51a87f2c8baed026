import pytest

from monitor.models import Article
from monitor.rules.index import Index, Rule
from monitor.rules.syntax import parse
from tests.rules.trying import LISTS, article, forms, found, meets

STORY = article(
    "A protest grew.",
    title="Fuel prices",
    summary="Drivers gather",
    url="https://www.bbc.co.uk/sport/football/123",
    source="BBC News World",
    feed="bbc-world",
    author="Jane Doe",
    tags=("Business", "Middle East"),
    language="en-GB",
    origin="www.reuters.com",
)


# --- domains ---


@pytest.mark.parametrize(
    ("domain", "url", "expected"),
    [
        ("bbc.co.uk", "https://www.bbc.co.uk/news", True),
        ("bbc.co.uk", "https://bbc.co.uk", True),
        ("bbc.co.uk", "https://news.bbc.co.uk/1", True),
        ("co.uk", "https://bbc.co.uk/", True),
        ("bc.co.uk", "https://bbc.co.uk/", False),
        ("bbc.co", "https://bbc.co.uk/", False),
        ("news.bbc.co.uk", "https://bbc.co.uk/", False),
        ("BBC.co.UK", "https://BBC.CO.uk/", True),
        ("www.bbc.co.uk", "https://www.bbc.co.uk/", True),
        ("www.bbc.co.uk", "https://bbc.co.uk/", True),
        (".bbc.co.uk", "https://bbc.co.uk/", True),
        ("bbc.co.uk", "https://example.com/bbc.co.uk", False),
        ("bbc.co.uk", "https://bbc.co.uk.evil.example/", False),
        ("bbc.co.uk", "https://bbc.co.uk:8443/", True),
        ("bbc.co.uk", "https://m.bbc.co.uk/", True),
        ("bbc.co.uk", "", False),
        ("bbc.co.uk", "http://[broken", False),
        ("bücher.example", "https://bücher.example/", True),
    ],
)
def test_a_source_with_a_dot_is_a_domain_of_whole_labels(
    domain: str, url: str, expected: bool
) -> None:
    met = meets(f"source:{domain}", article(url=url))

    assert met is expected


@pytest.mark.parametrize("field", ["url", "final_url", "canonical_url"])
def test_any_address_of_an_article_is_its_source(field: str) -> None:
    read = article(**{"url": "https://t.example/1", field: "https://bbc.co.uk/x"})

    met = meets("source:bbc.co.uk", read)

    assert met


@pytest.mark.parametrize("host", ["m.bbc.co.uk", "mobile.nytimes.com", "amp.cnn.com"])
def test_a_mobile_domain_is_its_own_source(host: str) -> None:
    met = meets(f"source:{host}", article(url=f"https://{host}/1"))

    assert met


def test_a_domain_may_be_written_in_its_own_letters() -> None:
    met = meets("source:bücher.example", article(url="https://xn--bcher-kva.example/"))

    assert met


@pytest.mark.parametrize("value", ["https://bbc.co.uk/news", "bbc.co.uk/news"])
def test_an_address_as_a_source_is_its_domain_or_a_mistake(value: str) -> None:
    met = meets(f"source:{value}", article(url="https://bbc.co.uk/news"))

    assert met


# --- words of metadata ---


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("source:BBC", True),
        ("source:bbc", True),
        ("source:=bbc", True),
        ("source:=NEWS", False),
        ('source:"BBC News"', True),
        ('source:"News BBC"', False),
        ("source:(ITV OR bbc.co.uk)", True),
        ("source:(ITV OR Sky)", False),
        ("source:sport", False),
        ("source:wor*", True),
        ("source:/^BBC/", True),
        ("source:(BBC NEAR/1 world)", True),
        ("origin:reuters.com", True),
        ("origin:www.reuters.com", True),
        ("origin:reuters", True),
        ("origin:bbc.co.uk", False),
        ("source:reuters.com", False),
        ("lang:en", True),
        ("lang:EN", True),
        ("lang:fr", False),
        ("lang:(fr OR en)", True),
        ("tag:business", True),
        ("tag:businesses", True),
        ('tag:"Middle East"', True),
        ("tag:sport", False),
        ("tag:ATLEAST/2 (business OR east)", True),
        ("tag:2 OF (business, east, war)", True),
        ('author:"Jane Doe"', True),
        ("author:doe", True),
        ("author:John", False),
        ("feed:bbc", True),
        ("feed:bbc-world", True),
        ("feed:cnn", False),
        ("url:sport", True),
        ("url:football", True),
        ("url:tennis", False),
        ("text:protest", True),
        ("text:fuel", True),
        ("text:Jane", False),
        ("text:(fuel protest)", True),
    ],
)
def test_metadata_is_searched_through_its_field(query: str, expected: bool) -> None:
    met = meets(query, STORY)

    assert met is expected


@pytest.mark.parametrize(
    "word", ["Jane", "business", "bbc", "BBC", "football", "reuters", "en", "sport"]
)
def test_a_bare_word_never_searches_metadata(word: str) -> None:
    met = [
        meets(query, STORY)
        for query in (word, f"{word[:3]}*" if len(word) > 3 else word, f"/{word}/")
    ]

    assert met == [False] * 3


@pytest.mark.parametrize("code", ["ar", "de", "en", "it", "zh"])
def test_a_language_is_only_itself(code: str) -> None:
    others = ["ar", "da", "de", "en", "es", "it", "ja", "he"]

    met = [tag for tag in others if meets(f"lang:{code}", article(language=tag))]

    assert met == [tag for tag in others if tag == code]
    assert meets(f"lang:{code}", article(language=f"{code}-XX"))


def test_an_article_without_a_language_has_none() -> None:
    met = meets("lang:en", article(language=""))

    assert not met


@pytest.mark.parametrize("tag", ["en", "en-GB", "en-US"])
def test_a_language_of_a_rule_is_compared_by_its_primary_tag(tag: str) -> None:
    met = meets("lang:en-GB", article(language=tag))

    assert met


@pytest.mark.parametrize("query", ['tag:"civil war"', "tag:airstrike"])
def test_two_tags_are_no_phrase(query: str) -> None:
    met = meets(query, article(tags=("civil", "war", "air", "strike")))

    assert not met


@pytest.mark.parametrize("query", ["tag:war", "author:war"])
def test_a_word_that_the_text_is_full_of_is_found_behind_it_too(query: str) -> None:
    read = article("war " * 1_500 + "zebra", tags=("war",), author="War")

    met = meets(query, read)

    assert met


# --- with other parts of a rule ---


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("protest source:bbc.co.uk", True),
        ("protest -source:bbc.co.uk", False),
        ("protest -source:cnn.com", True),
        ("protest NOT tag:business", False),
        ("protest NOT (tag:business author:John)", True),
        ("protest NOT lang:fr", True),
        ("fuel OR source:cnn.com", True),
        ("diesel OR source:bbc.co.uk", True),
        ("diesel source:bbc.co.uk", False),
        ("source:(BBC -sky)", True),
        ("title:fuel body:protest summary:driver", True),
        ("title:protest", False),
    ],
)
def test_metadata_goes_together_with_words(query: str, expected: bool) -> None:
    met = meets(query, STORY)

    assert met is expected


@pytest.mark.parametrize(
    "query", ["source:bbc.co.uk", "lang:en", "tag:business", "author:/^J/", "feed:bbc"]
)
def test_a_rule_of_metadata_alone_matches_without_hits(query: str) -> None:
    match = found(query, STORY)

    assert match is not None
    assert (match.hits, match.score, match.weak) == ((), 0, False)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("protest tag:business", ["protest"]),
        ("author:doe OR protest", ["protest"]),
        ("2 OF (source:BBC, fuel, driver)", ["Fuel", "Drivers"]),
        ("source:/BBC/ body:/g\\w+/", ["grew"]),
    ],
)
def test_hits_hold_no_metadata(query: str, expected: list[str]) -> None:
    assert forms(query, STORY) == expected


@pytest.mark.parametrize(
    ("query", "weak"),
    [("text:more", True), ("text:protest", False), ("more lang:en", True)],
)
def test_text_searches_beside_the_main_text_too(query: str, weak: bool) -> None:
    read = article("A protest", aside="More of it")

    match = found(query, read)

    assert match is not None
    assert match.weak is weak


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        (STORY, ["a source", "a word"]),
        (article("protest"), ["a word"]),
        (article("x", url="https://bbc.co.uk"), ["a source"]),
    ],
)
def test_rules_with_and_without_words_stand_side_by_side(
    read: Article, expected: list[str]
) -> None:
    rules = [
        Rule(name="a source", tree=parse("source:bbc.co.uk")),
        Rule(name="a word", tree=parse("protest")),
        Rule(name="an author", tree=parse("author:John protest")),
    ]

    matches = Index(rules, LISTS).match(read)

    assert [match.rule for match in matches] == expected
