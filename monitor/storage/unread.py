"""Unread entries: claimed to be read, read, or to be tried again."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from monitor.models import Entry, WaitingEntry
from monitor.storage.database import Row, Transaction, from_micros, maybe_time
from monitor.storage.hosts import HostClaim

MAX_DEATHS = 5

_WAITING = """
    SELECT entry.id, entry.feed_id, feed.name AS feed, feed.title AS feed_title,
           feed.language AS feed_language, entry.revision, entry.first_seen,
           entry.tries, entry.state, entry.recheck_at, entry.rechecks, entry.missing,
           entry.guid, t.url, t.title, t.summary, t.content, t.author,
           t.tags, t.source_url, t.language, t.published_at
      FROM entry
      JOIN feed ON feed.id = entry.feed_id
      JOIN entry_text t ON t.entry_id = entry.id AND t.revision = entry.revision
"""


def _waiting(row: Row, token: str, now: datetime) -> WaitingEntry:
    recheck_at = maybe_time(row["recheck_at"])
    told = row["state"] == "read" and recheck_at is not None and recheck_at <= now
    return WaitingEntry(
        id=row["id"],
        feed_id=row["feed_id"],
        feed=row["feed"],
        feed_title=row["feed_title"],
        revision=row["revision"],
        first_seen=from_micros(row["first_seen"]),
        tries=row["tries"],
        recheck=row["rechecks"] + 1 if told else 0,
        missing=bool(row["missing"]),
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
        return [_waiting(row, token, now) for row in rows]
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
        f"""
        {_WAITING}
         WHERE entry.due_at = :until
           AND entry.page_host_id IS NULL
           AND entry.token = :token
         ORDER BY entry.id
        """,
        token=token,
        until=now + lease,
    )
    return [_waiting(row, token, now) for row in rows]


def claim_pages(
    tx: Transaction, claim: HostClaim, *, now: datetime, limit: int
) -> list[WaitingEntry]:
    """Take entries whose page lies on a claimed host."""
    if not limit:
        return []
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
    return [_waiting(row, claim.token, now) for row in rows]


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


def find_remembered(
    tx: Transaction, *, since: datetime, before: int | None, limit: int
) -> list[WaitingEntry]:
    """The next entries below an id, newest first, that are known but were never read.

    Such are those of a silent first run, and what was too old or is held.
    """
    rows = tx.all(
        f"""
        {_WAITING}
         WHERE entry.first_seen >= :since
           AND (CAST(:before AS BIGINT) IS NULL OR entry.id < :before)
           AND NOT EXISTS (SELECT 1 FROM article WHERE article.entry_id = entry.id)
         ORDER BY entry.id DESC
         LIMIT :limit
        """,  # noqa: S608 - only our own text is put in
        since=since,
        before=before,
        limit=limit,
    )
    return [_waiting(row, "", since) for row in rows]


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
    """Mark an entry as read; with ``retry_at`` its page is tried again then.

    Else it is due when it is to be read again because it was told, if it was.
    """
    tx.run(
        """
        UPDATE entry
           SET state = 'read',
               due_at = COALESCE(:retry_at, recheck_at),
               tries = tries + :tried,
               token = NULL,
               alone = 0
         WHERE id = :id
        """,
        id=waiting.id,
        retry_at=retry_at,
        tried=retry_at is not None,
    )
