"""Feeds: their state between two polls."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.models import Feed, Pulse
from monitor.storage.database import (
    Row,
    Transaction,
    from_micros,
    maybe_time,
    to_micros,
)
from monitor.storage.hosts import HostClaim, bring_forward, ensure_host
from monitor.text.urls import host_of


def sync_feeds(tx: Transaction, urls: Mapping[str, str], now: datetime) -> None:
    """Make the table hold the configured feeds.

    A feed is its name. A new URL under a name keeps its entries, but its validators
    are void; a feed that was renamed is recognised by its URL. Feeds that are no
    longer configured keep their rows and are not polled. Only rows that change are
    written, because every command does this, beside running services.
    """
    tx.serialise("configuration")
    # Of two that had one URL, the one that is still polled was renamed.
    stored = tx.all("SELECT id, name, url, configured FROM feed ORDER BY configured")
    rows = {r["name"]: r for r in stored}
    gone = {r["url"]: r for name, r in rows.items() if name not in urls}
    left = {r["id"] for r in rows.values() if r["configured"]}
    for name, url in urls.items():
        row = rows.get(name) or gone.pop(url, None)
        if row is None:
            _add(tx, name, url, now)
        else:
            left.discard(row["id"])
            _keep(tx, row, name, url, now)
    tx.many("UPDATE feed SET configured = 0 WHERE id = :id", [{"id": i} for i in left])


def _add(tx: Transaction, name: str, url: str, now: datetime) -> None:
    host_id = ensure_host(tx, host_of(url), now)
    tx.run(
        """
        INSERT INTO feed (name, url, host_id, next_poll_at)
        VALUES (:name, :url, :host_id, :now)
        """,
        name=name,
        url=url,
        host_id=host_id,
        now=now,
    )
    bring_forward(tx, host_id, now)


def _keep(tx: Transaction, row: Row, name: str, url: str, now: datetime) -> None:
    if row["name"] != name:
        tx.run("UPDATE feed SET name = :name WHERE id = :id", id=row["id"], name=name)
    if row["url"] == url and row["configured"]:
        return
    host_id = ensure_host(tx, host_of(url), now)
    tx.run(
        """
        UPDATE feed
           SET configured = 1,
               url = :url,
               host_id = :host_id,
               etag = NULL,
               last_modified = NULL,
               body_hash = NULL,
               next_poll_at = :now
         WHERE id = :id
        """,
        id=row["id"],
        url=url,
        host_id=host_id,
        now=now,
    )
    bring_forward(tx, host_id, now)


def make_due(tx: Transaction, now: datetime, only: str = "") -> None:
    """Let all configured feeds, or one, be polled now, whatever their rhythm says.

    A host that must rest (Retry-After, gap) still rests.
    """
    tx.run(
        """
        UPDATE feed
           SET next_poll_at = :now
         WHERE configured = 1
           AND next_poll_at > :now
           AND (CAST(:only AS TEXT) = '' OR name = :only)
        """,
        now=now,
        only=only,
    )
    rows = tx.all(
        """
        SELECT DISTINCT host_id
          FROM feed
         WHERE configured = 1
           AND (CAST(:only AS TEXT) = '' OR name = :only)
         ORDER BY host_id
        """,
        only=only,
    )
    for row in rows:
        bring_forward(tx, row["host_id"], now)


def due_feeds(
    tx: Transaction, claim: HostClaim, *, now: datetime, limit: int, only: str = ""
) -> list[Feed]:
    """The feeds of a claimed host that are due, longest waiting first."""
    rows = tx.all(
        """
        SELECT *
          FROM feed
         WHERE host_id = :host_id
           AND configured = 1
           AND next_poll_at <= :now
           AND (CAST(:only AS TEXT) = '' OR name = :only)
         ORDER BY next_poll_at, id
         LIMIT :limit
        """,
        host_id=claim.id,
        now=now,
        limit=limit,
        only=only,
    )
    return [_feed(row) for row in rows]


def _feed(row: Row) -> Feed:
    return Feed(
        id=row["id"],
        name=row["name"],
        url=row["url"],
        etag=row["etag"],
        last_modified=row["last_modified"],
        body_hash=row["body_hash"],
        baseline_at=maybe_time(row["baseline_at"]),
        last_good_at=maybe_time(row["last_good_at"]),
        failures=row["failures"],
        failing_since=maybe_time(row["failing_since"]),
        pulse=pulse_from(row["pulse"]),
        fresh_for=_duration(row["fresh_for"]),
        ttl=_duration(row["ttl"]),
    )


def _duration(micros: int | None) -> timedelta | None:
    return None if micros is None else timedelta(microseconds=micros)


def _micros(duration: timedelta | None) -> int | None:
    return None if duration is None else duration // timedelta(microseconds=1)


def pulse_to(pulse: Pulse | None) -> str | None:
    """A pulse as the table holds it."""
    if pulse is None:
        return None
    return json.dumps([to_micros(pulse.at), pulse.rate, pulse.fresh, *pulse.hours])


def pulse_from(text: str | None) -> Pulse | None:
    """The pulse of a feed's row; None before its first good poll."""
    if text is None:
        return None
    at, rate, fresh, *hours = json.loads(text)
    return Pulse(at=from_micros(at), rate=rate, fresh=fresh, hours=tuple(hours))


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodPoll:
    """What a poll that was answered leaves in the feed's row."""

    at: datetime
    status: int
    etag: str | None
    last_modified: str | None
    body_hash: str | None
    next_poll_at: datetime
    pulse: Pulse | None
    fresh_for: timedelta | None
    ttl: timedelta | None
    title: str
    language: str
    entries: int
    old: int


def record_good_poll(tx: Transaction, feed: Feed, poll: GoodPoll) -> None:
    """Store the state after an answer; validators only ever come with its entries."""
    tx.run(
        """
        UPDATE feed
           SET etag = :etag,
               last_modified = :last_modified,
               body_hash = :body_hash,
               pulse = :pulse,
               fresh_for = :fresh_for,
               ttl = :ttl,
               title = :title,
               language = :language,
               next_poll_at = :next_poll_at,
               last_polled_at = :at,
               last_good_at = :at,
               baseline_at = COALESCE(baseline_at, :at),
               failures = 0,
               failing_since = NULL,
               error = NULL,
               last_status = :status,
               last_entries = :entries,
               old_ignored = old_ignored + :old
         WHERE id = :id
        """,
        id=feed.id,
        at=poll.at,
        status=poll.status,
        etag=poll.etag,
        last_modified=poll.last_modified,
        body_hash=poll.body_hash,
        next_poll_at=poll.next_poll_at,
        pulse=pulse_to(poll.pulse),
        fresh_for=_micros(poll.fresh_for),
        ttl=_micros(poll.ttl),
        title=poll.title,
        language=poll.language,
        entries=poll.entries,
        old=poll.old,
    )


def record_unchanged(
    tx: Transaction,
    feed: Feed,
    *,
    at: datetime,
    status: int,
    validators: tuple[str | None, str | None],
    pulse: Pulse | None,
    fresh_for: timedelta | None,
    next_poll_at: datetime,
) -> None:
    """Store a poll that found the same document: a 304, or the same body again.

    A 304 is a success: it clears failures and renews the schedule.
    """
    tx.run(
        """
        UPDATE feed
           SET etag = :etag,
               last_modified = :last_modified,
               pulse = :pulse,
               fresh_for = :fresh_for,
               next_poll_at = :next_poll_at,
               last_polled_at = :at,
               last_good_at = :at,
               failures = 0,
               failing_since = NULL,
               error = NULL,
               last_status = :status
         WHERE id = :id
        """,
        id=feed.id,
        at=at,
        status=status,
        etag=validators[0],
        last_modified=validators[1],
        pulse=pulse_to(pulse),
        fresh_for=_micros(fresh_for),
        next_poll_at=next_poll_at,
    )


def record_failure(
    tx: Transaction,
    feed: Feed,
    *,
    at: datetime,
    error: str,
    status: int | None,
    next_poll_at: datetime,
) -> None:
    """Store a poll that gave nothing; the feed is never given up."""
    tx.run(
        """
        UPDATE feed
           SET failures = failures + 1,
               failing_since = COALESCE(failing_since, :at),
               error = :error,
               last_status = :status,
               last_polled_at = :at,
               next_poll_at = :next_poll_at
         WHERE id = :id
        """,
        id=feed.id,
        at=at,
        error=error,
        status=status,
        next_poll_at=next_poll_at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLine:
    """A feed as ``feeds list`` and ``status`` show it."""

    name: str
    url: str
    title: str
    last_polled_at: datetime | None
    last_good_at: datetime | None
    next_poll_at: datetime | None
    failing_since: datetime | None
    failures: int
    error: str
    entries: int
    old_ignored: int
    rate: float | None


def list_feeds(tx: Transaction) -> list[FeedLine]:
    """All configured feeds by name."""
    rows = tx.all("SELECT * FROM feed WHERE configured = 1 ORDER BY name")
    return [
        FeedLine(
            name=r["name"],
            url=r["url"],
            title=r["title"],
            last_polled_at=maybe_time(r["last_polled_at"]),
            last_good_at=maybe_time(r["last_good_at"]),
            next_poll_at=maybe_time(r["next_poll_at"]),
            failing_since=maybe_time(r["failing_since"]),
            failures=r["failures"],
            error=r["error"] or "",
            entries=r["last_entries"],
            old_ignored=r["old_ignored"],
            rate=pulse.rate if (pulse := pulse_from(r["pulse"])) else None,
        )
        for r in rows
    ]
