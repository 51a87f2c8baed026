"""Everything else, by Apprise: one address, plain text, yes or no for an answer.

Apprise does not tell why something failed, nor when to try again, and lets through what
pings a whole room; so our own channels are better where there is one. It is an extra
(``pip install 'news-monitor[apprise]'``), and runs in a thread because it blocks.
"""

import asyncio
import json
import re
from dataclasses import dataclass
from datetime import timedelta

from monitor.channels.posting import as_json
from monitor.errors import DeliveryDeferred, DeliveryInDoubt, DestinationFault
from monitor.models import Digest, Part, Receipt, Secret, Target
from monitor.text.words import one_line

_DEADLINE_SECONDS = 60.0
_LONGEST = 8_000
_SHORTEST_SECRET = 6
_PINGS = re.compile(r"([<@])(?=\S)")
_LABEL = re.compile(r"[a-z0-9+.-]{1,30}(?=://)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """``address`` is an Apprise URL, such as "mailtos://…" or "rocket://…"."""

    address: Secret

    gap = timedelta(seconds=1)
    way = ""
    patience = timedelta(minutes=20)
    threads = False

    def problem(self) -> str:
        """What is wrong with the settings together; "" if nothing."""
        good = _LABEL.match(self.address.reveal().lower())
        return "" if good else "address: write an Apprise URL"

    def targets(self) -> tuple[str, ...]:
        found = _LABEL.match(self.address.reveal().lower())
        return (found[0] if found else "apprise",)

    def render(self, digest: Digest, target: Target) -> list[Part]:
        text = {
            "title": _harmless(one_line(digest.subject, 200)),
            "body": _harmless(digest.text[:_LONGEST]),
        }
        return [Part(id=target.id, target=target.address, payload=as_json(text))]

    async def send(self, part: Part, thread: str | None = None) -> Receipt:  # noqa: ARG002 - no threads
        text = json.loads(part.payload)
        try:
            async with asyncio.timeout(_DEADLINE_SECONDS):
                taken, said = await asyncio.to_thread(self._notify, text)
        except TimeoutError as error:
            raise DeliveryInDoubt("apprise: it took too long") from error
        if not taken:
            raise DeliveryDeferred(f"apprise: not taken {said}".strip())
        return Receipt(text="taken")

    def _notify(self, text: dict[str, str]) -> tuple[bool, str]:
        """Whether it was taken, and the last thing that Apprise said."""
        try:
            import apprise
        except ImportError as error:
            hint = "apprise is not installed: pip install 'news-monitor[apprise]'"
            raise DestinationFault(hint) from error
        service = apprise.Apprise()
        if not service.add(self.address.reveal()):
            raise DestinationFault("apprise: it does not know this kind of address")
        with apprise.LogCapture(level=apprise.logging.WARNING) as output:  # type: ignore[no-untyped-call]  # it ships no types here
            taken = service.notify(
                title=text["title"],
                body=text["body"],
                body_format=apprise.NotifyFormat.TEXT,
            )
            lines = output.getvalue().strip().split("\n")
        return bool(taken), self._without_secrets(one_line(lines[-1], 200))

    def _without_secrets(self, said: str) -> str:
        for piece in re.split(r"[/:@?&=]+", self.address.reveal()):
            if len(piece) >= _SHORTEST_SECRET:
                said = said.replace(piece, "…")
        return said


def _harmless(text: str) -> str:
    """A text in which nothing is a name or a command: ``<!channel>``, ``@everyone``."""
    return _PINGS.sub("\\1\u2060", text)
