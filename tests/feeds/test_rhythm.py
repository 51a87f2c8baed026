from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.rhythm import (
    INTERVAL,
    MAX_WAIT,
    expected,
    next_poll_at,
    seed_rate,
    updated_rate,
)
from tests.conftest import NOON

DAY = timedelta(days=1)
DURATIONS = st.timedeltas(timedelta(seconds=1), 30 * DAY)


def wait(
    *,
    every: timedelta | None = None,
    failures: int = 0,
    retry_after: timedelta | None = None,
    jitter: float = 0.0,
) -> timedelta:
    at = next_poll_at(
        now=NOON,
        every=every,
        failures=failures,
        retry_after=retry_after,
        jitter=jitter,
    )
    return at - NOON


# --- when to come again ---


@given(
    every=st.none() | DURATIONS,
    failures=st.integers(0, 10_000),
    retry_after=st.none() | st.timedeltas(timedelta(0), 2_000 * DAY),
    jitter=st.floats(-1, 1),
)
def test_a_feed_is_never_abandoned_nor_hammered(
    every: timedelta | None,
    failures: int,
    retry_after: timedelta | None,
    jitter: float,
) -> None:
    interval = every or INTERVAL

    found = wait(every=every, failures=failures, retry_after=retry_after, jitter=jitter)

    assert found >= interval * 0.9 - timedelta(microseconds=1)
    assert found <= max(interval, MAX_WAIT) * 1.1 + timedelta(microseconds=1)
    assert found >= min(retry_after or timedelta(0), MAX_WAIT)


@given(st.none() | DURATIONS, st.integers(0, 100), st.floats(-1, 1))
def test_another_failure_never_makes_a_feed_faster(
    every: timedelta | None, failures: int, jitter: float
) -> None:
    before = wait(every=every, failures=failures, jitter=jitter)
    after = wait(every=every, failures=failures + 1, jitter=jitter)

    assert after >= before


@pytest.mark.parametrize(
    ("every", "failures", "minutes"),
    [
        (None, 0, 20),
        (None, 1, 20),
        (None, 2, 40),
        (None, 3, 80),
        (None, 7, 1_280),
        (None, 500, 1_280),
        (1, 0, 1),
        (1, 1, 5),
        (1, 2, 10),
        (60, 0, 60),
        (60, 5, 960),
        (60, 6, 1_440),
        (60, 500, 1_440),
        (2_880, 0, 2_880),
        (2_880, 9, 2_880),
    ],
)
def test_a_failing_feed_backs_off_by_doubling_up_to_a_day(
    every: int | None, failures: int, minutes: int
) -> None:
    interval = None if every is None else timedelta(minutes=every)

    found = wait(every=interval, failures=failures)

    assert found == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (timedelta(0), INTERVAL),
        (timedelta(minutes=5), INTERVAL),
        (timedelta(hours=3), timedelta(hours=3)),
        (timedelta(hours=88), MAX_WAIT),
    ],
)
def test_a_server_may_ask_for_a_longer_wait_up_to_a_day(
    asked: timedelta, given: timedelta
) -> None:
    found = wait(retry_after=asked)

    assert found == given


def test_jitter_moves_a_poll_by_a_tenth_but_never_before_what_was_asked() -> None:
    early, late = wait(jitter=-1), wait(jitter=1)
    asked = wait(jitter=-1, retry_after=INTERVAL)

    assert (early, late) == (timedelta(minutes=18), timedelta(minutes=22))
    assert asked == INTERVAL


# --- how much a feed brings ---


@pytest.mark.parametrize(
    ("days_ago", "rate"),
    [
        ([], 0.5),
        ([None, None], 0.5),
        ([0.0], 1.5),
        ([-3.0], 0.5),
        ([1.0] * 10, 5.25),
        ([13.0] * 28, 28.5 / 14),
        ([14.0, 15.0, 400.0], 0.1),
        ([-2.0, 1.0, None], 0.75),
    ],
)
def test_the_first_rate_counts_the_entries_of_two_weeks(
    days_ago: list[float | None], rate: float
) -> None:
    dates = [None if n is None else NOON - timedelta(days=n) for n in days_ago]

    found = seed_rate(dates, NOON)

    assert found == pytest.approx(rate)


@given(
    st.floats(0, 5_000),
    st.integers(0, 2_000),
    st.timedeltas(timedelta(0), 400 * DAY),
)
def test_a_rate_moves_towards_what_a_poll_brought_and_no_further(
    rate: float, fresh: int, elapsed: timedelta
) -> None:
    found = updated_rate(rate, fresh, elapsed)

    brought = fresh / max(elapsed / DAY, 1e-4)
    low, high = sorted((rate, brought))
    assert low - 1e-6 <= found <= high * (1 + 1e-9) + 1e-6


def test_a_rate_forgets_two_thirds_in_a_week() -> None:
    in_one_poll = updated_rate(10, 0, 7 * DAY)
    in_seven = 10.0
    for _ in range(7):
        in_seven = updated_rate(in_seven, 0, DAY)

    assert in_one_poll == pytest.approx(3.679, abs=0.001)
    assert in_seven == pytest.approx(in_one_poll)


def test_a_poll_straight_after_another_shakes_the_rate_but_little() -> None:
    found = updated_rate(10, 1, timedelta(0))

    assert found == pytest.approx(10 + 1 / 7, abs=0.01)


@pytest.mark.parametrize(
    ("rate", "days", "entries"),
    [(None, 5, 1.0), (0.1, 1, 1.0), (10.0, 0, 1.0), (10.0, 0.5, 5.0), (2.0, 30, 60.0)],
)
def test_a_long_absence_explains_many_entries(
    rate: float | None, days: float, entries: float
) -> None:
    found = expected(rate, timedelta(days=days))

    assert found == pytest.approx(entries)
