"""Turn HTML into plain text.

Runs in a worker process, because libxml2 reads hostile input here.
"""

import html
import re
from collections.abc import Iterator
from typing import Any

from monitor.text.words import clean, one_line

_TAG = re.compile(r"<[a-zA-Z/!][^<>]*>")
_MARKUP = re.compile(r"[<&]|  ")
_BLOCK_TAGS = """
p div br li ul ol tr table blockquote pre section article header footer
h1 h2 h3 h4 h5 h6 hr dd dt figcaption
"""
_BLOCKS = frozenset(_BLOCK_TAGS.split())
_IGNORED = frozenset(("script", "style", "noscript", "template", "svg", "head"))
_SPACE = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*")


def plain_text(source: str, limit: int = 200_000) -> str:
    """The text of an HTML fragment, a line a block, cut to ``limit`` characters."""
    if source.isprintable() and not _MARKUP.search(source):
        return source.strip(" ")[:limit]  # nothing to do, as nearly always with titles
    source = clean(source)
    if not _TAG.search(source):
        return _tidy(html.unescape(source))[:limit]
    import lxml.etree
    import lxml.html

    # As bytes, because a declared encoding in a string is an error; and huge, because
    # otherwise all is lost behind 256 levels or a text of 10 MB.
    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True)
    try:
        tree = lxml.html.document_fromstring(source.encode(), parser=parser)
    except lxml.etree.ParserError:  # no text and no element at all
        return ""
    walk = lxml.etree.iterwalk(tree, events=("start", "end", "comment", "pi"))
    return _tidy("".join(_pieces(walk)))[:limit]


def _pieces(walk: Any) -> Iterator[str]:  # noqa: ANN401 - lxml has no types
    for event, element in walk:
        if element.tag in _BLOCKS:
            yield "\n"
        if event != "start":
            yield element.tail or ""
        elif element.tag in _IGNORED:
            walk.skip_subtree()
        else:
            yield element.text or ""


def _tidy(text: str) -> str:
    return _LINES.sub("\n", _SPACE.sub(" ", clean(text))).strip()


def title_text(source: str, limit: int = 500) -> str:
    """A title on one line: entities decoded once, tags dropped.

    Double-escaped entities ("&amp;amp;") are decoded once more if that shows no tag.
    """
    text = plain_text(source, limit * 4)
    if "&" not in text:
        return one_line(text, limit)
    again = html.unescape(text)
    return one_line(text if _TAG.search(again) else again, limit)
