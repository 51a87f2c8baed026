"""Discord, by a webhook: a message of embeds, in which nobody can be mentioned."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from monitor.channels.posting import Networks, as_json, post
from monitor.models import Brief, Digest, Part, Receipt, Secret, Target
from monitor.text.words import one_line

_MOST_EMBEDS = 10
_MOST_CHARACTERS = 5_800
_CONTENT, _TITLE, _DESCRIPTION, _FOOTER = 1_900, 250, 1_500, 500
_MARKUP = re.compile(r"([\\*_~`|>#\[\]()@:<-])")
_ACCENT, _URGENT = 0x0B5D57, 0xB3261E
Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """``webhook`` is the address that Discord gives for a channel."""

    webhook: Secret
    networks: Networks = ()

    gap = timedelta(seconds=1)
    way = ""
    patience = timedelta(hours=24)
    threads = False

    def problem(self) -> str:
        """What is wrong with the settings together; "" if nothing."""
        return "" if self.webhook else "webhook is empty"

    def targets(self) -> tuple[str, ...]:
        return ("webhook",)

    def render(self, digest: Digest, target: Target) -> list[Part]:
        chunks = list(_chunks([_embed(brief) for brief in digest.briefs])) or [[]]
        parts = []
        for number, embeds in enumerate(chunks):
            head = escaped(one_line(digest.subject, 300)) if number == 0 else ""
            if not digest.briefs:
                head += "\n" + escaped(digest.text)
            message: Json = {
                "content": head[:_CONTENT],
                "embeds": embeds,
                "allowed_mentions": {"parse": []},
            }
            ident = target.id if number == 0 else f"{target.id}-{number}"
            parts.append(
                Part(id=ident, target=target.address, payload=as_json(message))
            )
        return parts

    async def send(self, part: Part, thread: str | None = None) -> Receipt:  # noqa: ARG002 - a webhook has no threads
        url = self.webhook.reveal()
        url += ("&" if "?" in url else "?") + "wait=true"
        answer = await post(url, part.payload, networks=self.networks)
        said = answer.fields()
        if not answer.good or "id" not in said:
            raise answer.error(answer.fields().get("retry_after"))
        return Receipt(text="ok", code=answer.status, remote_id=str(said["id"]))


def escaped(text: str) -> str:
    """A text that Discord shows as it is."""
    return _MARKUP.sub(r"\\\1", text)


def _embed(brief: Brief) -> Json:
    excerpt = "".join(
        f"**{escaped(piece)}**" if marked and piece.strip() else escaped(piece)
        for piece, marked in brief.excerpt
    )
    label = f"**{escaped(brief.label[:300])}**\n" if brief.label else ""
    also = f"\n*{escaped(brief.also[:300])}*" if brief.also else ""
    why = f" · Why: {brief.why}" if brief.why else ""
    found: Json = {
        "title": brief.title[:_TITLE],
        "description": label + excerpt[:_DESCRIPTION] + also,
        "footer": {"text": (brief.byline + why)[:_FOOTER] or "-"},
        "timestamp": brief.at.isoformat(),
        "color": _URGENT if brief.urgent else _ACCENT,
    }
    return {**found, "url": brief.url} if brief.url else found


def _chunks(embeds: Sequence[Json]) -> Iterator[list[Json]]:
    """Ten embeds a message at most, and six thousand characters over all of them."""
    chunk: list[Json] = []
    size = 0
    for embed in embeds:
        own = sum(map(len, (embed["title"], embed["description"])))
        own += len(embed["footer"]["text"])
        if chunk and (len(chunk) == _MOST_EMBEDS or size + own > _MOST_CHARACTERS):
            yield chunk
            chunk, size = [], 0
        chunk.append(embed)
        size += own
    if chunk:
        yield chunk
