"""Slack: by an incoming webhook, or as a bot, which has threads.

Words of strangers stand in rich text elements, which Slack takes literally; nothing is
ever written in its mark-up, so that no title can ping a whole workspace.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from monitor.channels.posting import Answer, Networks, as_json, post
from monitor.channels.slack_limits import HEADER, SECTION, faults
from monitor.errors import (
    DeliveryDeferred,
    DeliveryError,
    DeliveryRejected,
    DestinationFault,
)
from monitor.models import Brief, Digest, Part, Probe, Receipt, Secret, Target
from monitor.text.words import one_line

MOST_STORIES = 24
"""As many stay readable in one message."""

_API = "https://slack.com/api"
_LONGEST_URL = 2_900
_PASSING = (
    "internal_error", "fatal_error", "service_unavailable", "request_timeout",
    "team_added_to_org", "rollup_error",
)  # fmt: skip
_BAD_MESSAGE = (
    "invalid_payload", "invalid_blocks", "invalid_blocks_format", "msg_too_long",
    "msg_blocks_too_long", "no_text", "too_many_attachments", "invalid_arguments",
)  # fmt: skip
Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Either a ``webhook``, or a bot's ``token`` and the ``channel`` to post to."""

    webhook: Secret = Secret("")  # noqa: RUF009 - frozen, so it may be shared
    token: Secret = Secret("")  # noqa: RUF009 - frozen, so it may be shared
    channel: str = ""
    api: str = _API
    networks: Networks = ()

    gap = timedelta(seconds=1)
    way = ""
    patience = timedelta(hours=24)
    threads = True

    def problem(self) -> str:
        """What is wrong with the settings together; "" if nothing."""
        if bool(self.webhook) == bool(self.token):
            return "write either webhook, or token and channel"
        return "" if self.webhook or self.channel else "channel is missing"

    def targets(self) -> tuple[str, ...]:
        return (self.channel or "webhook",)

    def render(self, digest: Digest, target: Target) -> list[Part]:
        chunks = _chunks(digest.briefs) or [()]
        if self.webhook:
            # A second message would be a second root: the rest is a line.
            chunks = chunks[:1]
        shown = sum(map(len, chunks))
        parts = []
        for number, chunk in enumerate(chunks):
            last = number == len(chunks) - 1
            more = len(digest.stories) - shown if last else 0
            payload = _message(digest, chunk, root=number == 0, more=more)
            if self.channel:
                payload["channel"] = self.channel
            if faults(payload):
                payload.pop("blocks")
            ident = target.id if number == 0 else f"{target.id}-{number}"
            parts.append(
                Part(id=ident, target=target.address, payload=as_json(payload))
            )
        return parts

    async def send(self, part: Part, thread: str | None = None) -> Receipt:
        payload = json.loads(part.payload)
        if thread and self.token:
            payload["thread_ts"] = thread
        try:
            return await self._post(payload)
        except DeliveryRejected:
            if "blocks" not in payload:
                raise
            # Once without its blocks: a plain message is better than none.
            payload.pop("blocks")
            return await self._post(payload)

    async def probe(self) -> Probe:
        """Whose token it is; a webhook cannot be asked without posting."""
        if self.webhook:
            return Probe(text="a webhook: only a message shows whether it works")
        answer = await post(
            f"{self.api}/auth.test",
            b"{}",
            networks=self.networks,
            headers={"authorization": f"Bearer {self.token.reveal()}"},
        )
        said = answer.fields()
        if answer.good and said.get("ok") is True:
            who = one_line(f"{said.get('user', '')} in {said.get('team', '')}", 100)
            return Probe(text=f"Slack knows {who}")
        raise _error(answer, str(said.get("error", "")))

    async def _post(self, payload: Json) -> Receipt:
        if self.webhook:
            answer = await post(
                self.webhook.reveal(), as_json(payload), networks=self.networks
            )
            if answer.good and answer.text == "ok":
                return Receipt(text="ok", code=answer.status)
            raise _error(answer, answer.text)
        answer = await post(
            f"{self.api}/chat.postMessage",
            as_json(payload),
            networks=self.networks,
            headers={
                "authorization": f"Bearer {self.token.reveal()}",
                "content-type": "application/json; charset=utf-8",
            },
        )
        said = answer.fields()
        if answer.good and said.get("ok") is True:
            return Receipt(text="ok", code=200, remote_id=str(said.get("ts", "")))
        raise _error(answer, str(said.get("error", "")))


def _error(answer: Answer, reason: str) -> DeliveryError:
    """HTTP 200 is no success by itself: what Slack's word means decides."""
    text = f"{answer.host}: {one_line(reason, 100) or answer.text}"
    if answer.status == 429 or reason in ("ratelimited", "rate_limited"):
        error = answer.error()
        wait = error.retry_after if isinstance(error, DeliveryDeferred) else None
        return DeliveryDeferred(
            text,
            code=429,
            retry_after=wait or timedelta(seconds=30),
            throttled=True,
        )
    if reason in _BAD_MESSAGE:
        return DeliveryRejected(text, code=answer.status)
    if reason in _PASSING or answer.status >= 500:
        return DeliveryDeferred(text, code=answer.status)
    if reason and answer.status < 500:
        return DestinationFault(text, code=answer.status)
    return answer.error() if not answer.good else DeliveryDeferred(text)


def _chunks(briefs: Sequence[Brief]) -> list[Sequence[Brief]]:
    return [briefs[n : n + MOST_STORIES] for n in range(0, len(briefs), MOST_STORIES)]


def _message(digest: Digest, briefs: Sequence[Brief], *, root: bool, more: int) -> Json:
    blocks = [_header(digest.subject)] if root else []
    if not briefs:
        blocks.append(_rich([_text(one_line(digest.text, 2_900))]))
    blocks += [_rich(list(_story(brief))) for brief in briefs]
    if more:
        noun = "story" if more == 1 else "stories"
        blocks.append(_rich([_text(f"and {more} more {noun}, told with this digest")]))
    titles = "\n".join(f"• {_plain(brief.title)}" for brief in briefs[:5])
    text = _plain(digest.subject) + (f"\n{titles}" if titles else "")
    return {
        "text": text[:3_000],
        "blocks": blocks,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _header(text: str) -> Json:
    plain = {
        "type": "plain_text",
        "text": one_line(text, HEADER) or "-",
        "emoji": False,
    }
    return {"type": "header", "text": plain}


def _rich(parts: list[Json]) -> Json:
    section = {"type": "rich_text_section", "elements": parts}
    return {"type": "rich_text", "elements": [section]}


def _story(brief: Brief) -> Iterator[Json]:
    """A story as elements; together they stay below the limit of a block."""
    if brief.label:
        yield _text(f"{brief.label[:300]}\n", code=True)
    title = brief.title[:300]
    if brief.url and len(brief.url) <= _LONGEST_URL:
        yield {"type": "link", "url": brief.url, "text": title, "style": {"bold": True}}
    else:
        yield _text(title, bold=True)
    yield _text(f"\n{brief.byline[:200]} · ")
    yield _date(brief)
    if brief.excerpt:
        yield _text("\n")
    room = SECTION - 1_600
    for piece, marked in brief.excerpt:
        if piece[:room]:
            yield _text(piece[:room], bold=marked)
        room -= len(piece[:room])
    for line in (brief.also[:300], brief.why and f"Why: {brief.why[:300]}"):
        if line:
            yield _text(f"\n{line}", italic=True)


def _text(text: str, **style: bool) -> Json:
    chosen = {name: True for name, on in style.items() if on}
    found: Json = {"type": "text", "text": text}
    return {**found, "style": chosen} if chosen else found


def _date(brief: Brief) -> Json:
    """A time that each reader sees in the own zone."""
    return {
        "type": "date",
        "timestamp": int(brief.at.timestamp()),
        "format": "{date_short_pretty} {time}",
        "fallback": f"{brief.at:%Y-%m-%d %H:%M} UTC",
    }


def _plain(text: str) -> str:
    """Text for notifications, which Slack reads as mark-up: three signs are escaped.

    A word joiner breaks what has no escape (``*bold*``), and what would be a name.
    """
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(sign, entity)
    for sign in "*_~`@":
        text = text.replace(sign, f"{sign}\u2060")
    return text
