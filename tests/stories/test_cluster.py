"""Which story an article tells."""

from collections.abc import Collection, Mapping
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.models import Told, Vector
from monitor.stories import cluster, near
from monitor.stories.near import word_hash

ZERO = timedelta(0)
STRIKE = "Airstrike hits market in Aleppo"
RETOLD = "Warplanes strike Aleppo market, dozens dead"
OTHER = "Wheat prices rise as harvest fails in Odesa"
SUMMARY = "Rescue workers searched the market of Aleppo for survivors of the airstrike."


def features(title: str, body: str = "", language: str = "en") -> dict[int, float]:
    return cluster.features(near.segment(title), near.segments(body), language)


def vector(
    title: str,
    body: str = "",
    language: str = "en",
    articles: Mapping[int, int] | None = None,
) -> Vector:
    return cluster.vector(features(title, body, language), articles or {}, 100)


def told(
    centroid: Vector,
    *,
    id_: int = 1,
    language: str = "en",
    names: Collection[str] = (),
    figures: Collection[str] = ("16",),
    age: timedelta = ZERO,
    silence: timedelta = ZERO,
) -> Told:
    return Told(
        id=id_,
        language=language,
        centroid=centroid,
        names=frozenset(map(word_hash, names)),
        figures=frozenset(figures),
        age=age,
        silence=silence,
    )


def chosen(
    own: Vector,
    *stories: Told,
    names: Collection[str] = (),
    figures: Collection[str] = ("16", "2014"),
    language: str = "en",
) -> int | None:
    return cluster.choose(
        own,
        language,
        stories,
        names=set(map(word_hash, names)),
        figures=cluster.telling(figures),
    )


STORY = told(vector(STRIKE, SUMMARY))


def test_a_retelling_joins_its_story() -> None:
    assert chosen(vector(RETOLD, SUMMARY), STORY) == 1


def test_another_event_begins_its_own_story() -> None:
    assert chosen(vector(OTHER), STORY) is None


def test_without_stories_every_article_begins_one() -> None:
    assert chosen(vector(STRIKE)) is None


def test_the_most_alike_story_is_joined() -> None:
    near_by = told(vector("Airstrike near Aleppo airport"), id_=2)

    assert chosen(vector(RETOLD, SUMMARY), near_by, STORY) == 1


def test_of_two_equal_stories_the_older_one_is_joined() -> None:
    one, other = told(vector(STRIKE), id_=4), told(vector(STRIKE), id_=3)

    assert chosen(vector(STRIKE), one, other) == 3


@pytest.mark.parametrize(
    ("age", "silence", "joins"),
    [(95, 0, True), (97, 0, False), (80, 71, True), (80, 73, False)],
)
def test_a_story_fades(age: int, silence: int, joins: bool) -> None:
    old = told(
        vector(STRIKE), age=timedelta(hours=age), silence=timedelta(hours=silence)
    )

    assert (chosen(vector(STRIKE), old) == 1) == joins


def test_time_makes_a_story_less_alike() -> None:
    half = dict.fromkeys((1, 2, 5, 6), 0.5)
    fresh, stale = told(half), told(half, silence=timedelta(hours=70))
    own = dict.fromkeys((1, 2, 3, 4), 0.5)

    assert chosen(own, fresh) == 1
    assert chosen(own, stale) is None


def test_one_word_in_common_is_not_enough() -> None:
    america = told(vector("America"))

    assert chosen(vector("America"), america) is None


def test_a_long_text_has_to_share_more() -> None:
    text = " ".join(f"Word{n}" for n in range(60))

    assert cluster.needed(10) < cluster.needed(35) < cluster.needed(60)
    assert cluster.needed(3) == cluster.needed(5) > cluster.needed(7)
    assert chosen(vector(STRIKE, text), STORY) is None


def test_inflected_words_are_one_term() -> None:
    assert set(features("strikes")) == set(features("strike"))


def test_words_that_every_text_has_are_no_terms() -> None:
    assert features("The of and is", "Und der die das. Il est pour les.") == {}


def test_a_name_and_a_title_weigh_more() -> None:
    found = features("market", "They met Erdogan today. Others met ministers.")

    assert found[word_hash("~erdogan")] > found[word_hash("minister")]
    assert found[word_hash("market")] > found[word_hash("minister")]


def test_a_title_in_capitals_names_nobody() -> None:
    loud = features("AIRSTRIKE HITS MARKET IN ALEPPO")

    assert list(loud.values()) == [pytest.approx(1.693, abs=0.01)] * 4


def test_only_the_beginning_of_a_text_counts() -> None:
    text = " ".join(f"word{n}" for n in range(300))

    assert len(features("", text)) == 200


def test_a_word_of_many_articles_weighs_less() -> None:
    common = {word_hash("aleppo"): 90, word_hash("~aleppo"): 90}

    usual, rare = vector(STRIKE), vector(STRIKE, articles=common)

    term = next(t for t in (word_hash("~aleppo"), word_hash("aleppo")) if t in usual)
    assert rare[term] < usual[term]


@given(st.text(max_size=80), st.text(max_size=200))
def test_every_vector_has_length_one_or_is_empty(title: str, body: str) -> None:
    found = vector(title, body)

    assert not found or sum(w**2 for w in found.values()) == pytest.approx(1)
    assert len(found) <= 60


# --- another language ---


def test_two_lists_of_a_rule_speak_for_the_event_in_another_language() -> None:
    story = told(vector(STRIKE), names=["@aleppo", "@strike"])
    arabic = vector("غارة جوية على سوق في حلب", language="ar")

    assert chosen(arabic, story, names=["@aleppo", "@strike"], language="ar") == 1
    assert chosen(arabic, story, names=["@aleppo"], language="ar") is None


def test_without_a_figure_in_common_another_language_is_another_story() -> None:
    names = ["@aleppo", "@strike"]
    arabic = vector("غارة جوية على سوق في حلب", language="ar")

    story = told(vector(STRIKE), names=names, figures=["16", "2014"])
    others = [
        chosen(arabic, story, names=names, figures=figures, language="ar")
        for figures in ((), ["17"], ["2014"])
    ]

    assert others == [None, None, None]


def test_another_language_is_believed_for_a_day_only() -> None:
    names = ["@aleppo", "@strike"]
    story = told(vector(STRIKE), names=names, silence=timedelta(hours=25))
    arabic = vector("غارة جوية على سوق في حلب", language="ar")

    assert chosen(arabic, story, names=names, language="ar") is None


def test_where_lists_and_a_figure_agree_half_the_likeness_is_enough() -> None:
    names = ["@aleppo", "@strike"]
    story = told(dict.fromkeys((1, 2, 3, 4, 5, 6, 7, 8), 0.354), names=names)
    own = dict.fromkeys((1, 2, *range(20, 26)), 0.354)

    assert chosen(own, story) is None
    assert chosen(own, story, names=names) == 1


def test_in_one_language_the_lists_alone_do_not_tell() -> None:
    story = told(vector(STRIKE), names=["@aleppo", "@strike"])

    found = chosen(vector(OTHER), story, names=["@aleppo", "@strike"])

    assert found is None


# --- a story grows ---


def test_a_story_keeps_the_words_that_its_articles_share() -> None:
    one, other = vector(STRIKE), vector(RETOLD)

    both = cluster.joined(one, other)

    shared = set(one) & set(other)
    assert all(both[t] == pytest.approx(one[t] + other[t]) for t in shared)
    assert set(both) == {*one, *other}


def test_a_story_stays_small_however_many_articles_it_has() -> None:
    centroid: Vector = {}
    for n in range(10):
        text = " ".join(f"word{n}x{k}" for k in range(60))
        centroid = cluster.joined(centroid, vector(text))

    assert len(centroid) == 120


def test_the_strongest_terms_come_first() -> None:
    assert cluster.strongest({1: 0.1, 2: 0.3, 3: 0.2, 4: 0.2}, 3) == (2, 3, 4)
