"""subscribers: who gets what and when next; holidays; being forgotten."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click

from monitor.cli.group import with_globals
from monitor.cli.output import count, emit, moment, table
from monitor.cli.session import Duration, clock, opened, run
from monitor.config import Config
from monitor.storage import people
from monitor.storage.people import Person

_FOR_GOOD = timedelta(days=36_500)


@click.group("subscribers")
@with_globals
def subscribers_command() -> None:
    """See who gets what, give somebody a holiday, erase somebody."""


@subscribers_command.command("list")
@with_globals
def subscribers_list() -> None:
    r"""Show every subscriber: rules, channels, the next digest, pauses.

    \b
    Examples:
      monitor subscribers list
    """
    found, config = run(_list())
    zone = ZoneInfo(config.service.timezone)
    emit({"subscribers": found}, lambda: _text(found, config, zone))


async def _list() -> tuple[list[Person], Config]:
    async with opened(rehearsal=True) as daemon:
        found = await daemon.context.database.call(people.list_people)
        return found, daemon.context.config


def _text(found: list[Person], config: Config, zone: ZoneInfo) -> str:
    now = clock().now()
    rows = []
    for person in found:
        subscriber = config.subscribers[person.name]
        rows.append(
            (
                person.name,
                ", ".join(subscriber.rules) or "-",
                ", ".join(subscriber.digest),
                _next(person, zone, now),
                count(person.told, "story", "stories"),
                _to(person, config),
            )
        )
    headers = ("name", "rules", "digest", "next", "told", "to")
    return table(headers, rows) or "There are no subscribers."


def _next(person: Person, zone: ZoneInfo, now: datetime) -> str:
    if person.paused_until and person.paused_until > now:
        late = person.paused_until - now > timedelta(days=3_650)
        return "paused" if late else f"paused until {moment(person.paused_until, zone)}"
    return moment(person.next_slot_at, zone) if person.next_slot_at else "at once"


def _to(person: Person, config: Config) -> str:
    """The targets, with those marked that unsubscribed."""
    said = []
    for name in config.send_to[person.name]:
        for target in config.channels[name].targets():
            gone = " (unsubscribed)" if (name, target) in person.gone else ""
            said.append(f"{name} {target}".strip() + gone)
    return ", ".join(said)


def _known(name: str, config: Config) -> None:
    if name not in config.subscribers:
        known = ", ".join(config.subscribers) or "none"
        raise click.UsageError(f"there is no subscriber {name!r}; there are: {known}")


@subscribers_command.command("pause")
@click.argument("name")
@click.option(
    "--for", "time", type=Duration(), help='How long: "7d"; default: for good'
)
@with_globals
def subscribers_pause(name: str, time: timedelta | None) -> None:
    r"""Send nothing to a subscriber for a while; what comes meanwhile is kept.

    \b
    Examples:
      monitor subscribers pause desk --for 14d
    """
    until = clock().now() + (time or _FOR_GOOD)
    run(_change(name, until))
    how = f" until {moment(until, ZoneInfo('UTC'))}" if time else ""
    text = f"{name} is paused{how}.  Go on: monitor subscribers resume {name}"
    emit({"subscriber": name, "paused_until": until}, text)


@subscribers_command.command("resume")
@click.argument("name")
@click.option(
    "--address", default="", help="Write to an address again that gets nothing"
)
@with_globals
def subscribers_resume(name: str, address: str) -> None:
    r"""End a pause: what came meanwhile is in the next digest.

    Addresses that unsubscribed, or that the mail server did not know on three days, stay
    out: they begin again by the link in their mails, or by --address.

    \b
    Examples:
      monitor subscribers resume desk
      monitor subscribers resume desk --address ana@example.org
    """
    if address:
        run(_write_again(name, address))
        emit({"subscriber": name, "address": address}, f"{address} gets mail again.")
        return
    run(_change(name, None))
    emit({"subscriber": name, "paused_until": None}, f"{name} goes on.")


async def _write_again(name: str, address: str) -> None:
    async with opened() as daemon:
        _known(name, daemon.context.config)
        database = daemon.context.database
        gone = await database.call(people.unsubscribed, name)
        channels = [channel for channel, target in gone if target == address]
        if not channels:
            message = f"{name} is written to at {address}, or has no such address"
            raise click.UsageError(message)
        for channel in channels:
            await database.call(people.resubscribe, name, channel, address)


async def _change(name: str, until: datetime | None) -> None:
    async with opened() as daemon:
        _known(name, daemon.context.config)
        if not await daemon.context.database.call(people.pause, name, until):
            message = f"{name} is not known yet: start the service, or check-once"
            raise click.UsageError(message)


@subscribers_command.command("forget")
@click.argument("who")
@click.option("--yes", is_flag=True, help="Do not ask")
@with_globals
def subscribers_forget(who: str, *, yes: bool) -> None:
    r"""Erase an address, or a subscriber, with all that was sent and told.

    An address goes out of the list of deliveries; that it unsubscribed is kept. A
    subscriber is new from now on, if it is still in the configuration.

    \b
    Examples:
      monitor subscribers forget ana@example.org
    """
    if not yes:
        click.confirm(f"Erase {who} and what was sent to it?", abort=True, err=True)
    erased = run(_forget(who))
    text = f"{who} is forgotten: {count(erased, 'delivery', 'deliveries')} erased."
    emit({"forgotten": who, "deliveries": erased}, text)


async def _forget(who: str) -> int:
    async with opened() as daemon:
        known = {
            one.name for one in await daemon.context.database.call(people.list_people)
        }
        forget = people.forget_subscriber if who in known else people.forget_address
        return await daemon.context.database.call(forget, who)
