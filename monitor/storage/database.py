"""The seam between the stages and a database: call, migrate, lock, close.

A storage function is plain: ``f(tx, ...)``. It runs through ``await
database.call(f, ...)``, which is its transaction: committed when it returns, rolled
back when it raises. So no storage function commits.
"""

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
Row = Mapping[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_micros(time: datetime) -> int:
    """An aware time as whole microseconds since 1970, as the tables hold it."""
    past = time - _EPOCH
    return (past.days * 86_400 + past.seconds) * 1_000_000 + past.microseconds


def from_micros(micros: int) -> datetime:
    """The time that a table's number means."""
    return _EPOCH + timedelta(microseconds=micros)


def maybe_time(micros: int | None) -> datetime | None:
    """The same for a column that may be NULL."""
    return None if micros is None else from_micros(micros)


_PLAIN = frozenset((str, int, float, bytes, type(None)))


def parameters(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Values as both databases take them: times as numbers, no enums, no bools."""
    if all(type(value) in _PLAIN for value in values.values()):
        return values
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return to_micros(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bool):
        return int(value)
    return value


class Transaction(Protocol):
    """What a storage function may do. Parameters are ``:named``."""

    def all(self, sql: str, /, **values: object) -> list[Row]:
        """Every row of a query."""

    def each(self, sql: str, /, **values: object) -> Iterator[Row]:
        """The rows of a query one by one, to be read to the end before the next COMMIT.

        PostgreSQL's are all there, but each becomes a mapping when it is asked for.
        """

    def one(self, sql: str, /, **values: object) -> Row | None:
        """The first row of a query, if there is one."""

    def run(self, sql: str, /, **values: object) -> int:
        """Execute a statement; how many rows it touched."""

    def many(self, sql: str, rows: Iterable[Mapping[str, object]], /) -> None:
        """Execute a statement once for each row of values."""

    def serialise(self, name: str, /) -> None:
        """Wait for every other transaction that serialises on the same name."""


class Database(ABC):
    """A database and the threads that talk to it."""

    def __init__(self, threads: int, *, rehearsal: bool) -> None:
        self.rehearsal = rehearsal
        self._threads = ThreadPoolExecutor(
            1 if rehearsal else threads, thread_name_prefix="database"
        )
        self._local = threading.local()

    async def call(
        self,
        function: Callable[Concatenate[Transaction, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Run a storage function as one transaction, off the event loop.

        Raises:
            StorageError: The database is away, locked, full or damaged.
        """
        return await self._run(lambda tx: function(tx, *args, **kwargs), lasting=True)

    async def call_lightly(
        self,
        function: Callable[Concatenate[Transaction, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """The same, for what is simply done again if a power cut takes it back.

        Nothing that lasts can outlive it: a later lasting commit makes it last too.

        Raises:
            StorageError: The database is away, locked, full or damaged.
        """
        return await self._run(lambda tx: function(tx, *args, **kwargs), lasting=False)

    async def _run(self, work: Callable[[Transaction], R], *, lasting: bool) -> R:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._threads, lambda: self._transact(work, lasting=lasting)
        )

    @abstractmethod
    def _transact(self, work: Callable[[Transaction], R], *, lasting: bool) -> R:
        """Run ``work`` between BEGIN and COMMIT, in a thread of the pool.

        Only a ``lasting`` commit has to survive a power cut.
        """

    @abstractmethod
    async def migrate(self) -> int:
        """Bring the schema to this program's version; how many steps that took.

        Raises:
            SchemaTooNew: A newer program has been here.
        """

    @abstractmethod
    async def reclaim(self, *, whole: bool = False) -> None:
        """Give room back to the disk: a little, or with ``whole`` all that is free.

        Raises:
            StorageError: It could not.
        """

    @abstractmethod
    async def size(self) -> int:
        """How many bytes the database takes."""

    def free_bytes(self) -> int | None:
        """How many bytes are free on its disk; None if it is not ours, or does not say."""
        return None

    @abstractmethod
    async def backup(self, path: Path) -> None:
        """Copy the database as it is at one moment, beside whatever uses it.

        Raises:
            StorageError: It could not, or another program is there for it.
        """

    @abstractmethod
    def lock(self) -> None:
        """Keep a second copy of the program off this database, where it needs that.

        Raises:
            AlreadyRunning: Another copy holds the lock.
        """

    @property
    @abstractmethod
    def exclusive(self) -> bool:
        """Whether the lock proves that nobody else holds a lease."""

    @abstractmethod
    async def close(self) -> None:
        """Close all connections; a rehearsal is rolled back."""


def listed(prefix: str, values: Iterable[object]) -> tuple[str, dict[str, object]]:
    """Values for an ``IN (...)``: their parameters as SQL, and the values by name."""
    names = {f"{prefix}{number}": value for number, value in enumerate(values)}
    return ", ".join(f":{name}" for name in names), names
