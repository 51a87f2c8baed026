"""Turn names into addresses, so that a slow name holds nobody up but its own callers.

``getaddrinfo`` cannot be cancelled, and asyncio runs it in a pool of a few threads which
ten dead names fill for seconds. Here it has threads of its own, one lookup serves all
who ask for a name, and what was learned is kept for a while. Whether an address may be
dialled is not decided here.
"""

import asyncio
import copy
import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

Lookup = Callable[..., Sequence[tuple[int, int, int, str, tuple[Any, ...]]]]

_THREADS = 64  # asleep nearly always, and started only when they are needed
_FRESH_SECONDS = 300.0  # getaddrinfo does not tell a TTL
_FAILED_SECONDS = 30.0
_STALE_SECONDS = 3600.0
_FLAGS = socket.AI_ADDRCONFIG & getattr(socket, "AI_MASK", -1)  # as aiohttp asks
_NUMERIC = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
_NUMERIC_NAME = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV
_TOO_LATE = socket.gaierror(socket.EAI_AGAIN, "the name could not be resolved in time")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Address:
    host: str
    family: int
    protocol: int


_Found = tuple[_Address, ...] | Exception


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What a lookup found. Times are seconds of the resolver's clock.

    Until ``fresh_until`` nobody asks again; until ``usable_until`` the addresses stand
    in for a lookup that fails.
    """

    found: _Found
    fresh_until: float
    usable_until: float


def _getaddrinfo(
    *args: Any,  # noqa: ANN401 - as getaddrinfo takes them
) -> Sequence[tuple[int, int, int, str, tuple[Any, ...]]]:
    # Looked up at each call: whoever replaces it to keep a program off the network
    # must not be bypassed by a name that was bound before.
    return socket.getaddrinfo(*args)


class Resolver(AbstractResolver):
    """aiohttp's resolver over ``getaddrinfo``: cached, shared and with a deadline.

    A name that does not exist is an answer. All other failures, being late among them,
    leave an answer of the last hour in use.
    """

    def __init__(
        self,
        *,
        lookup: Lookup | None = None,
        now: Callable[[], float] = time.monotonic,
        timeout: timedelta = timedelta(seconds=5),
        max_names: int = 20_000,
    ) -> None:
        self._lookup = lookup or _getaddrinfo
        self._now = now
        self._timeout = timeout.total_seconds()
        self._max_names = max_names
        self._threads = ThreadPoolExecutor(_THREADS, "resolver")
        self._known: dict[tuple[str, int], _Known] = {}
        self._flights: dict[tuple[str, int], asyncio.Future[_Known]] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a name.

        Raises:
            OSError: There are none, or they did not come in time.
        """
        name = (host, int(family))
        known = self._known.get(name)
        if known is None or known.fresh_until <= self._now():
            known = await self._asked(name)
        if isinstance(known.found, Exception):
            raise copy.copy(known.found)  # a traceback grows each time it is raised
        return [
            ResolveResult(
                hostname=host,
                host=address.host,
                port=port,
                family=address.family,
                proto=address.protocol,
                flags=_NUMERIC,
            )
            for address in known.found
        ]

    async def close(self) -> None:
        """Let go of the threads; one that still waits for an answer ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _asked(self, name: tuple[str, int]) -> _Known:
        flight = self._flights.get(name) or self._take_off(name)
        try:
            async with asyncio.timeout(self._timeout):
                return await asyncio.shield(flight)  # others may be waiting for it
        except TimeoutError:
            return self._learn(name, _TOO_LATE)

    def _take_off(self, name: tuple[str, int]) -> asyncio.Future[_Known]:
        loop = asyncio.get_running_loop()
        flight: asyncio.Future[_Known] = loop.create_future()
        self._threads.submit(self._fly, name, loop)
        self._flights[name] = flight
        return flight

    def _fly(self, name: tuple[str, int], loop: asyncio.AbstractEventLoop) -> None:
        """Look a name up; runs in a thread."""
        found: _Found
        try:
            found = _addresses(self._lookup, *name)
        except (OSError, ValueError) as error:  # a name that cannot be encoded
            found = error.with_traceback(None)
        loop.call_soon_threadsafe(self._land, name, found)

    def _land(self, name: tuple[str, int], found: _Found) -> None:
        self._flights.pop(name).set_result(self._learn(name, found))

    def _learn(self, name: tuple[str, int], found: _Found) -> _Known:
        now = self._now()
        known = _judged(found, self._known.pop(name, None), now)
        self._known[name] = known
        if len(self._known) > self._max_names:
            del self._known[next(iter(self._known))]  # what was learned longest ago
        return known


def _addresses(lookup: Lookup, host: str, family: int) -> tuple[_Address, ...]:
    infos = lookup(host, 0, family, socket.SOCK_STREAM, 0, _FLAGS)
    return tuple(
        _Address(host=_numeric(address), family=kind, protocol=protocol)
        for kind, _, protocol, _, address in infos
    )


def _numeric(address: tuple[Any, ...]) -> str:
    """An address as text; a link-local one with the interface it belongs to."""
    if len(address) == 4 and address[3]:
        return socket.getnameinfo(address, _NUMERIC_NAME)[0]
    return str(address[0])


def _judged(found: _Found, before: _Known | None, now: float) -> _Known:
    """What is known of a name after a lookup."""
    if not isinstance(found, Exception):
        fresh_until = now + _FRESH_SECONDS
        return _Known(
            found=found,
            fresh_until=fresh_until,
            usable_until=fresh_until + _STALE_SECONDS,
        )
    until = now + _FAILED_SECONDS
    gone = isinstance(found, OSError) and found.errno == socket.EAI_NONAME
    if before and now < before.usable_until and not gone:
        return replace(before, fresh_until=min(until, before.usable_until))
    return _Known(found=found, fresh_until=until, usable_until=now)
