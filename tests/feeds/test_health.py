from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from monitor.feeds.health import Health, State, is_gone, is_worth_telling, judge
from monitor.models import FeedLine, Trouble
from tests.conftest import NOON

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
QUIET_AFTER = 30 * DAY

# A feed of which all is true at once; what is worse is taken away step by step.
WORST = FeedLine(
    name="wire",
    url="https://wire.example/rss",
    paused_at=NOON - DAY,
    last_polled_at=None,
    failures=3,
    failing_since=NOON - 2 * DAY,
    trouble=Trouble.GONE,
    gone_at=NOON - 2 * DAY,
    error="HTTP 410",
    held=7,
    gap_at=NOON - HOUR,
    gap_entries=40,
    last_new_at=NOON - 90 * DAY,
    last_good_at=NOON - HOUR,
    moved_url="https://new.example/rss",
)


def line(**known: Any) -> FeedLine:
    """A feed that was polled an hour ago and found good, but for what is said."""
    usual = {"last_polled_at": NOON - HOUR, "last_good_at": NOON - HOUR}
    return FeedLine(name="wire", url="https://wire.example/rss", **(usual | known))


def failing(trouble: Trouble = Trouble.FAILING, **known: Any) -> FeedLine:
    since = NOON - 2 * DAY
    return line(
        failures=3, failing_since=since, trouble=trouble, error="HTTP 500", **known
    )


def state(found: FeedLine) -> State:
    return judge(found, NOON, QUIET_AFTER).state


# --- the states ---


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (line(), Health(state=State.OK, since=NOON - HOUR)),
        (line(last_polled_at=None, last_good_at=None), Health(state=State.UNREAD)),
        (line(paused_at=NOON - DAY), Health(state=State.PAUSED, since=NOON - DAY)),
        (
            line(last_new_at=NOON - 31 * DAY),
            Health(state=State.QUIET, since=NOON - 31 * DAY),
        ),
        (
            line(gap_at=NOON - HOUR, gap_entries=40),
            Health(
                state=State.GAP,
                since=NOON - HOUR,
                facts="40 entries at once, none of them known",
            ),
        ),
        (line(held=7), Health(state=State.HELD, facts="7 entries wait for you")),
        (
            line(moved_url="https://new.example/rss"),
            Health(state=State.MOVED, facts="to https://new.example/rss"),
        ),
        (
            failing(Trouble.FAILING),
            Health(state=State.FAILING, since=NOON - 2 * DAY, facts="HTTP 500"),
        ),
        (
            failing(Trouble.NONE),
            Health(state=State.FAILING, since=NOON - 2 * DAY, facts="HTTP 500"),
        ),
        (
            failing(Trouble.BLOCKED),
            Health(state=State.BLOCKED, since=NOON - 2 * DAY, facts="HTTP 500"),
        ),
        (
            failing(Trouble.NOT_A_FEED),
            Health(state=State.NOT_A_FEED, since=NOON - 2 * DAY, facts="HTTP 500"),
        ),
        (
            failing(Trouble.GONE, gone_at=NOON - 2 * DAY),
            Health(state=State.GONE, since=NOON - 2 * DAY, facts="HTTP 500"),
        ),
    ],
)
def test_a_state_comes_with_its_time_and_its_facts(
    found: FeedLine, expected: Health
) -> None:
    health = judge(found, NOON, QUIET_AFTER)

    assert health == expected


@pytest.mark.parametrize(
    ("state", "advice"),
    [
        (State.UNREAD, "next run"),
        (State.PAUSED, "monitor feeds resume NAME"),
        (State.QUIET, "does it still publish here?"),
        (State.GAP, "set every = "),
        (State.HELD, "monitor floods list"),
        (State.MOVED, "write the new address into the configuration"),
        (State.FAILING, "monitor feeds add SITE"),
        (State.BLOCKED, "ask the publisher"),
        (State.NOT_A_FEED, "monitor feeds add SITE"),
        (State.GONE, "remove it from the configuration"),
    ],
)
def test_a_state_comes_with_a_way_out(state: State, advice: str) -> None:
    found = Health(state=state).advice

    assert advice in found


def test_every_state_but_a_good_one_has_advice() -> None:
    without = [state for state in State if not Health(state=state).advice]

    assert without == [State.OK]


def test_nothing_is_read_from_a_feed_in_a_bad_state() -> None:
    bad = [state for state in State if state.is_bad]

    assert bad == [State.FAILING, State.BLOCKED, State.NOT_A_FEED, State.GONE]


# --- the order ---


def test_of_all_that_is_true_the_worst_is_said() -> None:
    steps: list[dict[str, Any]] = [
        {},
        {"paused_at": None},
        {"last_polled_at": NOON},
        {"failures": 0},
        {"held": 0},
        {"gap_at": None},
        {"last_new_at": NOON},
        {"moved_url": ""},
    ]

    found = WORST
    states = []
    for better in steps:
        found = replace(found, **better)
        states.append(state(found))

    assert states == [
        State.PAUSED,
        State.UNREAD,
        State.GONE,
        State.HELD,
        State.GAP,
        State.QUIET,
        State.MOVED,
        State.OK,
    ]


def test_trouble_that_is_over_is_no_trouble() -> None:
    healed = replace(failing(Trouble.BLOCKED), failures=0)

    assert state(healed) is State.OK


# --- the limits ---


@pytest.mark.parametrize(
    ("passed", "expected"),
    [
        (timedelta(0), State.GAP),
        (2 * DAY - SECOND, State.GAP),
        (2 * DAY, State.OK),
        (90 * DAY, State.OK),
    ],
)
def test_a_gap_is_shown_for_two_days(passed: timedelta, expected: State) -> None:
    found = line(gap_at=NOON - passed, gap_entries=40)

    assert state(found) is expected


@pytest.mark.parametrize(
    ("last_new_at", "quiet_after", "expected"),
    [
        (NOON - QUIET_AFTER, QUIET_AFTER, State.QUIET),
        (NOON - QUIET_AFTER + SECOND, QUIET_AFTER, State.OK),
        (NOON - 900 * DAY, None, State.OK),
        (None, QUIET_AFTER, State.OK),
    ],
)
def test_a_feed_is_quiet_only_where_that_was_asked_for(
    last_new_at: datetime | None, quiet_after: timedelta | None, expected: State
) -> None:
    found = judge(line(last_new_at=last_new_at), NOON, quiet_after)

    assert found.state is expected


# --- gone for good ---


@pytest.mark.parametrize(
    ("first", "gone"),
    [
        (None, False),
        (NOON, False),
        (NOON - DAY + SECOND, False),
        (NOON - DAY, True),
        (NOON - 90 * DAY, True),
    ],
)
def test_a_410_is_confirmed_by_another_a_day_later(
    first: datetime | None, *, gone: bool
) -> None:
    assert is_gone(first, NOON) == gone


@pytest.mark.parametrize(
    ("gone_at", "last_polled_at", "expected"),
    [
        (NOON - 2 * DAY, NOON - DAY, State.GONE),
        (NOON - 2 * DAY, NOON - DAY - SECOND, State.FAILING),
        (NOON - 90 * DAY, NOON - 90 * DAY, State.FAILING),
        (None, NOON, State.FAILING),
    ],
)
def test_a_feed_is_gone_when_a_poll_confirmed_it_and_not_by_waiting(
    gone_at: datetime | None, last_polled_at: datetime, expected: State
) -> None:
    found = failing(Trouble.GONE, gone_at=gone_at, last_polled_at=last_polled_at)

    assert state(found) is expected


# --- when the operator hears of it ---


@pytest.mark.parametrize(
    ("lasted", "interval", "told"),
    [
        (6 * HOUR - SECOND, HOUR, False),
        (6 * HOUR, HOUR, True),
        (6 * HOUR, timedelta(minutes=5), True),
        (6 * HOUR, timedelta(minutes=72), True),
        (6 * HOUR, timedelta(minutes=73), False),
        (30 * HOUR - SECOND, 6 * HOUR, False),
        (30 * HOUR, 6 * HOUR, True),
    ],
)
@pytest.mark.parametrize("bad", [State.FAILING, State.BLOCKED, State.NOT_A_FEED])
def test_a_failure_is_told_after_six_hours_and_five_polls(
    bad: State, lasted: timedelta, interval: timedelta, *, told: bool
) -> None:
    health = Health(state=bad, since=NOON - lasted)

    assert is_worth_telling(health, NOON, interval) == told


def test_a_failure_of_unknown_age_is_not_told_yet() -> None:
    health = Health(state=State.FAILING)

    assert not is_worth_telling(health, NOON, HOUR)


@pytest.mark.parametrize("since", [NOON, None])
@pytest.mark.parametrize("interval", [HOUR, 7 * DAY])
def test_a_feed_that_is_gone_is_told_at_once(
    since: datetime | None, interval: timedelta
) -> None:
    health = Health(state=State.GONE, since=since)

    assert is_worth_telling(health, NOON, interval)


def test_of_the_states_that_are_not_bad_only_silence_is_told() -> None:
    old = NOON - 900 * DAY
    told = [
        state
        for state in State
        if not state.is_bad
        and is_worth_telling(Health(state=state, since=old), NOON, HOUR)
    ]

    assert told == [State.QUIET]
