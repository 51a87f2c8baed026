"""Destinations: how fast messages may follow each other, and what is wrong with one."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.storage.database import Row, Transaction, from_micros, maybe_time

SLOW_FOR = timedelta(hours=1)
"""So long a way gets half as many messages after it asked for fewer."""

SLOW_GAP = timedelta(seconds=2)
"""Between two of them where no limit is known: Exchange Online takes 30 a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """One target of a channel; ``told_at`` is when the operator heard of its trouble."""

    channel: str
    target: str
    failing_since: datetime | None
    error: str
    told_at: datetime | None


def reserve(
    tx: Transaction,
    channel: str,
    target: str,
    *,
    gap: timedelta,
    most: timedelta,
    now: datetime,
) -> datetime:
    """When the next message may go; its turn is taken if that is within ``most``.

    ``gap`` is how far apart two are; twice that where fewer were asked for. One row for
    all nodes, so that together they keep the distance.
    """
    row = _row(tx, channel, target)
    if now < from_micros(row["slow_until"]):
        gap = 2 * gap or SLOW_GAP
    allowed = from_micros(row["allowed_at"])
    at = max(now, allowed)
    if at - now <= most:
        _allow(tx, channel, target, at + gap)
    return at


def rest(tx: Transaction, channel: str, target: str, until: datetime) -> None:
    """Let nothing go to a target before a time."""
    row = _row(tx, channel, target)
    _allow(tx, channel, target, max(until, from_micros(row["allowed_at"])))


def slow_down(tx: Transaction, channel: str, target: str, now: datetime) -> None:
    """Halve the rate for an hour."""
    _row(tx, channel, target)
    tx.run(
        """
        UPDATE destination
           SET slow_until = :until
         WHERE channel = :channel
           AND target = :target
        """,
        channel=channel,
        target=target,
        until=now + SLOW_FOR,
    )


def _row(tx: Transaction, channel: str, target: str) -> Row:
    """The row of a destination, locked; made if it is not there."""
    tx.run(
        """
        INSERT INTO destination (channel, target)
        VALUES (:channel, :target)
            ON CONFLICT (channel, target) DO NOTHING
        """,
        channel=channel,
        target=target,
    )
    row = tx.one(
        """
        SELECT allowed_at, slow_until
          FROM destination
         WHERE channel = :channel
           AND target = :target /*for update*/
        """,
        channel=channel,
        target=target,
    )
    return row or {"allowed_at": 0, "slow_until": 0}


def _allow(tx: Transaction, channel: str, target: str, at: datetime) -> None:
    tx.run(
        """
        UPDATE destination
           SET allowed_at = :at
         WHERE channel = :channel
           AND target = :target
        """,
        channel=channel,
        target=target,
        at=at,
    )


def failed(
    tx: Transaction, channel: str, target: str, error: str, now: datetime
) -> Destination:
    """Remember that a target failed; since when it does, and whether that was told."""
    _row(tx, channel, target)
    row = tx.one(
        """
        UPDATE destination
           SET failing_since = COALESCE(failing_since, :now),
               error = :error
         WHERE channel = :channel
           AND target = :target
     RETURNING channel, target, failing_since, error, told_at
        """,
        channel=channel,
        target=target,
        error=error,
        now=now,
    )
    return _destination(row or {})


def note_told(tx: Transaction, channel: str, target: str, now: datetime) -> None:
    """The operator has heard of the trouble of a target."""
    tx.run(
        """
        UPDATE destination
           SET told_at = :now
         WHERE channel = :channel
           AND target = :target
        """,
        channel=channel,
        target=target,
        now=now,
    )


def recovered(tx: Transaction, channel: str, target: str) -> Destination | None:
    """A message arrived; the trouble that this ends, if there was any."""
    row = tx.one(
        """
        SELECT channel, target, failing_since, error, told_at
          FROM destination
         WHERE channel = :channel
           AND target = :target
           AND failing_since IS NOT NULL
        """,
        channel=channel,
        target=target,
    )
    if row is None:
        return None
    tx.run(
        """
        UPDATE destination
           SET failing_since = NULL, error = '', told_at = NULL
         WHERE channel = :channel
           AND target = :target
        """,
        channel=channel,
        target=target,
    )
    return _destination(row)


def failing(tx: Transaction) -> list[Destination]:
    """The targets that nothing reaches now, the longest first."""
    rows = tx.all(
        """
        SELECT channel, target, failing_since, error, told_at
          FROM destination
         WHERE failing_since IS NOT NULL
         ORDER BY failing_since, channel, target
        """
    )
    return [_destination(row) for row in rows]


def _destination(row: Row) -> Destination:
    return Destination(
        channel=row["channel"],
        target=row["target"],
        failing_since=maybe_time(row["failing_since"]),
        error=row["error"],
        told_at=maybe_time(row["told_at"]),
    )
