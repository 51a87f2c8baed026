"""The outbox as people see it: what was sent, waits or failed, and what to do with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.models import DeliveryState
from monitor.storage.database import Row, Transaction, from_micros, listed, maybe_time


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxLine:
    """A delivery as ``outbox list`` shows it."""

    id: int
    public_id: str
    subscriber: str
    channel: str
    target: str
    kind: str
    subject: str
    state: str
    attempts: int
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None
    last_code: int | None
    last_text: str
    payload: bytes


_LINES = """
    SELECT delivery.*, digest.kind, digest.subject
      FROM delivery
      JOIN digest ON digest.id = delivery.digest_id
"""


def _line(row: Row) -> OutboxLine:
    return OutboxLine(
        id=row["id"],
        public_id=row["public_id"],
        subscriber=row["subscriber"],
        channel=row["channel"],
        target=row["target"],
        kind=row["kind"],
        subject=row["subject"],
        state=row["state"],
        attempts=row["attempts"],
        created_at=from_micros(row["created_at"]),
        due_at=from_micros(row["due_at"]),
        sent_at=maybe_time(row["sent_at"]),
        last_code=row["last_code"],
        last_text=row["last_text"] or "",
        payload=bytes(row["payload"]),
    )


def list_deliveries(
    tx: Transaction, states: Sequence[DeliveryState], limit: int = 100
) -> list[OutboxLine]:
    """Deliveries in some states, newest first."""
    inside, names = listed("s", states)
    rows = tx.all(
        f"""
        {_LINES}
         WHERE delivery.state IN ({inside})
         ORDER BY delivery.id DESC
         LIMIT :limit
        """,
        limit=limit,
        **names,
    )
    return [_line(row) for row in rows]


def show_delivery(tx: Transaction, delivery_id: int) -> OutboxLine | None:
    """One delivery with its payload."""
    row = tx.one(f"{_LINES} WHERE delivery.id = :id", id=delivery_id)
    return _line(row) if row else None


def payload_of(
    tx: Transaction, digest: str, *, channel: str, target: str
) -> bytes | None:
    """What a target was sent of a digest, by its public id."""
    row = tx.one(
        """
        SELECT delivery.payload
          FROM delivery
          JOIN digest ON digest.id = delivery.digest_id
         WHERE digest.public_id = :digest
           AND delivery.channel = :channel
           AND delivery.target = :target
         ORDER BY delivery.part
         LIMIT 1
        """,
        digest=digest,
        channel=channel,
        target=target,
    )
    return bytes(row["payload"]) if row else None


def retry_delivery(tx: Transaction, delivery_id: int, now: datetime) -> bool:
    """Let a waiting, dead or dropped delivery be tried now."""
    return bool(
        tx.run(
            """
            UPDATE delivery
               SET state = 'pending',
                   due_at = :now,
                   created_at = CASE WHEN state IN ('dead', 'dropped')
                                 THEN :now ELSE created_at END
             WHERE id = :id
               AND state IN ('pending', 'in_doubt', 'dead', 'dropped')
            """,
            id=delivery_id,
            now=now,
        )
    )


def drop_delivery(tx: Transaction, delivery_id: int) -> bool:
    """Give up on a delivery that was not sent."""
    return bool(
        tx.run(
            """
            UPDATE delivery
               SET state = 'dropped'
             WHERE id = :id
               AND state IN ('pending', 'in_doubt', 'dead')
            """,
            id=delivery_id,
        )
    )


def count_deliveries(tx: Transaction) -> dict[str, int]:
    """How many deliveries are in which state."""
    rows = tx.all("SELECT state, COUNT(*) AS n FROM delivery GROUP BY state")
    return {r["state"]: r["n"] for r in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDelivery:
    """What was made for somebody, and what became of it."""

    subject: str
    channel: str
    target: str
    state: str
    created_at: datetime
    payload: bytes


def past(
    tx: Transaction, subscriber: str, start: datetime, end: datetime, channel: str
) -> list[PastDelivery]:
    """The deliveries of a subscriber that were made in some time, in their order."""
    rows = tx.all(
        """
        SELECT digest.subject, delivery.channel, delivery.target, delivery.state,
               delivery.created_at, delivery.payload
          FROM delivery
          JOIN digest ON digest.id = delivery.digest_id
         WHERE digest.subscriber = :subscriber
           AND digest.created_at >= :start
           AND digest.created_at < :end
           AND (:channel = '' OR delivery.channel = :channel)
         ORDER BY digest.id, delivery.id
        """,
        subscriber=subscriber,
        start=start,
        end=end,
        channel=channel,
    )
    return [
        PastDelivery(
            subject=row["subject"],
            channel=row["channel"],
            target=row["target"],
            state=row["state"],
            created_at=from_micros(row["created_at"]),
            payload=bytes(row["payload"]),
        )
        for row in rows
    ]
