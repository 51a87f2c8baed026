"""Read and write OPML, the lists of feeds that readers exchange. Pure.

What other programs write is often neither valid OPML nor XML: whatever can be read is
taken. No reference is left for the parser to resolve, so there is nothing to expand.
"""

import contextlib
import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import islice
from typing import Any, TypeAlias

from monitor.errors import FeedError
from monitor.text.urls import is_web, redacted
from monitor.text.words import one_line

_Element: TypeAlias = Any  # lxml has no types

MAX_OUTLINES = 20_000
MAX_GROUPS = 20
_MAX_TITLE = 500
_MAX_URL = 4_000
_ATTRIBUTES = ("category", "htmlurl", "text", "title", "type", "url", "xmlurl")
_UTF_16 = {
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
    b"<\0": "utf-16-le",
    b"\0<": "utf-16-be",
}
# The families that occur: Python knows others, of which some take quadratic time.
_DECLARED = re.compile(
    rb"<\?xml[^>]*?\sencoding\s*=\s*[\"']"
    rb"((?:iso-8859|windows|cp|koi8|gb|big5|euc|shift|mac|latin)[\w-]{1,20})[\"']",
    re.IGNORECASE,
)
_START = re.compile(r"<(?:\w+:)?opml(?=[\s/>])", re.IGNORECASE)
_OTHER = re.compile(r"<(?:\w+:)?(rss|feed|rdf|html)\b", re.IGNORECASE)
_REFERENCE = re.compile(r"&#?\w{1,32};")
_CONTROL = bytes(set(range(0x20)) - set(b"\t\n\r"))
_NOT_XML = re.compile("[\ufffe\uffff]")
_FEED_SCHEME = re.compile(r"^feed:(?://)?(https?:)?(?://)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A feed in a list; ``groups`` are the folders around it, outermost first."""

    url: str
    title: str = ""
    groups: tuple[str, ...] = ()
    site_url: str = ""


def read(document: bytes) -> tuple[Outline, ...]:
    """The feeds of a list, in its order, each once.

    A feed that stands there again adds its groups to the first. Of a long list the
    first ``MAX_OUTLINES`` outlines are read, folders included.

    Raises:
        FeedError: This is no OPML at all.
    """
    text = _decoded(document)
    start = _START.search(text)
    if not start:
        raise FeedError(_other(text))
    found: dict[str, Outline] = {}
    for outline in _outlines(_parsed(text[start.start() :])):
        known = found.setdefault(outline.url, outline)
        if known is not outline:
            groups = _distinct(known.groups + outline.groups)
            found[outline.url] = replace(known, groups=groups)
    return tuple(found.values())


def _decoded(document: bytes) -> str:
    if wide := _UTF_16.get(document[:2]):
        return document.decode(wide, "replace")
    for encoding in (b"utf-8", *_DECLARED.findall(document[:1_000])):
        with contextlib.suppress(UnicodeDecodeError, LookupError):
            return document.decode(encoding.decode())
    return document.decode("utf-8", "replace")


def _other(text: str) -> str:
    found = _OTHER.search(text)
    if not found:
        return "this is no OPML: it has no <opml> element"
    if found[1].lower() == "html":
        return "this is a web page, no OPML; give the exported file itself"
    return "this is a feed, no OPML list of feeds; add it by its address"


def _parsed(text: str) -> _Element:
    """The tree, with every reference still as it was written.

    What stands before the root is cut off: banners, declarations, entities.
    """
    import lxml.etree

    parser = lxml.etree.XMLParser(
        encoding="utf-8",
        recover=True,
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
    )
    source = text.replace("&", "&amp;").encode("utf-8", "ignore")
    return lxml.etree.fromstring(source.translate(None, _CONTROL), parser)


def _outlines(root: _Element) -> Iterator[Outline]:
    within: dict[_Element, tuple[str, ...]] = {}
    for element in islice(root.iter("{*}outline"), MAX_OUTLINES):
        values = _values(element)
        groups = within.get(element.getparent(), ())
        name = _text(values["text"]) or _text(values["title"])
        url = _feed_url(values)
        if url:
            yield Outline(
                url=url,
                title="" if name == _tidy(url) else name,
                groups=_distinct((*groups, *_categories(values["category"]))),
                site_url=_url(values["htmlurl"]),
            )
        else:
            groups = _distinct((*groups, name))
        within[element] = groups


def _values(element: _Element) -> dict[str, str]:
    """The attributes we know, by their names in lower case; "" for those not there.

    Only they are looked up: lxml takes quadratic time for all values of an element.
    """
    names = {name.lower(): name for name in element.attrib}
    return {name: element.get(names.get(name, name), "") for name in _ATTRIBUTES}


def _feed_url(values: Mapping[str, str]) -> str:
    """The address of a feed; a plain ``url`` may be that of a page or of a list."""
    found = _url(values["xmlurl"])
    if found or values["type"].lower() in ("link", "include"):
        return found
    return _url(values["url"])


def _url(value: str) -> str:
    if len(value) > _MAX_URL:
        return ""
    text = _text(value, _MAX_URL)
    url = _FEED_SCHEME.sub(lambda m: f"{m[1] or 'http:'}//", text)
    return url if is_web(url) else ""


def _categories(value: str) -> list[str]:
    """The names in "/News/World,Sport"."""
    names = re.split("[/,]", _text(value, _MAX_URL), maxsplit=MAX_GROUPS * 2)
    return [_tidy(name) for name in names[: MAX_GROUPS * 2]]


def _text(value: str, limit: int = _MAX_TITLE) -> str:
    """An attribute with its references resolved: those of XML and of HTML."""
    value = value[: limit * 8]
    return _tidy(_REFERENCE.sub(lambda m: html.unescape(m[0]), value), limit)


def _distinct(groups: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, groups)))[:MAX_GROUPS]


def _tidy(text: str, limit: int = _MAX_TITLE) -> str:
    return one_line(_NOT_XML.sub("", text), limit)


def write(outlines: Iterable[Outline], *, title: str, created: datetime) -> str:
    """OPML 2.0 with a folder for each group, in the order of first appearance.

    User names and passwords are left out, because such files are passed on.
    """
    import lxml.etree

    root = lxml.etree.Element("opml", version="2.0")
    head = lxml.etree.SubElement(root, "head")
    lxml.etree.SubElement(head, "title").text = _tidy(title)
    date = format_datetime(created.astimezone(UTC), usegmt=True)
    lxml.etree.SubElement(head, "dateCreated").text = date
    folders: dict[tuple[str, ...], _Element]
    folders = {(): lxml.etree.SubElement(root, "body")}
    for outline in outlines:
        groups = _distinct(map(_tidy, outline.groups))
        for depth, name in enumerate(groups):
            inner = groups[: depth + 1]
            if inner not in folders:
                folder = folders[groups[:depth]]
                folders[inner] = lxml.etree.SubElement(folder, "outline", text=name)
        lxml.etree.SubElement(folders[groups], "outline", _attributes(outline))
    text = lxml.etree.tostring(root, encoding="unicode", pretty_print=True)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'


def _attributes(outline: Outline) -> dict[str, str]:
    url = _tidy(redacted(outline.url), _MAX_URL)
    title = _tidy(outline.title)
    found = {
        "type": "rss",
        "text": title or url,
        "title": title,
        "xmlUrl": url,
        "htmlUrl": _tidy(redacted(outline.site_url), _MAX_URL),
    }
    return {name: value for name, value in found.items() if value}
