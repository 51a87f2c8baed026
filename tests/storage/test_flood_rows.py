"""Floods: held, listed, and decided by a person exactly once."""

from collections.abc import Callable
from datetime import datetime

import pytest

from monitor.models import EntryState
from monitor.storage import entries, floods
from monitor.storage.database import Transaction
from monitor.storage.floods import Flood
from tests.conftest import NOON, Caller
from tests.storage.builders import add_entry, add_feed, claim, later

Decision = Callable[[Transaction, int, datetime], int | None]


def flood(tx: Transaction, name: str = "world", number: int = 3) -> int:
    """So many new entries of a feed, held; the flood's id."""
    feed_id = add_feed(tx, name)
    flood_id = floods.hold_flood(tx, feed_id, number, NOON)
    for n in range(number):
        add_entry(
            tx,
            feed_id,
            f"{name} {n}",
            state=EntryState.HELD,
            page="pages.example",
            flood_id=flood_id,
        )
    return flood_id


def test_a_held_flood_is_listed_with_an_example(call: Caller) -> None:
    flood_id = call(flood)

    assert call(floods.held_floods) == [
        Flood(id=flood_id, feed="world", at=NOON, entries=3, example="Title of world 0")
    ]


def test_a_flood_without_entries_has_no_example(call: Caller) -> None:
    call(floods.hold_flood, call(add_feed), 40, NOON)

    (held,) = call(floods.held_floods)

    assert (held.entries, held.example) == (40, "")


def test_floods_are_listed_oldest_first(call: Caller) -> None:
    ids = [call(flood, name) for name in ("world", "local")]

    assert [held.id for held in call(floods.held_floods)] == ids


def test_a_released_flood_lets_its_entries_in(call: Caller) -> None:
    flood_id = call(flood)
    other = call(flood, "local", 1)

    released = call(floods.release_flood, flood_id, later(hours=1))

    assert released == 3
    assert call(entries.count_by_state) == {"waiting": 3, "held": 1}
    assert [held.id for held in call(floods.held_floods)] == [other]
    assert "pages.example" in {c.name for c in call(claim, at=later(hours=1))}


def test_a_dropped_flood_is_known_and_told_to_nobody(call: Caller) -> None:
    flood_id = call(flood)

    dropped = call(floods.drop_flood, flood_id, NOON)

    assert dropped == 3
    assert call(entries.count_by_state) == {"dropped": 3}
    assert call(floods.held_floods) == []


@pytest.mark.parametrize("first", [floods.release_flood, floods.drop_flood])
def test_a_flood_is_decided_only_once(call: Caller, first: Decision) -> None:
    flood_id = call(flood)
    call(first, flood_id, NOON)
    before = call(entries.count_by_state)

    again = [
        call(decide, flood_id, NOON)
        for decide in (floods.release_flood, floods.drop_flood)
    ]

    assert again == [None, None]
    assert call(entries.count_by_state) == before


def test_a_flood_that_does_not_exist_cannot_be_decided(call: Caller) -> None:
    assert call(floods.release_flood, 999_999, NOON) is None
    assert call(floods.drop_flood, 999_999, NOON) is None
