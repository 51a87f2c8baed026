"""Counts over everything, for ``check-once`` and ``status``."""

from dataclasses import dataclass
from datetime import datetime

from monitor.storage.database import Transaction, maybe_time

_LATE = {"pending": "waiting", "in_doubt": "in doubt", "dead": "given up"}


@dataclass(frozen=True, slots=True, kw_only=True)
class BadFeed:
    feed: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered:
    id: int
    to: str
    state: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What happened since a time."""

    polled: int
    first_polls: int
    baseline: int
    new: int
    held: int
    matches: int
    stories: int
    sent: int
    next_poll_at: datetime | None
    failing: tuple[BadFeed, ...]
    undelivered: tuple[Undelivered, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """How things stand, in figures that cost little to ask for.

    ``failing`` and ``paused`` are among ``feeds``; ``waiting`` are messages that are not
    sent yet, ``dead`` those that were given up.
    """

    feeds: int
    failing: int
    paused: int
    last_poll_at: datetime | None
    last_good_poll_at: datetime | None
    waiting: int
    oldest_waiting_at: datetime | None
    dead: int
    last_sent_at: datetime | None
    next_slot_at: datetime | None


def glance(tx: Transaction) -> Glance:
    """Look at feeds, outbox and schedules."""
    row = (
        tx.one(
            """
        SELECT COUNT(*) AS feeds,
               COALESCE(SUM(CASE WHEN failures > 0 AND paused_at IS NULL
                                 THEN 1 ELSE 0 END), 0) AS failing,
               COALESCE(SUM(CASE WHEN paused_at IS NOT NULL
                                 THEN 1 ELSE 0 END), 0) AS paused,
               MAX(last_polled_at) AS last_poll_at,
               MAX(last_good_at) AS last_good_poll_at,
               (SELECT COUNT(*) FROM delivery
                 WHERE state IN ('pending', 'sending', 'in_doubt')) AS waiting,
               (SELECT MIN(created_at) FROM delivery
                 WHERE state IN ('pending', 'sending', 'in_doubt'))
                 AS oldest_waiting_at,
               (SELECT COUNT(*) FROM delivery WHERE state = 'dead') AS dead,
               (SELECT sent_at FROM delivery
                 WHERE state = 'sent'
                 ORDER BY created_at DESC
                 LIMIT 1) AS last_sent_at,
               (SELECT MIN(next_slot_at) FROM subscriber) AS next_slot_at
          FROM feed
         WHERE configured = 1
        """
        )
        or {}
    )
    return Glance(
        feeds=int(row["feeds"]),
        failing=int(row["failing"]),
        paused=int(row["paused"]),
        last_poll_at=maybe_time(row["last_poll_at"]),
        last_good_poll_at=maybe_time(row["last_good_poll_at"]),
        waiting=int(row["waiting"]),
        oldest_waiting_at=maybe_time(row["oldest_waiting_at"]),
        dead=int(row["dead"]),
        last_sent_at=maybe_time(row["last_sent_at"]),
        next_slot_at=maybe_time(row["next_slot_at"]),
    )


def report(tx: Transaction, since: datetime) -> Report:
    """Count what happened since ``since``."""
    counts = tx.one(
        """
        SELECT (SELECT COUNT(*) FROM feed
                 WHERE configured = 1 AND last_polled_at >= :since) AS polled,
               (SELECT COUNT(*) FROM feed
                 WHERE configured = 1 AND baseline_at >= :since) AS first_polls,
               (SELECT COUNT(*) FROM entry
                 WHERE first_seen >= :since AND state = 'baseline') AS baseline,
               (SELECT COUNT(*) FROM entry
                 WHERE eligible_at >= :since AND state IN ('waiting', 'read')) AS new,
               (SELECT COUNT(*) FROM entry
                 WHERE first_seen >= :since AND state = 'held') AS held,
               (SELECT COUNT(*) FROM rule_match
                 WHERE matched_at >= :since) AS matches,
               (SELECT COUNT(*) FROM told WHERE at >= :since) AS stories,
               (SELECT COUNT(*) FROM delivery
                 WHERE state = 'sent' AND sent_at >= :since) AS sent,
               (SELECT MIN(next_poll_at) FROM feed
                 WHERE configured = 1 AND paused_at IS NULL) AS next_poll_at
        """,
        since=since,
    )
    failing = tx.all(
        """
        SELECT name, error
          FROM feed
         WHERE configured = 1
           AND failures > 0
           AND last_polled_at >= :since
         ORDER BY name
        """,
        since=since,
    )
    undelivered = tx.all(
        """
        SELECT id, channel, target, state, last_text
          FROM delivery
         WHERE tried_at >= :since
           AND state IN ('pending', 'in_doubt', 'dead')
         ORDER BY id
         LIMIT 100
        """,
        since=since,
    )
    found = dict(counts or {})
    return Report(
        next_poll_at=maybe_time(found.pop("next_poll_at", None)),
        **found,
        failing=tuple(BadFeed(feed=r["name"], error=r["error"] or "") for r in failing),
        undelivered=tuple(
            Undelivered(
                id=r["id"],
                to=f"{r['channel']} {r['target']}".strip(),
                state=_LATE[r["state"]],
                error=r["last_text"] or "",
            )
            for r in undelivered
        ),
    )
