"""plan: what an edited configuration would change."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click

from monitor.cli.group import with_globals
from monitor.cli.output import bold, count, emit, moment
from monitor.cli.past import alerts_a_day, found_by, in_words, rate, since_option
from monitor.cli.session import opened, run
from monitor.config import applied
from monitor.config.applied import Applied, Change
from monitor.pipeline import archive
from monitor.pipeline.archive import Found
from monitor.pipeline.context import Context
from monitor.storage import settings
from monitor.storage.archive import Reach


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What would change; ``alerts`` are those a day of each subscriber, then and now."""

    applied_at: datetime | None
    changes: list[Change]
    alerts: Mapping[str, tuple[float, float]]
    articles: int
    zone: ZoneInfo


@click.command("plan")
@since_option("7d")
@with_globals
def plan_command(since: timedelta) -> None:
    r"""Say what the edited configuration would change, before it is applied.

    It is held against what the service, or the last check-once, has worked with: what
    was added, removed and changed, and how many alerts a day that means for whom, by
    the articles that were read. A rule that is new stays silent about the past.

    \b
    Examples:
      monitor plan
      monitor plan --since 30d
    """
    plan = run(_plan(since))
    facts = {
        "applied_at": plan.applied_at,
        "changes": plan.changes,
        "articles": plan.articles,
        "alerts_a_day": {
            name: {"before": round(before, 3), "after": round(after, 3)}
            for name, (before, after) in plan.alerts.items()
        },
    }
    emit(facts, lambda: _text(plan, since))


async def _plan(since: timedelta) -> _Plan:
    async with opened() as daemon:
        context = daemon.context
        last = await context.database.call(settings.last_applied)
        before = applied.from_json(last[0]) if last else applied.NOTHING
        after = applied.applied(context.config)
        within = await archive.reach(context, context.now() - since)
        touched = applied.touched(before, after)
        old = await _alerts(context, before, touched, within, since, set(before.feeds))
        new = await _alerts(
            context, after, touched, within, since, applied.feeds_kept(before, after)
        )
        return _Plan(
            applied_at=last[1] if last else None,
            changes=applied.changes(before, after),
            alerts={name: (old[name], new[name]) for name in touched},
            articles=within.articles,
            zone=ZoneInfo(context.config.service.timezone),
        )


async def _alerts(
    context: Context,
    config: Applied,
    subscribers: list[str],
    within: Reach,
    since: timedelta,
    feeds: set[str],
) -> dict[str, float]:
    """How many alerts a day subscribers would have had, from these feeds."""
    followed = {
        name: set(config.subscribers[name].rules)
        for name in subscribers
        if name in config.subscribers
    }
    index = config.index(set().union(*followed.values()))
    found = await found_by(context, index, within) if index.rules else []
    return {
        name: alerts_a_day(
            [one for one in found if _reaches(one, followed.get(name, set()), feeds)],
            config.merge,
            since,
        )
        for name in subscribers
    }


def _reaches(found: Found, rules: set[str], feeds: set[str]) -> bool:
    there = found.filed.article.feed in feeds
    return there and any(match.rule in rules for match in found.matches)


def _text(plan: _Plan, since: timedelta) -> str:
    if plan.applied_at is None:
        head = "Nothing has run yet: all of it is new."
    else:
        head = f"Against what runs since {moment(plan.applied_at, plan.zone)}:"
    if not plan.changes:
        return f"{head} feeds, lists, rules and subscribers stay as they are."
    lines = [head, *map(_change_line, plan.changes)]
    if not plan.alerts:
        return "\n".join([*lines, "Nobody would get other alerts."])
    articles = count(plan.articles, "article")
    lines.append(f"Alerts a day, by the {articles} of the last {in_words(since)}:")
    width = max(map(len, plan.alerts))
    lines += [
        f"  {name:{width}}  {rate(before)} → {rate(after)}"
        for name, (before, after) in plan.alerts.items()
    ]
    return "\n".join(lines)


def _change_line(change: Change) -> str:
    facts = f"  {'; '.join(change.facts)}" if change.facts else ""
    return f"  {change.sign} {change.section:11}  {bold(change.name)}{facts}"
