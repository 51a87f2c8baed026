import pytest

from monitor.models import Article, Hit, PageState, Via
from monitor.rules.explain import inflected, why, why_not, words_apart
from monitor.rules.index import Index, Rule
from monitor.rules.syntax import parse

LISTS = {"aleppo": ["Aleppo", "Halab"]}


def article(
    body: str = "", *, title: str = "", aside: str = "", feed: str = ""
) -> Article:
    return Article(
        title=title,
        summary="",
        body=body,
        aside=aside,
        language="en",
        state=PageState.OK,
        url="https://example.com/a",
        feed=feed,
    )


def index(query: str, feeds: frozenset[str] | None = None) -> Index:
    return Index([Rule(name="r", tree=parse(query, LISTS), feeds=feeds)], LISTS)


def hit(
    term: str, start: int, end: int, *, field: str = "body", via: Via = Via.EXACT
) -> Hit:
    return Hit(term=term, field=field, start=start, end=end, form=term, via=via)


@pytest.mark.parametrize(
    ("query", "read", "expected"),
    [
        ("Aleppo", article("In Aleppo"), "Aleppo (exact, body)"),
        (
            "Aleppo",
            article("Aleppo", title="Aleppo"),
            "Aleppo (exact, title, 2 places)",
        ),
        (
            "Aleppo AND airstrike",
            article("Airstrikes hit.", title="Aleppo"),
            'Aleppo (exact, title) AND airstrike (inflection, form "Airstrikes", body)',
        ),
        ("@aleppo", article("Halab"), '@aleppo (alias, form "Halab", body)'),
        ("Aleppo", article(aside="Aleppo"), "Aleppo (exact, beside the main text)"),
        ("*", article("Aleppo"), ""),
    ],
)
def test_a_match_is_told_in_words(query: str, read: Article, expected: str) -> None:
    (match,) = index(query).match(read)

    told = why(match.hits)

    assert told == expected


@pytest.mark.parametrize(
    ("query", "read", "expected"),
    [
        ("Aleppo", article("Nothing here"), "needs Aleppo"),
        ("airport", article("In the air"), "needs airport"),
        (
            "port",
            article("The airport"),
            'needs port; nearest word: "airport" (a different word)',
        ),
        (
            "airport",
            article("The port"),
            'needs airport; nearest word: "port" (a different word)',
        ),
        (
            "Alepo",
            article("In Aleppo"),
            'needs Alepo; nearest word: "aleppo" (a different word)',
        ),
        ("=US", article("told us"), '=US: found "us" (case)'),
        ('"air raid"', article("Nothing"), 'needs "air raid"'),
        ("@aleppo", article("Idlib"), "needs @aleppo"),
        ("Aleppo AND war", article("In Aleppo"), "needs war"),
        ("Aleppo OR Idlib", article("Homs"), "needs one of Aleppo OR Idlib"),
        ("war AND (Aleppo OR Idlib)", article("war"), "needs one of Aleppo OR Idlib"),
        (
            "Aleppo NOT war",
            article("war in Aleppo"),
            "excluded by NOT war, in body, at 0",
        ),
        (
            "Aleppo NOT title:war",
            article("Aleppo", title="war"),
            "excluded by NOT title:war, in title, at 0",
        ),
        (
            "Aleppo NOT war",
            article(aside="war, Aleppo"),
            "excluded by NOT war, beside the main text, at 0",
        ),
        (
            "Aleppo NOT war",
            article("war", aside="Aleppo"),
            "excluded by NOT war, in body, at 0",
        ),
        ("Aleppo NOT NOT war", article("Aleppo"), "excluded by NOT NOT war"),
        ("title:Aleppo", article("Aleppo"), "title:Aleppo: found, but not in title"),
        ("title:Aleppo", article("Idlib"), "needs Aleppo"),
        (
            "title:(Aleppo war)",
            article("war", title="Aleppo"),
            "title:(Aleppo AND war): found, but not in title",
        ),
        ("title:(war Aleppo)", article("war"), "war: found, but not in title"),
        (
            "title:(Aleppo NOT war)",
            article(title="war, Aleppo"),
            "excluded by NOT war, in title, at 0",
        ),
    ],
)
def test_a_miss_names_the_branch_that_failed(
    query: str, read: Article, expected: str
) -> None:
    told = why_not(index(query), "r", read)

    assert told == expected


def test_a_miss_says_that_the_rule_does_not_watch_the_feed() -> None:
    watching = index("Aleppo", frozenset(["bbc"]))

    told = why_not(watching, "r", article("Aleppo", feed="tass"))

    assert told == 'the rule does not watch feed "tass"'


@pytest.mark.parametrize(
    "read", [article("Aleppo", feed="bbc"), article(aside="Aleppo", feed="bbc")]
)
def test_an_article_that_matches_now_is_no_miss(read: Article) -> None:
    told = why_not(index("Aleppo", frozenset(["bbc"])), "r", read)

    assert told == "it matches now; the rule has changed since"


TEXT = "Jets bombed the eastern districts of Aleppo. Two air strikes hit Aleppo again."
JETS, ALEPPO, AGAIN = hit("jet", 0, 4), hit("Aleppo", 37, 43), hit("again", 72, 77)
STRIKES = hit("airstrike", 49, 60)


@pytest.mark.parametrize(
    ("hits", "apart"),
    [
        ([JETS, ALEPPO], 5),
        ([ALEPPO, JETS], 5),
        ([ALEPPO, STRIKES], 1),
        ([STRIKES, AGAIN], 2),
        ([JETS, ALEPPO, STRIKES], 1),
        ([STRIKES, hit("air", 49, 52)], 0),
        ([JETS], None),
        ([ALEPPO, ALEPPO], None),
        ([JETS, hit("Aleppo", 37, 43, field="title")], None),
        ([], None),
    ],
)
def test_words_between_the_nearest_hits_of_two_terms_are_counted(
    hits: list[Hit], apart: int | None
) -> None:
    counted = words_apart(hits, TEXT, "body")

    assert counted == apart


def test_in_a_script_without_spaces_every_character_is_a_word() -> None:
    hits = [hit("空", 0, 1), hit("颇", 4, 5)]

    counted = words_apart(hits, "空袭阿勒颇", "body")

    assert counted == 3


def test_the_words_that_are_found_in_other_forms_are_named_once() -> None:
    tree = parse('"air strike" NEAR/3 (@aleppo OR =US) NOT (strike OR alep*)', LISTS)

    assert inflected(tree, LISTS) == ["air", "strike", "Aleppo", "Halab"]
