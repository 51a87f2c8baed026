"""The terminal: what a subscriber without a channel gets."""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass

from monitor.models import Digest, Part, Receipt, Target

_HEADING = re.compile(r"^(==.*==|[^a-z\n]{2,}(?:, .*)?)$", re.MULTILINE)
_MARK = re.compile(r"(?<![\w*])\*([^*\n]{1,200})\*(?![\w*])")
_BADGE = re.compile(r"\[[A-Z][^\]\n]{2,60}\]")
_URL = re.compile(r"https?://\S+")


def write_stdout(text: str) -> None:
    """Print a digest, with colour where there is a terminal."""
    sys.stdout.write((coloured(text) if sys.stdout.isatty() else text) + "\n")
    sys.stdout.flush()


def coloured(text: str) -> str:
    """The text of a digest with its marks turned into colours."""
    text = _URL.sub("\x1b[36m\\g<0>\x1b[0m", text)
    text = _MARK.sub("\x1b[1;33m\\1\x1b[0m", text)
    text = _BADGE.sub("\x1b[1;35m\\g<0>\x1b[0m", text)
    return _HEADING.sub("\x1b[1m\\g<0>\x1b[0m", text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """``write`` takes the text: standard output, a list under --json, the log."""

    write: Callable[[str], None] = write_stdout

    def targets(self) -> tuple[str, ...]:
        return ("",)

    def render(self, digest: Digest, target: Target) -> list[Part]:
        text = digest.text.encode()
        return [Part(id=target.id, target=target.address, payload=text)]

    async def send(self, part: Part, thread: str | None = None) -> Receipt:  # noqa: ARG002 - a terminal has no threads
        self.write(part.payload.decode())
        return Receipt(text="printed")
