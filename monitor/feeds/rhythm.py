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

from monitor.models import Pulse

MAX_WAIT = timedelta(hours=24)
MAX_FRESH = timedelta(hours=6)
MAX_TTL = timedelta(minutes=60)
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
        hours=_hours(pulse.hours, min(new, 50), now.hour, days),
    )


def _hours(
    hours: tuple[float, ...], new: int, hour: int, days: float
) -> tuple[float, ...]:
    """The weights of the hours: older ones fade to even, new entries add to theirs.

    A neighbour gets half of what the hour itself gets; the mean stays 1.
    """
    faded = math.exp(-days / _HOURS_MEMORY_DAYS)
    found = [1 + (weight - 1) * faded for weight in hours]
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


def next_poll_at(
    *,
    now: datetime,
    wait: timedelta,
    failures: int,
    floors: Floors,
    jitter: float,
) -> datetime:
    """The time of the next poll.

    ``wait`` is the feed's interval, ``failures`` counts polls in a row that gave
    nothing; ``jitter`` lies between -1 and 1 and moves the time by a tenth, so that
    feeds added together drift apart. A failing feed backs off to a day, but is never
    given up and never polled faster.
    """
    if failures:
        doubled = max(wait, _SHORTEST_BACKOFF) * 2 ** min(failures - 1, 6)
        wait = max(wait, min(MAX_WAIT, doubled))
    return now + max(wait * (1 + 0.1 * jitter), floors.longest)


def expected(pulse: Pulse | None, elapsed: timedelta) -> float:
    """How many new entries the rate explains after so long; at least one."""
    rate = pulse.rate if pulse else 0.0
    return max(1.0, rate * elapsed.total_seconds() / _DAY_SECONDS)
