"""Where all parts meet: ``build`` puts them together, ``Daemon`` runs the stages.

``check_once`` runs the four stages until there is nothing to do; ``run`` runs the same
four on a clock. There is no third way.
"""

import asyncio
import itertools
import os
import resource
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

import structlog

from monitor import __version__, memory, metrics, systemd
from monitor.channels import terminal
from monitor.clock import Clock, Heartbeat
from monitor.config import Config, lastgood
from monitor.errors import ConfigError, StorageError
from monitor.http import Client, Transport
from monitor.models import Secret
from monitor.pipeline.context import Context, Options
from monitor.pipeline.digest import make_digests
from monitor.pipeline.read import read_entries
from monitor.pipeline.send import next_turn, send_all
from monitor.pipeline.start import beat, begin, prepare, refuse
from monitor.pipeline.upkeep import tidy
from monitor.pipeline.vigil import Vigil
from monitor.pipeline.visit import visit_hosts
from monitor.pipeline.weigh import weighed
from monitor.stages import Stage, hanging, keep_running, stages_of, woken
from monitor.storage import (
    entries,
    feeds,
    hosts,
    open_database,
    overview,
    settings,
)
from monitor.storage.database import Database
from monitor.storage.overview import Report
from monitor.web.server import pages
from monitor.workers import Workers

log = structlog.get_logger()

_BEAT = timedelta(seconds=15)
_STOP_SECONDS = 30.0
_BEATS_OF_MEMORY = 4
_OTHER_DATABASE = (
    "service.database: it cannot change while the service runs\n"
    "  Try: restart the service"
)


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
    database = database or open_database(config.service.database, rehearsal=rehearsal)
    parts = partial(_context, clock=clock, write=write)

    def renewed(config: Config, old: Context) -> Context:
        return replace(parts(config, old.database, old.workers), key=old.key)

    return Daemon(parts(config, database, Workers()), renewed)


def _context(
    config: Config,
    database: Database,
    workers: Workers,
    *,
    clock: Clock,
    write: Callable[[str], None] | None,
) -> Context:
    channels = dict(config.channels)
    if write is not None:
        for name, channel in channels.items():
            if isinstance(channel, terminal.Config):
                channels[name] = replace(channel, write=write)
    return Context(
        config=replace(config, channels=channels),
        database=database,
        client=Client(
            Transport(config.fetch.private_networks),
            user_agent=user_agent(config.service.contact),
            timeout=config.fetch.timeout,
            now=clock.now,
            per_host=config.fetch.per_host.at_once,
        ),
        workers=workers,
        now=clock.now,
        node=f"{socket.gethostname()}:{os.getpid()}",
        key=Secret(""),
    )


@dataclass(slots=True)
class Daemon:
    """The running program; ``renewed`` gives its parts for another configuration."""

    context: Context
    renewed: Callable[[Config, Context], Context]
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    reread: asyncio.Event = field(default_factory=asyncio.Event)

    async def open(self, *, lock: bool = True, sync: bool = True) -> None:
        """Lock and migrate the database, and make it hold the configuration.

        Without ``sync`` the tables stay as the service that runs here made them: an
        edited file takes effect at its next start, not by a look at the outbox.

        Raises:
            AlreadyRunning: Another copy runs on this SQLite file.
            StorageError: The database cannot be used.
        """
        _allow_open_files()
        memory.settle()
        database = self.context.database
        if lock:
            database.lock()
        await database.migrate()
        if not sync:
            return
        alone = lock and database.exclusive
        key = await database.call(prepare, self.context, alone=alone)
        self.context = replace(self.context, key=key)

    async def with_key(self) -> Context:
        """The parts with the key of this instance, without changing a table."""
        key = await self.context.database.call(settings.instance_key)
        self.context = replace(self.context, key=key)
        return self.context

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
        if not self.context.database.rehearsal:
            await tidy(self.context, self.stopping)
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
                next_turn, context.config.channels.values(), now
            ),
        )
        at = min(filter(None, times), default=None)
        if at is None or self.stopping.is_set():
            return False
        await asyncio.sleep(0.001)
        if context.now() == now:
            return False
        await woken(self.stopping, max(0.0, (at - now).total_seconds()))
        return True

    # --- the service ---

    async def run(
        self, read: Callable[[], Config] | None = None, refused: str = ""
    ) -> None:
        """Run the stages on a clock until SIGTERM or SIGINT; then stop in order.

        SIGHUP has ``read`` give the configuration anew, in a thread. One that is wrong is
        refused whole: the service goes on with what it has, and the operator hears why.
        ``refused`` says what was wrong with the one that this start could not take.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop, asyncio.current_task())
        loop.add_signal_handler(signal.SIGHUP, self.reread.set)
        await self.context.database.call(begin, self.context, refused)
        while (config := await self._serve(read)) is not None:
            await self._take(config)
        systemd.notify(STOPPING=1)
        await self.context.database.call(
            settings.stopped, self.context.now(), self.context.machine
        )
        log.info("service.stopped")

    def _stop(self, main: "asyncio.Task[None] | None") -> None:
        """The first signal stops in order, the second one at once."""
        if self.stopping.is_set() and main is not None:
            main.cancel()
        self.stopping.set()

    async def _serve(self, read: Callable[[], Config] | None) -> Config | None:
        """Run under one configuration; the one that comes next, or None to stop."""
        context = self.context = await weighed(self.context)
        ending = asyncio.Event()
        stages = stages_of(context, ending)
        heart = Heartbeat(_BEAT, [stage.wake for stage in stages])
        heart.start()
        await self._keep()
        memory.keep()
        log.info("service.started", feeds=len(context.config.feeds))
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(keep_running(context, stage, ending))
                    for stage in stages
                ]
                watch = group.create_task(_watch_over(context, stages))
                if found := pages(context):
                    tasks.append(group.create_task(found.serve()))
                config = await self._next(read, stages)
                ending.set()
                if found:
                    found.stop()
                for stage in stages:
                    stage.wake.set()
                _, late = await asyncio.wait(tasks, timeout=_STOP_SECONDS)
                for task in (*late, watch):
                    task.cancel()
        finally:
            heart.stop()
        return config

    async def _next(
        self, read: Callable[[], Config] | None, stages: Sequence[Stage]
    ) -> Config | None:
        """Wait for a configuration to go on with; None when it is time to stop."""
        while await _first_of(self.stopping, self.reread) is not self.stopping:
            self.reread.clear()
            systemd.reloading()
            if read and (config := await self._read(read)):
                return config
            for stage in stages:
                stage.wake.set()  # the operator hears at once
            systemd.notify(READY=1)
        return None

    async def _read(self, read: Callable[[], Config]) -> Config | None:
        """The configuration as it is now; None, and a notice, if it cannot be used."""
        try:
            config = await asyncio.to_thread(read)
        except ConfigError as error:
            reason = str(error)
        else:
            if config.service.database == self.context.config.service.database:
                return config
            reason = _OTHER_DATABASE
        log.warning("config.refused", reason=reason.partition("\n")[0])
        # Whoever reloads while the database is away reads it in the log.
        with suppress(StorageError):
            await self.context.database.call(refuse, self.context, reason)
        return None

    async def _take(self, config: Config) -> None:
        """Go on with another configuration over the same database and workers."""
        old, self.context = self.context, self.renewed(config, self.context)
        await old.client.aclose()
        while not self.stopping.is_set():
            try:
                alone = old.database.exclusive
                key = await old.database.call(prepare, self.context, alone=alone)
            except StorageError as error:  # the database is away just now
                log.warning("config.waits", reason=str(error))
                await woken(self.stopping, _BEAT.total_seconds())
            else:
                self.context = replace(self.context, key=key)
                await old.database.call(settings.accept_config)
                log.info("config.reloaded", feeds=len(config.feeds))
                return

    async def _keep(self) -> None:
        """Remember that this configuration works."""
        try:
            await asyncio.to_thread(lastgood.keep, self.context.config)
        except OSError as error:
            log.warning("config.not-kept", reason=f"{error.filename}: {error.strerror}")


async def _first_of(*events: asyncio.Event) -> asyncio.Event:
    """The first of some events that is set, in this order."""
    tasks = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
    return next(event for event in events if event.is_set())


def _allow_open_files() -> None:
    """Many hosts at once keep many connections; the soft limit is often 1,024."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def _nothing() -> None:
    """No progress is shown."""


async def _watch_over(context: Context, stages: Sequence[Stage]) -> None:
    """Give signs of life, to the database and to systemd, while no stage hangs.

    A database that is away says so, and is no reason to restart; one that hangs is.
    """
    every = min(_BEAT.total_seconds(), (systemd.watchdog_seconds() or 60) / 3)
    systemd.notify(READY=1)
    for beats in itertools.count():
        if beats % _BEATS_OF_MEMORY == 0:
            memory.give_back()
        if found := hanging(stages):
            log.error("stage.hangs", stages=", ".join(found))
        else:
            status = "the database cannot be used now"
            with suppress(StorageError):
                status = await context.database.call(beat, context)
            systemd.notify(WATCHDOG=1, STATUS=status)
        due = time.monotonic() + every
        await asyncio.sleep(every)
        metrics.loop_lag.set(time.monotonic() - due)
