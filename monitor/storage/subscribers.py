"""Subscribers: since when they follow which rule, and when their next digest is due."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.storage.database import Transaction, maybe_time


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """What the configuration says about one subscriber.

    ``unit`` is what is told once: "story", "group" or "entry".
    """

    name: str
    rules: tuple[str, ...]
    schedule: str
    unit: str
    next_slot_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberState:
    """A subscriber's row; until ``paused_until`` it wants to hear nothing."""

    name: str
    next_slot_at: datetime | None
    told_until: datetime | None
    paused_until: datetime | None = None


def sync_subscribers(
    tx: Transaction, followings: Iterable[Following], now: datetime
) -> None:
    """Make the tables hold the configured subscribers.

    A new rule or subscriber starts now: what was first seen before stays silent. A
    changed unit starts anew, or old stories would come again under other names. A
    subscriber who left is forgotten, but not what it was told; back again it is new.
    """
    tx.serialise("configuration")
    left = {row["name"] for row in tx.all("SELECT name FROM subscriber")}
    for following in followings:
        left.discard(following.name)
        _sync_schedule(tx, following)
        _sync_rules(tx, following, now)
    _forget(tx, left)
    # A start in the future was left by a clock that ran ahead; it would be silence.
    tx.run("UPDATE subscription SET since_at = :now WHERE since_at > :now", now=now)


def _forget(tx: Transaction, names: Iterable[str]) -> None:
    rows = [{"name": name} for name in names]
    tx.many("DELETE FROM subscription WHERE subscriber = :name", rows)
    tx.many("DELETE FROM subscriber WHERE name = :name", rows)


def _sync_schedule(tx: Transaction, following: Following) -> None:
    row = tx.one(
        "SELECT schedule, next_slot_at FROM subscriber WHERE name = :name",
        name=following.name,
    )
    if row is None:
        tx.run("INSERT INTO subscriber (name) VALUES (:name)", name=following.name)
    stored = maybe_time(row["next_slot_at"]) if row else None
    # A slot further ahead than the next one was left by a clock that ran ahead.
    ahead = stored and following.next_slot_at and stored > following.next_slot_at
    if row is None or row["schedule"] != following.schedule or ahead:
        set_next_slot(tx, following.name, following.next_slot_at)
        tx.run(
            "UPDATE subscriber SET schedule = :schedule WHERE name = :name",
            name=following.name,
            schedule=following.schedule,
        )


def _sync_rules(tx: Transaction, following: Following, now: datetime) -> None:
    rows = tx.all(
        "SELECT rule, unit FROM subscription WHERE subscriber = :name",
        name=following.name,
    )
    before = {row["rule"]: row["unit"] for row in rows}
    for rule in before.keys() - set(following.rules):
        tx.run(
            "DELETE FROM subscription WHERE subscriber = :name AND rule = :rule",
            name=following.name,
            rule=rule,
        )
    for rule in following.rules:
        if before.get(rule) != following.unit:
            tx.run(
                """
                INSERT INTO subscription (subscriber, rule, since_at, unit)
                VALUES (:name, :rule, :now, :unit)
                    ON CONFLICT (subscriber, rule)
                    DO UPDATE SET since_at = :now, unit = :unit
                """,
                name=following.name,
                rule=rule,
                now=now,
                unit=following.unit,
            )


def set_next_slot(tx: Transaction, name: str, at: datetime | None) -> None:
    """Store when the next digest of a subscriber is due."""
    tx.run(
        "UPDATE subscriber SET next_slot_at = :at WHERE name = :name", name=name, at=at
    )


def claim_subscriber(
    tx: Transaction, name: str, *, token: str, now: datetime, lease: timedelta
) -> bool:
    """Take one subscriber, unless another node has it."""
    return bool(
        tx.run(
            """
            UPDATE subscriber
               SET token = :token,
                   due_at = :until
             WHERE name = :name
               AND (token IS NULL OR due_at <= :now)
            """,
            name=name,
            token=token,
            now=now,
            until=now + lease,
        )
    )


def holds_subscriber(tx: Transaction, name: str, token: str) -> bool:
    """Whether the claim still stands; the row stays locked until the commit."""
    row = tx.one(
        "SELECT token FROM subscriber WHERE name = :name /*for update*/", name=name
    )
    return row is not None and row["token"] == token


def release_subscriber(tx: Transaction, name: str, token: str) -> None:
    """Give a subscriber back."""
    tx.run(
        """
        UPDATE subscriber
           SET token = NULL,
               due_at = 0
         WHERE name = :name
           AND token = :token
        """,
        name=name,
        token=token,
    )


def subscriber_state(tx: Transaction, name: str) -> SubscriberState:
    """When a subscriber's next digest is due, and until when the last one told."""
    row = tx.one("SELECT * FROM subscriber WHERE name = :name", name=name) or {}
    return SubscriberState(
        name=name,
        next_slot_at=maybe_time(row.get("next_slot_at")),
        told_until=maybe_time(row.get("told_until")),
        paused_until=maybe_time(row.get("paused_until")),
    )


def since(tx: Transaction, name: str) -> datetime | None:
    """Since when a subscriber follows the oldest of its rules."""
    row = tx.one(
        "SELECT MIN(since_at) AS at FROM subscription WHERE subscriber = :name",
        name=name,
    )
    return maybe_time(row["at"]) if row else None


def next_slot_of_all(tx: Transaction) -> datetime | None:
    """When the next scheduled digest of anybody is due."""
    row = tx.one(
        """
        SELECT MIN(CASE WHEN paused_until > next_slot_at THEN paused_until
                        ELSE next_slot_at END) AS at
          FROM subscriber
        """
    )
    return maybe_time(row["at"]) if row else None


def due_slots(tx: Transaction, now: datetime) -> list[str]:
    """The subscribers whose slot has come, and who are not away."""
    rows = tx.all(
        """
        SELECT name
          FROM subscriber
         WHERE next_slot_at <= :now
           AND (paused_until IS NULL OR paused_until <= :now)
         ORDER BY next_slot_at, name
        """,
        now=now,
    )
    return [row["name"] for row in rows]
