"""Hosts: one node at a time, politely, and never forgotten."""

from datetime import datetime, timedelta

from monitor.storage import feeds, hosts, subscribers
from monitor.storage.database import Transaction, from_micros
from monitor.storage.hosts import HostClaim
from tests.conftest import NOON, Caller
from tests.storage.builders import (
    LEASE,
    add_entry,
    add_feed,
    claim,
    claim_mail,
    due_at,
    failed_poll,
    feed_of,
    follow,
    host_id,
    later,
    post,
    row_of,
)
from tests.storage.polling import sync


def give_back(
    tx: Transaction,
    claimed: HostClaim,
    *,
    at: datetime = NOON,
    allowed_at: datetime = NOON,
) -> None:
    hosts.release_host(tx, claimed, now=at, allowed_at=allowed_at)


def poll_next(tx: Transaction, at: datetime, name: str = "world") -> None:
    failed_poll(tx, feed_of(tx, name), next_poll_at=at)


# --- rows ---


def test_a_host_is_made_once(call: Caller) -> None:
    first = call(hosts.ensure_host, "world.example", NOON)
    again = call(hosts.ensure_host, "world.example", NOON)
    other = call(hosts.ensure_host, "local.example", NOON)

    assert first == again != other


def test_a_host_without_work_never_comes_due(call: Caller) -> None:
    call(hosts.ensure_host, "world.example", NOON)

    claims = call(claim, at=later(days=3_650))

    assert claims == []


# --- claims ---


def test_a_claim_says_what_the_node_may_do(call: Caller) -> None:
    call(add_feed, "world", "https://world.example/feed")

    claims = call(claim, by="t1")

    assert claims == [
        HostClaim(
            id=call(host_id, "world.example"),
            name="world.example",
            token="t1",
            until=NOON + LEASE,
            allowed_at=datetime.fromisoformat("1970-01-01T00:00:00+00:00"),
        )
    ]


def test_two_nodes_never_get_the_same_host(call: Caller) -> None:
    for n in range(6):
        call(add_feed, f"feed{n}")

    first = call(claim, by="a", limit=4)
    second = call(claim, by="b", limit=4)

    names = [c.name for c in first + second]
    assert (len(first), len(second)) == (4, 2)
    assert len(set(names)) == 6


def test_the_hosts_that_wait_longest_are_claimed_first(call: Caller) -> None:
    call(add_feed, "late", at=later(minutes=2))
    call(add_feed, "early", at=later(minutes=1))

    claims = call(claim, at=later(minutes=5), limit=1)

    assert [c.name for c in claims] == ["early.example"]


def test_a_host_is_not_due_before_its_time(call: Caller) -> None:
    call(add_feed, at=later(minutes=1))

    assert call(claim, at=later(seconds=59)) == []
    assert len(call(claim, at=later(minutes=1))) == 1


def test_the_hosts_of_a_node_that_died_come_due_when_its_lease_ends(
    call: Caller,
) -> None:
    call(add_feed)
    call(claim, by="dead")

    before = call(claim, by="b", at=later(minutes=9))
    after = call(claim, by="b", at=NOON + LEASE)

    assert before == []
    assert [c.token for c in after] == ["b"]


def test_a_claim_holds_until_another_node_takes_over(call: Caller) -> None:
    call(add_feed)
    (old,) = call(claim, by="a")
    held_before = call(hosts.holds, old)

    (new,) = call(claim, by="b", at=NOON + LEASE)

    assert held_before
    assert not call(hosts.holds, old)
    assert call(hosts.holds, new)


def test_a_claim_of_a_host_that_is_gone_does_not_hold(call: Caller) -> None:
    call(add_feed)
    (claimed,) = call(claim)
    gone = HostClaim(
        id=claimed.id + 1, name="", token="t1", until=NOON, allowed_at=NOON
    )

    assert not call(hosts.holds, gone)


def test_with_only_one_feed_the_hosts_of_others_are_left_alone(call: Caller) -> None:
    call(add_feed, "world")
    call(add_feed, "local")

    claims = call(claim, only_feed="local")

    assert [c.name for c in claims] == ["local.example"]
    assert call(claim, by="b", only_feed="local") == []


def test_with_only_one_feed_the_pages_that_wait_are_still_fetched(
    call: Caller,
) -> None:
    feed_id = call(add_feed, "world")
    call(add_entry, feed_id, page="pages.example")
    call(lambda tx: hosts.bring_forward(tx, host_id(tx, "pages.example"), NOON))

    claims = call(claim, only_feed="elsewhere")

    assert [c.name for c in claims] == ["pages.example"]


# --- giving back ---


def test_a_released_host_comes_due_at_its_next_poll(call: Caller) -> None:
    call(add_feed)
    (claimed,) = call(claim)
    call(poll_next, later(minutes=15))

    call(give_back, claimed)

    assert call(due_at, "world.example") == later(minutes=15)


def test_a_released_host_comes_due_at_its_next_page(call: Caller) -> None:
    feed_id = call(add_feed)
    (claimed,) = call(claim)
    call(poll_next, later(minutes=15))
    call(add_entry, feed_id, page="world.example", at=later(minutes=1))

    call(give_back, claimed)

    assert call(due_at, "world.example") == later(minutes=1)


def test_a_host_that_must_rest_comes_due_no_earlier(call: Caller) -> None:
    call(add_feed)
    (claimed,) = call(claim)
    call(poll_next, later(minutes=15))

    call(give_back, claimed, allowed_at=later(hours=1))

    assert call(due_at, "world.example") == later(hours=1)
    assert call(claim, at=later(minutes=59)) == []


def test_a_released_host_can_be_claimed_at_once_when_it_has_more_work(
    call: Caller,
) -> None:
    call(add_feed)
    (claimed,) = call(claim)

    call(give_back, claimed, allowed_at=later(seconds=1))

    (again,) = call(claim, by="b", at=later(seconds=1))
    assert again.allowed_at == later(seconds=1)


def test_a_host_whose_feeds_left_the_configuration_sleeps(call: Caller) -> None:
    call(add_feed)
    (claimed,) = call(claim)
    call(feeds.sync_feeds, {}, NOON)

    call(give_back, claimed)

    assert call(due_at, "world.example") > later(days=30_000)


def test_a_host_whose_feeds_are_paused_sleeps_but_for_its_pages(call: Caller) -> None:
    feed_id = call(add_feed)
    (claimed,) = call(claim)
    call(feeds.pause_feed, "world", NOON)
    call(add_entry, feed_id, page="world.example", at=later(days=1))

    call(give_back, claimed)

    assert call(due_at, "world.example") == later(days=1)


def test_releasing_with_a_stale_claim_changes_nothing(call: Caller) -> None:
    call(add_feed)
    (old,) = call(claim, by="a")
    (new,) = call(claim, by="b", at=NOON + LEASE)

    call(give_back, old, allowed_at=later(days=1))

    assert call(hosts.holds, new)
    assert call(due_at, "world.example") == new.until


# --- new work ---


def test_new_work_brings_a_sleeping_host_forward(call: Caller) -> None:
    call(hosts.ensure_host, "pages.example", NOON)

    call(lambda tx: hosts.bring_forward(tx, host_id(tx, "pages.example"), NOON))

    assert call(due_at, "pages.example") == NOON


def test_new_work_never_puts_a_host_back(call: Caller) -> None:
    call(add_feed)

    call(
        lambda tx: hosts.bring_forward(tx, host_id(tx, "world.example"), later(days=1))
    )

    assert call(due_at, "world.example") == NOON


def test_new_work_does_not_touch_a_claimed_host(call: Caller) -> None:
    call(add_feed)
    (claimed,) = call(claim)

    call(hosts.bring_forward, claimed.id, NOON)

    assert call(due_at, "world.example") == claimed.until
    assert call(claim, by="b") == []


def test_new_work_waits_until_the_host_may_be_asked_again(call: Caller) -> None:
    call(add_feed)
    (claimed,) = call(claim)
    call(poll_next, later(days=1))
    call(give_back, claimed, allowed_at=later(minutes=5))

    call(hosts.bring_forward, claimed.id, NOON)

    assert call(due_at, "world.example") == later(minutes=5)


def test_new_work_for_a_host_that_is_gone_is_no_error(call: Caller) -> None:
    call(hosts.bring_forward, 99, NOON)

    assert call(hosts.next_host_due) is None


# --- when to look again ---


def test_the_next_due_time_is_that_of_the_earliest_host(call: Caller) -> None:
    call(add_feed, "late", at=later(minutes=2))
    call(add_feed, "early", at=later(minutes=1))

    assert call(hosts.next_host_due) == later(minutes=1)


def test_a_host_that_only_rests_between_requests_is_worth_waiting_for(
    call: Caller,
) -> None:
    call(add_feed)
    (claimed,) = call(claim)
    call(give_back, claimed, allowed_at=later(seconds=1))

    gap = call(hosts.next_gap, now=NOON, within=timedelta(seconds=3))

    assert gap == later(seconds=1)


def test_nobody_waits_for_what_is_due_or_far_or_claimed_or_has_no_work(
    call: Caller,
) -> None:
    for name in ("due", "far", "claimed", "idle"):
        call(add_feed, name)
    for claimed in call(claim):
        rest = {"far": later(hours=1), "due": NOON}.get(claimed.name[:-8], later())
        if claimed.name.startswith("idle"):
            call(poll_next, later(seconds=2), "idle")
        if not claimed.name.startswith("claimed"):
            call(give_back, claimed, allowed_at=rest)

    gap = call(hosts.next_gap, now=NOON, within=timedelta(seconds=3))

    assert gap is None


# --- repairs at the start ---


def test_what_a_dead_process_held_is_free_at_once(call: Caller) -> None:
    feed_id = call(add_feed)
    call(follow)
    call(post, "ana@example.org")
    call(claim, by="dead")
    call(claim_mail, by="dead")
    call(subscribers.claim_subscriber, "desk", token="dead", now=NOON, lease=LEASE)
    entry_id = call(add_entry, feed_id)
    call(lambda tx: tx.run("UPDATE entry SET token = 'dead', due_at = due_at + 60"))

    call(hosts.release_leftovers, NOON)

    assert len(call(claim, by="b")) == 1
    assert len(call(claim_mail, by="b")) == 1
    assert call(subscribers.claim_subscriber, "desk", token="b", now=NOON, lease=LEASE)
    entry = call(row_of, "entry", entry_id)
    assert (from_micros(entry["due_at"]), entry["token"]) == (NOON, "dead")


def test_what_waits_for_its_time_is_not_freed_with_the_leftovers(
    call: Caller,
) -> None:
    call(add_feed, at=later(hours=1))

    call(hosts.release_leftovers, NOON)

    assert call(due_at, "world.example") == later(hours=1)


def test_a_node_gives_back_what_it_holds_and_nothing_else(call: Caller) -> None:
    call(sync, {"a": "https://a.example/x", "b": "https://b.example/x"})

    def take(tx: Transaction, node: str, limit: int) -> int:
        return len(
            hosts.claim_hosts(
                tx,
                node=node,
                token=node,
                now=NOON,
                lease=timedelta(hours=1),
                limit=limit,
            )
        )

    call(take, "one", 1)
    call(take, "two", 1)

    assert call(hosts.give_back, "one", NOON) == 1
    assert call(hosts.give_back, "one", NOON) == 0
    assert call(take, "three", 5) == 1
