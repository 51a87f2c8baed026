"""why: an article's life, from what the stages stored."""

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import click

from monitor.cli.group import with_globals
from monitor.cli.output import bold, count, emit, moment
from monitor.cli.session import opened, run
from monitor.config import Config
from monitor.models import Match, PageState
from monitor.rules import explain
from monitor.rules.index import Index
from monitor.storage import articles, digests
from monitor.storage.articles import Life, StoredReading
from monitor.storage.database import Transaction
from monitor.storage.digests import ToldLine


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
        lambda: _lives_text(lives, config, zone),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    life: Life
    readings: list[StoredReading]
    told: list[ToldLine]


async def _lives(what: str) -> tuple[list[_Told], Config]:
    async with opened(rehearsal=True) as daemon:
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


def _lives_text(lives: list[_Told], config: Config, zone: ZoneInfo) -> str:
    text = "\n\n".join(_life_text(life, config, zone) for life in lives)
    more = f"\n\nOnly the newest {len(lives)} are shown: be more exact for others."
    return text + (more if len(lives) == articles.MOST_LIVES else "")


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


_PAGES = {
    PageState.SUMMARY: "no page was asked for",
    PageState.NOT_HTML: "the page is no HTML",
    PageState.ERROR_PAGE: "the page could not be had",
    PageState.SHORT: "the page has hardly any text",
    PageState.PAYWALL: "the page is for subscribers",
    PageState.CONSENT: "a consent page stands before the article",
    PageState.JS_SHELL: "the page needs JavaScript",
    PageState.WRONG_PAGE: "the page does not say what the feed says",
    PageState.TIMEOUT: "the page could not be read in time",
    PageState.UNREACHABLE: "the page could not be reached",
    PageState.WALL: "other articles of the feed had the same page",
    PageState.SKIMMED: "no rule looks for a word of its page",
    PageState.WITHDRAWN: "its page is gone",
}


def _fact(name: str, text: str) -> str:
    return f"  {name:<11} {text}"


def _reading_lines(reading: StoredReading, config: Config, zone: ZoneInfo) -> list[str]:
    article = reading.article
    words = len(article.body.split())
    text = {
        PageState.OK: f"full text, {words} words",
        PageState.FEED: f"text of the feed, {words} words",
        PageState.TRUNCATED: f"the beginning of a long page, {words} words",
    }.get(article.state, f"title and summary only: {_PAGES.get(article.state, '')}")
    note = f"; {reading.note}" if reading.note else ""
    lines = [
        _fact(
            "read",
            f"{moment(reading.read_at, zone)}, {text}, language {article.language or 'unknown'}{note}",
        )
    ]
    if article.origin:
        lines.append(_fact("origin", f"{article.origin}, by {article.origin_evidence}"))
    if reading.copy_of:
        lines.append(
            _fact(
                "copy",
                f"{_how_copied(reading)} {reading.copy_of} → story {reading.story}",
            )
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


def _how_copied(reading: StoredReading) -> str:
    share = reading.placement.containment
    if share is not None:
        return f"{share:.0%} of the shorter text is in the other:"
    return "same address as" if reading.placement.copy_kind == "url" else "same text as"


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
        what = _how_far(told)
        if told.number:
            what += f" as an update ({told.cause})"
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


def _how_far(told: ToldLine) -> str:
    """Whether a telling has left: by the state of its deliveries."""
    states = {delivery.partition(" ")[0] for delivery in told.deliveries}
    if states & {"sent"}:
        return "SENT" if states == {"sent"} else "SENT IN PART"
    if states & {"pending", "sending", "in_doubt"}:
        return "WAITING TO BE SENT"
    return "NOT SENT"


def _zone_name(config: Config, name: str) -> str:
    subscriber = config.subscribers.get(name)
    return subscriber.timezone if subscriber else ""
