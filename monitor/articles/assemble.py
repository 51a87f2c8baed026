"""Make one article of an entry and what its page gave. Pure."""

from dataclasses import replace

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
    article = Article(
        title=entry.title,
        summary=entry.summary,
        body=page.body,
        aside=page.aside,
        language=language,
        state=page.state,
        url=entry.url,
        final_url=final_url,
        canonical_url=page.canonical_url,
        origin=page.origin
        or origin_of(text=page.aside, source_url=entry.source_url, url=entry.url),
        published=entry.published,
        feed=waiting.feed,
        source=source or waiting.feed_title or site_of(entry.url) or waiting.feed,
        author=entry.author,
        tags=entry.tags,
    )
    if entry.content and len(entry.content) > len(page.body):
        return replace(article, body=entry.content, aside="", state=PageState.FEED)
    if not page.body and page.state is PageState.OK:
        return replace(article, state=PageState.SUMMARY)
    return article
