"""Let only so many requests go to one host at the same time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Rooms:
    """Lets so many requests at once go to a host, wherever they were led from.

    Whoever waits here holds no other host, so nobody waits for ever.
    """

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._rooms: dict[str, tuple[asyncio.Semaphore, int]] = {}

    @asynccontextmanager
    async def enter(self, host: str) -> AsyncIterator[None]:
        room, users = self._rooms.get(host, (asyncio.Semaphore(self._at_once), 0))
        self._rooms[host] = room, users + 1
        try:
            async with room:
                yield
        finally:
            room, users = self._rooms.pop(host)
            if users > 1:
                self._rooms[host] = room, users - 1
