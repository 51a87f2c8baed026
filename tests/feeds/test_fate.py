from datetime import timedelta

import pytest

from monitor.feeds.fate import Situation, fate, is_flood
from monitor.models import Entry, EntryState
from tests.conftest import NOON

DAY = timedelta(days=1)


def situation(
    *,
    baseline: bool = False,
    last_good: timedelta | None = timedelta(hours=1),
    first_run: timedelta | None = None,
    expected: float = 1.0,
) -> Situation:
    return Situation(
        now=NOON,
        baseline=baseline,
        last_good_at=None if last_good is None else NOON - last_good,
        first_run=first_run,
        max_age=7 * DAY,
        flood_limit=40,
        expected=expected,
    )


@pytest.mark.parametrize(
    ("published", "first_run", "state"),
    [
        (None, None, EntryState.BASELINE),
        (timedelta(minutes=5), None, EntryState.BASELINE),
        (None, DAY, EntryState.BASELINE),
        (timedelta(hours=24), DAY, EntryState.WAITING),
        (timedelta(hours=25), DAY, EntryState.BASELINE),
        (-timedelta(hours=2), DAY, EntryState.WAITING),
        (-timedelta(days=2), DAY, EntryState.BASELINE),
        (timedelta(days=20_000), timedelta(days=30_000), EntryState.BASELINE),
    ],
)
def test_the_first_poll_alerts_only_on_what_the_operator_asked_for(
    published: timedelta | None, first_run: timedelta | None, state: EntryState
) -> None:
    entry = Entry(published=None if published is None else NOON - published)

    found = fate(entry, situation(baseline=True, first_run=first_run, last_good=None))

    assert found == state


@pytest.mark.parametrize(
    ("published", "last_good", "state"),
    [
        (None, timedelta(hours=1), EntryState.WAITING),
        (timedelta(0), timedelta(hours=1), EntryState.WAITING),
        (timedelta(days=7), timedelta(0), EntryState.WAITING),
        (timedelta(days=7, seconds=1), timedelta(0), EntryState.OLD),
        (timedelta(days=8), timedelta(days=2), EntryState.WAITING),
        (timedelta(days=10), timedelta(days=2), EntryState.OLD),
        (timedelta(days=400), None, EntryState.WAITING),
        (-timedelta(days=300), timedelta(hours=1), EntryState.WAITING),
        (timedelta(days=100_000), timedelta(hours=1), EntryState.WAITING),
    ],
)
def test_later_polls_leave_out_what_was_published_long_before_the_last_good_one(
    published: timedelta | None, last_good: timedelta | None, state: EntryState
) -> None:
    entry = Entry(published=None if published is None else NOON - published)

    found = fate(entry, situation(last_good=last_good, first_run=DAY))

    assert found == state


@pytest.mark.parametrize(
    ("fresh", "expected", "flood"),
    [
        (40, 1.0, False),
        (41, 1.0, True),
        (41, 13.0, True),
        (41, 14.0, False),
        (300, 100.0, False),
        (301, 100.0, True),
    ],
)
def test_a_flood_is_more_than_the_limit_and_than_three_times_what_is_usual(
    fresh: int, expected: float, *, flood: bool
) -> None:
    found = is_flood(fresh, situation(expected=expected))

    assert found == flood
