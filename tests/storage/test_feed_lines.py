"""Feeds as people see them."""

from dataclasses import replace

from monitor.models import FeedLine, Redirect, Trouble
from monitor.storage import feeds, floods, polls
from tests.conftest import NOON, Caller
from tests.storage.builders import (
    ANSWER,
    CONTENTS,
    PULSE,
    add_feed,
    failed_poll,
    feed_of,
    good_poll,
    later,
    line_of,
)
from tests.storage.polling import WORLD, good, sync


def test_feeds_are_listed_by_name(call: Caller) -> None:
    call(sync, {name: f"https://{name}.example/" for name in "cab"})

    assert [line.name for line in call(feeds.list_feeds)] == ["a", "b", "c"]


def test_a_pulse_is_stored_as_it_is_and_none_stays_none() -> None:
    stored = feeds.pulse_to(PULSE)

    assert feeds.pulse_from(stored) == PULSE
    assert feeds.pulse_to(None) is None
    assert feeds.pulse_from(None) is None


def test_a_feed_that_was_never_polled_is_listed_with_nothing_known(
    call: Caller,
) -> None:
    call(sync, WORLD)

    (line,) = call(feeds.list_feeds)

    assert line == FeedLine(name="world", url=WORLD["world"], next_poll_at=NOON)


def test_a_feed_in_every_kind_of_trouble_is_listed_with_all_of_it(
    call: Caller,
) -> None:
    call(sync, WORLD)
    feed = call(feed_of)
    led = Redirect(url="https://third.example/feed", since=NOON)
    contents = replace(CONTENTS, new=25, gap=True, identity="link")
    call(good_poll, feed, ANSWER, contents)
    call(polls.move_feed, feed, "https://new.example/feed", now=NOON, due_at=NOON)
    call(good_poll, feed, replace(ANSWER, redirect=led), None)
    call(failed_poll, feed, later(hours=1), trouble=Trouble.GONE, status=410)
    call(floods.hold_flood, feed.id, 300, NOON)
    call(feeds.pause_feed, "world", later(hours=2))

    (line,) = call(feeds.list_feeds)

    assert line == FeedLine(
        name="world",
        url=WORLD["world"],
        title="World News",
        last_polled_at=later(hours=1),
        last_good_at=NOON,
        last_new_at=NOON,
        next_poll_at=later(hours=2),
        failing_since=later(hours=1),
        failures=1,
        trouble=Trouble.GONE,
        error="HTTP 404",
        gone_at=later(hours=1),
        entries=25,
        old_ignored=3,
        rate=12.5,
        moved_url="https://new.example/feed",
        redirect_url="https://third.example/feed",
        by_link=True,
        held=300,
        gap_at=NOON,
        gap_entries=25,
        paused_at=later(hours=2),
    )


def test_one_feed_is_seen_as_in_the_list_configured_or_not(call: Caller) -> None:
    call(sync, WORLD)
    feed_id = call(feed_of).id
    call(good)
    call(floods.hold_flood, feed_id, 40, NOON)
    listed = call(line_of)

    configured = call(feeds.feed_line, feed_id)
    call(sync, {})

    assert configured == listed
    assert call(feeds.feed_line, feed_id) == listed


def test_the_entries_of_all_held_floods_of_a_feed_are_listed(call: Caller) -> None:
    for name in ("world", "local", "calm"):
        call(add_feed, name)
    world, local = (call(feed_of, name).id for name in ("world", "local"))
    for size in (300, 50):
        call(floods.hold_flood, world, size, NOON)
    call(floods.hold_flood, local, 41, NOON)
    call(floods.drop_flood, call(floods.hold_flood, local, 1_000, NOON), NOON)
    call(floods.release_flood, call(floods.hold_flood, world, 2_000, NOON), NOON)

    held = {line.name: line.held for line in call(feeds.list_feeds)}

    assert held == {"world": 350, "local": 41, "calm": 0}
    assert call(feeds.feed_line, world).held == 350


def test_the_number_of_held_entries_is_a_whole_number_on_every_engine(
    call: Caller,
) -> None:
    call(floods.hold_flood, call(add_feed), 40, NOON)

    assert repr(call(line_of).held) == "40"


def test_only_feeds_that_fail_are_among_those_that_do(call: Caller) -> None:
    call(sync, {name: f"https://{name}.example/" for name in "cab"})
    call(lambda tx: failed_poll(tx, feed_of(tx, "b"), later(minutes=5)))
    call(lambda tx: failed_poll(tx, feed_of(tx, "a"), later(minutes=9)))

    found = call(feeds.failing_feeds, 8)

    assert [line.name for line in found] == ["b", "a"]
    assert [line.name for line in call(feeds.failing_feeds, 1)] == ["b"]
