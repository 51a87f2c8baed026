"""Microsoft Teams, by the address of a workflow: an Adaptive Card of version 1.4."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from monitor.channels.posting import Networks, as_json, post
from monitor.models import Brief, Digest, Part, Receipt, Secret, Target
from monitor.text.words import one_line

MAX_BYTES = 20_000
"""Teams takes 28 kB with all that it adds itself."""

_MARKUP = re.compile(r"([\\*_~`\[\]()#>!-])")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """``webhook`` is the address of a workflow that posts what it is sent."""

    webhook: Secret
    networks: Networks = ()

    gap = timedelta(milliseconds=250)
    way = ""
    patience = timedelta(hours=24)
    threads = False

    def problem(self) -> str:
        """What is wrong with the settings together; "" if nothing."""
        return "" if self.webhook else "webhook is empty"

    def targets(self) -> tuple[str, ...]:
        return ("webhook",)

    def render(self, digest: Digest, target: Target) -> list[Part]:
        head = [
            _block(
                _escaped(one_line(digest.subject, 300)), weight="Bolder", size="Large"
            )
        ]
        if not digest.briefs:
            head.append(_block(_escaped(digest.text[:5_000])))
        stories = [_story(brief) for brief in digest.briefs]
        return [
            Part(
                id=target.id if number == 0 else f"{target.id}-{number}",
                target=target.address,
                payload=as_json(_card(blocks)),
            )
            for number, blocks in enumerate(_chunks(head, stories))
        ]

    async def send(self, part: Part, thread: str | None = None) -> Receipt:  # noqa: ARG002 - no threads
        answer = await post(self.webhook.reveal(), part.payload, networks=self.networks)
        if not answer.good:
            raise answer.error()
        # 202 says that the workflow has it, not that it was posted.
        return Receipt(text="taken by the workflow", code=answer.status)


def _card(blocks: list[Json]) -> Json:
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": blocks,
    }
    kind = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": kind, "content": card}]}


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text)


def _block(text: str, **style: Any) -> Json:  # noqa: ANN401 - JSON
    return {"type": "TextBlock", "wrap": True, "text": text, **style}


def _story(brief: Brief) -> list[Json]:
    title = _escaped(brief.title[:300])
    if brief.url and len(brief.url) <= 1_500:
        url = brief.url.replace("(", "%28").replace(")", "%29")
        title = f"[{title}]({url})"
    excerpt = "".join(
        f"**{_escaped(piece)}**" if marked and piece.strip() else _escaped(piece)
        for piece, marked in brief.excerpt
    )
    label = f"**{_escaped(brief.label[:200])}** " if brief.label else ""
    byline = _escaped(f"{brief.byline[:200]} · {brief.at:%d %b %H:%M} UTC")
    small = [
        text
        for text in (brief.also[:300], brief.why and f"Why: {brief.why[:300]}")
        if text
    ]
    return [
        _block(label + title, weight="Bolder", separator=True, spacing="Medium"),
        _block(byline, isSubtle=True, size="Small", spacing="None"),
        *([_block(excerpt)] if excerpt else []),
        *(
            _block(_escaped(t), isSubtle=True, size="Small", spacing="None")
            for t in small
        ),
    ]


def _chunks(head: list[Json], stories: Sequence[list[Json]]) -> Iterator[list[Json]]:
    blocks = head
    for story in stories:
        if len(as_json(_card([*blocks, *story]))) > MAX_BYTES and blocks:
            yield blocks
            blocks = []
        blocks = [*blocks, *story]
    yield blocks
