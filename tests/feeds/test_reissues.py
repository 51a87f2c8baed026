"""What a publisher re-issues is the same; what only looks alike is new."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from monitor.models import Entry
from tests.conftest import NOON
from tests.feeds.memory import (
    LINKED,
    TEXT,
    Memory,
    ids,
    remembering,
    stories,
    story,
    titles,
)


def reissued(entry: Entry, mark: str = "new") -> Entry:
    """The same under another guid and link."""
    number = entry.guid.rpartition("=")[2]
    url = f"https://a.example/{mark}/{number}"
    return replace(entry, guid=f"{mark}-{number}", url=url)


def rekeyed(entry: Entry, mark: str = "new") -> Entry:
    """The same under another guid."""
    return replace(reissued(entry, mark), url=entry.url)


def numbered(entry: Entry) -> Entry:
    """An entry with an article's number in its link."""
    number = 1_000_000 + int(entry.guid.rpartition("=")[2])
    return replace(entry, url=f"https://a.example/a-slug-{number}")


def moved_by(entry: Entry, **duration: float) -> datetime:
    assert entry.published
    return entry.published + timedelta(**duration)


# --- re-issued by their publisher ---


@pytest.mark.parametrize(
    ("again", "fresh", "new"),
    [(5, 0, 0), (5, 5, 5), (5, 6, 11), (4, 0, 4), (4, 4, 8), (12, 3, 3)],
)
def test_texts_are_asked_when_five_entries_and_half_of_them_show_a_reissue(
    again: int, fresh: int, new: int
) -> None:
    memory = remembering(*stories(20))
    unheard = [story(100 + n) for n in range(fresh)]

    found = memory.take(
        [*unheard, *map(reissued, stories(again)), story(18), story(19)]
    )

    assert len(found.new) == new
    assert [new.entry for new in found.new][:fresh] == unheard
    assert found.reissued == again + fresh - new


def test_entries_that_kept_their_links_show_a_reissue_for_those_that_did_not() -> None:
    memory = remembering(*stories(8))

    found = memory.take(
        [*map(rekeyed, stories(4)), *map(reissued, stories(8)[4:]), story(9)]
    )

    assert (titles(found), ids(found)) == ([story(9).title], [1, 2, 3, 4, 5, 6, 7, 8])
    assert found.reissued == 8


def test_reissued_entries_are_known_by_their_new_keys_from_then_on() -> None:
    memory = remembering(*stories(6))
    memory.take([reissued(entry) for entry in stories(6)])
    one = replace(reissued(story(1)), title="x", summary="y", published=None)

    found = memory.take([one])

    assert (titles(found), ids(found)) == ([], [2])


REISSUES: list[tuple[str, Callable[[Entry], Entry], bool]] = [
    ("text", lambda e: replace(e, content="corrected"), True),
    (
        "text and date",
        lambda e: replace(e, content="corrected", published=moved_by(e, seconds=1)),
        False,
    ),
    ("headline", lambda e: replace(e, title=f"About {e.guid}"), True),
    (
        "headline and date",
        lambda e: replace(e, title="Other", published=moved_by(e, hours=48)),
        True,
    ),
    (
        "headline and far date",
        lambda e: replace(e, title="Other", published=moved_by(e, hours=49)),
        False,
    ),
    ("date", lambda e: replace(e, published=moved_by(e, hours=-48)), False),
    ("no date", lambda e: replace(e, published=None), False),
    (
        "all but the number",
        lambda e: replace(
            e,
            title="Other",
            content="corrected",
            published=moved_by(e, hours=48),
            url=e.url.replace("slug", "better-slug"),
        ),
        True,
    ),
    (
        "all but the number, far",
        lambda e: replace(
            e,
            title="Other",
            content="corrected",
            published=moved_by(e, hours=49),
            url=e.url.replace("slug", "better-slug"),
        ),
        False,
    ),
]


@pytest.mark.parametrize(
    ("change", "same"),
    [(change, same) for _, change, same in REISSUES],
    ids=[name for name, _, _ in REISSUES],
)
def test_among_reissued_entries_one_is_the_same_by_what_stayed_of_it(
    change: Callable[[Entry], Entry], *, same: bool
) -> None:
    before = numbered(replace(story(1), content=TEXT))
    after = change(before)
    url = after.url if after.url != before.url else "https://a.example/elsewhere"
    memory = remembering(before, *stories(12)[5:])

    found = memory.take(
        [replace(after, guid="other", url=url), *map(reissued, stories(12)[5:])]
    )

    assert [new.entry.guid for new in found.new] == ([] if same else ["other"])


@pytest.mark.parametrize("text", ["A good day to begin something.", TEXT])
@pytest.mark.parametrize("signs", [4, 12])
@pytest.mark.parametrize("moved", [False, True])
def test_horoscopes_that_say_the_same_every_day_are_news_every_day(
    text: str, signs: int, *, moved: bool
) -> None:
    def horoscopes(day: int) -> list[Entry]:
        return [
            Entry(
                guid=f"{day}-{sign}",
                url=f"https://a.example/{day}/{sign}",
                title=f"What the stars hold for sign {sign}",
                summary=f"{text} ({sign})",
                published=NOON + timedelta(days=day),
            )
            for sign in range(signs)
        ]

    memory = remembering(*horoscopes(1))

    found = memory.take(horoscopes(2), moved=moved)
    again = memory.take(horoscopes(2))

    assert (len(found.new), found.known) == (signs, ())
    assert (again.new, len(again.known)) == ((), signs)


@pytest.mark.parametrize("text", ["short", TEXT])
def test_a_few_entries_with_a_known_title_text_and_date_are_new(text: str) -> None:
    known = [numbered(replace(story(n), content=text)) for n in range(4)]
    memory = remembering(*known, *stories(9)[4:])

    found = memory.take([*map(reissued, known), *stories(9)[4:]])

    assert len(found.new) == 4
    assert found.reissued == 0


# --- guids that are worth nothing ---


def test_a_feed_with_new_guids_at_every_fetch_brings_only_its_news() -> None:
    memory = remembering(*stories(6))

    first = memory.take([rekeyed(entry, "first") for entry in stories(6)])
    second = memory.take([rekeyed(entry, "second") for entry in stories(7)])
    third = memory.take(
        [rekeyed(entry, "third") for entry in stories(8)], by_guid=False
    )

    assert [titles(found) for found in (first, second, third)] == [
        [],
        [story(6).title],
        [story(7).title],
    ]
    assert [found.churned for found in (first, second, third)] == [True, True, False]
    assert [found.reissued for found in (first, second, third)] == [6, 6, 0]


@pytest.mark.parametrize(
    ("again", "steady", "unparsed", "churned"),
    [
        (2, 0, 0, False),
        (3, 0, 0, True),
        (3, 3, 0, True),
        (3, 4, 0, False),
        (3, 0, 3, True),
        (3, 0, 4, False),
        (3, 2, 2, False),
    ],
)
def test_guids_churn_when_three_and_half_of_the_known_entries_have_others(
    again: int, steady: int, unparsed: int, *, churned: bool
) -> None:
    kept = stories(10)[3:]
    memory = remembering(*stories(10))

    found = memory.take(
        [*map(rekeyed, stories(again)), *kept[:steady], *map(story, range(50, 60))],
        kept[steady : steady + unparsed],
    )

    assert len(found.new) == 10
    assert found.churned == churned


def test_entries_without_guids_do_not_churn() -> None:
    entries = [replace(entry, guid="") for entry in stories(5)]
    memory = remembering(*entries)

    found = memory.take(entries)

    assert (found.reissued, found.churned, len(found.known)) == (0, False, 5)


@pytest.mark.parametrize(
    "lacking",
    [{}, {"published": None}, {"url": ""}, {"url": "", "published": None}],
    ids=["nothing", "date", "link", "link and date"],
)
def test_entries_stay_the_same_when_their_guids_are_dropped(
    lacking: dict[str, object],
) -> None:
    entries = [replace(entry, **lacking) for entry in stories(4)]  # type: ignore[arg-type]  # only fields here
    memory = remembering(*entries)

    found = memory.take([replace(entry, guid="") for entry in entries])

    assert (titles(found), ids(found), found.changed) == ([], [1, 2, 3, 4], ())


@pytest.mark.parametrize("host", ["https://a.example", "https://b.example"])
def test_where_guids_count_for_nothing_they_make_nothing_the_same(host: str) -> None:
    memory = Memory()
    memory.take(stories(3), by_guid=False)
    other = replace(story(9), guid=f"{host}/?p=1", title=story(1).title)

    found = memory.take([other], by_guid=False)

    assert [new.entry for new in found.new] == [other]


@pytest.mark.parametrize(
    ("by_guid", "hours", "same"),
    [(False, 48, True), (False, 49, False), (True, 0, False)],
)
def test_the_number_in_a_link_is_asked_where_guids_are_not_to_be_trusted(
    hours: int, *, by_guid: bool, same: bool
) -> None:
    before = numbered(story(1))
    after = replace(
        before,
        guid="other",
        url=before.url.replace("slug", "better-slug"),
        title="Another headline",
        summary="Another text.",
        published=moved_by(before, hours=hours),
    )
    memory = Memory()
    memory.take([before, story(2)], by_guid=by_guid)

    found = memory.take([after, story(2)], by_guid=by_guid)

    assert titles(found) == ([] if same else ["Another headline"])


@pytest.mark.parametrize("title", [LINKED.title, "Another headline"])
@pytest.mark.parametrize(("hours", "same"), [(0, True), (1, False)])
def test_a_known_text_under_another_link_needs_the_date_where_links_tell(
    title: str, hours: int, *, same: bool
) -> None:
    before = replace(LINKED, guid="", summary=TEXT)
    after = replace(before, url="https://a.example/b", title=title)
    memory = remembering(before)

    found = memory.take([replace(after, published=moved_by(before, hours=hours))])

    assert (len(found.new), ids(found)) == ((0, [1]) if same else (1, []))


# --- a feed that moved ---


@pytest.mark.parametrize(("moved", "new"), [(True, 0), (False, 3)])
def test_a_feed_that_moved_knows_its_entries_by_the_paths_of_their_guids(
    new: int, *, moved: bool
) -> None:
    memory = remembering(*stories(3))
    elsewhere = [
        replace(
            story(n + 50), guid=story(n).guid.replace("https://a.", "http://news.b.")
        )
        for n in range(3)
    ]

    found = memory.take(elsewhere, moved=moved)

    assert len(found.new) == new
    assert ids(found) == ([1, 2, 3] if moved else [])


def test_a_feed_that_moved_knows_even_one_entry_by_its_text() -> None:
    memory = remembering(*stories(3))

    found = memory.take([reissued(story(1)), story(9)], moved=True)

    assert (titles(found), ids(found)) == ([story(9).title], [2])
