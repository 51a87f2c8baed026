"""Telegram, as a bot: messages of at most 4,096 characters, three signs escaped."""

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from monitor.channels.posting import Answer, Networks, as_json, post
from monitor.errors import DeliveryError, DeliveryRejected, DestinationFault
from monitor.models import Brief, Digest, Part, Receipt, Secret, Target
from monitor.text.words import one_line

_API = "https://api.telegram.org"
_LONGEST = 3_900
_NO_CHAT = ("chat not found", "bot was blocked", "bot was kicked", "not a member")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """``token`` is the bot's, ``chat`` a number or "@name"."""

    token: Secret
    chat: str
    api: str = _API
    networks: Networks = ()

    gap = timedelta(seconds=1)
    way = ""
    patience = timedelta(hours=24)
    threads = False

    def problem(self) -> str:
        """What is wrong with the settings together; "" if nothing."""
        return "" if self.token and self.chat else "write token and chat"

    def targets(self) -> tuple[str, ...]:
        return (self.chat,)

    def render(self, digest: Digest, target: Target) -> list[Part]:
        head = f"<b>{_escaped(one_line(digest.subject, 200))}</b>"
        if not digest.briefs:
            head += "\n\n" + _escaped(digest.text[:3_000])
        texts = list(_chunks(head, [_story(brief) for brief in digest.briefs]))
        return [
            Part(
                id=target.id if number == 0 else f"{target.id}-{number}",
                target=target.address,
                payload=as_json(
                    {
                        "chat_id": target.address,
                        "text": text,
                        "parse_mode": "HTML",
                        "link_preview_options": {"is_disabled": True},
                    }
                ),
            )
            for number, text in enumerate(texts)
        ]

    async def send(self, part: Part, thread: str | None = None) -> Receipt:  # noqa: ARG002 - no threads
        url = f"{self.api}/bot{self.token.reveal()}/sendMessage"
        answer = await post(url, part.payload, networks=self.networks)
        said = answer.fields()
        if not answer.good or said.get("ok") is not True:
            raise _error(answer)
        result = said.get("result")
        ident = result.get("message_id", "") if isinstance(result, dict) else ""
        return Receipt(text="ok", code=answer.status, remote_id=str(ident))


def _error(answer: Answer) -> DeliveryError:
    said = answer.fields()
    reason = str(said.get("description", ""))
    if any(text in reason.lower() for text in _NO_CHAT):
        return DestinationFault(f"{answer.host}: {one_line(reason, 200)}", code=400)
    parameters = said.get("parameters")
    wait = parameters.get("retry_after") if isinstance(parameters, dict) else None
    if answer.good:
        return DeliveryRejected(f"{answer.host}: {answer.text}", code=answer.status)
    return answer.error(wait)


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)


def _story(brief: Brief) -> str:
    title = _escaped(brief.title[:300])
    if brief.url and len(brief.url) <= 1_000:
        title = f'<a href="{html.escape(brief.url)}">{title}</a>'
    excerpt = "".join(
        f"<b>{_escaped(piece)}</b>" if marked and piece.strip() else _escaped(piece)
        for piece, marked in brief.excerpt
    )
    lines = (
        _escaped(brief.label[:200]),
        f"<b>{title}</b>",
        _escaped(f"{brief.byline[:200]} · {brief.at:%d %b %H:%M} UTC"),
        excerpt,
        _escaped(brief.also[:300]),
        f"<i>Why: {_escaped(brief.why[:300])}</i>" if brief.why else "",
    )
    whole = "\n".join(filter(None, lines))
    # Never cut inside of a tag: a story that is too long loses its excerpt.
    return whole if len(whole) <= _LONGEST - 500 else "\n".join(filter(None, lines[:3]))


def _chunks(head: str, stories: Sequence[str]) -> Iterator[str]:
    text = head
    for story in stories:
        if len(text) + len(story) > _LONGEST:
            yield text
            text = story
        else:
            text += f"\n\n{story}"
    yield text
