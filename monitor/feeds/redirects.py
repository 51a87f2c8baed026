"""Decide when a permanent redirect replaces a feed's address. Pure.

At once is wrong: misconfigured sites and captive portals say 301 as well. Never is
wrong too: the old address goes away one day. So it must last.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import SplitResult, unquote, urlsplit

from monitor.models import Feed, Fetched, Redirect

_SIGHTINGS = 5
_LASTING = timedelta(days=3)
_ROLL_BACK = 5


@dataclass(frozen=True, slots=True)
class Course:
    """Where a feed was led, and whether to ask there from now on."""

    redirect: Redirect | None = None
    adopt: bool = False


def course(feed: Feed, fetched: Fetched, now: datetime) -> Course:
    """What a good answer means for a feed's address.

    A chain with one temporary hop starts the count anew. https instead of http for
    the same address is taken at once.
    """
    if not fetched.permanent or fetched.url == feed.url:
        return Course()
    if feed.redirect and feed.redirect.url == fetched.url:
        seen = replace(feed.redirect, sightings=feed.redirect.sightings + 1)
    else:
        seen = Redirect(url=fetched.url, since=now)
    lasting = seen.sightings >= _SIGHTINGS and now - seen.since >= _LASTING
    return Course(seen, adopt=lasting or _is_upgrade(feed.url, fetched.url))


def rolls_back(feed: Feed, failures: int) -> bool:
    """Whether the configured address should be asked again instead of the new one."""
    return feed.moved and failures >= _ROLL_BACK


def _is_upgrade(old: str, new: str) -> bool:
    before, after = urlsplit(old), urlsplit(new)
    return (
        (before.scheme, after.scheme) == ("http", "https")
        and before.hostname == after.hostname
        and _place(before) == _place(after)
        and before.port in (None, 80)
        and after.port in (None, 443)
    )


def _place(parts: SplitResult) -> tuple[str, str]:
    return unquote(parts.path) or "/", unquote(parts.query)
