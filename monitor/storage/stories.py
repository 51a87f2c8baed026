"""Stories: what they are known by, and which ones an article may tell."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.models import Told, Vector
from monitor.storage.copies import REACH_DAYS, day_of
from monitor.storage.database import Row, Transaction, from_micros, listed

_ALL_ARTICLES = 0
_MOST_STORIES = 30
_MOST_OF_TERM = 60
_MOST_OF_SERIES = 200
_DIGITS = 4
_MOST_FIGURES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a story is known by from now on."""

    centroid: Vector
    terms: Sequence[int]
    names: Collection[int]
    figures: Collection[str]
    language: str


def count_terms(tx: Transaction, terms: Collection[int]) -> tuple[dict[int, int], int]:
    """In how many articles terms stand, and how many articles there are."""
    inside, names = listed("term", (_ALL_ARTICLES, *terms))
    rows = tx.all(
        f"""
        SELECT hash, articles
          FROM term
         WHERE hash IN ({inside})
        """,  # noqa: S608 - only our own parameter names are put in
        **names,
    )
    counts = {row["hash"]: row["articles"] for row in rows}
    return counts, counts.pop(_ALL_ARTICLES, 0)


def add_terms(tx: Transaction, terms: Collection[int]) -> None:
    """Count one more article with these terms."""
    tx.many(
        """
        INSERT INTO term (hash, articles)
        VALUES (:hash, 1)
            ON CONFLICT (hash) DO UPDATE SET articles = term.articles + 1
        """,
        [{"hash": term} for term in sorted({_ALL_ARTICLES, *terms})],
    )


def find_stories(
    tx: Transaction,
    terms: Sequence[int],
    now: datetime,
    window: timedelta = timedelta(days=3),
) -> list[Told]:
    """The stories that share most of these terms, told within ``window`` and a day."""
    if not terms:
        return []
    today = day_of(now)
    reach = min(REACH_DAYS, window // timedelta(days=1) + 2)
    _, days = listed("day", (today - n for n in range(reach)))
    _, names = listed("term", terms)
    # Of a term that half the day's stories have, the oldest ones are the large ones.
    parts = " UNION ALL ".join(
        f"""
        SELECT * FROM (SELECT term, story_id
                         FROM story_term
                        WHERE day = :{day}
                          AND term = :{term}
                        ORDER BY story_id
                        LIMIT :most) AS {day}_{term}
        """  # noqa: S608 - only our own parameter names are put in
        for day in days
        for term in names
    )
    rows = tx.all(
        f"""
        SELECT story_id
          FROM ({parts}) AS found
         GROUP BY story_id
         ORDER BY COUNT(DISTINCT term) DESC, story_id DESC
         LIMIT :stories
        """,  # noqa: S608 - only our own parameter names are put in
        most=_MOST_OF_TERM,
        stories=_MOST_STORIES,
        **days,
        **names,
    )
    if not rows:
        return []
    inside, ids = listed("id", (row["story_id"] for row in rows))
    found = tx.all(
        f"""
        SELECT id, first_seen, last_seen, language, centroid, names, figures
          FROM story
         WHERE id IN ({inside})
         ORDER BY id
        """,  # noqa: S608 - only our own parameter names are put in
        **ids,
    )
    return [_told(row, now) for row in found]


def _told(row: Row, now: datetime) -> Told:
    return Told(
        id=row["id"],
        language=row["language"],
        centroid={int(t): w for t, w in json.loads(row["centroid"]).items()},
        names=frozenset(json.loads(row["names"])),
        figures=frozenset(json.loads(row["figures"])),
        # A late article may tell of what was before.
        age=abs(now - from_micros(row["first_seen"])),
        silence=abs(now - from_micros(row["last_seen"])),
    )


def titles_of(tx: Transaction, series: int, ids: Collection[int]) -> list[Row]:
    """What a series has in some stories: ``story_id`` and ``title`` of each.

    Only its latest numbers are looked at: what bears one title each day goes on for years.
    """
    if not ids:
        return []
    inside, names = listed("id", ids)
    return tx.all(
        f"""
        SELECT DISTINCT copy_group.story_id, latest.title
          FROM (SELECT title, group_id
                  FROM article
                 WHERE series = :series
                 ORDER BY id DESC
                 LIMIT :most) AS latest
          JOIN copy_group ON copy_group.id = latest.group_id
         WHERE copy_group.story_id IN ({inside})
        """,  # noqa: S608 - only our own parameter names are put in
        series=series,
        most=_MOST_OF_SERIES,
        **names,
    )


def stories_of(tx: Transaction, groups: Collection[int]) -> set[int]:
    """The stories of some groups of copies."""
    if not groups:
        return set()
    inside, names = listed("id", groups)
    rows = tx.all(
        f"""
        SELECT story_id
          FROM copy_group
         WHERE id IN ({inside})
        """,  # noqa: S608 - only our own parameter names are put in
        **names,
    )
    return {row["story_id"] for row in rows}


def open_story(
    tx: Transaction, public_id: str, first_seen: datetime, known: Known, now: datetime
) -> int:
    """Begin a story with what its first article is known by; its id."""
    row = tx.one(
        """
        INSERT INTO story (public_id, first_seen)
        VALUES (:public_id, :first_seen)
     RETURNING id
        """,
        public_id=public_id,
        first_seen=first_seen,
    )
    story_id = int(row["id"]) if row else 0
    know_story(tx, story_id, known, now)
    return story_id


def know_story(tx: Transaction, story_id: int, known: Known, now: datetime) -> None:
    """Store what a story is known by after one more article."""
    tx.run(
        """
        UPDATE story
           SET last_seen = CASE WHEN last_seen > :now THEN last_seen ELSE :now END,
               language = :language,
               centroid = :centroid,
               names = :names,
               figures = :figures
         WHERE id = :id
        """,
        id=story_id,
        now=now,
        language=known.language,
        centroid=_weights(known.centroid),
        names=json.dumps(sorted(known.names)),
        figures=json.dumps(sorted(known.figures)[:_MOST_FIGURES], ensure_ascii=False),
    )
    tx.many(
        """
        INSERT INTO story_term (day, term, story_id)
        VALUES (:day, :term, :story_id)
            ON CONFLICT (day, term, story_id) DO NOTHING
        """,
        [
            {"day": day_of(now), "term": term, "story_id": story_id}
            for term in known.terms
        ],
    )


def _weights(found: Mapping[int, float]) -> str:
    rounded = {str(term): round(weight, _DIGITS) for term, weight in found.items()}
    return json.dumps(rounded, separators=(",", ":"))
