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
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeGuard

from monitor.feeds.gate import MAX_ENTRIES, spans
from monitor.models import Entry, ParsedFeed, Skips
from monitor.text.dates import feed_date
from monitor.text.html import plain_text, title_text
from monitor.text.urls import resolve
from monitor.text.words import clean

_CHARACTER_REFERENCE = re.compile(rb"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));?")
_DAYS = tuple(calendar.day_name[n].lower().encode() for n in range(7))
_HEAD = 50_000
_SNIFFED = 20_000
_WHOLE = 2
_WIDE = {
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
    b"<\0": "utf-16-le",
    b"\0<": "utf-16-be",
}
_AS_UTF_8 = "application/xml; charset=utf-8"
_CHARSET = re.compile(r"charset=[\"']?([\w.:-]+)", re.IGNORECASE)
_ENCODING = re.compile(r"<\?xml[^>]*\sencoding=[\"']([\w.:-]+)", re.IGNORECASE)
_UTF_8 = ("utf-8", "utf8")
# Not the Latin ones: their letters differ too little to be told apart.
_GUESSES = [
    "cp1251",
    "cp1252",
    "cp1253",
    "cp1255",
    "cp1256",
    "koi8_r",
    "gb18030",
    "big5",
    "shift_jis",
    "euc_jp",
    "euc_kr",
]
_MAX_GUID = 2_000
_MAX_LINK = 4_000
_MAX_SUMMARY = 10_000
_MAX_CONTENT = 200_000


def parse(
    body: bytes, content_type: str, url: str, read: frozenset[str] = frozenset()
) -> ParsedFeed | str:
    """Read a feed document; a string says what it is instead of a feed.

    ``url`` is the final one, against which relative links are resolved. Entries that
    stand in spans which were ``read`` before are left out where that is safe.
    """
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        return _parse_json(body, url)
    return _parse_xml(body, content_type, url, read)


def _parse_xml(
    body: bytes, content_type: str, url: str, read: frozenset[str]
) -> ParsedFeed | str:
    # Of the whole, because the new part alone may be too little to tell.
    content_type, body = _truly_encoded(body, content_type)
    found = spans(body, content_type, url)
    if found and len(found.hashes) > MAX_ENTRIES:
        body = found.newest(MAX_ENTRIES)
        found = spans(body, content_type, url)
    if found and not read.isdisjoint(found.hashes):
        parsed = _read(found.without(read), content_type, url)
        fresh = tuple(h for h in found.hashes if h not in read)
        if _fits(parsed, fresh):
            unchanged = tuple(h for h in found.hashes if h in read)
            return replace(parsed, spans=fresh, unchanged=unchanged)
    parsed = _read(body, content_type, url)
    if found and _fits(parsed, found.hashes):
        return replace(parsed, spans=found.hashes)
    return parsed


def _fits(parsed: ParsedFeed | str, hashes: tuple[str, ...]) -> TypeGuard[ParsedFeed]:
    """Whether the parser saw in a document what its bytes show."""
    return (
        isinstance(parsed, ParsedFeed)
        and not parsed.recovered
        and len(parsed.entries) == len(hashes)
    )


def _read(body: bytes, content_type: str, url: str) -> ParsedFeed | str:
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
        site_url=_absolute(url, _link(found.feed)),
        ttl=_ttl(found.feed.get("ttl")),
        skips=_skips(body),
        recovered=bool(found.bozo),
        entries=_telling(
            _xml_entry(e, url, language) for e in found.entries[:MAX_ENTRIES]
        ),
    )


def _truly_encoded(body: bytes, content_type: str) -> tuple[str, bytes]:
    """The type and body with the encoding that the bytes show, where they lie about it.

    What is valid UTF-8 and not plain ASCII is UTF-8, whatever it says. What says UTF-8
    or nothing and is not, is guessed from its letters; else it would be read as
    Windows-1252 (mojibake).
    """
    for mark, wide in _WIDE.items():
        if body.startswith(mark):
            return _AS_UTF_8, body.decode(wide, "replace").encode()
    if body.isascii():
        return content_type, body
    named = _CHARSET.search(content_type) or _ENCODING.search(
        body[:200].decode("latin-1")
    )
    name = named[1].lower() if named else "utf-8"
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    if not broken:
        return (content_type if name in _UTF_8 else _AS_UTF_8), body
    if name not in _UTF_8:
        return content_type, body
    whole = sum(not character.isascii() for character in text) - broken
    # A letter that was cut in half is a common mistake, and no other encoding: in one
    # of those hardly a letter is whole.
    if whole >= broken * _WHOLE:
        return _AS_UTF_8, text.encode()
    return _guessed(body, content_type)


def _guessed(body: bytes, content_type: str) -> tuple[str, bytes]:
    from charset_normalizer import from_bytes

    # Markup is no evidence, and there is enough text in the first part.
    letters = re.sub(rb"<[^>]*>", b" ", body[:_SNIFFED])
    best = from_bytes(letters, cp_isolation=_GUESSES).best()
    if best is None or best.encoding == "cp1252":
        return content_type, body
    text = body.decode(best.encoding, "replace")
    return _AS_UTF_8, text.encode()


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


def _skips(body: bytes) -> Skips:
    """RSS ``skipHours`` and ``skipDays``, which feedparser does not read."""
    head = body[:_HEAD]
    hours = re.search(rb"<skipHours>(.{0,2000}?)</skipHours>", head, re.DOTALL)
    days = re.search(rb"<skipDays>(.{0,2000}?)</skipDays>", head, re.DOTALL)
    numbers = re.findall(rb"<hour>\s*(\d{1,2})\s*</hour>", hours[1] if hours else b"")
    names = re.findall(rb"<day>\s*([A-Za-z]+)\s*</day>", days[1] if days else b"")
    found = [_DAYS.index(n) for n in (n.lower() for n in names) if n in _DAYS]
    return Skips(
        hours=tuple(sorted({int(n) % 24 for n in numbers if int(n) <= 24})),
        days=tuple(sorted(set(found))),
    )


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


# FeedParserDict's own get() looks for old names of each key first: four microseconds a
# call, a hundred microseconds an entry. The names here are those under which it stores.
_get = dict.get


def _xml_entry(found: dict[str, Any], url: str, language: str) -> Entry:
    whole = "\n".join(str(_get(c, "value", "")) for c in _get(found, "content", ()))
    content = plain_text(whole, _MAX_CONTENT)
    # feedparser repeats an Atom content as the summary.
    short = str(_get(found, "summary", ""))
    summary = "" if short == whole else plain_text(short, _MAX_SUMMARY)
    source = _get(found, "source", {})
    detail = _get(found, "title_detail", {})
    site = _get(source, "href") or _get(source, "link") or ""
    return Entry(
        guid=_guid(str(_get(found, "id", ""))),
        url=_absolute(url, _link(found)),
        title=title_text(str(_get(found, "title", ""))),
        summary="" if content.startswith(summary) else summary,
        content=content,
        published=_date(found, "published") or _date(found, "updated"),
        author=title_text(str(_get(found, "author", "")), 200),
        tags=_tags(str(_get(t, "term") or "") for t in _get(found, "tags", ())),
        source_url=_absolute(url, str(site)),
        language=_language(_get(detail, "language")) or language,
    )


def _link(found: dict[str, Any]) -> str:
    for link in _get(found, "links", ()):
        if _get(link, "rel", "alternate") == "alternate" and _get(link, "href"):
            return str(link["href"])
    return str(_get(found, "link", ""))


def _date(found: dict[str, Any], key: str) -> datetime | None:
    """One of the dates of an entry; ours first, feedparser reads CET as UTC."""
    if not (text := _get(found, key)):
        return None
    if date := feed_date(str(text)):
        return date
    value = _get(found, f"{key}_parsed")
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
        expired=found.get("expired") is True,
        site_url=_absolute(url, _text(found, "home_page_url")),
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
