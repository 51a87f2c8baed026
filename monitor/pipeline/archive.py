"""Hold rules against what is stored: for search, backtest and plan.

The database gives the articles that have the words; the engine judges them.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime

from monitor.models import Article, Filed, Match, Page, PageState, WaitingEntry
from monitor.pipeline.context import Context
from monitor.pipeline.read import article_of
from monitor.rules.index import Index
from monitor.rules.narrow import narrow
from monitor.storage import archive, unread
from monitor.storage.archive import Reach

_BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An article of the archive with the rules that it meets."""

    filed: Filed
    matches: tuple[Match, ...]


async def reach(context: Context, since: datetime) -> Reach:
    """What was read from a time to now."""
    return await context.database.call(archive.reach, since, context.now())


async def hold(
    context: Context,
    index: Index,
    within: Reach,
    *,
    step: Callable[[int], None],
) -> AsyncIterator[Found]:
    """The articles that meet a rule of an index, newest first.

    ``step`` is called with how far the search has come, in article numbers.
    """
    database = context.database
    wanted = narrow(index, index.rules, await database.call(archive.languages))
    before = within.last + 1
    while before > within.first:
        batch = await database.call(
            archive.find_articles, within, before=before, wanted=wanted, limit=_BATCH
        )
        reached = batch[-1].number if len(batch) == _BATCH else within.first
        for filed in batch:
            if matches := index.match(filed.article):
                yield Found(filed=filed, matches=tuple(matches))
        step(before - reached)
        before = reached


async def hold_remembered(
    context: Context, index: Index, since: datetime
) -> AsyncIterator[Found]:
    """The entries that meet a rule by what their feed said, but were never read.

    Newest first; those of a silent first run are such, and they have no story.
    """
    before: int | None = None
    while batch := await context.database.call(
        unread.find_remembered, since=since, before=before, limit=_BATCH
    ):
        for waiting in batch:
            article = await article_of(context, waiting, Page(state=PageState.SUMMARY))
            if matches := index.match(article):
                yield Found(filed=_remembered(waiting, article), matches=tuple(matches))
        before = batch[-1].id


def _remembered(waiting: WaitingEntry, article: Article) -> Filed:
    return Filed(
        number=waiting.id,
        entry_id=waiting.id,
        first_seen=waiting.first_seen,
        group="",
        story="",
        article=article,
    )
