import pytest

from monitor.models import Via
from monitor.rules.vocabulary import glob
from tests.rules.trying import article, found, hits, meets


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        # at the end
        ("Syria*", "Syrian troops", True),
        ("Syria*", "SYRIA", True),
        ("Syria*", "Assyrian", False),
        ("Élys*", "the elysee", True),
        # at the beginning
        ("*strike", "an airstrike", True),
        ("*strike", "a strike", True),
        ("*strike", "a striker", False),
        # on both sides, and inside
        ("*angriff*", "Luftangriffe", True),
        ("*angriff*", "Angriff", True),
        ("c*ation", "a coordination", True),
        ("c*ation", "nations", False),
        ("a*b*c*d", "xabcd", False),
        ("a*b*c*d", "axbxcxd", True),
        ("*a*b*c*", "aabbcc", True),
        ("*a*b*c*", "acb", False),
        # exactly one letter
        ("wom?n", "women", True),
        ("wom?n", "womn", False),
        ("wom?n", "wommen", False),
        ("wom??", "woman", True),
        ("?oman", "woman", True),
        ("?oman", "oman", False),
        ("?om*n", "woman", True),
        ("?om*n", "woma", False),
        # digits, other scripts, dotted acronyms
        ("F16*", "F16s", True),
        ("алеп*", "в Алеппо", True),
        ("حلب*", "الحلبي", False),
        ("*حلب*", "الحلبي", True),
        ("シリア*", "シリアル", True),
        ("NAT*", "N.A.T.O. said", True),
        # folded forms and clitics
        ("STRAß*", "Strassen", True),
        ("San*'a", "Sana’a", True),
        ("Alep*", "Aleppo’s", True),
    ],
)
def test_a_wildcard_stands_for_letters_of_a_whole_word(
    query: str, text: str, expected: bool
) -> None:
    met = meets(query, article(text, language="de"))

    assert met is expected


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("air*ke", "air strike"),
        ("air*ke", "air-strike"),
        ("ran*", "he runs"),
        ("child?", "children"),
        ("*airstrike", "airstrikes"),
        ("Alep*", ""),
    ],
)
def test_a_wildcard_is_neither_inflected_nor_put_together(
    query: str, text: str
) -> None:
    met = meets(query, text)

    assert not met


@pytest.mark.parametrize(
    ("query", "text"),
    [("阿勒*", "在阿勒颇市"), ("กรุง*", "กรุงเทพ")],
)
def test_a_wildcard_finds_a_run_in_a_script_without_spaces(
    query: str, text: str
) -> None:
    met = meets(query, article(text, language="zh"))

    assert met


@pytest.mark.parametrize("query", ["Syria*", "*yrian", "*yria*", "S*rian"])
def test_a_hit_of_a_wildcard_says_so(query: str) -> None:
    seen = hits(query, article("The Syrian army", title="SYRIAN"))

    assert [(h.term, h.field, h.start, h.form, h.via) for h in seen] == [
        (query, "title", 0, "SYRIAN", Via.WILDCARD),
        (query, "body", 4, "Syrian", Via.WILDCARD),
    ]


def test_each_word_that_fits_is_a_hit() -> None:
    seen = hits("*stan", article("Kazakhstan, Pakistan and stan"))

    assert [hit.form for hit in seen] == ["Kazakhstan", "Pakistan", "stan"]


def test_a_wildcard_with_enough_letters_may_be_long() -> None:
    match = found("a*b*c*" + "?" * 50, article("abc" + "x" * 50))

    assert match is not None


@pytest.mark.parametrize(
    ("pattern", "word", "expected"),
    [
        ("abc", "abc", True),
        ("abc", "ab", False),
        ("ab", "abc", False),
        ("*", "", True),
        ("***", "x", True),
        ("?", "", False),
        ("*a*ab", "aaab", True),
        ("*ab*ab*c", "ababab", False),
        ("a" + "*a" * 20 + "b", "a" * 2_000, False),
    ],
)
def test_a_pattern_fits_the_whole_word(pattern: str, word: str, expected: bool) -> None:
    fits = glob(pattern, word)

    assert fits is expected


def test_a_pattern_is_about_one_word_and_not_about_two_that_may_be_joined() -> None:
    assert meets("airstrik*", "an airstrike")
    assert meets("airstrike", "an air strike")
    assert not meets("airstrik*", "an air strike")
    both = hits("airstrike OR airstrik*", article("an air strike"))
    assert [(hit.term, hit.via) for hit in both] == [("airstrike", Via.COMPOUND)]
