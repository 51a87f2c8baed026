"""Entries: what feeds showed, and which of it waits to be read."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.models import Entry, EntryState, KnownEntry, WaitingEntry
from monitor.storage.database import Row, Transaction, from_micros, maybe_time
from monitor.storage.hosts import HostClaim, bring_forward

MAX_DEATHS = 5
Key = tuple[str, str]


def known_entries(
    tx: Transaction, feed_id: int, keys: Iterable[Key]
) -> dict[Key, KnownEntry]:
    """Which of the keys (kind, hash) of a feed are stored, and for what."""
    found = {}
    hashes = sorted({hash_ for _, hash_ in keys})
    for start in range(0, len(hashes), 400):
        names = {f"k{n}": h for n, h in enumerate(hashes[start : start + 400])}
        rows = tx.all(
            f"""
            SELECT entry_key.kind, entry_key.hash, entry.id, revision, text_hash, state
              FROM entry_key
              JOIN entry ON entry.id = entry_key.entry_id
             WHERE entry_key.feed_id = :feed_id
               AND entry_key.hash IN ({", ".join(f":{name}" for name in names)})
            """,  # noqa: S608 - only parameter names are put in
            feed_id=feed_id,
            **names,
        )
        for row in rows:
            found[row["kind"], row["hash"]] = KnownEntry(
                entry_id=row["id"],
                revision=row["revision"],
                text_hash=row["text_hash"],
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
    state: EntryState
    published: datetime | None
    now: datetime
    page_host_id: int | None = None
    flood_id: int | None = None


def add_entry(tx: Transaction, new: Stored) -> int:
    """Store a new entry with its keys and first text; its id."""
    row = tx.one(
        """
        INSERT INTO entry (feed_id, state, guid, url, text_hash, published_at,
                           first_seen, last_seen, eligible_at, flood_id,
                           page_host_id, due_at)
        VALUES (:feed_id, :state, :guid, :url, :text_hash, :published,
                :now, :now, :now, :flood_id, :page_host_id, :due_at)
     RETURNING id
        """,
        feed_id=new.feed_id,
        state=new.state,
        guid=new.entry.guid,
        url=new.entry.url,
        text_hash=new.text_hash,
        published=new.published,
        now=new.now,
        flood_id=new.flood_id,
        page_host_id=new.page_host_id,
        due_at=new.now if new.state is EntryState.WAITING else None,
    )
    entry_id = int(row["id"]) if row else 0
    tx.many(
        """
        INSERT INTO entry_key (feed_id, kind, hash, entry_id)
        VALUES (:feed_id, :kind, :hash, :entry_id)
            ON CONFLICT (feed_id, kind, hash) DO NOTHING
        """,
        [
            {"feed_id": new.feed_id, "kind": k, "hash": h, "entry_id": entry_id}
            for k, h in new.keys
        ],
    )
    _add_text(tx, entry_id, 0, new.entry, new.published, new.now)
    return entry_id


def _add_text(
    tx: Transaction,
    entry_id: int,
    revision: int,
    entry: Entry,
    published: datetime | None,
    now: datetime,
) -> None:
    tx.run(
        """
        INSERT INTO entry_text (entry_id, revision, seen_at, url, title, summary,
                                content, author, tags, source_url, language,
                                published_at)
        VALUES (:entry_id, :revision, :now, :url, :title, :summary,
                :content, :author, :tags, :source_url, :language, :published)
        """,
        entry_id=entry_id,
        revision=revision,
        now=now,
        url=entry.url,
        title=entry.title,
        summary=entry.summary,
        content=entry.content,
        author=entry.author,
        tags=json.dumps(entry.tags, ensure_ascii=False),
        source_url=entry.source_url,
        language=entry.language,
        published=published,
    )


def revise_entry(
    tx: Transaction,
    known: KnownEntry,
    *,
    entry: Entry,
    text_hash: str,
    published: datetime | None,
    now: datetime,
) -> None:
    """Store a changed text as the next revision; read entries are read again."""
    revision = known.revision + 1
    _add_text(tx, known.entry_id, revision, entry, published, now)
    tx.run(
        """
        UPDATE entry
           SET revision = :revision,
               text_hash = :text_hash,
               tries = 0,
               state = CASE WHEN state = 'read' THEN 'waiting' ELSE state END,
               due_at = CASE WHEN state = 'read' THEN :now ELSE due_at END
         WHERE id = :id
        """,
        id=known.entry_id,
        revision=revision,
        text_hash=text_hash,
        now=now,
    )


def mark_seen(tx: Transaction, ids: Iterable[int], now: datetime) -> None:
    """Remember that entries stand in their feed's document now."""
    tx.many(
        "UPDATE entry SET last_seen = :now WHERE id = :id",
        [{"id": i, "now": now} for i in ids],
    )


_WAITING = """
    SELECT entry.id, entry.feed_id, feed.name AS feed, feed.title AS feed_title,
           feed.language AS feed_language, entry.revision, entry.first_seen,
           entry.tries, entry.guid, t.url, t.title, t.summary, t.content, t.author,
           t.tags, t.source_url, t.language, t.published_at
      FROM entry
      JOIN feed ON feed.id = entry.feed_id
      JOIN entry_text t ON t.entry_id = entry.id AND t.revision = entry.revision
"""


def _waiting(row: Row, token: str) -> WaitingEntry:
    return WaitingEntry(
        id=row["id"],
        feed_id=row["feed_id"],
        feed=row["feed"],
        feed_title=row["feed_title"],
        revision=row["revision"],
        first_seen=from_micros(row["first_seen"]),
        tries=row["tries"],
        token=token,
        entry=_entry(row),
    )


def _entry(row: Row) -> Entry:
    return Entry(
        guid=row["guid"],
        url=row["url"],
        title=row["title"],
        summary=row["summary"],
        content=row["content"],
        published=maybe_time(row["published_at"]),
        author=row["author"],
        tags=tuple(json.loads(row["tags"])),
        source_url=row["source_url"],
        language=row["language"] or row["feed_language"],
    )


def claim_entries(
    tx: Transaction, *, token: str, now: datetime, lease: timedelta, limit: int
) -> list[WaitingEntry]:
    """Take entries that need no page; those a dead process held come one by one."""
    leftover = _leftover(tx, "page_host_id IS NULL", {"now": now})
    if leftover is not None:
        values: dict[str, object] = {"token": token, "until": now + lease}
        tx.run(
            "UPDATE entry SET token = :token, due_at = :until WHERE id = :id",
            id=leftover,
            **values,
        )
        rows = tx.all(f"{_WAITING} WHERE entry.id = :id", id=leftover)
        return [_waiting(row, token) for row in rows]
    tx.run(
        """
        WITH due AS (
            SELECT id
              FROM entry
             WHERE due_at <= :now
               AND page_host_id IS NULL
             ORDER BY due_at, id
             LIMIT :limit /*skip locked*/
        )
        UPDATE entry
           SET due_at = :until,
               token = :token,
               alone = 0
          FROM due
         WHERE entry.id = due.id
        """,
        now=now,
        limit=limit,
        until=now + lease,
        token=token,
    )
    rows = tx.all(
        f"{_WAITING} WHERE entry.token = :token AND entry.due_at = :until ORDER BY entry.id",
        token=token,
        until=now + lease,
    )
    return [_waiting(row, token) for row in rows]


def claim_pages(
    tx: Transaction, claim: HostClaim, *, now: datetime, limit: int
) -> list[WaitingEntry]:
    """Take entries whose page lies on a claimed host."""
    where = "page_host_id = :host_id AND token <> :token"
    values: Mapping[str, object] = {"host_id": claim.id, "token": claim.token}
    leftover = _leftover(tx, where, {"now": now, **values})
    if leftover is not None:
        limit = 1
    tx.run(
        """
        UPDATE entry
           SET token = :token
         WHERE id IN (
            SELECT id
              FROM entry
             WHERE page_host_id = :host_id
               AND due_at <= :now
               AND (token IS NULL OR id = CAST(:leftover AS BIGINT))
             ORDER BY CASE WHEN token IS NULL THEN 1 ELSE 0 END, due_at, id
             LIMIT :limit
         )
        """,
        **values,
        now=now,
        leftover=leftover,
        limit=limit,
    )
    rows = tx.all(
        f"""
        {_WAITING}
         WHERE entry.page_host_id = :host_id
           AND entry.token = :token
           AND entry.due_at <= :now
         ORDER BY entry.due_at, entry.id
        """,
        now=now,
        **values,
    )
    return [_waiting(row, claim.token) for row in rows]


def _leftover(tx: Transaction, where: str, values: Mapping[str, object]) -> int | None:
    """One entry that a dead process held; five deaths alone set it aside.

    Only deaths while it was claimed alone count: in a batch any neighbour may have
    been the killer.
    """
    while True:
        row = tx.one(
            f"""
            SELECT id, alone, deaths
              FROM entry
             WHERE due_at <= :now
               AND token IS NOT NULL
               AND {where}
             ORDER BY due_at, id
             LIMIT 1 /*skip locked*/
            """,  # noqa: S608 - only our own text is put in
            **values,
        )
        if row is None:
            return None
        deaths = row["deaths"] + row["alone"]
        aside = deaths >= MAX_DEATHS
        tx.run(
            """
            UPDATE entry
               SET alone = 1,
                   deaths = :deaths,
                   state = CASE WHEN :aside = 1 THEN 'set-aside' ELSE state END,
                   due_at = CASE WHEN :aside = 1 THEN NULL ELSE due_at END,
                   token = CASE WHEN :aside = 1 THEN NULL ELSE token END
             WHERE id = :id
            """,
            id=row["id"],
            deaths=deaths,
            aside=aside,
        )
        if not aside:
            return int(row["id"])


def still_wanted(tx: Transaction, waiting: WaitingEntry) -> bool:
    """Whether a reading may be stored: the claim stands and the text is the latest.

    A newer revision stays due, so that it is not marked done by an older reading.
    """
    row = tx.one(
        "SELECT token, revision FROM entry WHERE id = :id /*for update*/", id=waiting.id
    )
    if row is None or row["token"] != waiting.token:
        return False
    if row["revision"] == waiting.revision:
        return True
    tx.run(
        "UPDATE entry SET token = NULL, alone = 0, due_at = :now WHERE id = :id",
        id=waiting.id,
        now=waiting.first_seen,
    )
    return False


def finish_entry(
    tx: Transaction, waiting: WaitingEntry, *, retry_at: datetime | None
) -> None:
    """Mark an entry as read; with ``retry_at`` its page is tried again then."""
    tx.run(
        """
        UPDATE entry
           SET state = 'read',
               due_at = :retry_at,
               tries = tries + :tried,
               token = NULL,
               alone = 0
         WHERE id = :id
        """,
        id=waiting.id,
        retry_at=retry_at,
        tried=retry_at is not None,
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
