"""The archive as the pages show it: matches with filters, deliveries, daily counts."""

from dataclasses import dataclass
from datetime import datetime

from monitor.models import Match
from monitor.storage.articles import match_from
from monitor.storage.database import Row, Transaction, from_micros, maybe_time

_FIRST = 1 << 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which matches are wanted; "" stands for any. ``before`` and ``after`` are ids."""

    rule: str = ""
    source: str = ""
    language: str = ""
    title: str = ""
    since: datetime | None = None
    before: int = _FIRST
    after: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchLine:
    """An article that met a rule."""

    id: int
    entry_id: int
    match: Match
    matched_at: datetime
    first_seen: datetime
    published: datetime | None
    title: str
    url: str
    source: str
    feed: str
    language: str
    origin: str
    copy: bool
    story: str
    summary: str


_SELECT = """
    SELECT m.*, article.title, article.url, article.source, article.language,
           article.origin, article.copy_of, article.published_at, article.summary,
           entry.first_seen, feed.name AS feed, story.public_id AS story
      FROM rule_match m
      JOIN article ON article.id = m.article_id
      JOIN entry ON entry.id = m.entry_id
      JOIN feed ON feed.id = entry.feed_id
      JOIN copy_group ON copy_group.id = article.group_id
      JOIN story ON story.id = copy_group.story_id
"""
_FILTERS = {
    "rule": "m.rule = :rule",
    "source": "article.source = :source",
    "language": "article.language = :language",
    "title": "LOWER(article.title) LIKE :title ESCAPE '!'",
    "since": "m.matched_at >= :since",
}


def find_matches(
    tx: Transaction, asked: Asked, limit: int, *, oldest_first: bool = False
) -> list[MatchLine]:
    """The matches that are wanted, newest first unless asked otherwise."""
    values: dict[str, object] = {
        name: value for name in _FILTERS if (value := getattr(asked, name))
    }
    where = "".join(f" AND {_FILTERS[name]}" for name in values)
    if asked.title:
        plain = asked.title.lower()
        for sign in "!%_":
            plain = plain.replace(sign, f"!{sign}")
        values["title"] = f"%{plain}%"
    order = "" if oldest_first else "DESC"
    rows = tx.all(
        f"{_SELECT} WHERE m.id < :before AND m.id > :after {where} "
        f"ORDER BY m.id {order} LIMIT :limit",
        before=asked.before,
        after=asked.after,
        limit=limit,
        **values,
    )
    return [_line(row) for row in rows]


def _line(row: Row) -> MatchLine:
    return MatchLine(
        id=row["id"],
        entry_id=row["entry_id"],
        match=match_from(row),
        matched_at=from_micros(row["matched_at"]),
        first_seen=from_micros(row["first_seen"]),
        published=maybe_time(row["published_at"]),
        title=row["title"],
        url=row["url"],
        source=row["source"],
        feed=row["feed"],
        language=row["language"],
        origin=row["origin"],
        copy=row["copy_of"] is not None,
        story=row["story"],
        summary=row["summary"],
    )


def matches_of_story(tx: Transaction, story: str) -> list[MatchLine]:
    """All matches of the articles of a story, in the order in which they came."""
    rows = tx.all(
        f"{_SELECT} WHERE story.public_id = :story ORDER BY m.id LIMIT 500",
        story=story,
    )
    return [_line(row) for row in rows]


def told_by_story(tx: Transaction, story_id: int) -> list[Row]:
    """Who was told of a story, when and why: ``subscriber``, ``at``, ``number``, ``cause``."""
    return tx.all(
        """
        SELECT told.subscriber, told.at, told.number, told.cause
          FROM told
          JOIN article ON article.id = told.article_id
          JOIN copy_group ON copy_group.id = article.group_id
         WHERE copy_group.story_id = :story_id
         ORDER BY told.at, told.id
         LIMIT 200
        """,
        story_id=story_id,
    )


def told_stories(tx: Transaction, subscriber: str, limit: int) -> list[MatchLine]:
    """The stories that a subscriber was told, newest first: what each was told by."""
    rows = tx.all(
        f"""
        {_SELECT}
          JOIN (SELECT told.article_id, MAX(told.id) AS told_id
                  FROM told
                 WHERE told.subscriber = :subscriber
                 GROUP BY told.article_id
                 ORDER BY told_id DESC
                 LIMIT :limit) latest ON latest.article_id = m.article_id
         ORDER BY latest.told_id DESC, m.id
        """,  # noqa: S608 - only our own text is put in
        subscriber=subscriber,
        limit=limit,
    )
    return [_line(row) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryLine:
    """A message as the pages show it: without its payload."""

    id: int
    subscriber: str
    channel: str
    target: str
    kind: str
    subject: str
    state: str
    attempts: int
    created_at: datetime
    due_at: datetime
    tried_at: datetime | None
    sent_at: datetime | None
    code: int | None
    text: str


def find_deliveries(
    tx: Transaction, *, state: str = "", before: int = _FIRST, limit: int = 50
) -> list[DeliveryLine]:
    """Messages, newest first; in one state if it is given."""
    where = "AND delivery.state = :state" if state else ""
    rows = tx.all(
        f"""
        SELECT delivery.id, delivery.subscriber, channel, target, state, attempts,
               delivery.created_at, due_at, tried_at, sent_at, last_code, last_text,
               digest.kind, digest.subject
          FROM delivery
          JOIN digest ON digest.id = delivery.digest_id
         WHERE delivery.id < :before
           {where}
         ORDER BY delivery.id DESC
         LIMIT :limit
        """,  # noqa: S608 - only our own text is put in
        before=before,
        limit=limit,
        **({"state": state} if state else {}),
    )
    return [
        DeliveryLine(
            id=row["id"],
            subscriber=row["subscriber"],
            channel=row["channel"],
            target=row["target"],
            kind=row["kind"],
            subject=row["subject"],
            state=row["state"],
            attempts=row["attempts"],
            created_at=from_micros(row["created_at"]),
            due_at=from_micros(row["due_at"]),
            tried_at=maybe_time(row["tried_at"]),
            sent_at=maybe_time(row["sent_at"]),
            code=row["last_code"],
            text=row["last_text"] or "",
        )
        for row in rows
    ]


def count_by_day(tx: Transaction, since: datetime) -> dict[str, dict[int, int]]:
    """How many articles met each rule on each day, counted from 1970."""
    rows = tx.all(
        """
        SELECT rule, matched_at / 86400000000 AS day, COUNT(DISTINCT entry_id) AS n
          FROM rule_match
         WHERE matched_at >= :since
         GROUP BY rule, matched_at / 86400000000
        """,
        since=since,
    )
    found: dict[str, dict[int, int]] = {}
    for row in rows:
        found.setdefault(row["rule"], {})[int(row["day"])] = row["n"]
    return found


def choices(tx: Transaction) -> dict[str, list[str]]:
    """The sources and languages of the last matches, for the filters."""
    found = {}
    for name in ("source", "language"):
        rows = tx.all(
            f"""
            SELECT DISTINCT article.{name} AS value
              FROM (SELECT article_id
                      FROM rule_match
                     ORDER BY id DESC
                     LIMIT 2000) m
              JOIN article ON article.id = m.article_id
             ORDER BY value
             LIMIT 200
            """,  # noqa: S608 - our own names
        )
        found[name] = [row["value"] for row in rows if row["value"]]
    return found
