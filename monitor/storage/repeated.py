"""Lines that stand in several articles of one feed."""

from collections.abc import Collection
from datetime import datetime

from monitor.storage.copies import day_of
from monitor.storage.database import Transaction, listed

_ENOUGH = 2


def repeated_lines(
    tx: Transaction, feed_id: int, entry_id: int, hashes: Collection[int]
) -> dict[int, tuple[int, ...]]:
    """The lines that stand in two other entries of a feed or more, with two of these."""
    if not hashes:
        return {}
    inside, names = listed("hash", hashes)
    rows = tx.all(
        f"""
        SELECT hash, first_entry, second_entry, third_entry
          FROM repeated_line
         WHERE feed_id = :feed_id
           AND hash IN ({inside})
        """,  # noqa: S608 - only our own parameter names are put in
        feed_id=feed_id,
        **names,
    )
    found = {}
    for row in rows:
        seen = (row["first_entry"], row["second_entry"], row["third_entry"])
        others = tuple(one for one in seen if one not in (None, entry_id))
        if len(others) >= _ENOUGH:
            found[int(row["hash"])] = others
    return found


def add_lines(
    tx: Transaction, feed_id: int, entry_id: int, hashes: Collection[int], now: datetime
) -> None:
    """Remember that lines stand in an entry."""
    tx.many(
        """
        INSERT INTO repeated_line (feed_id, hash, day, first_entry)
        VALUES (:feed_id, :hash, :day, :entry_id)
            ON CONFLICT (feed_id, hash) DO UPDATE
           SET day = :day,
               third_entry = CASE
                   WHEN repeated_line.third_entry IS NULL
                    AND repeated_line.second_entry IS NOT NULL
                    AND repeated_line.first_entry <> :entry_id
                    AND repeated_line.second_entry <> :entry_id
                   THEN :entry_id ELSE repeated_line.third_entry END,
               second_entry = CASE
                   WHEN repeated_line.second_entry IS NULL
                    AND repeated_line.first_entry <> :entry_id
                   THEN :entry_id ELSE repeated_line.second_entry END
        """,
        [
            {
                "feed_id": feed_id,
                "hash": one,
                "day": day_of(now),
                "entry_id": entry_id,
            }
            for one in sorted(hashes)
        ],
    )


def titles_of(tx: Transaction, entry_ids: Collection[int]) -> list[str]:
    """The titles of some entries."""
    inside, names = listed("id", entry_ids)
    rows = tx.all(
        f"""
        SELECT t.title
          FROM entry
          JOIN entry_text t ON t.entry_id = entry.id AND t.revision = entry.revision
         WHERE entry.id IN ({inside})
        """,  # noqa: S608 - only our own parameter names are put in
        **names,
    )
    return [row["title"] for row in rows]
