"""Articles that were told are read again: when, and how often they were."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from monitor.models import WaitingEntry
from monitor.storage.database import Transaction
from monitor.storage.hosts import bring_forward

WAITS = (timedelta(hours=1), timedelta(hours=5), timedelta(hours=18))
"""The waits between: an article is read again 1, 6 and 24 hours after it was told."""


def watch(tx: Transaction, article_ids: Iterable[int], now: datetime) -> None:
    """Let the pages of told articles be read again; what had no page has none now."""
    for article_id in sorted(set(article_ids)):
        row = tx.one(
            """
            UPDATE entry
               SET recheck_at = :at,
                   due_at = COALESCE(due_at, :at)
             WHERE id = (SELECT entry_id
                           FROM article
                          WHERE id = :article_id
                            AND heading <> ''
                            AND state IN ('ok', 'feed', 'truncated'))
               AND page_host_id IS NOT NULL
               AND recheck_at IS NULL
               AND rechecks = 0
               AND state = 'read'
         RETURNING page_host_id
            """,
            article_id=article_id,
            at=now + WAITS[0],
        )
        if row:
            bring_forward(tx, row["page_host_id"], now + WAITS[0])


def finish_recheck(
    tx: Transaction, waiting: WaitingEntry, *, again_at: datetime | None, number: int
) -> None:
    """Give a told entry back after ``number`` re-readings, due ``again_at`` if at all."""
    tx.run(
        """
        UPDATE entry
           SET recheck_at = :again_at,
               rechecks = :number,
               missing = 0,
               due_at = :again_at,
               token = NULL,
               alone = 0
         WHERE id = :id
        """,
        id=waiting.id,
        again_at=again_at,
        number=number,
    )


def look_for_again(tx: Transaction, waiting: WaitingEntry, at: datetime) -> None:
    """Give a told entry back whose page was missing, to be looked for once more."""
    tx.run(
        """
        UPDATE entry
           SET recheck_at = :at,
               missing = 1,
               due_at = :at,
               token = NULL,
               alone = 0
         WHERE id = :id
        """,
        id=waiting.id,
        at=at,
    )
