"""Signs of life of the whole service, and which alarms were raised."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from monitor.storage import settings
from monitor.storage.database import (
    Transaction,
    from_micros,
    listed,
    maybe_time,
    to_micros,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """Since when all feeds fail, and since when the oldest delivery waits.

    None where one feed is well, and where nothing waits.
    """

    all_failing_since: datetime | None
    oldest_waiting: datetime | None


def signs(tx: Transaction, out_of_order: Collection[str] = ()) -> Signs:
    """How things stand now.

    Of feeds those count that were polled; one alone has notices of its own. Of deliveries
    those count whose target and channel are not known to be ``out_of_order``: of these
    the operator has heard.
    """
    inside, names = listed("channel", ("", *out_of_order))
    row = (
        tx.one(
            f"""
            SELECT (SELECT CASE WHEN COUNT(*) > 1
                                 AND SUM(CASE WHEN failures = 0 THEN 1 ELSE 0 END) = 0
                                THEN MAX(failing_since) END
                      FROM feed
                     WHERE configured = 1
                       AND paused_at IS NULL
                       AND last_polled_at IS NOT NULL) AS failing,
                   (SELECT MIN(created_at)
                      FROM delivery
                      LEFT JOIN destination
                        ON destination.channel = delivery.channel
                       AND destination.target = delivery.target
                     WHERE state IN ('pending', 'sending', 'in_doubt')
                       AND delivery.channel NOT IN ({inside})
                       AND told_at IS NULL) AS waiting
            """,  # noqa: S608 - only our own parameter names are put in
            **names,
        )
        or {}
    )
    return Signs(
        all_failing_since=maybe_time(row["failing"]),
        oldest_waiting=maybe_time(row["waiting"]),
    )


def alarm_since(tx: Transaction, name: str) -> datetime | None:
    """Since when an alarm stands, if it does."""
    value = settings.get(tx, f"alarm:{name}")
    return from_micros(int(value)) if value else None


def set_alarm(tx: Transaction, name: str, since: datetime | None) -> None:
    """Raise an alarm, or end it."""
    settings.put(tx, f"alarm:{name}", str(to_micros(since)) if since else "")
