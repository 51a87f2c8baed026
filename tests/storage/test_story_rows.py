"""What stories are known by, and how they are found."""

from collections.abc import Sequence

from monitor.storage import articles, stories
from monitor.storage.database import Transaction
from monitor.storage.stories import Known
from monitor.stories import near
from tests.conftest import NOON, Caller
from tests.storage.builders import (
    ARTICLE,
    add_entry,
    add_feed,
    count,
    later,
    read,
    row_of,
)

BIG = (1 << 61) - 2


def known(*terms: int, names: Sequence[int] = ()) -> Known:
    centroid = {term: 1 / (n + 1) for n, term in enumerate(terms)}
    return Known(
        centroid=centroid, terms=terms, names=names, figures=["16"], language="en"
    )


def begin(tx: Transaction, name: str, *terms: int, days: float = 0) -> int:
    at = later(days=days)
    return stories.open_story(tx, name, at, known(*terms), at)


def found(call: Caller, *terms: int, days: float = 0) -> list[int]:
    return [told.id for told in call(stories.find_stories, terms, later(days=days))]


def test_a_story_is_found_by_a_term(call: Caller) -> None:
    one = call(begin, "a", 7, BIG)
    call(begin, "b", 8)

    assert found(call, BIG, 9) == [one]


def test_without_terms_no_story_is_found(call: Caller) -> None:
    call(begin, "a", 7)

    assert found(call) == []
    assert found(call, 8) == []


def test_a_story_comes_back_as_it_was(call: Caller) -> None:
    at = later(hours=1)
    story = call(stories.open_story, "a", NOON, known(7, BIG, names=[3, BIG]), at)

    (told,) = call(stories.find_stories, [7], later(hours=3))

    assert (told.id, told.language) == (story, "en")
    assert (set(told.names), set(told.figures)) == ({3, BIG}, {"16"})
    assert told.centroid == {7: 1.0, BIG: 0.5}
    assert (told.age, told.silence) == (later(hours=3) - NOON, later(hours=2) - NOON)


def test_a_story_is_found_by_what_it_is_known_by_later(call: Caller) -> None:
    story = call(begin, "a", 7)
    call(stories.know_story, story, known(7, 8), later(days=1))

    assert found(call, 8, days=1) == [story]
    assert (
        call(row_of, "story", story)["last_seen"]
        > call(row_of, "story", story)["first_seen"]
    )


def test_a_late_article_does_not_make_a_story_older(call: Caller) -> None:
    story = call(begin, "a", 7)
    before = call(row_of, "story", story)["last_seen"]
    call(stories.know_story, story, known(7), later(days=-1))

    assert call(row_of, "story", story)["last_seen"] == before


def test_an_old_story_is_not_found(call: Caller) -> None:
    story = call(begin, "a", 7)

    assert found(call, 7, days=4) == [story]
    assert found(call, 7, days=5) == []


def test_the_stories_that_share_most_terms_are_given(call: Caller) -> None:
    for n in range(31):
        call(begin, f"few{n}", 1)
    most = call(begin, "most", 1, 2)

    ids = found(call, 1, 2)

    assert most in ids
    assert len(ids) == 30


def test_terms_are_counted_with_their_articles(call: Caller) -> None:
    call(stories.add_terms, [1, 2])
    call(stories.add_terms, [2, BIG])

    assert call(stories.count_terms, [1, 2, 3, BIG]) == ({1: 1, 2: 2, BIG: 1}, 2)


def test_before_the_first_article_nothing_is_counted(call: Caller) -> None:
    assert call(stories.count_terms, []) == ({}, 0)


def test_the_stories_of_groups_are_known(call: Caller) -> None:
    story = call(begin, "a", 7)
    group = call(articles.open_group, "g", story, NOON)

    assert call(stories.stories_of, [group]) == {story}
    assert call(stories.stories_of, []) == set()
    assert call(count, "copy_group") == 1


def test_what_a_series_has_in_some_stories_is_known(call: Caller) -> None:
    article = call(read, call(add_entry, call(add_feed), "g1"))
    group = call(row_of, "article", article)["group_id"]
    story = call(row_of, "copy_group", group)["story_id"]
    series = near.series(ARTICLE.title, ARTICLE.source)

    (row,) = call(stories.titles_of, series, [story])

    assert (row["story_id"], row["title"]) == (story, ARTICLE.title)
    assert call(stories.titles_of, series + 1, [story]) == []
    assert call(stories.titles_of, series, [story + 1]) == []
    assert call(stories.titles_of, series, []) == []
