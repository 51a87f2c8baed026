"""Where all parts meet: ``build`` puts them together, ``Daemon`` runs the stages.

``check_once`` runs the four stages until there is nothing to do; ``run`` runs the same
four on a clock. There is no third way.
"""

import asyncio
import os
import resource
import signal
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from monitor import __version__
from monitor.channels import terminal
from monitor.clock import Clock, Heartbeat
from monitor.config import Config
from monitor.config.applied import applied, to_json
from monitor.digests import slots
from monitor.errors import StorageError, root_of
from monitor.http import Client, Transport
from monitor.models import Secret
from monitor.pipeline.context import Context, Options
from monitor.pipeline.digest import (
    make_digests,
    make_urgent_digests,
    schedule_of,
    unit_of,
    zone_of,
)
from monitor.pipeline.read import read_entries
from monitor.pipeline.send import LONGEST_TURN, send_all, send_channel
from monitor.pipeline.vigil import Vigil
from monitor.pipeline.visit import visit_hosts
from monitor.pipeline.weigh import weighed
from monitor.storage import (
    deliveries,
    entries,
    feeds,
    hosts,
    open_database,
    overview,
    settings,
    subscribers,
)
from monitor.storage.database import Database, Transaction
from monitor.storage.overview import Report
from monitor.web.server import pages
from monitor.workers import Workers

log = structlog.get_logger()

_BEAT = timedelta(seconds=15)
_LONGEST_WAIT = 20.0
_STOP_SECONDS = 30.0
_SWEEP = timedelta(seconds=12)
_LONGEST_SILENCE = timedelta(minutes=5)
# Further ahead than any back-off, Retry-After or retry can put a row.
_FURTHEST = timedelta(days=9)


def user_agent(contact: str) -> str:
    """Who we are, honestly, and how to reach whoever runs this."""
    return f"monitor/{__version__}" + (f" (+{contact})" if contact else "")


def build(
    config: Config,
    clock: Clock,
    *,
    database: Database | None = None,
    rehearsal: bool = False,
    write: Callable[[str], None] | None = None,
) -> "Daemon":
    """Put the parts together; nothing is opened or started yet.

    ``write`` takes what goes to the terminal. A ``rehearsal`` changes no table.
    """
    channels = dict(config.channels)
    if write is not None:
        for name, channel in channels.items():
            if isinstance(channel, terminal.Config):
                channels[name] = replace(channel, write=write)
    context = Context(
        config=replace(config, channels=channels),
        database=database
        or open_database(config.service.database, rehearsal=rehearsal),
        client=Client(
            Transport(config.fetch.private_networks),
            user_agent=user_agent(config.service.contact),
            timeout=config.fetch.timeout,
            now=clock.now,
            per_host=config.fetch.per_host.at_once,
        ),
        workers=Workers(),
        now=clock.now,
        node=f"{socket.gethostname()}:{os.getpid()}",
        key=Secret(""),
    )
    return Daemon(context)


@dataclass(slots=True)
class Daemon:
    """The running program."""

    context: Context
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def open(self, *, lock: bool = True, sync: bool = True) -> None:
        """Lock and migrate the database, and make it hold the configuration.

        Without ``sync`` the tables stay as the service that runs here made them: an
        edited file takes effect at its next start, not by a look at the outbox.

        Raises:
            AlreadyRunning: Another copy runs on this SQLite file.
            StorageError: The database cannot be used.
        """
        _allow_open_files()
        database = self.context.database
        if lock:
            database.lock()
        await database.migrate()
        if not sync:
            return
        alone = lock and database.exclusive
        key = await database.call(_prepare, self.context, alone=alone)
        self.context = replace(self.context, key=key)

    async def close(self) -> None:
        """Let go of everything."""
        self.context.workers.close()
        await self.context.client.aclose()
        await self.context.database.close()

    async def check_once(
        self,
        *,
        all_feeds: bool = False,
        only_feed: str = "",
        flush: bool = False,
        backfill: timedelta | None = None,
        progress: Callable[[], Awaitable[None]] | None = None,
    ) -> Report:
        """Run the stages until nothing is due, and say what happened.

        Host gaps are waited for, retries are not. ``progress`` is called after each
        host that was visited.
        """
        started = self.context.now()
        config = self.context.config
        if backfill is not None:
            articles = replace(config.articles, first_run=backfill)
            config = replace(config, articles=articles)
            await self.context.database.call(
                entries.backfill, now=started, reach=backfill
            )
        self.context = replace(
            self.context,
            config=config,
            options=Options(only_feed=only_feed, flush=flush),
        )
        if all_feeds or only_feed:
            await self.context.database.call(feeds.make_due, started, only_feed)
        while await self._round(progress or _nothing) or await self._rest():
            pass
        await Vigil(self.context).keep()
        await send_all(self.context, self.stopping)
        return await self.context.database.call(overview.report, started)

    async def _round(self, progress: Callable[[], Awaitable[None]]) -> int:
        context = self.context
        work = await visit_hosts(context, stopping=self.stopping, done=progress)
        work += await read_entries(context)
        work += await make_digests(context)
        work += await send_all(context, self.stopping)
        return work

    async def _rest(self) -> bool:
        """Wait for a host or a target that only rests between two requests.

        False if none does, or if the time stands still.
        """
        context = self.context
        within = 2 * context.config.fetch.per_host.gap + timedelta(seconds=1)
        now = context.now()
        times = (
            await context.database.call(hosts.next_gap, now=now, within=within),
            await context.database.call(
                deliveries.next_turn, now=now, within=LONGEST_TURN
            ),
        )
        at = min(filter(None, times), default=None)
        if at is None or self.stopping.is_set():
            return False
        await asyncio.sleep(max(0.001, (at - now).total_seconds()))
        return context.now() > now

    # --- the service ---

    async def run(self) -> None:
        """Run the stages on a clock until SIGTERM or SIGINT; then stop in order."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop, asyncio.current_task())
        loop.add_signal_handler(signal.SIGHUP, _no_reload)
        await self.context.database.call(_note_downtime, self.context.now())
        self.context = await weighed(self.context)
        stages = self._stages()
        beat = Heartbeat(_BEAT, [stage.wake for stage in stages])
        beat.start()
        log.info("service.started", feeds=len(self.context.config.feeds))
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._loop(stage)) for stage in stages]
                if found := pages(self.context):
                    tasks.append(group.create_task(found.serve()))
                await self.stopping.wait()
                if found:
                    found.stop()
                for stage in stages:
                    stage.wake.set()
                _, late = await asyncio.wait(tasks, timeout=_STOP_SECONDS)
                for task in late:
                    task.cancel()
        finally:
            beat.stop()
        await self.context.database.call(settings.stopped, self.context.now())
        log.info("service.stopped")

    def _stop(self, main: "asyncio.Task[None] | None") -> None:
        """The first signal stops in order, the second one at once."""
        if self.stopping.is_set() and main is not None:
            main.cancel()
        self.stopping.set()

    def _stages(self) -> list["Stage"]:
        context = self.context
        digest, read = Stage("digest"), Stage("read")
        visit = Stage("visit")
        senders = [Stage(f"send {name}") for name in context.config.channels]

        async def visited() -> None:
            read.wake.set()
            digest.wake.set()

        visit.work = lambda: visit_hosts(context, stopping=self.stopping, done=visited)
        visit.next_due = hosts.next_host_due
        read.work = lambda: read_entries(context)
        read.wakes = [digest]
        digest.work = _digests(context)
        digest.next_due = subscribers.next_slot_of_all
        digest.wakes = senders
        for name, sender in zip(context.config.channels, senders, strict=True):
            sender.work = _sender(context, name, self.stopping)
            sender.next_due = partial(deliveries.next_delivery_due, channel=name)
        vigil = Stage("vigil", work=Vigil(context).keep, wakes=senders)
        return [visit, read, digest, *senders, vigil]

    async def _loop(self, stage: "Stage") -> None:
        """Run one stage whenever something wakes it."""
        context = self.context
        while not self.stopping.is_set():
            stage.wake.clear()
            try:
                if await stage.work():
                    for other in stage.wakes:
                        other.wake.set()
                await context.database.call(settings.beat, context.now())
                wait = await self._wait(stage)
            except Exception as error:  # noqa: BLE001 - the stage loop is the place for it
                _report(stage.name, root_of(error))
                wait = stage.after_error
            await _woken(stage.wake, wait)

    async def _wait(self, stage: "Stage") -> float:
        """How long a stage may sleep: until its next due time, but not too long."""
        if stage.next_due is None:
            return _LONGEST_WAIT
        at = await self.context.database.call(stage.next_due)
        if at is None:
            return _LONGEST_WAIT
        seconds = (at - self.context.now()).total_seconds()
        return min(_LONGEST_WAIT, max(0.25, seconds))


def _allow_open_files() -> None:
    """Many hosts at once keep many connections; the soft limit is often 1,024."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _no_reload() -> None:
    """Without a handler SIGHUP would end the program."""
    log.warning("config.not-reloaded", reason="not supported yet: restart instead")


def _report(stage: str, error: BaseException) -> None:
    """Log what a stage raised; the leases bring its rows back."""
    if isinstance(error, StorageError):
        log.error("database.failed", stage=stage, reason=str(error))
    else:
        log.error("stage.failed", stage=stage, exc_info=error)


async def _no_work() -> int:
    return 0


async def _nothing() -> None:
    """No progress is shown."""


@dataclass(slots=True)
class Stage:
    """One of the four, with what wakes it and whom it wakes."""

    name: str
    work: Callable[[], Awaitable[int]] = _no_work
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    wakes: list["Stage"] = field(default_factory=list)
    next_due: Callable[[Transaction], datetime | None] | None = None
    after_error: float = 5.0


def _sender(
    context: Context, name: str, stopping: asyncio.Event
) -> Callable[[], Awaitable[int]]:
    return lambda: send_channel(context, name, stopping)


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


async def _woken(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return


def _note_downtime(tx: Transaction, now: datetime) -> None:
    """Remember that nobody was watching since the last sign of life."""
    last = settings.last_beat(tx)
    if last and now - last > _LONGEST_SILENCE:
        settings.note_downtime(tx, last, now)


def _prepare(tx: Transaction, context: Context, *, alone: bool) -> Secret:
    """Bring the tables in line with the configuration and the time."""
    config, now = context.config, context.now()
    if alone:
        hosts.release_leftovers(tx, now)
    hosts.bring_back(tx, now=now, furthest=_FURTHEST)
    feeds.sync_feeds(
        tx, {name: feed.source for name, feed in config.feeds.items()}, now
    )
    subscribers.sync_subscribers(
        tx, [_following(context, name, now) for name in config.subscribers], now
    )
    settings.apply(tx, to_json(applied(config)), now)
    hashes = {name: config.index.hash_of(name) for name in config.rules}
    settings.date_rules(tx, hashes, now)
    return settings.instance_key(tx)


def _following(context: Context, name: str, now: datetime) -> subscribers.Following:
    config = context.config.subscribers[name]
    schedule, zone = schedule_of(config), zone_of(context, config)
    slot = slots.next_slot(schedule, zone, now)
    return subscribers.Following(
        name=name,
        rules=config.rules,
        schedule=f"{schedule.text} {zone.key}",
        unit=unit_of(context),
        next_slot_at=slot,
    )
