"""How often rules were met, and by what: for ``rules audit``."""

from datetime import datetime

from monitor.models import FeedCount, Overlap, RuleCount
from monitor.storage.database import Transaction


def count_rules(tx: Transaction, since: datetime, settled: datetime) -> list[RuleCount]:
    """How often each rule was met since a time; those that never were are left out.

    What was met before ``settled`` should have been told by now.
    """
    rows = tx.all(
        """
        SELECT m.rule,
               COUNT(DISTINCT m.entry_id) AS articles,
               COUNT(DISTINCT copy_group.story_id) AS stories,
               COUNT(DISTINCT CASE WHEN m.matched_at < :settled
                                   THEN m.entry_id END) AS settled,
               COUNT(DISTINCT told_match.match_id) AS told
          FROM rule_match m
          JOIN article ON article.id = m.article_id
          JOIN entry ON entry.id = m.entry_id
          JOIN feed ON feed.id = entry.feed_id AND feed.configured = 1
          JOIN copy_group ON copy_group.id = article.group_id
          LEFT JOIN told_match ON told_match.match_id = m.id
           AND told_match.told_id IS NOT NULL
         WHERE m.matched_at >= :since
         GROUP BY m.rule
         ORDER BY m.rule
        """,
        since=since,
        settled=settled,
    )
    return [RuleCount(**row) for row in rows]


def count_overlaps(tx: Transaction, since: datetime, least: int) -> list[Overlap]:
    """The pairs of rules that so many articles met both."""
    rows = tx.all(
        """
        SELECT one.rule AS first,
               other.rule AS second,
               COUNT(DISTINCT one.entry_id) AS articles
          FROM rule_match one
          JOIN rule_match other ON other.entry_id = one.entry_id
           AND other.rule > one.rule
         WHERE one.matched_at >= :since
           AND other.matched_at >= :since
         GROUP BY one.rule, other.rule
        HAVING COUNT(DISTINCT one.entry_id) >= :least
         ORDER BY one.rule, other.rule
        """,
        since=since,
        least=least,
    )
    return [Overlap(**row) for row in rows]


def count_feeds(tx: Transaction, since: datetime) -> list[FeedCount]:
    """What was read of each configured feed since a time."""
    rows = tx.all(
        """
        SELECT feed.name AS feed,
               COUNT(DISTINCT article.entry_id) AS articles,
               COUNT(DISTINCT m.entry_id) AS met
          FROM feed
          JOIN entry ON entry.feed_id = feed.id
          JOIN article ON article.entry_id = entry.id
          LEFT JOIN rule_match m ON m.article_id = article.id
         WHERE feed.configured = 1
           AND article.read_at >= :since
         GROUP BY feed.name
         ORDER BY feed.name
        """,
        since=since,
    )
    return [FeedCount(**row) for row in rows]
