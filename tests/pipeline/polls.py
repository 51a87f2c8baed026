"""Polls of one feed, for the tests of the whole poll stage."""

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any

from monitor.daemon import Daemon
from monitor.feeds import health
from monitor.feeds.health import Health
from monitor.models import FeedLine
from monitor.storage import feeds
from tests.desk import Desk
from tests.site import Answer, Item, Site, rss

PATH = "/feed.xml"
RSS = "application/rss+xml"


def show(
    site: Site,
    *titles: str,
    path: str = PATH,
    etag: str = "",
    modified: str = "",
    **headers: str,
) -> None:
    """Put a feed under a path; its entries have no pages, the guid is the title."""
    items = [Item(guid=title, title=title) for title in titles]
    sent = {"ETag": etag, "Last-Modified": modified} | headers
    sent = {name: value for name, value in sent.items() if value}
    site.answers[path] = Answer(rss("World", items), 200, RSS, sent)


def validators(site: Site) -> tuple[str | None, str | None]:
    """What the last request carried: If-None-Match and If-Modified-Since."""
    sent = site.requests[-1][1]
    return sent.get("If-None-Match"), sent.get("If-Modified-Since")


def in_one_process(desk: Desk, *steps: Callable[[], object], **options: Any) -> None:
    """Before each poll of all that is due, a step; the program stays the same."""

    async def act(daemon: Daemon) -> None:
        for step in steps:
            step()
            await daemon.check_once(**options)
            desk.clock.go_on(seconds=1)

    act_with(desk, act)


def act_with(desk: Desk, act: Callable[[Daemon], Any]) -> Any:
    """What a scene with an open program gives."""

    async def scene() -> Any:
        daemon = desk.daemon()
        try:
            await daemon.open()
            return await act(daemon)
        finally:
            await daemon.close()

    return asyncio.run(scene())


def line_of(desk: Desk, name: str = "world") -> FeedLine:
    """A feed as people see it now."""

    async def act(daemon: Daemon) -> list[FeedLine]:
        return await daemon.context.database.call(feeds.list_feeds)

    lines: list[FeedLine] = act_with(desk, act)
    return next(line for line in lines if line.name == name)


def subjects(desk: Desk) -> list[str]:
    """The first lines of the notices to the operator."""
    return [notice.partition("\n")[0] for notice in desk.notices()]


def health_of(desk: Desk, name: str = "world") -> Health:
    quiet_after = desk.config().feeds[name].quiet_after
    return health.judge(line_of(desk, name), desk.clock.now(), quiet_after)


def stored(desk: Desk, query: str) -> list[Any]:
    """Rows of a desk's SQLite file."""
    connection = sqlite3.connect(desk.folder / "monitor.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()
