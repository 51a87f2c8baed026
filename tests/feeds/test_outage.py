from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.outage import Outage
from tests.conftest import NOON

SECOND = timedelta(seconds=1)

SEEN = st.tuples(st.integers(0, 30).map("host-{}".format), st.booleans())


def seen(
    exchanges: Iterable[tuple[str, bool]], outage: Outage | None = None
) -> tuple[Outage, datetime]:
    """An outage that saw exchanges, one a second from noon on, and the time of the last."""
    outage = outage or Outage()
    at = NOON
    for n, (host, reached) in enumerate(exchanges):
        at = NOON + n * SECOND
        outage.saw(host, at, reached=reached)
    return outage, at


def failures(count: int, hosts: int = 99) -> list[tuple[str, bool]]:
    return [(f"host-{n % hosts}", False) for n in range(count)]


def successes(count: int) -> list[tuple[str, bool]]:
    return [(f"good-{n}", True) for n in range(count)]


@pytest.fixture
def away() -> Outage:
    return seen(failures(16))[0]


# --- when it begins ---


def test_nothing_seen_is_no_outage() -> None:
    assert Outage().since is None


@pytest.mark.parametrize(
    ("exchanges", "away"),
    [
        pytest.param(failures(15), False, id="too few yet"),
        pytest.param(failures(16), True, id="enough"),
        pytest.param(failures(60), True, id="all"),
        pytest.param(failures(16, hosts=10), True, id="ten hosts"),
        pytest.param(failures(60, hosts=9), False, id="nine hosts"),
        pytest.param(failures(60, hosts=1), False, id="one host"),
        pytest.param(successes(4) + failures(16), True, id="four in five"),
        pytest.param(successes(20) + failures(15), False, id="three in four"),
        pytest.param(successes(900) + failures(16), True, id="old ones do not count"),
        pytest.param(failures(15) + successes(5), False, id="what came last was good"),
        pytest.param(
            [("host-0", False), *successes(5), *failures(15)],
            False,
            id="too long ago",
        ),
        pytest.param(
            (failures(4) + successes(1)) * 20, False, id="every fifth is good"
        ),
        pytest.param((failures(1) + successes(1)) * 60, False, id="half of them"),
        pytest.param(successes(60), False, id="none"),
    ],
)
def test_sixteen_of_twenty_failures_on_ten_hosts_are_an_outage(
    exchanges: list[tuple[str, bool]], *, away: bool
) -> None:
    outage, at = seen(exchanges)

    assert (outage.since is not None) == away
    assert outage.since is None or outage.since <= at


def test_an_outage_begins_with_its_first_failure_and_keeps_that_time() -> None:
    outage, _ = seen(failures(40))

    assert outage.since == NOON


def test_a_failure_is_never_the_end_of_an_outage(away: Outage) -> None:
    ends = [away.saw(f"host-{n}", NOON, reached=False) for n in range(50)]

    assert ends == [None] * 50
    assert away.since is not None


# --- when it ends ---


def test_one_host_that_answers_ends_it_and_tells_when_it_began(away: Outage) -> None:
    began = away.since

    ended = away.saw("host-3", NOON + timedelta(hours=2), reached=True)

    assert began is not None
    assert (ended, away.since) == (began, None)


def test_its_end_is_told_once(away: Outage) -> None:
    away.saw("host-3", NOON, reached=True)

    again = away.saw("host-4", NOON, reached=True)

    assert again is None


def test_where_there_was_none_nothing_ends() -> None:
    outage, at = seen(failures(15))

    ended = outage.saw("host-3", at, reached=True)

    assert ended is None


def test_the_failures_of_the_last_outage_do_not_make_another(away: Outage) -> None:
    away.saw("host-3", NOON, reached=True)

    seen(failures(15), away)
    first = away.since
    away.saw("host-20", NOON, reached=False)

    assert first is None
    assert away.since == NOON


# --- what is done meanwhile ---


@pytest.mark.parametrize("wanted", [0, 1, 50])
def test_with_a_network_as_many_hosts_are_visited_as_wanted(wanted: int) -> None:
    outage, at = seen(failures(15))

    rooms = [outage.room(wanted, at) for _ in range(3)]

    assert rooms == [wanted] * 3


def test_without_a_network_one_host_is_asked_every_thirty_seconds(
    away: Outage,
) -> None:
    rooms = [away.room(50, NOON + n * SECOND) for n in range(91)]

    assert [n for n, room in enumerate(rooms) if room] == [0, 30, 60, 90]
    assert set(rooms) == {0, 1}


def test_where_nothing_is_wanted_nothing_is_asked(away: Outage) -> None:
    assert away.room(0, NOON) == 0


def test_after_an_outage_everybody_is_asked_at_once(away: Outage) -> None:
    away.room(50, NOON)
    away.saw("host-0", NOON + SECOND, reached=True)

    room = away.room(50, NOON + SECOND)

    assert room == 50


@given(st.lists(SEEN, max_size=80))
def test_an_outage_had_a_reason_and_no_good_answer_since(
    exchanges: list[tuple[str, bool]],
) -> None:
    outage, _ = seen(exchanges)

    if outage.since is not None:
        start = (outage.since - NOON) // SECOND
        before = exchanges[max(0, start - 19) : start + 1]
        failed = [host for host, reached in before if not reached]
        assert len(failed) >= 16
        assert len(set(failed)) >= 10
        assert not any(reached for _, reached in exchanges[start:])


@given(st.lists(SEEN, max_size=80), st.lists(st.integers(0, 30), min_size=16))
def test_failures_of_many_hosts_in_a_row_are_an_outage_whatever_came_before(
    before: list[tuple[str, bool]], last: list[int]
) -> None:
    outage, _ = seen([*before, *((f"host-{n}", False) for n in last)])

    assert outage.since is not None or len(set(last[-16:])) < 10


@given(st.lists(SEEN, max_size=80), st.lists(st.integers(0, 50), max_size=20))
def test_there_is_room_again_within_half_a_minute(
    exchanges: list[tuple[str, bool]], seconds: list[int]
) -> None:
    outage, at = seen(exchanges)

    for passed in seconds:
        at += passed * SECOND
        outage.room(50, at)

    assert outage.room(50, at + 30 * SECOND) >= 1
