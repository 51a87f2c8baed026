"""status, why, preview: what is going on, what happened, what would be sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from monitor.cli.group import with_globals
from monitor.cli.output import bold, count, emit, moment, say
from monitor.cli.session import opened, run
from monitor.config import Config
from monitor.models import Digest, Match, PageState
from monitor.pipeline.context import Context
from monitor.pipeline.digest import claim_digest, compose
from monitor.rules import explain
from monitor.rules.index import Index
from monitor.storage import (
    articles,
    deliveries,
    digests,
    entries,
    feeds,
    floods,
    settings,
)
from monitor.storage import subscribers as people
from monitor.storage.articles import Life, StoredReading
from monitor.storage.database import Transaction
from monitor.storage.digests import ToldLine

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
    alive = data["alive"]
    if health:
        word = "alive" if alive else "no sign of life for 2 minutes"
        emit({"alive": alive}, f"{word} (last sign: {moment(data['last_beat'], zone)})")
        click.get_current_context().exit(0 if alive else 1)
    emit(data, lambda: _status_text(data, config, zone))


async def _status() -> tuple[dict[str, Any], Config]:
    async with opened() as daemon:
        context = daemon.context
        data = await context.database.call(_gather, context)
        return data, context.config


def _gather(tx: Transaction, context: Context) -> dict[str, Any]:
    last_beat = settings.last_beat(tx)
    return {
        "last_beat": last_beat,
        "alive": last_beat is not None and context.now() - last_beat < _FRESH,
        "feeds": feeds.list_feeds(tx),
        "entries": entries.count_by_state(tx),
        "deliveries": deliveries.count_deliveries(tx),
        "floods": floods.held_floods(tx),
        "set_aside": entries.set_aside(tx),
        "next": {
            name: people.subscriber_state(tx, name).next_slot_at
            for name in context.config.subscribers
        },
    }


def _status_text(data: dict[str, Any], config: Config, zone: ZoneInfo) -> str:
    lines = [
        f"{bold('service')}   "
        + ("running" if data["alive"] else "not running")
        + f", last sign of life {moment(data['last_beat'], zone)} (times in {zone.key})"
    ]
    lines += _feeds_part(data["feeds"], zone)
    lines.append(f"{bold('articles')}  " + _counts(data["entries"]))
    lines.append(f"{bold('outbox')}    " + _counts(data["deliveries"]))
    for name, at in data["next"].items():
        own = ZoneInfo(config.subscribers[name].timezone or zone.key)
        when = moment(at, own) if at else "as soon as something matches"
        lines.append(f"{bold('next')}      {name}: {when}")
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


def _counts(counts: dict[str, int]) -> str:
    found = [f"{number:,} {state}" for state, number in sorted(counts.items())]
    return ", ".join(found) or "none yet"


def _feeds_part(found: Sequence[feeds.FeedLine], zone: ZoneInfo) -> list[str]:
    failing = [line for line in found if line.failures]
    unread = [line for line in found if not line.failures and line.last_good_at is None]
    good = len(found) - len(failing) - len(unread)
    old = sum(line.old_ignored for line in found)
    head = f"{bold('feeds')}     {good} of {len(found)} read"
    head += f", {len(unread)} not read yet" if unread else ""
    head += f", {count(old, 'old entry', 'old entries')} ignored" if old else ""
    lines = [head]
    return lines + [
        f"  {line.name}: failing since {moment(line.failing_since, zone)}, "
        f"next try {moment(line.next_poll_at, zone)}: {line.error}"
        for line in failing
    ]


# --- why ---


@click.command("why")
@click.argument("what")
@with_globals
def why_command(what: str) -> None:
    r"""Tell an article's life: how it came, what matched, who was told, and why not.

    WHAT is its URL, its guid, or a part of its title.

    \b
    Exit status: 0, 1 if no such article is known.

    \b
    Examples:
      monitor why https://example.net/world/1234
      monitor why "warplanes pound"
    """
    lives, config = run(_lives(what))
    zone = ZoneInfo(config.service.timezone)
    if not lives:
        emit({"articles": []}, f"No article is known by {what!r}.")
        click.get_current_context().exit(1)
    data = [_life_as_json(life) for life in lives]
    emit(
        {"articles": data},
        lambda: "\n\n".join(_life_text(life, config, zone) for life in lives),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    life: Life
    readings: list[StoredReading]
    told: list[ToldLine]


async def _lives(what: str) -> tuple[list[_Told], Config]:
    async with opened() as daemon:
        context = daemon.context
        return await context.database.call(_find, what), context.config


def _find(tx: Transaction, what: str) -> list[_Told]:
    return [
        _Told(
            life=life,
            readings=articles.readings(tx, life.entry_id),
            told=digests.told_of(tx, life.entry_id),
        )
        for life in articles.find_lives(tx, what)
    ]


def _life_as_json(found: _Told) -> dict[str, Any]:
    return {
        "entry": found.life,
        "readings": [
            {
                "read_at": r.read_at,
                "state": r.article.state,
                "note": r.note,
                "story": r.story,
                "copy_of": r.copy_of,
                "rules": [m.rule for m in r.matches],
            }
            for r in found.readings
        ],
        "told": found.told,
    }


def _life_text(found: _Told, config: Config, zone: ZoneInfo) -> str:
    life = found.life
    head = bold(life.title or life.url or life.guid)
    lines = [
        f"{head} — {life.feed}, first seen {moment(life.first_seen, zone)} (times in {zone.key})"
    ]
    known_by = life.guid or life.url or "its text"
    lines.append(
        _fact("identity", f"{known_by} — {_STATES.get(life.state, life.state)}")
    )
    if life.revision:
        lines.append(
            _fact("changed", f"{count(life.revision, 'time')} by its publisher")
        )
    for reading in found.readings:
        lines += _reading_lines(reading, config, zone)
    lines += _told_lines(found, config, zone)
    return "\n".join(lines)


_STATES = {
    "baseline": "stood in the feed at its silent first run; remembered, never told",
    "old": "published long before the feed's last good poll; remembered, never told",
    "held": "held with a flood: monitor floods list",
    "dropped": "dropped with a flood",
    "waiting": "new, waits to be read",
    "read": "new",
    "set-aside": "set aside: it stopped the program five times",
}


def _fact(name: str, text: str) -> str:
    return f"  {name:<11} {text}"


def _reading_lines(reading: StoredReading, config: Config, zone: ZoneInfo) -> list[str]:
    article = reading.article
    words = len(article.body.split())
    text = {
        PageState.OK: f"full text, {words} words",
        PageState.FEED: f"text of the feed, {words} words",
    }.get(article.state, f"title and summary only ({article.state})")
    note = f"; {reading.note}" if reading.note else ""
    lines = [
        _fact(
            "read",
            f"{moment(reading.read_at, zone)}, {text}, language {article.language or 'unknown'}{note}",
        )
    ]
    if article.origin:
        lines.append(_fact("origin", f"credits {article.origin}"))
    if reading.copy_of:
        how = "same address" if reading.copy_kind == "url" else "same text"
        lines.append(
            _fact("copy", f"{how} as {reading.copy_of} → story {reading.story}")
        )
    if reading.members > 1:
        lines.append(_fact("story", f"{reading.story}, {reading.members} articles"))
    matched = {match.rule: match for match in reading.matches}
    lines += [
        _rule_line(name, matched.get(name), reading, config.index)
        for name in config.rules
    ]
    lines += [
        _fact(f"rule {name}", "MATCH then; the rule is gone now")
        for name in matched
        if name not in config.rules
    ]
    return lines


def _rule_line(
    name: str, match: Match | None, reading: StoredReading, index: Index
) -> str:
    if match is None:
        return _fact(
            f"rule {name}", "no      " + explain.why_not(index, name, reading.article)
        )
    apart = explain.words_apart(match.hits, reading.article.body, "body")
    near = f", {apart} words apart" if apart is not None else ""
    weak = " (found beside the main text only)" if match.weak else ""
    return _fact(f"rule {name}", f"MATCH   {explain.why(match.hits)}{near}{weak}")


def _told_lines(found: _Told, config: Config, zone: ZoneInfo) -> list[str]:
    lines = []
    for told in found.told:
        own = ZoneInfo(_zone_name(config, told.subscriber) or zone.key)
        what = "SENT" if told.number == 0 else f"UPDATE ({told.cause})"
        if not told.by_this_entry:
            what = "not sent again: its story was sent"
        to = "; ".join(told.deliveries) or "no delivery"
        lines.append(_fact(told.subscriber, f"{what} {moment(told.at, own)}  {to}"))
    named = {told.subscriber for told in found.told}
    matched = {m.rule for r in found.readings for m in r.matches}
    for name, subscriber in config.subscribers.items():
        if name not in named and matched & set(subscriber.rules):
            lines.append(_fact(name, "not told yet: waits for its next digest"))
    return lines


def _zone_name(config: Config, name: str) -> str:
    subscriber = config.subscribers.get(name)
    return subscriber.timezone if subscriber else ""


# --- preview ---


@click.command("preview")
@click.argument("who")
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the HTML part to a file",
)
@with_globals
def preview_command(who: str, html: Path | None) -> None:
    r"""Render the next digest of a subscriber, as it would go out now; send nothing.

    \b
    Examples:
      monitor preview desk
      monitor preview desk --html digest.html
    """
    digest, now = run(_preview(who))
    if digest is None:
        emit({"digest": None}, f"Nothing is waiting for {who}.")
        return
    if html is not None:
        html.write_text(digest.html, "utf-8")
        say(f"Wrote {html}: {digest.subject}")
        return
    data = {
        "subject": digest.subject,
        "stories": digest.stories,
        "text": digest.text,
        "html": digest.html,
        "at": now,
    }
    emit(data, lambda: f"Subject: {digest.subject}\n\n{digest.text}")


async def _preview(who: str) -> tuple[Digest | None, datetime]:
    # A rehearsal: claiming the subscriber is rolled back with the rest.
    async with opened(rehearsal=True) as daemon:
        context = daemon.context
        if who not in context.config.subscribers:
            known = ", ".join(context.config.subscribers) or "none"
            raise click.UsageError(f"there is no subscriber {who!r}; there are {known}")
        claimed = await context.database.call(
            claim_digest, context, who, scheduled=False, whatever=True
        )
        digest = compose(context, claimed) if claimed else None
        return digest, context.now()
