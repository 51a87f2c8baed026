import pytest

from monitor.models import Article, Via
from monitor.rules.index import MAX_HITS
from tests.rules.trying import article, found, hits


@pytest.mark.parametrize(
    ("query", "text", "form", "via"),
    [
        ("Aleppo", "In ALEPPO now", "ALEPPO", Via.EXACT),
        ("Aleppo", "In Aleppo’s east", "Aleppo’s", Via.CLITIC),
        ("attaque", "après l’attaque", "l’attaque", Via.CLITIC),
        ("O’Brien", "Ms O'Brien said", "O'Brien", Via.EXACT),
        ("O'Brien", "Ms OBrien said", "OBrien", None),
        ("OBrien", "Ms O’Brien said", "O’Brien", Via.CLITIC),
        ("US", "The U.S. said", "U.S.", Via.EXACT),
        ("airstrike", "Two Airstrikes hit", "Airstrikes", Via.INFLECTION),
        ("airstrike", "Two air strikes hit", "air strikes", Via.COMPOUND),
        ("airstrike", "Two air-strikes hit", "air-strikes", Via.COMPOUND),
        ("air-strike", "Two airstrikes hit", "airstrikes", Via.COMPOUND),
        ("air-strike", "An air-strike hit", "air-strike", Via.EXACT),
        ("F16", "An F-16 fell", "F-16", Via.COMPOUND),
        ('"air strike"', "An air strike hit", "air strike", Via.EXACT),
        ('"civil war"', "after civil wars", "civil wars", Via.INFLECTION),
        ('"Aleppo war"', "in Aleppo's war", "Aleppo's war", Via.CLITIC),
        ("@aleppo", "在阿勒颇市", "阿勒颇", Via.ALIAS),
        ("=Meta", "by META today", "META", Via.EXACT),
    ],
)
def test_a_hit_says_where_in_which_form_and_by_which_way(
    query: str, text: str, form: str, via: Via | None
) -> None:
    match = found(query, article(text))

    expected = () if via is None else (("body", text.index(form), form, via),)
    seen = match.hits if match else ()
    assert tuple((h.field, h.start, h.form, h.via) for h in seen) == expected
    assert all(text[h.start : h.end] == h.form for h in seen)


def test_hits_name_the_term_and_stand_in_the_order_of_the_text() -> None:
    read = article("strike in Aleppo, Aleppo", title="Aleppo", summary="A strike")

    found_hits = hits("Aleppo AND strike NOT Idlib", read)

    assert [(hit.term, hit.field, hit.start) for hit in found_hits] == [
        ("Aleppo", "title", 0),
        ("strike", "summary", 2),
        ("strike", "body", 0),
        ("Aleppo", "body", 10),
        ("Aleppo", "body", 18),
    ]


def test_a_place_that_a_term_reaches_by_two_ways_is_one_hit() -> None:
    read = article("An F-16, an F16 and an air strike")

    seen = [
        hits(query, read)
        for query in ("F-16", '"air strike"', "Aleppo OR F-16 OR F-16")
    ]

    assert [[hit.form for hit in each] for each in seen] == [
        ["F-16", "F16"],
        ["air strike"],
        ["F-16", "F16"],
    ]


def test_a_phrase_may_read_two_words_as_two_or_as_one() -> None:
    read = article("A big rock-s fell")

    seen = [hits(query, read)[0].form for query in ('"big rocks fell"', '"big rock s"')]

    assert seen == ["big rock-s fell", "big rock-s"]


def test_at_most_fifty_hits_are_kept_and_all_of_them_count() -> None:
    read = article("Aleppo " * 200), article("Aleppo " * 100)

    matches = [found("Aleppo", each) for each in read]

    assert MAX_HITS == 50
    assert [len(match.hits) for match in matches if match] == [MAX_HITS, MAX_HITS]
    assert matches[0] is not None
    assert matches[1] is not None
    assert matches[0].score > matches[1].score


def test_a_match_of_everything_has_no_hits() -> None:
    match = found("*", article("Aleppo"))

    assert match is not None
    assert (match.hits, match.score) == ((), 0)


# --- score ---


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (article(title="Aleppo"), article(summary="Aleppo")),
        (article(summary="Aleppo"), article("Aleppo")),
        (article("Aleppo"), article(aside="Aleppo")),
        (article("Aleppo Aleppo"), article("Aleppo")),
        (article(title="Aleppo Idlib"), article("Idlib", title="Aleppo")),
        (article("Aleppo Idlib"), article("Aleppo Aleppo")),
    ],
)
def test_the_better_match_scores_more(better: Article, worse: Article) -> None:
    matches = [found("Aleppo OR Idlib", read) for read in (better, worse)]

    scores = [match.score for match in matches if match]
    assert scores[0] > scores[1]


def test_the_score_is_the_best_field_of_each_term_with_its_count() -> None:
    read = article("strike strike strike Aleppo", title="Aleppo")

    match = found("Aleppo AND strike", read)

    assert match is not None
    assert match.score == 5.099  # 3 for the title, 1 + ln 3 for three in the body
