"""feeds: list, add, pause, resume, test, health."""

from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from monitor.cli.finding import Found, find_feed
from monitor.cli.group import with_globals
from monitor.cli.output import count, emit, moment, settings, table
from monitor.cli.session import ask, clock, configuration, opened, run
from monitor.cli.trial import read_feed, trial_tools
from monitor.config import Config
from monitor.config.edit import NewFeed, add, name_for
from monitor.feeds import health
from monitor.feeds.fetch import Manner
from monitor.feeds.health import Health, State
from monitor.models import FeedLine, ParsedFeed
from monitor.storage import feeds
from monitor.text.urls import redacted, site_of


@click.group("feeds")
@with_globals
def feeds_command() -> None:
    """List feeds, find new ones, and see how they are doing."""


async def _judged() -> tuple[list[tuple[FeedLine, Health]], Config]:
    """Every feed with its health, beside a running service."""
    async with opened(rehearsal=True) as daemon:
        context = daemon.context
        config, now = context.config, context.now()
        lines = await context.database.call(feeds.list_feeds)
        found = []
        for line in lines:
            quiet_after = config.feeds[line.name].quiet_after
            found.append((line, health.judge(line, now, quiet_after)))
        return found, config


def _shown(line: FeedLine, found: Health) -> dict[str, object]:
    """A feed as ``--json`` prints it; addresses without user name and password."""
    state = {"state": found.state, "since": found.since, "advice": found.advice}
    urls = {
        name: redacted(value)
        for name, value in asdict(line).items()
        if name.endswith("url")
    }
    return asdict(line) | urls | state


@feeds_command.command("list")
@with_globals
def feeds_list() -> None:
    r"""Show every configured feed: its state, last answer, next poll.

    \b
    Exit status: 0, or 1 if a feed cannot be read.

    \b
    Examples:
      monitor feeds list
      monitor --json feeds list
    """
    found, config = run(_judged())
    zone = ZoneInfo(config.service.timezone)
    data = {"feeds": [_shown(line, state) for line, state in found]}
    emit(data, lambda: _feeds_table(found, zone))
    if any(state.state.is_bad for _, state in found):
        click.get_current_context().exit(1)


def _feeds_table(found: Iterable[tuple[FeedLine, Health]], zone: ZoneInfo) -> str:
    rows = [
        (
            line.name,
            _state(state, zone),
            moment(line.last_good_at, zone),
            "paused" if line.paused_at else moment(line.next_poll_at, zone),
            str(line.entries),
            state.facts or line.title or redacted(line.url),
        )
        for line, state in found
    ]
    headers = ("feed", "state", "last read", "next poll", "shown", "title or trouble")
    return table(headers, rows) or "No feeds are configured."


def _state(found: Health, zone: ZoneInfo) -> str:
    if found.since is None or found.state is State.OK:
        return found.state
    return f"{found.state} since {moment(found.since, zone)}"


@feeds_command.command("health")
@click.argument("names", nargs=-1, metavar="[FEED]...")
@with_globals
def feeds_health(names: tuple[str, ...]) -> None:
    r"""Say what is wrong with feeds, and what to do about it.

    Without names: every feed that is not simply well.

    \b
    Exit status: 0, or 1 if one of them cannot be read.

    \b
    Examples:
      monitor feeds health
      monitor feeds health sana
    """
    found, config = run(_judged())
    _check_names(names, [line.name for line, _ in found])
    shown = [
        (line, state)
        for line, state in found
        if line.name in names or (not names and state.state is not State.OK)
    ]
    data = {"feeds": [_shown(line, state) for line, state in shown]}
    emit(data, lambda: _health_text(shown, len(found), config))
    if any(state.state.is_bad for _, state in shown):
        click.get_current_context().exit(1)


def _check_names(names: Iterable[str], known: list[str]) -> None:
    for name in names:
        if name not in known:
            text = f"there is no feed {name!r}; the feeds are {', '.join(known)}"
            raise click.UsageError(text)


def _health_text(
    shown: list[tuple[FeedLine, Health]], total: int, config: Config
) -> str:
    if not shown:
        return (
            "The only feed is well." if total == 1 else f"All {total} feeds are well."
        )
    return "\n\n".join(_one_health(line, state, config) for line, state in shown)


def _one_health(line: FeedLine, found: Health, config: Config) -> str:
    zone = ZoneInfo(config.service.timezone)
    checked = config.feeds[line.name].verify
    rate = "" if line.rate is None else f"about {line.rate:.1f} new entries a day"
    polls = f"last read {moment(line.last_good_at, zone)}, next poll "
    polls += "when it is resumed" if line.paused_at else moment(line.next_poll_at, zone)
    facts = [
        ("it says", found.facts),
        ("do", found.advice.replace("NAME", line.name)),
        ("polls", polls),
        ("rate", rate),
        ("asked at", redacted(line.moved_url)),
        ("known by", "links: its guids are new at every poll" if line.by_link else ""),
        ("TLS", "" if checked else "any certificate is accepted (verify = false)"),
        ("address", redacted(line.url)),
    ]
    head = f"{line.name}: {_state(found, zone)}"
    return "\n".join([head, *(f"  {name:8}  {fact}" for name, fact in facts if fact)])


# --- pause, resume ---


@feeds_command.command("pause")
@click.argument("name", metavar="FEED")
@with_globals
def feeds_pause(name: str) -> None:
    r"""Poll a feed no more, until it is resumed; what it showed is kept.

    \b
    Examples:
      monitor feeds pause sana
    """
    _change(name, feeds.pause_feed, f"is paused (monitor feeds resume {name})")


@feeds_command.command("resume")
@click.argument("name", metavar="FEED")
@with_globals
def feeds_resume(name: str) -> None:
    r"""Poll a paused feed again, at the next run.

    \b
    Examples:
      monitor feeds resume sana
    """
    _change(name, feeds.resume_feed, "is polled again at the next run")


def _change(name: str, function: Any, done: str) -> None:  # noqa: ANN401 - a storage function
    _check_names([name], list(configuration().feeds))
    changed, _ = run(ask(function, name, clock().now(), changes=True))
    if not changed:
        raise click.UsageError(f"feed {name!r} was not read yet: run check-once first")
    emit({"feed": name, "done": done}, f"Feed {name} {done}.")


# --- test, add ---


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
    config = None
    if "://" not in feed or settings().config_path.exists():
        config = configuration()
    if config and "://" not in feed:
        _check_names([feed], list(config.feeds))

    async def work() -> Any:  # noqa: ANN401 - see read_feed
        networks = config.fetch.private_networks if config else ()
        async with trial_tools(networks) as tools:
            if config and feed in config.feeds:
                known = config.feeds[feed]
                return await read_feed(
                    tools,
                    known.url,
                    known.manner,
                    command=known.command,
                    folder=config.path.parent,
                )
            return await read_feed(tools, feed, Manner())

    parsed, fetched = run(work())
    data = {
        "url": redacted(fetched.url),
        "title": parsed.title,
        "entries": parsed.entries,
    }
    emit(data, lambda: _feed_text(parsed, redacted(fetched.url)))


def _feed_text(parsed: ParsedFeed, url: str) -> str:
    entries = count(len(parsed.entries), "entry", "entries")
    head = f"{parsed.title or url}: {parsed.version}, {entries}"
    head += ", ill-formed but readable" if parsed.recovered else ""
    rows = [(_when(e.published), e.title) for e in parsed.entries[:10]]
    return head + "\n" + table(("published", "title"), rows)


def _when(published: datetime | None) -> str:
    return moment(published, ZoneInfo("UTC")) if published else ""


@feeds_command.command("add")
@click.argument("url")
@click.option("--name", default="", help="Its name [made from its title]")
@click.option("--group", "groups", multiple=True, help="A group it belongs to")
@with_globals
def feeds_add(url: str, name: str, groups: tuple[str, ...]) -> None:
    r"""Find the feed of a site, or take a feed's own address, and write it down.

    The lines are appended to an included file; they are printed as well.

    \b
    Exit status: 0, 1 no feed was found, 2 the configuration does not hold.

    \b
    Examples:
      monitor feeds add https://www.example.org
      monitor feeds add https://www.youtube.com/@example --name example-tv
      monitor feeds add https://example.org/feed.xml --group syria
    """
    config = configuration()
    if name in config.feeds:
        raise click.UsageError(f"there is a feed {name!r} already")
    address = url if "://" in url else f"https://{url}"

    async def work() -> Found:
        async with trial_tools(config.fetch.private_networks) as tools:
            return await find_feed(tools, address)

    found = run(work())
    if known := _known_as(config, found.url):
        raise click.UsageError(f"that feed is there already, as {known!r}")
    new = NewFeed(
        name=name or name_for((found.title, site_of(found.url)), config.feeds),
        url=found.url,
        groups=groups,
    )
    file = add(config.path, [new])
    data = {"feed": new.name, "url": redacted(new.url), "file": str(file)}
    emit(data | {"others": found.others}, lambda: _added_text(found, new, str(file)))


def _known_as(config: Config, url: str) -> str:
    return next((n for n, feed in config.feeds.items() if feed.url == url), "")


def _added_text(found: Found, new: NewFeed, file: str) -> str:
    entries = count(found.entries, "entry", "entries")
    shown = replace(new, url=redacted(new.url))
    lines = [f"{found.title or redacted(found.url)}: {entries}", "", shown.lines]
    lines += [f"Written to {file}. Its entries are the silent start at the next run."]
    if found.others:
        lines += ["The site has other feeds:", *(f"  {url}" for url in found.others)]
    return "\n".join(lines)
