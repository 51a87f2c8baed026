"""SQLite: one file, one writing thread, a lock file against a second copy."""

import asyncio
import contextlib
import fcntl
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import IO, Any, TypeVar

from monitor.errors import AlreadyRunning, StorageError
from monitor.storage.database import Database, Row, Transaction, parameters
from monitor.storage.migrate import check_known, migrate, steps

R = TypeVar("R")

_BUSY = timedelta(seconds=10)
_PAGES = 2_000
FRAGMENTS = {
    "/*id*/": "INTEGER PRIMARY KEY",
    "/*blob*/": "BLOB",
    "/*skip locked*/": "",
    "/*clustered*/": "WITHOUT ROWID",
    "/*for update*/": "",
    # Only which words stand in which article is kept; the texts are there already.
    "/*words table*/": """
        CREATE VIRTUAL TABLE article_words USING fts5 (
            words, content='', detail=none, tokenize="ascii tokenchars '_~'"
        )
    """,
    "/*vector(*/": "",
    "/*)*/": "",
    "article_words MATCH :fts5": "article_words MATCH :fts5",
    "SELECT 0 AS words_stay WHERE 0 IN": "SELECT 0 AS words_stay WHERE 0 IN",
    "INSERT INTO article_words (article_words) VALUES ('delete-all')": (
        "INSERT INTO article_words (article_words) VALUES ('delete-all')"
    ),
}
_HINTS = {
    "locked": "another program is writing to it",
    "unable to open": "does the folder exist, and may we write there?",
    "readonly": "may we write there?",
    "full": "make room; nothing is lost, the next run goes on",
    "not a database": "restore a backup, or move it away to start anew",
    "malformed": "restore a backup, or move it away to start anew",
}


class _Sqlite:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def all(self, sql: str, /, **values: object) -> list[Row]:
        return self._connection.execute(sql, parameters(values)).fetchall()

    def each(self, sql: str, /, **values: object) -> Iterator[Row]:
        yield from self._connection.execute(sql, parameters(values))

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
    """One SQLite file; ``busy`` is how long to wait while another program writes."""

    def __init__(
        self, path: Path, *, rehearsal: bool = False, busy: timedelta = _BUSY
    ) -> None:
        super().__init__(threads=1, rehearsal=rehearsal)
        self._path = path
        self._busy = busy
        self._lock: IO[bytes] | None = None

    @property
    def exclusive(self) -> bool:
        return True

    def _open(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
        # A full disk ends a rehearsal's transaction; the next one is no commit either.
        if self.rehearsal and not connection.in_transaction:
            connection.execute("BEGIN IMMEDIATE")
        return connection

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=self._busy.total_seconds(), isolation_level=None
        )
        connection.row_factory = _as_dict
        # Its own LOWER knows ASCII only.
        connection.create_function("LOWER", 1, str.lower, deterministic=True)
        try:
            self._use_wal(connection)
            connection.execute("PRAGMA foreign_keys = ON")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _set_lasting(self, connection: sqlite3.Connection, *, lasting: bool) -> None:
        """FULL, so that "sent" survives a power cut; NORMAL spares others the fsync."""
        if getattr(self._local, "lasting", None) != lasting and not self.rehearsal:
            mode = "FULL" if lasting else "NORMAL"
            connection.execute(f"PRAGMA synchronous = {mode}")
            self._local.lasting = lasting

    def _use_wal(self, connection: sqlite3.Connection) -> None:
        """Switch to WAL, as several first openers may do at the same time.

        SQLite does not wait for a writer here: wait for it, then try again.
        """
        deadline = time.monotonic() + self._busy.total_seconds()
        while True:
            try:
                # The first only takes effect in a new file; "db vacuum" gives it to old ones.
                connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() >= deadline:
                    raise
                # The first statement waits for a writer, so this is two first openers
                # within a millisecond.
                connection.execute("BEGIN IMMEDIATE")  # pragma: no cover - see above
                connection.execute("ROLLBACK")  # pragma: no cover - see above
            else:
                return

    def _transact(self, work: Callable[[Transaction], R], *, lasting: bool) -> R:
        try:
            connection = self._open()
            self._set_lasting(connection, lasting=lasting)
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
        """Migrate; a database that is not new is copied before."""
        if not self.rehearsal:
            done = await self.call(check_known)
            todo = {number for number, _ in steps()} - done
            if not todo:
                return 0
            if done:
                last = f"{self._path.name}.before-{max(todo):04}"
                await self.backup(self._path.with_name(last))
        return await self.call(migrate, FRAGMENTS)

    async def reclaim(self, *, whole: bool = False) -> None:
        await self._alone(self._whole_vacuum if whole else self._small_vacuum)

    async def _alone(self, work: Callable[[], R]) -> R:
        """Work in the database's thread, outside of any transaction."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, work)

    def _small_vacuum(self) -> None:
        with self._mapped():
            self._open().execute(f"PRAGMA incremental_vacuum({_PAGES})").fetchall()

    def _whole_vacuum(self) -> None:
        with self._mapped():
            connection = self._open()
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    @contextlib.contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StorageError(f"{self._path}: {_advice(error)}") from error

    async def size(self) -> int:
        names = (self._path.name, f"{self._path.name}-wal")
        places = [self._path.with_name(name) for name in names]
        return sum(place.stat().st_size for place in places if place.exists())

    def free_bytes(self) -> int | None:
        try:
            return shutil.disk_usage(self._path).free
        except OSError:
            return None

    async def backup(self, path: Path) -> None:
        """Copied aside first, so that what stands at ``path`` is always whole."""
        await self._alone(lambda: self.copy(path))

    def verify(self) -> None:
        """Look whether this is a whole database that this program knows.

        Raises:
            SchemaTooNew: A newer program made it.
            StorageError: It is none of ours, or damaged.
        """
        with self._mapped():
            connection = self._open()
            tables = connection.execute(
                "SELECT name FROM sqlite_master WHERE name = 'schema_step'"
            ).fetchall()
            if not tables:
                raise StorageError(f"{self._path}: this is no database of monitor")
            check_known(_Sqlite(connection))
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchall()
        if found["quick_check"] != "ok":
            raise StorageError(f"{self._path}: damaged: {found['quick_check']}")

    def shut(self) -> None:
        """Close what this thread has open; what was not committed is rolled back."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()

    def copy(self, path: Path) -> None:
        """Copy the database to another file, in this thread."""
        partly = path.with_name(f"{path.name}.part")
        try:
            partly.unlink(missing_ok=True)
            partly.touch(mode=0o600)
            with (
                contextlib.closing(sqlite3.connect(self._path)) as source,
                contextlib.closing(sqlite3.connect(partly)) as target,
            ):
                source.backup(target)
            partly.replace(path)
        except (sqlite3.Error, OSError) as error:
            partly.unlink(missing_ok=True)
            raise StorageError(f"{path}: the backup failed: {error}") from error

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
        await asyncio.get_running_loop().run_in_executor(self._threads, self.shut)
        self._threads.shutdown()
        if self._lock:
            self._lock.close()


def restore(path: Path, backup: Path) -> Path:
    """Put a backup in the place of a database; where the old one is kept.

    The caller holds the lock.

    Raises:
        SchemaTooNew: A newer program made the backup.
        StorageError: It is no database of ours, or damaged.
    """
    if not backup.is_file():
        raise StorageError(f"{backup}: there is no such file")
    found = Sqlite(backup)
    try:
        found.verify()
    finally:
        found.shut()
    kept = path.with_name(f"{path.name}.before-restore")
    if path.exists():
        Sqlite(path).copy(kept)
    Sqlite(backup).copy(path.with_name(f"{path.name}.restored"))
    for end in ("-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    path.with_name(f"{path.name}.restored").replace(path)
    return kept


def _advice(error: sqlite3.Error) -> str:
    text = str(error)
    hints = [hint for word, hint in _HINTS.items() if word in text]
    return ": ".join([text, *hints])
