"""What people decided about what they get."""

from monitor.models import DeliveryState
from monitor.storage import destinations, digests, outbox, people, subscribers
from monitor.storage.database import Transaction
from tests.conftest import NOON, Caller
from tests.storage.builders import (
    add_entry,
    add_feed,
    count,
    follow,
    following,
    later,
    post,
    read,
    telling,
)

ANA = ("desk", "mail", "ana@example.org")


def told(tx: Transaction) -> str:
    """A story that the desk was told by mail; its public id."""
    entry = add_entry(tx, add_feed(tx))
    follow(tx)
    read(tx, entry)
    due = digests.due_matches(tx, "desk", "story")
    post(tx, "ana@example.org", "sami@example.org", tellings=[telling(due)])
    return f"story{entry}"


def test_a_subscriber_is_listed_with_what_it_was_told(call: Caller) -> None:
    call(told)
    call(people.pause, "desk", later(days=7))
    call(people.unsubscribe, *ANA, NOON)

    (person,) = call(people.list_people)

    assert (person.name, person.told, person.last_told_at) == ("desk", 1, NOON)
    assert person.paused_until == later(days=7)
    assert person.gone == (("mail", "ana@example.org"),)


def test_a_pause_ends_when_it_is_taken_back(call: Caller) -> None:
    call(follow)
    call(people.pause, "desk", later(days=7))
    call(people.pause, "desk", None)

    assert call(people.paused_until, "desk") is None
    assert call(people.paused_until, "nobody") is None
    assert not call(people.pause, "nobody", None)


def test_who_unsubscribes_gets_not_even_what_waits(call: Caller) -> None:
    call(told)

    call(people.unsubscribe, *ANA, NOON)
    call(people.unsubscribe, *ANA, later(days=1))

    states = call(outbox.count_deliveries)
    assert states == {"suppressed": 1, "pending": 1}
    assert call(people.unsubscribed, "desk") == {("mail", "ana@example.org")}
    suppressed = call(outbox.list_deliveries, [DeliveryState.SUPPRESSED])
    assert [line.target for line in suppressed] == ["ana@example.org"]


def test_who_begins_again_is_written_to_again(call: Caller) -> None:
    call(people.unsubscribe, *ANA, NOON)
    call(people.resubscribe, *ANA)

    assert call(people.unsubscribed, "desk") == frozenset()


def test_a_paused_subscriber_wakes_nobody_before_its_time(call: Caller) -> None:
    call(follow, following(next_slot_at=later(hours=1)))
    before = call(subscribers.next_slot_of_all)
    call(people.pause, "desk", later(days=7))

    assert before == later(hours=1)
    assert call(subscribers.next_slot_of_all) == later(days=7)


# --- stories ---


def test_a_told_story_is_known_with_its_rules(call: Caller) -> None:
    found = call(people.told_story, "desk", call(told))

    assert found is not None
    assert (found.title, found.rules) == ("Strike on Aleppo", ("aleppo",))
    assert (found.muted, found.irrelevant) == (False, False)
    assert call(people.told_story, "desk", "no such story") is None


def test_a_muted_story_is_told_to_this_subscriber_no_more(call: Caller) -> None:
    ident = call(told)
    call(follow, following(), following("other"))
    story = call(people.told_story, "desk", ident)
    assert story is not None
    call(people.mute, "desk", story.id, NOON)
    copy = call(add_entry, call(add_feed), "g2")
    call(read, copy)
    call(_move, copy, story.id)

    mine = call(digests.due_matches, "desk", "story")
    others = call(digests.due_matches, "other", "story")

    assert mine == []
    assert len(others) > 0
    call(people.unmute, "desk", story.id)
    assert len(call(digests.due_matches, "desk", "story")) == 1


def _move(tx: Transaction, entry: int, story_id: int) -> None:
    """Let an entry tell another story."""
    tx.run(
        """
        UPDATE copy_group
           SET story_id = :story_id
         WHERE id IN (SELECT group_id FROM article WHERE entry_id = :entry)
        """,
        entry=entry,
        story_id=story_id,
    )


def test_what_was_of_no_use_is_counted_by_rule(call: Caller) -> None:
    story = call(people.told_story, "desk", call(told))
    assert story is not None
    for _ in range(2):
        call(people.note_irrelevant, "desk", story, NOON)

    assert call(people.count_irrelevant, NOON) == {"aleppo": 1}
    assert call(people.count_irrelevant, later(hours=1)) == {}


# --- being forgotten ---


def test_an_address_is_erased_with_its_deliveries(call: Caller) -> None:
    call(told)
    call(destinations.failed, "mail", "ana@example.org", "no", NOON)
    call(people.unsubscribe, *ANA, NOON)

    assert call(people.forget_address, "ana@example.org") == 1

    assert call(outbox.count_deliveries) == {"pending": 1}
    assert call(destinations.failing) == []
    assert call(people.unsubscribed, "desk") != frozenset()


def test_a_subscriber_is_erased_with_its_history(call: Caller) -> None:
    call(told)

    assert call(people.forget_subscriber, "desk") == 2

    for table in ("delivery", "told", "told_match", "digest", "subscription"):
        assert call(count, table) == 0
    assert call(people.list_people) == []


def test_slots_that_have_come_are_found_but_not_of_who_is_away(call: Caller) -> None:
    call(
        follow,
        following(next_slot_at=later(hours=1)),
        following("away", next_slot_at=later(hours=1)),
        following("later", next_slot_at=later(hours=3)),
    )
    call(people.pause, "away", later(days=1))

    assert call(subscribers.due_slots, NOON) == []
    assert call(subscribers.due_slots, later(hours=2)) == ["desk"]
    assert call(subscribers.due_slots, later(days=2)) == ["away", "desk", "later"]
