"""How copies find each other: by keys of their texts, a day at a time."""

import json
from array import array
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from monitor.models import Sketch
from monitor.storage.database import Row, Transaction, listed, to_micros

REACH_DAYS = 10
"""A copy is looked for among the texts of so many days."""

_SEGMENT_DAYS = 30
# Tables of what later articles are held against: their keys, and for how many days.
_TRACES = {
    "near_key": ("day, hash, article_id", REACH_DAYS),
    "story_term": ("day, term, story_id", REACH_DAYS),
    "segment": ("hash", _SEGMENT_DAYS),
    "repeated_line": ("feed_id, hash", _SEGMENT_DAYS),
}
_MOST_GROUPS = 12
_MOST_OF_GROUP = 3
_MOST_CANDIDATES = 12
_DAY_MICROS = 86_400_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A stored text that shares a key with another."""

    article_id: int
    group_id: int
    sketch: Sketch


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The texts that share most keys with one; ``groups`` are those of each key."""

    candidates: tuple[Candidate, ...] = ()
    groups: Mapping[int, Sequence[int]] = field(default_factory=dict)


def day_of(time: datetime) -> int:
    """The number of a day, as the index counts them."""
    return to_micros(time) // _DAY_MICROS


def neighbours(tx: Transaction, keys: Collection[int], now: datetime) -> Neighbours:
    """The texts that share the most keys; keys that stand in many groups do not count."""
    if not keys:
        return Neighbours()
    today = day_of(now)
    within_days, days = listed("day", (today - n for n in range(REACH_DAYS)))
    within_hashes, hashes = listed("hash", keys)
    groups: dict[int, list[int]] = defaultdict(list)
    articles: dict[int, list[int]] = defaultdict(list)
    for row in tx.each(
        f"""
        SELECT near_key.hash, sketch.article_id, sketch.group_id
          FROM near_key
          JOIN sketch ON sketch.article_id = near_key.article_id
         WHERE near_key.day IN ({within_days})
           AND near_key.hash IN ({within_hashes})
        """,  # noqa: S608 - only our own parameter names are put in
        **days,
        **hashes,
    ):
        groups[row["hash"]].append(row["group_id"])
        articles[row["hash"]].append(row["article_id"])
    shared: Counter[int] = Counter()
    for key, found in articles.items():
        if len(set(groups[key])) <= _MOST_GROUPS:
            shared.update(found)
    best = sorted(shared, key=lambda one: (-shared[one], one))[:_MOST_CANDIDATES]
    return Neighbours(candidates=_candidates(tx, best), groups=groups)


def _candidates(tx: Transaction, ids: Sequence[int]) -> tuple[Candidate, ...]:
    if not ids:
        return ()
    inside, names = listed("id", ids)
    rows = tx.all(
        f"""
        SELECT *
          FROM sketch
         WHERE article_id IN ({inside})
         ORDER BY article_id
        """,  # noqa: S608 - only our own parameter names are put in
        **names,
    )
    return tuple(
        Candidate(
            article_id=row["article_id"], group_id=row["group_id"], sketch=_sketch(row)
        )
        for row in rows
    )


def _sketch(row: Row) -> Sketch:
    hashes = array("I")
    hashes.frombytes(row["hashes"])
    return Sketch(
        hashes=tuple(hashes),
        keys=(),
        title=frozenset(json.loads(row["title"])),
        figures=frozenset(json.loads(row["figures"])),
        names=frozenset(json.loads(row["names"])),
        source=row["source"],
    )


def add_sketch(
    tx: Transaction,
    article_id: int,
    group_id: int,
    sketch: Sketch,
    *,
    near: Neighbours,
    now: datetime,
) -> None:
    """Store a text for comparing, under the keys that lead to few groups yet."""
    tx.run(
        """
        INSERT INTO sketch (article_id, group_id, source, title, hashes, figures, names)
        VALUES (:article_id, :group_id, :source, :title, :hashes, :figures, :names)
        """,
        article_id=article_id,
        group_id=group_id,
        source=sketch.source,
        title=_listed(sketch.title),
        hashes=array("I", sketch.hashes).tobytes(),
        figures=_listed(sketch.figures),
        names=_listed(sketch.names),
    )
    day = day_of(now)
    tx.many(
        "INSERT INTO near_key (day, hash, article_id) VALUES (:day, :hash, :article_id)",
        [
            {"day": day, "hash": key, "article_id": article_id}
            for key in sketch.keys
            if _has_room(near.groups.get(key, ()), group_id)
        ],
    )


def _has_room(groups: Sequence[int], group_id: int) -> bool:
    """Whether one more text under a key would help to find anything."""
    return len(set(groups)) <= _MOST_GROUPS and groups.count(group_id) < _MOST_OF_GROUP


def _listed(words: Collection[str]) -> str:
    return json.dumps(sorted(words), ensure_ascii=False)


def furniture(tx: Transaction, hashes: Collection[int]) -> frozenset[int]:
    """Those of some segments that stand in three groups or more."""
    if not hashes:
        return frozenset()
    inside, names = listed("hash", hashes)
    rows = tx.all(
        f"""
        SELECT hash
          FROM segment
         WHERE third_group IS NOT NULL
           AND hash IN ({inside})
        """,  # noqa: S608 - only our own parameter names are put in
        **names,
    )
    return frozenset(row["hash"] for row in rows)


def add_segments(
    tx: Transaction, hashes: Collection[int], group_id: int, now: datetime
) -> None:
    """Remember in which groups segments stand."""
    tx.many(
        """
        INSERT INTO segment (hash, day, first_group)
        VALUES (:hash, :day, :group_id)
            ON CONFLICT (hash) DO UPDATE
           SET day = :day,
               third_group = CASE
                   WHEN segment.third_group IS NULL
                    AND segment.second_group IS NOT NULL
                    AND segment.first_group <> :group_id
                    AND segment.second_group <> :group_id
                   THEN :group_id ELSE segment.third_group END,
               second_group = CASE
                   WHEN segment.second_group IS NULL
                    AND segment.first_group <> :group_id
                   THEN :group_id ELSE segment.second_group END
        """,
        [
            {"hash": one, "day": day_of(now), "group_id": group_id}
            for one in sorted(hashes)
        ],
    )


def texts_of(tx: Transaction, group_id: int, limit: int) -> list[tuple[str, str]]:
    """Title and body of the first articles of a group, and of its last."""
    rows = tx.all(
        """
        SELECT id, title, body
          FROM article
         WHERE group_id = :group_id
         ORDER BY id
         LIMIT :limit
        """,
        group_id=group_id,
        limit=limit,
    )
    last = tx.all(
        """
        SELECT id, title, body
          FROM article
         WHERE group_id = :group_id
         ORDER BY id DESC
         LIMIT 1
        """,
        group_id=group_id,
    )
    found = {row["id"]: (row["title"], row["body"]) for row in (*rows, *last)}
    return list(found.values())


def forget_traces(tx: Transaction, now: datetime, limit: int) -> int:
    """Forget what no article is held against any more, from the first table with some.

    At most ``limit`` rows; how many there were, 0 when nothing is old.
    """
    today = day_of(now)
    for table, (key, days) in _TRACES.items():
        gone = tx.run(
            f"""
            DELETE FROM {table}
             WHERE ({key}) IN (SELECT {key}
                                 FROM {table}
                                WHERE day < :day
                                LIMIT :limit)
            """,  # noqa: S608 - our own names
            day=today - days,
            limit=limit,
        )
        if gone:
            return gone
    return 0
