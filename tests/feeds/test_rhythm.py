import itertools
import math
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.rhythm import (
    BOUNDS,
    MAX_FRESH,
    MAX_TTL,
    MAX_WAIT,
    WEEK,
    Failing,
    Floors,
    Pace,
    after_skips,
    back_off,
    beat,
    expected,
    interval,
    next_poll_at,
    rate_at,
    seed,
    wants_whole,
)
from monitor.models import Pulse, Skips
from tests.conftest import NOON

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FLAT = (1.0,) * 24

WAITS = st.timedeltas(min_value=MINUTE, max_value=7 * DAY)
ASKED = st.none() | st.timedeltas(min_value=timedelta(0), max_value=500 * DAY)
FLOORS = st.builds(Floors, retry_after=ASKED, fresh_for=ASKED, ttl=ASKED)
JITTER = st.floats(min_value=-1, max_value=1)
FAILING = st.builds(
    Failing,
    count=st.integers(0, 1_000),
    lasting=st.timedeltas(timedelta(0), 900 * DAY),
    throttled=st.booleans(),
    gone=st.booleans(),
)
PULSES = st.builds(
    Pulse,
    at=st.just(NOON),
    rate=st.floats(0, 5_000),
    fresh=st.floats(0, 500),
    hours=st.just(FLAT),
)
SKIPS = st.builds(
    Skips,
    hours=st.sets(st.integers(0, 23)).map(tuple),
    days=st.sets(st.integers(0, 6)).map(tuple),
)
TIMES = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(  # noqa: DTZ001
    lambda at: at.replace(tzinfo=NOON.tzinfo)
)


def pulse(rate: float, *, fresh: float = 0.0) -> Pulse:
    return Pulse(at=NOON, rate=rate, fresh=fresh, hours=FLAT)


def due_in(
    wait: timedelta,
    failing: Failing | None = None,
    *,
    floors: Floors | None = None,
    jitter: float = 0.0,
    first: bool = False,
) -> timedelta:
    """How long until the next poll of a feed with this interval."""
    at = next_poll_at(
        now=NOON,
        wait=wait,
        jitter=jitter,
        floors=floors or Floors(),
        failing=failing,
        first=first,
    )
    return at - NOON


# --- when to poll next ---


@given(WAITS, st.none() | FAILING, FLOORS, JITTER)
def test_a_feed_is_never_abandoned_nor_hammered(
    wait: timedelta, failing: Failing | None, floors: Floors, jitter: float
) -> None:
    passed = due_in(wait, failing, floors=floors, jitter=jitter)

    assert passed >= 0.9 * wait
    assert passed >= floors.longest
    assert passed <= 1.1 * max(wait, WEEK)


@given(WAITS, FLOORS, JITTER, st.booleans())
def test_a_feed_that_does_well_is_polled_within_a_day_or_its_interval(
    wait: timedelta, floors: Floors, jitter: float, first: bool
) -> None:
    passed = due_in(wait, floors=floors, jitter=jitter, first=first)

    assert floors.longest <= passed <= 1.1 * max(wait, MAX_WAIT)


@given(WAITS, FAILING, FLOORS, JITTER)
def test_a_failing_feed_is_never_polled_faster_than_a_good_one(
    wait: timedelta, failing: Failing, floors: Floors, jitter: float
) -> None:
    good = due_in(wait, floors=floors, jitter=jitter)
    bad = due_in(wait, failing, floors=floors, jitter=jitter)

    assert bad >= good


@pytest.mark.parametrize(
    ("jitter", "share"), [(-1, 0.9), (-0.5, 0.95), (0, 1), (0.5, 1.05), (1, 1.1)]
)
def test_an_interval_varies_by_a_tenth(jitter: float, share: float) -> None:
    passed = due_in(HOUR, jitter=jitter)

    assert passed == share * HOUR


@pytest.mark.parametrize(
    ("jitter", "share"), [(-1, 0.1), (-0.5, 0.325), (0, 0.55), (0.5, 0.775), (1, 1)]
)
def test_after_its_first_poll_a_feed_finds_its_place_in_the_interval(
    jitter: float, share: float
) -> None:
    passed = due_in(HOUR, jitter=jitter, first=True)

    assert passed.total_seconds() == pytest.approx(share * 3_600)


def test_feeds_that_were_added_together_drift_apart() -> None:
    jitters = [n / 50 - 1 for n in range(101)]

    passed = sorted(due_in(HOUR, jitter=jitter, first=True) for jitter in jitters)

    gaps = [later - sooner for sooner, later in itertools.pairwise(passed)]
    assert passed[-1] - passed[0] >= 0.89 * HOUR
    assert max(gaps) < MINUTE


def test_a_floor_holds_after_the_first_poll_as_well() -> None:
    passed = due_in(HOUR, floors=Floors(fresh_for=2 * HOUR), jitter=-1, first=True)

    assert passed == 2 * HOUR


@pytest.mark.parametrize(
    ("floors", "longest"),
    [
        (Floors(), timedelta(0)),
        (Floors(retry_after=2 * HOUR), 2 * HOUR),
        (Floors(retry_after=90 * DAY), MAX_WAIT),
        (Floors(fresh_for=365 * DAY), MAX_FRESH),
        (Floors(ttl=2 * DAY), MAX_TTL),
        (Floors(retry_after=HOUR, fresh_for=2 * HOUR, ttl=30 * MINUTE), 2 * HOUR),
    ],
)
def test_what_the_far_side_asks_for_is_a_floor_with_a_cap(
    floors: Floors, longest: timedelta
) -> None:
    passed = due_in(20 * MINUTE, floors=floors)

    assert passed == max(20 * MINUTE, longest)


# --- how long a failing feed is left alone ---


@pytest.mark.parametrize(
    ("count", "minutes"),
    [(1, 20), (2, 40), (3, 80), (7, 1280), (8, 1280), (99, 1280)],
)
def test_a_failing_feed_backs_off_by_doubling(count: int, minutes: int) -> None:
    passed = due_in(20 * MINUTE, Failing(count=count))

    assert passed == minutes * MINUTE


@pytest.mark.parametrize(
    ("wait", "count", "expected"),
    [
        (MINUTE, 1, 5 * MINUTE),
        (MINUTE, 3, 20 * MINUTE),
        (HOUR, 0, HOUR),
        (6 * HOUR, 4, MAX_WAIT),
        (3 * DAY, 1, 3 * DAY),
        (3 * DAY, 9, 3 * DAY),
    ],
)
def test_a_back_off_begins_with_the_interval_and_ends_at_a_day(
    wait: timedelta, count: int, expected: timedelta
) -> None:
    found = back_off(wait, Failing(count=count), 0)

    assert found == expected


@pytest.mark.parametrize(
    ("lasting", "expected"),
    [
        (14 * DAY, 20 * MINUTE),
        (14 * DAY + MINUTE, DAY),
        (60 * DAY, DAY),
        (60 * DAY + MINUTE, WEEK),
        (9_000 * DAY, WEEK),
    ],
)
@pytest.mark.parametrize("throttled", [True, False])
def test_who_fails_for_weeks_is_asked_daily_and_for_months_weekly(
    lasting: timedelta, expected: timedelta, *, throttled: bool
) -> None:
    failing = Failing(count=1, lasting=lasting, throttled=throttled)

    found = back_off(20 * MINUTE, failing, -1)

    assert found == (HOUR if throttled and expected < HOUR else expected)


@pytest.mark.parametrize("lasting", [timedelta(0), DAY, 20 * DAY, 90 * DAY])
@pytest.mark.parametrize("throttled", [True, False])
def test_who_is_gone_for_good_is_asked_once_a_week(
    lasting: timedelta, *, throttled: bool
) -> None:
    failing = Failing(count=2, lasting=lasting, throttled=throttled, gone=True)

    found = back_off(20 * MINUTE, failing, 0)

    assert found == WEEK


@pytest.mark.parametrize(
    "failing",
    [
        Failing(count=3),
        Failing(count=1, throttled=True),
        Failing(count=9, lasting=20 * DAY),
        Failing(count=9, gone=True),
    ],
)
def test_a_long_interval_is_never_cut_short_by_a_failure(failing: Failing) -> None:
    found = back_off(20 * DAY, failing, 1)

    assert found == 20 * DAY


@pytest.mark.parametrize(
    ("count", "hours"),
    [(1, 1), (2, 2), (3, 4), (5, 16), (6, 24), (99, 24)],
)
def test_who_says_too_many_requests_and_no_time_is_left_alone_for_hours(
    count: int, hours: int
) -> None:
    throttled = Failing(count=count, throttled=True)

    shortest, usual, longest = (
        back_off(20 * MINUTE, throttled, jitter) for jitter in (-1, 0, 1)
    )

    assert shortest == hours * HOUR
    assert usual == min(hours * HOUR + 30 * MINUTE, MAX_WAIT)
    assert longest == min((hours + 1) * HOUR, MAX_WAIT)


def test_who_says_too_many_requests_is_never_asked_within_the_hour() -> None:
    passed = due_in(20 * MINUTE, Failing(count=1, throttled=True), jitter=-1)

    assert passed >= HOUR


@given(WAITS, FAILING, st.integers(0, 1_000), JITTER)
def test_a_back_off_grows_with_every_failure(
    wait: timedelta, failing: Failing, more: int, jitter: float
) -> None:
    worse = Failing(
        count=failing.count + more,
        lasting=failing.lasting,
        throttled=failing.throttled,
        gone=failing.gone,
    )

    found = [back_off(wait, f, jitter) for f in (failing, worse)]

    assert found == sorted(found)
    assert wait <= found[0] <= found[1] <= max(wait, WEEK)


@given(WAITS, FAILING, st.timedeltas(timedelta(0), 100 * DAY), JITTER)
def test_a_back_off_grows_as_a_failure_lasts(
    wait: timedelta, failing: Failing, longer: timedelta, jitter: float
) -> None:
    worse = Failing(
        count=failing.count,
        lasting=failing.lasting + longer,
        throttled=failing.throttled,
        gone=failing.gone,
    )

    found = [back_off(wait, f, jitter) for f in (failing, worse)]

    assert found == sorted(found)


# --- when a publisher wants no polls ---

# NOON is a Sunday.
SATURDAY, SUNDAY, MONDAY = 5, 6, 0


@pytest.mark.parametrize(
    ("skips", "expected"),
    [
        (Skips(), NOON),
        (Skips(hours=(11, 13)), NOON),
        (Skips(hours=(12,)), NOON + HOUR),
        (Skips(hours=(12, 13, 14)), NOON + 3 * HOUR),
        (Skips(hours=tuple(range(12, 24))), NOON + 12 * HOUR),
        (Skips(hours=(*range(12, 24), 0, 1)), NOON + 14 * HOUR),
        (Skips(hours=tuple(n for n in range(24) if n != 11)), NOON + 23 * HOUR),
        (Skips(days=(MONDAY,)), NOON),
        (Skips(days=(SUNDAY,)), NOON + 12 * HOUR),
        (Skips(days=(SUNDAY,), hours=(0, 1)), NOON + 14 * HOUR),
        (Skips(days=(SATURDAY, SUNDAY)), NOON + 12 * HOUR),
    ],
)
def test_a_poll_waits_for_the_end_of_the_hours_and_days_to_skip(
    skips: Skips, expected: datetime
) -> None:
    found = after_skips(NOON, skips, pulse(5))

    assert found == expected


def test_a_poll_keeps_its_minute_so_that_none_crowd_on_the_hour() -> None:
    at = NOON + 17 * MINUTE

    found = after_skips(at, Skips(hours=(12,)), None)

    assert found == at + HOUR


@pytest.mark.parametrize(
    ("weight", "expected"),
    [(1.49, NOON + HOUR), (1.5, NOON), (6.0, NOON), (0.0, NOON + HOUR)],
)
def test_an_hour_in_which_the_feed_does_publish_is_not_skipped(
    weight: float, expected: datetime
) -> None:
    hours = (1.0,) * 12 + (weight,) + (1.0,) * 11
    found = after_skips(NOON, Skips(hours=(12,)), Pulse(at=NOON, rate=5, hours=hours))

    assert found == expected


def test_a_busy_hour_further_on_ends_the_wait() -> None:
    hours = (1.0,) * 14 + (2.0,) + (1.0,) * 9
    skips = Skips(hours=(12, 13, 14, 15), days=(SUNDAY,))

    found = after_skips(NOON, skips, Pulse(at=NOON, rate=5, hours=hours))

    assert found == NOON + 2 * HOUR


@pytest.mark.parametrize(
    "skips", [Skips(hours=tuple(range(24))), Skips(days=tuple(range(7)))]
)
def test_who_wants_no_polls_at_all_is_polled_within_a_day(skips: Skips) -> None:
    found = after_skips(NOON, skips, pulse(5))

    assert found <= NOON + DAY


@given(TIMES, SKIPS, st.none() | PULSES)
def test_no_poll_waits_longer_than_a_day_for_a_publisher(
    at: datetime, skips: Skips, found: Pulse | None
) -> None:
    moved = after_skips(at, skips, found)

    assert at <= moved <= at + DAY


@given(TIMES, st.sets(st.integers(0, 23), max_size=23), st.none() | PULSES)
def test_no_poll_is_in_an_hour_to_skip_where_others_are_left(
    at: datetime, hours: set[int], found: Pulse | None
) -> None:
    moved = after_skips(at, Skips(hours=tuple(hours)), found)

    assert moved.hour not in hours


def test_a_weekend_to_skip_is_not_polled_through_on_saturday() -> None:
    saturday = NOON - DAY
    skips = Skips(days=(SATURDAY, SUNDAY))

    found = after_skips(saturday, skips, pulse(5))

    assert found - saturday > 12 * HOUR


# --- when to ask for all of it ---


@pytest.mark.parametrize(
    ("full_at", "whole"),
    [
        (None, False),
        (NOON, False),
        (NOON - 7 * DAY + MINUTE, False),
        (NOON - 7 * DAY, True),
        (NOON - 90 * DAY, True),
    ],
)
def test_after_a_week_of_not_modified_all_of_it_is_wanted(
    full_at: datetime | None, *, whole: bool
) -> None:
    assert wants_whole(full_at, NOON) == whole


# --- how long to wait ---


@pytest.mark.parametrize(
    ("rate", "minutes"), [(24, 20), (6, 40), (96, 10), (10_000, 5), (0.0, 360)]
)
def test_the_interval_falls_with_the_root_of_the_rate(
    rate: float, minutes: int
) -> None:
    wait = interval(pulse(rate), NOON, pace=Pace.NORMAL, every=None)

    assert wait == minutes * MINUTE


@given(PULSES, st.sampled_from(Pace))
def test_the_interval_stays_within_the_bounds_of_the_pace(
    found: Pulse, pace: Pace
) -> None:
    wait = interval(found, NOON, pace=pace, every=None)

    assert BOUNDS[pace].shortest <= wait <= BOUNDS[pace].longest


@given(PULSES)
def test_a_gentler_pace_never_polls_more_often(found: Pulse) -> None:
    waits = [interval(found, NOON, pace=pace, every=None) for pace in Pace]

    assert waits == sorted(waits, reverse=True)


def test_a_fixed_interval_is_kept_and_an_unknown_feed_gets_the_usual_one() -> None:
    fixed = interval(pulse(1), NOON, pace=Pace.NORMAL, every=MINUTE)
    unknown = interval(None, NOON, pace=Pace.EAGER, every=None)

    assert (fixed, unknown) == (MINUTE, 10 * MINUTE)


# --- the pulse ---


def test_the_dates_of_the_first_document_give_the_rate() -> None:
    dates = [NOON - n * HOUR for n in range(48)]

    found = seed([*dates, None, NOON + DAY], NOON)

    assert found.rate == pytest.approx(48.5 / (47 / 24 + 1))


def test_without_dates_a_feed_is_taken_for_a_slow_one() -> None:
    assert seed([None, None], NOON).rate == 0.5


def test_entries_of_years_ago_say_nothing_of_today() -> None:
    assert seed([NOON - 900 * DAY], NOON).rate == pytest.approx(0.5 / 15)


def test_a_feed_that_goes_on_as_before_keeps_its_rate() -> None:
    found = pulse(24)
    at = NOON
    for _ in range(300):
        at += HOUR
        found = beat(found, 1, at)

    assert found.rate == pytest.approx(24, rel=0.01)


def test_a_feed_that_falls_silent_slows_down_within_weeks() -> None:
    found = pulse(24)
    for days in range(1, 22):
        found = beat(found, 0, NOON + days * DAY)

    assert found.rate < 24 / 15


def test_a_burst_is_followed_closely_and_forgotten_in_hours() -> None:
    burst = beat(pulse(1), 10, NOON + HOUR)

    soon = rate_at(burst, NOON + HOUR)
    later = rate_at(burst, NOON + 13 * HOUR)

    assert soon == pytest.approx(56)
    assert later < 2


def test_the_hours_in_which_a_feed_publishes_are_polled_more_often() -> None:
    found = pulse(2)
    for day in range(1, 30):
        found = beat(found, 2, datetime(2026, 12, 1, 6, tzinfo=NOON.tzinfo) + day * DAY)
    at = found.at + 20 * HOUR  # the burst is over

    morning = rate_at(found, at.replace(hour=5) + DAY)
    evening = rate_at(found, at.replace(hour=18) + DAY)

    assert morning > 3 * evening


@pytest.mark.parametrize(("rate", "phase"), [(24, 0), (60, 5), (200, 0), (200, 3)])
def test_a_busy_feed_without_favourite_hours_is_polled_evenly(
    rate: int, phase: int
) -> None:
    found, at, due = pulse(rate), NOON, NOON + phase * MINUTE
    days, polls = 28, 0
    seen: list[float] = []
    while at < NOON + days * DAY:
        at += interval(found, at, pace=Pace.NORMAL, every=None)
        new = max(0, (at - due) // (DAY / rate))
        due += new * (DAY / rate)
        found = beat(found, new, at)
        polls += 1
        seen += (min(found.hours), max(found.hours))

    assert min(seen) > 0.5
    assert max(seen) < 2
    assert found.rate == pytest.approx(rate, rel=0.05)
    assert polls / days == pytest.approx(72 * math.sqrt(rate / 24), rel=0.1)


@pytest.mark.parametrize("rate", [1, 10, 50, 200, 1_000])
def test_one_burst_does_not_make_a_favourite_hour_of_a_busy_feed(rate: int) -> None:
    burst = beat(pulse(rate), 10, NOON + HOUR)

    after = max(burst.hours)

    # What is remembered of an hour, the burst's half of it, and the mean stays 1.
    held = 1 + rate * 14 / 24
    assert after < 1 + 5 / held + 0.01
    assert after > 1


def test_the_weights_of_the_hours_fade_within_weeks() -> None:
    found = beat(pulse(1), 20, NOON)
    favourite = found.hours[12]
    for n in range(1, 57):
        found = beat(found, 0, NOON + n * DAY)

    assert favourite > 4
    assert found.hours[12] < 2


@given(PULSES, st.integers(0, 3_000), st.timedeltas(-DAY, 400 * DAY))
def test_a_pulse_stays_sane_whatever_comes_and_whatever_the_clock_does(
    found: Pulse, new: int, passed: timedelta
) -> None:
    after = beat(found, new, NOON + passed)

    assert after.rate >= 0
    assert after.fresh >= new
    assert sum(after.hours) == pytest.approx(24, abs=0.01)
    assert rate_at(after, NOON + passed) > 0


# --- what is expected ---


@pytest.mark.parametrize(
    ("found", "elapsed", "count"),
    [(None, DAY, 1.0), (pulse(24), HOUR, 1.0), (pulse(24), 2 * DAY, 48.0)],
)
def test_rate_and_downtime_explain_so_many_entries(
    found: Pulse | None, elapsed: timedelta, count: float
) -> None:
    assert expected(found, elapsed) == count
