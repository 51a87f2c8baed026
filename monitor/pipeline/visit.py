"""Visit hosts: claim one, poll its due feeds, fetch its waiting pages, give it back.

Polls and pages share the claim of the host row, because politeness counts requests to
a host, whatever they are for.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import structlog

from monitor import metrics
from monitor.errors import HostResting, StorageError, root_of
from monitor.models import Feed, WaitingEntry
from monitor.pipeline.context import PER_HOST, Context, host_lease, new_token
from monitor.pipeline.poll import poll
from monitor.pipeline.read import read_page_of
from monitor.pipeline.recheck import read_again
from monitor.storage import feeds, hosts, unread
from monitor.storage.database import Transaction
from monitor.storage.hosts import HostClaim

log = structlog.get_logger()

AT_ONCE = 100
"""How many hosts are visited at the same time; some of them always hang."""
_BATCH_SECONDS = 0.01

Work = list[Feed | WaitingEntry]


class Turns:
    """Lets requests to one host through: so many at once, with a gap between starts.

    It also collects how long the host asked to be left alone.
    """

    def __init__(self, context: Context, claim: HostClaim) -> None:
        per_host = context.config.fetch.per_host
        self._room = asyncio.Semaphore(per_host.at_once)
        self._gap = per_host.gap
        self._longest = per_host.gap * per_host.at_once
        self._now = context.now
        self._resting = False
        self._allowed_at = claim.allowed_at

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for one's turn, and hold it during the request.

        Raises:
            HostResting: The host asked for a rest meanwhile; its row keeps the time.
        """
        async with self._room:
            if self._resting:
                raise HostResting("the host asked to be left alone for a while")
            now = self._now()
            start = max(now, self._next(now))
            self._allowed_at = start + self._gap
            await asyncio.sleep((start - now).total_seconds())
            yield

    def rest(self, wait: timedelta) -> None:
        """The host said Retry-After: nothing goes to it before."""
        self._resting = True
        now = self._now()
        self._allowed_at = max(self._next(now), now + wait)

    def allowed_at(self) -> datetime:
        """From when on the next visit may ask the host."""
        return self._allowed_at if self._resting else self._next(self._now())

    def _next(self, now: datetime) -> datetime:
        """When the next turn is; none is that far away, but after a clock's way back."""
        return min(self._allowed_at, now + self._longest)


async def visit_hosts(
    context: Context,
    *,
    stopping: asyncio.Event,
    done: Callable[[], Awaitable[None]],
) -> int:
    """Visit every host that is due, many at a time; how many visits that were.

    A slow host never holds up the others: whenever a place is free, the next due host
    is claimed. ``done`` is called after each visit.
    """
    visits = 0
    running: set[asyncio.Task[None]] = set()
    async with asyncio.TaskGroup() as group:
        while not stopping.is_set():
            found = await _claim(context, AT_ONCE - len(running))
            visits += len(found)
            running |= {
                group.create_task(_visit(context, claim, work, done))
                for claim, work in found
            }
            if not running:
                break
            # Wake now and then, so that hosts which come due meanwhile are seen.
            _, running = await asyncio.wait(
                running, timeout=1.0, return_when=asyncio.FIRST_COMPLETED
            )
            # Visits end in clusters: one claim for several places costs as much as one.
            await asyncio.sleep(_BATCH_SECONDS)
            running = {task for task in running if not task.done()}
    return visits


async def _claim(context: Context, room: int) -> list[tuple[HostClaim, Work]]:
    room = context.outage.room(room, context.now()) if room > 0 else 0
    if room <= 0:
        return []
    return await context.database.call_lightly(_claim_work, context, room)


def _claim_work(
    tx: Transaction, context: Context, room: int
) -> list[tuple[HostClaim, Work]]:
    """Take due hosts, and what is to be done at each."""
    now, only = context.now(), context.options.only_feed
    claims = hosts.claim_hosts(
        tx,
        node=context.node,
        token=new_token(),
        now=now,
        lease=host_lease(context.config),
        limit=room,
        only_feed=only,
    )
    return [(claim, _work(tx, claim, now, only)) for claim in claims]


async def _visit(
    context: Context, claim: HostClaim, work: Work, done: Callable[[], Awaitable[None]]
) -> None:
    try:
        await _work_at(context, claim, work)
    except Exception as error:
        if isinstance(root_of(error), StorageError):
            raise
        # A bug on one host must not take the visits to all others down with it; the
        # lease brings this one back, and its pages one by one.
        log.exception("visit.failed", host=claim.name)
    await done()


async def _work_at(context: Context, claim: HostClaim, work: Work) -> None:
    turns = Turns(context, claim)
    async with asyncio.TaskGroup() as group:
        for item in work:
            group.create_task(_one(context, claim, turns, item))
    await context.database.call_lightly(
        _release, claim, turns.allowed_at(), context.now
    )


def _work(tx: Transaction, claim: HostClaim, now: datetime, only: str) -> Work:
    polls = feeds.due_feeds(tx, claim, now=now, limit=PER_HOST, only=only)
    pages = unread.claim_pages(tx, claim, now=now, limit=PER_HOST - len(polls))
    return [*polls, *pages]


def _release(
    tx: Transaction,
    claim: HostClaim,
    allowed_at: datetime,
    now: Callable[[], datetime],
) -> None:
    hosts.release_host(tx, claim, now=now(), allowed_at=allowed_at)


async def _one(
    context: Context, claim: HostClaim, turns: Turns, item: Feed | WaitingEntry
) -> None:
    if isinstance(item, Feed):
        if item.due_at:
            late = (context.now() - item.due_at).total_seconds()
            metrics.poll_lag.observe(max(0.0, late))
        await poll(context, claim, turns, item)
    elif item.recheck:
        await read_again(context, turns, item)
    else:
        await read_page_of(context, turns, item)
