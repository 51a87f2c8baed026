"""The stages of the running service: what wakes each, and whom it wakes.

A commit wakes the next stage, a due time wakes its own, the clock wakes them all.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import structlog

from monitor import metrics
from monitor.errors import StorageError, root_of
from monitor.pipeline.context import Context, host_lease
from monitor.pipeline.digest import make_digests, make_urgent_digests
from monitor.pipeline.read import read_entries
from monitor.pipeline.send import routes, send_by
from monitor.pipeline.upkeep import tidy
from monitor.pipeline.vigil import Vigil
from monitor.pipeline.visit import visit_hosts
from monitor.storage import deliveries, hosts, subscribers
from monitor.storage.database import Transaction

log = structlog.get_logger()

_LONGEST_WAIT = 20.0
_SWEEP = timedelta(seconds=12)
_PATIENCE = timedelta(minutes=15)
_HOUR = timedelta(hours=1)


async def _no_work() -> int:
    return 0


@dataclass(slots=True)
class Stage:
    """One of the stages.

    ``alive_at`` is the monotonic second of its last sign of life. One that gave none for
    ``patience`` hangs: it is longer than all deadlines inside one piece of its work.
    """

    name: str
    work: Callable[[], Awaitable[int]] = _no_work
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    wakes: list["Stage"] = field(default_factory=list)
    next_due: Callable[[Transaction], datetime | None] | None = None
    after_error: float = 5.0
    patience: timedelta = _PATIENCE
    alive_at: float = field(default_factory=time.monotonic)

    def touch(self) -> None:
        """Give a sign of life."""
        self.alive_at = time.monotonic()

    @property
    def hangs(self) -> bool:
        return time.monotonic() - self.alive_at > self.patience.total_seconds()


def stages_of(context: Context, stopping: asyncio.Event) -> list[Stage]:
    """All stages of the service, wired to each other."""
    digest, read = Stage("digest"), Stage("read")
    visit = Stage("visit", patience=max(_PATIENCE, host_lease(context.config)))
    ways = routes(context.config.channels)
    senders = [Stage(f"send {route.name}") for route in ways]

    async def visited() -> None:
        visit.touch()
        read.wake.set()
        digest.wake.set()

    visit.work = _visits(context, stopping, visited)
    visit.next_due = hosts.next_host_due
    read.work = lambda: read_entries(context)
    read.wakes = [digest]
    digest.work = _digests(context)
    digest.next_due = subscribers.next_slot_of_all
    digest.wakes = senders
    for route, sender in zip(ways, senders, strict=True):
        sender.work = partial(send_by, context, route, stopping, sender.touch)
        sender.next_due = partial(deliveries.next_delivery_due, channels=route.channels)
    vigil = Stage("vigil", work=Vigil(context).keep, wakes=senders)
    upkeep = Stage("upkeep", work=lambda: tidy(context, stopping), patience=_HOUR)
    return [visit, read, digest, *senders, vigil, upkeep]


async def keep_running(context: Context, stage: Stage, stopping: asyncio.Event) -> None:
    """Run one stage whenever something wakes it, until all stop."""
    while not stopping.is_set():
        stage.wake.clear()
        stage.touch()
        try:
            if await stage.work():
                for other in stage.wakes:
                    other.wake.set()
            wait = await _wait(context, stage)
            metrics.ended_well(stage.name.partition(" ")[0])
        except Exception as error:  # noqa: BLE001 - the stage loop is the place for it
            _report(stage.name, root_of(error))
            wait = stage.after_error
        await woken(stage.wake, wait)


def hanging(stages: Sequence[Stage]) -> list[str]:
    """The names of stages that gave no sign of life for too long."""
    return [stage.name for stage in stages if stage.hangs]


async def woken(event: asyncio.Event, seconds: float) -> None:
    """Wait until an event is set, but not longer than some seconds."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return


async def _wait(context: Context, stage: Stage) -> float:
    """How long a stage may sleep: until its next due time, but not too long."""
    if stage.next_due is None:
        return _LONGEST_WAIT
    at = await context.database.call(stage.next_due)
    if at is None:
        return _LONGEST_WAIT
    seconds = (at - context.now()).total_seconds()
    return min(_LONGEST_WAIT, max(0.25, seconds))


def _report(stage: str, error: BaseException) -> None:
    """Log what a stage raised; the leases bring its rows back."""
    if isinstance(error, StorageError):
        log.error("database.failed", stage=stage, reason=str(error))
    else:
        log.error("stage.failed", stage=stage, exc_info=error)


def _visits(
    context: Context, stopping: asyncio.Event, visited: Callable[[], Awaitable[None]]
) -> Callable[[], Awaitable[int]]:
    """Visits; after trouble with the database all hosts in hand are given back first.

    Else each would rest until the end of its lease, though nobody is there.
    """
    troubled = False

    async def work() -> int:
        nonlocal troubled
        if troubled:
            now = context.now()
            await context.database.call(hosts.give_back, context.node, now)
        troubled = True
        count = await visit_hosts(context, stopping=stopping, done=visited)
        troubled = False
        return count

    return work


def _digests(context: Context) -> Callable[[], Awaitable[int]]:
    """All digests now and then, and in between those that cannot wait."""
    swept_at: datetime | None = None

    async def work() -> int:
        nonlocal swept_at
        now = context.now()
        if swept_at is not None and timedelta(0) <= now - swept_at < _SWEEP:
            return await make_urgent_digests(context)
        swept_at = now
        return await make_digests(context)

    return work
