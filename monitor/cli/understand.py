"""status: what is going on."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import click

from monitor.cli.group import with_globals
from monitor.cli.output import bold, count, emit, moment
from monitor.cli.session import opened, run
from monitor.config import Config
from monitor.models import FeedLine
from monitor.pipeline.context import Context
from monitor.storage import (
    destinations,
    entries,
    feeds,
    floods,
    outbox,
    settings,
)
from monitor.storage import people as holidays
from monitor.storage import subscribers as people
from monitor.storage.database import Transaction

_FRESH = timedelta(minutes=2)


# --- status ---


@click.command("status")
@click.option(
    "--health", is_flag=True, help="Only say whether the service lives (containers)"
)
@with_globals
def status_command(*, health: bool) -> None:
    r"""Show on one screen whether it works: feeds, queue, next digests, floods, errors.

    \b
    Exit status: 0; with --health 1 if the service gave no sign of life for 2 minutes.

    \b
    Examples:
      monitor status
      monitor status --health
    """
    data, config = run(_status())
    zone = ZoneInfo(config.service.timezone)
    if health:
        alive, last, stopped = data["alive"], data["last_beat"], data["stopped"]
        # Other nodes live on beside one that hangs, so each asks for itself.
        if own := data["nodes"].get(data["machine"]):
            alive, last, stopped = data["now"] - own < _FRESH, own, None
        word = "alive" if alive else "no sign of life for 2 minutes"
        word = f"stopped {moment(stopped, zone)}" if stopped else word
        emit({"alive": alive}, f"{word} (last sign: {moment(last, zone)})")
        click.get_current_context().exit(0 if alive else 1)
    emit(data, lambda: _status_text(data, config, zone))


async def _status() -> tuple[dict[str, Any], Config]:
    async with opened(rehearsal=True) as daemon:
        context = daemon.context
        data = await context.database.call(_gather, context)
        return data, context.config


def _gather(tx: Transaction, context: Context) -> dict[str, Any]:
    last_beat, last_stop = settings.last_beat(tx), settings.last_stop(tx)
    nodes = settings.nodes(tx)
    beats = last_beat is not None and context.now() - last_beat < _FRESH
    ended = last_beat is not None and last_stop is not None and last_stop >= last_beat
    return {
        "now": context.now(),
        "last_beat": last_beat,
        "stopped": last_stop if ended else None,
        "refused": settings.refused_config(tx),
        "alive": beats and not ended,
        "nodes": nodes,
        "machine": context.machine,
        "feeds": feeds.list_feeds(tx),
        "entries": entries.count_by_state(tx),
        "deliveries": outbox.count_deliveries(tx),
        "floods": floods.held_floods(tx),
        "set_aside": entries.set_aside(tx),
        "channels": destinations.failing(tx),
        "paused": {
            one.name: one.paused_until
            for one in holidays.list_people(tx)
            if one.paused_until and one.paused_until > context.now()
        },
        "next": {
            name: people.subscriber_state(tx, name).next_slot_at
            for name in context.config.subscribers
        },
    }


def _status_text(data: dict[str, Any], config: Config, zone: ZoneInfo) -> str:
    lines = [
        f"{bold('service')}   "
        + _service_state(data, zone)
        + f", last sign of life {moment(data['last_beat'], zone)} (times in {zone.key})"
    ]
    if data["refused"]:
        at, text = data["refused"]
        lines.append(
            f"{bold('config')}    refused {moment(at, zone)}, the last good one runs: "
            + text.partition("\n")[0]
        )
    lines += _nodes_part(data["nodes"], data["now"], zone)
    lines += _feeds_part(data["feeds"], zone)
    lines.append(f"{bold('articles')}  " + _counts(data["entries"]))
    lines.append(f"{bold('outbox')}    " + _counts(data["deliveries"]))
    for name, at in data["next"].items():
        own = ZoneInfo(config.subscribers[name].timezone or zone.key)
        when = moment(at, own) if at else "as soon as something matches"
        lines.append(f"{bold('next')}      {name}: {when}")
    lines += [
        f"{bold('paused')}    {name} until {moment(until, zone)}"
        for name, until in data["paused"].items()
    ]
    lines += [
        f"{bold('channel')}   nothing reaches {one.channel} {one.target}".rstrip()
        + f" since {moment(one.failing_since, zone)}: {one.error}"
        for one in data["channels"]
    ]
    for flood in data["floods"]:
        lines.append(
            f"{bold('held')}      flood {flood.id}: {count(flood.entries, 'entry', 'entries')} "
            f"of {flood.feed} since {moment(flood.at, zone)}: monitor floods list"
        )
    lines += [
        f"{bold('aside')}     {url} of {feed} stopped the program five times"
        for feed, url in data["set_aside"]
    ]
    return "\n".join(lines)


def _service_state(data: dict[str, Any], zone: ZoneInfo) -> str:
    if data["alive"]:
        return "running"
    stopped = data["stopped"]
    return f"stopped in order {moment(stopped, zone)}" if stopped else "not running"


def _nodes_part(nodes: dict[str, datetime], now: datetime, zone: ZoneInfo) -> list[str]:
    if len(nodes) < 2:
        return []
    silent = {name: at for name, at in nodes.items() if now - at >= _FRESH}
    living = ", ".join(name for name in nodes if name not in silent)
    head = f"{bold('nodes')}     {len(nodes) - len(silent)} of {len(nodes)} alive: {living}"
    return [head.rstrip(": ")] + [
        f"  {name}: no sign of life since {moment(at, zone)}"
        for name, at in silent.items()
    ]


def _counts(counts: dict[str, int]) -> str:
    found = [f"{number:,} {state}" for state, number in sorted(counts.items())]
    return ", ".join(found) or "none yet"


def _feeds_part(found: Sequence[FeedLine], zone: ZoneInfo) -> list[str]:
    failing = [line for line in found if line.failures and not line.paused_at]
    paused = [line for line in found if line.paused_at]
    unread = [
        line
        for line in found
        if line.last_good_at is None and not line.failures and not line.paused_at
    ]
    good = len(found) - len(failing) - len(unread) - len(paused)
    old = sum(line.old_ignored for line in found)
    head = f"{bold('feeds')}     {good} of {len(found)} read"
    head += f", {len(unread)} not read yet" if unread else ""
    head += f", {len(paused)} paused" if paused else ""
    head += f", {count(old, 'old entry', 'old entries')} ignored" if old else ""
    lines = [head]
    lines += [
        f"  {line.name}: failing since {moment(line.failing_since, zone)}, "
        f"next try {moment(line.next_poll_at, zone)}: {line.error}"
        for line in failing
    ]
    lines += ["  monitor feeds health says what to do"] if failing else []
    return lines
