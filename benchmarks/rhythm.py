"""How soon do polling policies find new entries, and for how many requests?

A simulation: invented feeds publish for six weeks, and each policy polls them all.
Ours is the program's own code; the others are their projects' formulas, written down
again. The first two weeks are for learning and are not counted. No network is needed.

    python -m benchmarks.rhythm [--seed 7] [--feeds 220] [--days 42]
"""

import argparse
import math
import random
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from monitor.feeds import rhythm
from monitor.feeds.rhythm import Floors, Pace
from monitor.models import Pulse

# Time is counted in minutes from this Monday on; what lies before it is negative.
START = datetime(2026, 1, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = 60.0
DAY = 24 * HOUR
WEEK = 7 * DAY
MONTH = 30 * DAY
LEARNING_DAYS = 14
# How many entries a document shows; what leaves it between two polls is lost.
WINDOW = 30


# --- the feeds ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Feeds of one kind.

    ``slowest`` and ``busiest`` are entries a day; at a day within ``turns`` the rate
    becomes ``after`` times as high. ``night`` says how far it falls at night, from 0
    (not) to 1 (silence), ``weekend`` what is left of it on Saturday and Sunday.
    ``echo`` is the chance that an entry is followed by another within the hour.
    A ``batch`` feed publishes a day's entries at once.
    """

    count: int
    slowest: float
    busiest: float
    night: float = 0.85
    weekend: float = 0.5
    echo: float = 0.3
    turns: tuple[float, float] = (0, 0)
    after: float = 1.0
    batch: bool = False


# Invented: about 23 entries a feed and day, half of them from the wires, and three
# feeds in ten with less than one.
KINDS = (
    # Wires and the largest sites.
    Kind(count=24, slowest=80, busiest=200, night=0.6, weekend=0.7),
    # Daily papers.
    Kind(count=42, slowest=16, busiest=56),
    # Small ones: trade press, town halls, active blogs.
    Kind(count=60, slowest=1.8, busiest=12),
    # Slow ones.
    Kind(count=44, slowest=0.05, busiest=0.8, echo=0.1),
    # Dead ones, silent since before the start.
    Kind(count=25, slowest=0.1, busiest=2, turns=(-300, -20), after=0),
    # Once a day, all at once.
    Kind(count=11, slowest=4, busiest=20, weekend=0.7, batch=True),
    # Waking ones.
    Kind(count=7, slowest=0.1, busiest=0.6, turns=(7, 38), after=80),
    # Dying ones.
    Kind(count=7, slowest=5, busiest=40, turns=(7, 38), after=0),
)


@dataclass(frozen=True, slots=True)
class SyntheticFeed:
    """When a feed publishes, and its place among all, by which some get floors."""

    place: int
    times: list[float]

    def first_since(self, minute: float) -> int:
        """The place of the first entry that was published since a time."""
        return bisect_left(self.times, minute)


def make_feeds(count: int, days: int, seed: int) -> list[SyntheticFeed]:
    """As many feeds as asked for, the kinds in their shares, the rates spread evenly."""
    rng = random.Random(seed)  # noqa: S311 - repeatable, guards nothing
    ranks = [(kind, rank) for kind in KINDS for rank in range(kind.count)]
    feeds = []
    for place in range(count):
        kind, rank = ranks[int((place + 0.5) / count * len(ranks))]
        rate = _between(kind.slowest, kind.busiest, (rank + rng.random()) / kind.count)
        publish = _batches if kind.batch else _stream
        feeds.append(SyntheticFeed(place, sorted(publish(kind, rate, days * DAY, rng))))
    return feeds


def _between(low: float, high: float, share: float) -> float:
    return float(low * (high / low) ** share)


def _begin(rate: float) -> float:
    """Early enough that the first document is full, but within a year or so."""
    return -min(max(35.0, 2 * WINDOW / rate), 400.0) * DAY


def _stream(kind: Kind, rate: float, end: float, rng: random.Random) -> Iterator[float]:
    """Entries in their hours and days, each with its follow-ups."""
    noon, turn = rng.uniform(0, DAY), rng.uniform(*kind.turns) * DAY
    # Those of a minute at the busiest moment; they are thinned to the others.
    highest = max(1.0, kind.after)
    most = rate * highest * (1 - kind.echo) * (1 + kind.night) * _working(kind) / DAY
    at = _begin(rate)
    while (at := at + rng.expovariate(most)) < end:
        share = (kind.after if at >= turn else 1.0) / highest
        if rng.random() < share * _season(kind, at - noon, at):
            yield from _echoes(kind, at, end, rng)


def _working(kind: Kind) -> float:
    """How much busier a working day is than the mean of the week."""
    return 7 / (5 + 2 * kind.weekend)


def _season(kind: Kind, past_noon: float, at: float) -> float:
    """The rate at an hour and a day, as a share of that at noon on a working day."""
    hour = 1 + kind.night * math.cos(2 * math.pi * past_noon / DAY)
    return hour / (1 + kind.night) * _day(kind, at // DAY)


def _day(kind: Kind, day: float) -> float:
    return kind.weekend if day % 7 >= 5 else 1.0


def _echoes(kind: Kind, at: float, end: float, rng: random.Random) -> Iterator[float]:
    yield at
    while rng.random() < kind.echo:
        at += rng.expovariate(1 / 20)
        if at < end:
            yield at


def _batches(
    kind: Kind, rate: float, end: float, rng: random.Random
) -> Iterator[float]:
    """A batch a day, about the same minute, smaller at the weekend."""
    hour = rng.uniform(0, DAY)
    for day in range(int(_begin(rate) // DAY), int(end // DAY)):
        size = rate * _working(kind) * _day(kind, day)
        at = day * DAY + hour + rng.gauss(0, 10)
        for _ in range(min(round(size * rng.uniform(0.7, 1.3)), WINDOW)):
            if at < end:
                yield at


# --- the policies ---


@dataclass(frozen=True, slots=True)
class Poll:
    """One poll: its minute, how many entries were published by then, how many are new.

    The first poll is silent: nothing in its document counts as new.
    """

    at: float
    published: int
    new: int


# The minutes from a poll of one feed until the next.
Wait = Callable[[Poll], float]
# What a policy does with one feed.
Policy = Callable[[SyntheticFeed, random.Random], Wait]


def fixed(minutes: float) -> Policy:
    return lambda _feed, _rng: lambda _poll: minutes


def miniflux(feed: SyntheticFeed, _rng: random.Random) -> Wait:
    """entry_frequency: a week by the entries in it, extrapolated from their dates.

    They are counted before the poll, so that what it finds counts at the next one.
    """

    def wait(poll: Poll) -> float:
        first, last = feed.first_since(poll.at - WEEK), poll.published - poll.new - 1
        if last <= first or feed.times[first] == feed.times[last]:
            return DAY
        gap = (feed.times[last] - feed.times[first]) / (last - first)
        return min(max(WEEK / math.ceil(WEEK / gap), 5.0), DAY)

    return wait


def newsblur(subscribers: int) -> Policy:
    """By subscribers, and below an entry a day the sooner the more there are."""
    shared = subscribers > 1
    often = 6.0 if subscribers > 10 else 15.0 if shared else HOUR
    seldom, silent = (HOUR, 6 * HOUR) if shared else (12 * HOUR, 12 * HOUR)

    def minutes(daily: float) -> float:
        if daily >= 1:
            return often
        return seldom * (1 - daily) if daily else silent

    def policy(feed: SyntheticFeed, rng: random.Random) -> Wait:
        def wait(poll: Poll) -> float:
            daily = (poll.published - feed.first_since(poll.at - MONTH)) / 30
            return minutes(daily) * (1 + rng.uniform(0, 0.25))

        return wait

    return policy


class MediaCloud:
    """Auto-adjust: longer while most of a document is old, shorter when little is."""

    def __init__(self, _feed: SyntheticFeed, _rng: random.Random) -> None:
        self._minutes = 6 * HOUR
        self._last_new: float | None = None

    def __call__(self, poll: Poll) -> float:
        if self._last_new is None:
            self._last_new = poll.at
            return self._minutes
        if poll.new:
            self._last_new = poll.at
        shown = min(poll.published, WINDOW)
        old = 1 - poll.new / shown if shown else 1.0
        if old >= 0.67:
            idle = poll.at - self._last_new > 31 * DAY
            self._minutes = min(self._minutes + (HOUR if idle else 10.0), DAY)
        elif old < 0.33:
            shorter = 6 * HOUR if self._minutes > 6 * HOUR else self._minutes - HOUR
            self._minutes = max(shorter, 10.0)
        return self._minutes


@dataclass(slots=True)
class _Ours:
    """The program's rhythm for one feed; ``plain`` forgets its hours and bursts."""

    feed: SyntheticFeed
    rng: random.Random
    pace: Pace
    floors: Floors
    plain: bool
    pulse: Pulse | None = None

    def __call__(self, poll: Poll) -> float:
        now = START + poll.at * MINUTE
        self.pulse = self._after(poll, now)
        wait = rhythm.interval(self.pulse, now, pace=self.pace, every=None)
        following = rhythm.next_poll_at(
            now=now,
            wait=wait,
            floors=self.floors,
            jitter=self.rng.uniform(-1, 1),
        )
        return (following - now) / MINUTE

    def _after(self, poll: Poll, now: datetime) -> Pulse:
        if self.pulse is None:
            shown = self.feed.times[max(poll.published - WINDOW, 0) : poll.published]
            return rhythm.seed((START + at * MINUTE for at in shown), now)
        pulse = rhythm.beat(self.pulse, poll.new, now)
        return replace(pulse, fresh=0.0, hours=_EVEN) if self.plain else pulse


_EVEN = (1.0,) * 24


def _no_floors(_place: int) -> Floors:
    return Floors()


def _hourly_for_two_fifths(place: int) -> Floors:
    return Floors(ttl=60 * MINUTE) if place * 2 % 5 < 2 else Floors()


def _fresh_for_three_fifths(place: int) -> Floors:
    minutes = 5 + place * 7 % 11
    return Floors(fresh_for=minutes * MINUTE) if place * 3 % 5 < 3 else Floors()


def ours(
    pace: Pace = Pace.NORMAL,
    *,
    floors: Callable[[int], Floors] = _no_floors,
    plain: bool = False,
) -> Policy:
    return lambda feed, rng: _Ours(feed, rng, pace, floors(feed.place), plain)


POLICIES: dict[str, Policy] = {
    "fixed 5": fixed(5),
    "fixed 15": fixed(15),
    "fixed 30": fixed(30),
    "fixed 60": fixed(60),
    "Miniflux entry_frequency": miniflux,
    "NewsBlur, 1 subscriber": newsblur(1),
    "NewsBlur, 2-10": newsblur(5),
    "NewsBlur, > 10": newsblur(50),
    "Media Cloud auto-adjust": MediaCloud,
    "ours gentle": ours(Pace.GENTLE),
    "ours normal": ours(Pace.NORMAL),
    "ours eager": ours(Pace.EAGER),
    "normal, no hours nor bursts": ours(plain=True),
    "normal, 60 min ttl on 40 %": ours(floors=_hourly_for_two_fifths),
    "normal, max-age 5-15 on 60 %": ours(floors=_fresh_for_three_fifths),
}


# --- the measuring ---


@dataclass(slots=True)
class Tally:
    """What one policy did after the learning; a list of delays for each feed."""

    requests: int = 0
    useful: int = 0
    lost: int = 0
    delays: list[list[float]] = field(default_factory=list)

    def row(self, feed_days: float) -> str:
        every = sorted(delay for delays in self.delays for delay in delays)
        each = [sum(delays) / len(delays) for delays in self.delays if delays]
        useful = self.useful / max(self.requests, 1)
        return (
            f"{self.requests / feed_days:8.1f} {useful:7.0%} "
            f"{sum(every) / len(every):7.1f} {every[len(every) // 2]:7.1f} "
            f"{every[int(len(every) * 0.95)]:7.1f} {sum(each) / len(each):9.1f} "
            f"{self.lost:5}"
        )


def follow(
    feed: SyntheticFeed, wait: Wait, tally: Tally, rng: random.Random, end: float
) -> None:
    """Poll one feed until the first poll after the end, which finds what is left."""
    times, learned = feed.times, LEARNING_DAYS * DAY
    delays: list[float] = []
    at = rng.uniform(0, HOUR)
    seen = bisect_right(times, at)
    at += wait(Poll(at, seen, 0))
    while seen < len(times) or at < end:
        published = bisect_right(times, at, seen)
        found = max(seen, published - WINDOW)
        new = published - found
        if learned <= at < end:
            tally.requests += 1
            tally.useful += new > 0
        if new:
            tally.lost += sum(t >= learned for t in times[seen:found])
            delays += [at - t for t in times[found:published] if t >= learned]
            seen = published
        at += wait(Poll(at, published, new))
    tally.delays.append(delays)


def measure(feeds: list[SyntheticFeed], policy: Policy, days: int, seed: int) -> Tally:
    tally = Tally()
    for feed in feeds:
        rng = random.Random(f"{seed}/{feed.place}")  # noqa: S311 - repeatable
        follow(feed, policy(feed, rng), tally, rng, days * DAY)
    return tally


def progress(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{text}")
        sys.stderr.flush()


def simulate(count: int, days: int, seed: int) -> None:
    feeds = make_feeds(count, days, seed)
    feed_days = count * (days - LEARNING_DAYS)
    counted = (len(f.times) - f.first_since(LEARNING_DAYS * DAY) for f in feeds)
    sys.stdout.write(
        f"rhythm: {count} feeds, {days} days, the first {LEARNING_DAYS} not counted, "
        f"{sum(counted) / feed_days:.1f} entries a feed and day; delays in minutes\n"
        f"  {'':28} {'requests':>8} {'':7} {'mean':>7} {'median':>7} {'':7} "
        f"{'per-feed':>9}\n"
        f"  {'policy':28} {'/feed/d':>8} {'useful':>7} {'delay':>7} {'delay':>7} "
        f"{'p95':>7} {'mean':>9} {'lost':>5}\n"
    )
    for name, policy in POLICIES.items():
        progress(f"rhythm: {name}")
        tally = measure(feeds, policy, days, seed)
        progress("")
        sys.stdout.write(f"  {name:28} {tally.row(feed_days)}\n")
        sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--feeds", type=int, default=220)
    parser.add_argument("--days", type=int, default=42)
    given = parser.parse_args()
    if given.feeds < 1 or given.days <= LEARNING_DAYS:
        parser.error(f"at least one feed, and more than {LEARNING_DAYS} days")
    simulate(given.feeds, given.days, given.seed)


if __name__ == "__main__":
    main()
