"""How fast messages follow each other, and what is wrong with a target."""

from datetime import timedelta

import pytest

from monitor.models import Part
from monitor.storage import deliveries, destinations, digests
from monitor.storage.database import Transaction
from monitor.storage.threads import thread_of
from tests.conftest import NOON, Caller
from tests.storage.builders import (
    add_entry,
    add_feed,
    claim_mail,
    follow,
    later,
    post,
    read,
    tell,
    telling,
)

SECOND = timedelta(seconds=1)
WHERE = ("slack", "#syria")


def reserved(call: Caller, *, seconds: float = 0, gap: timedelta = SECOND) -> float:
    """After how many seconds after noon the next message may go."""
    at = call(
        destinations.reserve,
        *WHERE,
        gap=gap,
        most=2 * SECOND,
        now=later(seconds=seconds),
    )
    return float((at - NOON).total_seconds())


def test_messages_to_one_target_keep_their_distance(call: Caller) -> None:
    assert [reserved(call) for _ in range(4)] == [0, 1, 2, 3]


def test_a_turn_that_is_far_off_is_not_taken(call: Caller) -> None:
    for _ in range(3):
        reserved(call)

    assert [reserved(call) for _ in range(3)] == [3, 3, 3]


def test_a_target_that_rests_lets_nothing_through(call: Caller) -> None:
    call(destinations.rest, *WHERE, later(minutes=5))
    call(destinations.rest, *WHERE, later(minutes=1))

    assert reserved(call) == 300
    assert reserved(call, seconds=301) == 301


def test_a_way_that_wants_fewer_messages_gets_half_as_many_for_an_hour(
    call: Caller,
) -> None:
    call(destinations.slow_down, *WHERE, NOON)

    assert [reserved(call, gap=2 * SECOND) for _ in range(2)] == [0, 4]
    late = [reserved(call, seconds=3601, gap=2 * SECOND) for _ in range(2)]
    assert late == [3601, 3603]


def test_half_of_many_messages_a_minute_is_many_still(call: Caller) -> None:
    call(destinations.slow_down, *WHERE, NOON)

    assert [reserved(call, gap=SECOND / 10) for _ in range(2)] == [0, 0.2]


def test_where_no_limit_is_known_half_as_many_are_thirty_a_minute(
    call: Caller,
) -> None:
    call(destinations.slow_down, *WHERE, NOON)

    assert [reserved(call, gap=0 * SECOND) for _ in range(2)] == [0, 2]


def test_trouble_has_a_beginning_and_an_end(call: Caller) -> None:
    call(destinations.failed, *WHERE, "HTTP 404", NOON)
    found = call(destinations.failed, *WHERE, "HTTP 410", later(hours=1))
    call(destinations.note_told, *WHERE, later(hours=1))

    assert (found.failing_since, found.error, found.told_at) == (NOON, "HTTP 410", None)
    assert [one.target for one in call(destinations.failing)] == ["#syria"]
    ended = call(destinations.recovered, *WHERE)
    assert ended is not None
    assert (ended.failing_since, ended.told_at) == (NOON, later(hours=1))
    assert call(destinations.recovered, *WHERE) is None
    assert call(destinations.failing) == []


# --- threads ---


def second(tx: Transaction, digest_id: int | None, number: int) -> str | None:
    """What one more delivery belongs to."""
    assert digest_id is not None
    part = Part(id=f"more {number}", target="a@example.org", payload=b"")
    new = deliveries.NewDelivery(
        digest_id=digest_id,
        subscriber="desk",
        channel="mail",
        number=number,
        part=part,
        now=NOON,
    )
    deliveries.add_deliveries(tx, [new])
    (claimed,) = claim_mail(tx)
    return thread_of(tx, claimed)


def settle(tx: Transaction, state: str) -> None:
    """Let what was posted so far be in a state, and not due."""
    tx.run(
        "UPDATE delivery SET state = :state, remote_id = '17.5', due_at = :at",
        state=state,
        at=later(days=1),
    )


STATES = [("sent", "17.5"), ("pending", ""), ("in_doubt", ""), ("dead", None)]


@pytest.mark.parametrize(("state", "thread"), STATES)
def test_a_further_part_belongs_to_the_first(
    call: Caller, state: str, thread: str | None
) -> None:
    digest_id = call(post, "a@example.org")
    call(settle, state)

    assert call(second, digest_id, 1) == thread


@pytest.mark.parametrize(("state", "thread"), STATES)
def test_an_update_belongs_to_the_alert_that_told_the_story(
    call: Caller, state: str, thread: str | None
) -> None:
    entry = call(add_entry, call(add_feed))
    call(follow)
    call(read, entry)
    due = call(digests.due_matches, "desk", "story")
    call(
        post, "a@example.org", kind="instant", slot="first", tellings=[telling(due, 0)]
    )
    call(settle, state)

    update = call(tell, [telling(due, 1)], kind="instant", slot="second")

    assert call(second, update, 0) == thread


def test_a_digest_stands_alone(call: Caller) -> None:
    assert call(second, call(tell, slot="only"), 0) is None


def test_a_delivery_that_waits_for_its_turn_is_waited_for(call: Caller) -> None:
    call(post, "a@example.org")
    (delivery,) = call(claim_mail)
    call(deliveries.postpone, delivery, later(seconds=1))

    assert call(deliveries.next_turn, now=NOON, within=2 * SECOND) == later(seconds=1)
    assert call(deliveries.next_turn, now=NOON, within=SECOND / 2) is None
