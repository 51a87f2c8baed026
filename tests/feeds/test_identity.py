"""An entry is the same as long as its guid is, or what else names it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.feeds.identity import MAX_REVISIONS
from monitor.models import Entry
from tests.conftest import NOON
from tests.feeds.memory import (
    FAR,
    FEED,
    LINKED,
    SITE,
    Memory,
    ids,
    remembering,
    span_of,
    stories,
    story,
    titles,
)

Publisher = Callable[[Entry], Entry]


# --- by guid ---


def test_a_known_guid_is_the_same_entry_whatever_else_changed() -> None:
    memory = remembering(*stories(3))
    now = replace(story(9), guid=story(1).guid)

    found = memory.take([now])

    assert (titles(found), ids(found)) == ([], [2])
    assert [(c.known.entry_id, c.entry) for c in found.changed] == [(2, now)]


def test_guids_of_one_document_that_differ_in_a_letter_are_two_entries() -> None:
    entries = [
        Entry(guid="https://a.example/x", title="One"),
        Entry(guid="https://a.example/X", title="Two"),
        Entry(guid="http://a.example/x", title="Three"),
    ]

    assert titles(Memory().take(entries)) == ["One", "Two", "Three"]


def test_an_entry_that_left_the_document_comes_back_as_itself() -> None:
    memory = remembering(*stories(3))
    memory.take(stories(2))

    found = memory.take(stories(3))

    assert (titles(found), ids(found)) == ([], [1, 2, 3])


def test_what_is_new_is_told_with_its_span_and_its_text() -> None:
    entry = story(1)

    (new,) = Memory().take([entry]).new

    assert (new.entry, new.shown.entry, new.shown.span) == (
        entry,
        entry,
        span_of(entry),
    )


@pytest.mark.parametrize(
    "guid", ["", "N/A", "0", "-", FEED, "http://www.a.example/feed/", SITE]
)
@pytest.mark.parametrize("number", [2, 3])
def test_a_guid_that_names_nothing_does_not_make_entries_the_same(
    guid: str, number: int
) -> None:
    memory = remembering(replace(story(1), guid=guid), story(2))

    found = memory.take([replace(story(number), guid=guid), story(9)])

    assert story(9).title in titles(found)
    assert (story(3).title in titles(found)) == (number == 3)
    assert ids(found) == ([2] if number == 2 else [])


# --- guids that stay in part ---


def flipped(entry: Entry) -> Entry:
    return swapped(entry, "https://", "http://")


def rehosted(entry: Entry) -> Entry:
    return swapped(entry, "https://a.example/", "https://news.b.example/")


def tracked(entry: Entry) -> Entry:
    return replace(entry, url=entry.url and f"{entry.url}?utm_source=rss&fbclid=1")


def swapped(entry: Entry, before: str, after: str) -> Entry:
    return replace(
        entry,
        guid=entry.guid.replace(before, after),
        url=entry.url.replace(before, after),
    )


@pytest.mark.parametrize("publisher", [flipped, rehosted, tracked])
@pytest.mark.parametrize(
    "lacking",
    [
        {},
        {"published": None},
        {"url": ""},
        {"url": "", "published": None},
        {"guid": ""},
        {"guid": "", "published": None},
    ],
    ids=["nothing", "date", "link", "link and date", "guid", "guid and date"],
)
@pytest.mark.parametrize("by_guid", [True, False])
def test_entries_stay_the_same_on_another_scheme_host_or_campaign(
    publisher: Publisher, lacking: dict[str, object], *, by_guid: bool
) -> None:
    entries = [replace(entry, **lacking) for entry in stories(6)]  # type: ignore[arg-type]  # only fields here
    memory = Memory()
    memory.take(entries, by_guid=by_guid)

    found = memory.take([publisher(entry) for entry in entries], by_guid=by_guid)

    assert (titles(found), found.changed) == ([], ())
    assert ids(found) == [1, 2, 3, 4, 5, 6]


def test_a_guid_that_is_a_link_with_a_campaign_is_the_same_in_the_next_one() -> None:
    def campaign(number: int) -> list[Entry]:
        guids = [f"{entry.url}?utm_campaign={number}" for entry in stories(3)]
        return [
            replace(e, guid=g, url=g) for e, g in zip(stories(3), guids, strict=True)
        ]

    memory = remembering(*campaign(1))

    found = memory.take(campaign(2))

    assert (titles(found), ids(found)) == ([], [1, 2, 3])


PLANET = Entry(guid="https://a.example/?p=12", title="Alice on beans", published=NOON)


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"title": "Bob on trains", "published": FAR}, False),
        ({"title": "Bob on trains", "published": None}, False),
        ({"title": "Bob on trains", "published": NOON + timedelta(hours=24)}, True),
        ({"title": "Bob on trains", "published": NOON - timedelta(hours=25)}, False),
        ({"title": "Alice on beans (3)", "published": FAR}, True),
        ({"title": "ALICE on beans", "published": None}, True),
    ],
)
@pytest.mark.parametrize("without", [0, 2])
def test_a_guid_on_another_host_needs_the_same_title_or_a_date_near_by(
    change: dict[str, object], without: int, *, same: bool
) -> None:
    rest = [replace(entry, guid="") for entry in stories(without)]
    memory = remembering(PLANET, *rest)
    other = replace(PLANET, guid="https://b.example/?p=12", **change)  # type: ignore[arg-type]  # only fields here

    found = memory.take([other, *rest])

    assert [new.entry for new in found.new] == ([] if same else [other])


def test_two_hosts_with_one_path_in_a_document_are_two_entries_ever_after() -> None:
    other = replace(
        PLANET, guid="https://b.example/?p=12", title="Bob on trains", published=FAR
    )
    memory = remembering(PLANET, other)

    again = memory.take([other, PLANET])

    assert (titles(again), ids(again), again.changed) == ([], [1, 2], ())


# --- by link ---


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"title": "Idlib holds", "published": FAR}, False),
        ({"title": "Idlib holds", "published": None}, False),
        ({"title": "Idlib holds", "published": NOON - timedelta(hours=24)}, True),
        (
            {
                "title": "Idlib holds",
                "published": NOON - timedelta(hours=24, seconds=1),
            },
            False,
        ),
        ({"title": "aleppo falls (12)", "published": FAR}, True),
        ({"title": "Idlib holds", "published": FAR, "guid": ""}, True),
    ],
)
def test_a_known_link_needs_the_same_title_or_a_date_near_by_if_there_are_guids(
    change: dict[str, object], *, same: bool
) -> None:
    memory = remembering(LINKED)
    other = replace(LINKED, **{"guid": "g2"} | change)  # type: ignore[arg-type]  # only fields here

    found = memory.take([other])

    assert (len(found.new), ids(found)) == ((0, [1]) if same else (1, []))


def test_an_entry_is_known_by_its_new_guid_from_then_on() -> None:
    memory = remembering(LINKED)
    memory.take([replace(LINKED, guid="g2")])

    found = memory.take([replace(story(5), guid="g2")])

    assert (titles(found), ids(found)) == ([], [1])


@pytest.mark.parametrize("order", [1, -1])
def test_an_entry_is_claimed_only_once_and_by_its_guid_first(order: int) -> None:
    memory = remembering(LINKED)
    same = replace(LINKED, url="https://a.example/other")
    other = replace(LINKED, guid="g2")

    found = memory.take([same, other][::order])

    assert [(new.entry, ids(found)) for new in found.new] == [(other, [1])]


def test_a_link_that_belongs_to_a_known_guid_claims_no_other_entry() -> None:
    memory = remembering(LINKED, story(1))

    found = memory.take([replace(story(1), url=LINKED.url), story(9)])

    assert (titles(found), ids(found)) == ([story(9).title], [2])


def test_an_entry_that_was_not_parsed_again_is_claimed_by_no_other() -> None:
    memory = remembering(LINKED)
    now = replace(LINKED, guid="g2")
    memory.take([now])
    other = replace(story(5), guid=LINKED.guid)

    found = memory.take([other], [now])

    assert titles(found) == [other.title]


def test_a_key_of_an_entry_that_was_claimed_does_not_hide_the_next_key() -> None:
    moved = replace(story(1), guid="moved")
    memory = remembering(story(1), LINKED)
    memory.take([moved, LINKED])
    other = replace(LINKED, guid="https://b.example/?p=1", published=moved.published)

    found = memory.take([moved, other])

    assert (titles(found), ids(found)) == ([], [1, 2])


# --- changes ---


@pytest.mark.parametrize(
    ("title", "changed"),
    [
        ("Aleppo falls: 12 dead (12)", 0),
        ("Aleppo falls: 12 dead (13 comments)", 0),
        ("Aleppo falls: 15 dead", 1),
    ],
)
def test_an_entry_is_changed_when_its_text_is_but_not_its_counter(
    title: str, changed: int
) -> None:
    memory = remembering(replace(story(1), title="Aleppo falls: 12 dead"))

    found = memory.take([replace(story(1), title=title)])

    assert (ids(found), len(found.changed)) == ([1], changed)


def test_a_change_is_told_once() -> None:
    memory = remembering(story(1))
    now = replace(story(1), summary="corrected")

    changes = [len(memory.take([now]).changed) for _ in range(3)]

    assert changes == [1, 0, 0]


def test_an_entry_that_stays_as_it_is_gets_no_further_keys() -> None:
    memory = remembering(*stories(3))

    assert memory.take(stories(3)).aliases == ()


def test_an_entry_that_changes_at_every_poll_is_let_rest_in_the_end() -> None:
    memory = remembering(story(1))

    found = [memory.take([replace(story(1), title=str(n))]) for n in range(60)]

    assert sum(len(one.changed) for one in found) == MAX_REVISIONS
    assert ids(found[-1]) == [1]
    assert found[-1].new == ()


def test_an_entry_that_was_let_rest_gets_no_more_keys() -> None:
    memory = remembering(story(1))

    found = [
        memory.take(
            [replace(story(1), title=f"{n} dead", url=f"https://a.example/{n}")]
        )
        for n in range(MAX_REVISIONS + 5)
    ]

    assert [bool(one.aliases) for one in found] == [True] * MAX_REVISIONS + [False] * 5
