"""What the stages ask all day long finds its rows by an index, however many there are."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from monitor.storage import (
    copies,
    deliveries,
    digests,
    feeds,
    hosts,
    settled,
    stories,
    unread,
)
from monitor.storage.database import Row, Transaction
from tests.conftest import NOON, Caller
from tests.storage.builders import LEASE, add_entry, add_feed, claim, follow, post, read

LARGE = {
    "article", "copy_group", "delivery", "digest", "entry", "entry_text", "feed",
    "host", "near_key", "repeated_line", "rule_match", "segment", "story", "story_term",
    "told", "told_match",
}  # fmt: skip


class Watched:
    """A transaction that also asks SQLite how it is going to find the rows."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self.steps: list[str] = []

    def _plan(self, sql: str, values: Mapping[str, object]) -> None:
        found = self._tx.all(f"EXPLAIN QUERY PLAN {sql}", **values)
        self.steps += [str(row["detail"]) for row in found]

    def all(self, sql: str, /, **values: object) -> list[Row]:
        self._plan(sql, values)
        return self._tx.all(sql, **values)

    def each(self, sql: str, /, **values: object) -> Iterator[Row]:
        self._plan(sql, values)
        return self._tx.each(sql, **values)

    def one(self, sql: str, /, **values: object) -> Row | None:
        self._plan(sql, values)
        return self._tx.one(sql, **values)

    def run(self, sql: str, /, **values: object) -> int:
        self._plan(sql, values)
        return self._tx.run(sql, **values)

    def many(self, sql: str, rows: Any, /) -> None:
        self._tx.many(sql, rows)

    def serialise(self, name: str, /) -> None:
        self._tx.serialise(name)

    def scanned(self) -> Iterator[str]:
        """The large tables that are read from end to end."""
        for step in self.steps:
            verb, name, *_ = step.split()
            if verb == "SCAN" and name in LARGE:
                yield step
            # All that one person was ever told is no way to find a few rows either.
            if name in ("t", "told") and step.endswith("(subscriber=?)"):
                yield step


@pytest.fixture
def busy(sqlite_url: str) -> Iterator[Caller]:
    caller = Caller(sqlite_url)
    caller(follow)
    entry_id = caller(add_entry, caller(add_feed))
    caller(read, entry_id)
    caller(post, "ana@example.org")
    try:
        yield caller
    finally:
        caller.close()


HOT: dict[str, Callable[[Transaction], object]] = {
    "messages are claimed": lambda tx: deliveries.claim_deliveries(
        tx, ["mail"], token="t", now=NOON, lease=LEASE, limit=9
    ),
    "messages of many people are claimed": lambda tx: deliveries.claim_deliveries(
        tx,
        [f"email:p{n}" for n in range(50)],
        token="t",
        now=NOON,
        lease=LEASE,
        limit=9,
    ),
    "the next message is found": lambda tx: deliveries.next_delivery_due(
        tx, channels=["mail", "chat"]
    ),
    "messages are postponed": lambda tx: deliveries.postpone_all(
        tx, ["mail", "chat"], token="t", at=NOON
    ),
    "entries are claimed": lambda tx: unread.claim_entries(
        tx, token="t", now=NOON, lease=LEASE, limit=9
    ),
    "hosts are claimed": claim,
    "feeds of a host are found": lambda tx: feeds.due_feeds(
        tx, claim(tx)[0], now=NOON, limit=9
    ),
    "pages of a host are claimed": lambda tx: unread.claim_pages(
        tx, claim(tx)[0], now=NOON, limit=9
    ),
    "what is due is found": lambda tx: digests.due_matches(tx, "desk", "story"),
    "what is settled is noted": lambda tx: settled.note_settled(tx, "desk", ()),
    "the last alerts are found": lambda tx: digests.recent_alerts(tx, "desk", NOON),
    "the last weak hit is found": lambda tx: digests.last_weak_at(
        tx, "desk", NOON - timedelta(hours=1)
    ),
    "the members of a story are found": lambda tx: list(digests.members(tx, "story:1")),
    "those that met a rule are found": lambda tx: list(
        digests.members(tx, "story:1", "aleppo")
    ),
    "the rules that articles met are found": lambda tx: digests.rules_met(tx, [1, 2]),
    "the neighbours of a text are found": lambda tx: copies.neighbours(tx, [1], NOON),
    "the stories of some terms are found": lambda tx: stories.find_stories(
        tx, [1, 2], NOON
    ),
    "the titles of a series are found": lambda tx: stories.titles_of(tx, 1, [1, 2]),
    "old traces are forgotten": lambda tx: copies.forget_traces(tx, NOON, 9),
    "the next host is found": lambda tx: hosts.next_host_due(tx),
}


@pytest.mark.parametrize("what", HOT)
def test_no_large_table_is_read_from_end_to_end(busy: Caller, what: str) -> None:
    def look(tx: Transaction) -> list[str]:
        watched = Watched(tx)
        HOT[what](watched)
        assert watched.steps
        return list(watched.scanned())

    assert busy(look) == []
