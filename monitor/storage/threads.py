"""Threads: which message an update belongs to."""

from monitor.models import Delivery
from monitor.storage.database import Row, Transaction


def thread_of(tx: Transaction, delivery: Delivery) -> str | None:
    """The message that a delivery belongs to, by the id that its channel gave it.

    The further parts of a digest belong to its first one. An alert about one story
    that was told before belongs to the message in which it was told first. None where
    it stands alone, "" where that message is still to be sent.
    """
    first = tx.one(
        """
        SELECT head.state, head.remote_id
          FROM delivery own
          JOIN delivery head ON head.digest_id = own.digest_id
                            AND head.channel = own.channel
                            AND head.target = own.target
                            AND head.part = 0
         WHERE own.id = :id
           AND own.part > 0
        """,
        id=delivery.id,
    )
    if first is not None:
        return _remote(first)
    root = tx.one(
        """
        SELECT before.state, before.remote_id
          FROM delivery own
          JOIN digest ON digest.id = own.digest_id
                     AND digest.kind = 'instant'
                     AND digest.stories = 1
          JOIN told ON told.digest_id = digest.id
                   AND told.number > 0
          JOIN told first ON first.subscriber = told.subscriber
                         AND first.unit = told.unit
                         AND first.number = 0
          JOIN digest root ON root.id = first.digest_id
                          AND root.stories = 1
          JOIN delivery before ON before.digest_id = root.id
                              AND before.channel = own.channel
                              AND before.target = own.target
                              AND before.part = 0
         WHERE own.id = :id
        """,
        id=delivery.id,
    )
    return _remote(root) if root else None


def _remote(row: Row) -> str | None:
    """The id of a message that was sent; None if it never will be."""
    if row["state"] in ("dead", "dropped"):
        return None
    return row["remote_id"] if row["state"] == "sent" else ""
