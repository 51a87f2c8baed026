"""What every stage is handed: the parts that ``daemon.build`` put together."""

import secrets
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from monitor.config import Config
from monitor.feeds.outage import Outage
from monitor.http import Client
from monitor.models import Secret
from monitor.storage.database import Database
from monitor.workers import DEADLINE_SECONDS, Workers

PER_HOST = 10
"""How many polls and pages a claim of one host takes; a lease outlasts them."""


class Hot:
    """The rules that were met since the digest stage looked last.

    A hint and no more: whoever follows one of them is looked at before the others.
    """

    def __init__(self) -> None:
        self._rules: set[str] = set()

    def add(self, rules: Iterable[str]) -> None:
        """Rules that were met just now."""
        self._rules.update(rules)

    def take(self) -> frozenset[str]:
        """What was added since the last time."""
        found = frozenset(self._rules)
        self._rules.clear()
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How this run differs from the service's normal work."""

    only_feed: str = ""
    flush: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The database, the web, the workers, the time, and what was seen of the network."""

    config: Config
    database: Database
    client: Client
    workers: Workers
    now: Callable[[], datetime]
    node: str
    key: Secret
    options: Options = field(default_factory=Options)
    outage: Outage = field(default_factory=Outage)
    hot: Hot = field(default_factory=Hot)

    @property
    def machine(self) -> str:
        """The name of the machine or container that this process runs on."""
        return self.node.rpartition(":")[0]


class Host(Protocol):
    """What polls and pages need to know of the visit that they are part of."""

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Wait for one's turn to send a request, and hold it meanwhile.

        Raises:
            HostResting: The host asked for a rest.
        """

    def rest(self, wait: timedelta) -> None:
        """Let nothing go to the host before ``wait`` has passed."""


def new_token() -> str:
    """A claim's token: nobody else has the same."""
    return secrets.token_hex(8)


def host_lease(config: Config) -> timedelta:
    """Longer than all deadlines inside one claim of a host."""
    one = config.fetch.timeout + config.fetch.per_host.gap
    return PER_HOST * (one + timedelta(seconds=2 * DEADLINE_SECONDS)) + timedelta(
        minutes=2
    )
