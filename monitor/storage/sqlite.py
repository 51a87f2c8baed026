"""SQLite: one file, one writing thread, a lock file against a second copy."""

import asyncio
import fcntl
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO, Any, TypeVar

from monitor.errors import AlreadyRunning, StorageError
from monitor.storage.database import Database, Row, Transaction, parameters
from monitor.storage.migrate import migrate

R = TypeVar("R")

_BUSY_SECONDS = 10.0
FRAGMENTS = {
    "/*id*/": "INTEGER PRIMARY KEY",
    "/*blob*/": "BLOB",
    "/*skip locked*/": "",
    "/*for update*/": "",
}


class _Sqlite:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def all(self, sql: str, /, **values: object) -> list[Row]:
        return self._connection.execute(sql, parameters(values)).fetchall()

    def one(self, sql: str, /, **values: object) -> Row | None:
        found: Row | None = self._connection.execute(sql, parameters(values)).fetchone()
        return found

    def run(self, sql: str, /, **values: object) -> int:
        return self._connection.execute(sql, parameters(values)).rowcount

    def many(self, sql: str, rows: Iterable[Mapping[str, object]], /) -> None:
        self._connection.executemany(sql, [parameters(row) for row in rows])

    def serialise(self, _name: str, /) -> None:
        """Nothing to do: every transaction here is IMMEDIATE, so alone already."""


def _as_dict(cursor: sqlite3.Cursor, row: tuple[Any, ...]) -> dict[str, Any]:
    return {d[0]: value for d, value in zip(cursor.description, row, strict=True)}


class Sqlite(Database):
    """One SQLite file."""

    def __init__(self, path: Path, *, rehearsal: bool = False) -> None:
        super().__init__(threads=1, rehearsal=rehearsal)
        self._path = path
        self._lock: IO[bytes] | None = None

    @property
    def exclusive(self) -> bool:
        return True

    def _open(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(
                self._path, timeout=_BUSY_SECONDS, isolation_level=None
            )
            connection.row_factory = _as_dict
            # FULL, so that "sent" survives a power cut: a lost mark is a repeat.
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                connection.execute(f"PRAGMA {pragma}")
            if self.rehearsal:
                connection.execute("BEGIN IMMEDIATE")
            self._local.connection = connection
        return connection

    def _transact(self, work: Callable[[Transaction], R]) -> R:
        try:
            connection = self._open()
            begin, commit, rollback = (
                ("SAVEPOINT call", "RELEASE call", "ROLLBACK TO call")
                if self.rehearsal
                else ("BEGIN IMMEDIATE", "COMMIT", "ROLLBACK")
            )
            connection.execute(begin)
            try:
                result = work(_Sqlite(connection))
                connection.execute(commit)
            except BaseException:
                if connection.in_transaction:
                    connection.execute(rollback)
                raise
        except sqlite3.Error as error:
            raise StorageError(f"{self._path}: {_advice(error)}") from error
        return result

    async def migrate(self) -> int:
        return await self.call(migrate, FRAGMENTS)

    def lock(self) -> None:
        path = self._path.with_name(self._path.name + ".lock")
        try:
            self._lock = path.open("ab")
        except OSError as error:
            raise StorageError(f"{path}: {error.strerror}") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            text = f"another monitor is running on {self._path}"
            raise AlreadyRunning(text) from error

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._threads, self._shut)
        self._threads.shutdown()
        if self._lock:
            self._lock.close()

    def _shut(self) -> None:
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()  # what was not committed is rolled back


def _advice(error: sqlite3.Error) -> str:
    text = str(error)
    if "locked" in text:
        return f"{text}: another program is writing to it"
    if "unable to open" in text:
        return f"{text}: does the folder exist, and may we write there?"
    if "full" in text:
        return f"{text}: make room; nothing is lost, the next run goes on"
    return text
