"""Get the article out of a web page; runs in a worker process.

trafilatura finds the text; lines that are page furniture are kept beside it. Hostile
pages are bounded here in size, and by the worker in time and memory.
"""

import re

from monitor.articles.boilerplate import separate
from monitor.articles.language import detect, primary
from monitor.articles.origin import origin_of
from monitor.models import Page, PageState
from monitor.text.urls import resolve
from monitor.text.words import clean

MAX_PAGE_BYTES = 5 << 20
_MAX_INPUT = 2 << 20
_MAX_TEXT = 200_000
_SHORT = 600
_SHORTEST = 80
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]{2,40})", re.IGNORECASE)
_TYPES = ("", "text/html", "application/xhtml+xml", "text/plain", "application/xml")


def read_page(
    body: bytes, content_type: str, url: str, title: str, language: str = ""
) -> Page:
    """Read one page.

    ``title`` is the entry's, so that its repetition on the page is recognised;
    ``language`` is known from the feed or "".
    """
    if content_type.partition(";")[0].strip().lower() not in _TYPES:
        return Page(state=PageState.NOT_HTML)
    import lxml.etree
    import trafilatura

    tree = trafilatura.load_html(_decoded(body[:_MAX_INPUT], content_type))
    if tree is None:
        return Page(state=PageState.NOT_HTML)
    canonical = _first(tree, "//link[@rel='canonical']/@href")
    html_language = primary(_first(tree, "/html/@lang"))
    source = lxml.etree.tostring(tree, encoding="unicode")
    text = clean(_extracted(source))[:_MAX_TEXT]
    titles = (title, _first(tree, "//title/text()"), _first(tree, "//h1//text()"))
    main, aside = separate(text, titles)
    state = PageState.OK if len(main) >= _SHORTEST else PageState.SHORT
    return Page(
        state=state,
        body=main,
        aside=aside,
        canonical_url=resolve(url, canonical) if canonical else "",
        origin=origin_of(text=text, source_url="", url=url),
        language=language or html_language or detect(f"{title}\n{main}"),
    )


def _decoded(body: bytes, content_type: str) -> str:
    """The page as text: charset of the header, else of the page, else UTF-8."""
    found = _CHARSET.search(content_type.encode()) or _CHARSET.search(body[:4_096])
    named = found[1].decode("ascii") if found else "utf-8"
    for name, errors in ((named, "strict"), ("utf-8", "strict"), (named, "replace")):
        try:
            return body.decode(name, errors)
        except (UnicodeError, LookupError):  # no such charset, or not this one
            continue
    return body.decode("utf-8", "replace")


def _first(tree: object, path: str) -> str:
    found = tree.xpath(path)  # type: ignore[attr-defined]  # lxml ships no types
    return str(found[0]).strip() if found else ""


def _extracted(source: str) -> str:
    import trafilatura

    text = trafilatura.extract(
        source,
        fast=True,
        favor_recall=True,
        include_comments=False,
        include_tables=True,
        # Never deduplicate: in a long-lived process it empties pages.
        deduplicate=False,
    )
    if text and len(text) >= _SHORT:
        return text
    slow = trafilatura.extract(source, include_comments=False, deduplicate=False)
    return max(text or "", slow or "", key=len)
