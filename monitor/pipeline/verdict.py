"""What becomes of a delivery that failed: a decision, no action."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.errors import (
    DeliveryDeferred,
    DeliveryError,
    DeliveryInDoubt,
    DeliveryRejected,
    DestinationFault,
)
from monitor.models import Delivery, DeliveryState

GIVE_UP = timedelta(hours=72)

_FAULT_WAIT = timedelta(hours=1)
_SHORT_REST = timedelta(seconds=30)
_WAITS = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360, 720, 1440))


def retry_wait(attempts: int, jitter: float) -> timedelta:
    """How long to wait after so many failed attempts; ``jitter`` from -1 to 1 is 20 %."""
    return _WAITS[min(max(attempts, 1), len(_WAITS)) - 1] * (1 + 0.2 * jitter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What becomes of a delivery that failed.

    ``counted`` says whether it lost an attempt; nothing goes to its target until
    ``rest_until``, if that is given.
    """

    state: DeliveryState
    due_at: datetime
    counted: bool = True
    rest_until: datetime | None = None


def verdict(
    delivery: Delivery,
    error: DeliveryError,
    now: datetime,
    jitter: float,
    patience: timedelta = GIVE_UP,
) -> Verdict:
    """Dead, or when it is tried again.

    A target that is out of order is asked again every hour and keeps its messages; one
    that had a message too many gets none before it says so.
    """
    if isinstance(error, DestinationFault):
        at = now + _FAULT_WAIT
        return Verdict(
            state=DeliveryState.PENDING, due_at=at, counted=False, rest_until=at
        )
    if isinstance(error, DeliveryDeferred) and error.throttled:
        wait = (error.retry_after or timedelta(0)) * (1 + 0.1 * abs(jitter))
        at = now + max(wait, timedelta(seconds=1))
        return Verdict(
            state=DeliveryState.PENDING, due_at=at, counted=False, rest_until=at
        )
    if isinstance(error, DeliveryRejected) or now - delivery.created_at > patience:
        return Verdict(state=DeliveryState.DEAD, due_at=now)
    wait = retry_wait(delivery.attempts + 1, jitter)
    if isinstance(error, DeliveryDeferred) and error.retry_after:
        wait = max(wait, error.retry_after)
    doubt = isinstance(error, DeliveryInDoubt)
    state = DeliveryState.IN_DOUBT if doubt else DeliveryState.PENDING
    # The next message would run into the same wall, and wait for it as long.
    rest_until = now + _SHORT_REST if error.whole_channel else None
    return Verdict(state=state, due_at=now + wait, rest_until=rest_until)
