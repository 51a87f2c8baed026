"""outbox and floods: look at what waits and set it right."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from monitor.cli.group import with_globals
from monitor.cli.output import count, emit, moment, table
from monitor.cli.session import ask, clock, run
from monitor.models import DeliveryState
from monitor.storage import floods, outbox

_OPEN = (DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.IN_DOUBT)


# --- outbox ---


@click.group("outbox")
@with_globals
def outbox_command() -> None:
    """See what was sent, what waits, what failed."""


@outbox_command.command("list")
@click.option("--dead", is_flag=True, help="What failed for good or was dropped")
@click.option("--sent", is_flag=True, help="What was sent, newest first")
@with_globals
def outbox_list(*, dead: bool, sent: bool) -> None:
    r"""Show deliveries: those that wait, and those that failed for good.

    \b
    Examples:
      monitor outbox list
      monitor outbox list --sent
    """
    states: tuple[DeliveryState, ...] = (*_OPEN, DeliveryState.DEAD)
    if dead:
        states = (DeliveryState.DEAD, DeliveryState.DROPPED)
    if sent:
        states = (DeliveryState.SENT,)
    lines, zone = run(ask(outbox.list_deliveries, states))
    emit({"deliveries": lines}, lambda: _outbox_table(lines, zone))


def _outbox_table(lines: list[outbox.OutboxLine], zone: ZoneInfo) -> str:
    rows = [
        (
            str(line.id),
            line.state,
            line.subscriber,
            f"{line.channel} {line.target}".strip(),
            str(line.attempts),
            moment(line.sent_at or line.due_at, zone),
            line.last_text.partition("\n")[0] or line.subject,
        )
        for line in lines
    ]
    headers = ("id", "state", "subscriber", "to", "tries", "sent or next", "")
    return table(headers, rows) or "Nothing is waiting and nothing has failed."


@outbox_command.command("show")
@click.argument("number", type=int)
@with_globals
def outbox_show(number: int) -> None:
    r"""Show one delivery with the message as it is sent.

    \b
    Examples:
      monitor outbox show 12
    """
    line, zone = run(ask(outbox.show_delivery, number))
    if line is None:
        raise click.UsageError(f"there is no delivery {number}")
    payload = line.payload.decode("utf-8", "replace")
    text = (
        f"delivery {line.id} ({line.public_id})\n"
        f"  state       {line.state}, {count(line.attempts, 'attempt')}\n"
        f"  subscriber  {line.subscriber}, {line.kind}\n"
        f"  to          {line.channel} {line.target}\n"
        f"  made        {moment(line.created_at, zone)}\n"
        f"  answer      {line.last_text or 'none yet'}\n\n{payload}"
    )
    emit(line, text)


@outbox_command.command("retry")
@click.argument("number", type=int)
@with_globals
def outbox_retry(number: int) -> None:
    r"""Try a waiting or failed delivery again, at the next run.

    \b
    Examples:
      monitor outbox retry 12
    """
    _change(number, outbox.retry_delivery, clock().now(), done="will be tried again")


@outbox_command.command("drop")
@click.argument("number", type=int)
@with_globals
def outbox_drop(number: int) -> None:
    r"""Give up on a delivery that was not sent; its stories count as told.

    \b
    Examples:
      monitor outbox drop 12
    """
    done = f"is dropped (monitor outbox retry {number} takes it back)"
    _change(number, outbox.drop_delivery, done=done)


def _change(
    number: int, function: Callable[..., Any], *args: datetime, done: str
) -> None:
    changed, _ = run(ask(function, number, *args, changes=True))
    if not changed:
        raise click.UsageError(f"there is no delivery {number} that waits or failed")
    emit({"id": number, "done": done}, f"Delivery {number} {done}.")


# --- floods ---


@click.group("floods")
@with_globals
def floods_command() -> None:
    """Decide about floods: far more new entries at once than a feed's rate explains."""


@floods_command.command("list")
@with_globals
def floods_list() -> None:
    r"""Show the floods that are held.

    \b
    Examples:
      monitor floods list
    """
    held, zone = run(ask(floods.held_floods))
    rows = [
        (str(f.id), f.feed, moment(f.at, zone), str(f.entries), f.example) for f in held
    ]
    headers = ("id", "feed", "since", "entries", "for example")
    emit({"floods": held}, lambda: table(headers, rows) or "No flood is held.")


@floods_command.command("release")
@click.argument("number", type=int)
@with_globals
def floods_release(number: int) -> None:
    r"""Let the entries of a held flood in: they are read, matched and told.

    \b
    Examples:
      monitor floods release 3
    """
    _decide(number, floods.release_flood, "let in; they are read at the next run")


@floods_command.command("drop")
@click.argument("number", type=int)
@with_globals
def floods_drop(number: int) -> None:
    r"""Remember the entries of a held flood as known, and tell nobody.

    \b
    Examples:
      monitor floods drop 3
    """
    _decide(number, floods.drop_flood, "dropped; they stay known and are never told")


def _decide(number: int, function: Callable[..., Any], done: str) -> None:
    entries, _ = run(ask(function, number, clock().now(), changes=True))
    if entries is None:
        raise click.UsageError(f"no flood {number} is held: see monitor floods list")
    text = f"{count(entries, 'entry', 'entries')} {done}."
    emit({"id": number, "entries": entries}, text)
