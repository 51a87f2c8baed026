"""Feeds that moved: asked at another address, under their own name."""

from dataclasses import replace
from datetime import datetime

import pytest

from monitor.models import Feed, Redirect, Trouble
from monitor.storage import feeds, hosts, polls
from monitor.storage.database import Transaction
from monitor.storage.polls import Answer, Contents
from tests.conftest import NOON, Caller
from tests.storage.builders import (
    ANSWER,
    CONTENTS,
    add_feed,
    claim,
    failed_poll,
    feed_of,
    good_poll,
    later,
    line_of,
)
from tests.storage.polling import due, due_hosts

CONFIGURED = "https://world.example/feed"
MOVED = "https://new.example/feed"
LONG_AFTER = later(days=30)
LED = Redirect(url=MOVED, since=later(days=-2), sightings=4)


@pytest.fixture
def feed(call: Caller) -> Feed:
    """A configured feed that was never polled."""
    call(add_feed, "world", CONFIGURED)
    return call(feed_of)


def good(
    tx: Transaction, answer: Answer = ANSWER, contents: Contents = CONTENTS
) -> None:
    """A poll that found a document which was not known."""
    good_poll(tx, feed_of(tx), answer, contents)


def failed(
    tx: Transaction,
    at: datetime = NOON,
    trouble: Trouble = Trouble.FAILING,
    *,
    counted: bool = True,
) -> None:
    failed_poll(tx, feed_of(tx), at, trouble=trouble, counted=counted)


def move(tx: Transaction, url: str | None = MOVED, due_at: datetime = NOON) -> None:
    polls.move_feed(tx, feed_of(tx), url, now=NOON, due_at=due_at)


def asked(tx: Transaction, at: datetime = LONG_AFTER) -> Feed:
    """The one feed as a node gets it that claims every host."""
    (only,) = due(tx, at)
    return only


def test_a_feed_that_moved_is_asked_elsewhere(call: Caller, feed: Feed) -> None:
    call(good, replace(ANSWER, redirect=LED))

    call(move)

    found = call(asked)
    assert (found.id, found.url, found.moved) == (feed.id, MOVED, True)
    assert found.redirect is None
    line = call(line_of)
    assert (line.url, line.moved_url, line.redirect_url) == (CONFIGURED, MOVED, "")


@pytest.mark.usefixtures("feed")
def test_a_feed_that_moved_is_polled_with_its_new_host(call: Caller) -> None:
    (claimed,) = call(claim)
    call(good)

    call(move, due_at=later(minutes=15))

    call(hosts.release_host, claimed, now=NOON, allowed_at=NOON)
    assert call(due_hosts, later(minutes=14)) == []
    assert call(due_hosts, later(minutes=15)) == ["new.example"]
    assert call(due_hosts, later(days=1)) == ["new.example"]


@pytest.mark.usefixtures("feed")
def test_a_feed_that_moved_within_its_host_is_still_polled_there(call: Caller) -> None:
    (claimed,) = call(claim)
    call(good)

    call(move, "https://world.example/rss")

    call(hosts.release_host, claimed, now=NOON, allowed_at=NOON)
    assert call(due_hosts, later(minutes=15)) == ["world.example"]


@pytest.mark.usefixtures("feed")
def test_a_feed_whose_new_address_fails_is_asked_at_the_configured_one(
    call: Caller,
) -> None:
    call(move)

    call(move, None)

    found = call(asked)
    assert (found.url, found.moved) == (CONFIGURED, False)
    assert call(line_of).moved_url == ""


@pytest.mark.usefixtures("feed")
def test_a_feed_that_is_asked_at_the_configured_address_has_its_host_back(
    call: Caller,
) -> None:
    (claimed,) = call(claim)
    call(good)
    call(move, due_at=later(hours=1))
    call(hosts.release_host, claimed, now=NOON, allowed_at=NOON)

    call(move, None, later(minutes=30))

    assert call(due_hosts, later(minutes=29)) == []
    assert "world.example" in call(due_hosts, later(minutes=30))


@pytest.mark.usefixtures("feed")
def test_a_move_outlives_polls_and_every_reading_of_the_configuration(
    call: Caller,
) -> None:
    call(move)

    call(good, replace(ANSWER, at=later(hours=1)))
    call(failed, later(hours=2))
    call(feeds.sync_feeds, {"world": CONFIGURED}, later(hours=3))

    assert call(asked).url == MOVED


@pytest.mark.usefixtures("feed")
@pytest.mark.parametrize("url", [MOVED, "https://third.example/feed"])
def test_a_new_address_in_the_configuration_ends_a_move(call: Caller, url: str) -> None:
    call(good, contents=replace(CONTENTS, distrusted=True))
    call(failed, NOON, Trouble.GONE)
    call(move)

    call(feeds.sync_feeds, {"world": url}, later(hours=1))

    found = call(asked)
    assert (found.url, found.moved) == (url, False)
    assert (found.etag, found.distrusted, found.gone_at) == (None, False, None)
    assert found.readdressed


@pytest.mark.usefixtures("feed")
def test_a_new_address_in_the_configuration_forgets_where_the_old_one_led(
    call: Caller,
) -> None:
    call(good, replace(ANSWER, redirect=LED))

    call(feeds.sync_feeds, {"world": "https://third.example/feed"}, NOON)

    assert call(asked).redirect is None


def test_moving_a_feed_that_is_gone_changes_nothing(call: Caller, feed: Feed) -> None:
    call(polls.move_feed, replace(feed, id=feed.id + 1), None, now=NOON, due_at=NOON)

    assert call(asked).url == CONFIGURED


# --- whose address ---


def test_an_address_belongs_to_another_feed_that_is_configured_with_it(
    call: Caller, feed: Feed
) -> None:
    call(add_feed, "local")
    local = call(feed_of, "local")

    assert call(polls.owner_of, CONFIGURED, local) == "world"
    assert call(polls.owner_of, CONFIGURED, feed) is None


def test_an_address_belongs_to_the_feed_that_moved_there(call: Caller) -> None:
    call(add_feed, "world")
    call(add_feed, "local")
    call(move)

    assert call(polls.owner_of, MOVED, call(feed_of, "local")) == "world"
    assert call(polls.owner_of, MOVED, call(feed_of, "world")) is None


def test_a_feed_that_left_the_configuration_owns_nothing(
    call: Caller, feed: Feed
) -> None:
    other = replace(feed, id=feed.id + 1)
    call(feeds.sync_feeds, {}, NOON)

    assert call(polls.owner_of, CONFIGURED, other) is None


def test_of_two_feeds_with_one_address_the_first_by_name_has_it(
    call: Caller, feed: Feed
) -> None:
    call(feeds.sync_feeds, dict.fromkeys(("b", "a"), CONFIGURED), NOON)

    assert call(polls.owner_of, CONFIGURED, replace(feed, id=999)) == "a"


# --- after an outage ---


def test_who_began_to_fail_in_an_outage_is_not_blamed(call: Caller, feed: Feed) -> None:
    call(failed_poll, feed, at=later(hours=1), status=None)

    call(polls.forgive, later(hours=1))

    line = call(line_of)
    assert (line.failures, line.failing_since) == (0, None)


def test_who_could_not_be_reached_in_an_outage_is_asked_again(
    call: Caller, feed: Feed
) -> None:
    call(failed_poll, feed, at=later(hours=1), status=None)

    call(polls.ask_again, later(hours=1), later(minutes=90))

    line = call(line_of)
    assert (line.next_poll_at, line.error) == (later(minutes=90), "")


def test_who_failed_before_an_outage_still_does(call: Caller, feed: Feed) -> None:
    call(failed_poll, feed, at=NOON, status=None)

    call(polls.forgive, later(hours=1))

    assert call(line_of).failures == 1
