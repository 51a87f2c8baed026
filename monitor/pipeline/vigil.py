"""Keep an eye on the service as a whole: alarms that no single feed or channel raises.

The operator hears once of an alarm and once of its end. While all is well a dead man's
switch is pinged, so that somebody elsewhere notices when nothing runs here any more.
Of a database that is away he hears afterwards: before, no message can be kept.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from monitor.errors import FetchError, StorageError
from monitor.http import Request
from monitor.pipeline.context import Context
from monitor.pipeline.notices import notify_operator
from monitor.storage import destinations, settings, vigil
from monitor.storage.database import Transaction
from monitor.storage.vigil import Signs
from monitor.text.urls import host_of

log = structlog.get_logger()

NO_POLL = timedelta(hours=1)
OUTBOX_AGE = timedelta(hours=2)
LEAST_FREE_BYTES = 250_000_000
LEAST_AWAY = timedelta(minutes=5)
_SAME_OUTAGE = timedelta(minutes=15)
_PING_EVERY = timedelta(minutes=1)
_MAX_ANSWER = 64 << 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """What is wrong with the service as a whole, since when."""

    name: str
    since: datetime
    text: str


def alarms(
    signs: Signs,
    now: datetime,
    *,
    free_bytes: int | None = None,
    low_since: datetime | None = None,
) -> dict[str, Alarm]:
    """What is wrong now, by name.

    ``free_bytes`` are left for the database, if its disk is this machine's. It is low
    from ``LEAST_FREE_BYTES`` on, and while it was ``low_since`` a time, up to twice as
    many.
    """
    found = []
    failing, waiting = signs.all_failing_since, signs.oldest_waiting
    if failing and now - failing > NO_POLL:
        text = (
            "no feed can be read\n\n"
            f"All feeds have failed since {failing:%Y-%m-%d %H:%M} UTC.\n\n"
            "See why:     monitor feeds health"
        )
        found.append(Alarm(name="polls", since=failing, text=text))
    if waiting and now - waiting > OUTBOX_AGE:
        text = (
            "messages wait to be sent\n\n"
            f"The oldest has waited since {waiting:%Y-%m-%d %H:%M} UTC.\n\n"
            "See them:    monitor outbox list"
        )
        found.append(Alarm(name="outbox", since=waiting, text=text))
    least = LEAST_FREE_BYTES * (2 if low_since else 1)
    if free_bytes is not None and free_bytes < least:
        text = (
            "the disk is nearly full\n\n"
            f"{free_bytes / 1e6:,.0f} MB are free for the database. Once it is full "
            "nothing new is taken in.\n\n"
            f"Make room, until {2 * LEAST_FREE_BYTES / 1e6:,.0f} MB are free; or let less "
            "be kept: [service] keep"
        )
        found.append(Alarm(name="disk", since=low_since or now, text=text))
    return {alarm.name: alarm for alarm in found}


_ENDS = {
    "disk": "the disk has room again\n\nIt had been nearly full since {}.",
    "polls": "feeds are read again\n\nPolls go well again, after none did since {}.",
    "outbox": "the outbox is up to date\n\nWhat had waited since {} is sent or settled.",
}


class Vigil:
    """Looks after the service now and then, and pings when all is well."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._pinged_at: datetime | None = None
        self._away: tuple[datetime, str] | None = None

    async def keep(self) -> int:
        """Raise and end alarms, and ping; 0, because it makes no work for others.

        Raises:
            StorageError: The database cannot be used; that is told once it can.
        """
        context = self._context
        try:
            quiet = await context.database.call(_raise, context, self._away)
        except StorageError as error:
            self._away = self._away or (context.now(), str(error))
            raise
        self._away = None
        now = context.now()
        late = self._pinged_at is None or abs(now - self._pinged_at) >= _PING_EVERY
        if quiet and late and context.config.service.heartbeat_url:
            self._pinged_at = now
            await ping(context)
        return 0


def _raise(
    tx: Transaction, context: Context, away: tuple[datetime, str] | None
) -> bool:
    """Tell of alarms that begin or end; whether there is none.

    ``away`` is since when the database was not to be used until now, and why.
    """
    now = context.now()
    if away:
        _tell_away(tx, context, *away)
    settings.put(tx, "vigil", "kept")  # one that can only be read is away as well
    barred = {one.channel for one in destinations.failing(tx) if one.told_at}
    channels = context.config.channels.items()
    silent = [name for name, channel in channels if channel.way in barred]
    found = alarms(
        vigil.signs(tx, silent),
        now,
        free_bytes=context.database.free_bytes(),
        low_since=vigil.alarm_since(tx, "disk"),
    )
    for name, end in _ENDS.items():
        since = vigil.alarm_since(tx, name)
        alarm = found.get(name)
        if alarm and since is None:
            key = f"alarm:{name}:{alarm.since.isoformat()}"
            notify_operator(tx, context, key=key, text=alarm.text)
            vigil.set_alarm(tx, name, alarm.since)
        elif since and alarm is None:
            text = end.format(f"{since:%Y-%m-%d %H:%M} UTC")
            key = f"alarm-end:{name}:{since.isoformat()}"
            notify_operator(tx, context, key=key, text=text)
            vigil.set_alarm(tx, name, None)
    return not found


def _tell_away(tx: Transaction, context: Context, since: datetime, reason: str) -> None:
    """Tell of a database that is back, unless another node has."""
    now = context.now()
    tx.serialise("away")
    told = vigil.alarm_since(tx, "away-told")
    just_told = told and since <= told <= now < told + _SAME_OUTAGE
    if now - since < LEAST_AWAY or just_told:
        return
    vigil.set_alarm(tx, "away-told", now)
    text = (
        "the database could not be used\n\n"
        f"From {since:%Y-%m-%d %H:%M} to {now:%Y-%m-%d %H:%M} UTC: {reason}\n"
        "Nothing was taken in and nothing was sent meanwhile; all goes on by itself."
    )
    notify_operator(tx, context, key=f"away:{since.isoformat()}", text=text)


async def ping(context: Context) -> None:
    """Tell the dead man's switch that all is well; that it cannot be told is logged."""
    url = context.config.service.heartbeat_url
    try:
        answer = await context.client.get(Request(url=url, limit=_MAX_ANSWER))
    except FetchError as error:
        reason = str(error).replace(url, "the address")
        log.warning("heartbeat.failed", host=host_of(url), reason=reason)
        return
    if answer.status >= 300:
        log.warning("heartbeat.failed", host=host_of(url), status=answer.status)
