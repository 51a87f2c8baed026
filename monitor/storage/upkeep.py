"""Forget what is older than it is kept, in small batches.

What is still needed to recognise an entry stays: its keys, as long as its feed may show
it. Texts, matches and payloads go.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.storage.database import Transaction, from_micros, listed, to_micros
from monitor.storage.documents import last_document
from monitor.storage.settled import matches_went

_LOOKED_AT = 25
_DONE = "('sent', 'dead', 'dropped', 'superseded', 'suppressed')"
# What an old article's telling settled of younger ones stays settled, without it.
# SQLite's index of words cannot delete; "db vacuum" files all articles anew.
_FORGET = """
    DELETE FROM told_match
     WHERE match_id IN (SELECT id FROM rule_match WHERE article_id IN (/*ids*/));
    UPDATE told_match SET told_id = NULL
     WHERE told_id IN (SELECT id FROM told WHERE article_id IN (/*ids*/));
    DELETE FROM told WHERE article_id IN (/*ids*/);
    DELETE FROM rule_match WHERE article_id IN (/*ids*/);
    DELETE FROM sketch WHERE article_id IN (/*ids*/);
    DELETE FROM copy_key WHERE article_id IN (/*ids*/);
    UPDATE article SET copy_of = NULL WHERE copy_of IN (/*ids*/);
    DELETE FROM article WHERE id IN (/*ids*/);
    SELECT 0 AS words_stay WHERE 0 IN (/*ids*/)
"""
_START = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How far a sweep over the articles has come."""

    at: datetime = _START
    id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What one batch forgot; ``mark`` is None when the sweep is over."""

    articles: int
    mark: Mark | None


def forget_articles(
    tx: Transaction,
    *,
    matched_before: datetime,
    unmatched_before: datetime,
    after: Mark,
    limit: int,
) -> Swept:
    """Forget old articles, ``limit`` at most: those that met no rule sooner.

    What met one and stays longer is passed by quickly, as it is each time.
    """
    rows = tx.all(
        """
        SELECT id, read_at, group_id, entry_id,
               EXISTS (SELECT 1 FROM rule_match
                        WHERE rule_match.article_id = article.id) AS matched
          FROM article
         WHERE read_at < :before
           AND (read_at > :at OR (read_at = :at AND id > :id))
         ORDER BY read_at, id
         LIMIT :limit
        """,
        before=max(matched_before, unmatched_before),
        at=after.at,
        id=after.id,
        limit=_LOOKED_AT * limit,
    )
    if not rows:
        return Swept(articles=0, mark=None)
    matched, unmatched = to_micros(matched_before), to_micros(unmatched_before)
    old, last = [], rows[-1]
    for row in rows:
        if row["read_at"] < (matched if row["matched"] else unmatched):
            old.append(row)
        if len(old) == limit:
            last = row
            break
    if old:
        _forget(tx, [row["id"] for row in old])
        _forget_texts(tx, {row["entry_id"] for row in old})
        _forget_groups(tx, {row["group_id"] for row in old})
    mark = Mark(at=from_micros(last["read_at"]), id=last["id"])
    return Swept(articles=len(old), mark=mark)


def _forget(tx: Transaction, ids: Sequence[int]) -> None:
    """Delete articles with all that points to them."""
    inside, names = listed("id", ids)
    for statement in _FORGET.split(";"):
        tx.run(statement.replace("/*ids*/", inside), **names)
    matches_went(tx)


def _forget_texts(tx: Transaction, entry_ids: Collection[int]) -> None:
    """Of entries whose articles are gone only titles and addresses are kept."""
    inside, names = listed("id", sorted(entry_ids))
    tx.run(
        f"""
        UPDATE entry_text
           SET summary = '', content = ''
         WHERE entry_id IN ({inside})
           AND NOT EXISTS (SELECT 1 FROM article
                            WHERE article.entry_id = entry_text.entry_id)
        """,  # noqa: S608 - only our own parameter names are put in
        **names,
    )


def _forget_groups(tx: Transaction, group_ids: Collection[int]) -> None:
    """Groups of copies without articles go, and stories without groups."""
    inside, names = listed("id", sorted(group_ids))
    empty = f"""
        SELECT id, story_id
          FROM copy_group
         WHERE id IN ({inside})
           AND NOT EXISTS (SELECT 1 FROM article
                            WHERE article.group_id = copy_group.id)
           AND NOT EXISTS (SELECT 1 FROM sketch
                            WHERE sketch.group_id = copy_group.id)
    """  # noqa: S608 - only our own parameter names are put in
    rows = tx.all(empty, **names)
    if not rows:
        return
    inside, names = listed("id", [row["id"] for row in rows])
    tx.run(f"DELETE FROM copy_group WHERE id IN ({inside})", **names)  # noqa: S608 - only our own parameter names are put in
    inside, names = listed("id", sorted({row["story_id"] for row in rows}))
    bare = f"""
        SELECT id
          FROM story
         WHERE id IN ({inside})
           AND NOT EXISTS (SELECT 1 FROM copy_group
                            WHERE copy_group.story_id = story.id)
    """  # noqa: S608 - only our own parameter names are put in
    for table in ("muted", "irrelevant"):
        tx.run(f"DELETE FROM {table} WHERE story_id IN ({bare})", **names)  # noqa: S608 - our own names
    tx.run(f"DELETE FROM story WHERE id IN ({bare})", **names)  # noqa: S608 - our own text


def feed_ids(tx: Transaction) -> list[int]:
    """All feeds that were ever configured."""
    return [row["id"] for row in tx.all("SELECT id FROM feed ORDER BY id")]


def forget_entries(
    tx: Transaction, feed_id: int, *, now: datetime, reach: timedelta, limit: int
) -> int:
    """Forget entries that a feed has not shown for ``reach``; how many.

    They are counted from its last whole answer, because a feed that answers "not
    modified" for a year shows what it showed before, and what stands in its last
    document is shown as well.
    """
    feed = tx.one(
        "SELECT configured, full_at FROM feed WHERE id = :id", id=feed_id
    ) or {"configured": 0, "full_at": None}
    seen = (
        from_micros(feed["full_at"]) if feed["configured"] and feed["full_at"] else now
    )
    shown = {one.entry_id for one in last_document(tx, feed_id).entries}
    rows = tx.all(
        """
        SELECT id
          FROM entry
         WHERE feed_id = :feed_id
           AND first_seen < :before
           AND last_seen < :before
           AND state NOT IN ('waiting', 'held')
           AND NOT EXISTS (SELECT 1 FROM article WHERE article.entry_id = entry.id)
           AND NOT EXISTS (SELECT 1 FROM rule_match WHERE rule_match.entry_id = entry.id)
         LIMIT :limit
        """,
        feed_id=feed_id,
        before=min(seen, now) - reach,
        limit=limit + len(shown),
    )
    ids = [row["id"] for row in rows if row["id"] not in shown][:limit]
    if not ids:
        return 0
    inside, names = listed("id", ids)
    for table, column in (
        ("entry_key", "entry_id"), ("entry_text", "entry_id"), ("entry", "id"),
    ):  # fmt: skip
        tx.run(f"DELETE FROM {table} WHERE {column} IN ({inside})", **names)  # noqa: S608 - our own names
    return len(ids)


def forget_deliveries(tx: Transaction, before: datetime, limit: int) -> int:
    """Forget messages that are done with, and the digests that nothing refers to."""
    count = tx.run(
        f"""
        DELETE FROM delivery
         WHERE id IN (SELECT id
                        FROM delivery
                       WHERE state IN {_DONE}
                         AND created_at < :before
                       LIMIT :limit)
        """,  # noqa: S608 - our own constant
        before=before,
        limit=limit,
    )
    count += tx.run(
        """
        DELETE FROM digest
         WHERE id IN (SELECT id
                        FROM digest
                       WHERE created_at < :before
                         AND NOT EXISTS (SELECT 1 FROM delivery
                                          WHERE delivery.digest_id = digest.id)
                         AND NOT EXISTS (SELECT 1 FROM told
                                          WHERE told.digest_id = digest.id)
                       LIMIT :limit)
        """,
        before=before,
        limit=limit,
    )
    return count


def take_turn(tx: Transaction, now: datetime, every: timedelta) -> bool:
    """Whether it is time to look after the tables; one node at a time does."""
    tx.serialise("upkeep")
    row = tx.one("SELECT value FROM setting WHERE name = 'upkeep_at'")
    if row and timedelta(0) <= now - from_micros(int(row["value"])) < every:
        return False
    tx.run(
        """
        INSERT INTO setting (name, value)
        VALUES ('upkeep_at', :at)
            ON CONFLICT (name) DO UPDATE SET value = :at
        """,
        at=str(to_micros(now)),
    )
    return True
