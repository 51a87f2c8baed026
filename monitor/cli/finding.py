"""Find the feed of a site: its own address, what its page links, what such sites have."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from monitor.cli.trial import Tools, read_feed
from monitor.errors import FeedError, FetchError, MonitorError, WorkerError
from monitor.feeds import discover
from monitor.feeds.fetch import Manner
from monitor.http import Request
from monitor.text.urls import redacted

_TRIES = 6
_SHOWN = 5
_PAGE_BYTES = 4 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A feed that was found and read; ``others`` are further ones of its site."""

    url: str
    title: str
    entries: int
    others: tuple[str, ...] = ()


async def find_feed(tools: Tools, url: str) -> Found:
    """The feed that an address is, or that its site has.

    An address that is a feed is taken as it is, whatever else its site offers. Paths
    are guessed last, once, and their redirects are not followed to somewhere else.

    Raises:
        FeedError: None of what was tried is a feed; the text says what was found.
    """
    try:
        return await _tried(tools, url)
    except MonitorError as error:
        reason = str(error)
    linked = await _linked(tools, url)
    offered = [*dict.fromkeys((*discover.forms(url), *linked))]
    if found := await _first(tools, offered[:_TRIES]):
        others = [redacted(u) for u in offered if u != found.url]
        return replace(found, others=tuple(others[:_SHOWN]))
    if found := await _first(tools, discover.guesses(url), elsewhere=False):
        return found
    tried = len(offered[:_TRIES]) + len(discover.guesses(url)) + 1
    raise FeedError(f"no feed among {tried} addresses of {redacted(url)}; {reason}")


async def _tried(tools: Tools, url: str, *, elsewhere: bool = True) -> Found:
    parsed, fetched = await read_feed(tools, url, Manner())
    if not elsewhere and fetched.url != url:
        raise FeedError(f"{redacted(url)} leads elsewhere")
    return Found(url=url, title=parsed.title, entries=len(parsed.entries))


async def _first(
    tools: Tools, urls: Iterable[str], *, elsewhere: bool = True
) -> Found | None:
    for url in urls:
        try:
            return await _tried(tools, url, elsewhere=elsewhere)
        except (FeedError, FetchError, WorkerError):
            continue
    return None


async def _linked(tools: Tools, url: str) -> Iterator[str]:
    """The feeds that a page names; none if there is no page."""
    try:
        request = Request(url=url, accept="text/html, */*;q=0.1", limit=_PAGE_BYTES)
        page = await tools.client.get(request)
        found = await tools.workers.run(discover.linked, page.body, page.url)
    except (FetchError, WorkerError):
        return iter(())
    return (candidate.url for candidate in found)
