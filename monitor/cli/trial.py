"""Read feeds on the spot, without a configuration and without a database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from monitor.cli.session import clock, set_up_log
from monitor.daemon import user_agent
from monitor.errors import FeedError
from monitor.feeds.command import run
from monitor.feeds.fetch import Manner, fetch
from monitor.feeds.parse import parse
from monitor.http import Client, Network, Transport
from monitor.models import Feed, Fetched, ParsedFeed
from monitor.text.urls import redacted
from monitor.workers import Workers

_DEADLINE = timedelta(seconds=30)
_MAX_BYTES = 16 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """A client and workers for one command."""

    client: Client
    workers: Workers


@asynccontextmanager
async def trial_tools(
    networks: tuple[Network, ...] | None = (),
) -> AsyncIterator[Tools]:
    """Tools that are put away at the end; ``networks`` as in the configuration."""
    set_up_log()
    client = Client(
        Transport(networks),
        user_agent=user_agent(""),
        timeout=_DEADLINE,
        now=clock().now,
    )
    workers = Workers()
    try:
        yield Tools(client=client, workers=workers)
    finally:
        workers.close()
        await client.aclose()


async def read_feed(
    tools: Tools,
    url: str,
    manner: Manner,
    *,
    command: tuple[str, ...] = (),
    folder: Path = Path(),
) -> tuple[ParsedFeed, Fetched]:
    """Fetch and parse one feed; a ``command`` is run in ``folder`` instead.

    Raises:
        FetchError: There was no usable answer.
        FeedError: The answer is no feed; the text says what it is.
    """
    if command:
        fetched = await run(command, folder, deadline=_DEADLINE, max_bytes=_MAX_BYTES)
    else:
        feed = Feed(id=0, name=url, url=url)
        fetched = await fetch(tools.client, feed, manner, _MAX_BYTES)
    parsed = await tools.workers.run(
        parse, fetched.body, fetched.content_type, fetched.url
    )
    if isinstance(parsed, str):
        raise FeedError(f"{redacted(url) or command[0]}: {parsed}")
    return parsed, fetched


async def read_feeds(tools: Tools, urls: list[str]) -> list[ParsedFeed | BaseException]:
    """Read several feeds at once; what failed comes as its error."""
    results = await asyncio.gather(
        *(read_feed(tools, url, Manner()) for url in urls), return_exceptions=True
    )
    return [r if isinstance(r, BaseException) else r[0] for r in results]
