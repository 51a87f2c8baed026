"""What a page says of itself in its head: address, origin, dates, walls, its text. Pure.

Of structured data (JSON-LD) only a few plain fields are read, in blocks of bounded size.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitor.text.dates import feed_date
from monitor.text.urls import is_web, resolve
from monitor.text.words import clean

_MOST_BLOCKS = 20
_MAX_BLOCK = 256 << 10
_MOST_DEPTH = 6
_MOST_NODES = 500
_ARTICLES = ("article", "posting", "report")


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """``free`` is False where the page says that its text is for subscribers."""

    title: str = ""
    heading: str = ""
    canonical_url: str = ""
    based_on: str = ""
    language: str = ""
    published: datetime | None = None
    free: bool = True
    text: str = ""


def metadata(tree: Any, url: str) -> Metadata:  # noqa: ANN401 - lxml ships no types
    """Read what a page says of itself."""
    articles = list(_articles(tree))
    return Metadata(
        title=_first(tree, "//title/text()"),
        heading=_first(tree, "//h1//text()"),
        canonical_url=_canonical(tree, url),
        based_on=next(
            filter(is_web, (_link(a.get("isBasedOn")) for a in articles)), ""
        ),
        language=_first(tree, "/html/@lang"),
        published=_published(tree, articles),
        free=not any(_is_false(a.get("isAccessibleForFree")) for a in articles),
        text=clean(
            max((_text(a.get("articleBody")) for a in articles), key=len, default="")
        ),
    )


def _first(tree: Any, path: str) -> str:  # noqa: ANN401 - lxml ships no types
    found = tree.xpath(path)
    return clean(str(found[0])).strip() if found else ""


def _canonical(tree: Any, url: str) -> str:  # noqa: ANN401 - lxml ships no types
    paths = ("//link[@rel='canonical']/@href", "//meta[@property='og:url']/@content")
    found = (_first(tree, path) for path in paths)
    return next((full for link in found if link and (full := resolve(url, link))), "")


def _published(tree: Any, articles: list[dict[str, Any]]) -> datetime | None:  # noqa: ANN401
    metas = (
        "//meta[@property='article:published_time']/@content",
        "//meta[@name='date' or @name='pubdate' or @itemprop='datePublished']/@content",
    )
    said = [_text(a.get("datePublished")) for a in articles]
    said += [_first(tree, path) for path in metas]
    return next((at for text in said if text and (at := feed_date(text))), None)


def _articles(tree: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - lxml ships no types
    """The articles among the structured data of a page."""
    blocks = tree.xpath("//script[contains(@type, 'ld+json')]/text()")
    for block in blocks[:_MOST_BLOCKS]:
        if len(block) > _MAX_BLOCK:
            continue
        try:
            found = json.loads(block, strict=False)
        except (ValueError, RecursionError):
            continue
        yield from _nodes(found)


def _nodes(found: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - JSON
    waiting = [(found, 0)]
    for _ in range(_MOST_NODES):
        if not waiting:
            return
        node, depth = waiting.pop(0)
        if depth > _MOST_DEPTH:
            continue
        if isinstance(node, list):
            waiting += [(one, depth + 1) for one in node[:_MOST_NODES]]
        elif isinstance(node, dict):
            kinds = node.get("@type")
            kinds = kinds if isinstance(kinds, list) else [kinds]
            if any(str(kind).lower().endswith(_ARTICLES) for kind in kinds):
                yield node
            waiting += [
                (node[key], depth + 1)
                for key in ("@graph", "mainEntity")
                if key in node
            ]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _link(value: object) -> str:
    """An address, or the address of a thing."""
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        value = value.get("url") or value.get("@id")
    return _text(value)


def _is_false(value: object) -> bool:
    return value is False or (isinstance(value, str) and value.lower() == "false")
