"""The send stage: deliveries leave through their channels.

Lease, send, mark. A process that dies in between repeats the one delivery, with the
same identity; marking first would lose it.
"""

import asyncio
import random
from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog

from monitor.channels import Channel
from monitor.errors import (
    DeliveryDeferred,
    DeliveryError,
    DeliveryInDoubt,
    DeliveryRejected,
)
from monitor.models import Delivery, DeliveryState, Receipt
from monitor.pipeline.context import Context, new_token
from monitor.pipeline.notices import notify_operator
from monitor.storage import deliveries
from monitor.storage.database import Transaction

log = structlog.get_logger()

BATCH = 10
DEADLINE = timedelta(minutes=4)
LEASE = 3 * DEADLINE
GIVE_UP = timedelta(hours=72)
_WAITS = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360, 720, 1440))


def retry_wait(attempts: int, jitter: float) -> timedelta:
    """How long to wait after so many failed attempts; ``jitter`` from -1 to 1 is 20 %."""
    return _WAITS[min(max(attempts, 1), len(_WAITS)) - 1] * (1 + 0.2 * jitter)


def verdict(
    delivery: Delivery, error: DeliveryError, now: datetime, jitter: float
) -> tuple[DeliveryState, datetime]:
    """What becomes of a delivery that failed: dead, or when it is tried again."""
    if isinstance(error, DeliveryRejected) or now - delivery.created_at > GIVE_UP:
        return DeliveryState.DEAD, now
    wait = retry_wait(delivery.attempts + 1, jitter)
    if isinstance(error, DeliveryDeferred) and error.retry_after:
        wait = max(wait, error.retry_after)
    doubt = isinstance(error, DeliveryInDoubt)
    return (DeliveryState.IN_DOUBT if doubt else DeliveryState.PENDING), now + wait


async def send_all(context: Context, stopping: asyncio.Event) -> int:
    """Send what is due through every channel at once; how many were tried."""
    names = await context.database.call(deliveries.waiting_channels, context.now())
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(send_channel(context, name, stopping)) for name in names
        ]
    return sum(task.result() for task in tasks)


async def send_channel(context: Context, name: str, stopping: asyncio.Event) -> int:
    """Send what is due through one channel, in order; how many were tried."""
    channel = context.config.channels.get(name)
    if channel is None:
        log.warning("delivery.channel-missing", channel=name)
        return 0
    count = 0
    while not stopping.is_set() and (batch := await _claim(context, name)):
        for delivery in batch:
            if stopping.is_set():
                now = context.now()
                await context.database.call(deliveries.release, delivery, now)
            else:
                await _send(context, channel, delivery)
        count += len(batch)
    return count


async def _claim(context: Context, name: str) -> list[Delivery]:
    return await context.database.call(
        deliveries.claim_deliveries,
        name,
        token=new_token(),
        now=context.now(),
        lease=LEASE,
        limit=BATCH,
    )


async def _send(context: Context, channel: Channel, delivery: Delivery) -> None:
    now = context.now()
    if not await context.database.call(
        deliveries.renew, delivery, now=now, lease=LEASE
    ):
        return  # another node took it over
    facts = _facts(delivery)
    try:
        async with asyncio.timeout(DEADLINE.total_seconds()):
            receipt = await channel.send(delivery.part, delivery.thread)
    except TimeoutError:
        error: DeliveryError = DeliveryInDoubt(f"no answer within {DEADLINE}")
    except DeliveryError as problem:
        error = problem
    else:
        await context.database.call(_commit_sent, context, delivery, receipt)
        log.info("delivery.sent", **facts)
        return
    state, due_at = verdict(delivery, error, context.now(), random.uniform(-1, 1))  # noqa: S311 - spreads retries
    await context.database.call(_commit_failed, context, delivery, error, state, due_at)
    log.warning("delivery.failed", reason=str(error), state=state.value, **facts)


def _facts(delivery: Delivery) -> Mapping[str, object]:
    return {
        "delivery": delivery.part.id,
        "channel": delivery.channel,
        "subscriber": delivery.subscriber,
        "attempt": delivery.attempts + 1,
    }


def _commit_sent(
    tx: Transaction, context: Context, delivery: Delivery, receipt: Receipt
) -> None:
    deliveries.mark_sent(tx, delivery, receipt, context.now())


def _commit_failed(
    tx: Transaction,
    context: Context,
    delivery: Delivery,
    error: DeliveryError,
    state: DeliveryState,
    due_at: datetime,
) -> None:
    """Store the failure; the operator is told of a dead letter, but not of its own."""
    deliveries.mark_failed(
        tx, delivery, state=state, due_at=due_at, code=error.code, text=str(error)
    )
    if state is DeliveryState.DEAD and delivery.kind != "notice":
        text = (
            f"a delivery to {delivery.part.target} failed for good\n\n"
            f"Subscriber {delivery.subscriber}, channel {delivery.channel}: {error}\n\n"
            f"See it:      monitor outbox show {delivery.id}\n"
            f"Try again:   monitor outbox retry {delivery.id}"
        )
        notify_operator(tx, context, key=f"dead:{delivery.part.id}", text=text)
