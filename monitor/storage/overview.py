"""Counts over everything, for ``check-once`` and ``status``."""

from dataclasses import dataclass
from datetime import datetime

from monitor.storage.database import Transaction


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
    failing: tuple[tuple[str, str], ...]
    undelivered: tuple[tuple[int, str, str], ...]


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
                 WHERE state = 'sent' AND sent_at >= :since) AS sent
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
        SELECT id, channel, target, last_text
          FROM delivery
         WHERE attempts > 0
           AND state IN ('pending', 'in_doubt', 'dead')
         ORDER BY id
         LIMIT 100
        """
    )
    return Report(
        **(counts or {}),
        failing=tuple((r["name"], r["error"] or "") for r in failing),
        undelivered=tuple(
            (r["id"], f"{r['channel']} {r['target']}".strip(), r["last_text"] or "")
            for r in undelivered
        ),
    )
