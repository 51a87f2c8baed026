"""Decide when a feed is polled next. Pure.

For a fixed number of requests the total delay over all entries is smallest when the
interval falls with the square root of a feed's rate. The rate has a slow part (a week),
an hour of the day, and a burst that follows what just came.

The caller passes the time, so every test is one line.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.models import Pulse, Skips

MAX_WAIT = timedelta(hours=24)
MAX_FRESH = timedelta(hours=6)
MAX_TTL = timedelta(minutes=60)
WEEK = timedelta(days=7)
_DAILY_AFTER = timedelta(days=14)
_WEEKLY_AFTER = timedelta(days=60)
_BUSY_HOUR = 1.5
_SHORTEST_BACKOFF = timedelta(minutes=5)
_DAY_SECONDS = 86_400.0
_RATE_MEMORY_DAYS = 7.0
_HOURS_MEMORY_DAYS = 14.0
_SEED_DAYS = 14.0
_BURST_SECONDS = 90 * 60.0
# A fresh entry stands for 16 a day, and a third of that is believed.
_BURST_WEIGHT = 0.35 * 16
_LOWEST_RATE = 0.01
_LOWEST_HOUR = 0.15
_LOOK_AHEAD = timedelta(minutes=45)
_FLAT = (1.0,) * 24


class Pace(StrEnum):
    """How eagerly feeds are polled, all else equal."""

    GENTLE = "gentle"
    NORMAL = "normal"
    EAGER = "eager"


@dataclass(frozen=True, slots=True)
class Bounds:
    """The interval of a feed with an entry an hour, the shortest and the longest."""

    base: timedelta
    shortest: timedelta
    longest: timedelta


def _minutes(base: int, shortest: int, longest: int) -> Bounds:
    return Bounds(*(timedelta(minutes=m) for m in (base, shortest, longest)))


BOUNDS = {
    Pace.GENTLE: _minutes(40, 15, 720),
    Pace.NORMAL: _minutes(20, 5, 360),
    Pace.EAGER: _minutes(10, 3, 240),
}


def seed(published: Iterable[datetime | None], now: datetime) -> Pulse:
    """The pulse guessed from the dates in a feed's first document."""
    ages = [(now - p).total_seconds() / _DAY_SECONDS for p in published if p]
    recent = [age for age in ages if 0 <= age <= _SEED_DAYS]
    covered = max(0.0, min(max(ages, default=0.0), _SEED_DAYS))
    return Pulse(at=now, rate=(len(recent) + 0.5) / (covered + 1), hours=_FLAT)


def beat(pulse: Pulse, new: int, now: datetime) -> Pulse:
    """The pulse after a poll that found ``new`` entries."""
    seconds = max((now - pulse.at).total_seconds(), 1.0)
    days = seconds / _DAY_SECONDS
    weight = 1 - math.exp(-days / _RATE_MEMORY_DAYS)
    return Pulse(
        at=max(now, pulse.at),
        rate=pulse.rate + weight * (new / days - pulse.rate),
        fresh=pulse.fresh * math.exp(-seconds / _BURST_SECONDS) + new,
        hours=_hours(pulse, min(new, 50), now.hour, days),
    )


def _hours(pulse: Pulse, new: int, hour: int, days: float) -> tuple[float, ...]:
    """The weights of the hours: older ones fade to even, new entries add to theirs.

    A weight stands for all entries of its hour that are remembered, and one more; so
    an entry of a busy feed weighs less than one of a slow feed. A neighbour gets half
    of what the hour itself gets; the mean stays 1.
    """
    held = 1 + pulse.rate * _HOURS_MEMORY_DAYS / 24
    faded = math.exp(-days / _HOURS_MEMORY_DAYS)
    found = [1 + (weight * held - 1) * faded for weight in pulse.hours]
    for offset, share in ((-1, 0.25), (0, 0.5), (1, 0.25)):
        found[(hour + offset) % 24] += share * new
    mean = sum(found) / 24
    return tuple(round(weight / mean, 4) for weight in found)


def rate_at(pulse: Pulse, now: datetime) -> float:
    """Expected entries a day as of now: slow rate, hour of the day, burst."""
    later = now + _LOOK_AHEAD
    hour = (pulse.hours[now.hour] + pulse.hours[later.hour]) / 2
    passed = max((now - pulse.at).total_seconds(), 0.0)
    burst = _BURST_WEIGHT * pulse.fresh * math.exp(-passed / _BURST_SECONDS)
    return max(pulse.rate * max(hour, _LOWEST_HOUR), burst, _LOWEST_RATE)


def interval(
    pulse: Pulse | None, now: datetime, *, pace: Pace, every: timedelta | None
) -> timedelta:
    """How long to wait between two polls; ``every`` fixes it."""
    bounds = BOUNDS[pace]
    if every is not None:
        return every
    if pulse is None:
        return bounds.base
    wanted = bounds.base * math.sqrt(24 / rate_at(pulse, now))
    return min(max(wanted, bounds.shortest), bounds.longest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Floors:
    """What the far side asks for; None where it is silent.

    ``retry_after`` is the server's word in this answer, ``fresh_for`` follows from
    Cache-Control and Expires, ``ttl`` stands in the document.
    """

    retry_after: timedelta | None = None
    fresh_for: timedelta | None = None
    ttl: timedelta | None = None

    @property
    def longest(self) -> timedelta:
        """The longest of them, each capped: sites send a year."""
        none = timedelta(0)
        return max(
            min(self.retry_after or none, MAX_WAIT),
            min(self.fresh_for or none, MAX_FRESH),
            min(self.ttl or none, MAX_TTL),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """What a feed that gives nothing has shown: polls in a row, and for how long.

    ``throttled`` is a 429 that named no time; ``gone`` a 410 that was confirmed.
    """

    count: int
    lasting: timedelta = timedelta(0)
    throttled: bool = False
    gone: bool = False


def back_off(wait: timedelta, failing: Failing, jitter: float) -> timedelta:
    """How long to leave a failing feed alone: never less than its interval.

    It doubles to a day. After two weeks a feed is asked daily, after two months, or
    once it is gone for good, weekly; it is never given up.
    """
    doublings: int = 2 ** min(max(failing.count - 1, 0), 6)
    if failing.gone or failing.lasting > _WEEKLY_AFTER:
        return max(wait, WEEK)
    if failing.lasting > _DAILY_AFTER:
        return max(wait, MAX_WAIT)
    if failing.throttled:
        # The random hour keeps those apart who were refused together.
        apart = timedelta(hours=(1 + jitter) / 2)
        return max(wait, min(MAX_WAIT, timedelta(hours=1) * doublings + apart))
    return max(wait, min(MAX_WAIT, max(wait, _SHORTEST_BACKOFF) * doublings))


def next_poll_at(
    *,
    now: datetime,
    wait: timedelta,
    jitter: float,
    floors: Floors,
    failing: Failing | None = None,
    first: bool = False,
) -> datetime:
    """The time of the next poll.

    ``wait`` is the feed's interval; ``jitter`` lies between -1 and 1 and moves the
    time by a tenth. After the ``first`` poll it spreads over the whole interval, so
    that feeds which were added together drift apart.
    """
    spread = (0.55 + 0.45 * jitter) if first else (1 + 0.1 * jitter)
    if failing:
        wait = back_off(wait, failing, jitter)
        # A throttled feed has had its chance already, and an hour is the least.
        spread = max(spread, 1.0) if failing.throttled else spread
    return now + max(wait * spread, floors.longest)


def after_skips(at: datetime, skips: Skips, pulse: Pulse | None) -> datetime:
    """The time moved out of the hours and days when a publisher wants no polls.

    RSS 2.0, ``skipHours`` and ``skipDays``. An hour in which the feed does publish is
    not skipped, and more than a day is not waited.
    """
    hours = pulse.hours if pulse else _FLAT
    for later in range(25):
        moved = at + timedelta(hours=later)
        skipped = moved.hour in skips.hours or moved.weekday() in skips.days
        if not skipped or hours[moved.hour] >= _BUSY_HOUR:
            return moved
    return at + timedelta(days=1)


def wants_whole(full_at: datetime | None, now: datetime) -> bool:
    """Whether a feed that long said "not modified" is to be asked without validators.

    Some servers say so for ever (FreshRSS #5149, #1020).
    """
    return full_at is not None and now - full_at >= WEEK


def expected(pulse: Pulse | None, elapsed: timedelta) -> float:
    """How many new entries the rate explains after so long; at least one."""
    rate = pulse.rate if pulse else 0.0
    return max(1.0, rate * elapsed.total_seconds() / _DAY_SECONDS)
