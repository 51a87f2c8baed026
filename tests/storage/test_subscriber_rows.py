"""Subscribers: since when they follow what, when they are due, and who has them."""

from datetime import datetime

from monitor.models import DueMatch
from monitor.storage import digests, subscribers
from monitor.storage.database import Transaction, from_micros
from tests.conftest import NOON, Caller
from tests.storage.builders import (
    LEASE,
    add_entry,
    add_feed,
    count,
    follow,
    following,
    later,
    read,
    tell,
)

MORNING = later(hours=19.5)
NEXT_MORNING = later(hours=43.5)


def starts(tx: Transaction) -> dict[str, datetime]:
    """Since when which rule is followed by anybody."""
    rows = tx.all("SELECT rule, since_at FROM subscription")
    return {row["rule"]: from_micros(row["since_at"]) for row in rows}


def slot(tx: Transaction, name: str = "desk") -> datetime | None:
    return subscribers.subscriber_state(tx, name).next_slot_at


def take(tx: Transaction, by: str, at: datetime = NOON) -> bool:
    return subscribers.claim_subscriber(tx, "desk", token=by, now=at, lease=LEASE)


def due(tx: Transaction) -> list[DueMatch]:
    return digests.due_matches(tx, "desk", "story")


def publish(tx: Transaction, guid: str, at: datetime) -> None:
    """An entry that matches is seen and read."""
    read(tx, add_entry(tx, add_feed(tx), guid, at=at), at=at)


# --- rules ---


def test_a_new_subscriber_starts_now(call: Caller) -> None:
    call(follow, following(rules=("aleppo", "grain")))

    assert call(starts) == {"aleppo": NOON, "grain": NOON}
    assert call(subscribers.since, "desk") == NOON


def test_who_follows_nothing_follows_since_never(call: Caller) -> None:
    call(follow, following(rules=()))

    assert call(subscribers.since, "desk") is None
    assert call(subscribers.since, "nobody") is None


def test_syncing_again_does_not_start_anew(call: Caller) -> None:
    call(follow)

    call(follow, at=later(days=1))

    assert call(starts) == {"aleppo": NOON}


def test_a_new_rule_starts_now_and_the_old_ones_go_on(call: Caller) -> None:
    call(follow)

    call(follow, following(rules=("aleppo", "grain")), at=later(days=1))

    assert call(starts) == {"aleppo": NOON, "grain": later(days=1)}
    assert call(subscribers.since, "desk") == NOON


def test_a_rule_that_was_removed_is_no_longer_followed(call: Caller) -> None:
    call(follow, following(rules=("aleppo", "grain")))

    call(follow, following(rules=("aleppo",)))

    assert call(starts) == {"aleppo": NOON}


def test_a_rule_that_came_back_starts_anew(call: Caller) -> None:
    call(follow, following(rules=("aleppo", "grain")))
    call(follow, following(rules=("aleppo",)))

    call(follow, following(rules=("aleppo", "grain")), at=later(days=1))

    assert call(starts) == {"aleppo": NOON, "grain": later(days=1)}


def test_a_changed_unit_starts_anew(call: Caller) -> None:
    call(follow, following(unit="story"))

    call(follow, following(unit="entry"), at=later(days=1))

    assert call(starts) == {"aleppo": later(days=1)}


def test_a_start_that_lies_ahead_would_be_silence_and_is_brought_back(
    call: Caller,
) -> None:
    call(follow, at=later(days=90))

    call(follow, at=NOON)

    assert call(starts) == {"aleppo": NOON}


def test_a_subscriber_who_left_and_came_back_is_not_flooded(call: Caller) -> None:
    call(follow, following("desk"), following("ana"))
    call(publish, "before", later(hours=1))
    call(follow, following("ana"), at=later(hours=2))
    call(publish, "meanwhile", later(hours=3))

    call(follow, following("desk"), following("ana"), at=later(hours=4))
    call(publish, "after", later(hours=5))

    assert [found.guid for found in call(due)] == ["after"]


def test_what_a_subscriber_who_left_was_told_is_not_forgotten(call: Caller) -> None:
    call(follow)
    call(tell)

    call(follow, following("ana"))

    assert call(count, "digest") == 1
    assert call(tell) is None


# --- slots ---


def test_a_new_subscriber_gets_its_first_slot(call: Caller) -> None:
    call(follow, following(next_slot_at=MORNING))

    assert call(slot) == MORNING


def test_who_has_no_schedule_has_no_slot(call: Caller) -> None:
    call(follow, following(schedule="instant"))

    assert call(slot) is None
    assert call(slot, "nobody") is None


def test_a_slot_that_is_overdue_is_not_skipped_by_a_start(call: Caller) -> None:
    call(follow, following(next_slot_at=MORNING))

    call(follow, following(next_slot_at=NEXT_MORNING), at=later(hours=20))

    assert call(slot) == MORNING


def test_a_changed_schedule_moves_the_slot(call: Caller) -> None:
    call(follow, following(schedule="daily 07:30", next_slot_at=MORNING))

    call(follow, following(schedule="daily 08:00", next_slot_at=NEXT_MORNING))

    assert call(slot) == NEXT_MORNING


def test_a_schedule_that_was_taken_away_takes_its_slot(call: Caller) -> None:
    call(follow, following(schedule="daily 07:30", next_slot_at=MORNING))

    call(follow, following(schedule="instant"))

    assert call(slot) is None


def test_a_slot_too_far_ahead_is_brought_back(call: Caller) -> None:
    call(follow, following(next_slot_at=NEXT_MORNING))

    call(follow, following(next_slot_at=MORNING))

    assert call(slot) == MORNING


def test_the_next_slot_is_set_when_a_digest_was_made(call: Caller) -> None:
    call(follow, following(next_slot_at=MORNING))

    call(subscribers.set_next_slot, "desk", NEXT_MORNING)

    assert call(slot) == NEXT_MORNING


def test_the_next_slot_of_all_is_the_earliest(call: Caller) -> None:
    assert call(subscribers.next_slot_of_all) is None

    call(
        follow,
        following("desk", next_slot_at=NEXT_MORNING),
        following("ana", next_slot_at=MORNING),
        following("sami", schedule="instant"),
    )

    assert call(subscribers.next_slot_of_all) == MORNING


def test_the_slot_of_a_subscriber_who_left_wakes_nobody(call: Caller) -> None:
    call(
        follow,
        following("desk", next_slot_at=MORNING),
        following("ana", next_slot_at=NEXT_MORNING),
    )

    call(follow, following("ana", next_slot_at=NEXT_MORNING))

    assert call(subscribers.next_slot_of_all) == NEXT_MORNING


# --- claims ---


def test_a_subscriber_is_taken_by_one_node_at_a_time(call: Caller) -> None:
    call(follow)

    assert call(take, "a")
    assert not call(take, "b", later(minutes=9))
    assert call(subscribers.holds_subscriber, "desk", "a")
    assert not call(subscribers.holds_subscriber, "desk", "b")


def test_a_subscriber_of_a_node_that_died_is_free_when_its_lease_ends(
    call: Caller,
) -> None:
    call(follow)
    call(take, "dead")

    assert call(take, "b", NOON + LEASE)
    assert not call(subscribers.holds_subscriber, "desk", "dead")


def test_a_subscriber_that_was_given_back_is_free(call: Caller) -> None:
    call(follow)
    call(take, "a")

    call(subscribers.release_subscriber, "desk", "a")

    assert not call(subscribers.holds_subscriber, "desk", "a")
    assert call(take, "b")


def test_who_lost_a_subscriber_cannot_give_it_back(call: Caller) -> None:
    call(follow)
    call(take, "slow")
    call(take, "quick", NOON + LEASE)

    call(subscribers.release_subscriber, "desk", "slow")

    assert call(subscribers.holds_subscriber, "desk", "quick")


def test_a_subscriber_who_left_is_neither_taken_nor_held(call: Caller) -> None:
    call(follow)
    call(take, "a")

    call(follow, following("ana"))

    assert not call(subscribers.holds_subscriber, "desk", "a")
    assert not call(take, "b", NOON + LEASE)
