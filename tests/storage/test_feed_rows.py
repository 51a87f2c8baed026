"""Feeds: the configuration and the polls, as their rows remember them."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from monitor.feeds.command import address
from monitor.models import Feed, Pulse, Skips
from monitor.storage import entries, feeds, hosts
from tests.conftest import NOON, Caller
from tests.storage.builders import (
    ANSWER,
    add_entry,
    add_feed,
    claim,
    failed_poll,
    feed_of,
    good_poll,
    guid_key,
    later,
    line_of,
)
from tests.storage.polling import WORLD, due, due_hosts, good, rest, sync

# --- the configuration ---


def test_a_new_feed_is_due_at_once_and_starts_silently(call: Caller) -> None:
    call(sync, WORLD)

    (feed,) = call(due)

    assert feed == Feed(
        id=feed.id, name="world", url=WORLD["world"], due_at=feed.due_at
    )
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
    assert call(entries.known_entries, feed_id, [guid_key("g1")])


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
    assert call(entries.known_entries, feed_id, [guid_key("g1")])


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


# --- away for long ---


@pytest.mark.parametrize(
    ("away", "baseline"),
    [
        (timedelta(days=30), NOON),
        (timedelta(days=30, microseconds=1), None),
        (timedelta(days=400), None),
    ],
)
def test_a_feed_that_was_away_for_a_month_begins_with_a_silent_poll(
    call: Caller, away: timedelta, baseline: datetime | None
) -> None:
    call(sync, WORLD)
    call(good)
    call(sync, {}, later(minutes=1))

    call(sync, WORLD, NOON + away)

    (feed,) = call(due, NOON + away)
    assert (feed.baseline_at, feed.last_good_at) == (baseline, NOON)


def test_a_feed_that_was_away_for_long_has_a_new_baseline_after_its_poll(
    call: Caller,
) -> None:
    call(sync, WORLD)
    call(good)
    call(sync, {})
    call(sync, WORLD, later(days=90))

    call(good, later(days=91))

    (feed,) = call(due, later(days=92))
    assert feed.baseline_at == later(days=91)


@pytest.mark.parametrize("url", [WORLD["world"], "https://new.example/feed"])
def test_a_feed_that_only_failed_for_long_does_not_begin_anew(
    call: Caller, url: str
) -> None:
    call(sync, WORLD)
    call(good)
    call(failed_poll, call(feed_of), later(days=90))

    call(sync, {"world": url}, later(days=91))

    (feed,) = call(due, later(days=91))
    assert feed.baseline_at == NOON


def test_a_feed_that_was_never_read_comes_back_as_new(call: Caller) -> None:
    call(sync, WORLD)
    call(sync, {})

    call(sync, WORLD, later(days=90))

    (feed,) = call(due, later(days=90))
    assert (feed.baseline_at, feed.last_good_at) == (None, None)


def test_a_renamed_feed_that_was_away_for_long_begins_silently(call: Caller) -> None:
    call(sync, WORLD)
    call(good)
    call(sync, {})

    call(sync, {"globe": WORLD["world"]}, later(days=90))

    (feed,) = call(due, later(days=90))
    assert (feed.name, feed.baseline_at, feed.last_good_at) == ("globe", None, NOON)


# --- programs ---


def test_every_program_has_a_host_of_its_own(call: Caller) -> None:
    one, other = address(["python3", "one.py"]), address(["python3", "other.py"])

    call(sync, {"a": one, "b": other, "c": WORLD["world"]})

    assert call(due_hosts) == [one, other, "world.example"]


def test_two_feeds_of_one_program_share_its_host(call: Caller) -> None:
    program = address(["python3", "one.py"])

    call(sync, {"a": program, "b": program})

    assert call(due_hosts) == [program]


def test_a_program_is_polled_as_what_stands_for_it(call: Caller) -> None:
    program = address(["sh", "-c", "cat 'a b.xml'"])

    call(sync, {"registry": program})

    (feed,) = call(due)
    assert (feed.name, feed.url) == ("registry", program)


@pytest.mark.parametrize("there", [True, False])
def test_a_feed_that_becomes_a_program_or_a_url_keeps_its_entries(
    call: Caller, *, there: bool
) -> None:
    sources = [WORLD["world"], address(["python3", "one.py"])][:: 1 if there else -1]
    call(sync, {"world": sources[0]})
    feed_id = call(feed_of).id
    call(good)
    call(rest)

    call(sync, {"world": sources[1]}, later(minutes=1))

    (feed,) = call(due, later(minutes=1))
    assert (feed.id, feed.url, feed.etag) == (feed_id, sources[1], None)


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


# --- values ---


@pytest.mark.parametrize(
    "skips",
    [
        Skips(),
        Skips(hours=(0, 23)),
        Skips(days=(0, 6)),
        Skips(hours=tuple(range(24)), days=tuple(range(7))),
    ],
)
def test_hours_and_days_without_polls_are_stored_as_they_are(skips: Skips) -> None:
    assert feeds.skips_from(feeds.skips_to(skips)) == skips


def test_a_feed_skips_nothing_before_its_first_poll(call: Caller) -> None:
    call(sync, WORLD)

    (feed,) = call(due)

    assert feed.skips == Skips()


def test_the_pulse_of_a_feed_that_was_read_is_there_at_its_next_poll(
    call: Caller,
) -> None:
    pulse = Pulse(at=later(minutes=-1), rate=0.1, fresh=1e-9, hours=(1.0,) * 24)
    call(sync, WORLD)

    call(good_poll, call(feed_of), replace(ANSWER, pulse=pulse))

    (feed,) = call(due, later(days=1))
    assert feed.pulse == pulse
