"""The only place that knows SQL. SQLite and PostgreSQL run the same text."""

from pathlib import Path

from monitor.errors import StorageError
from monitor.storage.database import Database


def open_database(url: str, *, rehearsal: bool = False) -> Database:
    """Open ``sqlite:PATH`` or ``postgresql://...``; nothing is connected yet.

    With ``rehearsal`` all that happens is rolled back when the database is closed.

    Raises:
        StorageError: The URL names neither, or PostgreSQL's driver is not installed.
    """
    if url.startswith("sqlite:"):
        from monitor.storage.sqlite import Sqlite

        return Sqlite(Path(url.removeprefix("sqlite:")), rehearsal=rehearsal)
    if url.startswith(("postgresql://", "postgres://")):
        try:
            from monitor.storage.postgresql import Postgresql
        except ImportError as error:  # pragma: no cover - only without the extra
            text = "PostgreSQL needs its driver: pip install 'news-monitor[postgresql]'"
            raise StorageError(text) from error
        return Postgresql(url, rehearsal=rehearsal)
    raise StorageError('service.database: write "sqlite:FILE" or "postgresql://..."')
