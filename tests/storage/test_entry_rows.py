"""Entries: recognised by their keys, stored with every text they ever had."""

from datetime import timedelta

import pytest

from monitor.models import Entry, EntryState, Key, Kind, KnownEntry
from monitor.storage import entries, hosts
from monitor.storage.database import Row, Transaction, from_micros, maybe_time
from tests.conftest import NOON, Caller
from tests.storage.builders import (
    add_entry,
    add_feed,
    claim,
    count,
    guid_key,
    host_id,
    later,
    revise,
    row_of,
)

SILENT = [
    EntryState.BASELINE,
    EntryState.OLD,
    EntryState.HELD,
    EntryState.DROPPED,
    EntryState.SET_ASIDE,
]


def texts(tx: Transaction, entry_id: int) -> list[Row]:
    sql = "SELECT * FROM entry_text WHERE entry_id = :id ORDER BY revision"
    return tx.all(sql, id=entry_id)


# --- known or new ---


def test_an_entry_is_known_by_its_keys(call: Caller) -> None:
    feed_id = call(add_feed)
    entry_id = call(add_entry, feed_id, "g1")

    known = call(
        entries.known_entries,
        feed_id,
        [guid_key("g1"), guid_key("g2"), Key(Kind.LINK, "u")],
    )

    assert known == {
        guid_key("g1"): KnownEntry(
            entry_id=entry_id,
            revision=0,
            text_hash="hash of g1",
            title_hash="title of g1",
            state=EntryState.WAITING,
        )
    }


def test_no_keys_are_known_of_nothing(call: Caller) -> None:
    assert call(entries.known_entries, call(add_feed), []) == {}


def test_a_document_may_hold_more_entries_than_a_statement_takes(
    call: Caller,
) -> None:
    guids = [f"g{n:04}" for n in range(1_001)]
    feed_id = call(add_feed)

    def fill(tx: Transaction) -> None:
        for guid in guids:
            add_entry(tx, feed_id, guid)

    call(fill)

    known = call(entries.known_entries, feed_id, [guid_key(guid) for guid in guids])

    assert sorted(key[1] for key in known) == guids


def test_an_entry_of_another_feed_is_not_known(call: Caller) -> None:
    call(add_entry, call(add_feed, "world"), "g1")

    known = call(entries.known_entries, call(add_feed, "local"), [guid_key("g1")])

    assert known == {}


def test_a_key_belongs_to_the_entry_that_had_it_last(call: Caller) -> None:
    feed_id = call(add_feed)
    first = call(add_entry, feed_id, "g1")

    second = call(add_entry, feed_id, "g1")

    known = call(entries.known_entries, feed_id, [guid_key("g1")])
    assert second != first
    assert known[guid_key("g1")].entry_id == second


def test_a_hash_is_known_as_the_kind_of_key_that_it_was_made_of(call: Caller) -> None:
    feed_id = call(add_feed)
    first, second = (call(add_entry, feed_id, guid) for guid in ("g1", "g2"))
    kinds = {Kind.LINK: first, Kind.TWIN: second, Kind.NTH: second}
    keys = [(Key(kind, "same"), entry_id) for kind, entry_id in kinds.items()]
    call(entries.add_keys, feed_id, keys)

    known = call(entries.known_entries, feed_id, [Key(Kind.LINK, "same")])

    assert {key: entry.entry_id for key, entry in known.items()} == dict(keys)


@pytest.mark.parametrize("kind", Kind)
def test_an_entry_can_be_known_by_a_further_key(call: Caller, kind: Kind) -> None:
    feed_id = call(add_feed)
    entry_id = call(add_entry, feed_id, "g1")
    key = Key(kind, "0123456789abcdef")

    call(entries.add_keys, feed_id, [(key, entry_id)])

    known = call(entries.known_entries, feed_id, [key, guid_key("g1")])
    assert {key.kind for key in known} == {kind, Kind.GUID}
    assert {entry.entry_id for entry in known.values()} == {entry_id}


def test_a_further_key_is_taken_from_the_entry_that_had_it(call: Caller) -> None:
    feed_id = call(add_feed)
    first, second = (call(add_entry, feed_id, guid) for guid in ("g1", "g2"))
    key = Key(Kind.LINK, "u")
    call(entries.add_keys, feed_id, [(key, first)])

    call(entries.add_keys, feed_id, [(key, second), (key, second)])

    assert call(entries.known_entries, feed_id, [key])[key].entry_id == second


def test_a_key_of_one_feed_is_not_taken_by_another(call: Caller) -> None:
    world, local = (call(add_feed, name) for name in ("world", "local"))
    first = call(add_entry, world, "g1")

    second = call(add_entry, local, "g1")

    found = [
        call(entries.known_entries, feed_id, [guid_key("g1")])[guid_key("g1")].entry_id
        for feed_id in (world, local)
    ]
    assert found == [first, second]


def test_no_further_keys_change_nothing(call: Caller) -> None:
    feed_id = call(add_feed)
    call(add_entry, feed_id, "g1")

    call(entries.add_keys, feed_id, [])

    assert call(count, "entry_key") == 1


# --- stored ---


def test_the_new_entries_of_a_document_are_stored_in_its_order(call: Caller) -> None:
    feed_id = call(add_feed)
    guids = ["b", "a", "c"]

    ids = call(
        entries.add_entries,
        [
            entries.Stored(
                feed_id=feed_id,
                entry=Entry(guid=guid, title=f"Title of {guid}"),
                keys=[guid_key(guid), Key(Kind.TEXT, guid)],
                text_hash=guid,
                title_hash=guid,
                state=EntryState.WAITING,
                published=None,
                now=NOON,
            )
            for guid in guids
        ],
    )

    assert [call(row_of, "entry", id_)["guid"] for id_ in ids] == guids
    titles = [[text["title"] for text in call(texts, id_)] for id_ in ids]
    assert titles == [["Title of b"], ["Title of a"], ["Title of c"]]
    known = call(entries.known_entries, feed_id, [guid_key(guid) for guid in guids])
    assert len(known) == 6
    assert [known[Key(Kind.TEXT, guid)].entry_id for guid in guids] == ids


def test_a_document_without_new_entries_stores_nothing(call: Caller) -> None:
    call(add_feed)

    assert call(entries.add_entries, []) == []
    assert call(count, "entry") == 0


def test_an_entry_without_a_date_a_key_or_a_tag_can_be_stored(call: Caller) -> None:
    new = entries.Stored(
        feed_id=call(add_feed),
        entry=Entry(),
        keys=[],
        text_hash="",
        title_hash="",
        state=EntryState.WAITING,
        published=None,
        now=NOON,
    )

    (entry_id,) = call(entries.add_entries, [new])

    (text,) = call(texts, entry_id)
    assert (text["tags"], text["published_at"]) == ("[]", None)
    assert call(count, "entry_key") == 0


def test_a_new_entry_is_stored_with_its_first_text(call: Caller) -> None:
    published = later(hours=-2)

    entry_id = call(add_entry, call(add_feed), "g1", published=published)

    entry = call(row_of, "entry", entry_id)
    (text,) = call(texts, entry_id)
    assert (entry["guid"], entry["revision"], entry["state"]) == ("g1", 0, "waiting")
    times = [from_micros(entry[f"{name}"]) for name in ("first_seen", "eligible_at")]
    assert times == [NOON, NOON]
    assert (text["title"], text["tags"]) == ("Title of g1", '["syria", "حلب"]')
    assert maybe_time(text["published_at"]) == published


@pytest.mark.parametrize("state", SILENT)
def test_only_an_entry_that_waits_is_due(call: Caller, state: EntryState) -> None:
    feed_id = call(add_feed)

    silent = call(add_entry, feed_id, "g1", state=state)
    waiting = call(add_entry, feed_id, "g2")

    due = [call(row_of, "entry", id_)["due_at"] for id_ in (silent, waiting)]
    assert due[0] is None
    assert from_micros(due[1]) == NOON


def test_an_entry_that_is_still_shown_is_seen_again(call: Caller) -> None:
    feed_id = call(add_feed)
    shown, gone = (call(add_entry, feed_id, guid) for guid in ("g1", "g2"))

    call(entries.mark_seen, [shown], later(days=1))

    seen = [call(row_of, "entry", id_)["last_seen"] for id_ in (shown, gone)]
    assert [from_micros(at) for at in seen] == [later(days=1), NOON]


# --- revised ---


def test_a_changed_text_is_kept_beside_the_first(call: Caller) -> None:
    feed_id = call(add_feed)
    entry_id = call(add_entry, feed_id, "g1")

    call(revise, feed_id, "g1", later(minutes=5))

    titles = [text["title"] for text in call(texts, entry_id)]
    known = call(entries.known_entries, feed_id, [guid_key("g1")])[guid_key("g1")]
    assert titles == ["Title of g1", "New title of g1"]
    assert (known.revision, known.text_hash) == (1, "another hash")
    assert known.title_hash == "another title"


def test_a_read_entry_that_changed_is_read_again(call: Caller) -> None:
    feed_id = call(add_feed)
    entry_id = call(add_entry, feed_id, "g1", state=EntryState.READ)

    call(revise, feed_id, "g1", later(minutes=5))

    entry = call(row_of, "entry", entry_id)
    assert (entry["state"], from_micros(entry["due_at"])) == (
        "waiting",
        later(minutes=5),
    )


@pytest.mark.parametrize("state", SILENT)
def test_a_silent_entry_that_changed_stays_silent(
    call: Caller, state: EntryState
) -> None:
    feed_id = call(add_feed)
    entry_id = call(add_entry, feed_id, "g1", state=state)

    call(revise, feed_id, "g1", later(minutes=5))

    entry = call(row_of, "entry", entry_id)
    assert (entry["state"], entry["due_at"], entry["revision"]) == (state, None, 1)


def test_an_entry_that_waits_and_changed_keeps_its_place(call: Caller) -> None:
    feed_id = call(add_feed)
    entry_id = call(add_entry, feed_id, "g1")

    call(revise, feed_id, "g1", later(minutes=5))

    entry = call(row_of, "entry", entry_id)
    assert (entry["state"], from_micros(entry["due_at"])) == ("waiting", NOON)


# --- let in ---


def test_a_backfill_lets_in_what_was_published_within_its_reach(call: Caller) -> None:
    feed_id = call(add_feed)
    ages = {"new": 1, "edge": 24, "old": 25}
    for guid, hours in ages.items():
        call(
            add_entry,
            feed_id,
            guid,
            state=EntryState.BASELINE,
            published=later(hours=-hours),
        )

    count_ = call(entries.backfill, now=NOON, reach=timedelta(hours=24))

    known = call(entries.known_entries, feed_id, [guid_key(guid) for guid in ages])
    assert count_ == 2
    assert {key[1]: entry.state for key, entry in known.items()} == {
        "new": EntryState.WAITING,
        "edge": EntryState.WAITING,
        "old": EntryState.BASELINE,
    }


def test_a_backfill_counts_the_first_sighting_where_no_date_is_known(
    call: Caller,
) -> None:
    feed_id = call(add_feed)
    call(add_entry, feed_id, "g1", state=EntryState.BASELINE)

    assert call(entries.backfill, now=later(days=2), reach=timedelta(hours=24)) == 0
    assert call(entries.backfill, now=later(hours=2), reach=timedelta(hours=24)) == 1


def test_a_backfill_touches_nothing_but_the_baseline(call: Caller) -> None:
    feed_id = call(add_feed)
    for state in EntryState:
        call(add_entry, feed_id, state.value, state=state)

    count_ = call(entries.backfill, now=NOON, reach=timedelta(hours=24))

    assert count_ == 1
    assert call(entries.count_by_state) == {
        "old": 1,
        "held": 1,
        "dropped": 1,
        "waiting": 2,
        "read": 1,
        "set-aside": 1,
    }


def test_what_is_let_in_counts_from_now(call: Caller) -> None:
    feed_id = call(add_feed)
    entry_id = call(add_entry, feed_id, "g1", state=EntryState.BASELINE)

    call(entries.backfill, now=later(hours=1), reach=timedelta(hours=24))

    entry = call(row_of, "entry", entry_id)
    times = [from_micros(entry[name]) for name in ("first_seen", "eligible_at")]
    assert times == [NOON, later(hours=1)]


def test_letting_in_wakes_the_hosts_of_the_pages(call: Caller) -> None:
    feed_id = call(add_feed)
    call(add_entry, feed_id, "g1", state=EntryState.BASELINE, page="pages.example")
    call(add_entry, feed_id, "g2", state=EntryState.OLD, page="other.example")

    call(entries.backfill, now=NOON, reach=timedelta(hours=24))

    names = {claimed.name for claimed in call(claim)}
    assert names == {"world.example", "pages.example"}


def test_letting_in_leaves_a_claimed_page_host_to_its_holder(call: Caller) -> None:
    feed_id = call(add_feed)
    call(add_entry, feed_id, "g1", state=EntryState.BASELINE, page="world.example")
    (claimed,) = call(claim)

    call(entries.backfill, now=NOON, reach=timedelta(hours=24))

    assert call(hosts.holds, claimed)
    host = call(row_of, "host", call(host_id, "world.example"))
    assert from_micros(host["due_at"]) == claimed.until


# --- what people see ---


def test_nothing_is_counted_where_nothing_is(call: Caller) -> None:
    assert call(entries.count_by_state) == {}
    assert call(entries.set_aside) == []


def test_entries_that_were_set_aside_are_named(call: Caller) -> None:
    feed_id = call(add_feed)
    call(add_entry, feed_id, "g1")
    call(
        add_entry,
        feed_id,
        "g2",
        state=EntryState.SET_ASIDE,
        url="https://world.example/poison",
    )

    named = call(entries.set_aside)

    assert named == [("world", "https://world.example/poison")]
    assert call(count, "entry") == 2
