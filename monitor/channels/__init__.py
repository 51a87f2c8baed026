"""How digests leave. A channel is one file here; its name is its ``type``.

Every file has a frozen dataclass ``Config`` with the channel's settings and:

* ``gap``, ``way``, ``patience``, ``threads``: how far apart messages are, the server
  that all targets share, for how long a message is tried, and whether it wants to know
  the message that it belongs to;
* ``problem()``: what is wrong with its settings together;
* ``targets()``: the addresses, each with a delivery record of its own;
* ``render(digest, target)``: pure, the frozen parts of the message;
* ``send(part, thread)``: hands one part over, or raises a ``DeliveryError``;
* where a connection serves several messages, ``connections`` and ``session()``.
"""

import importlib
import pkgutil
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Protocol, runtime_checkable

from monitor.models import Digest, Part, Probe, Receipt, Target

Send = Callable[[Part, str | None], Awaitable[Receipt]]
"""Hands one part over, like ``Channel.send``; the message that it belongs to is second."""


class Channel(Protocol):
    """What every ``Config`` of this folder does."""

    @property
    def gap(self) -> timedelta:
        """How far apart messages to one target are; all nodes keep it together."""

    @property
    def way(self) -> str:
        """The server that all targets share, and with it the gap; "" if each has its own.

        Channels may share one, as those of all people with an address of their own.
        """

    @property
    def patience(self) -> timedelta:
        """For how long a message is tried."""

    @property
    def threads(self) -> bool:
        """Whether ``send`` wants to know the message that a part belongs to."""

    def problem(self) -> str:
        """What is wrong with the settings together; "" if nothing."""

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
            DestinationFault: Nothing will, until somebody acts.
        """


@runtime_checkable
class Probed(Protocol):
    """A channel that can be asked whether it would take messages, without any."""

    async def probe(self) -> Probe:
        """What the far side says, in a few words.

        Raises:
            DeliveryError: It would not take any.
        """


@runtime_checkable
class Connected(Protocol):
    """A channel whose connection serves one message after another."""

    @property
    def connections(self) -> int:
        """How many there may be at once, for all channels of its way together."""

    def session(self) -> AbstractAsyncContextManager[Send]:
        """One connection, made when it is needed, for as long as the block lasts."""


NO_TYPES = ("handing", "payload", "posting", "relay", "slack_limits")


def types() -> list[str]:
    """The names that ``type = "..."`` may have: the files of this folder."""
    found = pkgutil.iter_modules(__path__)
    return sorted(m.name for m in found if m.name not in NO_TYPES)


def config_class(name: str) -> type[Channel]:
    """The ``Config`` of a channel type."""
    found: type[Channel] = importlib.import_module(f"monitor.channels.{name}").Config
    return found
