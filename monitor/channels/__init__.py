"""How digests leave. A channel is one file here; its name is its ``type``.

Every file has a frozen dataclass ``Config`` with the channel's settings and:

* ``targets()``: the addresses, each with a delivery record of its own;
* ``render(digest, target)``: pure, the frozen parts of the message;
* ``send(part, thread)``: hands one part over, or raises a ``DeliveryError``.
"""

import importlib
import pkgutil
from typing import Protocol

from monitor.models import Digest, Part, Receipt, Target


class Channel(Protocol):
    """What every ``Config`` of this folder does."""

    def targets(self) -> tuple[str, ...]:
        """The addresses; at least one."""

    def render(self, digest: Digest, target: Target) -> list[Part]:
        """The message to one target, in one part or several."""

    async def send(self, part: Part, thread: str | None = None) -> Receipt:
        """Hand one part over.

        Raises:
            DeliveryRejected: For good.
            DeliveryDeferred: For now.
            DeliveryInDoubt: It may have arrived.
        """


_NO_TYPES = ("payload",)


def types() -> list[str]:
    """The names that ``type = "..."`` may have: the files of this folder."""
    found = pkgutil.iter_modules(__path__)
    return sorted(m.name for m in found if m.name not in _NO_TYPES)


def config_class(name: str) -> type[Channel]:
    """The ``Config`` of a channel type."""
    found: type[Channel] = importlib.import_module(f"monitor.channels.{name}").Config
    return found
