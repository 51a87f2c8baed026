"""Stories as people look at them, and what they may change: mute, split."""

from dataclasses import dataclass
from datetime import datetime

from monitor.storage.database import Row, Transaction, from_micros, maybe_time
from monitor.storage.settled import look_again


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryLine:
    """One story; ``voices`` are its groups of copies, each counted once."""

    id: int
    story: str
    title: str
    articles: int
    voices: int
    first_seen: datetime
    last_seen: datetime
    muted_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryArticle:
    """An article of a story, with what it copies and the rules that it met."""

    group_id: int
    title: str
    url: str
    source: str
    language: str
    first_seen: datetime
    copy_kind: str | None
    copy_of: str | None
    containment: float | None
    news: str | None
    rules: tuple[str, ...]


_LINE = """
    SELECT story.id, story.public_id AS story, story.first_seen, story.last_seen,
           story.muted_at,
           COUNT(DISTINCT article.entry_id) AS articles,
           COUNT(DISTINCT article.group_id) AS voices,
           (SELECT a.title
              FROM copy_group g
              JOIN article a ON a.group_id = g.id
             WHERE g.story_id = story.id
             ORDER BY CASE WHEN a.origin = '' THEN 0 ELSE 1 END, a.id
             LIMIT 1) AS title
      FROM story
      JOIN copy_group ON copy_group.story_id = story.id
      JOIN article ON article.group_id = copy_group.id
"""


def list_stories(
    tx: Transaction, *, since: datetime, least: int, limit: int
) -> list[StoryLine]:
    """The stories with so many articles that were told since a time, newest first."""
    rows = tx.all(
        f"""
        {_LINE}
         WHERE story.id IN (
               SELECT s.id
                 FROM story s
                WHERE s.last_seen >= :since
                  AND (SELECT COUNT(DISTINCT a.entry_id)
                         FROM copy_group g
                         JOIN article a ON a.group_id = g.id
                        WHERE g.story_id = s.id) >= :least
                ORDER BY s.last_seen DESC, s.id DESC
                LIMIT :limit)
         GROUP BY story.id
         ORDER BY story.last_seen DESC, story.id DESC
        """,  # noqa: S608 - only our own text is put in
        since=since,
        least=least,
        limit=limit,
    )
    return [_line(row) for row in rows]


def find_story(tx: Transaction, text: str) -> StoryLine | None:
    """The story of that name, or of the article at that address."""
    rows = tx.all(
        f"""
        {_LINE}
         WHERE story.public_id = :text
            OR story.id IN (SELECT g.story_id
                              FROM article a
                              JOIN copy_group g ON g.id = a.group_id
                             WHERE a.url = :text
                                OR a.final_url = :text)
         GROUP BY story.id
         ORDER BY story.id DESC
         LIMIT 1
        """,  # noqa: S608 - only our own text is put in
        text=text,
    )
    return _line(rows[0]) if rows else None


def _line(row: Row) -> StoryLine:
    return StoryLine(
        id=row["id"],
        story=row["story"],
        title=row["title"],
        articles=row["articles"],
        voices=row["voices"],
        first_seen=from_micros(row["first_seen"]),
        last_seen=from_micros(row["last_seen"]),
        muted_at=maybe_time(row["muted_at"]),
    )


def articles_of(tx: Transaction, story_id: int) -> list[StoryArticle]:
    """The articles of a story, the first seen first: the last reading of each."""
    rows = tx.all(
        """
        SELECT article.*, entry.first_seen, original.source AS original
          FROM article
          JOIN copy_group ON copy_group.id = article.group_id
          JOIN entry ON entry.id = article.entry_id
          LEFT JOIN article original ON original.id = article.copy_of
         WHERE copy_group.story_id = :story_id
           AND article.id = (SELECT MAX(last.id) FROM article last
                              WHERE last.entry_id = article.entry_id)
         ORDER BY entry.first_seen, article.id
        """,
        story_id=story_id,
    )
    return [
        StoryArticle(
            group_id=row["group_id"],
            title=row["title"],
            url=row["url"],
            source=row["source"],
            language=row["language"],
            first_seen=from_micros(row["first_seen"]),
            copy_kind=row["copy_kind"],
            copy_of=row["original"],
            containment=row["containment"],
            news=row["news"],
            rules=_rules_of(tx, row["entry_id"]),
        )
        for row in rows
    ]


def _rules_of(tx: Transaction, entry_id: int) -> tuple[str, ...]:
    rows = tx.all(
        "SELECT DISTINCT rule FROM rule_match WHERE entry_id = :id ORDER BY rule",
        id=entry_id,
    )
    return tuple(row["rule"] for row in rows)


def mute_story(tx: Transaction, story_id: int, at: datetime | None) -> None:
    """Tell nobody of a story any more; without a time tell it again."""
    tx.run(
        "UPDATE story SET muted_at = :at WHERE id = :id",
        id=story_id,
        at=at,
    )
    if at is None:
        look_again(tx)


def split_story(
    tx: Transaction, story_id: int, group_id: int, public_id: str, now: datetime
) -> None:
    """Take a group of copies out of a story, into one of its own.

    Who was told of the old one was told of the new one: the split repeats nothing.
    """
    tx.serialise("grouping")
    row = tx.one(
        """
        INSERT INTO story (public_id, first_seen, last_seen)
        SELECT :public_id, first_seen, :now
          FROM copy_group
         WHERE id = :group_id
     RETURNING id
        """,
        public_id=public_id,
        group_id=group_id,
        now=now,
    )
    new_id = row["id"] if row else story_id
    tx.run(
        "UPDATE copy_group SET story_id = :new WHERE id = :group_id",
        new=new_id,
        group_id=group_id,
    )
    tx.run(
        """
        INSERT INTO told (subscriber, unit, number, cause, weak, rules, article_id,
                          digest_id, at)
        SELECT subscriber, :new, number, cause, weak, rules, article_id, digest_id, at
          FROM told
         WHERE unit = :old
        """,
        new=f"story:{new_id}",
        old=f"story:{story_id}",
    )
    look_again(tx)  # the old one may be muted


def count_active(tx: Transaction, since: datetime) -> int:
    """How many stories have an article since a time."""
    row = tx.one(
        "SELECT COUNT(*) AS n FROM story WHERE last_seen >= :since", since=since
    )
    return int(row["n"]) if row else 0
