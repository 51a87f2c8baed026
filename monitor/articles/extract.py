"""Get the article out of a web page; runs in a worker process.

trafilatura finds the text twice: once with an eye for completeness, once strictly. Lines
that only the first has, and lines that are page furniture, are kept beside the article.
Hostile pages are bounded here in size, and by the worker in time and memory.
"""

import html
import re
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from monitor.articles.language import detect, primary
from monitor.articles.lines import SHORTEST_LINK_LINE, normal, separate
from monitor.articles.markup import MAX_CHARACTERS, bounded, plain_text
from monitor.articles.metadata import Metadata, metadata
from monitor.articles.origin import origin_of
from monitor.articles.walls import state_of
from monitor.models import Page, PageState
from monitor.text.words import clean

MAX_PAGE_BYTES = 5 << 20
_MAX_TEXT = 200_000
_SHORT = 600
_LEAST_OF_PAGE = 400
_LEAST_OF_DATA = 250
_LINK_SHARE = 0.85
_LONGEST_LINK_LINE = 400
_MOST_BLOCKS = 5_000
_LAST_LINES = 3
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]{2,40})", re.IGNORECASE)
_TYPES = ("", "text/html", "application/xhtml+xml", "text/plain", "application/xml")


def skim(body: bytes, content_type: str, language: str = "") -> Page:
    """All words of a page, those around the article included, and their language.

    A hundredth of the work of reading it; what it lacks, the article lacks as well.
    """
    if not _is_text(content_type):
        return Page(state=PageState.NOT_HTML)
    words = plain_text(_decoded(body, content_type)[:MAX_CHARACTERS])
    text = clean(html.unescape(words))[: 2 * _MAX_TEXT]
    return Page(state=PageState.OK, body=text, language=language or detect(text))


def _is_text(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() in _TYPES


def read_page(
    body: bytes,
    content_type: str,
    url: str,
    title: str,
    language: str = "",
    published: datetime | None = None,
) -> Page:
    """Read one page.

    ``title`` is the entry's, so that its repetition on the page is recognised;
    ``language`` is known from the feed or "". Where neither the feed's ``published`` nor
    the page's own data gives a date, one is looked for in its text.
    """
    if not _is_text(content_type):
        return Page(state=PageState.NOT_HTML)
    import trafilatura

    whole = _decoded(body, content_type)
    source, cut = bounded(whole)
    tree = trafilatura.load_html(source)
    if tree is None:
        return Page(state=PageState.NOT_HTML)
    said = metadata(tree, url)
    text = clean(_complete(tree, whole, said))[:_MAX_TEXT]
    main, aside = separate(
        text,
        (title, said.title, said.heading),
        voter=_strict(tree),
        links=set(_link_lines(tree)),
    )
    state = state_of(
        body=main,
        end="\n".join(text.split("\n")[-_LAST_LINES:]),
        title=said.title,
        whole=plain_text(whole[:200_000])[:4_000],
        free=said.free,
    )
    if state is PageState.OK and cut:
        state = PageState.TRUNCATED
    return Page(
        state=state,
        body=main,
        aside=aside,
        heading=said.heading or said.title,
        canonical_url=said.canonical_url,
        origin=origin_of(
            text=text,
            source_url=said.based_on,
            url=url,
            canonical_url=said.canonical_url,
        ),
        language=language or primary(said.language) or detect(f"{title}\n{main}"),
        published=said.published or published or _dated(tree),
    )


def _dated(tree: Any) -> datetime | None:  # noqa: ANN401 - lxml ships no types
    """The day that a page seems to be of; it tells no hour."""
    from htmldate import find_date

    try:
        found = find_date(deepcopy(tree), extensive_search=False, original_date=True)
    except (ValueError, TypeError, OverflowError):  # it guesses at strangers' strings
        return None
    return datetime.fromisoformat(found).replace(tzinfo=UTC) if found else None


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


def _complete(tree: Any, whole: str, said: Metadata) -> str:  # noqa: ANN401 - lxml's
    """All of the text that may be the article's, by the ladder of what gives one."""
    text = _extracted(tree, fast=True, favor_recall=True, include_tables=True)
    if len(text) < _SHORT:
        text = max(text, _extracted(tree), key=len)
    # Structured data is worse than the page where both have the text.
    if len(text) < _LEAST_OF_DATA:
        text = max(text, said.text, key=len)
    # libxml2 loses deep nesting and huge text nodes silently.
    plain = "" if text else plain_text(whole[:MAX_CHARACTERS])
    if len(plain) >= _LEAST_OF_PAGE:
        text = plain
    return text


def _strict(tree: Any) -> str:  # noqa: ANN401 - lxml ships no types
    return _extracted(tree, fast=True, favor_precision=True)


def _extracted(tree: Any, **options: Any) -> str:  # noqa: ANN401 - trafilatura's options
    import trafilatura

    return (
        trafilatura.extract(
            deepcopy(tree),  # it prunes what it is given
            include_comments=False,
            # Never deduplicate: in a long-lived process it empties pages.
            deduplicate=False,
            **options,
        )
        or ""
    )


def _link_lines(tree: Any) -> Iterator[str]:  # noqa: ANN401 - lxml ships no types
    """The blocks of a page that are little but links, as their words."""
    blocks = tree.xpath("//p|//li|//div|//td|//h2|//h3|//h4|//h5|//span|//section")
    for block in blocks[:_MOST_BLOCKS]:
        links = block.xpath(".//a")
        if not links:
            continue
        text = " ".join("".join(block.itertext()).split())
        if not SHORTEST_LINK_LINE <= len(text) <= _LONGEST_LINK_LINE:
            continue
        linked = sum(len(" ".join("".join(a.itertext()).split())) for a in links)
        if linked >= _LINK_SHARE * len(text):
            yield normal(text)
