from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.identity import (
    MAX_REVISIONS,
    Key,
    Kind,
    Situation,
    Sorted,
    fate,
    is_flood,
    keys,
    sort_out,
    text_hash,
)
from monitor.models import Entry, EntryState, KnownEntry
from tests.conftest import NOON

DAY = timedelta(days=1)
Known = dict[Key, KnownEntry]

# Few values each, so that entries meet in one key and differ in others.
ENTRIES = st.builds(
    Entry,
    guid=st.sampled_from(["", "g1", "G1", "g2", "https://a.example/1"]),
    url=st.sampled_from(
        ["", "https://a.example/1", "http://www.a.example/1?utm_source=x", "http://b/"]
    ),
    title=st.sampled_from(["", "Aleppo", "aleppo ", "Idlib"]),
    summary=st.sampled_from(["", "one", "two"]),
    content=st.sampled_from(["", "one", "long text"]),
)


def has_no_twins(entries: Sequence[Entry]) -> bool:
    """Whether every guid of a document stands for one entry."""
    found = {(e.guid, keys(e)[1]) for e in entries if e.guid and e.url}
    return len(found) == len({guid for guid, _ in found})


DOCUMENTS = st.lists(ENTRIES, max_size=8).filter(has_no_twins)


def stored(found: Sorted, known: Mapping[Key, KnownEntry] | None = None) -> Known:
    """What a feed knows once a sorted document was committed."""
    after: Known = dict(known or {})
    for new in found.new:
        number = len(after) + 1
        entry = KnownEntry(
            entry_id=number,
            revision=1,
            text_hash=new.text_hash,
            state=EntryState.WAITING,
        )
        after[new.keys[0]] = entry
        for key in new.keys:
            if key.kind is Kind.TWIN:
                after[key] = entry
    for change in found.changed:
        key = keys(change.entry)[0]
        before = after[key]
        after[key] = replace(
            before, text_hash=change.text_hash, revision=before.revision + 1
        )
    return after


def learnt(entries: Sequence[Entry]) -> Known:
    return stored(sort_out(entries, {}))


def situation(
    *,
    baseline: bool = False,
    last_good: timedelta | None = timedelta(hours=1),
    first_run: timedelta | None = None,
    expected: float = 1.0,
) -> Situation:
    return Situation(
        now=NOON,
        baseline=baseline,
        last_good_at=None if last_good is None else NOON - last_good,
        first_run=first_run,
        max_age=7 * DAY,
        flood_limit=40,
        expected=expected,
    )


# --- keys ---


def test_an_entry_is_known_by_guid_else_by_link_else_by_text() -> None:
    full = Entry(guid="g", url="https://a.example/1", title="x")

    entries = (full, replace(full, guid=""), replace(full, guid="", url=""))

    assert [[key.kind for key in keys(entry)] for entry in entries] == [
        [Kind.GUID, Kind.LINK, Kind.TEXT],
        [Kind.LINK, Kind.TEXT],
        [Kind.TEXT],
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1122", "1123"),
        ("a", "A"),
        ("https://a.example/1", "http://a.example/1"),
        ("https://a.example/1", "https://a.example/1#c2"),
        ("x 1", "x  1"),
        ("é", "e\u0301"),
    ],
)
def test_guids_are_compared_to_the_letter(one: str, other: str) -> None:
    found = sort_out([Entry(guid=one), Entry(guid=other)], {})

    assert [new.entry.guid for new in found.new] == [one, other]


def test_links_are_compared_by_what_they_lead_to() -> None:
    known = learnt([Entry(url="https://www.a.example/1/?utm_source=rss", title="x")])

    found = sort_out([Entry(url="http://a.example/1", title="x")], known)

    assert (found.new, found.changed, len(found.seen)) == ((), (), 1)


def test_texts_are_compared_without_case_space_and_far_ends() -> None:
    long = "word " * 1_000
    known = learnt([Entry(title="Aleppo  now", summary=long)])

    found = sort_out([Entry(title="aleppo now", summary=long + "end")], known)

    assert (found.new, len(found.changed)) == ((), 1)


def test_a_key_hash_can_be_made_of_any_text() -> None:
    found = keys(Entry(guid="\ud800", title="\udfff"))

    assert {len(key.hash) for key in found} == {32}


# --- sorting a document ---


@given(DOCUMENTS, DOCUMENTS)
def test_a_new_guid_is_always_new(before: list[Entry], now: list[Entry]) -> None:
    unheard = replace(now[0] if now else Entry(), guid="never seen")

    found = sort_out([*now, unheard], learnt(before))

    assert unheard in [new.entry for new in found.new]


@given(DOCUMENTS)
def test_the_same_document_twice_is_all_the_same(entries: list[Entry]) -> None:
    known = learnt(entries)

    found = sort_out(entries, known)

    assert (found.new, found.changed) == ((), ())
    assert set(found.seen) == {entry.entry_id for entry in known.values()}


@given(DOCUMENTS, DOCUMENTS)
def test_sorting_never_loses_an_entry(before: list[Entry], now: list[Entry]) -> None:
    known = learnt(before)

    found = sort_out(now, known)

    fresh = {new.keys[0] for new in found.new}
    assert len(fresh) == len(found.new)
    assert not fresh & set(known)
    for entry in now:
        key = keys(entry)[0]
        assert key in fresh or known[key].entry_id in found.seen
    assert {change.known.entry_id for change in found.changed} <= set(found.seen)
    assert len(set(found.seen)) == len(found.seen)


@given(DOCUMENTS, DOCUMENTS)
def test_an_entry_is_changed_exactly_when_its_text_is(
    before: list[Entry], now: list[Entry]
) -> None:
    known = learnt(before)

    found = sort_out(now, known)

    first = {keys(entry)[0]: entry for entry in reversed(now)}
    expected = [
        key
        for key, entry in first.items()
        if key in known and text_hash(entry) != known[key].text_hash
    ]
    assert {keys(c.entry)[0] for c in found.changed} == set(expected)
    assert all(c.text_hash == text_hash(c.entry) for c in found.changed)


def test_of_two_entries_with_one_key_the_first_wins() -> None:
    known = learnt([Entry(guid="old", title="before")])
    entries = [
        Entry(guid="new", title="one"),
        Entry(guid="new", title="two"),
        Entry(guid="old", title="three"),
        Entry(guid="old", title="four"),
    ]

    found = sort_out(entries, known)

    assert [new.entry.title for new in found.new] == ["one"]
    assert [change.entry.title for change in found.changed] == ["three"]


def test_an_entry_that_shares_its_link_or_text_with_another_guid_is_new() -> None:
    known = learnt([Entry(guid="1", url="https://a.example/live", title="Live")])

    found = sort_out(
        [Entry(guid="2", url="https://a.example/live", title="Live")], known
    )

    assert [new.entry.guid for new in found.new] == ["2"]


@pytest.mark.parametrize(
    "change",
    [{"title": "Aleppo 32"}, {"summary": "32"}, {"content": "32"}],
)
def test_title_summary_and_content_are_the_text(change: dict[str, str]) -> None:
    entry = Entry(guid="1", title="Aleppo 22", summary="22", content="22")

    found = sort_out([replace(entry, **change)], learnt([entry]))  # type: ignore[arg-type]  # only texts here

    assert len(found.changed) == 1


def test_dates_links_authors_and_tags_are_no_text() -> None:
    entry = Entry(guid="1", title="Aleppo")
    touched = replace(
        entry, published=NOON, url="http://b/", author="Ana", tags=("x",), language="en"
    )

    found = sort_out([touched], learnt([entry]))

    assert (found.new, found.changed, len(found.seen)) == ((), (), 1)


def test_an_entry_that_changes_at_every_poll_is_let_rest_in_the_end() -> None:
    known = learnt([Entry(guid="1", title="0")])

    changes = 0
    for number in range(1, 60):
        found = sort_out([Entry(guid="1", title=str(number))], known)
        changes += len(found.changed)
        known = stored(found, known)

    assert changes == MAX_REVISIONS - 1
    assert found.seen == (1,)


# --- what becomes of new entries ---


@pytest.mark.parametrize(
    ("published", "first_run", "state"),
    [
        (None, None, EntryState.BASELINE),
        (timedelta(minutes=5), None, EntryState.BASELINE),
        (None, DAY, EntryState.BASELINE),
        (timedelta(hours=24), DAY, EntryState.WAITING),
        (timedelta(hours=25), DAY, EntryState.BASELINE),
        (-timedelta(hours=2), DAY, EntryState.WAITING),
        (-timedelta(days=2), DAY, EntryState.BASELINE),
        (timedelta(days=20_000), timedelta(days=30_000), EntryState.BASELINE),
    ],
)
def test_the_first_poll_alerts_only_on_what_the_operator_asked_for(
    published: timedelta | None, first_run: timedelta | None, state: EntryState
) -> None:
    entry = Entry(published=None if published is None else NOON - published)

    found = fate(entry, situation(baseline=True, first_run=first_run, last_good=None))

    assert found == state


@pytest.mark.parametrize(
    ("published", "last_good", "state"),
    [
        (None, timedelta(hours=1), EntryState.WAITING),
        (timedelta(0), timedelta(hours=1), EntryState.WAITING),
        (timedelta(days=7), timedelta(0), EntryState.WAITING),
        (timedelta(days=7, seconds=1), timedelta(0), EntryState.OLD),
        (timedelta(days=8), timedelta(days=2), EntryState.WAITING),
        (timedelta(days=10), timedelta(days=2), EntryState.OLD),
        (timedelta(days=400), None, EntryState.WAITING),
        (-timedelta(days=300), timedelta(hours=1), EntryState.WAITING),
        (timedelta(days=100_000), timedelta(hours=1), EntryState.WAITING),
    ],
)
def test_later_polls_leave_out_what_was_published_long_before_the_last_good_one(
    published: timedelta | None, last_good: timedelta | None, state: EntryState
) -> None:
    entry = Entry(published=None if published is None else NOON - published)

    found = fate(entry, situation(last_good=last_good, first_run=DAY))

    assert found == state


@pytest.mark.parametrize(
    ("fresh", "expected", "flood"),
    [
        (40, 1.0, False),
        (41, 1.0, True),
        (41, 13.0, True),
        (41, 14.0, False),
        (300, 100.0, False),
        (301, 100.0, True),
    ],
)
def test_a_flood_is_more_than_the_limit_and_than_three_times_what_is_usual(
    fresh: int, expected: float, *, flood: bool
) -> None:
    found = is_flood(fresh, situation(expected=expected))

    assert found == flood


def test_a_guid_that_several_entries_share_names_none_of_them() -> None:
    first = Entry(guid="same", url="https://a.example/1", title="One")
    second = Entry(guid="same", url="https://a.example/2", title="Two")
    third = Entry(guid="same", url="https://a.example/3", title="Three")

    together = sort_out([first, second], {})
    known = stored(together)
    later = sort_out([third, second], known)

    assert [new.entry.title for new in together.new] == ["One", "Two"]
    assert [new.entry.title for new in later.new] == ["Three"]
    assert later.changed == ()


def test_one_entry_that_stands_twice_in_a_document_is_one() -> None:
    entry = Entry(guid="same", url="https://a.example/1", title="One")

    assert len(sort_out([entry, entry], {}).new) == 1
