"""Of a story of thousands two hundred articles are kept, and all are counted."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.digests.gather import MOST_ARTICLES, gather
from monitor.models import StoryMember
from tests.conftest import NOON
from tests.digests.test_digest_story import due, member

LEAD = due()
OWN = member()


def many(count: int, *, group: int = 6) -> list[StoryMember]:
    return [
        replace(
            member(n, guid=f"g{n}", group=group, url=f"https://s{n}.example/"),
            source=f"S{n}",
            first_seen=NOON + timedelta(seconds=n),
        )
        for n in range(2, count + 2)
    ]


def test_a_story_of_few_articles_is_kept_whole() -> None:
    found = gather([OWN, *many(3)], LEAD, {})

    assert [m.article_id for m in found.articles] == [1, 2, 3, 4]
    assert (found.more_articles, found.more_copies, found.more_sources) == (0, 0, ())


def test_the_lead_is_kept_though_thousands_came_before_it() -> None:
    found = gather([*many(2_000), OWN], LEAD, {})

    assert [m.article_id for m in found.articles[:2]] == [1, 2]
    assert (len(found.articles), found.more_articles) == (MOST_ARTICLES, 1_801)


def test_those_are_kept_that_were_seen_first() -> None:
    late = [
        replace(m, group_id=n, first_seen=m.first_seen + timedelta(days=n % 2))
        for n, m in enumerate(many(900), start=9)
    ]

    found = gather(late, LEAD, {})

    assert [m.article_id for m in found.articles] == [*range(3, 403, 2)]


def test_copies_that_are_not_kept_are_counted() -> None:
    found = gather([OWN, *many(300, group=LEAD.group_id)], LEAD, {})

    assert (found.more_articles, found.more_copies) == (101, 101)
    assert found.voices == 1


def test_sources_that_are_not_kept_are_named_once() -> None:
    day = NOON + timedelta(days=1)
    late = [replace(m, source="Late", first_seen=day) for m in many(2)]

    found = gather([OWN, *many(199), *late, *late], LEAD, {})

    assert found.more_sources == ("Late",)


def test_the_latest_article_counts_wherever_it_stands() -> None:
    assert gather(many(300), LEAD, {}).last_seen == NOON + timedelta(seconds=301)
    assert gather([], LEAD, {}).last_seen is None


@given(
    st.lists(st.tuples(st.integers(3, 7), st.sampled_from("ABC")), max_size=40),
    st.integers(0, 250),
)
def test_no_article_copy_or_source_is_lost(
    some: list[tuple[int, str]], others: int
) -> None:
    told = [OWN, *many(others)]
    told += [
        replace(member(n, guid=f"x{n}", group=group), source=source)
        for n, (group, source) in enumerate(some, start=1_000)
    ]

    found = gather(sorted(told, key=lambda m: m.group_id), LEAD, {})

    kept = found.articles
    assert len(kept) + found.more_articles == len(told)
    copies = sum(m.copy_of is not None for m in kept) + found.more_copies
    assert copies == sum(group == LEAD.group_id for group, _ in some)
    sources = {m.source for m in kept}
    assert sources.isdisjoint(found.more_sources)
    assert sources | {*found.more_sources} == {m.source for m in told}
