"""Make one article of an entry and what its page gave. Pure."""

from monitor.articles.boilerplate import separate
from monitor.articles.origin import origin_of
from monitor.models import Article, Page, PageState, WaitingEntry
from monitor.text.urls import site_of


def assemble(
    waiting: WaitingEntry, page: Page, *, source: str, final_url: str, language: str
) -> Article:
    """The article of one reading.

    A longer text of the feed is never replaced by a shorter extraction. Where there
    is neither, the article stands on title and summary. ``source`` is the outlet as
    people know it, "" if the configuration does not say.
    """
    entry = waiting.entry
    claimed = origin_of(text=entry.content, source_url=entry.source_url, url=entry.url)
    body, aside = separate(entry.content, [entry.title])
    state = PageState.FEED
    if len(body) <= len(page.body):
        body, aside, state = page.body, page.aside, page.state
    if not body and state is PageState.OK:
        state = PageState.SUMMARY
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
        origin=claimed or page.origin,
        published=entry.published,
        feed=waiting.feed,
        source=source or waiting.feed_title or site_of(entry.url) or waiting.feed,
        author=entry.author,
        tags=entry.tags,
    )
