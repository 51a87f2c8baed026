import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.text.forms import analyser, rule_keys, text_keys
from monitor.text.words import (
    clean,
    fold,
    may_join,
    one_line,
    sentences,
    spelled,
    tokens,
    variants,
)

# Letters, marks, joiners and separators of all the scripts that are cut differently.
LIVELY = st.text(
    "aEé'’ʼ-.ßıİЁйї́ٱـَةしアー゙阿勒ไก่မ0٣ \n\u00ad\u200b\u202e_¼ﰰŉ", max_size=30
)


def words(text: str) -> list[str]:
    return [token.surface for token in tokens(text)]


def meet(rule: str, text: str, language: str = "en") -> bool:
    """Whether a rule word finds a text word: the index compares just these keys."""
    return bool(set(rule_keys(rule, language)) & set(text_keys(text, language)))


# --- where words are ---


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("Troops left Aleppo.", ["Troops", "left", "Aleppo"]),
        ("snake_case e-mail a/b", ["snake", "case", "e", "mail", "a", "b"]),
        ("Aleppo’s l'attaque O'Brien", ["Aleppo’s", "l'attaque", "O'Brien"]),
        ("the rebels' 'quoted' words", ["the", "rebels", "quoted", "words"]),
        ("The U.S. and the E.U. met", ["The", "U.S.", "and", "the", "E.U.", "met"]),
        ("Plan A. Then U.S.A without", ["Plan", "A", "Then", "U", "S", "A", "without"]),
        (
            "re\u0301sume\u0301 soft\u00adhyphen",
            ["re\u0301sume\u0301", "soft\u00adhyphen"],
        ),
        ("阿勒颇2016年", ["阿", "勒", "颇", "2016", "年"]),
        ("アレッポのシリアル", ["アレッポ", "の", "シリアル"]),
        ("シリア・アラブ", ["シリア", "アラブ"]),
        ("ไก่", ["ไ", "ก่"]),
        ("بحلب، سوريا", ["بحلب", "سوريا"]),
        ("COVID-19 F16", ["COVID", "19", "F16"]),
    ],
)
def test_words_are_runs_of_letters_and_digits(text: str, expected: list[str]) -> None:
    found = words(text)

    assert found == expected


@pytest.mark.parametrize(
    ("text", "gap"),
    [
        ("air strike", " "),
        ("air \n\u00a0 strike", " "),
        ("air-strike", "-"),
        ("air\u2011strike", "-"),
        ("air - strike", "."),
        ("air--strike", "."),
        ("air. Strike", "."),
        ("air/strike", "."),
        ("空袭", ""),
    ],
)
def test_the_gap_says_what_stands_between_two_words(text: str, gap: str) -> None:
    _, second = tokens(text)

    assert second.gap == gap


@pytest.mark.parametrize(
    ("text", "gap"), [("Aleppo", ""), (" Aleppo", " "), ("«Aleppo", ".")]
)
def test_the_first_gap_begins_with_the_text(text: str, gap: str) -> None:
    (first,) = tokens(text)

    assert first.gap == gap


@given(LIVELY | st.text(max_size=40))
def test_offsets_point_at_the_surface_in_order(text: str) -> None:
    found = tokens(text)

    spans = [(token.start, token.end) for token in found]
    assert [text[start:end] for start, end in spans] == [t.surface for t in found]
    assert all(a_end <= b for (_, a_end), (b, _) in itertools.pairwise(spans))
    assert all(start < end for start, end in spans)


def test_a_page_of_dotted_letters_is_cut_in_linear_time() -> None:
    text = "a." * 100_000 + "a"

    began = time.process_time()
    found = tokens(text)

    assert len(found) == 100_001
    assert time.process_time() - began < 5


# --- which forms are one word ---


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Aleppo", "ALEPPO"),
        ("café", "cafe"),
        ("re\u0301sume\u0301", "résumé"),
        ("Straße", "STRASSE"),
        ("İstanbul", "ıstanbul"),
        ("İstanbul", "istanbul"),
        ("Ёлка", "елка"),
        ("за́мок", "замок"),
        ("Ἀθῆναι", "αθηναι"),
        ("U.S.", "us"),
        ("\uff2d\uff45\uff54\uff41", "meta"),
        ("ｼﾘｱ", "シリア"),
        ("ｶﾞｻﾞ", "ガザ"),
        ("soft\u00adhyphen", "softhyphen"),
        ("Hal\u200bab\u200e", "halab"),
        ("قـوات", "قوات"),
        ("قُوَّات", "قوات"),
        ("كتابًا", "كتابا"),
        ("إدلب", "ادلب"),
        ("ٱلعربية", "العربيه"),
        ("مصطفى", "مصطفي"),
        ("کابل", "كابل"),
        ("یمن", "يمن"),
        ("ﻻ", "لا"),
        ("٢٠١٦", "2016"),
        ("२०१६", "2016"),
        ("O’Brien", "o'brien"),
        ("п\u02bcять", "п'ять"),
    ],
)
def test_case_accents_and_width_make_no_difference(one: str, other: str) -> None:
    folded = fold(one), fold(other)

    assert folded[0] == folded[1]


@pytest.mark.parametrize(
    ("one", "other"),
    [("й", "и"), ("ї", "\u0456"), ("ガザ", "カサ"), ("שׁ", "ש"), ("মা", "ম"), ("ł", "l")],
)
def test_marks_that_make_another_letter_stay(one: str, other: str) -> None:
    folded = fold(one), fold(other)

    assert folded[0] != folded[1]


@given(LIVELY | st.text(max_size=20))
def test_folding_twice_is_folding_once(text: str) -> None:
    folded = fold(text)

    again = fold(folded)

    assert again == folded


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("Meta", "Meta"),
        ("U.S.", "US"),
        ("Mu\u0308ller", "Müller"),
        ("O’Bri\u00aden", "O'Brien"),
        ("\uff2deta", "Meta"),
    ],
)
def test_one_spelling_keeps_case_and_accents(typed: str, expected: str) -> None:
    plain = spelled(typed)

    assert plain == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("Aleppo", ("aleppo",)),
        ("Aleppo's", ("aleppo's", "aleppo")),
        ("ALEPPO’S", ("aleppo's", "aleppo")),
        ("l’attaque", ("l'attaque", "attaque")),
        ("dell'Iran", ("dell'iran", "iran")),
        ("Halep’te", ("halep'te", "halep", "halepte")),
        ("O'Brien", ("o'brien", "obrien")),
        ("п’ять", ("п'ять", "пять")),
        ("don't", ("don't", "dont")),
        ("Don't", ("don't", "dont")),
        ("Sana'a", ("sana'a", "sana", "sanaa")),
        ("rock'n'roll", ("rock'n'roll",)),
        ("l'a", ("l'a", "la")),
        ("l'an", ("l'an", "an")),
        ("Ma'am", ("ma'am", "maam")),
        ("Ali'ye", ("ali'ye", "ali", "aliye")),
    ],
)
def test_clitics_and_elisions_come_off(word: str, expected: tuple[str, ...]) -> None:
    found = variants(word)

    assert found == expected


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("Aleppo", "Aleppo's"),
        ("airstrike", "Airstrikes"),
        ("withdraw", "withdrew"),
        ("child", "children"),
        ("crisis", "crises"),
        ("Houthi", "Houthis"),
        ("Houthis", "Houthi"),
        ("deepfake", "deepfakes"),
        ("Sanaa", "Sana'a"),
        ("US", "U.S."),
    ],
)
def test_an_inflected_form_meets_its_word(rule: str, text: str) -> None:
    met = meet(rule, text)

    assert met


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("author", "authorities"),
        ("university", "universal"),
        ("organ", "organization"),
        ("Syria", "Syrian"),
        ("don", "don't"),
        ("strike", "airstrike"),
        ("Don", "do"),
        ("US", "we"),
        ("CA", "can"),
    ],
)
def test_a_derived_or_known_other_word_does_not(rule: str, text: str) -> None:
    met = meet(rule, text)

    assert not met


def test_only_rule_words_are_always_reduced_to_a_stem() -> None:
    known = text_keys("authorities", "en")
    unknown = text_keys("Houthis", "en")
    ruled = rule_keys("authorities", "en")

    assert not [key for key in known if key.startswith("~")]
    assert "~houthi" in unknown
    assert text_keys("us", "en") == ("us",)
    assert "~author" in ruled


def test_a_language_tag_may_name_a_region_and_unknown_ones_only_fold() -> None:
    british = analyser("en-GB")
    unknown = analyser("xx")

    assert british is not None
    assert british is analyser("EN")
    assert unknown is None
    assert not meet("strike", "strikes", "xx")
    assert not meet("l'attaque", "attaque", "xx")
    assert meet("strike", "STRIKE", "")


@pytest.mark.parametrize(
    ("first", "second", "gap", "expected"),
    [
        ("air", "strike", " ", True),
        ("Air", "Strike", " ", True),
        ("air", "strike", "-", True),
        ("F", "16", "-", True),
        ("the", "rapist", " ", False),
        ("The", "Rapist", " ", False),
        ("strike", "the", " ", False),
        ("an", "other", " ", False),
        ("COVID", "19", " ", False),
        ("air", "strike", ".", False),
        ("空", "袭", "", False),
    ],
)
def test_neighbours_join_only_when_they_may_be_one_word(
    first: str, second: str, gap: str, *, expected: bool
) -> None:
    joined = may_join(first, second, gap)

    assert joined is expected


# --- sentences and lines ---


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n ", []),
        ("One. Two! Three", ["One.", "Two!", "Three"]),
        ('He said "Go." Then he left.', ['He said "Go."', "Then he left."]),
        ("Head line\n\nFirst. ", ["Head line", "First."]),
        ("3.5 per cent", ["3.5 per cent"]),
        ("ماذا؟ نعم", ["ماذا؟", "نعم"]),
        ("One.\nTwo", ["One.", "Two"]),
    ],
)
def test_sentences_end_at_stops_and_at_line_breaks(
    text: str, expected: list[str]
) -> None:
    spans = list(sentences(text))

    assert [text[start:end] for start, end in spans] == expected


@given(st.text("ab.!\"') \n", max_size=40))
def test_sentences_hold_every_word_once(text: str) -> None:
    spans = list(sentences(text))

    assert "".join("".join(text[start:end].split()) for start, end in spans) == "".join(
        text.split()
    )


def test_cleaning_drops_what_people_cannot_see_and_keeps_words_apart() -> None:
    text = "a\x00b\x1b[\ud800 c\u202ed\u2069 e\u2028f\x0bg\x85h\ti\nj"

    found = clean(text)

    assert found == "ab[ cd e\nf\ng\nh\ti\nj"


@given(st.text(max_size=60), st.integers(1, 20))
def test_one_line_is_one_line_and_never_longer(text: str, limit: int) -> None:
    line = one_line(text, limit)

    assert len(line) <= limit
    assert len(line.splitlines()) <= 1
    assert line == line.strip()


def test_a_cut_line_ends_with_an_ellipsis() -> None:
    lines = [one_line("Syrian  troops\nwithdraw", limit) for limit in (8, 21, 22)]

    assert lines == ["Syrian…", "Syrian troops withdr…", "Syrian troops withdraw"]
