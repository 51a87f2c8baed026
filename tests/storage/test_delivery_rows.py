"""Deliveries: leased, sent, tried again, given up; never taken back."""

from datetime import datetime

import pytest

from monitor.models import Delivery, DeliveryState, Part, Receipt
from monitor.storage import deliveries, outbox
from monitor.storage.database import Transaction
from monitor.storage.outbox import OutboxLine
from tests.conftest import NOON, Caller
from tests.storage.builders import LEASE, claim_mail, later, post

RECEIPT = Receipt(text="250 ok", code=250, remote_id="m1")
OPEN = [DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.IN_DOUBT]


def fail(
    tx: Transaction,
    delivery: Delivery,
    *,
    state: DeliveryState = DeliveryState.PENDING,
    due_at: datetime = NOON,
) -> None:
    deliveries.mark_failed(
        tx, delivery, state=state, due_at=due_at, code=451, text="try later"
    )


def sent(tx: Transaction, delivery: Delivery, at: datetime = NOON) -> None:
    deliveries.mark_sent(tx, delivery, RECEIPT, at)


def line(tx: Transaction, delivery_id: int) -> OutboxLine:
    found = outbox.show_delivery(tx, delivery_id)
    assert found is not None
    return found


def post_and_claim(tx: Transaction, by: str = "t1") -> Delivery:
    """One delivery, claimed at noon."""
    post(tx, "ana@example.org")
    (delivery,) = claim_mail(tx, by)
    return delivery


def in_state(tx: Transaction, state: DeliveryState) -> int:
    """A delivery in some state; its id."""
    delivery = post_and_claim(tx)
    if state is DeliveryState.SENT:
        sent(tx, delivery)
    elif state is not DeliveryState.SENDING:
        fail(tx, delivery, state=state, due_at=later(hours=1))
    return delivery.id


# --- claims ---


def test_a_claimed_delivery_comes_with_its_frozen_bytes(call: Caller) -> None:
    call(post, "ana@example.org", kind="instant", at=later(minutes=-1))

    (delivery,) = call(claim_mail, "t1")

    assert delivery == Delivery(
        id=delivery.id,
        channel="mail",
        subscriber="desk",
        kind="instant",
        attempts=0,
        created_at=later(minutes=-1),
        token="t1",
        part=Part(
            id="slot 1 mail ana@example.org",
            target="ana@example.org",
            payload=b"\x00\xff bytes",
        ),
    )


def test_deliveries_are_claimed_oldest_first_and_only_so_many(call: Caller) -> None:
    call(post, "c", "a", slot="slot 1", at=later(minutes=1))
    call(post, "b", slot="slot 2", at=NOON)

    batches = [call(claim_mail, by, later(minutes=2), limit=2) for by in "xyz"]

    assert [[d.part.target for d in batch] for batch in batches] == [
        ["c", "b"],
        ["a"],
        [],
    ]


def test_of_those_that_wait_for_the_same_time_what_was_tried_comes_last(
    call: Caller,
) -> None:
    call(post, "a", "b", "c")
    (first,) = call(claim_mail, limit=1)
    call(deliveries.renew, first, now=NOON, lease=LEASE)
    call(fail, first, due_at=later(minutes=1))
    call(deliveries.postpone_all, ["mail"], token="x", at=later(minutes=1))

    batch = call(claim_mail, "x", later(minutes=1))

    assert [delivery.part.target for delivery in batch] == ["b", "c", "a"]


def test_what_was_tried_is_left_to_the_next_claim_where_there_are_others(
    call: Caller,
) -> None:
    call(post, "a", "b", "c")
    (first,) = call(claim_mail, limit=1)
    call(deliveries.renew, first, now=NOON, lease=LEASE)
    call(fail, first, due_at=NOON)

    batch = call(claim_mail, "x", limit=2)

    assert [delivery.part.target for delivery in batch] == ["b", "c"]


def test_a_channel_gets_only_its_own_deliveries(call: Caller) -> None:
    call(post, "ana@example.org", channel="mail", slot="slot 1")
    call(post, "#syria", channel="slack", slot="slot 2")

    assert [d.part.target for d in call(claim_mail)] == ["ana@example.org"]


def test_a_delivery_is_not_claimed_before_its_time(call: Caller) -> None:
    call(post, "ana@example.org", at=later(minutes=1))

    assert call(claim_mail, at=later(seconds=59)) == []


def test_what_a_dead_node_was_sending_is_sent_again_with_the_same_identity(
    call: Caller,
) -> None:
    dead = call(post_and_claim)

    assert call(claim_mail, "b", later(minutes=9)) == []
    (again,) = call(claim_mail, "b", NOON + LEASE)
    assert again.part == dead.part


@pytest.mark.parametrize(
    "state", [DeliveryState.SENT, DeliveryState.DEAD, DeliveryState.DROPPED]
)
def test_what_is_over_is_not_claimed(call: Caller, state: DeliveryState) -> None:
    call(in_state, state)

    assert call(claim_mail, "b", later(days=1)) == []


def test_the_same_part_twice_is_stored_once(call: Caller) -> None:
    digest_id = call(post, "ana@example.org")
    part = Part(id="another id", target="ana@example.org", payload=b"other")

    call(
        deliveries.add_deliveries,
        [
            deliveries.NewDelivery(
                digest_id=digest_id,
                subscriber="desk",
                channel="mail",
                number=0,
                part=part,
                now=NOON,
            )
        ],
    )

    (delivery,) = call(claim_mail)
    assert delivery.part.payload == b"\x00\xff bytes"


# --- leases ---


def test_a_lease_is_stretched_before_sending(call: Caller) -> None:
    delivery = call(post_and_claim)

    renewed = call(deliveries.renew, delivery, now=later(minutes=9), lease=LEASE)

    assert renewed
    assert call(claim_mail, "b", NOON + LEASE) == []
    assert len(call(claim_mail, "b", later(minutes=9) + LEASE)) == 1


def test_a_lease_that_another_node_has_is_not_stretched(call: Caller) -> None:
    slow = call(post_and_claim, "slow")
    (quick,) = call(claim_mail, "quick", NOON + LEASE)

    assert not call(deliveries.renew, slow, now=NOON + LEASE, lease=LEASE)
    assert call(deliveries.renew, quick, now=NOON + LEASE, lease=LEASE)


def test_a_delivery_that_was_not_tried_is_given_back(call: Caller) -> None:
    delivery = call(post_and_claim)

    call(deliveries.postpone, delivery, later(minutes=1))

    shown = call(line, delivery.id)
    assert (shown.state, shown.attempts) == ("pending", 0)
    assert len(call(claim_mail, "b", later(minutes=1))) == 1


def test_an_old_owner_changes_nothing(call: Caller) -> None:
    slow = call(post_and_claim, "slow")
    (quick,) = call(claim_mail, "quick", NOON + LEASE)
    call(fail, quick, due_at=later(hours=1))
    before = call(line, slow.id)

    call(sent, slow)
    call(fail, slow, state=DeliveryState.DEAD)
    call(deliveries.postpone, slow, NOON)

    assert call(line, slow.id) == before


# --- outcomes ---


def test_what_was_sent_is_remembered_with_the_answer(call: Caller) -> None:
    delivery = call(post_and_claim)

    call(sent, delivery, later(seconds=2))

    shown = call(line, delivery.id)
    assert (shown.state, shown.attempts) == ("sent", 1)
    assert (shown.sent_at, shown.last_code) == (later(seconds=2), 250)
    assert shown.last_text == "250 ok"


def test_what_failed_is_tried_again_at_its_time(call: Caller) -> None:
    delivery = call(post_and_claim)

    call(fail, delivery, due_at=later(minutes=5))

    assert call(claim_mail, "b", later(minutes=4)) == []
    (again,) = call(claim_mail, "b", later(minutes=5))
    assert (again.attempts, again.created_at) == (1, NOON)


def test_what_is_in_doubt_is_tried_again_and_says_so(call: Caller) -> None:
    delivery = call(post_and_claim)

    call(fail, delivery, state=DeliveryState.IN_DOUBT, due_at=later(minutes=5))

    shown = call(line, delivery.id)
    assert (shown.state, shown.last_text) == ("in_doubt", "try later")
    assert len(call(claim_mail, "b", later(minutes=5))) == 1


# --- by hand ---


def test_a_dead_delivery_that_is_retried_gets_a_new_time_to_be_given_up(
    call: Caller,
) -> None:
    delivery_id = call(in_state, DeliveryState.DEAD)

    retried = call(outbox.retry_delivery, delivery_id, later(days=4))

    (again,) = call(claim_mail, "b", later(days=4))
    assert retried
    assert again.created_at == later(days=4)


@pytest.mark.parametrize("state", [DeliveryState.PENDING, DeliveryState.IN_DOUBT])
def test_a_waiting_delivery_that_is_retried_keeps_its_time_to_be_given_up(
    call: Caller, state: DeliveryState
) -> None:
    delivery_id = call(in_state, state)

    retried = call(outbox.retry_delivery, delivery_id, later(minutes=1))

    (again,) = call(claim_mail, "b", later(minutes=1))
    assert retried
    assert again.created_at == NOON


@pytest.mark.parametrize("state", [DeliveryState.SENT, DeliveryState.SENDING])
def test_what_is_sent_or_on_its_way_is_neither_retried_nor_dropped(
    call: Caller, state: DeliveryState
) -> None:
    delivery_id = call(in_state, state)
    before = call(line, delivery_id)

    retried = call(outbox.retry_delivery, delivery_id, NOON)
    dropped = call(outbox.drop_delivery, delivery_id)

    assert (retried, dropped) == (False, False)
    assert call(line, delivery_id) == before


@pytest.mark.parametrize(
    "state", [DeliveryState.PENDING, DeliveryState.IN_DOUBT, DeliveryState.DEAD]
)
def test_a_dropped_delivery_is_never_sent(call: Caller, state: DeliveryState) -> None:
    delivery_id = call(in_state, state)

    dropped = call(outbox.drop_delivery, delivery_id)

    assert dropped
    assert call(claim_mail, "b", later(days=1)) == []
    assert call(line, delivery_id).state == "dropped"


def test_a_delivery_that_does_not_exist_is_not_there(call: Caller) -> None:
    assert call(outbox.show_delivery, 999_999) is None
    assert not call(outbox.retry_delivery, 999_999, NOON)
    assert not call(outbox.drop_delivery, 999_999)


# --- what people see ---


def test_a_delivery_is_shown_whole(call: Caller) -> None:
    call(post, "ana@example.org")
    (shown,) = call(outbox.list_deliveries, OPEN)

    assert shown == OutboxLine(
        id=shown.id,
        public_id="slot 1 mail ana@example.org",
        subscriber="desk",
        channel="mail",
        target="ana@example.org",
        kind="digest",
        subject="1 story",
        state="pending",
        attempts=0,
        created_at=NOON,
        due_at=NOON,
        sent_at=None,
        last_code=None,
        last_text="",
        payload=b"\x00\xff bytes",
    )
    assert call(line, shown.id) == shown


def test_deliveries_are_listed_by_state_newest_first(call: Caller) -> None:
    call(post, "a", "b", "c")
    call(sent, call(claim_mail, limit=1)[0])

    listed = call(outbox.list_deliveries, OPEN)
    cut = call(outbox.list_deliveries, OPEN, 1)
    done = call(outbox.list_deliveries, [DeliveryState.SENT])

    assert [shown.target for shown in listed] == ["c", "b"]
    assert [shown.target for shown in cut] == ["c"]
    assert [shown.target for shown in done] == ["a"]


def test_deliveries_are_counted_by_state(call: Caller) -> None:
    assert call(outbox.count_deliveries) == {}

    call(post, "a", "b", "c")
    call(sent, call(claim_mail, limit=1)[0])

    assert call(outbox.count_deliveries) == {"pending": 2, "sent": 1}


def test_the_channels_that_have_something_to_send_are_known(call: Caller) -> None:
    call(post, "x", channel="slack", slot="slot 1")
    call(post, "a", "b", channel="mail", slot="slot 2")
    call(post, "y", channel="hook", slot="slot 3", at=later(minutes=1))

    assert call(deliveries.waiting_channels, NOON) == ["mail", "slack"]


def test_the_next_delivery_is_the_earliest_that_is_not_over(call: Caller) -> None:
    assert call(deliveries.next_delivery_due, channels=["mail"]) is None

    call(in_state, DeliveryState.DEAD)
    call(post, "b", slot="slot 2", at=later(minutes=2))
    call(post, "c", slot="slot 3", at=later(minutes=1))

    assert call(deliveries.next_delivery_due, channels=["mail"]) == later(minutes=1)
    assert call(deliveries.next_delivery_due, channels=["gone"]) is None


# --- what was sent ---


def test_what_a_target_was_sent_is_found_by_its_digest(call: Caller) -> None:
    call(post, "ana@example.org", "sami@example.org")

    assert (
        call(outbox.payload_of, "desk slot 1", channel="mail", target="ana@example.org")
        == b"\x00\xff bytes"
    )
    assert (
        call(outbox.payload_of, "desk slot 1", channel="mail", target="eve@example.org")
        is None
    )


def test_past_deliveries_come_in_their_order_and_time(call: Caller) -> None:
    call(post, "ana@example.org", slot="one")
    call(post, "ana@example.org", slot="two", channel="chat", at=later(hours=1))
    call(post, "ana@example.org", slot="three", at=later(hours=2))

    found = call(outbox.past, "desk", NOON, later(hours=2), "")
    chat = call(outbox.past, "desk", NOON, later(hours=2), "chat")

    assert [one.created_at for one in found] == [NOON, later(hours=1)]
    assert [one.channel for one in chat] == ["chat"]
    assert call(outbox.past, "other", NOON, later(hours=2), "") == []


def test_nothing_comes_due_before_the_way_is_free(call: Caller) -> None:
    call(post, "a@example.org", "b@example.org", "c@example.org", slot="slot 1")
    call(post, "d@example.org", slot="slot 2", channel="mail", at=later(hours=2))
    call(post, "c", channel="chat", slot="slot 3")
    taken, _ = call(claim_mail, limit=2)

    call(
        deliveries.postpone_all,
        ["mail"],
        token=taken.token,
        at=later(hours=1),
    )

    assert call(deliveries.next_delivery_due, channels=["chat"]) == NOON
    assert call(claim_mail, "b", later(minutes=59)) == []
    assert len(call(claim_mail, "b", later(hours=1))) == 3


def test_what_another_node_has_in_hand_is_not_postponed(call: Caller) -> None:
    call(post, "a@example.org", "b@example.org")
    (theirs,) = call(claim_mail, "theirs", limit=1)
    (ours,) = call(claim_mail, "ours", limit=1)

    call(deliveries.postpone_all, ["mail"], token=ours.token, at=later(hours=1))

    assert call(deliveries.renew, theirs, now=NOON, lease=LEASE)
    assert not call(deliveries.renew, ours, now=NOON, lease=LEASE)


def test_what_waits_is_hurried_on_where_the_way_is_free(call: Caller) -> None:
    call(lambda tx: post(tx, "a@example.org", "b@example.org"))
    call(lambda tx: post(tx, "c", channel="chat", slot="slot 2"))
    call(lambda tx: tx.run("UPDATE delivery SET due_at = :at", at=later(hours=9)))

    call(deliveries.hurry, ["mail"], NOON)

    assert call(deliveries.next_delivery_due, channels=["mail"]) == NOON
    assert call(deliveries.next_delivery_due, channels=["chat"]) == later(hours=9)


def test_days_on_which_an_address_was_unknown_are_counted_until_one_arrives(
    call: Caller,
) -> None:
    def refuse(tx: Transaction, slot: str, day: int, text: str) -> None:
        post(tx, "a@example.org", slot=slot)
        tx.run(
            """
            UPDATE delivery
               SET state = 'dead', tried_at = :at, last_text = :text
             WHERE state = 'pending'
            """,
            at=later(days=day),
            text=text,
        )

    call(refuse, "one", 0, "550 5.1.1 no such user")
    call(refuse, "two", 1, "550 5.1.1 no such user")
    call(refuse, "three", 2, "550 5.7.1 spam")

    found = call(deliveries.refused_days, "mail", "a@example.org")
    call(
        lambda tx: tx.run(
            "UPDATE delivery SET state = 'sent', sent_at = :at WHERE last_text LIKE '%spam'",
            at=later(days=2),
        )
    )

    assert len(found) == 2
    assert found[1] - found[0] == 1
    assert call(deliveries.refused_days, "mail", "a@example.org") == []
