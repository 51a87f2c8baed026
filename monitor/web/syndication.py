"""Matches as feeds of our own: Atom (RFC 4287) and JSON Feed 1.1, for any reader.

The secret stands in the address, because feed readers know no other way.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from xml.etree import ElementTree

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from monitor.pipeline.context import Context
from monitor.rules.explain import why
from monitor.storage import browse
from monitor.storage.browse import Asked, MatchLine
from monitor.storage.database import Transaction
from monitor.text.urls import is_web
from monitor.text.words import clean, one_line
from monitor.web.door import Door

MOST = 50
_ATOM = "http://www.w3.org/2005/Atom"
_FORMS = {"atom": "application/atom+xml", "json": "application/feed+json"}
_LONGEST = 1_000


class Syndication:
    """Gives the stories of a rule, or those that a subscriber was told."""

    def __init__(self, context: Context, door: Door) -> None:
        self._context = context
        self._door = door

    def address(self, kind: str, name: str, form: str) -> str:
        """The path of a feed; whoever knows it may read it."""
        return f"/out/{kind}/{name}/{self._token(kind, name)}/{form}"

    def _token(self, kind: str, name: str) -> str:
        text = f"feed\n{kind}\n{name}".encode()
        mac = hmac.digest(self._context.key.reveal().encode(), text, hashlib.sha256)
        return base64.b32encode(mac[:15]).decode().lower()

    async def give(self, request: Request) -> Response:
        """A feed, or 304 for whoever has it already."""
        kind, name, token, form = (
            request.path_params[part] for part in ("kind", "name", "token", "form")
        )
        config = self._context.config
        names = {"rule": list(config.rules), "subscriber": list(config.subscribers)}
        known = names.get(kind, [])
        good = hmac.compare_digest(token.encode(), self._token(kind, name).encode())
        if not good or name not in known or form not in _FORMS:
            return PlainTextResponse("there is no such feed\n", 404)
        lines = await self._context.database.call(_lines, kind, name)
        title = f"{_title(self._context, kind, name)} · {config.theme.name}"
        base = config.web.base_url.rstrip("/") or self._door.root(request)
        body = _FORMATS[form](title, f"urn:monitor:{kind}:{name}", base, lines)
        return _answer(request, body, _FORMS[form], _updated(lines))


def _title(context: Context, kind: str, name: str) -> str:
    if kind == "rule":
        return context.config.rules[name].title or name
    return context.config.subscribers[name].name or name


def _lines(tx: Transaction, kind: str, name: str) -> list[list[MatchLine]]:
    """The stories, newest first, each with its matches."""
    if kind == "rule":
        found = browse.find_matches(tx, Asked(rule=name), 4 * MOST)
    else:
        found = browse.told_stories(tx, name, 2 * MOST)
    stories: dict[str, list[MatchLine]] = {}
    for line in found:
        stories.setdefault(line.story, []).append(line)
    return list(stories.values())[:MOST]


def _updated(stories: Sequence[Sequence[MatchLine]]) -> datetime | None:
    return max((line.matched_at for story in stories for line in story), default=None)


def _answer(
    request: Request, body: bytes, kind: str, updated: datetime | None
) -> Response:
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"etag": etag, "cache-control": "private, max-age=60"}
    if updated:
        headers["last-modified"] = format_datetime(updated, usegmt=True)
    if _has(request, etag, updated):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=kind)


def _has(request: Request, etag: str, updated: datetime | None) -> bool:
    """Whether the reader has it: by its ETag, else by the date (RFC 9110, 13.2.2)."""
    if known := request.headers.get("if-none-match"):
        return etag in [one.strip().removeprefix("W/") for one in known.split(",")]
    try:
        since = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
    except ValueError:
        return False
    return (
        updated is not None
        and since.tzinfo is not None
        and (updated.replace(microsecond=0) <= since)
    )


def _summary(story: Sequence[MatchLine]) -> str:
    first = story[0]
    outlets = dict.fromkeys(line.source for line in story)
    also = ", ".join([*outlets][1:4])
    reasons = dict.fromkeys(
        f"{line.match.rule}: {why(line.match.hits)}" for line in story
    )
    parts = [one_line(first.summary, _LONGEST), also and f"Also in {also}.", *reasons]
    return clean("\n".join(filter(None, parts)))


def _atom(
    title: str, ident: str, base: str, stories: Sequence[Sequence[MatchLine]]
) -> bytes:
    ElementTree.register_namespace("", _ATOM)
    feed = ElementTree.Element(f"{{{_ATOM}}}feed")
    _add(feed, "title", title)
    _add(feed, "id", ident)
    updated = _updated(stories)
    _add(feed, "updated", updated.isoformat() if updated else "1970-01-01T00:00:00Z")
    for story in stories:
        entry = ElementTree.SubElement(feed, f"{{{_ATOM}}}entry")
        first = story[0]
        _add(entry, "title", first.title or "(no title)")
        _add(entry, "id", f"urn:monitor:story:{first.story}")
        _add(entry, "updated", max(line.matched_at for line in story).isoformat())
        _add(entry, "published", min(line.first_seen for line in story).isoformat())
        author = ElementTree.SubElement(entry, f"{{{_ATOM}}}author")
        _add(author, "name", first.source or first.feed)
        url = _link(first, base)
        ElementTree.SubElement(entry, f"{{{_ATOM}}}link", href=url)
        _add(entry, "summary", _summary(story))
    body: bytes = ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True)
    return body


def _add(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, f"{{{_ATOM}}}{name}").text = clean(text)


def _link(line: MatchLine, base: str) -> str:
    """The article, or the page of its story where it has no address."""
    return line.url if is_web(line.url) else f"{base}/stories/{line.story}"


def _json(
    title: str, ident: str, base: str, stories: Sequence[Sequence[MatchLine]]
) -> bytes:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": clean(title),
        "description": ident,
        "items": [
            {
                "id": f"urn:monitor:story:{story[0].story}",
                "url": _link(story[0], base),
                "title": clean(story[0].title),
                "content_text": _summary(story),
                "date_published": min(x.first_seen for x in story).isoformat(),
                "date_modified": max(x.matched_at for x in story).isoformat(),
                "authors": [{"name": clean(story[0].source or story[0].feed)}],
                "tags": sorted({line.match.rule for line in story}),
            }
            for story in stories
        ],
    }
    return json.dumps(feed, ensure_ascii=False).encode("utf-8", "replace")


_FORMATS = {"atom": _atom, "json": _json}
