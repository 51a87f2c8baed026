"""Make one article of an entry and what its page gave. Pure."""

from dataclasses import replace

from monitor.articles.lines import separate
from monitor.articles.origin import origin_of
from monitor.models import Article, Page, PageState, WaitingEntry
from monitor.text.urls import site_of
from monitor.text.words import fold, tokens

_NO_ARTICLE = (PageState.ERROR_PAGE, PageState.CONSENT, PageState.JS_SHELL)
_LONG_WORD = 4
_FEWEST_WORDS = 6
_LEAST_SHARED = 0.4


def assemble(
    waiting: WaitingEntry, page: Page, *, source: str, final_url: str, language: str
) -> Article:
    """The article of one reading.

    A longer text of the feed is never replaced by a shorter extraction. A page that is
    no article, or does not say what the feed says, is kept beside the text. Where there
    is neither, the article stands on title and summary. ``source`` is the outlet as
    people know it, "" if the configuration does not say.
    """
    entry = waiting.entry
    claimed = origin_of(text=entry.content, source_url=entry.source_url, url=entry.url)
    body, aside = separate(entry.content, [entry.title])
    page = _checked(page, entry.summary)
    state = PageState.FEED
    if len(body) <= len(page.body):
        body, aside, state = page.body, page.aside, page.state
    if not body:
        state = PageState.SUMMARY if page.state is PageState.OK else page.state
        aside = aside or page.aside
    origin = claimed if claimed.site else page.origin
    return Article(
        title=entry.title,
        summary=entry.summary,
        body=body,
        aside=aside,
        language=language,
        state=state,
        url=entry.url,
        final_url=final_url,
        canonical_url=page.canonical_url,
        origin=origin.site,
        origin_evidence=origin.evidence,
        origin_confidence=origin.confidence,
        heading=page.heading,
        published=entry.published or page.published,
        feed=waiting.feed,
        source=source or waiting.feed_title or site_of(entry.url) or waiting.feed,
        author=entry.author,
        tags=entry.tags,
    )


def _checked(page: Page, summary: str) -> Page:
    """The page, with its text beside the article if it is the text of something else."""
    wrong = page.body and not is_anchored(summary, page.body)
    if not wrong and page.state not in _NO_ARTICLE:
        return page
    return replace(
        page,
        state=PageState.WRONG_PAGE
        if wrong and page.state is PageState.OK
        else page.state,
        body="",
        aside="\n".join(filter(None, (page.body, page.aside))),
    )


def is_anchored(summary: str, body: str) -> bool:
    """Whether a page holds what the entry's summary says; short summaries do not tell.

    Fewer than four of ten longer words in the page mean another page: so nearly all
    wrong ones are caught, and one good one of twenty-five is doubted.
    """
    words = _long_words(summary)
    if len(words) < _FEWEST_WORDS:
        return True
    return len(words & _long_words(body)) >= _LEAST_SHARED * len(words)


def _long_words(text: str) -> set[str]:
    folded = (fold(word.surface) for word in tokens(text))
    return {word for word in folded if len(word) >= _LONG_WORD}
