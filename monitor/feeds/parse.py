"""Turn a feed document into entries; runs in a worker process.

feedparser for RSS, RDF and Atom; a small adapter for JSON Feed, which feedparser 6
does not know. Every text that leaves is plain and cut to length.
"""

import calendar
import hashlib
import io
import json
import re
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.models import Entry, ParsedFeed
from monitor.text.html import plain_text, title_text
from monitor.text.urls import resolve
from monitor.text.words import clean

MAX_ENTRIES = 2_000
_CHARACTER_REFERENCE = re.compile(rb"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));?")
_MAX_GUID = 2_000
_MAX_LINK = 4_000
_MAX_SUMMARY = 10_000
_MAX_CONTENT = 200_000


def parse(body: bytes, content_type: str, url: str) -> ParsedFeed | str:
    """Read a feed document; a string says what it is instead of a feed.

    ``url`` is the final one, against which relative links are resolved.
    """
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        return _parse_json(body, url)
    return _parse_xml(body, content_type, url)


def _parse_xml(body: bytes, content_type: str, url: str) -> ParsedFeed | str:
    import feedparser

    # The charset of the HTTP header decides where the document is silent. The type is
    # ours: "text/xml" means ASCII to feedparser (RFC 3023), and UTF-16 passes for that.
    _, separator, parameters = content_type.partition(";")
    # A stream, never the bytes: feedparser opens a file or URL whose name it is given.
    # No address either: it would become part of guids that are not URLs, and a feed
    # that moves would be all new.
    try:
        found = feedparser.parse(
            io.BytesIO(_CHARACTER_REFERENCE.sub(_possible, body)),
            response_headers={
                "content-type": f"application/xml{separator}{parameters}"
            },
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
    ) as error:
        return f"a document that is broken beyond repair ({type(error).__name__})"
    if not found.get("version") and not found.entries:
        return _not_a_feed(body)
    language = _language(found.feed.get("language"))
    return ParsedFeed(
        title=title_text(str(found.feed.get("title", ""))),
        language=language,
        version=str(found.version),
        ttl=_ttl(found.feed.get("ttl")),
        recovered=bool(found.bozo),
        entries=_telling(
            _xml_entry(e, url, language) for e in found.entries[:MAX_ENTRIES]
        ),
    )


def _possible(reference: re.Match[bytes]) -> bytes:
    """A reference if there is such a character; feedparser fails on half an emoji."""
    digits = (reference[1] or reference[2]).lstrip(b"0")
    number = int(digits[:8] or b"0", 16 if reference[1] else 10)
    good = number < 0xD800 or 0xDFFF < number < 0x110000
    return reference[0] if good else b""


def _telling(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The entries that say anything; a document that was cut off ends in one that does not."""
    return tuple(
        e for e in entries if e.guid or e.url or e.title or e.summary or e.content
    )


def _ttl(text: object) -> timedelta | None:
    """RSS ``<ttl>``: minutes for which a channel may be kept."""
    found = re.fullmatch(r"\s*(\d{1,5})\s*", str(text or ""))
    return timedelta(minutes=int(found[1])) if found else None


def _absolute(url: str, link: str) -> str:
    """A link of a document; no link is not the document's own address."""
    link = clean(link).strip()
    found = resolve(url, link) if link else ""
    return found if len(found) <= _MAX_LINK else ""


def _guid(text: str) -> str:
    """A guid as it came; a huge one is cut, and still differs where it did."""
    text = clean(text).strip()
    if len(text) <= _MAX_GUID:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{text[: _MAX_GUID - 65]}#{digest}"


def _language(value: object) -> str:
    return title_text(value, 40) if isinstance(value, str) else ""


def _not_a_feed(body: bytes) -> str:
    head = body[:100_000].decode("utf-8", "replace")
    title = re.search(r"<title[^>]*>([^<]{1,300})", head, re.IGNORECASE)
    if title or "<html" in head.lower():
        name = f' titled "{title_text(title[1], 80)}"' if title else ""
        return f"a web page{name} instead of a feed"
    return "neither RSS, Atom nor JSON Feed"


def _xml_entry(found: Mapping[str, Any], url: str, language: str) -> Entry:
    contents = [str(c.get("value", "")) for c in found.get("content", ())]
    content = plain_text("\n".join(contents), _MAX_CONTENT)
    summary = plain_text(str(found.get("summary", "")), _MAX_SUMMARY)
    source = found.get("source", {})
    return Entry(
        guid=_guid(str(found.get("id", ""))),
        url=_absolute(url, _link(found)),
        title=title_text(str(found.get("title", ""))),
        # feedparser repeats an Atom content as the summary.
        summary="" if content.startswith(summary) else summary,
        content=content,
        published=_date(found, "published_parsed") or _date(found, "updated_parsed"),
        author=title_text(str(found.get("author", "")), 200),
        tags=_tags(str(t.get("term") or "") for t in found.get("tags", ())),
        source_url=_absolute(url, str(source.get("href") or source.get("link") or "")),
        language=_language(found.get("title_detail", {}).get("language")) or language,
    )


def _link(found: Mapping[str, Any]) -> str:
    for link in found.get("links", ()):
        if link.get("rel", "alternate") == "alternate" and link.get("href"):
            return str(link["href"])
    return str(found.get("link", ""))


def _date(found: Mapping[str, Any], key: str) -> datetime | None:
    # ``in``, because feedparser's get() falls back from published to updated.
    value = found[key] if key in found else None  # noqa: SIM401 - see above
    if not isinstance(value, time.struct_time):
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(value), UTC)
    except (ValueError, OverflowError):
        return None


def _tags(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(title_text(tag, 100) for tag in list(found)[:20] if tag.strip())


def _parse_json(body: bytes, url: str) -> ParsedFeed | str:
    """JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1)."""
    try:
        found = json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return "broken JSON instead of a feed"
    items = found.get("items") if isinstance(found, dict) else None
    if not isinstance(items, list):
        return "JSON, but not a JSON Feed"
    language = _language(found.get("language"))
    return ParsedFeed(
        title=title_text(_text(found, "title")),
        language=language,
        version="json",
        entries=_telling(
            _json_entry(i, url, language)
            for i in items[:MAX_ENTRIES]
            if isinstance(i, dict)
        ),
    )


def _text(found: Mapping[str, Any], key: str) -> str:
    value = found.get(key)
    return str(value) if isinstance(value, str | int | float) else ""


def _listed(found: Mapping[str, Any], key: str) -> list[Any]:
    value = found.get(key)
    return value if isinstance(value, list) else []


def _json_entry(found: Mapping[str, Any], url: str, language: str) -> Entry:
    content = _text(found, "content_html")
    text = plain_text(content, _MAX_CONTENT) or clean(_text(found, "content_text"))
    authors = _listed(found, "authors") or [found.get("author")]
    names = [_text(a, "name") for a in authors if isinstance(a, dict)]
    link = _text(found, "url") or _text(found, "external_url")
    return Entry(
        guid=_guid(_text(found, "id")),
        url=_absolute(url, link),
        title=title_text(_text(found, "title")) or title_text(text, 80),
        summary=plain_text(_text(found, "summary"), _MAX_SUMMARY),
        content=text[:_MAX_CONTENT],
        published=_iso_date(_text(found, "date_published")),
        author=title_text(", ".join(filter(None, names)), 200),
        tags=_tags(t for t in _listed(found, "tags") if isinstance(t, str)),
        source_url="",
        language=_language(found.get("language")) or language,
    )


def _iso_date(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def plausible(published: datetime | None, now: datetime) -> datetime | None:
    """A publishing date, or None where it cannot be true.

    Before 1995 there were no feeds (feedparser turns an epoch integer into the year
    1767); more than a day ahead is a mistake.
    """
    if published is None:
        return None
    earliest = datetime(1995, 1, 1, tzinfo=UTC)
    return published if earliest <= published <= now + timedelta(days=1) else None
