"""What programs may ask, read-only: JSON, pages by cursor, described by OpenAPI."""

import functools
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from importlib import resources
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from monitor.feeds.health import judge
from monitor.pipeline.context import Context
from monitor.storage import browse, feeds
from monitor.storage.browse import Asked, MatchLine
from monitor.text.urls import redacted
from monitor.web.door import Door

_MOST = 500
_USUAL = 100
_LARGEST = 1 << 62
Handler = Callable[[Request], Awaitable[dict[str, Any]]]


class _Wrong(Exception):
    """A parameter that cannot be read."""


class Api:
    """The resources below ``/api/v1``."""

    def __init__(self, context: Context, door: Door) -> None:
        self._context = context
        self._door = door

    def of(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        """A resource for programs with a token, and for whoever may see the pages."""

        async def checked(request: Request) -> Response:
            if not (self._door.is_program(request) or self._door.visitor(request)):
                error = {"error": "a token is missing: Authorization: Bearer ..."}
                return JSONResponse(error, 401, {"www-authenticate": "Bearer"})
            try:
                found = await handler(request)
            except _Wrong as error:
                return JSONResponse({"error": str(error)}, 400)
            return JSONResponse(found, headers={"cache-control": "no-store"})

        return checked

    async def matches(self, request: Request) -> dict[str, Any]:
        """Matches, the oldest first, after a cursor."""
        asked = Asked(
            rule=request.query_params.get("rule", ""),
            after=_number(request, "since", 0),
            before=_LARGEST,
        )
        limit = _limit(request)
        found = await self._context.database.call(
            browse.find_matches, asked, limit, oldest_first=True
        )
        following = found[-1].id if found else asked.after
        return {"matches": [_match(line) for line in found], "next": following}

    async def rules(self, _: Request) -> dict[str, Any]:
        """The rules that run."""
        config = self._context.config
        return {
            "rules": [
                {
                    "name": name,
                    "title": rule.title,
                    "query": config.queries[name],
                    "feeds": list(rule.feeds),
                    "priority": rule.priority,
                }
                for name, rule in config.rules.items()
            ]
        }

    async def feeds(self, _: Request) -> dict[str, Any]:
        """The feeds, and how each is doing."""
        context = self._context
        lines = await context.database.call(feeds.list_feeds)
        found = []
        for line in lines:
            config = context.config.feeds.get(line.name)
            quiet = config.quiet_after if config else None
            health = judge(line, context.now(), quiet)
            found.append(
                {
                    "name": line.name,
                    "url": redacted(line.url),
                    "title": line.title,
                    "state": health.state.value,
                    "facts": health.facts,
                    "last_polled": _time(line.last_polled_at),
                    "next_poll": _time(line.next_poll_at),
                    "last_new": _time(line.last_new_at),
                }
            )
        return {"feeds": found}

    async def deliveries(self, request: Request) -> dict[str, Any]:
        """Messages, the newest first, before a cursor."""
        before = _number(request, "before", _LARGEST)
        found = await self._context.database.call(
            browse.find_deliveries,
            state=request.query_params.get("state", ""),
            before=before,
            limit=_limit(request),
        )
        lines = [
            {
                n: _time(v) if isinstance(v, datetime) else v
                for n, v in asdict(x).items()
            }
            for x in found
        ]
        return {"deliveries": lines, "next": found[-1].id if found else None}

    async def openapi(self, _: Request) -> Response:
        """The description of all this."""
        return Response(openapi(), media_type="application/json")


@functools.cache
def openapi() -> bytes:
    """The OpenAPI file."""
    return (resources.files("monitor.web") / "openapi.json").read_bytes()


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise _Wrong(f"{name}: write a number")
    return min(int(text), _LARGEST)


def _limit(request: Request) -> int:
    return max(1, min(_number(request, "limit", _USUAL), _MOST))


def _time(time: datetime | None) -> str | None:
    return time.isoformat() if time else None


def _match(line: MatchLine) -> dict[str, Any]:
    found = {
        "id": line.id,
        "rule": line.match.rule,
        "matched": _time(line.matched_at),
        "weak": line.match.weak,
        "score": line.match.score,
        "hits": [asdict(hit) for hit in line.match.hits],
        "title": line.title,
        "url": line.url,
        "source": line.source,
        "feed": line.feed,
        "language": line.language,
        "origin": line.origin,
        "copy": line.copy,
        "story": line.story,
        "published": _time(line.published),
        "first_seen": _time(line.first_seen),
    }
    # Feeds may hold half a surrogate pair, which JSON can carry and UTF-8 cannot.
    safe: dict[str, Any] = json.loads(
        json.dumps(found, ensure_ascii=False).encode("utf-8", "replace")
    )
    return safe
