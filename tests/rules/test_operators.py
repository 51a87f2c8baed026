import pytest

from monitor.models import Via
from monitor.rules.index import Index, Rule
from monitor.rules.syntax import parse
from tests.rules.trying import LISTS, article, forms, found, hits, meets

# --- NEAR ---


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ("jet NEAR/2 Aleppo", "jets over eastern Aleppo", True),
        ("jet NEAR/1 Aleppo", "jets over eastern Aleppo", False),
        ("Aleppo NEAR/2 jet", "jets over eastern Aleppo", True),
        ("jet NEAR/0 Aleppo", "jets, Aleppo", True),
        ("jet NEAR/0 Aleppo", "Aleppo’s jets", True),
        ("jet NEAR/0 Aleppo", "jets at Aleppo", False),
        ("jet NEAR Aleppo", "jet" + " x" * 10 + " Aleppo", True),
        ("jet NEAR Aleppo", "jet" + " x" * 11 + " Aleppo", False),
        ("jet NEAR/99 Aleppo", "jet" + " x" * 99 + " Aleppo", True),
        ("jet NEAR/99 Aleppo", "jet" + " x" * 100 + " Aleppo", False),
        ("阿 NEAR/1 颇", "阿勒颇", True),
        ("阿 NEAR/0 颇", "阿勒颇", False),
    ],
)
def test_near_counts_the_words_between_in_both_directions(
    query: str, text: str, expected: bool
) -> None:
    met = meets(query, text)

    assert met is expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("jet ONEAR/1 Aleppo", True),
        ("Aleppo ONEAR/1 jet", False),
        ("jet ONEAR/0 Aleppo", False),
        ("jet ONEAR Aleppo", True),
        ("Aleppo ONEAR/0 war", True),
        ("(jet ONEAR/1 Aleppo) ONEAR/0 war", True),
        ("war ONEAR/9 (jet NEAR/1 Aleppo)", False),
    ],
)
def test_onear_wants_the_left_side_first(query: str, expected: bool) -> None:
    met = meets(query, "jets over Aleppo, war")

    assert met is expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('"barrel bomb" NEAR/1 "city of Aleppo"', True),
        ('"barrel bomb" NEAR/0 "city of Aleppo"', False),
        ('"city of Aleppo" NEAR/1 "barrel bomb"', True),
        ("barrel NEAR/2 city", True),
        ("barrel NEAR/1 city", False),
        ('"barrel bomb" NEAR/0 bomb', False),
        ("barrel-bomb NEAR/1 city", True),
    ],
)
def test_near_counts_between_the_nearest_ends_of_phrases(
    query: str, expected: bool
) -> None:
    met = meets(query, "barrel bombs hit city of Aleppo")

    assert met is expected


def test_near_does_not_run_across_two_fields() -> None:
    read = article("Aleppo", title="jets", summary="Two")

    met = [meets(q, read) for q in ("jet NEAR/99 Aleppo", "jet AND Aleppo")]

    assert met == [False, True]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("one NEAR/0 two NEAR/0 three", True),
        ("three NEAR/0 two NEAR/0 one", True),
        ("one NEAR/1 three NEAR/0 four", True),
        ("one NEAR/0 two NEAR/0 four", False),
        ("one NEAR/0 three NEAR/1 two", False),
        ("one NEAR/2 (three NEAR/0 four)", True),
        ("(one NEAR/0 two) NEAR/0 (three NEAR/0 four)", True),
        ("one NEAR/0 two EXCEPT (one NEAR/0 two NEAR/0 three)", False),
    ],
)
def test_a_chain_of_near_is_read_from_left_to_right(query: str, expected: bool) -> None:
    met = meets(query, "one two three four")

    assert met is expected


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ('Aleppo NEAR/0 (air OR "air raid") NEAR/0 war', "Aleppo air raid war"),
        ("(Aleppo NEAR/5 war) NEAR/0 peace", "Aleppo x war y war peace"),
    ],
)
def test_a_chain_may_go_on_from_any_place_that_is_near(query: str, text: str) -> None:
    met = meets(query, text)

    assert met


def test_a_chain_finds_each_place_once() -> None:
    tree = parse("war" + " NEAR/3 war" * 6)
    chain = Index([Rule(name="r", tree=tree)], {})
    reading = chain.read(article("war " * 12))

    places = chain.places(tree, reading, ("body",))

    assert len(places) == len({(place.start, place.end) for place in places})


def test_a_word_is_not_near_itself() -> None:
    met = [meets("war NEAR/5 war", text) for text in ("war", "war and war")]

    assert met == [False, True]


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ("@aleppo NEAR/1 airstrike", "airstrikes on Halab", ["airstrikes", "Halab"]),
        ("@aleppo NEAR/0 空袭", "空袭阿勒颇", ["空袭", "阿勒颇"]),
        ("@strikes NEAR/0 @aleppo", "air raids, Aleppo", ["air raids", "Aleppo"]),
        ("@strikes NEAR/9 @aleppo", "told us in Aleppo", []),
        ("@nothing NEAR/9 Aleppo", "Aleppo", []),
        ("(jet OR drone) NEAR/0 (Idlib OR Homs)", "drones, Homs", ["drones", "Homs"]),
        ("Alep* NEAR/0 /f-?16/i", "F-16 Aleppo", ["F-16", "Aleppo"]),
    ],
)
def test_lists_and_all_kinds_of_terms_may_be_near(
    query: str, text: str, expected: list[str]
) -> None:
    assert forms(query, text) == expected


def test_only_the_places_that_are_near_are_hits() -> None:
    text = "war " + "x " * 20 + "jets in Aleppo, " + "x " * 20 + "jets"

    seen = hits("jet NEAR/1 Aleppo", article(text))

    assert [(h.term, h.start, h.form, h.via) for h in seen] == [
        ("jet", text.index("jets"), "jets", Via.INFLECTION),
        ("Aleppo", text.index("Aleppo"), "Aleppo", Via.EXACT),
    ]


# --- EXCEPT ---


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ('apple EXCEPT "apple juice"', "apple juice", []),
        ('apple EXCEPT "apple juice"', "apple juice by Apple", ["Apple"]),
        ('apple NOT "apple juice"', "apple juice by Apple", []),
        ('apple EXCEPT "apple juice"', "an apple", ["apple"]),
        ('apple EXCEPT "apple juice"', "juice apple", ["apple"]),
        ("apple EXCEPT apple", "apples", []),
        ("apple EXCEPT pear", "apple pear", ["apple"]),
        ('"big apple" EXCEPT "big apple pie"', "big apple pie", []),
        ('"apple pie" EXCEPT apple', "apple pie", ["apple pie"]),
        ('apple EXCEPT ("apple pie" OR "apple juice")', "apple pie, apple juice", []),
        ('(apple OR pie) EXCEPT "apple pie"', "apple pie, pie", ["pie"]),
        ("apple EXCEPT =Apple", "apple, Apple", ["apple"]),
        ("Alep* EXCEPT @aleppo", "Aleppo, Alepporama", ["Alepporama"]),
        ('apple EXCEPT "apple juice" EXCEPT "apple pie"', "apple pie", []),
        ('apple EXCEPT "apple pie" NEAR/1 tree', "apple on trees", ["apple", "trees"]),
        ('(apple EXCEPT "apple pie") NEAR/9 tree', "apple pie, tree", []),
        ("minister EXCEPT (prime NEAR/1 minister)", "prime minister", []),
        ("/apple/ EXCEPT pineapple", "pineapple apple", ["apple"]),
    ],
)
def test_except_leaves_out_places_and_not_articles(
    query: str, text: str, expected: list[str]
) -> None:
    assert forms(query, text) == expected


def test_what_is_left_out_in_one_field_counts_in_another() -> None:
    read = article("apple", title="apple juice", summary="juice")

    seen = hits('apple EXCEPT "apple juice"', read)

    assert [(hit.field, hit.start) for hit in seen] == [("body", 0)]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("Aleppo EXCEPT /lepp/", "Aleppo"),
        ("/-/ EXCEPT war", "war-time"),
        ("/le/ EXCEPT /pp/", "Aleppo"),
    ],
)
def test_a_place_beside_an_exception_counts(query: str, text: str) -> None:
    met = meets(query, text)

    assert met


# --- ATLEAST ---


@pytest.mark.parametrize(
    ("count", "expected"), [(1, True), (4, True), (5, False), (99, False)]
)
def test_atleast_counts_over_all_fields(count: int, expected: bool) -> None:
    read = article("Aleppo’s, Aleppo", title="Aleppo", summary="In ALEPPO")

    met = meets(f"ATLEAST/{count} Aleppo", read)

    assert met is expected


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ("ATLEAST/3 @aleppo", "Aleppo, Halab, Aleppo", True),
        ("ATLEAST/4 @aleppo", "Aleppo, Halab, Aleppo", False),
        ("ATLEAST/2 (war OR peace)", "war and peace", True),
        ("ATLEAST/2 (war OR peace)", "peace", False),
        ("ATLEAST/2 (war OR =war)", "war", False),
        ("ATLEAST/2 air-strike", "an air-strike", False),
        ("ATLEAST/2 airstrike", "air strike, airstrikes", True),
        ('ATLEAST/2 "civil war"', "civil wars, a civil war", True),
        ("ATLEAST/2 Alep*", "Aleppo, Alepporama", True),
        (r"ATLEAST/2 /CVE-\d+/", "CVE-1, CVE-2", True),
        (r"ATLEAST/3 /CVE-\d+/", "CVE-1, CVE-2", False),
        ('ATLEAST/2 (apple EXCEPT "apple pie")', "apple, apple pie", False),
        ("ATLEAST/2 (war NEAR/0 peace)", "war peace x war peace", True),
        ("title:ATLEAST/2 war", "war war", False),
        ("body:ATLEAST/2 war", "war war", True),
        ("x OR ATLEAST/2 war", "x", True),
        ("war -ATLEAST/2 war", "war", True),
        ("war -ATLEAST/2 war", "war war", False),
    ],
)
def test_atleast_counts_different_places(query: str, text: str, expected: bool) -> None:
    met = meets(query, text)

    assert met is expected


@pytest.mark.parametrize(
    ("query", "text"), [("ATLEAST/3 /a/", "banana"), ("ATLEAST/3 /!/", "war!!! x")]
)
def test_atleast_counts_every_place_of_a_regex(query: str, text: str) -> None:
    met = meets(query, text)

    assert met


# --- OF ---


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("1 OF (Aleppo, Idlib, Homs)", True),
        ("2 OF (Aleppo, Idlib, Homs)", True),
        ("3 OF (Aleppo, Idlib, Homs)", False),
        ("3 OF (Aleppo, Idlib, war)", True),
        ("2 OF (Homs, Hama, Aleppo)", False),
        ("2 OF (Homs, Hama, Aleppo, Idlib)", True),
        ("2 OF (Aleppo war, title:Idlib, Homs)", True),
        ("2 OF (Aleppo Homs, title:Idlib, Homs)", False),
        ("2 OF (war, NOT Homs)", True),
        ("2 OF (war, NOT Aleppo)", False),
        ("2 OF (@aleppo, @strikes, @nothing)", False),
        ("2 OF (lang:en, Aleppo, Homs)", True),
        ("1 OF (2 OF (Homs, Idlib), ATLEAST/3 Aleppo)", False),
        ("war 2 OF (Aleppo, Idlib)", True),
        ("war NOT 2 OF (Aleppo, Idlib)", False),
    ],
)
def test_of_wants_so_many_different_members(query: str, expected: bool) -> None:
    read = article("Aleppo, Aleppo and war", title="Idlib")

    met = meets(query, read)

    assert met is expected


def test_the_hits_of_all_members_that_are_there_are_kept() -> None:
    assert forms("2 OF (war, peace, Homs, truce)", "war, peace, truces") == [
        "war",
        "peace",
        "truces",
    ]


# --- the least score ---


@pytest.mark.parametrize(
    ("least", "text", "title", "expected"),
    [
        (0.0, "", "Aleppo", True),
        (3.0, "", "Aleppo", True),
        (3.1, "", "Aleppo", False),
        (1.0, "Aleppo", "", True),
        (1.5, "Aleppo", "", False),
        (1.5, "Aleppo Aleppo", "", True),
        (4.0, "war", "Aleppo", True),
    ],
)
def test_a_rule_may_want_a_least_score(
    least: float, text: str, title: str, expected: bool
) -> None:
    rule = Rule(name="r", tree=parse("Aleppo OR war"), min_score=least)

    matches = Index([rule], LISTS).match(article(text, title=title))

    assert bool(matches) is expected


def test_the_score_counts_each_term_of_an_operator() -> None:
    match = found("Aleppo NEAR/1 war", article(title="Aleppo war"))

    assert match is not None
    assert match.score == 6.0
