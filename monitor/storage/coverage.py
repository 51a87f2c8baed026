"""Coverage: what is watched and what is wrong with it, so that silence can be believed."""

from datetime import datetime

from monitor.models import Coverage, FailingFeed, HeldFlood, PossibleGap
from monitor.storage import settings
from monitor.storage.database import Transaction, from_micros


def coverage(tx: Transaction, since: datetime) -> Coverage:
    """What is watched now and what is wrong with it; gaps count ``since`` a time."""
    counts = tx.one(
        """
        SELECT COUNT(*) AS feeds,
               SUM(CASE WHEN failures = 0 AND last_good_at IS NOT NULL
                        THEN 1 ELSE 0 END) AS read
          FROM feed
         WHERE configured = 1
        """
    ) or {"feeds": 0, "read": 0}
    failing = tx.all(
        """
        SELECT name, failing_since, error
          FROM feed
         WHERE configured = 1
           AND failures > 0
         ORDER BY failing_since, name
         LIMIT 50
        """
    )
    held = tx.all(
        """
        SELECT feed.name, SUM(flood.entries) AS items
          FROM flood
          JOIN feed ON feed.id = flood.feed_id
         WHERE flood.state = 'held'
         GROUP BY feed.name
         ORDER BY feed.name
        """
    )
    gaps = tx.all(
        """
        SELECT name, gap_at, gap_entries
          FROM feed
         WHERE configured = 1
           AND gap_at >= :since
         ORDER BY gap_at, name
         LIMIT 50
        """,
        since=since,
    )
    down = settings.last_downtime(tx)
    return Coverage(
        down=down if down and down[1] >= since else None,
        feeds=counts["feeds"],
        read=int(counts["read"] or 0),
        failing=tuple(
            FailingFeed(
                feed=r["name"],
                since=from_micros(r["failing_since"]),
                error=r["error"] or "",
            )
            for r in failing
        ),
        gaps=tuple(
            PossibleGap(
                feed=r["name"], at=from_micros(r["gap_at"]), up_to=r["gap_entries"]
            )
            for r in gaps
        ),
        held=tuple(HeldFlood(feed=r["name"], items=int(r["items"])) for r in held),
    )
