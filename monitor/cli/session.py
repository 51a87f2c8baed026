"""What commands share: the configuration, the clock, an open daemon or database."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import click

from monitor import log
from monitor.cli.output import settings
from monitor.clock import Clock, SystemClock
from monitor.config import Config, load
from monitor.config.readers import duration
from monitor.daemon import Daemon, build

T = TypeVar("T")
_FIRST_YEAR, _LAST_YEAR = 1980, 2200


def configuration() -> Config:
    """The checked configuration, with logging set up as asked."""
    set_up_log()
    return load(settings().config_path)


def set_up_log() -> None:
    """Send logs to stderr, as loud as the options say."""
    log.set_up(settings().verbosity, settings().log)


def clock() -> Clock:
    """The machine's clock, or one that starts at ``--at``."""
    text = settings().at
    if not text:
        return SystemClock()
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        message = f"--at {text}: write a time such as 2026-11-22T07:30:00Z"
        raise click.UsageError(message) from error
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        message = f"--at {text}: write a year from {_FIRST_YEAR} to {_LAST_YEAR}"
        raise click.UsageError(message)
    return SystemClock((at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC))


class Duration(click.ParamType[timedelta]):
    """An option that takes "24h" or "7d"."""

    name = "duration"

    def convert(
        self,
        value: Any,  # noqa: ANN401 - click's signature
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> timedelta:
        try:
            return duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@asynccontextmanager
async def opened(
    *,
    lock: bool = False,
    rehearsal: bool = False,
    write: Callable[[str], None] | None = None,
    config: Config | None = None,
) -> AsyncIterator[Daemon]:
    """The program with its database open; without ``lock`` beside a running service.

    Commands that only look are rehearsals: they see what the configuration means,
    and leave the tables as they were.
    """
    config = config or configuration()
    daemon = build(config, clock(), rehearsal=rehearsal, write=write)
    try:
        await daemon.open(lock=lock, sync=lock or rehearsal)
        yield daemon
    finally:
        await daemon.close()


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine as the whole of a command."""
    return asyncio.run(work)


async def ask(
    function: Callable[..., Any], *args: object, changes: bool = False
) -> tuple[Any, ZoneInfo]:
    """Call one storage function, beside a running service; its answer and our zone."""
    async with opened(rehearsal=not changes) as daemon:
        answer = await daemon.context.database.call(function, *args)
        return answer, ZoneInfo(daemon.context.config.service.timezone)
