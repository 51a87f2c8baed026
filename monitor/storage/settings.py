"""Small facts about this instance: its key, its heartbeat."""

import secrets
from datetime import datetime

from monitor.models import Secret
from monitor.storage.database import Transaction, from_micros, to_micros


def get(tx: Transaction, name: str) -> str | None:
    """The value of a setting, if it was ever set."""
    row = tx.one("SELECT value FROM setting WHERE name = :name", name=name)
    return str(row["value"]) if row else None


def put(tx: Transaction, name: str, value: str) -> None:
    """Set a setting."""
    tx.run(
        """
        INSERT INTO setting (name, value)
        VALUES (:name, :value)
            ON CONFLICT (name) DO UPDATE SET value = :value
        """,
        name=name,
        value=value,
    )


def instance_key(tx: Transaction) -> Secret:
    """The random key from which identities are derived; made at the first call."""
    tx.run(
        """
        INSERT INTO setting (name, value)
        VALUES ('instance_key', :value)
            ON CONFLICT (name) DO NOTHING
        """,
        value=secrets.token_hex(32),
    )
    return Secret(get(tx, "instance_key") or "")


def beat(tx: Transaction, now: datetime) -> None:
    """Leave a sign of life, for ``status --health``."""
    put(tx, "heartbeat", str(to_micros(now)))


def stopped(tx: Transaction, now: datetime) -> None:
    """Leave word that the service stopped in order."""
    put(tx, "stopped", str(to_micros(now)))


def last_stop(tx: Transaction) -> datetime | None:
    """When the service last stopped in order."""
    value = get(tx, "stopped")
    return from_micros(int(value)) if value else None


def last_beat(tx: Transaction) -> datetime | None:
    """When the service last gave a sign of life."""
    value = get(tx, "heartbeat")
    return from_micros(int(value)) if value else None


def apply(tx: Transaction, configuration: str, now: datetime) -> None:
    """Remember what counts of a configuration, and since when it has."""
    if get(tx, "applied") != configuration:
        put(tx, "applied", configuration)
        put(tx, "applied_at", str(to_micros(now)))


def last_applied(tx: Transaction) -> tuple[str, datetime] | None:
    """What was applied last, and when; None if nothing ever was."""
    configuration, at = get(tx, "applied"), get(tx, "applied_at")
    return (configuration, from_micros(int(at))) if configuration and at else None
