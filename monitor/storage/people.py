"""What people decided about what they get: holidays, unsubscribing, mutes, being forgotten."""

from dataclasses import dataclass
from datetime import datetime

from monitor.storage.database import Transaction, maybe_time
from monitor.storage.settled import look_again

_OPEN = "('pending', 'in_doubt')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A subscriber as people see it; ``gone`` are the targets that unsubscribed."""

    name: str
    next_slot_at: datetime | None
    paused_until: datetime | None
    last_told_at: datetime | None
    told: int
    gone: tuple[tuple[str, str], ...]


def list_people(tx: Transaction) -> list[Person]:
    """All subscribers, by name."""
    rows = tx.all(
        """
        SELECT name, next_slot_at, paused_until,
               (SELECT MAX(at) FROM told
                 WHERE told.subscriber = subscriber.name) AS last_told_at,
               (SELECT COUNT(*) FROM told
                 WHERE told.subscriber = subscriber.name) AS told
          FROM subscriber
         ORDER BY name
        """
    )
    return [
        Person(
            name=row["name"],
            next_slot_at=maybe_time(row["next_slot_at"]),
            paused_until=maybe_time(row["paused_until"]),
            last_told_at=maybe_time(row["last_told_at"]),
            told=row["told"],
            gone=tuple(sorted(unsubscribed(tx, row["name"]))),
        )
        for row in rows
    ]


def pause(tx: Transaction, name: str, until: datetime | None) -> bool:
    """Send nothing to a subscriber until a time; without one, go on."""
    return bool(
        tx.run(
            "UPDATE subscriber SET paused_until = :until WHERE name = :name",
            name=name,
            until=until,
        )
    )


def paused_until(tx: Transaction, name: str) -> datetime | None:
    """Until when a subscriber wants to hear nothing."""
    row = tx.one("SELECT paused_until FROM subscriber WHERE name = :name", name=name)
    return maybe_time(row["paused_until"]) if row else None


def unsubscribe(
    tx: Transaction, subscriber: str, channel: str, target: str, now: datetime
) -> None:
    """Send nothing to one target any more; what waits for it is not sent either."""
    tx.run(
        """
        INSERT INTO unsubscribed (subscriber, channel, target, at)
        VALUES (:subscriber, :channel, :target, :now)
            ON CONFLICT (subscriber, channel, target) DO NOTHING
        """,
        subscriber=subscriber,
        channel=channel,
        target=target,
        now=now,
    )
    tx.run(
        f"""
        UPDATE delivery
           SET state = 'suppressed'
         WHERE subscriber = :subscriber
           AND channel = :channel
           AND target = :target
           AND state IN {_OPEN}
        """,  # noqa: S608 - our own constant
        subscriber=subscriber,
        channel=channel,
        target=target,
    )


def resubscribe(tx: Transaction, subscriber: str, channel: str, target: str) -> None:
    """Send to a target again that had unsubscribed."""
    tx.run(
        """
        DELETE FROM unsubscribed
         WHERE subscriber = :subscriber
           AND channel = :channel
           AND target = :target
        """,
        subscriber=subscriber,
        channel=channel,
        target=target,
    )


def unsubscribed(tx: Transaction, subscriber: str) -> frozenset[tuple[str, str]]:
    """The channels and targets of a subscriber that want nothing any more."""
    rows = tx.all(
        "SELECT channel, target FROM unsubscribed WHERE subscriber = :name",
        name=subscriber,
    )
    return frozenset((row["channel"], row["target"]) for row in rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldStory:
    """A story that a subscriber was told, and what it decided about it."""

    id: int
    title: str
    rules: tuple[str, ...]
    muted: bool
    irrelevant: bool


def told_story(tx: Transaction, subscriber: str, public_id: str) -> ToldStory | None:
    """The story of that public id, of its own or of one of its groups of copies."""
    row = tx.one(
        """
        SELECT story.id,
               (SELECT a.title
                  FROM copy_group g
                  JOIN article a ON a.group_id = g.id
                 WHERE g.story_id = story.id
                 ORDER BY a.id
                 LIMIT 1) AS title
          FROM story
         WHERE story.public_id = :public_id
            OR story.id IN (SELECT story_id FROM copy_group
                             WHERE public_id = :public_id)
         ORDER BY story.id
         LIMIT 1
        """,
        public_id=public_id,
    )
    if row is None:
        return None
    values = {"subscriber": subscriber, "story_id": row["id"]}
    rules = tx.all(
        """
        SELECT DISTINCT m.rule
          FROM told_match
          JOIN rule_match m ON m.id = told_match.match_id
          JOIN article ON article.id = m.article_id
          JOIN copy_group ON copy_group.id = article.group_id
         WHERE told_match.subscriber = :subscriber
           AND told_match.told_id IS NOT NULL
           AND copy_group.story_id = :story_id
         ORDER BY m.rule
        """,
        **values,
    )
    where = "WHERE subscriber = :subscriber AND story_id = :story_id LIMIT 1"
    return ToldStory(
        id=row["id"],
        title=row["title"] or "",
        rules=tuple(found["rule"] for found in rules),
        muted=tx.one(f"SELECT 1 AS n FROM muted {where}", **values) is not None,  # noqa: S608 - our own text
        irrelevant=tx.one(f"SELECT 1 AS n FROM irrelevant {where}", **values)  # noqa: S608 - our own text
        is not None,
    )


def mute(tx: Transaction, subscriber: str, story_id: int, now: datetime) -> None:
    """Tell one subscriber nothing more of a story."""
    tx.run(
        """
        INSERT INTO muted (subscriber, story_id, at)
        VALUES (:subscriber, :story_id, :now)
            ON CONFLICT (subscriber, story_id) DO NOTHING
        """,
        subscriber=subscriber,
        story_id=story_id,
        now=now,
    )


def unmute(tx: Transaction, subscriber: str, story_id: int) -> None:
    """Tell one subscriber of a story again."""
    tx.run(
        "DELETE FROM muted WHERE subscriber = :subscriber AND story_id = :story_id",
        subscriber=subscriber,
        story_id=story_id,
    )
    look_again(tx)


def note_irrelevant(
    tx: Transaction, subscriber: str, story: ToldStory, now: datetime
) -> None:
    """Remember that a story was of no use, for whoever keeps the rules."""
    tx.many(
        """
        INSERT INTO irrelevant (subscriber, story_id, rule, at)
        VALUES (:subscriber, :story_id, :rule, :now)
            ON CONFLICT (subscriber, story_id, rule) DO NOTHING
        """,
        [
            {
                "subscriber": subscriber,
                "story_id": story.id,
                "rule": rule,
                "now": now,
            }
            for rule in story.rules
        ],
    )


def count_irrelevant(tx: Transaction, since: datetime) -> dict[str, int]:
    """How often stories of a rule were called of no use since a time."""
    rows = tx.all(
        """
        SELECT rule, COUNT(*) AS n
          FROM irrelevant
         WHERE at >= :since
         GROUP BY rule
        """,
        since=since,
    )
    return {row["rule"]: row["n"] for row in rows}


def forget_address(tx: Transaction, address: str) -> int:
    """Erase an address with what was sent to it; how many deliveries that were.

    That it unsubscribed is kept, or it would be written to again.
    """
    tx.run("DELETE FROM destination WHERE target = :address", address=address)
    return tx.run("DELETE FROM delivery WHERE target = :address", address=address)


def forget_subscriber(tx: Transaction, name: str) -> int:
    """Erase what one subscriber was told and sent; how many deliveries that were.

    Still in the configuration it is new from now on.
    """
    deliveries = tx.run("DELETE FROM delivery WHERE subscriber = :name", name=name)
    for table in ("told_match", "told", "digest", "subscription", "unsubscribed"):
        tx.run(f"DELETE FROM {table} WHERE subscriber = :name", name=name)  # noqa: S608 - our own names
    for table in ("muted", "irrelevant"):
        tx.run(f"DELETE FROM {table} WHERE subscriber = :name", name=name)  # noqa: S608 - our own names
    tx.run("DELETE FROM subscriber WHERE name = :name", name=name)
    return deliveries
