"""Matrix: an event with a transaction id, so that a repeat is no second message."""

import html
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from monitor.channels.posting import Answer, Networks, as_json, post
from monitor.errors import DeliveryDeferred, DeliveryError
from monitor.models import Brief, Digest, Part, Receipt, Secret, Target

MAX_BYTES = 50_000
"""An event has at most 65 kB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """``homeserver`` is its address, ``room`` an id such as "!abc:example.org"."""

    homeserver: str
    token: Secret
    room: str
    networks: Networks = ()

    gap = timedelta(milliseconds=500)
    way = ""
    patience = timedelta(hours=24)
    threads = False

    def problem(self) -> str:
        """What is wrong with the settings together; "" if nothing."""
        return (
            ""
            if self.room.startswith("!")
            else 'room: write an id such as "!abc:example.org"'
        )

    def targets(self) -> tuple[str, ...]:
        return (self.room,)

    def render(self, digest: Digest, target: Target) -> list[Part]:
        room = MAX_BYTES
        stories = []
        for brief in digest.briefs:
            story = _story(brief)
            room -= 2 * len(story.encode())
            if room < 0:
                break
            stories.append(story)
        more = len(digest.stories) - len(stories)
        rest = f"<p>and {more} more</p>" if more else ""
        notice = "" if digest.briefs else digest.text
        page = (
            f"<h4>{_escaped(digest.subject)}</h4>"
            + "".join(stories)
            + (f"<p>{_escaped(notice[:5_000])}</p>" if notice else "")
            + rest
        )
        event = {
            "msgtype": "m.text",
            "body": digest.text.encode()[: MAX_BYTES // 4].decode("utf-8", "ignore"),
            "format": "org.matrix.custom.html",
            "formatted_body": page,
        }
        return [Part(id=target.id, target=target.address, payload=as_json(event))]

    async def send(self, part: Part, thread: str | None = None) -> Receipt:  # noqa: ARG002 - no threads
        room, ident = quote(self.room, safe=""), quote(part.id, safe="")
        url = (
            f"{self.homeserver.rstrip('/')}/_matrix/client/v3/rooms/{room}"
            f"/send/m.room.message/{ident}"
        )
        answer = await post(
            url,
            part.payload,
            networks=self.networks,
            headers={"authorization": f"Bearer {self.token.reveal()}"},
            method="PUT",
        )
        event = answer.fields().get("event_id")
        if not answer.good or not event:
            raise _error(answer)
        return Receipt(text="ok", code=answer.status, remote_id=str(event))


def _error(answer: Answer) -> DeliveryError:
    if answer.good:
        return DeliveryDeferred(f"{answer.host}: an answer without an event")
    return answer.error(answer.fields().get("retry_after_ms"), "milliseconds")


def _escaped(text: str) -> str:
    return html.escape(text)


def _story(brief: Brief) -> str:
    title = _escaped(brief.title)
    if brief.url:
        title = f'<a href="{_escaped(brief.url)}">{title}</a>'
    excerpt = "".join(
        f"<strong>{_escaped(piece)}</strong>" if marked else _escaped(piece)
        for piece, marked in brief.excerpt
    )
    label = f"<strong>{_escaped(brief.label)}</strong> " if brief.label else ""
    small = " · ".join(
        filter(None, (brief.byline, f"{brief.at:%d %b %H:%M} UTC", brief.also))
    )
    why = f"<br><em>Why: {_escaped(brief.why)}</em>" if brief.why else ""
    return (
        f"<p>{label}<strong>{title}</strong><br>{_escaped(small)}<br>{excerpt}{why}</p>"
    )
