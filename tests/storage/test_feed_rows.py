"""Feeds: the configuration and the polls, as their rows remember them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.models import Feed
from monitor.storage import entries, feeds, hosts
from monitor.storage.database import Transaction
from tests.conftest import NOON, Caller
from tests.storage.builders import (
    GOOD_POLL,
    PULSE,
    add_entry,
    add_feed,
    claim,
    feed_of,
    later,
    line_of,
)

WORLD = {"world": "https://world.example/feed"}


def sync(tx: Transaction, urls: Mapping[str, str], at: datetime = NOON) -> None:
    feeds.sync_feeds(tx, urls, at)


def due(tx: Transaction, at: datetime = NOON, only: str = "") -> list[Feed]:
    """The feeds that a node polls which claims every host."""
    claims = claim(tx, by=f"at {at}", at=at)
    found = [feeds.due_feeds(tx, c, now=at, limit=10, only=only) for c in claims]
    return [feed for some in found for feed in some]


def good(tx: Transaction, poll: feeds.GoodPoll = GOOD_POLL) -> None:
    feeds.record_good_poll(tx, feed_of(tx), poll)


def unchanged(tx: Transaction, at: datetime) -> None:
    feeds.record_unchanged(
        tx,
        feed_of(tx),
        at=at,
        status=304,
        validators=('"e2"', None),
        pulse=replace(PULSE, rate=11.0),
        fresh_for=None,
        next_poll_at=at + timedelta(minutes=15),
    )


def failure(tx: Transaction, at: datetime, status: int | None = 404) -> None:
    feeds.record_failure(
        tx,
        feed_of(tx),
        at=at,
        error="HTTP 404",
        status=status,
        next_poll_at=at + timedelta(hours=1),
    )


# --- the configuration ---


def test_a_new_feed_is_due_at_once_and_starts_silently(call: Caller) -> None:
    call(sync, WORLD)

    (feed,) = call(due)

    assert feed == Feed(id=feed.id, name="world", url=WORLD["world"])
    assert feed.baseline_at is None


def test_syncing_again_changes_nothing(call: Caller) -> None:
    call(sync, WORLD)
    call(good)
    before = call(line_of)

    call(sync, WORLD, later(minutes=5))

    assert call(line_of) == before
    assert call(due, later(minutes=5)) == []


def test_a_feed_that_left_the_configuration_is_not_polled_nor_listed(
    call: Caller,
) -> None:
    call(sync, WORLD)

    call(sync, {})

    assert call(due) == []
    assert call(feeds.list_feeds) == []


def test_a_feed_that_came_back_keeps_its_entries_and_is_due(call: Caller) -> None:
    call(sync, WORLD)
    feed_id = call(feed_of).id
    call(add_entry, feed_id, "g1")
    call(good)
    call(sync, {})

    call(sync, WORLD, later(minutes=5))

    (feed,) = call(due, later(minutes=5))
    assert (feed.id, feed.etag, feed.baseline_at) == (feed_id, None, NOON)
    assert call(entries.known_entries, feed_id, [("guid", "g1")])


def test_a_renamed_feed_is_recognised_by_its_url(call: Caller) -> None:
    call(sync, WORLD)
    feed_id = call(feed_of).id
    call(good)

    call(sync, {"globe": WORLD["world"]})

    (feed,) = call(due, later(minutes=15))
    assert (feed.id, feed.name, feed.etag) == (feed_id, "globe", '"e1"')


def test_a_feed_that_is_polled_was_renamed_not_one_that_left_before(
    call: Caller,
) -> None:
    call(sync, {"b": WORLD["world"]})
    polled = call(feed_of, "b").id
    call(sync, {"a": WORLD["world"], "b": WORLD["world"]})
    call(sync, {"b": WORLD["world"]})

    call(sync, {"c": WORLD["world"]})

    assert call(feed_of, "c").id == polled


def test_a_new_url_keeps_the_entries_but_voids_the_validators(call: Caller) -> None:
    call(sync, WORLD)
    feed_id = call(feed_of).id
    call(add_entry, feed_id, "g1")
    call(good)

    call(sync, {"world": "https://new.example/feed"}, later(minutes=1))

    (feed,) = call(due, later(minutes=1))
    assert feed.id == feed_id
    assert feed.url == "https://new.example/feed"
    assert (feed.etag, feed.last_modified, feed.body_hash) == (None, None, None)
    assert call(entries.known_entries, feed_id, [("guid", "g1")])


def test_a_name_and_a_url_that_both_changed_are_a_new_feed(call: Caller) -> None:
    call(sync, WORLD)
    feed_id = call(feed_of).id

    call(sync, {"globe": "https://globe.example/feed"})

    assert call(feed_of, "globe").id != feed_id


def test_two_feeds_that_swap_their_urls_keep_their_names(call: Caller) -> None:
    urls = {"a": "https://a.example/feed", "b": "https://b.example/feed"}
    call(sync, urls)
    before = {name: call(feed_of, name).id for name in urls}

    call(sync, {"a": urls["b"], "b": urls["a"]})

    assert {name: call(feed_of, name).id for name in urls} == before
    assert call(feed_of, "a").url == urls["b"]


def test_two_feeds_with_one_url_are_two_feeds(call: Caller) -> None:
    call(sync, {"a": WORLD["world"], "b": WORLD["world"]})

    assert [feed.name for feed in call(due)] == ["a", "b"]


# --- what is due ---


def test_the_feeds_of_a_host_come_longest_waiting_first(call: Caller) -> None:
    for minute, name in enumerate(["c", "a", "b"]):
        call(add_feed, name, f"https://one.example/{name}", later(minutes=minute))
    (claimed,) = call(claim, at=later(hours=1))

    found = call(feeds.due_feeds, claimed, now=later(hours=1), limit=2)

    assert [feed.name for feed in found] == ["c", "a"]


def test_only_the_feed_that_was_asked_for_is_polled(call: Caller) -> None:
    for name in "ab":
        call(add_feed, name, f"https://one.example/{name}")

    found = call(due, only="b")

    assert [feed.name for feed in found] == ["b"]


def test_making_all_due_ignores_their_rhythm(call: Caller) -> None:
    call(sync, WORLD)
    (claimed,) = call(claim)
    call(good)
    call(hosts.release_host, claimed, now=NOON, allowed_at=NOON)

    call(feeds.make_due, later(minutes=1))

    assert [feed.name for feed in call(due, later(minutes=1))] == ["world"]


def test_making_all_due_does_not_wake_a_host_that_must_rest(call: Caller) -> None:
    call(sync, WORLD)
    (claimed,) = call(claim)
    call(good)
    call(hosts.release_host, claimed, now=NOON, allowed_at=later(hours=1))

    call(feeds.make_due, later(minutes=1))

    assert call(due, later(minutes=59)) == []
    assert len(call(due, later(minutes=60))) == 1


def test_making_one_due_leaves_the_others_and_their_hosts_alone(call: Caller) -> None:
    for name in ("world", "local"):
        call(add_feed, name, at=later(hours=1))

    call(feeds.make_due, NOON, "world")

    assert [c.name for c in call(claim)] == ["world.example"]
    assert call(line_of, "local").next_poll_at == later(hours=1)


def test_feeds_that_left_the_configuration_are_not_made_due(call: Caller) -> None:
    call(sync, WORLD)
    (claimed,) = call(claim)
    call(sync, {})
    call(hosts.release_host, claimed, now=NOON, allowed_at=NOON)

    call(feeds.make_due, later(minutes=1))

    assert call(claim, at=later(minutes=1)) == []


# --- polls ---


def test_a_good_poll_is_remembered_with_its_validators(call: Caller) -> None:
    call(sync, WORLD)

    call(good)

    (feed,) = call(due, later(minutes=15))
    assert feed == Feed(
        id=feed.id,
        name="world",
        url=WORLD["world"],
        etag='"e1"',
        last_modified="yesterday",
        body_hash="h1",
        baseline_at=NOON,
        last_good_at=NOON,
        pulse=PULSE,
        fresh_for=timedelta(minutes=5),
        ttl=timedelta(minutes=60),
    )


def test_a_good_poll_is_listed(call: Caller) -> None:
    call(sync, WORLD)

    call(good)

    assert call(line_of) == feeds.FeedLine(
        name="world",
        url=WORLD["world"],
        title="World News",
        last_polled_at=NOON,
        last_good_at=NOON,
        next_poll_at=later(minutes=15),
        failing_since=None,
        failures=0,
        error="",
        entries=25,
        old_ignored=3,
        rate=12.5,
    )


def test_old_entries_add_up_over_the_polls(call: Caller) -> None:
    call(sync, WORLD)

    call(good)
    call(good)

    assert call(line_of).old_ignored == 6


def test_the_first_good_poll_stays_the_baseline(call: Caller) -> None:
    call(sync, WORLD)
    call(good)

    call(good, replace(GOOD_POLL, at=later(hours=1)))

    (feed,) = call(due, later(hours=2))
    assert (feed.baseline_at, feed.last_good_at) == (NOON, later(hours=1))


def test_an_unchanged_document_is_a_success_that_keeps_what_is_known(
    call: Caller,
) -> None:
    call(sync, WORLD)
    call(good)
    call(failure, later(minutes=15))

    call(unchanged, later(minutes=30))

    (feed,) = call(due, later(minutes=45))
    assert (feed.etag, feed.last_modified, feed.body_hash) == ('"e2"', None, "h1")
    assert (feed.failures, feed.failing_since) == (0, None)
    assert feed.pulse == replace(PULSE, rate=11.0)
    assert (feed.fresh_for, feed.ttl) == (None, timedelta(minutes=60))
    assert feed.last_good_at == later(minutes=30)
    assert call(line_of).entries == 25


def test_failures_are_counted_from_the_first_one(call: Caller) -> None:
    call(sync, WORLD)
    call(good)

    call(failure, later(minutes=15))
    call(failure, later(minutes=75), None)

    line = call(line_of)
    assert (line.failures, line.failing_since) == (2, later(minutes=15))
    assert (line.error, line.last_polled_at) == ("HTTP 404", later(minutes=75))
    assert (line.last_good_at, line.next_poll_at) == (NOON, later(minutes=135))


def test_a_failure_keeps_the_validators(call: Caller) -> None:
    call(sync, WORLD)
    call(good)

    call(failure, later(minutes=15))

    (feed,) = call(due, later(hours=2))
    assert (feed.etag, feed.body_hash, feed.failures) == ('"e1"', "h1", 1)


def test_a_good_poll_ends_a_failure(call: Caller) -> None:
    call(sync, WORLD)
    call(failure, NOON)

    call(good)

    line = call(line_of)
    assert (line.failures, line.failing_since, line.error) == (0, None, "")


def test_feeds_are_listed_by_name(call: Caller) -> None:
    call(sync, {name: f"https://{name}.example/" for name in "cab"})

    assert [line.name for line in call(feeds.list_feeds)] == ["a", "b", "c"]


def test_a_pulse_is_stored_as_it_is_and_none_stays_none() -> None:
    stored = feeds.pulse_to(PULSE)

    assert feeds.pulse_from(stored) == PULSE
    assert feeds.pulse_to(None) is None
    assert feeds.pulse_from(None) is None
