"""Deliveries: the outbox. One row is one part to one target, frozen."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.models import Delivery, DeliveryState, Part, Receipt
from monitor.storage.database import (
    Row,
    Transaction,
    from_micros,
    listed,
    maybe_time,
)

_OPEN = "('pending', 'sending', 'in_doubt')"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """A part to be sent through a channel."""

    digest_id: int
    subscriber: str
    channel: str
    number: int
    part: Part
    now: datetime


def add_deliveries(tx: Transaction, new: Sequence[NewDelivery]) -> None:
    """Put parts into the outbox, in the transaction of their digest."""
    tx.many(
        """
        INSERT INTO delivery (public_id, digest_id, subscriber, channel, target, part,
                              payload, state, created_at, due_at)
        VALUES (:public_id, :digest_id, :subscriber, :channel, :target, :part,
                :payload, 'pending', :now, :now)
            ON CONFLICT DO NOTHING
        """,
        [
            {
                "public_id": d.part.id,
                "digest_id": d.digest_id,
                "subscriber": d.subscriber,
                "channel": d.channel,
                "target": d.part.target,
                "part": d.number,
                "payload": d.part.payload,
                "now": d.now,
            }
            for d in new
        ],
    )


def waiting_channels(tx: Transaction, now: datetime) -> list[str]:
    """The names of the channels that have something to send now."""
    rows = tx.all(
        f"SELECT DISTINCT channel FROM delivery WHERE state IN {_OPEN} AND due_at <= :now",  # noqa: S608 - our own constant
        now=now,
    )
    return sorted(r["channel"] for r in rows)


def next_delivery_due(tx: Transaction, *, channels: Collection[str]) -> datetime | None:
    """When the next delivery through one of the channels is to be tried."""
    inside, names = listed("channel", channels)
    row = tx.one(
        f"""
        SELECT MIN(due_at) AS at
          FROM delivery
         WHERE channel IN ({inside})
           AND state IN {_OPEN}
        """,  # noqa: S608 - our own constants and parameter names
        **names,
    )
    return maybe_time(row["at"]) if row else None


def next_turn(tx: Transaction, *, now: datetime, within: timedelta) -> datetime | None:
    """When the next delivery comes due that only waits for its turn, no retry."""
    row = tx.one(
        """
        SELECT MIN(due_at) AS at
          FROM delivery
         WHERE state = 'pending'
           AND due_at > :now
           AND due_at <= :until
        """,
        now=now,
        until=now + within,
    )
    return maybe_time(row["at"]) if row else None


def claim_deliveries(
    tx: Transaction,
    channels: Collection[str],
    *,
    token: str,
    now: datetime,
    lease: timedelta,
    limit: int,
) -> list[Delivery]:
    """Take due deliveries of some channels, oldest first; the lease is the due time.

    Of those that wait for the same time, what was tried comes last: a message that bars
    the way whenever it is tried must not be the first one for ever.
    """
    inside, names = listed("channel", channels)
    tx.run(
        f"""
        WITH due AS (
            SELECT id
              FROM delivery
             WHERE channel IN ({inside})
               AND state IN {_OPEN}
               AND due_at <= :now
             ORDER BY due_at, COALESCE(tried_at, 0), id
             LIMIT :limit /*skip locked*/
        )
        UPDATE delivery
           SET state = 'sending',
               due_at = :until,
               token = :token
          FROM due
         WHERE delivery.id = due.id
        """,  # noqa: S608 - our own constants and parameter names
        token=token,
        now=now,
        until=now + lease,
        limit=limit,
        **names,
    )
    rows = tx.all(
        f"""
        SELECT delivery.*, digest.kind
          FROM delivery
          JOIN digest ON digest.id = delivery.digest_id
         WHERE delivery.channel IN ({inside})
           AND delivery.state IN {_OPEN}
           AND delivery.due_at = :until
           AND delivery.token = :token
         ORDER BY COALESCE(delivery.tried_at, 0), delivery.id
        """,  # noqa: S608 - our own constants and parameter names
        until=now + lease,
        token=token,
        **names,
    )
    return [_delivery(row) for row in rows]


def _delivery(row: Row) -> Delivery:
    return Delivery(
        id=row["id"],
        channel=row["channel"],
        subscriber=row["subscriber"],
        kind=row["kind"],
        attempts=row["attempts"],
        created_at=from_micros(row["created_at"]),
        token=row["token"],
        thread=row["thread"],
        part=Part(
            id=row["public_id"], target=row["target"], payload=bytes(row["payload"])
        ),
    )


def renew(
    tx: Transaction, delivery: Delivery, *, now: datetime, lease: timedelta
) -> bool:
    """Stretch the lease right before sending; False if another node has it."""
    return bool(
        tx.run(
            """
            UPDATE delivery
               SET due_at = :until, tried_at = :now
             WHERE id = :id
               AND token = :token
            """,
            id=delivery.id,
            token=delivery.token,
            now=now,
            until=now + lease,
        )
    )


def mark_sent(
    tx: Transaction, delivery: Delivery, receipt: Receipt, now: datetime
) -> None:
    """Store that a part was taken, with what the far side said."""
    tx.run(
        """
        UPDATE delivery
           SET state = 'sent',
               attempts = attempts + 1,
               sent_at = :now,
               token = NULL,
               last_code = :code,
               last_text = :text,
               remote_id = :remote_id
         WHERE id = :id
           AND token = :token
        """,
        id=delivery.id,
        token=delivery.token,
        now=now,
        code=receipt.code,
        text=receipt.text,
        remote_id=receipt.remote_id,
    )


def mark_failed(
    tx: Transaction,
    delivery: Delivery,
    *,
    state: DeliveryState,
    due_at: datetime,
    code: int | None,
    text: str,
    counted: bool = True,
) -> None:
    """Store why a part was not taken: to be retried at ``due_at``, or dead.

    Unless it is ``counted``, no attempt was lost.
    """
    tx.run(
        """
        UPDATE delivery
           SET state = :state,
               attempts = attempts + :counted,
               due_at = :due_at,
               token = NULL,
               last_code = :code,
               last_text = :text
         WHERE id = :id
           AND token = :token
        """,
        id=delivery.id,
        token=delivery.token,
        state=state,
        due_at=due_at,
        code=code,
        text=text,
        counted=int(counted),
    )


def hurry(tx: Transaction, channels: Collection[str], now: datetime) -> None:
    """Let what waits to be tried again go now: the way is free."""
    inside, names = listed("channel", channels)
    tx.run(
        f"""
        UPDATE delivery
           SET due_at = :now
         WHERE channel IN ({inside})
           AND state IN ('pending', 'in_doubt')
           AND due_at > :now
        """,  # noqa: S608 - only our own parameter names are put in
        now=now,
        **names,
    )


def refused_days(tx: Transaction, channel: str, target: str) -> list[int]:
    """The days, counted from 1970, on which mail to a target was refused for good.

    Only those after the last one that was taken count, and only replies that say that
    there is no such address (enhanced codes 5.1.X of RFC 3463).
    """
    rows = tx.all(
        """
        SELECT DISTINCT refused.tried_at / 86400000000 AS day
          FROM delivery AS refused
         WHERE refused.channel = :channel
           AND refused.target = :target
           AND refused.state = 'dead'
           AND refused.last_text LIKE '5__ 5.1.%'
           AND refused.tried_at > COALESCE(
                   (SELECT MAX(sent_at)
                      FROM delivery AS taken
                     WHERE taken.channel = :channel
                       AND taken.target = :target), 0)
         ORDER BY day
        """,
        channel=channel,
        target=target,
    )
    return [row["day"] for row in rows]


def postpone(tx: Transaction, delivery: Delivery, at: datetime) -> None:
    """Give back a delivery whose turn comes later; that is no attempt."""
    tx.run(
        """
        UPDATE delivery
           SET state = 'pending', due_at = :at, token = NULL
         WHERE id = :id
           AND token = :token
        """,
        id=delivery.id,
        token=delivery.token,
        at=at,
    )


def postpone_all(
    tx: Transaction, channels: Collection[str], token: str, at: datetime
) -> None:
    """Let nothing of some channels be due before a time: their way is not free.

    What was claimed with ``token`` and not tried is given back.
    """
    inside, names = listed("channel", channels)
    tx.run(
        f"""
        UPDATE delivery
           SET state = 'pending', due_at = :at, token = NULL
         WHERE channel IN ({inside})
           AND state = 'sending'
           AND token = :token
        """,  # noqa: S608 - only our own parameter names are put in
        token=token,
        at=at,
        **names,
    )
    tx.run(
        f"""
        UPDATE delivery
           SET due_at = :at
         WHERE channel IN ({inside})
           AND state IN ('pending', 'in_doubt')
           AND due_at < :at
        """,  # noqa: S608 - only our own parameter names are put in
        at=at,
        **names,
    )
