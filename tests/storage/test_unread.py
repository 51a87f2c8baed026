"""Unread entries: claimed, read once, tried again, and set aside when they kill."""

from dataclasses import replace
from datetime import datetime

from monitor.models import EntryState, WaitingEntry
from monitor.storage import entries, hosts, unread
from monitor.storage.database import Transaction, from_micros
from monitor.storage.hosts import HostClaim
from tests.conftest import NOON, Caller
from tests.storage.builders import (
    CONTENTS,
    LEASE,
    add_entry,
    add_feed,
    claim,
    feed_of,
    good_poll,
    guid_key,
    host_id,
    later,
    revise,
    row_of,
)


def take(
    tx: Transaction, by: str = "t1", at: datetime = NOON, limit: int = 10
) -> list[WaitingEntry]:
    return unread.claim_entries(tx, token=by, now=at, lease=LEASE, limit=limit)


def guids(batch: list[WaitingEntry]) -> list[str]:
    return [waiting.entry.guid for waiting in batch]


def fill(tx: Transaction, number: int, page: str = "") -> int:
    """A feed with so many entries g0, g1 ... that wait; its id."""
    feed_id = add_feed(tx)
    for n in range(number):
        add_entry(tx, feed_id, f"g{n}", page=page)
    if page:
        hosts.bring_forward(tx, host_id(tx, page), NOON)
    return feed_id


def visit(tx: Transaction, by: str = "t1", at: datetime = NOON) -> HostClaim:
    """Claim the host of the pages."""
    (claimed,) = (c for c in claim(tx, by, at) if c.name == "pages.example")
    return claimed


def pages(
    tx: Transaction, claimed: HostClaim, at: datetime = NOON, limit: int = 10
) -> list[WaitingEntry]:
    return unread.claim_pages(tx, claimed, now=at, limit=limit)


def finish(tx: Transaction, waiting: WaitingEntry, at: datetime | None = None) -> None:
    unread.finish_entry(tx, waiting, retry_at=at)


# --- entries that need no page ---


def test_a_claimed_entry_comes_with_its_text_and_its_feed(call: Caller) -> None:
    feed_id = call(add_feed)
    call(good_poll, call(feed_of))
    entry_id = call(add_entry, feed_id, "g1", published=later(hours=-1))

    (waiting,) = call(take)

    assert (waiting.id, waiting.feed_id, waiting.feed) == (entry_id, feed_id, "world")
    assert waiting.feed_title == "World News"
    assert (waiting.revision, waiting.tries, waiting.token) == (0, 0, "t1")
    assert waiting.first_seen == NOON
    assert waiting.entry.title == "Title of g1"
    assert waiting.entry.tags == ("syria", "حلب")
    assert waiting.entry.published == later(hours=-1)


def test_an_entry_without_a_language_has_that_of_its_feed(call: Caller) -> None:
    feed_id = call(add_feed)
    call(good_poll, call(feed_of), contents=replace(CONTENTS, language="ar"))
    call(add_entry, feed_id, "g1")

    (waiting,) = call(take)

    assert waiting.entry.language == "ar"


def test_entries_are_claimed_in_batches_longest_waiting_first(call: Caller) -> None:
    feed_id = call(add_feed)
    for minute, guid in [(2, "late"), (0, "first"), (1, "second")]:
        call(add_entry, feed_id, guid, at=later(minutes=minute))

    batch = call(take, at=later(hours=1), limit=2)

    assert sorted(guids(batch)) == ["first", "second"]


def test_a_claimed_entry_is_not_given_to_another_node(call: Caller) -> None:
    call(fill, 3)
    call(take, "a", limit=2)

    assert guids(call(take, "b")) == ["g2"]
    assert call(take, "c") == []


def test_entries_that_need_a_page_are_not_claimed_without_it(call: Caller) -> None:
    call(fill, 1, page="pages.example")

    assert call(take) == []


def test_entries_that_do_not_wait_are_not_claimed(call: Caller) -> None:
    feed_id = call(add_feed)
    for state in EntryState:
        call(add_entry, feed_id, state.value, state=state)

    assert guids(call(take)) == ["waiting"]


# --- deaths ---


def test_what_a_dead_node_held_is_claimed_one_by_one(call: Caller) -> None:
    call(fill, 3)
    call(take, "dead")

    after = [call(take, f"t{n}", NOON + LEASE) for n in range(4)]

    assert [guids(batch) for batch in after] == [["g0"], ["g1"], ["g2"], []]


def test_leftovers_come_before_new_entries(call: Caller) -> None:
    feed_id = call(fill, 1)
    call(take, "dead")
    call(add_entry, feed_id, "new")

    assert guids(call(take, "b", NOON + LEASE)) == ["g0"]
    assert guids(call(take, "c", NOON + LEASE)) == ["new"]


def test_an_entry_on_which_five_nodes_died_alone_is_set_aside(call: Caller) -> None:
    feed_id = call(fill, 1)
    call(take, "batch")

    alone = [guids(call(take, f"t{n}", NOON + n * LEASE)) for n in range(1, 6)]
    after = call(take, "last", NOON + 6 * LEASE)

    known = call(entries.known_entries, feed_id, [guid_key("g0")])
    assert alone == [["g0"]] * 5
    assert after == []
    assert known[guid_key("g0")].state is EntryState.SET_ASIDE
    assert call(take, "much later", later(days=1)) == []


def test_an_entry_that_is_set_aside_makes_room_for_the_next_at_once(
    call: Caller,
) -> None:
    feed_id = call(fill, 1)
    for n in range(6):
        call(take, f"t{n}", NOON + n * LEASE)
    call(add_entry, feed_id, "next")

    assert guids(call(take, "b", NOON + 6 * LEASE)) == ["next"]


def test_the_neighbours_of_a_killer_are_read_and_not_counted_dead(
    call: Caller,
) -> None:
    call(fill, 3)
    call(take, "dead")
    batches = [call(take, f"t{n}", NOON + LEASE) for n in range(3)]

    for (waiting,) in batches[1:]:
        call(finish, waiting)

    rows = [call(row_of, "entry", waiting.id) for (waiting,) in batches]
    assert [row["state"] for row in rows] == ["waiting", "read", "read"]
    assert [row["deaths"] for row in rows] == [0, 0, 0]


def test_a_death_in_a_batch_after_one_alone_does_not_count(call: Caller) -> None:
    feed_id = call(fill, 1)
    call(take, "batch")
    call(take, "alone", NOON + LEASE)
    (waiting,) = call(take, "alone too", NOON + 2 * LEASE)
    call(finish, waiting)
    call(revise, feed_id, "g0", later(hours=1))

    call(take, "a batch that dies", later(hours=1))
    (again,) = call(take, "b", later(hours=1) + LEASE)

    assert call(row_of, "entry", again.id)["deaths"] == 1


# --- entries that need a page ---


def test_pages_are_claimed_with_their_host(call: Caller) -> None:
    feed_id = call(fill, 2, page="pages.example")
    call(add_entry, feed_id, "elsewhere", page="other.example")

    batch = call(pages, call(visit))

    assert guids(batch) == ["g0", "g1"]
    assert {waiting.token for waiting in batch} == {"t1"}


def test_no_more_pages_are_claimed_than_there_is_room_for(call: Caller) -> None:
    call(fill, 3, page="pages.example")
    claimed = call(visit)

    assert guids(call(pages, claimed, limit=2)) == ["g0", "g1"]


def test_without_room_no_page_is_claimed_nor_a_death_counted(call: Caller) -> None:
    call(fill, 1, page="pages.example")
    call(pages, call(visit, "dead"))
    claimed = call(visit, "b", NOON + LEASE)

    assert call(pages, claimed, NOON + LEASE, limit=0) == []
    assert guids(call(pages, claimed, NOON + LEASE)) == ["g0"]


def test_a_page_is_not_claimed_before_its_time(call: Caller) -> None:
    call(fill, 1, page="pages.example")
    claimed = call(visit)
    (waiting,) = call(pages, claimed)
    call(finish, waiting, later(minutes=5))

    assert call(pages, claimed, later(minutes=4)) == []


def test_pages_that_a_dead_node_held_are_claimed_one_by_one(call: Caller) -> None:
    call(fill, 3, page="pages.example")
    call(pages, call(visit, "dead"))

    after = []
    for n in range(1, 5):
        at = NOON + n * LEASE
        batch = call(pages, call(visit, f"t{n}", at), at)
        for waiting in batch:
            call(finish, waiting)
        after.append(guids(batch))

    assert after == [["g0"], ["g1"], ["g2"], []]


def test_a_page_on_which_five_nodes_died_alone_is_set_aside(call: Caller) -> None:
    call(fill, 2, page="pages.example")
    call(pages, call(visit, "dead"), limit=1)

    alone = []
    for n in range(1, 7):
        at = NOON + n * LEASE
        alone.append(guids(call(pages, call(visit, f"t{n}", at), at)))

    assert alone == [["g0"]] * 5 + [["g1"]]
    assert call(entries.set_aside) == [("world", "https://world.example/g0")]


# --- storing a reading ---


def test_a_reading_is_wanted_while_its_claim_stands(call: Caller) -> None:
    call(fill, 1)
    (waiting,) = call(take)

    assert call(unread.still_wanted, waiting)


def test_a_reading_whose_claim_another_node_has_is_not_wanted(call: Caller) -> None:
    call(fill, 1)
    (slow,) = call(take, "slow")
    (quick,) = call(take, "quick", NOON + LEASE)

    assert not call(unread.still_wanted, slow)
    assert call(unread.still_wanted, quick)


def test_a_reading_of_an_entry_that_is_gone_is_not_wanted(call: Caller) -> None:
    call(fill, 1)
    (waiting,) = call(take)

    assert not call(unread.still_wanted, replace(waiting, id=waiting.id + 1))


def test_a_reading_of_an_older_text_leaves_the_newer_one_due(call: Caller) -> None:
    feed_id = call(fill, 1)
    (old,) = call(take, "a")
    call(revise, feed_id, "g0", later(minutes=1))

    wanted = call(unread.still_wanted, old)

    (new,) = call(take, "b", later(minutes=1))
    assert not wanted
    assert (new.revision, new.entry.title) == (1, "New title of g0")


def test_a_page_whose_text_changed_meanwhile_is_read_again_at_once(
    call: Caller,
) -> None:
    feed_id = call(fill, 1, page="pages.example")
    claimed = call(visit)
    (old,) = call(pages, claimed)
    call(revise, feed_id, "g0", later(minutes=1))

    call(unread.still_wanted, old)
    call(hosts.release_host, claimed, now=later(minutes=1), allowed_at=NOON)

    (new,) = call(pages, call(visit, "b", later(minutes=1)), later(minutes=1))
    assert new.revision == 1


def test_a_finished_entry_is_read_and_never_due_again(call: Caller) -> None:
    call(fill, 1)
    (waiting,) = call(take)

    call(finish, waiting)

    assert call(entries.count_by_state) == {"read": 1}
    assert call(take, "b", later(days=1)) == []


def test_a_page_that_could_not_be_had_is_tried_again_later(call: Caller) -> None:
    call(fill, 1, page="pages.example")
    claimed = call(visit)
    (waiting,) = call(pages, claimed)

    call(finish, waiting, later(minutes=5))
    call(hosts.release_host, claimed, now=NOON, allowed_at=NOON)

    host = call(row_of, "host", claimed.id)
    at = later(minutes=5)
    (again,) = call(pages, call(visit, "b", at), at)
    assert from_micros(host["due_at"]) == at
    assert again.tries == 1
    assert call(entries.count_by_state) == {"read": 1}


def test_a_changed_text_gets_its_own_tries(call: Caller) -> None:
    feed_id = call(fill, 1, page="pages.example")
    claimed = call(visit)
    (waiting,) = call(pages, claimed)
    call(finish, waiting, later(minutes=5))

    call(revise, feed_id, "g0", later(minutes=1))

    (again,) = call(pages, claimed, later(minutes=1))
    assert (again.revision, again.tries) == (1, 0)
