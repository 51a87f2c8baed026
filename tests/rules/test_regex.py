import pytest

from monitor.models import Via
from monitor.rules.regex import check_regex, compile_regex
from tests.rules.trying import article, forms, found, hits, meets


def places(pattern: str, text: str, *, any_case: bool = False) -> list[str]:
    """What a pattern finds in a text."""
    compiled = compile_regex(pattern, any_case=any_case)
    return [text[start:end] for start, end in compiled.spans(text)]


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ("/Breaking/", "Breaking", True),
        ("/Breaking/", "breaking", False),
        ("/Breaking/i", "BREAKING", True),
        ("/(?i)breaking/", "BREAKING", True),
        ("/Алеппо/", "АЛЕППО", False),
        ("/Алеппо/i", "в АЛЕППО", True),
        ("/é/", "e", False),
        ("/air strike/", "air  strike", False),
        (r"/air\s+strike/", "air\u00a0 strike", True),
        (r"/and\/or/", "and/or", True),
        (r"/\$\d+/", "cost $500", True),
    ],
)
def test_a_regex_reads_the_text_as_it_was_given(
    query: str, text: str, expected: bool
) -> None:
    met = meets(query, text)

    assert met is expected


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (r"\bcat\b", "cat, concat, cats", ["cat"]),
        (r"\bcat", "cats concat", ["cat"]),
        (r"cat\b", "cats concat", ["cat"]),
        (r"\bАлеппо\b", "Алеппо, Алеппов", ["Алеппо"]),
        (r"\bحلب\b", "في حلب اليوم", ["حلب"]),
        (r"\bحلب\b", "الحلبي", []),
        (r"\bélan\b", "élan, bélan", ["élan"]),
        (r"\bcat\b", "écat caté _cat cat_ cat9", []),
        (r"\w+", "в Алеппо, حلب_1!", ["в", "Алеппо", "حلب_1"]),
        (r"\W+", "в Алеппо", [" "]),
        (r"[\w-]+", "в Ростове-на-Дону", ["в", "Ростове-на-Дону"]),
        (r"[^\w]+", "حلب، ", ["، "]),
        (r"[]\w]+", "x]é", ["x]é"]),
        (r"\d+", "٢٠١٦ 2016 २", ["٢٠١٦", "2016", "२"]),
        (r"\D+", "1é٣", ["é"]),
        (r"[\d,]+", "٢,٣", ["٢,٣"]),
        (r"a\sb", "a\u3000b", ["a\u3000b"]),
        (r"a[\s]b", "a\u2003b", ["a\u2003b"]),
        (r"a\S", "aé", ["aé"]),
        (r"foo \bbar", "foo bar", ["foo bar"]),
        (r"x*", "axxb", ["xx"]),
        (r"\b", "a b", []),
        (r"\\d", r"\d 1", [r"\d"]),
    ],
)
def test_classes_and_word_borders_know_all_scripts(
    pattern: str, text: str, expected: list[str]
) -> None:
    assert places(pattern, text) == expected


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (r"\b(air|airstrike)\b", "an airstrike", ["airstrike"]),
        (r"\bn.*o\b", "no now", ["no"]),
        (r"\ba.*?\b", "abc d", ["abc"]),
        (r"\bfoo|bar\b", "xbar", ["bar"]),
        (r"\bfoo|bar\b", "foox", ["foo"]),
    ],
)
def test_a_word_border_may_choose_another_way_to_match(
    pattern: str, text: str, expected: list[str]
) -> None:
    assert places(pattern, text) == expected


def test_a_backslash_before_a_final_b_is_a_backslash() -> None:
    assert check_regex(r"a\\b") == ""


def test_a_named_class_may_stand_beside_others() -> None:
    assert places(r"[[:alpha:]\d]+x", "a1x") == ["a1x"]


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(", "missing )"),
        ("[", "missing ]"),
        ("a(?=b)", "invalid perl operator"),
        ("a(?<!b)", "invalid perl operator"),
        (r"(a)\1", "invalid escape sequence"),
        ("a{1001}", "invalid repetition size"),
        (r"x\bя", "beside ASCII letters only"),
        (r"(\bя)", "beside ASCII letters only"),
        (r"[\W]", "is not supported"),
        (r"[^\D]", "is not supported"),
        ("\ud800", "surrogates"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_refused(pattern: str, reason: str) -> None:
    trouble = check_regex(pattern)

    assert reason in trouble


@pytest.mark.parametrize("pattern", ["a", r"\bя\b", r"[\b]", r"(?P<x>a)", "^a$"])
def test_a_pattern_that_can_be_used_is_no_trouble(pattern: str) -> None:
    trouble = check_regex(pattern)

    assert trouble == "" or pattern == r"[\b]"


def test_a_refused_pattern_leaves_no_line_on_stderr(
    capfd: pytest.CaptureFixture[str],
) -> None:
    check_regex("(")

    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("title:/^Live:/", ["Live:"]),
        ("summary:/^Live:/", []),
        ("/^Live:/", ["Live:"]),
        ("/news$/", ["news"]),
        ("body:/^The/", ["The"]),
        ("text:/Live|The/", ["Live", "The"]),
        ("author:/^Jo/ The", ["The"]),
        ("author:/^Jane/ The", []),
        (r"url:/\/sport\/\d+/ The", ["The"]),
        ("/example/", []),
    ],
)
def test_a_regex_reads_one_field_at_a_time(query: str, expected: list[str]) -> None:
    read = article(
        "The news",
        title="Live: x",
        author="Joan",
        url="https://example.com/sport/12",
    )

    assert forms(query, read) == expected


def test_a_regex_finds_at_most_two_hundred_places_in_a_field() -> None:
    met = [
        meets(f"ATLEAST/99 {query}", article("war " * 300))
        for query in ("/war/", "/peace/")
    ]

    assert len(places("war", "war " * 300)) == 200
    assert len(places(r"\bwar\b", "warm " * 300 + "war " * 201)) == 200
    assert met == [True, False]


def test_the_hits_of_a_regex_have_offsets_in_characters() -> None:
    text = "阿勒颇 😀 xAleppo, É-Aleppo!"

    seen = hits(r"/Al\w+po/", article(text))

    assert [(h.term, h.start, h.form, h.via) for h in seen] == [
        (r"/Al\w+po/", text.index("Aleppo"), "Aleppo", Via.REGEX),
        (r"/Al\w+po/", text.rindex("Aleppo"), "Aleppo", Via.REGEX),
    ]


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ("/[!?]/", "war!", ["!"]),
        ("/[!?]/", "!", ["!"]),
        ("/r! a/", "war! and", ["r! a"]),
        ("/-/ ONEAR/0 time", "war-time", ["-", "time"]),
        ("war ONEAR/0 /-/", "war-time", ["war", "-"]),
        ("/-/ ONEAR/0 war", "war-time", []),
    ],
)
def test_a_regex_may_find_what_is_no_word(
    query: str, text: str, expected: list[str]
) -> None:
    assert forms(query, text) == expected


def test_every_place_of_a_regex_in_a_word_is_a_hit() -> None:
    assert forms("/an/", "banana") == ["an", "an"]


def test_an_article_is_read_for_regexes_even_without_known_words() -> None:
    match = found(r"/CVE-\d{4}/ OR Aleppo", article("see CVE-2024"))

    assert match is not None
    assert [hit.form for hit in match.hits] == ["CVE-2024"]
