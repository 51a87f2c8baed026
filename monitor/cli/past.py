"""Look back: how far, at which articles, and how many alerts they would have been."""

from collections.abc import Callable, Iterable
from datetime import timedelta

import click

from monitor.cli.group import F
from monitor.cli.output import count, progress
from monitor.cli.session import Duration
from monitor.pipeline import archive
from monitor.pipeline.archive import Found
from monitor.pipeline.context import Context
from monitor.rules.index import Index
from monitor.storage.archive import Reach


def since_option(default: str) -> Callable[[F], F]:
    """How far back a command looks."""
    return click.option(
        "--since",
        type=Duration(),
        default=default,
        show_default=True,
        metavar=default,
        help="How far back to look",
    )


def in_words(time: timedelta) -> str:
    """A time as people say it: "30 days", "36 hours", "10 minutes"."""
    minutes = round(time.total_seconds() / 60)
    if minutes % 60:
        return count(minutes, "minute")
    hours = minutes // 60
    return count(hours, "hour") if hours % 24 else count(hours // 24, "day")


async def found_by(context: Context, index: Index, within: Reach) -> list[Found]:
    """All articles that meet a rule of an index, newest first, with progress."""
    with progress("Looking", within.last + 1 - within.first) as advance:
        held = archive.hold(context, index, within, step=advance)
        return [one async for one in held]


def alerts(found: Iterable[Found], merge: str) -> int:
    """How many things would have been told: stories, groups of copies, or articles."""
    if merge == "nothing":
        return len({one.filed.entry_id for one in found})
    return len(
        {one.filed.story if merge == "stories" else one.filed.group for one in found}
    )


def alerts_a_day(found: Iterable[Found], merge: str, since: timedelta) -> float:
    """The same for each day of a time."""
    return alerts(found, merge) / max(since / timedelta(days=1), 1)


def rate(a_day: float) -> str:
    """A rate for the eye: small ones are no zero."""
    return f"{a_day:.2g}" if a_day < 1 else f"{a_day:,.1f}".removesuffix(".0")
