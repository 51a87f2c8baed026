"""Digests: what is due for whom, and what was told."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.models import (
    Alert,
    Cause,
    DueMatch,
    StoryMember,
)
from monitor.storage.articles import article_from, match_from
from monitor.storage.database import Row, Transaction, from_micros, listed, maybe_time
from monitor.storage.settled import settled_to

_UNIT_IDS = {
    "story": ("g.story_id", "story.public_id"),
    "group": ("g.id", "g.public_id"),
    "entry": ("e.id", "g.public_id"),
}
MAX_DUE = 20_000


def due_matches(tx: Transaction, subscriber: str, unit: str) -> list[DueMatch]:
    """The matches that a subscriber was not told yet, oldest first.

    Found by absence from ``told_match``, never by a cursor: the commits of several
    nodes become visible out of order. What was settled long ago is not looked at again.

    SQLite's planner is led by the hand ("+ 0", CROSS JOIN): without that it walks over
    all that was ever told, for each match that is due.
    """
    number, public_id = _UNIT_IDS[unit]
    rows = tx.each(
        f"""
        WITH untold AS MATERIALIZED (
            SELECT m.id, s.since_at
              FROM subscription s
              JOIN rule_match m ON m.rule = s.rule AND m.id > :settled
             WHERE s.subscriber = :subscriber
               AND m.matched_at + 0 >= s.since_at
               AND NOT EXISTS (SELECT 1 FROM told_match t
                                WHERE t.subscriber = :subscriber
                                  AND t.match_id = m.id)
        )
        SELECT m.id AS match_id, m.rule, m.rule_hash, m.score, m.weak, m.hits,
               m.matched_at, a.*, a.id AS article_id, feed.name AS feed, e.guid,
               e.first_seen, g.id AS group_number, {number} AS unit_number,
               {public_id} AS public_id,
               (SELECT COUNT(*) FROM told t
                 WHERE t.subscriber = :subscriber
                   AND t.unit = :prefix || CAST({number} AS TEXT)) AS told,
               (SELECT MAX(t.at + 0) FROM told t
                 WHERE t.subscriber = :subscriber
                   AND t.unit = :prefix || CAST({number} AS TEXT)) AS told_at,
               (SELECT COUNT(t.told_id) FROM rule_match other CROSS JOIN told_match t
                 WHERE other.entry_id = m.entry_id
                   AND t.match_id = other.id
                   AND t.subscriber = :subscriber) AS entry_told,
               (SELECT COUNT(t.told_id) FROM rule_match other CROSS JOIN told_match t
                 WHERE other.entry_id = m.entry_id
                   AND other.rule = m.rule
                   AND t.match_id = other.id
                   AND t.subscriber = :subscriber) AS pair_told
          FROM untold
          JOIN rule_match m ON m.id = untold.id
          JOIN article a ON a.id = m.article_id
          JOIN entry e ON e.id = m.entry_id
          JOIN feed ON feed.id = e.feed_id
          JOIN copy_group g ON g.id = a.group_id
          JOIN story ON story.id = g.story_id
         WHERE e.eligible_at >= untold.since_at
           AND story.muted_at IS NULL
           AND NOT EXISTS (SELECT 1 FROM muted
                            WHERE muted.subscriber = :subscriber
                              AND muted.story_id = story.id)
         ORDER BY m.id
         LIMIT :limit
        """,  # noqa: S608 - only our own column names are put in
        subscriber=subscriber,
        prefix=f"{unit}:",
        settled=settled_to(tx, subscriber),
        limit=MAX_DUE,
    )
    return [_due(row, unit) for row in rows]


def _due(row: Row, unit: str) -> DueMatch:
    return DueMatch(
        match_id=row["match_id"],
        match=match_from(row),
        article_id=row["article_id"],
        entry_id=row["entry_id"],
        entry_revision=row["revision"],
        article=article_from(row),
        guid=row["guid"],
        first_seen=from_micros(row["first_seen"]),
        matched_at=from_micros(row["matched_at"]),
        unit=f"{unit}:{row['unit_number']}",
        unit_id=row["public_id"],
        group_id=row["group_number"],
        copy_of=row["copy_of"],
        told=row["told"],
        told_at=maybe_time(row["told_at"]),
        entry_told=bool(row["entry_told"]),
        pair_told=bool(row["pair_told"]),
        news=Cause(row["news"]) if row["news"] else None,
        note=row["note"],
    )


def members(tx: Transaction, unit: str, met: str = "") -> Iterator[StoryMember]:
    """The articles of a unit, matching or not: the latest reading of each entry.

    ``met`` asks for the entries only that met this rule, in any reading. They come one by
    one, because a story that goes on for days has thousands; the copies of a text stand
    together, the first seen first.
    """
    kind, _, number = unit.partition(":")
    where = {"story": "g.story_id", "group": "g.id", "entry": "a.entry_id"}[kind]
    values: dict[str, object] = {"number": int(number)}
    if met:
        values["met"] = met
    only = """
           AND EXISTS (SELECT 1 FROM rule_match m
                        WHERE m.entry_id = a.entry_id AND m.rule = :met)
    """
    for row in tx.each(
        f"""
        SELECT a.id, a.url, a.title, a.source, feed.name AS feed, e.guid,
               a.published_at, a.origin, e.first_seen, a.group_id
          FROM article a
          JOIN copy_group g ON g.id = a.group_id
          JOIN entry e ON e.id = a.entry_id
          JOIN feed ON feed.id = e.feed_id
         WHERE {where} = :number
           AND a.id = (SELECT MAX(l.id) FROM article l WHERE l.entry_id = a.entry_id)
           {only if met else ""}
         ORDER BY a.group_id, e.first_seen, a.id
        """,  # noqa: S608 - only our own column names are put in
        **values,
    ):
        yield StoryMember(
            article_id=row["id"],
            url=row["url"],
            title=row["title"],
            source=row["source"],
            feed=row["feed"],
            guid=row["guid"],
            published=maybe_time(row["published_at"]),
            first_seen=from_micros(row["first_seen"]),
            group_id=row["group_id"],
            origin=row["origin"],
        )


def rules_met(
    tx: Transaction, article_ids: Collection[int]
) -> dict[int, tuple[str, ...]]:
    """The rules that the entries of some articles met, in any reading."""
    if not article_ids:
        return {}
    found: dict[int, tuple[str, ...]] = {}
    inside, names = listed("id", article_ids)
    for row in tx.each(
        f"""
        SELECT DISTINCT a.id, m.rule
          FROM article a
          JOIN rule_match m ON m.entry_id = a.entry_id
         WHERE a.id IN ({inside})
         ORDER BY a.id, m.rule
        """,  # noqa: S608 - only our own parameter names are put in
        **names,
    ):
        found[row["id"]] = (*found.get(row["id"], ()), row["rule"])
    return found


def last_weak_at(tx: Transaction, subscriber: str, since: datetime) -> datetime | None:
    """When a subscriber was last told of what was found beside the main text only."""
    row = tx.one(
        """
        SELECT MAX(at) AS at
          FROM told
         WHERE subscriber = :name
           AND at >= :since
           AND weak = 1
        """,
        name=subscriber,
        since=since,
    )
    return maybe_time(row["at"]) if row else None


def recent_alerts(tx: Transaction, subscriber: str, since: datetime) -> list[Alert]:
    """The stories that a subscriber was told at once since a time."""
    rows = tx.all(
        """
        SELECT told.rules, told.digest_id, told.at
          FROM told
          JOIN digest ON digest.id = told.digest_id
         WHERE told.subscriber = :subscriber
           AND told.at >= :since
           AND digest.kind = 'instant'
         ORDER BY told.id
        """,
        subscriber=subscriber,
        since=since,
    )
    return [
        Alert(
            rules=tuple(json.loads(row["rules"])),
            message=row["digest_id"],
            at=from_micros(row["at"]),
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """That a subscriber is told of a unit; ``number`` 0 is "new"."""

    unit: str
    number: int
    cause: Cause | None
    rules: tuple[str, ...]
    article_id: int
    weak: bool
    match_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDigest:
    """A digest to be stored."""

    public_id: str
    subscriber: str
    slot: str
    kind: str
    subject: str
    window: tuple[datetime, datetime] | None
    now: datetime
    tellings: Sequence[Telling] = ()


def add_digest(tx: Transaction, new: NewDigest) -> int | None:
    """Store a digest and what it tells; None if its slot is taken already."""
    row = tx.one(
        """
        INSERT INTO digest (public_id, subscriber, slot, kind, subject, stories,
                            window_from, window_to, created_at)
        VALUES (:public_id, :subscriber, :slot, :kind, :subject, :stories,
                :window_from, :window_to, :now)
            ON CONFLICT DO NOTHING
     RETURNING id
        """,
        public_id=new.public_id,
        subscriber=new.subscriber,
        slot=new.slot,
        kind=new.kind,
        subject=new.subject,
        stories=len(new.tellings),
        window_from=new.window[0] if new.window else None,
        window_to=new.window[1] if new.window else None,
        now=new.now,
    )
    if row is None:
        return None
    for telling in new.tellings:
        _tell(tx, new, int(row["id"]), telling)
    if new.window:
        tx.run(
            "UPDATE subscriber SET told_until = :at WHERE name = :name",
            name=new.subscriber,
            at=new.window[1],
        )
    return int(row["id"])


def _tell(tx: Transaction, new: NewDigest, digest_id: int, telling: Telling) -> None:
    row = tx.one(
        """
        INSERT INTO told (subscriber, unit, number, cause, weak, rules, article_id,
                          digest_id, at)
        VALUES (:subscriber, :unit, :number, :cause, :weak, :rules, :article_id,
                :digest_id, :now)
     RETURNING id
        """,
        subscriber=new.subscriber,
        unit=telling.unit,
        number=telling.number,
        cause=telling.cause,
        weak=telling.weak,
        rules=json.dumps(telling.rules, ensure_ascii=False),
        article_id=telling.article_id,
        digest_id=digest_id,
        now=new.now,
    )
    settle(tx, new.subscriber, telling.match_ids, row["id"] if row else None)


def settle(
    tx: Transaction, subscriber: str, match_ids: Iterable[int], told_id: int | None
) -> None:
    """Mark matches as dealt with; without ``told_id`` they were not worth a word."""
    tx.many(
        """
        INSERT INTO told_match (subscriber, match_id, told_id)
        VALUES (:subscriber, :match_id, :told_id)
            ON CONFLICT (subscriber, match_id) DO NOTHING
        """,
        [
            {"subscriber": subscriber, "match_id": m, "told_id": told_id}
            for m in match_ids
        ],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldLine:
    """How a subscriber was told of an entry, for ``why``."""

    subscriber: str
    number: int
    cause: str | None
    at: datetime
    slot: str
    kind: str
    by_this_entry: bool
    deliveries: tuple[str, ...]


def told_of(tx: Transaction, entry_id: int) -> list[ToldLine]:
    """Every telling of the story an entry belongs to."""
    rows = tx.all(
        """
        SELECT told.id, told.subscriber, told.number, told.cause, told.at,
               digest.id AS digest_id, digest.slot, digest.kind,
               (SELECT COUNT(*) FROM told_match tm
                  JOIN rule_match m ON m.id = tm.match_id
                 WHERE tm.told_id = told.id AND m.entry_id = :entry_id) AS own
          FROM told
          JOIN digest ON digest.id = told.digest_id
         WHERE told.unit IN (
               SELECT 'entry:' || CAST(a.entry_id AS TEXT) FROM article a
                WHERE a.entry_id = :entry_id
               UNION
               SELECT 'group:' || CAST(a.group_id AS TEXT) FROM article a
                WHERE a.entry_id = :entry_id
               UNION
               SELECT 'story:' || CAST(g.story_id AS TEXT) FROM article a
                 JOIN copy_group g ON g.id = a.group_id
                WHERE a.entry_id = :entry_id)
         ORDER BY told.at, told.id
        """,
        entry_id=entry_id,
    )
    return [
        ToldLine(
            subscriber=r["subscriber"],
            number=r["number"],
            cause=r["cause"],
            at=from_micros(r["at"]),
            slot=r["slot"],
            kind=r["kind"],
            by_this_entry=bool(r["own"]),
            deliveries=_delivery_lines(tx, r["digest_id"]),
        )
        for r in rows
    ]


def _delivery_lines(tx: Transaction, digest_id: int) -> tuple[str, ...]:
    rows = tx.all(
        """
        SELECT channel, target, state
          FROM delivery
         WHERE digest_id = :id
         ORDER BY id
        """,
        id=digest_id,
    )
    return tuple(f"{r['state']} {r['channel']} {r['target']}".rstrip() for r in rows)
