"""The read stage: an entry becomes an article, and the article meets the rules.

Rules run on every article before any folding: a copy that says less must not hide
one that says more.
"""

import asyncio
import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from monitor import metrics
from monitor.articles import complete, repeated
from monitor.articles.assemble import assemble
from monitor.articles.extract import MAX_PAGE_BYTES, read_page, skim
from monitor.articles.language import detect, primary
from monitor.errors import FetchError, FetchTooLarge, WorkerError, WorkerTimeout
from monitor.http import Request
from monitor.models import Article, Fetched, Match, Page, PageState, Via, WaitingEntry
from monitor.pipeline import group
from monitor.pipeline.context import Context, Host, new_token
from monitor.pipeline.group import segments_of
from monitor.pipeline.watch import report_wall
from monitor.rules.index import Index
from monitor.rules.narrow import word_keys
from monitor.storage import articles, feeds, unread
from monitor.storage.database import Transaction
from monitor.storage.repeated import add_lines, repeated_lines, titles_of
from monitor.stories.fingerprint import copy_keys
from monitor.stories.near import Segment
from monitor.text.words import fold

log = structlog.get_logger()

BATCH = 50
LEASE = timedelta(minutes=10)
RETRY_AFTER = (timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=40))
"""When a page that could not be had is tried again: three times within an hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """An entry with the article it became; ``again`` asks for another try later.

    ``lines`` are the hashes of the long lines of its text.
    """

    waiting: WaitingEntry
    article: Article
    matches: tuple[Match, ...]
    words: frozenset[str]
    parts: Sequence[Segment]
    lines: Collection[int] = ()
    note: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What asking for a page gave.

    ``url`` is the one that answered, ``note`` is for ``why``; ``again`` says that
    another try may do better.
    """

    page: Page
    url: str = ""
    note: str = ""
    again: bool = False
    status: int = 0

    @property
    def gone(self) -> bool:
        return self.status in (404, 410)


async def read_page_of(context: Context, host: Host, waiting: WaitingEntry) -> None:
    """Fetch the page of an entry, read it, and commit the article."""
    answered = await page_of(context, host, waiting)
    read = await _read(context, waiting, answered)
    await _learn(context, waiting, answered.page)
    await context.database.call(_commit_articles, context, [read], context.now())
    _note(context, [read])
    log.info(
        "article.read",
        feed=waiting.feed,
        state=read.article.state.value,
        rules=",".join(m.rule for m in read.matches),
    )


async def _learn(context: Context, waiting: WaitingEntry, page: Page) -> None:
    """Learn from a page whether its feed carries whole articles."""
    content = waiting.entry.content
    if page.state is PageState.OK and complete.is_complete(content):
        await context.database.call_lightly(
            feeds.note_agreement,
            waiting.feed_id,
            agrees=complete.agree(content, page.body),
            enough=complete.FEWEST_AGREEMENTS,
        )


async def page_of(context: Context, host: Host, waiting: WaitingEntry) -> Answered:
    """Ask for the page of an entry when it is its turn, and read it."""
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
        return Answered(page=Page(state=PageState.ERROR_PAGE), note=str(error))
    except FetchError as error:
        page = Page(state=PageState.UNREACHABLE)
        return Answered(page=page, note=str(error), again=True)
    if fetched.status != 200:
        return _refused(host, fetched)
    page, note = await _extracted(context, waiting, fetched)
    return Answered(page=page, url=fetched.url, note=note, status=200)


def _refused(host: Host, fetched: Fetched) -> Answered:
    if fetched.retry_after:
        host.rest(min(fetched.retry_after, timedelta(days=1)))
    passing = fetched.status in (408, 425, 429) or fetched.status >= 500
    return Answered(
        page=Page(state=PageState.UNREACHABLE if passing else PageState.ERROR_PAGE),
        url=fetched.url,
        note=f"HTTP {fetched.status}",
        again=passing,
        status=fetched.status,
    )


async def _extracted(
    context: Context, waiting: WaitingEntry, fetched: Fetched
) -> tuple[Page, str]:
    language, entry = _language(context, waiting), waiting.entry
    try:
        if context.config.articles.full_text == "when-needed":
            words = await context.workers.run(
                skim, fetched.body, fetched.content_type, language
            )
            if not await _is_looked_for(context, waiting, words):
                return replace(words, state=PageState.SKIMMED, body=""), ""
        page = await context.workers.run(
            read_page,
            fetched.body,
            fetched.content_type,
            fetched.url,
            entry.title,
            language,
            entry.published,
        )
    except WorkerTimeout:
        return Page(
            state=PageState.TIMEOUT
        ), "the extractor was stopped at its deadline"
    except WorkerError as error:
        last = str(error).strip().rpartition("\n")[2]
        return Page(state=PageState.ERROR_PAGE), f"the page could not be read: {last}"
    return page, ""


async def _is_looked_for(context: Context, waiting: WaitingEntry, words: Page) -> bool:
    """Whether the article would meet a rule if all words of its page were its own."""
    if words.state is not PageState.OK:
        return True
    article = await article_of(context, waiting, replace(words, body=""))
    index = context.config.index
    await _learned(index, article.language)
    whole = "\n".join((article.body, words.body))
    return index.may_match(replace(article, body=whole))


async def _learned(index: Index, language: str) -> None:
    if not index.vocabulary.knows(language):
        # Long with many rules; the loop goes on meanwhile.
        await asyncio.to_thread(index.vocabulary.learn, language)


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


async def _read(context: Context, waiting: WaitingEntry, answered: Answered) -> Read:
    article = await article_of(context, waiting, answered.page, final_url=answered.url)
    lines = repeated.long_lines(article.body)
    article = await context.database.call_lightly(
        _without_repeats, waiting, article, lines
    )
    await _learned(context.config.index, article.language)
    matches = tuple(context.config.index.match(article))
    return Read(
        waiting=waiting,
        article=article,
        matches=matches,
        words=word_keys(article),
        parts=segments_of(article),
        lines=lines.keys(),
        note=answered.note,
        again=answered.again and waiting.tries < len(RETRY_AFTER),
    )


def _without_repeats(
    tx: Transaction, waiting: WaitingEntry, article: Article, lines: Collection[int]
) -> Article:
    """The article without the lines that the feed's articles have in common."""
    known = repeated_lines(tx, waiting.feed_id, waiting.id, lines)
    if repeated.is_whole(article.body, known):
        others = titles_of(tx, {entry for seen in known.values() for entry in seen})
        if fold(article.title) not in map(fold, others):
            return repeated.as_wall(article)
    return repeated.set_aside(article, known)


async def read_entries(context: Context) -> int:
    """Read the entries that need no page, a batch at a time; how many there were."""
    count = 0
    while batch := await context.database.call(
        unread.claim_entries,
        token=new_token(),
        now=context.now(),
        lease=LEASE,
        limit=BATCH,
    ):
        found = [
            await _read(context, waiting, Answered(page=Page(state=PageState.OK)))
            for waiting in batch
        ]
        await context.database.call(_commit_articles, context, found, context.now())
        _note(context, found)
        log.info(
            "entries.read", count=len(found), matches=sum(len(r.matches) for r in found)
        )
        count += len(found)
    return count


def _note(context: Context, found: Sequence[Read]) -> None:
    """Let others know of what was read: the digest stage, and whoever counts."""
    context.hot.add(match.rule for read in found for match in read.matches)
    for read in found:
        metrics.articles.labels(read.article.state.value).inc()
        for match in read.matches:
            metrics.count_matches(match.rule)


def _commit_articles(
    tx: Transaction, context: Context, found: list[Read], now: datetime
) -> None:
    """Store readings with their matches and mark their entries as read. All or nothing."""
    for read in found:
        if unread.still_wanted(tx, read.waiting):
            _commit_article(tx, context, read, now)


def _commit_article(
    tx: Transaction, context: Context, read: Read, now: datetime
) -> None:
    waiting = read.waiting
    # A page that could not be had again says nothing new: the first reading stands.
    if waiting.tries == 0 or read.article.state is not PageState.UNREACHABLE:
        _commit_reading(tx, context, read, now)
    retry_at = now + RETRY_AFTER[waiting.tries] if read.again else None
    unread.finish_entry(tx, waiting, retry_at=retry_at)


def _commit_reading(
    tx: Transaction, context: Context, read: Read, now: datetime
) -> None:
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
        window=context.config.articles.story_window,
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
            series=compared.series,
            matches=read.matches,
            now=now,
        ),
    )
    if article_id is not None:
        group.remember(tx, article_id, placement.group_id, compared, now)
        add_lines(tx, waiting.feed_id, waiting.id, read.lines, now)
    if article.state is PageState.WALL:
        report_wall(tx, context, waiting.feed, now)


def _story_id(waiting: WaitingEntry) -> str:
    """The id that people see of the story which this entry opens."""
    name = f"{waiting.id}\n{waiting.feed}\n{waiting.entry.guid or waiting.entry.url}"
    return hashlib.blake2b(name.encode(), digest_size=8).hexdigest()
