"""The archive: what was read, by its words or newest first."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from monitor.models import Article, Filed, Wanted
from monitor.storage.articles import article_from
from monitor.storage.database import Row, Transaction, from_micros
from monitor.storage.words import add_words, fts5, tsquery


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The articles of a time: how many, and the numbers of the first and the last."""

    since: datetime
    articles: int
    first: int
    last: int


def reach(tx: Transaction, since: datetime, until: datetime) -> Reach:
    """What was first seen, and read, between two times."""
    row = tx.one(
        """
        SELECT COUNT(DISTINCT entry_id) AS articles,
               COALESCE(MIN(article.id), 0) AS first,
               COALESCE(MAX(article.id), -1) AS last
          FROM article
          JOIN entry ON entry.id = article.entry_id
         WHERE read_at BETWEEN :since AND :until
           AND entry.first_seen >= :since
        """,
        since=since,
        until=until,
    )
    return Reach(since=since, **row or {})


def languages(tx: Transaction) -> list[str]:
    """The languages of all articles."""
    rows = tx.all("SELECT DISTINCT language FROM article ORDER BY language")
    return [row["language"] for row in rows]


def find_articles(
    tx: Transaction,
    within: Reach,
    *,
    before: int,
    wanted: Wanted | None,
    limit: int,
) -> list[Filed]:
    """The next articles below a number, newest first; with the words that are wanted.

    Each is the last reading of its entry.
    """
    by_words = (
        """
          JOIN article_words ON article_words.rowid = a.id
           AND article_words MATCH :fts5
        """
        if wanted
        else ""
    )
    rows = tx.all(
        f"""
        SELECT a.*, feed.name AS feed, entry.first_seen, story.public_id AS story,
               copy_group.public_id AS copies
          FROM article a
          {by_words}
          JOIN entry ON entry.id = a.entry_id
          JOIN feed ON feed.id = entry.feed_id
          JOIN copy_group ON copy_group.id = a.group_id
          JOIN story ON story.id = copy_group.story_id
         WHERE a.id >= :first
           AND a.id < :before
           AND entry.first_seen >= :since
           AND NOT EXISTS (SELECT 1
                             FROM article newer
                            WHERE newer.entry_id = a.entry_id
                              AND newer.id > a.id)
         ORDER BY a.id DESC
         LIMIT :limit
        """,  # noqa: S608 - only our own text is put in
        first=within.first,
        since=within.since,
        before=before,
        fts5=fts5(wanted) if wanted else "",
        tsquery=tsquery(wanted) if wanted else "",
        limit=limit,
    )
    return [_filed(row) for row in rows]


def refile(tx: Transaction, keys_of: Callable[[Article], Collection[str]]) -> int:
    """File all articles under their word keys anew; how many those are.

    An index that cannot delete still holds the words of articles that are gone.
    """
    tx.run("INSERT INTO article_words (article_words) VALUES ('delete-all')")
    count, last = 0, 0
    while rows := tx.all(
        """
        SELECT a.*, feed.name AS feed
          FROM article a
          JOIN entry ON entry.id = a.entry_id
          JOIN feed ON feed.id = entry.feed_id
         WHERE a.id > :last
         ORDER BY a.id
         LIMIT 500
        """,
        last=last,
    ):
        for row in rows:
            add_words(tx, row["id"], keys_of(article_from(row)))
        count, last = count + len(rows), rows[-1]["id"]
    return count


def _filed(row: Row) -> Filed:
    return Filed(
        number=row["id"],
        entry_id=row["entry_id"],
        first_seen=from_micros(row["first_seen"]),
        group=row["copies"],
        story=row["story"],
        article=article_from(row),
    )
