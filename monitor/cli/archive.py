"""search, backtest: rules held against what is stored."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from monitor.cli.asked import rule_of
from monitor.cli.group import with_globals
from monitor.cli.output import bold, count, emit, marked, progress
from monitor.cli.past import (
    alerts,
    alerts_a_day,
    found_by,
    in_words,
    rate,
    since_option,
)
from monitor.cli.session import opened, run
from monitor.config import Config, load
from monitor.digests.excerpt import excerpt, title_marks
from monitor.models import Match
from monitor.pipeline import archive
from monitor.pipeline.archive import Found
from monitor.rules.index import Index

_SAMPLES = 5
_BAR = 40


# --- search ---


@click.command("search")
@click.argument("query")
@since_option("30d")
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="The most to show",
)
@with_globals
def search_command(query: str, since: timedelta, limit: int) -> None:
    r"""Search stored articles with the rule language, newest first.

    QUERY may also be the name of a rule. What was only remembered, as on a silent
    first run, is searched by what its feed said.

    \b
    Exit status: 0, 1 if nothing was found, 2 if the query is wrong.

    \b
    Examples:
      monitor search 'Aleppo AND airstrike'
      monitor search '@aleppo source:bbc.co.uk' --since 7d --limit 100
    """
    found, zone = run(_search(query, since, limit))
    shown = found[:limit]
    facts = {
        "more": len(found) > limit,
        "matches": [_as_json(one) for one in shown],
    }

    def text() -> str:
        time = f"of the last {in_words(since)}"
        if not shown:
            return f"Nothing {time} matches."
        head = f"{count(len(shown), 'match', 'matches')} {time} (times in {zone.key})"
        lines = [head, *(line for one in shown for line in _lines(one, zone))]
        if len(found) > limit:
            lines.append(f"There are more: --limit {limit * 5}, or a shorter --since.")
        return "\n".join(lines)

    emit(facts, text)
    if not shown:
        click.get_current_context().exit(1)


async def _search(
    query: str, since: timedelta, limit: int
) -> tuple[list[Found], ZoneInfo]:
    """The newest matches, one more than the limit if there are."""
    async with opened() as daemon:
        context = daemon.context
        index = Index([rule_of(query, context.config)], context.config.lists)
        start = context.now() - since
        within = await archive.reach(context, start)
        found = []
        with progress("Searching", within.last + 1 - within.first) as advance:
            async for one in archive.hold(context, index, within, step=advance):
                found.append(one)
                if len(found) > limit:
                    break
        async for one in archive.hold_remembered(context, index, start):
            if len(found) > limit:
                break
            found.append(one)
        found.sort(key=lambda one: one.filed.first_seen, reverse=True)
        zone = ZoneInfo(context.config.service.timezone)
        return found, zone


def _as_json(found: Found) -> dict[str, Any]:
    article = found.filed.article
    return {
        "title": article.title,
        "url": article.url,
        "source": article.source,
        "feed": article.feed,
        "language": article.language,
        "first_seen": found.filed.first_seen,
        "story": found.filed.story or None,
        "excerpt": excerpt(article, found.matches[0].hits).text,
        "matches": found.matches,
    }


def _lines(found: Found, zone: ZoneInfo, sign: str = " ") -> list[str]:
    """An article with what of it was hit, for the eye."""
    article, (match, *_) = found.filed.article, found.matches
    title = marked(article.title, title_marks(match.hits))
    cut = excerpt(article, match.hits)
    lines = [f"{sign} {_when(found, zone)}  {article.source}: {title}"]
    if cut.text:
        lines.append(f"{'':16}{marked(cut.text, cut.marks)}")
    lines.append(f"{'':16}{article.url or article.feed}{_doubts(found, match)}")
    return lines


def _doubts(found: Found, match: Match) -> str:
    notes = [
        "weak: only beside the main text" if match.weak else "",
        "" if found.filed.story else "remembered from the feed, never told",
    ]
    said = "; ".join(filter(None, notes))
    return f"  ({said})" if said else ""


def _when(found: Found, zone: ZoneInfo) -> str:
    return f"{found.filed.first_seen.astimezone(zone):%d %b %H:%M}"


# --- backtest ---


@click.command("backtest")
@click.argument("rule", metavar="RULE|QUERY")
@since_option("30d")
@click.option(
    "--against",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="OLD.TOML",
    help="The configuration from which the rule was changed",
)
@with_globals
def backtest_command(rule: str, since: timedelta, against: Path | None) -> None:
    r"""Say what a rule would have matched: how many a day, which, and how many alerts.

    An alert is what a subscriber is told once: a story, however many articles tell
    it. Entries that were only remembered, as on a silent first run, do not count. With --against also what an edit of the rule gains and loses.

    \b
    Examples:
      monitor backtest aleppo --since 7d
      monitor backtest 'Aleppo NEAR/5 airstrike'
      monitor backtest aleppo --against old.toml
    """
    tested = run(_backtest(rule, since, against))
    emit(_tested_as_json(tested), lambda: _tested_text(tested))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tested:
    """The articles that a rule meets, and those that its former self met."""

    name: str
    new: Sequence[Found]
    old: Sequence[Found]
    config: Config
    since: timedelta
    now: datetime
    articles: int
    against: Path | None

    @property
    def gained(self) -> list[Found]:
        return _without(self.new, self.old)

    @property
    def lost(self) -> list[Found]:
        return _without(self.old, self.new)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.config.service.timezone)

    def alerts_a_day(self, found: Iterable[Found]) -> float:
        return alerts_a_day(found, self.config.articles.merge, self.since)

    def by_day(self) -> dict[date, int]:
        """How many articles of each day meet the rule; days without any included."""
        last = self.now.astimezone(self.zone).date()
        first = (self.now - self.since).astimezone(self.zone).date()
        hits = Counter(
            one.filed.first_seen.astimezone(self.zone).date() for one in self.new
        )
        days = (first + timedelta(days=n) for n in range((last - first).days + 1))
        return {day: hits[day] for day in days}


def _without(found: Sequence[Found], others: Sequence[Found]) -> list[Found]:
    known = {one.filed.entry_id for one in others}
    return [one for one in found if one.filed.entry_id not in known]


async def _backtest(rule: str, since: timedelta, against: Path | None) -> _Tested:
    former = load(against) if against else None
    async with opened() as daemon:
        context = daemon.context
        config = context.config
        for path, of in ((against, former), (config.path, former and config)):
            if of and rule not in of.rules:
                known = ", ".join(of.rules) or "none"
                text = f"{path} has no rule {rule!r}; its rules are {known}"
                raise click.UsageError(text)
        within = await archive.reach(context, context.now() - since)
        index = Index([rule_of(rule, config)], config.lists)
        new = await found_by(context, index, within)
        old: Sequence[Found] = ()
        if former:
            index = Index([former.index.rules[rule]], former.lists)
            old = await found_by(context, index, within)
        return _Tested(
            name=rule,
            new=new,
            old=old,
            config=config,
            since=since,
            now=context.now(),
            articles=within.articles,
            against=against,
        )


def _tested_as_json(tested: _Tested) -> dict[str, Any]:
    facts = {
        "rule": tested.name,
        "articles": tested.articles,
        "matches": len(tested.new),
        "alerts": alerts(tested.new, tested.config.articles.merge),
        "alerts_a_day": round(tested.alerts_a_day(tested.new), 3),
        "days": {str(day): hits for day, hits in tested.by_day().items()},
        "samples": [_as_json(one) for one in tested.new[:_SAMPLES]],
    }
    if tested.against is None:
        return facts
    return facts | {
        "alerts_a_day_before": round(tested.alerts_a_day(tested.old), 3),
        "gained": [_as_json(one) for one in tested.gained],
        "lost": [_as_json(one) for one in tested.lost],
    }


def _tested_text(tested: _Tested) -> str:
    matches = count(len(tested.new), "match", "matches")
    told = count(alerts(tested.new, tested.config.articles.merge), "alert")
    asked = "rule" if tested.name in tested.config.rules else "query"
    lines = [
        f"{asked} {bold(tested.name)}: {matches} in {count(tested.articles, 'article')} of "
        f"the last {in_words(tested.since)}; {told}, "
        f"{rate(tested.alerts_a_day(tested.new))} a day"
    ]
    days = tested.by_day()
    most = max(days.values())
    lines += [
        f"  {day:%a %d %b} {hits:6,}  {'█' * round(hits * _BAR / most)}".rstrip()
        for day, hits in days.items()
        if most
    ]
    return "\n".join([*lines, *_samples(tested)])


def _samples(tested: _Tested) -> list[str]:
    if tested.against is None:
        shown = tested.new[:_SAMPLES]
        lines = [line for one in shown for line in _lines(one, tested.zone)]
        return ["The newest:", *lines] if lines else []
    before, after = map(tested.alerts_a_day, (tested.old, tested.new))
    return [
        f"Gained {len(tested.gained)}, lost {len(tested.lost)} against "
        f"{tested.against}; alerts a day: {rate(before)} before, {rate(after)} after",
        *(line for one in tested.gained for line in _lines(one, tested.zone, "+")),
        *(line for one in tested.lost for line in _lines(one, tested.zone, "-")),
    ]
