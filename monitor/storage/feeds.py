"""Feeds: their state between two polls."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from monitor.models import Feed, FeedLine, Pulse, Redirect, Skips, Trouble
from monitor.storage.database import (
    Row,
    Transaction,
    from_micros,
    maybe_time,
    to_micros,
)
from monitor.storage.hosts import HostClaim, bring_forward, ensure_host
from monitor.text.urls import host_of

_LATER = timedelta(microseconds=1)
_FORGOTTEN = timedelta(days=30)
"""A feed that was away from the configuration for longer begins with a silent poll."""


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
    host_id = ensure_host(tx, host_of(url) or url, now)
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
    host_id = ensure_host(tx, host_of(url) or url, now)
    tx.run(
        """
        UPDATE feed
           SET configured = 1,
               url = :url,
               host_id = :host_id,
               etag = NULL,
               last_modified = NULL,
               body_hash = NULL,
               distrusted = 0,
               redirect_url = NULL,
               moved_url = NULL,
               gone_at = NULL,
               next_poll_at = :now,
               baseline_at = CASE WHEN configured = 0 AND last_good_at < :long_ago
                                  THEN NULL ELSE baseline_at END
         WHERE id = :id
        """,
        id=row["id"],
        url=url,
        host_id=host_id,
        now=now,
        long_ago=now - _FORGOTTEN,
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
           AND paused_at IS NULL
           AND next_poll_at > :now
           AND (CAST(:only AS TEXT) = '' OR name = :only)
        """,
        now=now,
        only=only,
    )
    rows = tx.all(
        """
        SELECT host_id, MIN(failures) AS failures
          FROM feed
         WHERE configured = 1
           AND paused_at IS NULL
           AND (CAST(:only AS TEXT) = '' OR name = :only)
         GROUP BY host_id
         ORDER BY host_id
        """,
        only=only,
    )
    for row in rows:
        # Those that hang or are slow to fail must not keep the others waiting.
        late = _LATER if row["failures"] else timedelta(0)
        bring_forward(tx, row["host_id"], now - _LATER + late)


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
           AND paused_at IS NULL
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
        url=row["moved_url"] or row["url"],
        due_at=maybe_time(row["next_poll_at"]),
        moved=row["moved_url"] is not None,
        etag=row["etag"],
        last_modified=row["last_modified"],
        body_hash=row["body_hash"],
        variant=row["variant"],
        full_at=maybe_time(row["full_at"]),
        distrusted=bool(row["distrusted"]),
        baseline_at=maybe_time(row["baseline_at"]),
        last_polled_at=maybe_time(row["last_polled_at"]),
        last_good_at=maybe_time(row["last_good_at"]),
        failures=row["failures"],
        failing_since=maybe_time(row["failing_since"]),
        gone_at=maybe_time(row["gone_at"]),
        redirect=_redirect(row),
        pulse=pulse_from(row["pulse"]),
        fresh_for=_duration(row["fresh_for"]),
        ttl=_duration(row["ttl"]),
        skips=skips_from(row["skips"]),
        identity=row["identity"],
        churns=row["churns"],
        agreements=row["agreements"],
        told=row["told"],
    )


def _redirect(row: Row) -> Redirect | None:
    if row["redirect_url"] is None:
        return None
    return Redirect(
        url=row["redirect_url"],
        since=from_micros(row["redirect_since"]),
        sightings=row["redirects"],
    )


def skips_to(skips: Skips) -> str:
    """Hours and days as the table holds them."""
    return json.dumps([skips.hours, skips.days])


def skips_from(text: str) -> Skips:
    """The hours and days in which a feed is not to be polled."""
    hours, days = json.loads(text)
    return Skips(hours=tuple(hours), days=tuple(days))


def _duration(micros: int | None) -> timedelta | None:
    return None if micros is None else timedelta(microseconds=micros)


def micros(duration: timedelta | None) -> int | None:
    """A duration as the tables hold it."""
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


_LINES = """
    SELECT feed.*,
           (SELECT SUM(entries) FROM flood
             WHERE feed_id = feed.id AND state = 'held') AS held
      FROM feed
"""


def list_feeds(tx: Transaction) -> list[FeedLine]:
    """All configured feeds by name."""
    rows = tx.all(f"{_LINES} WHERE configured = 1 ORDER BY name")
    return [_line(row) for row in rows]


def failing_feeds(tx: Transaction, limit: int) -> list[FeedLine]:
    """Those whose last poll failed, the longest first."""
    rows = tx.all(
        f"""
        {_LINES}
         WHERE configured = 1
           AND paused_at IS NULL
           AND (failures > 0 OR gone_at IS NOT NULL)
         ORDER BY failing_since, name
         LIMIT :limit
        """,
        limit=limit,
    )
    return [_line(row) for row in rows]


def feed_line(tx: Transaction, feed_id: int) -> FeedLine:
    """One feed as people see it."""
    return _line(tx.all(f"{_LINES} WHERE id = :id", id=feed_id)[0])


def _line(row: Row) -> FeedLine:
    pulse = pulse_from(row["pulse"])
    return FeedLine(
        name=row["name"],
        url=row["url"],
        title=row["title"],
        last_polled_at=maybe_time(row["last_polled_at"]),
        last_good_at=maybe_time(row["last_good_at"]),
        last_new_at=maybe_time(row["last_new_at"]),
        next_poll_at=maybe_time(row["next_poll_at"]),
        failing_since=maybe_time(row["failing_since"]),
        failures=row["failures"],
        trouble=Trouble(row["trouble"]),
        error=row["error"] or "",
        gone_at=maybe_time(row["gone_at"]),
        entries=row["last_entries"],
        old_ignored=row["old_ignored"],
        rate=pulse.rate if pulse else None,
        moved_url=row["moved_url"] or "",
        redirect_url=row["redirect_url"] or "",
        by_link=row["identity"] == "link",
        held=int(row["held"] or 0),
        gap_at=maybe_time(row["gap_at"]),
        gap_entries=row["gap_entries"],
        paused_at=maybe_time(row["paused_at"]),
    )


def pause_feed(tx: Transaction, name: str, now: datetime) -> bool:
    """Poll a feed no more until it is resumed; False if there is no such feed."""
    return bool(
        tx.run(
            """
            UPDATE feed
               SET paused_at = COALESCE(paused_at, :now)
             WHERE name = :name
               AND configured = 1
            """,
            name=name,
            now=now,
        )
    )


def resume_feed(tx: Transaction, name: str, now: datetime) -> bool:
    """Poll a feed again, now; False if there is no such feed."""
    row = tx.one("SELECT * FROM feed WHERE name = :name AND configured = 1", name=name)
    if row is None:
        return False
    tx.run(
        "UPDATE feed SET paused_at = NULL, next_poll_at = :now WHERE id = :id",
        id=row["id"],
        now=now,
    )
    bring_forward(tx, row["host_id"], now)
    return True


def note_agreement(tx: Transaction, feed_id: int, *, agrees: bool, enough: int) -> None:
    """Count that a page said no more than its feed; or begin anew, where it did."""
    tx.run(
        """
        UPDATE feed
           SET agreements = CASE WHEN :agrees = 1 THEN agreements + 1 ELSE 0 END
         WHERE id = :id
           AND agreements BETWEEN :least AND :most
        """,
        id=feed_id,
        agrees=int(agrees),
        least=0 if agrees else 1,
        most=enough - 1 if agrees else enough,
    )
