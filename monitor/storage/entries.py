"""Entries: what feeds showed."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.models import Entry, EntryState, Key, Kind, KnownEntry
from monitor.storage.database import Transaction, listed, maybe_time
from monitor.storage.hosts import bring_forward


def known_entries(
    tx: Transaction, feed_id: int, keys: Iterable[Key]
) -> dict[Key, KnownEntry]:
    """Which of the keys of a feed are stored, and for what."""
    found = {}
    hashes = sorted({key.hash for key in keys})
    for start in range(0, len(hashes), 400):
        inside, names = listed("k", hashes[start : start + 400])
        rows = tx.all(
            f"""
            SELECT entry_key.kind, entry_key.hash, entry.id, revision, text_hash,
                   title_hash, published_at, state
              FROM entry_key
              JOIN entry ON entry.id = entry_key.entry_id
             WHERE entry_key.feed_id = :feed_id
               AND entry_key.hash IN ({inside})
            """,  # noqa: S608 - only parameter names are put in
            feed_id=feed_id,
            **names,
        )
        for row in rows:
            found[Key(Kind(row["kind"]), row["hash"])] = KnownEntry(
                entry_id=row["id"],
                revision=row["revision"],
                text_hash=row["text_hash"],
                title_hash=row["title_hash"],
                published=maybe_time(row["published_at"]),
                state=EntryState(row["state"]),
            )
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """How a new entry is stored.

    ``page_host_id`` is the host to ask for its page, None if it needs none.
    """

    feed_id: int
    entry: Entry
    keys: Sequence[Key]
    text_hash: str
    title_hash: str
    state: EntryState
    published: datetime | None
    now: datetime
    page_host_id: int | None = None
    flood_id: int | None = None


def add_entries(tx: Transaction, new: Sequence[Stored]) -> list[int]:
    """Store new entries with their keys and first texts; their ids, in order."""
    ids = [_add_entry(tx, one) for one in new]
    pairs = list(zip(new, ids, strict=True))
    keys = [(one.feed_id, key, id_) for one, id_ in pairs for key in one.keys]
    _add_keys(tx, keys)
    texts = [_text(id_, 0, one.entry, one.published, one.now) for one, id_ in pairs]
    tx.many(_ADD_TEXT, texts)
    return ids


def _add_entry(tx: Transaction, new: Stored) -> int:
    row = tx.one(
        """
        INSERT INTO entry (feed_id, state, guid, url, text_hash, title_hash,
                           published_at, first_seen, last_seen, eligible_at, flood_id,
                           page_host_id, due_at)
        VALUES (:feed_id, :state, :guid, :url, :text_hash, :title_hash, :published,
                :now, :now, :now, :flood_id, :page_host_id, :due_at)
     RETURNING id
        """,
        feed_id=new.feed_id,
        state=new.state,
        guid=new.entry.guid,
        url=new.entry.url,
        text_hash=new.text_hash,
        title_hash=new.title_hash,
        published=new.published,
        now=new.now,
        flood_id=new.flood_id,
        page_host_id=new.page_host_id,
        due_at=new.now if new.state is EntryState.WAITING else None,
    )
    return int(row["id"]) if row else 0


def add_keys(tx: Transaction, feed_id: int, keys: Iterable[tuple[Key, int]]) -> None:
    """Let entries be known by further keys; a key belongs to who had it last."""
    _add_keys(tx, [(feed_id, key, entry_id) for key, entry_id in keys])


def _add_keys(tx: Transaction, keys: Sequence[tuple[int, Key, int]]) -> None:
    tx.many(
        """
        INSERT INTO entry_key (feed_id, kind, hash, entry_id)
        VALUES (:feed_id, :kind, :hash, :entry_id)
            ON CONFLICT (feed_id, hash, kind) DO UPDATE
           SET entry_id = excluded.entry_id
        """,
        [
            {
                "feed_id": feed_id,
                "kind": key.kind.value,
                "hash": key.hash,
                "entry_id": entry_id,
            }
            for feed_id, key, entry_id in keys
        ],
    )


_ADD_TEXT = """
    INSERT INTO entry_text (entry_id, revision, seen_at, url, title, summary,
                            content, author, tags, source_url, language,
                            published_at)
    VALUES (:entry_id, :revision, :now, :url, :title, :summary,
            :content, :author, :tags, :source_url, :language, :published)
"""


def _text(
    entry_id: int,
    revision: int,
    entry: Entry,
    published: datetime | None,
    now: datetime,
) -> dict[str, object]:
    return {
        "entry_id": entry_id,
        "revision": revision,
        "now": now,
        "url": entry.url,
        "title": entry.title,
        "summary": entry.summary,
        "content": entry.content,
        "author": entry.author,
        "tags": json.dumps(entry.tags, ensure_ascii=False) if entry.tags else "[]",
        "source_url": entry.source_url,
        "language": entry.language,
        "published": published,
    }


def revise_entry(
    tx: Transaction,
    known: KnownEntry,
    *,
    entry: Entry,
    text_hash: str,
    title_hash: str,
    published: datetime | None,
    now: datetime,
) -> None:
    """Store a changed text as the next revision; read entries are read again."""
    revision = known.revision + 1
    tx.many(_ADD_TEXT, [_text(known.entry_id, revision, entry, published, now)])
    tx.run(
        """
        UPDATE entry
           SET revision = :revision,
               text_hash = :text_hash,
               title_hash = :title_hash,
               tries = 0,
               state = CASE WHEN state = 'read' THEN 'waiting' ELSE state END,
               due_at = CASE WHEN state = 'read' THEN :now ELSE due_at END
         WHERE id = :id
        """,
        id=known.entry_id,
        revision=revision,
        text_hash=text_hash,
        title_hash=title_hash,
        now=now,
    )


def mark_seen(tx: Transaction, ids: Iterable[int], now: datetime) -> None:
    """Remember that entries stand in their feed's document now."""
    tx.many(
        "UPDATE entry SET last_seen = :now WHERE id = :id",
        [{"id": i, "now": now} for i in ids],
    )


def let_in(tx: Transaction, where: str, now: datetime, **values: object) -> int:
    """Let entries in that were only remembered; how many. ``where`` is our own SQL."""
    count = tx.run(
        f"""
        UPDATE entry
           SET state = 'waiting',
               due_at = :now,
               eligible_at = :now
         WHERE {where}
        """,  # noqa: S608 - only our own text is put in
        now=now,
        **values,
    )
    hosts = tx.all(
        """
        SELECT DISTINCT page_host_id AS id
          FROM entry
         WHERE due_at = :now
           AND page_host_id IS NOT NULL
         ORDER BY id
        """,
        now=now,
    )
    for host in hosts:
        bring_forward(tx, host["id"], now)
    return count


def backfill(tx: Transaction, *, now: datetime, reach: timedelta) -> int:
    """Let the entries of silent first runs in that were published within ``reach``.

    Where no date is known the first sighting counts.
    """
    return let_in(
        tx,
        """state = 'baseline'
           AND COALESCE(published_at, first_seen) >= :since""",
        now,
        since=now - reach,
    )


def count_by_state(tx: Transaction) -> dict[str, int]:
    """How many entries are in which state."""
    rows = tx.all("SELECT state, COUNT(*) AS n FROM entry GROUP BY state")
    return {r["state"]: r["n"] for r in rows}


def set_aside(tx: Transaction) -> list[tuple[str, str]]:
    """Feed and URL of the entries that killed the process too often."""
    rows = tx.all(
        """
        SELECT feed.name, entry.url
          FROM entry
          JOIN feed ON feed.id = entry.feed_id
         WHERE entry.state = 'set-aside'
         ORDER BY entry.id
        """
    )
    return [(r["name"], r["url"]) for r in rows]
