"""The pages for whoever runs the service: is it well, what was found, what was sent, why.

Every page works without a script. What changes something is a form with a token of ours.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from monitor import __version__
from monitor.digests.excerpt import title_marks
from monitor.digests.slots import in_words
from monitor.errors import RuleError
from monitor.models import Article, Digest, PageState
from monitor.pipeline.context import Context
from monitor.pipeline.digest import made
from monitor.rules.explain import outline, why, why_not
from monitor.rules.index import Index, Rule
from monitor.rules.syntax import parse
from monitor.storage import (
    browse,
    feeds,
    outbox,
    people,
)
from monitor.storage.browse import Asked, MatchLine
from monitor.text.words import one_line
from monitor.web import looks
from monitor.web.door import Visitor
from monitor.web.gate import Gate
from monitor.web.looks import PAGE as _PAGE
from monitor.web.pages import digest_page
from monitor.web.syndication import Syndication

_DAYS = 14
_RULES = 30
_LONGEST_TEXT = 20_000
_QUERY = "(query)"
_STATES = ("pending", "in_doubt", "sent", "dead", "dropped", "superseded", "suppressed")
_HOLIDAYS = {"day": 1, "week": 7, "month": 30}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A rule with what it found on each of the last days, and the feeds of its matches."""

    name: str
    title: str
    query: str
    followers: tuple[str, ...]
    days: tuple[int, ...]
    atom: str
    json: str


class Desk:
    """The pages behind the door."""

    def __init__(self, context: Context, gate: Gate) -> None:
        self._context = context
        self._page, self._back = gate.page, gate.back
        self._out = Syndication(context, gate.door)

    # --- overview ---

    async def overview(self, request: Request, visitor: Visitor) -> Response:
        """Does it work: signs of life, failing feeds, the outbox, what comes next."""
        context = self._context
        found = await context.database.call(looks.overview_of, context)
        size = await context.database.size()
        return self._page(
            request, "overview", visitor, version=__version__, size=size, **found
        )

    # --- what was found ---

    async def matches(self, request: Request, visitor: Visitor) -> Response:
        """The archive of matches, with filters."""
        query = request.query_params
        zone = ZoneInfo(self._context.config.service.timezone)
        asked = Asked(
            rule=query.get("rule", "")[:200],
            source=query.get("source", "")[:200],
            language=query.get("language", "")[:20],
            title=query.get("title", "")[:200],
            since=_day(query.get("since", ""), zone),
            before=_number(query.get("before", "")) or Asked().before,
        )
        lines, choices = await self._context.database.call(looks.matches_of, asked)
        kept = {n: v for n, v in query.items() if v and n != "before"}
        more = {**kept, "before": lines[-1].id} if len(lines) == _PAGE else None
        return self._page(
            request, "matches", visitor,
            articles=_by_article(lines),
            choices=choices,
            rules=list(self._context.config.rules),
            asked={**dict.fromkeys(_FILTERS, ""), **kept},
            more=urlencode(more) if more else "",
            why=why,
            marks=_marks,
        )  # fmt: skip

    async def story(self, request: Request, visitor: Visitor) -> Response:
        """One story: its time line, all who tell it, why, and who was told."""
        ident = request.path_params["story"]
        found = await self._context.database.call(looks.story_of, ident)
        if found is None:
            return self._page(request, "missing", visitor, status=404)
        return self._page(request, "story", visitor, found=found, why=why)

    # --- feeds ---

    async def feeds(self, request: Request, visitor: Visitor) -> Response:
        """Every feed with its state; those that need a look first."""
        found = await self._context.database.call(looks.feeds_of, self._context)
        wanted = request.query_params.get("state", "")
        states = sorted({health.state.value for _, health in found})
        shown = [one for one in found if not wanted or one[1].state.value == wanted]
        number = _number(request.query_params.get("page", ""))
        start = number * _PAGE
        return self._page(
            request, "feeds", visitor,
            lines=shown[start : start + _PAGE],
            total=len(shown),
            states=states,
            wanted=wanted,
            number=number,
            more=len(shown) > start + _PAGE,
        )  # fmt: skip

    async def change_feed(
        self, request: Request, _visitor: Visitor, fields: dict[str, str]
    ) -> Response:
        """Pause a feed, or go on."""
        name, now = fields.get("feed", ""), self._context.now()
        actions = {"pause": feeds.pause_feed, "resume": feeds.resume_feed}
        if act := actions.get(fields.get("action", "")):
            await self._context.database.call(act, name, now)
        return self._back(request, "/feeds")

    # --- deliveries ---

    async def deliveries(self, request: Request, visitor: Visitor) -> Response:
        """Each message with its attempts and what the far side said."""
        state = request.query_params.get("state", "")
        before = _number(request.query_params.get("before", "")) or Asked().before
        lines = await self._context.database.call(
            browse.find_deliveries, state=state, before=before, limit=_PAGE
        )
        more = {"state": state, "before": lines[-1].id} if len(lines) == _PAGE else None
        return self._page(
            request, "deliveries", visitor,
            lines=lines,
            states=_STATES,
            wanted=state,
            more=urlencode(more) if more else "",
        )  # fmt: skip

    async def change_delivery(
        self, request: Request, _visitor: Visitor, fields: dict[str, str]
    ) -> Response:
        """Try a message again, or give it up."""
        number, action = _number(fields.get("id", "")), fields.get("action", "")
        call = self._context.database.call
        if action == "retry":
            await call(outbox.retry_delivery, number, self._context.now())
        elif action == "drop":
            await call(outbox.drop_delivery, number)
        return self._back(request, "/deliveries")

    # --- rules ---

    async def rules(
        self, request: Request, visitor: Visitor, fields: dict[str, str] | None = None
    ) -> Response:
        """Every rule with its days, and a box to try one on a text."""
        context, given = self._context, fields or {}
        since = context.now() - timedelta(days=_DAYS - 1)
        counts = await context.database.call(browse.count_by_day, since)
        number = _number(request.query_params.get("page", ""))
        start = number * _RULES
        shown = [*context.config.rules][start : start + _RULES]
        tried = await asyncio.to_thread(self._try, given) if given.get("text") else None
        return self._page(
            request, "rules", visitor,
            rules=[self._told(name, counts.get(name, {})) for name in shown],
            number=number,
            more=len(context.config.rules) > start + _RULES,
            names=list(context.config.rules),
            given={"rule": "", "query": "", "title": "", "text": "", **given},
            tried=tried,
        )  # fmt: skip

    def _told(self, name: str, days: dict[int, int]) -> Told:
        config = self._context.config
        today = int(self._context.now().timestamp()) // 86_400
        return Told(
            name=name,
            title=config.rules[name].title,
            query=config.queries[name],
            followers=tuple(
                n for n, s in config.subscribers.items() if name in s.rules
            ),
            days=tuple(days.get(today - n, 0) for n in reversed(range(_DAYS))),
            atom=self._out.address("rule", name, "atom"),
            json=self._out.address("rule", name, "json"),
        )

    def _try(self, given: dict[str, str]) -> dict[str, Any]:
        """What a rule, or a query, says of a text."""
        config, query = self._context.config, given.get("query", "").strip()[:2_000]
        try:
            rule = (
                Rule(name=_QUERY, tree=parse(query, config.lists))
                if query
                else config.index.rules[given.get("rule", "")]
            )
        except RuleError as error:
            return {"error": f"{error}. {error.hint}"}
        except KeyError:
            return {"error": "choose a rule, or write a query"}
        index = Index([Rule(name=rule.name, tree=rule.tree)], config.lists)
        article = Article(
            title=one_line(given.get("title", ""), 500),
            summary="",
            body=given.get("text", "")[:_LONGEST_TEXT],
            aside="",
            language="",
            state=PageState.OK,
            url="",
        )
        match = next(iter(index.match(article)), None)
        return {
            "met": match is not None,
            "why": why(match.hits) if match else why_not(index, rule.name, article),
            "outline": outline(index, rule.name, article),
        }

    # --- subscribers ---

    async def subscribers(self, request: Request, visitor: Visitor) -> Response:
        """Who gets what, and when next."""
        context = self._context
        known = {
            one.name: one for one in await context.database.call(people.list_people)
        }
        lines = [
            {
                "name": name,
                "title": config.name or name,
                "person": known.get(name),
                "rules": config.rules,
                "schedule": in_words(config.digest),
                "send_to": context.config.send_to[name],
                "atom": self._out.address("subscriber", name, "atom"),
            }
            for name, config in context.config.subscribers.items()
        ]
        return self._page(
            request, "subscribers", visitor, lines=lines, holidays=list(_HOLIDAYS)
        )

    async def change_subscriber(
        self, request: Request, _visitor: Visitor, fields: dict[str, str]
    ) -> Response:
        """Pause a subscriber, or go on."""
        action, until = fields.get("action", ""), None
        if action in _HOLIDAYS:
            until = self._context.now() + timedelta(days=_HOLIDAYS[action])
        if until or action == "resume":
            name = fields.get("subscriber", "")
            await self._context.database.call(people.pause, name, until)
        return self._back(request, "/subscribers")

    async def preview(self, request: Request, visitor: Visitor) -> Response:
        """The next digest of a subscriber as it would go out now."""
        name = request.path_params["name"]
        if name not in self._context.config.subscribers:
            return self._page(request, "missing", visitor, status=404)
        digest = await self._next_digest(name)
        if digest is None:
            return self._page(request, "nothing_waits", visitor, name=name)
        return digest_page(digest.html)

    async def _next_digest(self, name: str) -> Digest | None:
        try:
            await self._context.database.call(looks.look_ahead, self._context, name)
        except looks.RolledBack as found:
            return await made(self._context, found.claimed) if found.claimed else None
        raise AssertionError  # pragma: no cover - a look always ends so


_FILTERS = ("rule", "source", "language", "title", "since")


def _number(text: str) -> int:
    """A number that somebody wrote; 0 for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _day(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        return datetime.fromisoformat(text[:10]).replace(tzinfo=zone)
    except ValueError:
        return None


def _by_article(lines: Sequence[MatchLine]) -> list[list[MatchLine]]:
    """The matches of each article together, as they came."""
    found: dict[int, list[MatchLine]] = {}
    for line in lines:
        found.setdefault(line.entry_id, []).append(line)
    return list(found.values())


def _marks(lines: Sequence[MatchLine]) -> list[tuple[str, bool]]:
    """The title in pieces: those that met a rule are marked."""
    line, pieces, end = lines[0], [], 0
    hits = [hit for one in lines for hit in one.match.hits]
    for start, stop in title_marks(hits):
        pieces += [(line.title[end:start], False), (line.title[start:stop], True)]
        end = stop
    return [*pieces, (line.title[end:], False)]
