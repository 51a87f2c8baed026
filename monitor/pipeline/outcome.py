"""What is stored, and told to the operator, once a delivery was tried."""

from datetime import datetime, timedelta

from monitor.channels import Channel
from monitor.errors import (
    DeliveryDeferred,
    DeliveryError,
    DeliveryRejected,
    DestinationFault,
)
from monitor.models import Delivery, DeliveryState, Receipt
from monitor.pipeline.context import Context
from monitor.pipeline.notices import notify_operator
from monitor.pipeline.verdict import Verdict
from monitor.storage import deliveries, destinations, people
from monitor.storage.database import Transaction

TELL_AFTER = timedelta(hours=1)
"""A target that fails for so long is a notice to the operator."""

Place = tuple[str, str]
"""A channel, or the server that channels share, and a target."""

_DAYS_OF_REFUSAL = 3


def _place(delivery: Delivery) -> Place:
    return delivery.channel, delivery.part.target


def way_of(delivery: Delivery, channel: Channel) -> Place:
    """The server that all targets of a channel share; its own place if they share none."""
    return (channel.way, "") if channel.way else _place(delivery)


def commit_sent(
    tx: Transaction,
    context: Context,
    channel: Channel,
    delivery: Delivery,
    receipt: Receipt,
) -> None:
    """Store that a part was taken, and that the trouble on its way is over."""
    deliveries.mark_sent(tx, delivery, receipt, context.now())
    for place in {way_of(delivery, channel), _place(delivery)}:
        ended = destinations.recovered(tx, *place)
        if ended and channel.way == place[0]:
            channels = context.config.channels.items()
            waiting = [name for name, one in channels if one.way == channel.way]
            deliveries.hurry(tx, waiting, context.now())
        if ended and ended.told_at:
            _report_end(tx, context, ended)


def _report_end(
    tx: Transaction, context: Context, ended: destinations.Destination
) -> None:
    where = f"{ended.channel} {ended.target}".rstrip()
    text = (
        f"{_named(ended.channel)} works again\n\n"
        f"{where} takes messages again, after trouble since "
        f"{ended.failing_since:%Y-%m-%d %H:%M} UTC. What waited is being sent."
    )
    key = f"channel-back:{ended.channel}:{ended.target}:{ended.told_at}"
    notify_operator(tx, context, key=key, text=text)


def _named(channel: str) -> str:
    """A channel, or the server that channels share, as a notice says it."""
    return channel if channel.startswith("mail ") else f"channel {channel}"


def commit_cut_off(tx: Transaction, delivery: Delivery, now: datetime) -> None:
    """Free what a stop left no time for: it is tried again as soon as there is one."""
    deliveries.mark_failed(
        tx,
        delivery,
        state=DeliveryState.IN_DOUBT,
        due_at=now,
        code=None,
        text="monitor was stopped before the answer",
    )


def commit_failed(
    tx: Transaction,
    context: Context,
    channel: Channel,
    delivery: Delivery,
    error: DeliveryError,
    found: Verdict,
) -> None:
    """Store the failure; the operator is told of a dead letter, but not of its own."""
    way = way_of(delivery, channel)
    place = way if error.whole_channel else _place(delivery)
    deliveries.mark_failed(
        tx,
        delivery,
        state=found.state,
        due_at=found.due_at,
        code=error.code,
        text=str(error),
        counted=found.counted,
    )
    if found.rest_until:
        destinations.rest(tx, *place, found.rest_until)
    if isinstance(error, DeliveryDeferred) and error.slow_down:
        destinations.slow_down(tx, *way, context.now())
    unknown = isinstance(error, DeliveryRejected) and error.unknown_target
    if unknown and _suspend(tx, context, delivery, error):
        return
    if found.state is DeliveryState.DEAD:
        _report_dead(tx, context, delivery, error)
    elif found.counted or isinstance(error, DestinationFault):
        _watch(tx, context, delivery, error, place)


def _suspend(
    tx: Transaction, context: Context, delivery: Delivery, error: DeliveryError
) -> bool:
    """Stop writing to an address that does not exist, so that nobody is a spammer.

    After three days on which the mail server said so, with nothing taken in between.
    """
    target = delivery.part.target
    days = deliveries.refused_days(tx, delivery.channel, target)
    if len(days) < _DAYS_OF_REFUSAL:
        return False
    people.unsubscribe(tx, delivery.subscriber, delivery.channel, target, context.now())
    text = (
        f"{target} gets no mail any more\n\n"
        f"On {len(days)} days the mail server said that there is no such address, last: "
        f"{error}\n\n"
        f"Correct the address of subscriber {delivery.subscriber}, or write to it again:\n"
        f"             monitor subscribers resume {delivery.subscriber} "
        f"--address {target}"
    )
    notify_operator(tx, context, key=f"suspended:{delivery.part.id}", text=text)
    return True


def _report_dead(
    tx: Transaction, context: Context, delivery: Delivery, error: DeliveryError
) -> None:
    if delivery.kind == "notice":
        return
    text = (
        f"a delivery to {delivery.part.target} failed for good\n\n"
        f"Subscriber {delivery.subscriber}, channel {delivery.channel}: {error}\n\n"
        f"See it:      monitor outbox show {delivery.id}\n"
        f"Try again:   monitor outbox retry {delivery.id}"
    )
    notify_operator(tx, context, key=f"dead:{delivery.part.id}", text=text)


def _watch(
    tx: Transaction,
    context: Context,
    delivery: Delivery,
    error: DeliveryError,
    place: Place,
) -> None:
    """Say once that nothing reaches a target: at once if somebody has to act."""
    now = context.now()
    found = destinations.failed(tx, *place, str(error), now)
    since = found.failing_since or now
    lasting = now - since >= TELL_AFTER or isinstance(error, DestinationFault)
    if found.told_at or not lasting:
        return
    text = (
        f"{_named(found.channel)} does not work\n\n"
        f"Nothing reaches {found.channel} {found.target}".rstrip()
        + f" since {since:%Y-%m-%d %H:%M} UTC: {error}\n\n"
        "Its messages wait, and are tried again. You hear when it works again.\n"
        f"Try it:      monitor send-test {delivery.subscriber}"
    )
    key = f"channel:{found.channel}:{found.target}:{since:%Y-%m-%dT%H:%M:%S}"
    notify_operator(tx, context, key=key, text=text)
    destinations.note_told(tx, *place, now)
