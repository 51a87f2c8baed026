from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.rhythm import (
    BOUNDS,
    MAX_FRESH,
    MAX_TTL,
    MAX_WAIT,
    Floors,
    Pace,
    beat,
    expected,
    interval,
    next_poll_at,
    rate_at,
    seed,
)
from monitor.models import Pulse
from tests.conftest import NOON

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FLAT = (1.0,) * 24

WAITS = st.timedeltas(min_value=MINUTE, max_value=7 * DAY)
ASKED = st.none() | st.timedeltas(min_value=timedelta(0), max_value=500 * DAY)
FLOORS = st.builds(Floors, retry_after=ASKED, fresh_for=ASKED, ttl=ASKED)
JITTER = st.floats(min_value=-1, max_value=1)
PULSES = st.builds(
    Pulse,
    at=st.just(NOON),
    rate=st.floats(0, 5_000),
    fresh=st.floats(0, 500),
    hours=st.just(FLAT),
)


def pulse(rate: float, *, fresh: float = 0.0) -> Pulse:
    return Pulse(at=NOON, rate=rate, fresh=fresh, hours=FLAT)


# --- when to poll next ---


@given(WAITS, st.integers(0, 1_000), FLOORS, JITTER)
def test_a_feed_is_never_abandoned_nor_hammered(
    wait: timedelta, failures: int, floors: Floors, jitter: float
) -> None:
    at = next_poll_at(
        now=NOON, wait=wait, failures=failures, floors=floors, jitter=jitter
    )

    assert at - NOON >= 0.9 * wait
    assert at - NOON <= 1.1 * max(wait, MAX_WAIT)


@given(WAITS, st.integers(1, 50), JITTER)
def test_a_failing_feed_is_never_polled_faster_than_a_good_one(
    wait: timedelta, failures: int, jitter: float
) -> None:
    good, bad = (
        next_poll_at(now=NOON, wait=wait, failures=n, floors=Floors(), jitter=jitter)
        for n in (0, failures)
    )

    assert bad >= good


@pytest.mark.parametrize(
    ("failures", "minutes"),
    [(1, 20), (2, 40), (3, 80), (7, 1280), (8, 1280), (99, 1280)],
)
def test_a_failing_feed_backs_off_by_doubling(failures: int, minutes: int) -> None:
    at = next_poll_at(
        now=NOON, wait=20 * MINUTE, failures=failures, floors=Floors(), jitter=0
    )

    assert at == NOON + minutes * MINUTE


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
    at = next_poll_at(now=NOON, wait=20 * MINUTE, failures=0, floors=floors, jitter=0)

    assert at == NOON + max(20 * MINUTE, longest)


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
