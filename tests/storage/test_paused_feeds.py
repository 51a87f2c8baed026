"""Paused feeds: left alone until somebody resumes them."""

from dataclasses import replace

import pytest

from monitor.storage import feeds, hosts, polls
from tests.conftest import NOON, Caller
from tests.storage.builders import (
    add_feed,
    claim,
    feed_of,
    later,
    line_of,
    row_of,
)
from tests.storage.polling import WORLD, due, due_hosts, good, rest, sync


def test_a_paused_feed_is_not_polled(call: Caller) -> None:
    call(sync, WORLD)

    paused = call(feeds.pause_feed, "world", NOON)

    assert paused
    assert call(due) == []


def test_the_host_of_a_paused_feed_sleeps_once_it_was_looked_at(call: Caller) -> None:
    call(sync, WORLD)
    call(feeds.pause_feed, "world", NOON)

    call(rest)

    assert call(due_hosts, later(days=365)) == []


def test_a_paused_feed_leaves_the_others_of_its_host_due(call: Caller) -> None:
    for minute, name in enumerate("ab"):
        call(add_feed, name, f"https://one.example/{name}", later(minutes=minute))
    call(feeds.pause_feed, "a", NOON)

    call(rest)

    assert call(due_hosts, later(seconds=59)) == []
    assert [feed.name for feed in call(due, later(minutes=1))] == ["b"]


@pytest.mark.parametrize("only", ["", "world"])
def test_making_feeds_due_does_not_wake_one_that_is_paused(
    call: Caller, only: str
) -> None:
    call(sync, WORLD)
    call(good)
    call(feeds.pause_feed, "world", NOON)
    call(rest)

    call(feeds.make_due, later(minutes=1), only)

    assert call(due_hosts, later(days=365)) == []
    assert call(line_of).next_poll_at == later(minutes=15)


def test_making_all_due_wakes_the_host_of_a_paused_feed_for_the_others(
    call: Caller,
) -> None:
    for name in "ab":
        call(add_feed, name, f"https://one.example/{name}")
        call(good, NOON, name)
    call(feeds.pause_feed, "a", NOON)
    call(rest)

    call(feeds.make_due, later(minutes=1))

    assert [feed.name for feed in call(due, later(minutes=1))] == ["b"]


def test_a_paused_feed_keeps_what_is_known_and_the_time_of_the_first_pause(
    call: Caller,
) -> None:
    call(sync, WORLD)
    call(good)
    before = call(line_of)

    call(feeds.pause_feed, "world", later(minutes=1))
    again = call(feeds.pause_feed, "world", later(minutes=2))

    assert again
    assert call(line_of) == replace(before, paused_at=later(minutes=1))


def test_a_paused_feed_stays_so_over_every_reading_of_the_configuration(
    call: Caller,
) -> None:
    call(sync, WORLD)
    call(feeds.pause_feed, "world", NOON)

    call(sync, WORLD, later(hours=1))
    call(sync, {}, later(hours=2))
    call(sync, {"world": "https://new.example/feed"}, later(hours=3))

    assert call(line_of).paused_at == NOON
    assert call(due, later(days=1)) == []


def test_a_resumed_feed_is_due_at_once(call: Caller) -> None:
    call(sync, WORLD)
    call(good)
    call(feeds.pause_feed, "world", NOON)
    call(rest)

    resumed = call(feeds.resume_feed, "world", later(minutes=1))

    (feed,) = call(due, later(minutes=1))
    assert resumed
    assert (feed.name, feed.etag) == ("world", '"e1"')
    assert call(line_of).paused_at is None


def test_a_resumed_feed_that_moved_is_due_with_its_new_host(call: Caller) -> None:
    call(sync, WORLD)
    call(polls.move_feed, call(feed_of), "https://new.example/", now=NOON, due_at=NOON)
    call(feeds.pause_feed, "world", NOON)
    call(rest)

    call(feeds.resume_feed, "world", later(minutes=1))

    assert call(due_hosts, later(minutes=1)) == ["new.example"]


def test_a_resumed_feed_does_not_wake_a_host_that_must_rest(call: Caller) -> None:
    call(sync, WORLD)
    (claimed,) = call(claim)
    call(feeds.pause_feed, "world", NOON)
    call(hosts.release_host, claimed, now=NOON, allowed_at=later(hours=1))

    call(feeds.resume_feed, "world", later(minutes=1))

    assert call(due_hosts, later(minutes=59)) == []
    assert call(due_hosts, later(minutes=60)) == ["world.example"]


def test_a_feed_that_was_not_paused_is_due_when_it_is_resumed(call: Caller) -> None:
    call(sync, WORLD)
    call(good)
    call(rest)

    assert call(feeds.resume_feed, "world", later(minutes=1))
    assert len(call(due, later(minutes=1))) == 1


@pytest.mark.parametrize("name", ["wrld", "gone"])
def test_only_a_configured_feed_can_be_paused_or_resumed(
    call: Caller, name: str
) -> None:
    call(sync, {"gone": "https://gone.example/feed"})
    feed_id = call(feed_of, "gone").id
    call(sync, WORLD)
    before = call(row_of, "feed", feed_id)

    found = call(feeds.pause_feed, name, NOON), call(feeds.resume_feed, name, NOON)

    assert found == (False, False)
    assert call(row_of, "feed", feed_id) == before
