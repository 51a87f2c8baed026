"""Rows that a clock left which ran ahead: nothing stays silent for them."""

from datetime import datetime, timedelta

import pytest

from monitor.models import EntryState
from monitor.storage import feeds, hosts, skew, subscribers, unread
from monitor.storage.database import Transaction, from_micros
from monitor.storage.destinations import reserve
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
    later,
    post,
    row_of,
)


def next_poll_at(tx: Transaction) -> datetime:
    return from_micros(row_of(tx, "feed", feed_of(tx).id)["next_poll_at"])


# --- a clock that was set back ---


def test_the_last_poll_says_how_far_the_clock_was_ahead(call: Caller) -> None:
    call(add_feed)
    nothing = call(skew.ahead, NOON)
    call(failed_poll, call(feed_of), later(hours=1))

    assert nothing == timedelta(0)
    assert call(skew.ahead, NOON) == timedelta(hours=1)
    assert call(skew.ahead, later(hours=2)) == timedelta(0)


def test_what_is_to_come_comes_earlier_by_as_much(call: Caller) -> None:
    call(add_feed, at=later(minutes=90))
    call(post, "ana@example.org", at=later(minutes=90))

    call(skew.set_back, now=NOON, by=timedelta(hours=1))

    assert call(next_poll_at) == later(minutes=30)
    assert call(due_at, "world.example") == later(minutes=30)
    assert call(claim_mail, at=later(minutes=29)) == []
    assert len(call(claim_mail, at=later(minutes=30))) == 1


@pytest.mark.parametrize(("table", "column"), skew.DUE)
def test_each_time_that_is_to_come_is_brought_back(
    call: Caller, table: str, column: str
) -> None:
    def put(tx: Transaction, at: datetime) -> int:
        feed_id = add_feed(tx)
        add_entry(tx, feed_id)
        post(tx, "ana@example.org")
        follow(tx)
        reserve(tx, "mail", "", gap=LEASE, most=LEASE, now=NOON)
        return tx.run(f"UPDATE {table} SET {column} = :at", at=at)  # noqa: S608 - our own names

    def times(tx: Transaction) -> set[datetime]:
        found = tx.all(f"SELECT {column} AS at FROM {table}")  # noqa: S608 - our own names
        return {from_micros(row["at"]) for row in found}

    assert call(put, later(hours=25))
    call(skew.set_back, now=NOON, by=timedelta(hours=24))

    assert call(times) == {later(hours=1)}


def test_what_would_have_come_by_now_comes_now(call: Caller) -> None:
    call(add_feed, at=later(minutes=10))

    call(skew.set_back, now=NOON, by=timedelta(hours=1))

    assert call(next_poll_at) == NOON
    assert len(call(claim)) == 1


def test_what_is_due_already_stays_as_it_is(call: Caller) -> None:
    call(add_feed, at=NOON)

    call(skew.set_back, now=later(minutes=1), by=timedelta(hours=1))

    assert call(next_poll_at) == NOON


def test_a_repaired_clock_is_not_repaired_again(call: Caller) -> None:
    call(add_feed)
    call(failed_poll, call(feed_of), later(hours=1))

    call(skew.bring_back, now=NOON, furthest=timedelta(days=9))

    assert call(skew.ahead, NOON) == timedelta(0)


# --- rows that lie further ahead than they could ---


def test_rows_that_a_clock_ahead_of_time_left_are_brought_back(call: Caller) -> None:
    future = later(days=90)
    feed_id = call(add_feed, at=future)
    call(add_entry, feed_id, page="pages.example", at=future)
    call(post, "ana@example.org", at=future)
    call(follow)
    call(subscribers.claim_subscriber, "desk", token="dead", now=future, lease=LEASE)
    call(claim, by="dead", at=future)

    call(skew.bring_back, now=NOON, furthest=timedelta(hours=30))

    claims = {claimed.name: claimed for claimed in call(claim, by="b")}
    assert claims.keys() == {"world.example", "pages.example"}
    feed = claims["world.example"]
    assert len(call(feeds.due_feeds, feed, now=NOON, limit=9)) == 1
    page = claims["pages.example"]
    assert len(call(unread.claim_pages, page, now=NOON, limit=9)) == 1
    assert len(call(claim_mail)) == 1
    assert call(subscribers.claim_subscriber, "desk", token="b", now=NOON, lease=LEASE)


def test_a_rest_that_lies_too_far_ahead_is_brought_back(call: Caller) -> None:
    call(add_feed)
    (claimed,) = call(claim)
    call(hosts.release_host, claimed, now=NOON, allowed_at=later(days=90))

    call(skew.bring_back, now=NOON, furthest=timedelta(hours=30))

    assert len(call(claim)) == 1


def test_what_is_near_and_who_sleeps_are_not_brought_back(call: Caller) -> None:
    call(add_feed, at=later(hours=24))
    call(hosts.ensure_host, "idle.example", NOON)
    feed_id = call(add_feed, "gone", at=later(hours=24))
    call(add_entry, feed_id, page="idle.example", state=EntryState.READ)

    call(skew.bring_back, now=NOON, furthest=timedelta(hours=30))

    assert call(due_at, "world.example") == later(hours=24)
    assert call(due_at, "idle.example") > later(days=30_000)


def test_a_host_whose_feeds_are_all_paused_is_not_brought_back(call: Caller) -> None:
    call(add_feed)
    (claimed,) = call(claim)
    call(feeds.pause_feed, "world", NOON)
    call(hosts.release_host, claimed, now=NOON, allowed_at=NOON)

    call(skew.bring_back, now=NOON, furthest=timedelta(hours=30))

    assert call(claim) == []
