"""Articles, their copies and their matches."""

import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.models import Article, Cause, Hit, Match, PageState, Via
from monitor.storage.database import Row, Transaction, from_micros, maybe_time
from monitor.storage.words import add_words

Key = tuple[str, str]
_DAY_MICROS = 86_400_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Which group of copies an article belongs to, and what it copies.

    ``copy_kind`` is "url", "text" or "near"; ``containment`` says how much of the
    shorter of two texts is in the longer one.
    """

    group_id: int
    copy_of: int | None = None
    copy_kind: str | None = None
    containment: float | None = None


def placement_of(tx: Transaction, entry_id: int) -> Placement | None:
    """Where the first reading of an entry is; later ones stay with it."""
    own = tx.one(
        """
        SELECT group_id, copy_of, copy_kind, containment
          FROM article
         WHERE entry_id = :entry_id
         ORDER BY id
         LIMIT 1
        """,
        entry_id=entry_id,
    )
    return Placement(**own) if own else None


def find_copy(tx: Transaction, keys: Sequence[Key]) -> Placement | None:
    """The group of the article that has one of these keys; the first key decides."""
    for kind, hash_ in keys:
        row = tx.one(
            """
            SELECT article.id, article.group_id
              FROM copy_key
              JOIN article ON article.id = copy_key.article_id
             WHERE copy_key.kind = :kind
               AND copy_key.hash = :hash
            """,
            kind=kind,
            hash=hash_,
        )
        if row is not None:
            return Placement(
                group_id=row["group_id"], copy_of=row["id"], copy_kind=kind
            )
    return None


def open_group(
    tx: Transaction, public_id: str, story_id: int, first_seen: datetime
) -> int:
    """Open a group of copies in a story; its id."""
    group = tx.one(
        """
        INSERT INTO copy_group (public_id, story_id, first_seen)
        VALUES (:public_id, :story_id, :first_seen)
     RETURNING id
        """,
        public_id=public_id,
        story_id=story_id,
        first_seen=first_seen,
    )
    return int(group["id"]) if group else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is stored of one reading of an entry.

    ``words`` are the keys to find it by, ``series`` that of its title's series.
    """

    entry_id: int
    revision: int
    number: int
    article: Article
    note: str
    placement: Placement
    news: Cause | None
    keys: Sequence[Key]
    words: Collection[str]
    series: int
    matches: Sequence[Match]
    now: datetime


def add_article(tx: Transaction, reading: Reading) -> int | None:
    """Store a reading with its matches; None if the same one is stored already."""
    a = reading.article
    row = tx.one(
        """
        INSERT INTO article (entry_id, revision, reading, group_id, copy_of, copy_kind,
                             read_at, state, note, title, summary, body, aside,
                             language, url, final_url, canonical_url, origin, source,
                             author, tags, published_at, containment, news,
                             origin_evidence, origin_confidence, heading, series)
        VALUES (:entry_id, :revision, :reading, :group_id, :copy_of, :copy_kind,
                :now, :state, :note, :title, :summary, :body, :aside,
                :language, :url, :final_url, :canonical_url, :origin, :source,
                :author, :tags, :published, :containment, :news,
                :origin_evidence, :origin_confidence, :heading, :series)
            ON CONFLICT (entry_id, revision, reading) DO NOTHING
     RETURNING id
        """,
        entry_id=reading.entry_id,
        revision=reading.revision,
        reading=reading.number,
        group_id=reading.placement.group_id,
        copy_of=reading.placement.copy_of,
        copy_kind=reading.placement.copy_kind,
        now=reading.now,
        state=a.state,
        note=reading.note,
        title=a.title,
        summary=a.summary,
        body=a.body,
        aside=a.aside,
        language=a.language,
        url=a.url,
        final_url=a.final_url,
        canonical_url=a.canonical_url,
        origin=a.origin,
        source=a.source,
        author=a.author,
        tags=json.dumps(a.tags, ensure_ascii=False),
        published=a.published,
        containment=reading.placement.containment,
        news=reading.news,
        origin_evidence=a.origin_evidence,
        origin_confidence=a.origin_confidence,
        heading=a.heading,
        series=reading.series,
    )
    if row is None:
        return None
    add_words(tx, row["id"], reading.words)
    _add_keys(tx, row["id"], reading)
    _add_matches(tx, row["id"], reading)
    return int(row["id"])


def _add_keys(tx: Transaction, article_id: int, reading: Reading) -> None:
    day = (reading.now.timestamp() * 1_000_000) // _DAY_MICROS
    tx.many(
        """
        INSERT INTO copy_key (kind, hash, article_id, day)
        VALUES (:kind, :hash, :article_id, :day)
            ON CONFLICT (kind, hash) DO NOTHING
        """,
        [
            {"kind": k, "hash": h, "article_id": article_id, "day": int(day)}
            for k, h in reading.keys
        ],
    )


def _add_matches(tx: Transaction, article_id: int, reading: Reading) -> None:
    tx.many(
        """
        INSERT INTO rule_match (article_id, entry_id, rule, rule_hash, score, weak,
                                hits, matched_at)
        VALUES (:article_id, :entry_id, :rule, :rule_hash, :score, :weak, :hits, :now)
        """,
        [
            {
                "article_id": article_id,
                "entry_id": reading.entry_id,
                "rule": m.rule,
                "rule_hash": m.rule_hash,
                "score": m.score,
                "weak": m.weak,
                "hits": hits_to_json(m.hits),
                "now": reading.now,
            }
            for m in reading.matches
        ],
    )


def hits_to_json(hits: Iterable[Hit]) -> str:
    """Hits as the table holds them: compact arrays."""
    rows = [[h.term, h.field, h.start, h.end, h.form, h.via] for h in hits]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def hits_from_json(text: str) -> tuple[Hit, ...]:
    """The hits of a stored match."""
    return tuple(
        Hit(term=t, field=f, start=s, end=e, form=form, via=Via(via))
        for t, f, s, e, form, via in json.loads(text)
    )


def article_from(row: Row) -> Article:
    """The article of a row that holds the columns of ``article`` and ``feed``."""
    return Article(
        title=row["title"],
        summary=row["summary"],
        body=row["body"],
        aside=row["aside"],
        language=row["language"],
        state=PageState(row["state"]),
        url=row["url"],
        final_url=row["final_url"],
        canonical_url=row["canonical_url"],
        origin=row["origin"],
        origin_evidence=row["origin_evidence"],
        origin_confidence=row["origin_confidence"],
        heading=row["heading"],
        published=maybe_time(row["published_at"]),
        feed=row["feed"],
        source=row["source"],
        author=row["author"],
        tags=tuple(json.loads(row["tags"])),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """All that is known of one entry, for ``why``."""

    entry_id: int
    feed: str
    guid: str
    url: str
    title: str
    state: str
    first_seen: datetime
    published: datetime | None
    revision: int
    deaths: int
    flood_id: int | None


MOST_LIVES = 5


def find_lives(tx: Transaction, text: str, limit: int = MOST_LIVES) -> list[Life]:
    """The entries with this URL or guid, or else with this text in their title."""
    where = (
        "e.url = :text OR e.guid = :text OR e.id IN (SELECT entry_id FROM article"
        " WHERE final_url = :text OR canonical_url = :text)"
    )
    for condition in (where, "LOWER(t.title) LIKE :pattern ESCAPE '!'"):
        rows = tx.all(
            f"""
            SELECT e.*, feed.name AS feed, t.title
              FROM entry e
              JOIN feed ON feed.id = e.feed_id
              JOIN entry_text t ON t.entry_id = e.id AND t.revision = e.revision
             WHERE {condition}
             ORDER BY e.first_seen DESC, e.id DESC
             LIMIT :limit
            """,  # noqa: S608 - only our own text is put in
            limit=limit,
            **(
                {"text": text}
                if condition is where
                else {"pattern": f"%{_literally(text.lower())}%"}
            ),
        )
        if rows:
            return [_life(row) for row in rows]
    return []


def _literally(text: str) -> str:
    """A text as a pattern of LIKE that stands for nothing but itself."""
    return re.sub(r"[!%_]", r"!\g<0>", text)


def _life(row: Row) -> Life:
    return Life(
        entry_id=row["id"],
        feed=row["feed"],
        guid=row["guid"],
        url=row["url"],
        title=row["title"],
        state=row["state"],
        first_seen=from_micros(row["first_seen"]),
        published=maybe_time(row["published_at"]),
        revision=row["revision"],
        deaths=row["deaths"],
        flood_id=row["flood_id"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReading:
    """One reading with what it matched; ``copy_of`` names what it copies."""

    article_id: int
    revision: int
    read_at: datetime
    note: str
    article: Article
    placement: Placement
    story: str
    members: int
    copy_of: str | None
    matches: tuple[Match, ...]


def readings(tx: Transaction, entry_id: int) -> list[StoredReading]:
    """The readings of an entry, oldest first."""
    rows = tx.all(
        """
        SELECT a.*, feed.name AS feed, story.public_id AS story,
               (SELECT COUNT(DISTINCT entry_id) FROM article m
                 WHERE m.group_id = a.group_id) AS members,
               original.title AS original_title, original.source AS original_source
          FROM article a
          JOIN entry ON entry.id = a.entry_id
          JOIN feed ON feed.id = entry.feed_id
          JOIN copy_group ON copy_group.id = a.group_id
          JOIN story ON story.id = copy_group.story_id
          LEFT JOIN article original ON original.id = a.copy_of
         WHERE a.entry_id = :entry_id
         ORDER BY a.id
        """,
        entry_id=entry_id,
    )
    return [_stored_reading(tx, row) for row in rows]


def _stored_reading(tx: Transaction, row: Row) -> StoredReading:
    original = f'{row["original_source"]} "{row["original_title"]}"'
    return StoredReading(
        article_id=row["id"],
        revision=row["revision"],
        read_at=from_micros(row["read_at"]),
        note=row["note"],
        article=article_from(row),
        story=row["story"],
        members=row["members"],
        placement=Placement(
            group_id=row["group_id"],
            copy_of=row["copy_of"],
            copy_kind=row["copy_kind"],
            containment=row["containment"],
        ),
        copy_of=original if row["copy_of"] is not None else None,
        matches=matches_of(tx, row["id"]),
    )


def matches_of(tx: Transaction, article_id: int) -> tuple[Match, ...]:
    """The rules that an article met."""
    rows = tx.all(
        "SELECT * FROM rule_match WHERE article_id = :id ORDER BY id", id=article_id
    )
    return tuple(match_from(row) for row in rows)


def match_from(row: Row) -> Match:
    """The match of a row of ``rule_match``."""
    return Match(
        rule=row["rule"],
        rule_hash=row["rule_hash"],
        score=row["score"],
        weak=bool(row["weak"]),
        hits=hits_from_json(row["hits"]),
    )
