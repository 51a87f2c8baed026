"""A news desk with something on every page, and requests to it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from monitor.daemon import Daemon
from monitor.storage import settings
from monitor.web.app import app
from tests.desk import Desk
from tests.site import Item, Site

LOCAL = "http://127.0.0.1:8787"
PAGES = ("/", "/matches", "/feeds", "/deliveries", "/rules", "/subscribers")
Work = Callable[[httpx.AsyncClient, Daemon], Awaitable[Any]]


def furnish(desk: Desk, site: Site) -> None:
    """Let a desk have matches in two languages, a failing feed, a dead channel."""
    desk.feeds = {n: f"{site.url}/{n}.xml" for n in ("one", "two", "gone")}
    desk.rules = 'grain = "grain NEAR/5 port"\nstrikes = "airstrike OR غارة"'
    desk.follows = ("aleppo", "strikes")
    desk.articles = 'full_text = "never"'
    desk.send_to = ("log", "hook")
    desk.more = '[channels.hook]\ntype = "webhook"\nurl = "http://127.0.0.1:9/hook"\n'
    for name in ("one", "two"):
        site.feed(f"/{name}.xml", name.title(), [])
    desk.write()
    desk.run()
    title = "Airstrikes hit Aleppo & <b>its</b> market"
    article = Item(guid="1", title=title, link="https://one.example/1", summary=title)
    arabic = Item(guid="2", title="غارة جوية على حلب", link="https://two.example/2")
    hostile = Item(
        guid="3", title="Airstrike <script>x</script>", link="javascript:x()"
    )
    site.feed("/one.xml", "One", [article, hostile])
    site.feed("/two.xml", "Two", [arabic])
    desk.run(all_feeds=True)


def with_pages(
    desk: Desk, work: Work, *, client: tuple[str, int] = ("127.0.0.1", 50_000)
) -> Any:
    """Do something with the pages of a desk."""

    async def run() -> Any:
        daemon = desk.daemon()
        await daemon.open(lock=False)
        await daemon.context.database.call(settings.beat, desk.clock.now(), "here")
        transport = httpx.ASGITransport(app=app(daemon.context), client=client)
        try:
            async with httpx.AsyncClient(transport=transport, base_url=LOCAL) as web:
                return await work(web, daemon)
        finally:
            await daemon.close()

    return asyncio.run(run())


def get(desk: Desk, *paths: str, **headers: str) -> list[httpx.Response]:
    """The answers to some requests of one visitor."""

    async def work(web: httpx.AsyncClient, _: Daemon) -> list[httpx.Response]:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return [await web.get(path, headers=names) for path in paths]

    found: list[httpx.Response] = with_pages(desk, work)
    return found
