"""The read stage: an entry becomes an article, and the article meets the rules.

Rules run on every article before any folding: a copy that says less must not hide
one that says more.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from monitor.articles.assemble import assemble
from monitor.articles.extract import MAX_PAGE_BYTES, read_page
from monitor.articles.language import detect, primary
from monitor.errors import FetchError, FetchTooLarge, WorkerError, WorkerTimeout
from monitor.http import Request
from monitor.models import Article, Fetched, Match, Page, PageState, Via, WaitingEntry
from monitor.pipeline import group
from monitor.pipeline.context import Context, Host, new_token
from monitor.pipeline.group import segments_of
from monitor.rules.narrow import word_keys
from monitor.storage import articles, copies, unread
from monitor.storage.database import Transaction
from monitor.stories.fingerprint import copy_keys
from monitor.stories.near import Segment

log = structlog.get_logger()

BATCH = 50
LEASE = timedelta(minutes=10)
RETRY_AFTER = (timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=40))
"""When a page that could not be had is tried again: three times within an hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """An entry with the article it became; ``again`` asks for another try later."""

    waiting: WaitingEntry
    article: Article
    matches: tuple[Match, ...]
    words: frozenset[str]
    parts: Sequence[Segment]
    note: str = ""
    again: bool = False


async def read_page_of(context: Context, host: Host, waiting: WaitingEntry) -> None:
    """Fetch the page of an entry, read it, and commit the article."""
    page, final_url, note, again = await _page(context, host, waiting)
    again = again and waiting.tries < len(RETRY_AFTER)
    read = await _read(
        context, waiting, page, final_url=final_url, note=note, again=again
    )
    await context.database.call(_commit_articles, [read], context.now())
    log.info(
        "article.read",
        feed=waiting.feed,
        state=read.article.state.value,
        rules=",".join(m.rule for m in read.matches),
    )


async def _page(
    context: Context, host: Host, waiting: WaitingEntry
) -> tuple[Page, str, str, bool]:
    """The page, the URL that answered, a note for ``why``, and whether to try again."""
    try:
        async with host.turn():
            fetched = await context.client.get(
                Request(
                    url=waiting.entry.url,
                    accept="text/html, application/xhtml+xml, */*;q=0.5",
                    limit=MAX_PAGE_BYTES,
                )
            )
    except FetchTooLarge as error:
        return Page(state=PageState.ERROR_PAGE), "", str(error), False
    except FetchError as error:
        return Page(state=PageState.UNREACHABLE), "", str(error), True
    if fetched.status != 200:
        return _refused(host, fetched)
    page, note = await _extracted(context, waiting, fetched)
    return page, fetched.url, note, False


def _refused(host: Host, fetched: Fetched) -> tuple[Page, str, str, bool]:
    if fetched.retry_after:
        host.rest(min(fetched.retry_after, timedelta(days=1)))
    passing = fetched.status in (408, 425, 429) or fetched.status >= 500
    state = PageState.UNREACHABLE if passing else PageState.ERROR_PAGE
    return Page(state=state), fetched.url, f"HTTP {fetched.status}", passing


async def _extracted(
    context: Context, waiting: WaitingEntry, fetched: Fetched
) -> tuple[Page, str]:
    try:
        page = await context.workers.run(
            read_page,
            fetched.body,
            fetched.content_type,
            fetched.url,
            waiting.entry.title,
            _language(context, waiting),
        )
    except WorkerTimeout:
        return Page(
            state=PageState.TIMEOUT
        ), "the extractor was stopped at its deadline"
    except WorkerError as error:
        last = str(error).strip().rpartition("\n")[2]
        return Page(state=PageState.ERROR_PAGE), f"the page could not be read: {last}"
    return page, ""


def _language(context: Context, waiting: WaitingEntry) -> str:
    """The language as configured, else as the feed says; "" if neither does."""
    config = context.config.feeds.get(waiting.feed)
    return (config.language if config else "") or primary(waiting.entry.language)


async def article_of(
    context: Context, waiting: WaitingEntry, page: Page, *, final_url: str = ""
) -> Article:
    """The article that an entry becomes, in the language that somebody says it is in."""
    language = _language(context, waiting) or page.language
    if not language:
        entry = waiting.entry
        text = f"{entry.title}\n{entry.summary}\n{entry.content}"
        language = await context.workers.run(detect, text[:3_000])
    config = context.config.feeds.get(waiting.feed)
    return assemble(
        waiting,
        page,
        source=config.outlet if config else "",
        final_url=final_url,
        language=language,
    )


async def _read(
    context: Context,
    waiting: WaitingEntry,
    page: Page,
    *,
    final_url: str = "",
    note: str = "",
    again: bool = False,
) -> Read:
    article = await article_of(context, waiting, page, final_url=final_url)
    index = context.config.index
    if not index.vocabulary.knows(article.language):
        # Long with many rules; the loop goes on meanwhile.
        await asyncio.to_thread(index.vocabulary.learn, article.language)
    matches = tuple(index.match(article))
    return Read(
        waiting=waiting,
        article=article,
        matches=matches,
        words=word_keys(article),
        parts=segments_of(article),
        note=note,
        again=again,
    )


async def read_entries(context: Context) -> int:
    """Read the entries that need no page, a batch at a time; how many there were."""
    await context.database.call_lightly(copies.forget_old_days, context.now())
    count = 0
    while batch := await context.database.call(
        unread.claim_entries,
        token=new_token(),
        now=context.now(),
        lease=LEASE,
        limit=BATCH,
    ):
        found = [
            await _read(context, waiting, Page(state=PageState.OK)) for waiting in batch
        ]
        await context.database.call(_commit_articles, found, context.now())
        log.info(
            "entries.read", count=len(found), matches=sum(len(r.matches) for r in found)
        )
        count += len(found)
    return count


def _commit_articles(tx: Transaction, found: list[Read], now: datetime) -> None:
    """Store readings with their matches and mark their entries as read. All or nothing."""
    for read in found:
        if unread.still_wanted(tx, read.waiting):
            _commit_article(tx, read, now)


def _commit_article(tx: Transaction, read: Read, now: datetime) -> None:
    waiting = read.waiting
    # A page that could not be had again says nothing new: the first reading stands.
    if waiting.tries == 0 or read.article.state is not PageState.UNREACHABLE:
        _commit_reading(tx, read, now)
    retry_at = now + RETRY_AFTER[waiting.tries] if read.again else None
    unread.finish_entry(tx, waiting, retry_at=retry_at)


def _commit_reading(tx: Transaction, read: Read, now: datetime) -> None:
    waiting, article = read.waiting, read.article
    keys = copy_keys(article)
    compared = group.compare(tx, article, read.parts, now)
    placement = group.place(
        tx,
        article,
        compared,
        entry_id=waiting.id,
        keys=keys,
        names={h.term for m in read.matches for h in m.hits if h.via is Via.ALIAS},
        first_seen=waiting.first_seen,
        public_id=_story_id(waiting),
        now=now,
    )
    article_id = articles.add_article(
        tx,
        articles.Reading(
            entry_id=waiting.id,
            revision=waiting.revision,
            number=waiting.tries,
            article=article,
            note=read.note,
            placement=placement,
            news=group.news_of(tx, article, compared, placement),
            keys=keys,
            words=read.words,
            matches=read.matches,
            now=now,
        ),
    )
    if article_id is not None:
        group.remember(tx, article_id, placement.group_id, compared, now)


def _story_id(waiting: WaitingEntry) -> str:
    """The id that people see of the story which this entry opens."""
    name = f"{waiting.id}\n{waiting.feed}\n{waiting.entry.guid or waiting.entry.url}"
    return hashlib.blake2b(name.encode(), digest_size=8).hexdigest()
