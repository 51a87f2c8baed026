"""Floods: polls with more new entries than anything explains, held for a person."""

from dataclasses import dataclass
from datetime import datetime

from monitor.storage.database import Transaction, from_micros
from monitor.storage.entries import let_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """A flood that is held."""

    id: int
    feed: str
    at: datetime
    entries: int
    example: str


def hold_flood(tx: Transaction, feed_id: int, entries: int, now: datetime) -> int:
    """Open a flood; the entries are stored with its id."""
    row = tx.one(
        """
        INSERT INTO flood (feed_id, at, entries, state)
        VALUES (:feed_id, :now, :entries, 'held')
     RETURNING id
        """,
        feed_id=feed_id,
        now=now,
        entries=entries,
    )
    return int(row["id"]) if row else 0


def held_floods(tx: Transaction) -> list[Flood]:
    """The floods that wait for a decision, oldest first."""
    rows = tx.all(
        """
        SELECT flood.id, feed.name AS feed, flood.at, flood.entries,
               (SELECT t.title FROM entry JOIN entry_text t ON t.entry_id = entry.id
                 WHERE entry.flood_id = flood.id ORDER BY entry.id LIMIT 1) AS example
          FROM flood
          JOIN feed ON feed.id = flood.feed_id
         WHERE flood.state = 'held'
         ORDER BY flood.id
        """
    )
    return [
        Flood(
            id=r["id"],
            feed=r["feed"],
            at=from_micros(r["at"]),
            entries=r["entries"],
            example=r["example"] or "",
        )
        for r in rows
    ]


def release_flood(tx: Transaction, flood_id: int, now: datetime) -> int | None:
    """Let a held flood's entries in; how many, or None if no such flood is held."""
    if not _decide(tx, flood_id, "released", now):
        return None
    return let_in(tx, "flood_id = :id AND state = 'held'", now, id=flood_id)


def drop_flood(tx: Transaction, flood_id: int, now: datetime) -> int | None:
    """Keep a held flood's entries as known, and tell nobody; how many."""
    if not _decide(tx, flood_id, "dropped", now):
        return None
    return tx.run(
        "UPDATE entry SET state = 'dropped' WHERE flood_id = :id AND state = 'held'",
        id=flood_id,
    )


def _decide(tx: Transaction, flood_id: int, state: str, now: datetime) -> bool:
    return bool(
        tx.run(
            """
            UPDATE flood
               SET state = :state,
                   decided_at = :now
             WHERE id = :id
               AND state = 'held'
            """,
            id=flood_id,
            state=state,
            now=now,
        )
    )
