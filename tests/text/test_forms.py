"""Inflected forms in the languages we know, and the words that only look like them."""

import json
from pathlib import Path

import pytest

from monitor.models import Article, PageState
from monitor.rules.index import Index, Rule
from monitor.rules.syntax import parse
from monitor.text.forms import (
    LANGUAGES,
    analyser,
    other_forms,
    rule_keys,
    text_keys,
)

CASES = Path(__file__).parents[3] / "shared" / "cases" / "inflection.jsonl"


def meets(rule: str, text: str, language: str) -> bool:
    return bool(set(rule_keys(rule, language)) & set(text_keys(text, language)))


@pytest.mark.parametrize(
    ("language", "rule", "text"),
    [
        ("de", "Rakete", "Raketen"),
        ("de", "Gespräch", "Gesprächen"),
        ("fr", "élection", "elections"),
        ("fr", "général", "généraux"),
        ("es", "misión", "misiones"),
        ("it", "missile", "missili"),
        ("pt", "eleição", "eleições"),
        ("ru", "ракета", "ракетами"),
        ("ru", "Идлиб", "Идлибе"),
        ("uk", "ракета", "ракетами"),
        ("tr", "füze", "füzeler"),
        ("ar", "صاروخ", "والصاروخ"),
        ("ar", "مطار", "بالمطار"),
        ("fa", "موشک", "موشک‌ها"),
        ("nl", "raket", "raketten"),
        ("pl", "rakieta", "rakiety"),
    ],
)
def test_an_inflected_form_is_the_same_word(
    language: str, rule: str, text: str
) -> None:
    assert meets(rule, text, language)


@pytest.mark.parametrize(
    ("language", "rule", "text"),
    [
        ("de", "Rat", "Rate"),
        ("en", "author", "authorities"),
        ("ru", "мир", "мэр"),
        ("fr", "paix", "pays"),
        ("tr", "kara", "karar"),
        ("ar", "حرب", "حزب"),
        ("fa", "جنگ", "جنگل"),
    ],
)
def test_a_word_that_looks_like_a_form_is_another(
    language: str, rule: str, text: str
) -> None:
    assert not meets(rule, text, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_can_be_loaded(language: str) -> None:
    assert text_keys("Aleppo", language)[0] == "aleppo"


def test_norwegian_is_known_by_either_name() -> None:
    assert analyser("no") is analyser("nb-NO")


def test_the_other_forms_of_a_word_are_those_of_the_dictionary() -> None:
    found = other_forms(["strikes", "Aleppo"], "en-GB")

    assert found == {
        "strikes": ("stricken", "strike", "striking", "struck"),
        "Aleppo": (),
    }


def test_every_other_form_finds_the_word() -> None:
    for word, forms in other_forms(["airstrike", "Syrian", "police"], "en").items():
        assert forms
        keys = set(rule_keys(word, "en"))
        assert all(keys & set(text_keys(form, "en")) for form in forms)


@pytest.mark.parametrize("language", ["ar", "zh", ""])
def test_where_there_is_no_dictionary_no_form_is_known(language: str) -> None:
    assert other_forms(["حلب"], language) == {"حلب": ()}


@pytest.mark.skipif(not CASES.exists(), reason="the solved cases are not here")
def test_the_solved_cases_of_inflection_are_right_often_enough() -> None:
    right = false = 0
    for line in CASES.read_text("utf-8").splitlines():
        case = json.loads(line)
        article = Article(
            title="",
            summary="",
            body=case["text"]["body"],
            aside="",
            language=case["text"]["lang"],
            state=PageState.OK,
            url="",
        )
        index = Index([Rule(name="r", tree=parse(case["query"]))], {})
        met = bool(index.match(article))
        right += met and case["expected"]
        false += met and not case["expected"]

    assert right >= 172
    assert false <= 2
