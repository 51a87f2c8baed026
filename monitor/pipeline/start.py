"""What a start, a reload and every beat do to the tables: bring them in line."""

from datetime import UTC, datetime, timedelta

import structlog

from monitor.config.applied import applied, to_json
from monitor.digests import slots
from monitor.models import Secret
from monitor.pipeline.context import Context
from monitor.pipeline.digest import schedule_of, unit_of, zone_of
from monitor.pipeline.notices import notify_operator
from monitor.storage import feeds, hosts, overview, settings, skew, subscribers
from monitor.storage.database import Transaction

log = structlog.get_logger()

_LONGEST_SILENCE = timedelta(minutes=5)
# Less is the difference of two nodes, or of a clock that is kept in step.
_SET_BACK = timedelta(minutes=1)
# For so long a machine that is silent is shown as such.
_FORGOTTEN = timedelta(days=1)
_EVER = datetime.max.replace(tzinfo=UTC)
# Further ahead than any back-off, Retry-After or retry can put a row.
_FURTHEST = timedelta(days=9)


def beat(tx: Transaction, context: Context) -> str:
    """Leave a sign of life; how things stand, in a line.

    A machine that slept, or a database that was away, is a time without a watch too.
    """
    now, last = context.now(), settings.last_beat(tx)
    if last and now - last > _LONGEST_SILENCE:
        settings.note_downtime(tx, last, now)
    # Of this machine alone: the clocks of several are never quite the same.
    own = settings.nodes(tx).get(context.machine, now)
    if own - now > _SET_BACK:
        _put_right(tx, context, own - now)
        _sync_subscribers(tx, context)
    settings.beat(tx, now, context.machine)
    settings.forget_nodes(tx, now - _FORGOTTEN)
    found = overview.glance(tx)
    slot = (
        f", next digest {found.next_slot_at:%d %b %H:%M} UTC"
        if found.next_slot_at
        else ""
    )
    return (
        f"{found.feeds - found.failing} of {found.feeds} feeds well, "
        f"{found.waiting} messages wait{slot}"
    )


def begin(tx: Transaction, context: Context, refused: str) -> None:
    """Remember since when nobody was watching, and what was wrong with the start."""
    now, last = context.now(), settings.last_beat(tx)
    if last and now - last > _LONGEST_SILENCE:
        settings.note_downtime(tx, last, now)
    if context.database.exclusive:
        settings.forget_nodes(tx, _EVER)  # a machine that had the file before
    if refused:
        refuse(tx, context, refused)
    else:
        settings.accept_config(tx)


def refuse(tx: Transaction, context: Context, text: str) -> None:
    """Keep and tell why a configuration was not taken."""
    now = context.now()
    settings.refuse_config(tx, text, now)
    notice = (
        "the new configuration was refused\n\n"
        f"{text}\n\nThe service goes on with the last good one. Try the file, then reload:\n"
        "             monitor check-config"
    )
    notify_operator(tx, context, key=f"config:{now.isoformat()}", text=notice)


def prepare(tx: Transaction, context: Context, *, alone: bool) -> Secret:
    """Bring the tables in line with the configuration and the time."""
    config, now = context.config, context.now()
    if alone:
        hosts.release_leftovers(tx, now)
    # Where other nodes are, the last poll is perhaps one of theirs: a beat will see.
    _put_right(tx, context, skew.ahead(tx, now) if alone else timedelta(0))
    feeds.sync_feeds(
        tx, {name: feed.source for name, feed in config.feeds.items()}, now
    )
    _sync_subscribers(tx, context)
    settings.apply(tx, to_json(applied(config)), now)
    hashes = {name: config.index.hash_of(name) for name in config.rules}
    settings.date_rules(tx, hashes, now)
    return settings.instance_key(tx)


def _put_right(tx: Transaction, context: Context, ahead: timedelta) -> None:
    """Bring due times in line after a clock that ran ahead was set back."""
    now = context.now()
    if ahead > _SET_BACK:
        log.warning("clock.set-back", seconds=round(ahead.total_seconds()))
        skew.set_back(tx, now=now, by=ahead)
        settings.bring_beats_back(tx, now)  # or it would be done for each node once
    skew.bring_back(tx, now=now, furthest=_FURTHEST)


def _sync_subscribers(tx: Transaction, context: Context) -> None:
    now = context.now()
    found = [_following(context, name, now) for name in context.config.subscribers]
    subscribers.sync_subscribers(tx, found, now)


def _following(context: Context, name: str, now: datetime) -> subscribers.Following:
    config = context.config.subscribers[name]
    schedule, zone = schedule_of(config), zone_of(context, config)
    slot = slots.next_slot(schedule, zone, now)
    return subscribers.Following(
        name=name,
        rules=config.rules,
        schedule=f"{schedule.text} {zone.key}",
        unit=unit_of(context),
        next_slot_at=slot,
    )
