"""The time, as a value that is handed in, and the heartbeat that wakes the stages.

Times that people and rows see come from a :class:`Clock`; deadlines inside the
process use the monotonic clock.
"""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The time as an aware UTC datetime."""


class SystemClock:
    """The machine's clock, shifted so that it started at ``at`` (``--at``)."""

    def __init__(self, at: datetime | None = None) -> None:
        self._shift = at - datetime.now(UTC) if at else timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._shift


class Heartbeat:
    """APScheduler jobs that only set events, in memory and in UTC.

    The events are what wakes the stages; every stage wakes by a monotonic timeout as
    well, because a wall clock that is set back holds all jobs until it has caught up.
    """

    def __init__(self, every: timedelta, events: Iterable[asyncio.Event]) -> None:
        from apscheduler.schedulers.asyncio import AsyncIOScheduler

        self._scheduler = AsyncIOScheduler(timezone=UTC)
        for event in events:
            self._scheduler.add_job(
                _setter(event),
                "interval",
                seconds=every.total_seconds(),
                coalesce=True,
                max_instances=1,
                # The default of one second would skip beats of a busy loop.
                misfire_grace_time=None,
            )

    def start(self) -> None:
        """Begin to beat; needs a running event loop."""
        self._scheduler.start()

    def stop(self) -> None:
        """Stop beating; the jobs only set events, so none is ever cut short."""
        self._scheduler.shutdown(wait=False)


def _setter(event: asyncio.Event) -> object:
    async def beat() -> None:
        event.set()

    return beat
