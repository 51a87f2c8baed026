"""What a node does with its feeds between two polls, for the tests of their rows."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.models import Feed
from monitor.storage import feeds, hosts
from monitor.storage.database import Transaction
from tests.conftest import NOON
from tests.storage.builders import ANSWER, claim, feed_of, good_poll

WORLD = {"world": "https://world.example/feed"}


def sync(tx: Transaction, urls: Mapping[str, str], at: datetime = NOON) -> None:
    feeds.sync_feeds(tx, urls, at)


def due(tx: Transaction, at: datetime = NOON, only: str = "") -> list[Feed]:
    """The feeds that a node polls which claims every host."""
    claims = claim(tx, by=f"at {at}", at=at)
    found = [feeds.due_feeds(tx, c, now=at, limit=10, only=only) for c in claims]
    return [feed for some in found for feed in some]


def good(tx: Transaction, at: datetime = NOON, name: str = "world") -> None:
    """A good poll; the next one is due a quarter of an hour later."""
    answer = replace(ANSWER, at=at, next_poll_at=at + timedelta(minutes=15))
    good_poll(tx, feed_of(tx, name), answer)


def due_hosts(tx: Transaction, at: datetime = NOON) -> list[str]:
    return sorted(claimed.name for claimed in claim(tx, by=f"at {at}", at=at))


def rest(tx: Transaction, at: datetime = NOON) -> None:
    """Give every host back whose work is done, as its node would."""
    for claimed in claim(tx, by=f"at {at}", at=at):
        hosts.release_host(tx, claimed, now=at, allowed_at=at)
