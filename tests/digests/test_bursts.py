"""Rules that alert too often collect what they find."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.digests.bursts import MOST_MESSAGES, MOST_STORIES, collecting, flooding
from monitor.models import Alert
from tests.conftest import NOON


def alert(message: int, *, minutes: float = 0, rule: str = "aleppo") -> Alert:
    at = NOON - timedelta(minutes=minutes)
    return Alert(rules=(rule,), message=message, at=at)


def test_five_messages_within_ten_minutes_are_a_burst() -> None:
    few = [alert(n, minutes=n) for n in range(MOST_MESSAGES - 1)]

    assert collecting(few, NOON) == set()
    assert collecting([*few, alert(9)], NOON) == {"aleppo"}


def test_many_stories_in_one_message_are_none() -> None:
    assert collecting([alert(1) for _ in range(50)], NOON) == set()


def test_a_burst_is_over_when_its_messages_are_old() -> None:
    found = [alert(n, minutes=10 + n) for n in range(20)]

    assert collecting(found, NOON) == set()


def test_what_a_clock_told_that_was_set_back_since_holds_up_nothing() -> None:
    ahead = [alert(n, minutes=-60 * 24) for n in range(MOST_STORIES + 5)]

    assert collecting(ahead, NOON) == set()


def test_another_rule_is_not_held_by_it() -> None:
    found = [alert(n) for n in range(9)] + [alert(77, rule="grain")]

    assert collecting(found, NOON) == {"aleppo"}


def test_a_rule_that_tells_too_much_speaks_once_an_hour() -> None:
    found = [alert(1, minutes=30) for _ in range(MOST_STORIES + 1)]

    assert flooding(found, NOON) == {"aleppo"}
    assert collecting(found, NOON) == {"aleppo"}
    assert collecting(found, NOON + timedelta(minutes=30)) == set()


@given(st.lists(st.floats(0, 200), max_size=200))
def test_no_rule_is_held_for_more_than_an_hour(minutes: list[float]) -> None:
    found = [alert(n, minutes=m) for n, m in enumerate(minutes)]
    last = max((a.at for a in found), default=NOON)

    assert collecting(found, last + timedelta(minutes=60)) == set()
