"""feeds, rules, outbox, floods, db: look at the parts and set them right."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from monitor.cli.group import with_globals
from monitor.cli.output import count, emit, moment, settings, table
from monitor.cli.session import clock, configuration, opened, run
from monitor.http import Network
from monitor.models import DeliveryState
from monitor.storage import deliveries, feeds, floods
from monitor.text.urls import redacted

_OPEN = (DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.IN_DOUBT)


async def _ask(
    function: Callable[..., Any], *args: object, changes: bool = False
) -> tuple[Any, ZoneInfo]:
    """Call one storage function, beside a running service; its answer and our zone."""
    async with opened(rehearsal=not changes) as daemon:
        answer = await daemon.context.database.call(function, *args)
        return answer, ZoneInfo(daemon.context.config.service.timezone)


# --- feeds ---


@click.group("feeds")
@with_globals
def feeds_command() -> None:
    """List feeds and try them."""


@feeds_command.command("list")
@with_globals
def feeds_list() -> None:
    r"""Show every configured feed: last answer, next poll, what is wrong.

    \b
    Exit status: 0, or 1 if a feed is failing.

    \b
    Examples:
      monitor feeds list
      monitor --json feeds list
    """
    lines, zone = run(_ask(feeds.list_feeds))
    shown = [replace(line, url=redacted(line.url)) for line in lines]
    emit({"feeds": shown}, lambda: _feeds_table(lines, zone))
    if any(line.failures for line in lines):
        click.get_current_context().exit(1)


def _feeds_table(lines: list[feeds.FeedLine], zone: ZoneInfo) -> str:
    rows = [
        (
            line.name,
            _feed_state(line, zone),
            moment(line.last_good_at, zone),
            moment(line.next_poll_at, zone),
            str(line.entries),
            line.error or line.title or redacted(line.url),
        )
        for line in lines
    ]
    headers = ("feed", "state", "last read", "next poll", "shown", "title or trouble")
    return table(headers, rows) or "No feeds are configured."


def _feed_state(line: feeds.FeedLine, zone: ZoneInfo) -> str:
    if line.failures:
        return f"failing since {moment(line.failing_since, zone)}"
    return "ok" if line.last_good_at else "not read yet"


@feeds_command.command("test")
@click.argument("feed")
@with_globals
def feeds_test(feed: str) -> None:
    r"""Read one feed now, by name or URL, and show what is in it; store nothing.

    \b
    Exit status: 0 it can be read, 1 it cannot.

    \b
    Examples:
      monitor feeds test bbc
      monitor feeds test https://example.org/feed.xml
    """
    from monitor.cli.trial import read_feed, trial_tools
    from monitor.models import Secret

    headers: dict[str, Secret] = {}
    url = feed
    networks: tuple[Network, ...] | None = ()
    if "://" not in feed or settings().config_path.exists():
        config = configuration()
        networks = config.fetch.private_networks
        if feed in config.feeds:
            url, headers = config.feeds[feed].url, dict(config.feeds[feed].headers)
        elif "://" not in feed:
            names = ", ".join(config.feeds)
            raise click.UsageError(f"there is no feed {feed!r}; the feeds are {names}")

    async def work() -> Any:  # noqa: ANN401 - see read_feed
        async with trial_tools(networks) as tools:
            return await read_feed(tools, url, headers)

    parsed, fetched = run(work())
    data = {"url": fetched.url, "title": parsed.title, "entries": parsed.entries}

    def text() -> str:
        head = f"{parsed.title or url}: {parsed.version}, {count(len(parsed.entries), 'entry', 'entries')}"
        head += ", ill-formed but readable" if parsed.recovered else ""
        rows = [
            (moment(e.published, ZoneInfo("UTC")) if e.published else "", e.title)
            for e in parsed.entries[:10]
        ]
        return head + "\n" + table(("published", "title"), rows)

    emit(data, text)


# --- rules ---


@click.group("rules")
@with_globals
def rules_command() -> None:
    """List rules and show what they mean."""


@rules_command.command("list")
@with_globals
def rules_list() -> None:
    r"""Show every rule: its query, its feeds, who gets it.

    \b
    Examples:
      monitor rules list
    """
    config = configuration()
    rows = []
    for name, rule in config.rules.items():
        who = [n for n, s in config.subscribers.items() if name in s.rules]
        rows.append(
            (
                name,
                ", ".join(rule.feeds) or "all feeds",
                ", ".join(who) or "nobody",
                config.queries[name],
            )
        )
    data = [
        dict(zip(("name", "feeds", "subscribers", "query"), r, strict=True))
        for r in rows
    ]
    headers = ("rule", "feeds", "goes to", "query")
    emit({"rules": data}, lambda: table(headers, rows) or "No rules are configured.")


@rules_command.command("show")
@click.argument("name")
@with_globals
def rules_show(name: str) -> None:
    r"""Show one rule: the query that its lists become, and the forms of its words.

    \b
    Examples:
      monitor rules show aleppo
    """
    config = configuration()
    if name not in config.rules:
        known = ", ".join(config.rules) or "none"
        raise click.UsageError(f"there is no rule {name!r}; the rules are {known}")
    rule = config.rules[name]
    lists = {n: i for n, i in config.lists.items() if f"@{n}" in config.queries[name]}
    data = {"name": name, "query": config.queries[name], "lists": lists}

    def text() -> str:
        lines = [f"{rule.title or name}", f"  query     {config.queries[name]}"]
        lines += [f"  @{n:8} {', '.join(items)}" for n, items in lists.items()]
        lines.append(f"  feeds     {', '.join(rule.feeds) or 'all'}")
        lines.append(f"  priority  {rule.priority}; on update: {rule.on_update}")
        lines.append(
            "  Every word also matches its inflected forms, in any case and accents."
        )
        return "\n".join(lines)

    emit(data, text)


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
    lines, zone = run(_ask(deliveries.list_deliveries, states))
    emit({"deliveries": lines}, lambda: _outbox_table(lines, zone))


def _outbox_table(lines: list[deliveries.OutboxLine], zone: ZoneInfo) -> str:
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
    line, zone = run(_ask(deliveries.show_delivery, number))
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
    _change(
        number, deliveries.retry_delivery, clock().now(), done="will be tried again"
    )


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
    _change(number, deliveries.drop_delivery, done=done)


def _change(
    number: int, function: Callable[..., Any], *args: datetime, done: str
) -> None:
    changed, _ = run(_ask(function, number, *args, changes=True))
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
    held, zone = run(_ask(floods.held_floods))
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
    entries, _ = run(_ask(function, number, clock().now(), changes=True))
    if entries is None:
        raise click.UsageError(f"no flood {number} is held: see monitor floods list")
    text = f"{count(entries, 'entry', 'entries')} {done}."
    emit({"id": number, "entries": entries}, text)


# --- db ---


@click.group("db")
@with_globals
def db_command() -> None:
    """Look after the database."""


@db_command.command("migrate")
@with_globals
def db_migrate() -> None:
    r"""Bring the schema to this version; done at every start anyway.

    \b
    Exit status: 0, 3 another copy is running, 4 the database is newer or away.

    \b
    Examples:
      monitor db migrate
    """
    run(_migrate())
    emit({"migrated": True}, "The database is up to date.")


async def _migrate() -> None:
    async with opened(lock=True):
        pass
