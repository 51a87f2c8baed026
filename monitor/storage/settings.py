"""Small facts about this instance: its key, its heartbeat."""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from monitor.models import Secret
from monitor.storage.database import Transaction, from_micros, to_micros

_NODE = "heartbeat of "


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


def beat(tx: Transaction, now: datetime, machine: str) -> None:
    """Leave a sign of life, for ``status --health``: of the service, and of this node."""
    put(tx, "heartbeat", str(to_micros(now)))
    put(tx, _NODE + machine, str(to_micros(now)))


def stopped(tx: Transaction, now: datetime, machine: str) -> None:
    """Leave word that the service stopped in order on this machine."""
    put(tx, "stopped", str(to_micros(now)))
    tx.run("DELETE FROM setting WHERE name = :name", name=_NODE + machine)


def nodes(tx: Transaction) -> dict[str, datetime]:
    """The machines that did not stop in order, and when each gave its last sign of life."""
    rows = tx.all(
        "SELECT name, value FROM setting WHERE name LIKE :nodes ORDER BY name",
        nodes=f"{_NODE}%",
    )
    return {
        row["name"].removeprefix(_NODE): from_micros(int(row["value"])) for row in rows
    }


def bring_beats_back(tx: Transaction, now: datetime) -> None:
    """Let no machine's last sign of life lie ahead, after a clock was set back."""
    for machine, at in nodes(tx).items():
        if at > now:
            put(tx, _NODE + machine, str(to_micros(now)))


def forget_nodes(tx: Transaction, before: datetime) -> None:
    """Forget the machines that gave no sign of life since then."""
    for machine, at in nodes(tx).items():
        if at < before:
            tx.run("DELETE FROM setting WHERE name = :name", name=_NODE + machine)


def last_stop(tx: Transaction) -> datetime | None:
    """When the service last stopped in order."""
    value = get(tx, "stopped")
    return from_micros(int(value)) if value else None


def last_beat(tx: Transaction) -> datetime | None:
    """When the service last gave a sign of life."""
    value = get(tx, "heartbeat")
    return from_micros(int(value)) if value else None


def told_before(tx: Transaction) -> datetime | None:
    """Up to when all was told by a database that a backup has replaced."""
    value = get(tx, "told_before")
    return from_micros(int(value)) if value else None


def mark_told(tx: Transaction, before: datetime) -> None:
    """Take all that came before a time for told: after the restore of a backup.

    What waits to be sent since then was sent, and so was what matched.
    """
    put(tx, "told_before", str(to_micros(before)))
    tx.run(
        """
        UPDATE delivery
           SET state = 'superseded'
         WHERE state IN ('pending', 'sending', 'in_doubt')
           AND created_at < :before
        """,
        before=before,
    )
    tx.run(
        "UPDATE subscription SET since_at = :before WHERE since_at < :before",
        before=before,
    )


def refuse_config(tx: Transaction, text: str, now: datetime) -> None:
    """Remember what was wrong with a configuration that the service did not take."""
    put(tx, "config_refused", f"{to_micros(now)} {text}")


def accept_config(tx: Transaction) -> None:
    """The configuration that runs is the one that is written."""
    tx.run("DELETE FROM setting WHERE name = 'config_refused'")


def refused_config(tx: Transaction) -> tuple[datetime, str] | None:
    """Since when the written configuration is refused, and why."""
    at, _, text = (get(tx, "config_refused") or "").partition(" ")
    return (from_micros(int(at)), text) if at else None


def note_downtime(tx: Transaction, start: datetime, end: datetime) -> None:
    """Remember the last time that the service was down."""
    put(tx, "downtime", f"{to_micros(start)} {to_micros(end)}")


def last_downtime(tx: Transaction) -> tuple[datetime, datetime] | None:
    """From when to when the service was down last."""
    start, _, end = (get(tx, "downtime") or "").partition(" ")
    return (from_micros(int(start)), from_micros(int(end))) if end else None


def apply(tx: Transaction, configuration: str, now: datetime) -> None:
    """Remember what counts of a configuration, and since when it has."""
    if get(tx, "applied") != configuration:
        put(tx, "applied", configuration)
        put(tx, "applied_at", str(to_micros(now)))


def date_rules(tx: Transaction, hashes: Mapping[str, str], now: datetime) -> None:
    """Remember since when each rule means what it means now (a hash of it)."""
    known = _dated(tx)
    dated = {
        name: known[name]
        if name in known and known[name][0] == hash_
        else [hash_, to_micros(now)]
        for name, hash_ in hashes.items()
    }
    if dated != known:
        put(tx, "rules", json.dumps(dated))


def rules_since(tx: Transaction) -> dict[str, datetime]:
    """Since when each rule means what it means now."""
    return {name: from_micros(at) for name, (_, at) in _dated(tx).items()}


def _dated(tx: Transaction) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = json.loads(get(tx, "rules") or "{}")
    return found


def last_applied(tx: Transaction) -> tuple[str, datetime] | None:
    """What was applied last, and when; None if nothing ever was."""
    configuration, at = get(tx, "applied"), get(tx, "applied_at")
    return (configuration, from_micros(int(at))) if configuration and at else None
