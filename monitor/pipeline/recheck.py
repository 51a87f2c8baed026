"""Read again what was told: what its publisher takes back is told as well.

An article that is gone, or has another headline or figure, becomes one more reading
with the cause "correction". New sentences are none: they come with the feed's revision.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from monitor.models import Article, Cause, Match, Page, PageState, WaitingEntry
from monitor.pipeline.context import Context, Host
from monitor.pipeline.read import Answered, article_of, page_of
from monitor.rules.narrow import word_keys
from monitor.storage import articles, rechecks, unread
from monitor.storage.articles import StoredReading
from monitor.storage.database import Transaction
from monitor.storage.rechecks import WAITS
from monitor.stories import near
from monitor.text.words import fold, one_line, tokens

log = structlog.get_logger()

_CONFIRM = timedelta(minutes=20)
"""A page that is missing may be back soon: it is looked for once more."""

_READABLE = (PageState.OK, PageState.TRUNCATED)
_SAME_WORDS = 0.6
_FIRST_NUMBER = 100


def correction(before: Article, page: Page) -> str:
    """What a page says otherwise than the article that was told; "" if nothing."""
    if page.state not in _READABLE or not before.body or not page.body:
        return ""
    if before.heading and _is_other(before.heading, page.heading):
        return f"its headline was “{one_line(before.heading, 200)}”"
    known = [(before.heading or before.title, near.segments(before.body))]
    parts = near.segments(page.body)
    if near.other_figure(page.heading or before.title, parts, known):
        return "a figure in its headline or first sentences is another now"
    return ""


def _is_other(headline: str, now: str) -> bool:
    """Whether a headline says something else, and not the same in nicer words."""
    one, two = ({fold(word.surface) for word in tokens(t)} for t in (headline, now))
    figures = [{w for w in words if any(map(str.isdigit, w))} for words in (one, two)]
    if not two or figures[0] != figures[1]:
        return bool(two)
    return len(one & two) < _SAME_WORDS * len(one | two)


async def read_again(context: Context, host: Host, waiting: WaitingEntry) -> None:
    """Fetch the page of an entry that was told, and store what it takes back."""
    stored = await context.database.call(articles.readings, waiting.id)
    config = context.config.articles
    if not stored or not config.recheck or config.full_text == "never":
        await context.database.call(_commit, waiting, None, context.now())
        return
    answered = await page_of(context, host, waiting)
    found = await _reading(context, waiting, stored[-1], answered)
    await context.database.call(_commit, waiting, answered, context.now(), found)
    if found:
        context.hot.add(match.rule for match in found.matches)
        log.info("article.corrected", feed=waiting.feed, reason=found.note)


async def _reading(
    context: Context, waiting: WaitingEntry, last: StoredReading, answered: Answered
) -> articles.Reading | None:
    """The reading that corrects the last one, if there is something to correct."""
    before, page = last.article, answered.page
    if answered.gone and (waiting.missing or answered.status == 410):
        article = replace(before, state=PageState.WITHDRAWN)
        note = f"its page is gone ({answered.note})"
        matches: Sequence[Match] = last.matches
    elif note := correction(before, page):
        article = await article_of(context, waiting, page, final_url=answered.url)
        article = replace(article, title=page.heading or article.title)
        matches = _matches(context, article, last.matches)
    else:
        return None
    return articles.Reading(
        entry_id=waiting.id,
        revision=waiting.revision,
        number=_FIRST_NUMBER + waiting.recheck,
        article=article,
        note=note,
        placement=last.placement,
        news=Cause.CORRECTION,
        keys=(),
        words=word_keys(article),
        series=near.series(article.title, article.source),
        matches=matches,
        now=context.now(),
    )


def _matches(
    context: Context, article: Article, before: Sequence[Match]
) -> tuple[Match, ...]:
    """The rules that a corrected article meets; those it met before hear of it too."""
    now = context.config.index.match(article)
    met = {match.rule for match in now}
    lost = [match for match in before if match.rule not in met]
    return (*now, *(replace(match, score=0.0, hits=()) for match in lost))


def _commit(
    tx: Transaction,
    waiting: WaitingEntry,
    answered: Answered | None,
    now: datetime,
    found: articles.Reading | None = None,
) -> None:
    if not unread.still_wanted(tx, waiting):
        return
    if found:
        articles.add_article(tx, found)
    done = waiting.recheck
    if answered is None or (found and found.article.state is PageState.WITHDRAWN):
        rechecks.finish_recheck(tx, waiting, again_at=None, number=len(WAITS))
    elif answered.gone and not waiting.missing:
        rechecks.look_for_again(tx, waiting, now + _CONFIRM)
    else:
        again_at = now + WAITS[done] if done < len(WAITS) else None
        rechecks.finish_recheck(tx, waiting, again_at=again_at, number=done)
