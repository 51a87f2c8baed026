"""The terminal: what a subscriber without a channel gets."""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from monitor.models import Digest, Part, Receipt, Target

_HEADING = re.compile(r"\A.+|^== .*(?:\n.+)?==$", re.MULTILINE)
_SPECIAL = re.compile(
    r"(?P<url>https?://\S+)"
    r"|(?<![\w*])\*(?P<mark>[^*\s](?:[^*\n]{0,198}[^*\s])?)\*(?![\w*])"
    r"|(?P<badge>\[[A-Z][^\]\n]{2,60}\])"
)
_COLOURS = {"url": "36", "mark": "1;33", "badge": "1;35"}


def write_stdout(text: str) -> None:
    """Print a digest, with colour where there is a terminal."""
    sys.stdout.write((coloured(text) if sys.stdout.isatty() else text) + "\n")
    sys.stdout.flush()


def coloured(text: str) -> str:
    """The text of a digest with its marks turned into colours."""
    text = _HEADING.sub("\x1b[1m\\g<0>\x1b[0m", text)
    return _SPECIAL.sub(_coloured, text)


def _coloured(found: re.Match[str]) -> str:
    kind = str(found.lastgroup)
    return f"\x1b[{_COLOURS[kind]}m{found[kind]}\x1b[0m"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """``write`` takes the text: standard output, a list under --json, the log."""

    write: Callable[[str], None] = write_stdout

    gap = timedelta(0)
    way = ""
    patience = timedelta(hours=72)
    threads = False

    def problem(self) -> str:
        """What is wrong with the settings together; "" if nothing."""
        return ""

    def targets(self) -> tuple[str, ...]:
        return ("",)

    def render(self, digest: Digest, target: Target) -> list[Part]:
        text = digest.text.encode()
        return [Part(id=target.id, target=target.address, payload=text)]

    async def send(self, part: Part, thread: str | None = None) -> Receipt:  # noqa: ARG002 - a terminal has no threads
        self.write(part.payload.decode())
        return Receipt(text="printed")
