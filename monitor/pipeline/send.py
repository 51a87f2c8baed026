"""The send stage: deliveries leave through their channels.

Lease, send, mark. A process that dies in between repeats the one delivery, with the
same identity; marking first would lose it.
"""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from monitor import metrics
from monitor.channels import Channel, Connected, Send
from monitor.errors import (
    DeliveryError,
    DeliveryInDoubt,
    StorageError,
)
from monitor.models import Delivery
from monitor.pipeline.context import Context, new_token
from monitor.pipeline.outcome import (
    Place,
    commit_cut_off,
    commit_failed,
    commit_sent,
    way_of,
)
from monitor.pipeline.verdict import verdict
from monitor.storage import deliveries, destinations, threads
from monitor.storage.database import Transaction

log = structlog.get_logger()

BATCH = 10
DEADLINE = timedelta(minutes=13)
"""Longer than all that a channel waits for: ten minutes for a mail server's last word."""

LEASE = DEADLINE + timedelta(minutes=2)
LONGEST_TURN = timedelta(seconds=2)
"""For so long a delivery waits for its turn; else it is given back."""

_ROOT_WAIT = timedelta(seconds=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Channels whose messages go the same way, one after another.

    All people with an address of their own share their mail server, which should not
    meet them all at once.
    """

    name: str
    channels: tuple[str, ...]


def routes(channels: Mapping[str, Channel]) -> list[Route]:
    """The routes of all channels, in their order; one without a way has its own."""
    found: dict[Place, list[str]] = {}
    for name, channel in channels.items():
        place = (channel.way, "") if channel.way else ("", name)
        found.setdefault(place, []).append(name)
    return [
        Route(name=way or name, channels=tuple(names))
        for (way, name), names in found.items()
    ]


async def send_all(context: Context, stopping: asyncio.Event) -> int:
    """Send what is due by every route at once; how many were tried."""
    found = await context.database.call(deliveries.waiting_channels, context.now())
    waiting = set(found)
    for name in sorted(waiting - set(context.config.channels)):
        log.warning("delivery.channel-missing", channel=name)
    return await _together(
        send_by(context, route, stopping)
        for route in routes(context.config.channels)
        if not waiting.isdisjoint(route.channels)
    )


async def send_by(
    context: Context,
    route: Route,
    stopping: asyncio.Event,
    tried: Callable[[], None] = lambda: None,
) -> int:
    """Send what is due by one route, in order; how many were tried.

    ``tried`` is called after each.
    """
    channel = context.config.channels[route.channels[0]]
    if not isinstance(channel, Connected):
        return await _send_due(context, route, stopping, channel.send, tried)

    async def connected() -> int:
        async with channel.session() as hand_over:
            return await _send_due(context, route, stopping, hand_over, tried)

    return await _together(connected() for _ in range(channel.connections))


def next_turn(
    tx: Transaction, channels: Iterable[Channel], now: datetime
) -> datetime | None:
    """When the next message may go that only waits for its turn.

    With trouble anywhere only what is very near counts: else a single run would last as
    long as the trouble.
    """
    gaps = (2 * channel.gap for channel in channels)
    within = LONGEST_TURN if destinations.failing(tx) else max(LONGEST_TURN, *gaps)
    return deliveries.next_turn(tx, now=now, within=within)


async def _together(works: Iterable[Awaitable[int]]) -> int:
    """The sum of works; what one raises comes when the others are through.

    Cut off in the middle, they would send again what the far side has taken.
    """
    found = await asyncio.gather(*works, return_exceptions=True)
    errors = [one for one in found if isinstance(one, BaseException)]
    if errors:
        raise errors[0]
    return sum(one for one in found if isinstance(one, int))


async def _send_due(
    context: Context,
    route: Route,
    stopping: asyncio.Event,
    hand_over: Send,
    tried: Callable[[], None],
) -> int:
    count = 0
    while not stopping.is_set() and (batch := deque(await _claim(context, route))):
        count += len(batch)
        try:
            free = True
            while batch and free and not stopping.is_set():
                free = await _send(context, route, batch.popleft(), hand_over)
                tried()
        finally:
            if batch:
                with suppress(StorageError):  # without a database, their lease does it
                    await context.database.call(_give_back, batch, context.now())
    return count


def _give_back(tx: Transaction, batch: Iterable[Delivery], now: datetime) -> None:
    """Free what was claimed and not tried."""
    for delivery in batch:
        deliveries.postpone(tx, delivery, now)


async def _claim(context: Context, route: Route) -> list[Delivery]:
    return await context.database.call(
        deliveries.claim_deliveries,
        route.channels,
        token=new_token(),
        now=context.now(),
        lease=LEASE,
        limit=BATCH,
    )


async def _send(
    context: Context, route: Route, delivery: Delivery, hand_over: Send
) -> bool:
    """Try one delivery; False if nothing can go by its route now."""
    channel = context.config.channels[delivery.channel]
    turn = await context.database.call(_take_turn, context, route, channel, delivery)
    if turn is None:
        return not channel.way
    at, thread_id = turn
    await asyncio.sleep(max(0.0, (at - context.now()).total_seconds()))
    facts = _facts(delivery)
    name = delivery.channel
    try:
        async with asyncio.timeout(DEADLINE.total_seconds()):
            with metrics.delivery_seconds.labels(name).time():
                receipt = await hand_over(delivery.part, thread_id)
    except TimeoutError:
        error: DeliveryError = DeliveryInDoubt(f"no answer within {DEADLINE}")
    except asyncio.CancelledError:
        with suppress(StorageError):
            await context.database.call(commit_cut_off, delivery, context.now())
        raise
    except DeliveryError as problem:
        error = problem
    except Exception as problem:
        # A mistake of ours must not be made with the same message again and again.
        log.exception("delivery.broken", **facts)
        error = DeliveryInDoubt(f"a mistake of monitor: {type(problem).__name__}")
    else:
        await context.database.call(commit_sent, context, channel, delivery, receipt)
        latency = (context.now() - delivery.created_at).total_seconds()
        metrics.delivery_latency.labels(name).observe(max(0.0, latency))
        metrics.deliveries.labels(name, "sent").inc()
        log.info("delivery.sent", **facts)
        return True
    jitter = random.uniform(-1, 1)  # noqa: S311 - spreads retries
    found = verdict(delivery, error, context.now(), jitter, channel.patience)
    await context.database.call(commit_failed, context, channel, delivery, error, found)
    metrics.deliveries.labels(name, found.state.value).inc()
    log.warning("delivery.failed", reason=str(error), state=found.state.value, **facts)
    return True


def _take_turn(
    tx: Transaction,
    context: Context,
    route: Route,
    channel: Channel,
    delivery: Delivery,
) -> tuple[datetime, str | None] | None:
    """When a delivery may go, and the message that it belongs to.

    None if it is not its turn: another node has it, its target rests, or the message
    that it belongs to is still on its way.
    """
    now = context.now()
    thread = threads.thread_of(tx, delivery) if channel.threads else None
    if thread == "":
        deliveries.postpone(tx, delivery, now + _ROOT_WAIT)
        return None
    way = way_of(delivery, channel)
    at = destinations.reserve(tx, *way, gap=channel.gap, most=LONGEST_TURN, now=now)
    if at - now > LONGEST_TURN:
        if channel.way:
            deliveries.postpone_all(tx, route.channels, delivery.token, at)
        else:
            deliveries.postpone(tx, delivery, at)
        return None
    ours = deliveries.renew(tx, delivery, now=now, lease=LEASE)
    return (at, thread) if ours else None


def _facts(delivery: Delivery) -> Mapping[str, object]:
    return {
        "delivery": delivery.part.id,
        "channel": delivery.channel,
        "subscriber": delivery.subscriber,
        "attempt": delivery.attempts + 1,
    }
