"""Look after the tables: forget what is older than it is kept, a little at a time.

Each batch is a transaction of its own, short enough that no poll or message waits; a
death between two loses nothing, because what is old is found again.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import structlog

from monitor.pipeline.context import Context
from monitor.storage import copies, upkeep
from monitor.storage.upkeep import Mark

log = structlog.get_logger()

EVERY = timedelta(hours=1)
ARTICLES, _ROWS, _TRACES = 20, 200, 1_000
# Other work of the database comes in between.
_BREATH_SECONDS = 0.02


async def tidy(context: Context, stopping: asyncio.Event) -> int:
    """Forget what is old, once in an hour over all nodes; always 0: it wakes nobody."""
    if not await context.database.call(upkeep.take_turn, context.now(), EVERY):
        return 0
    started, gone = time.monotonic(), 0
    async for count in _batches(context):
        gone += count
        if stopping.is_set():
            break
        await asyncio.sleep(_BREATH_SECONDS)
    await context.database.reclaim()
    seconds = round(time.monotonic() - started, 1)
    log.info("database.tidied", rows=gone, seconds=seconds)
    return 0


async def _batches(context: Context) -> AsyncIterator[int]:
    """How many rows each batch forgot."""
    call, keep, now = context.database.call, context.config.service.keep, context.now()
    mark: Mark | None = Mark()
    while mark is not None:
        swept = await call(
            upkeep.forget_articles,
            matched_before=now - keep.articles,
            unmatched_before=now - keep.unmatched,
            after=mark,
            limit=ARTICLES,
        )
        mark = swept.mark
        yield swept.articles
    for feed_id in await call(upkeep.feed_ids):
        gone = _ROWS
        while gone == _ROWS:
            gone = await call(
                upkeep.forget_entries,
                feed_id,
                now=now,
                reach=keep.articles,
                limit=_ROWS,
            )
            yield gone
    gone = _ROWS
    while gone:
        gone = await call(upkeep.forget_deliveries, now - keep.deliveries, _ROWS)
        yield gone
    gone = _TRACES
    while gone:
        gone = await call(copies.forget_traces, now, _TRACES)
        yield gone
