"""What the pages show, looked up: plain functions over a transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from monitor.feeds.health import Health, judge
from monitor.models import FeedLine
from monitor.pipeline.context import Context
from monitor.pipeline.digest import Claimed, claim_digest
from monitor.storage import (
    browse,
    destinations,
    feeds,
    floods,
    overview,
    settings,
    story_lists,
)
from monitor.storage.browse import Asked, MatchLine
from monitor.storage.database import Row, Transaction
from monitor.storage.story_lists import StoryArticle, StoryLine

PAGE = 50
_SHOWN = 8
_BEAT = timedelta(minutes=2)


class RolledBack(Exception):
    """Takes a look with it, and everything that the look changed back."""

    def __init__(self, claimed: Claimed | None) -> None:
        self.claimed = claimed


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryPage:
    """A story with its articles, its matches by address, and who was told."""

    line: StoryLine
    articles: Sequence[StoryArticle]
    matches: dict[str, list[MatchLine]]
    told: Sequence[Row]


def look_ahead(tx: Transaction, context: Context, name: str) -> None:
    """What waits for a subscriber; the transaction is undone.

    Raises:
        RolledBack: Always, with what was found.
    """
    raise RolledBack(claim_digest(tx, context, name, scheduled=False, whatever=True))


def overview_of(tx: Transaction, context: Context) -> dict[str, Any]:
    """Signs of life, what fails, and the last messages and stories."""
    now, beat = context.now(), settings.last_beat(tx)
    bad = [
        one
        for one in _judged(context, feeds.failing_feeds(tx, _SHOWN))
        if one[1].state.is_bad
    ]
    return {
        "glance": overview.glance(tx),
        "beat": beat,
        "alive": beat is not None and now - beat < _BEAT,
        "silent": {
            name: at for name, at in settings.nodes(tx).items() if now - at >= _BEAT
        },
        "refused": settings.refused_config(tx),
        "downtime": settings.last_downtime(tx),
        "bad": bad,
        "channels": destinations.failing(tx)[:_SHOWN],
        "floods": floods.held_floods(tx)[:_SHOWN],
        "deliveries": browse.find_deliveries(tx, limit=_SHOWN),
        "stories": story_lists.list_stories(
            tx, since=now - timedelta(days=1), least=2, limit=6
        ),
    }


def matches_of(
    tx: Transaction, asked: Asked
) -> tuple[list[MatchLine], dict[str, list[str]]]:
    """A page of matches, and what filters offer."""
    return browse.find_matches(tx, asked, PAGE), browse.choices(tx)


def story_of(tx: Transaction, ident: str) -> StoryPage | None:
    """One story; None if it is not there."""
    line = story_lists.find_story(tx, ident)
    if line is None:
        return None
    matches: dict[str, list[MatchLine]] = {}
    for match in browse.matches_of_story(tx, line.story):
        matches.setdefault(match.url, []).append(match)
    return StoryPage(
        line=line,
        articles=story_lists.articles_of(tx, line.id),
        matches=matches,
        told=browse.told_by_story(tx, line.id),
    )


def feeds_of(tx: Transaction, context: Context) -> list[tuple[FeedLine, Health]]:
    """Every feed with its state, those that need a look first."""
    found = _judged(context, feeds.list_feeds(tx))
    return sorted(found, key=lambda one: (not one[1].state.is_bad, one[0].name))


def _judged(
    context: Context, lines: Sequence[FeedLine]
) -> list[tuple[FeedLine, Health]]:
    found, now = [], context.now()
    for line in lines:
        config = context.config.feeds.get(line.name)
        quiet = config.quiet_after if config else None
        found.append((line, judge(line, now, quiet)))
    return found
