"""ntfy: a push message of headlines, at most 4,096 bytes."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from monitor.channels.posting import Networks, as_json, post
from monitor.models import Digest, Part, Receipt, Secret, Target
from monitor.text.words import one_line

_SERVER = "https://ntfy.sh"
_MOST_BYTES = 3_800
_URGENT, _NORMAL = 5, 3
_HEADLINES = 15
_LONGEST_URL = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A ``topic`` on a ``server``; a ``token`` where it asks for one."""

    topic: str
    server: str = _SERVER
    token: Secret = Secret("")  # noqa: RUF009 - frozen, so it may be shared
    networks: Networks = ()

    gap = timedelta(seconds=1)
    way = ""
    patience = timedelta(hours=24)
    threads = False

    def problem(self) -> str:
        """What is wrong with the settings together; "" if nothing."""
        good = self.topic and self.topic.replace("-", "").replace("_", "").isalnum()
        return "" if good else "topic: letters, digits, - and _"

    def targets(self) -> tuple[str, ...]:
        return (self.topic,)

    def render(self, digest: Digest, target: Target) -> list[Part]:
        first = digest.briefs[0] if digest.briefs else None
        if first and len(digest.stories) == 1:
            excerpt = "".join(piece for piece, _ in first.excerpt)
            text = f"{first.title}\n{first.byline}\n\n{excerpt}\n\nWhy: {first.why}"
        elif first:
            lines = [f"• {b.title} ({b.byline})" for b in digest.briefs[:_HEADLINES]]
            more = len(digest.stories) - len(lines)
            text = "\n".join([*lines, f"and {more} more"] if more > 0 else lines)
        else:
            text = digest.text
        message: dict[str, Any] = {
            "topic": target.address,
            "title": one_line(digest.subject, 200),
            "message": text.encode("utf-8", "replace")[:_MOST_BYTES].decode(
                "utf-8", "ignore"
            ),
            "priority": _URGENT if any(b.urgent for b in digest.briefs) else _NORMAL,
        }
        if first and first.url and len(first.url) <= _LONGEST_URL:
            message["click"] = first.url
        return [Part(id=target.id, target=target.address, payload=as_json(message))]

    async def send(self, part: Part, thread: str | None = None) -> Receipt:  # noqa: ARG002 - no threads
        headers = {}
        if self.token:
            headers["authorization"] = f"Bearer {self.token.reveal()}"
        answer = await post(
            self.server, part.payload, networks=self.networks, headers=headers
        )
        ident = answer.fields().get("id")
        if not answer.good or not ident:
            raise answer.error()
        return Receipt(text="ok", code=answer.status, remote_id=str(ident))
