"""The last document of each feed: which entries stood where in it."""

import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from monitor.models import Key, Kind, Remembered
from monitor.storage.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class LastDocument:
    """Its entries by their spans, and how many changes ago all were parsed."""

    changes: int = 0
    entries: tuple[Remembered, ...] = ()


def last_document(tx: Transaction, feed_id: int) -> LastDocument:
    """What is remembered of a feed's last document; nothing if it was not safe to."""
    row = tx.one("SELECT * FROM feed_document WHERE feed_id = :id", id=feed_id)
    if row is None:
        return LastDocument()
    return LastDocument(
        changes=row["changes"],
        entries=tuple(
            Remembered(
                span=span,
                entry_id=entry_id,
                keys=tuple(Key(Kind(kind), hash_) for kind, hash_ in keys),
            )
            for span, entry_id, *keys in json.loads(zlib.decompress(row["entries"]))
        ),
    )


def remember_document(
    tx: Transaction, feed_id: int, *, changes: int, entries: Iterable[Remembered]
) -> None:
    """Remember a document instead of the one before; without entries, forget it."""
    rows = [[one.span, one.entry_id, *one.keys] for one in entries]
    tx.run(
        """
        INSERT INTO feed_document (feed_id, changes, entries)
        VALUES (:id, :changes, :entries)
            ON CONFLICT (feed_id) DO UPDATE
           SET changes = excluded.changes,
               entries = excluded.entries
        """,
        id=feed_id,
        changes=changes,
        entries=zlib.compress(json.dumps(rows).encode(), 1),
    )
