"""What becomes of a delivery that failed."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import (
    DeliveryDeferred,
    DeliveryError,
    DeliveryInDoubt,
    DeliveryRejected,
    DestinationFault,
)
from monitor.models import Delivery, DeliveryState, Part
from monitor.pipeline.verdict import GIVE_UP, verdict
from tests.conftest import NOON


def _delivery(attempts: int, age: timedelta) -> Delivery:
    return Delivery(
        id=1,
        channel="mail",
        subscriber="desk",
        kind="digest",
        attempts=attempts,
        created_at=NOON - age,
        token="t",
        part=Part(id="p", target="ana@example.org", payload=b""),
    )


@given(
    attempts=st.integers(0, 50),
    hours=st.integers(0, 71),
    asked=st.none() | st.integers(0, 10**6).map(lambda s: timedelta(seconds=s)),
    jitter=st.floats(-1, 1),
)
def test_a_deferred_delivery_is_never_lost_nor_sent_before_its_time(
    attempts: int, hours: int, asked: timedelta | None, jitter: float
) -> None:
    delivery = _delivery(attempts, timedelta(hours=hours))
    error = DeliveryDeferred("later", retry_after=asked)

    found = verdict(delivery, error, NOON, jitter)

    wait = found.due_at - NOON
    assert found.state is DeliveryState.PENDING
    assert wait >= max(asked or timedelta(0), timedelta(seconds=48))
    assert wait <= max(asked or timedelta(0), timedelta(hours=28.8))


@pytest.mark.parametrize(
    ("error", "age", "expected"),
    [
        (DeliveryRejected("no"), timedelta(0), DeliveryState.DEAD),
        (DeliveryDeferred("busy"), GIVE_UP * 2, DeliveryState.DEAD),
        (DeliveryInDoubt("lost"), timedelta(0), DeliveryState.IN_DOUBT),
        (DestinationFault("no such room"), GIVE_UP * 2, DeliveryState.PENDING),
        (
            DeliveryDeferred("too many", throttled=True),
            GIVE_UP * 2,
            DeliveryState.PENDING,
        ),
    ],
)
def test_what_becomes_of_a_failed_delivery(
    error: DeliveryError, age: timedelta, expected: DeliveryState
) -> None:
    found = verdict(_delivery(0, age), error, NOON, 0.0)

    assert found.state is expected
