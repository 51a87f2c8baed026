"""Decide when a feed is polled next. Pure.

The caller passes the time, so every test is one line.
"""

import math
from collections.abc import Iterable
from datetime import datetime, timedelta

INTERVAL = timedelta(minutes=20)
MAX_WAIT = timedelta(hours=24)
_SHORTEST_BACKOFF = timedelta(minutes=5)
_RATE_MEMORY_DAYS = 7.0
_SEED_DAYS = 14.0


def next_poll_at(
    *,
    now: datetime,
    every: timedelta | None,
    failures: int,
    retry_after: timedelta | None,
    jitter: float,
) -> datetime:
    """The time of the next poll.

    ``failures`` counts polls in a row that gave nothing; ``jitter`` lies between -1
    and 1 and moves the time by a tenth, so that feeds added together drift apart. A
    failing feed backs off to a day, but is never given up and never polled faster.
    ``retry_after`` is a floor, capped at a day.
    """
    interval = every or INTERVAL
    wait = interval
    if failures:
        doubled = max(interval, _SHORTEST_BACKOFF) * 2 ** min(failures - 1, 6)
        wait = max(interval, min(MAX_WAIT, doubled))
    wait *= 1 + 0.1 * jitter
    floor = min(retry_after or timedelta(0), MAX_WAIT)
    return now + max(wait, floor)


def seed_rate(published: Iterable[datetime | None], now: datetime) -> float:
    """Entries a day, guessed from the dates in a feed's first document."""
    ages = [(now - p).total_seconds() / 86_400 for p in published if p is not None]
    recent = [age for age in ages if 0 <= age <= _SEED_DAYS]
    covered = min(max(ages, default=0.0), _SEED_DAYS)
    return (len(recent) + 0.5) / (max(covered, 0.0) + 1)


def updated_rate(rate: float, fresh: int, elapsed: timedelta) -> float:
    """The rate after a poll: an exponential average over a week."""
    days = max(elapsed.total_seconds() / 86_400, 1e-4)
    weight = 1 - math.exp(-days / _RATE_MEMORY_DAYS)
    return rate + weight * (fresh / days - rate)


def expected(rate: float | None, elapsed: timedelta) -> float:
    """How many new entries the rate explains after so long; at least one."""
    return max(1.0, (rate or 0.0) * elapsed.total_seconds() / 86_400)
