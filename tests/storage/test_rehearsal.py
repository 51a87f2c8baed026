"""A rehearsal sees its own changes and leaves none."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from monitor.errors import StorageError
from monitor.storage import open_database, settings
from monitor.storage.database import Database, Transaction
from tests.conftest import Caller, fresh_postgresql


class Mishap(Exception):
    """Something went wrong inside a storage function."""


def rehearse(url: str, act: Callable[[Database], Awaitable[None]]) -> None:
    """Run an act as a rehearsal, from opening to closing."""

    async def run() -> None:
        database = open_database(url, rehearsal=True)
        try:
            await database.migrate()
            await act(database)
        finally:
            await database.close()

    asyncio.run(run())


@pytest.fixture
def stage(database_url: str) -> str:
    """The URL of a database with the schema and one fact."""
    caller = Caller(database_url)
    caller(settings.put, "colour", "red")
    caller.close()
    return database_url


def facts(url: str) -> list[str | None]:
    """What a later run finds."""
    caller = Caller(url)
    found = [caller(settings.get, name) for name in ("colour", "size")]
    caller.close()
    return found


def test_nothing_of_a_rehearsal_remains(stage: str) -> None:
    async def act(database: Database) -> None:
        await database.call(settings.put, "colour", "blue")
        await database.call(settings.put, "size", "big")

    rehearse(stage, act)

    assert facts(stage) == ["red", None]


def test_a_rehearsal_on_an_empty_database_leaves_it_empty(database_url: str) -> None:
    async def act(database: Database) -> None:
        await database.call(settings.put, "colour", "blue")

    rehearse(database_url, act)

    async def steps() -> int:
        database = open_database(database_url)
        try:
            return await database.migrate()
        finally:
            await database.close()

    assert asyncio.run(steps()) > 0


def test_a_rehearsal_sees_what_its_earlier_calls_changed(stage: str) -> None:
    seen = []

    async def act(database: Database) -> None:
        await database.call(settings.put, "size", "big")
        seen.append(await database.call(settings.get, "size"))

    rehearse(stage, act)

    assert seen == ["big"]


def test_a_failing_call_in_a_rehearsal_undoes_only_itself(stage: str) -> None:
    seen = []

    def half(tx: Transaction) -> None:
        settings.put(tx, "colour", "green")
        raise Mishap

    async def act(database: Database) -> None:
        await database.call(settings.put, "size", "big")
        with pytest.raises(Mishap):
            await database.call(half)
        with pytest.raises(StorageError):
            await database.call(lambda tx: tx.run("DELETE FROM nowhere"))
        seen.append(await database.call(settings.get, "size"))
        seen.append(await database.call(settings.get, "colour"))

    rehearse(stage, act)

    assert seen == ["big", "red"]
    assert facts(stage) == ["red", None]


def test_calls_of_a_rehearsal_at_the_same_time_share_one_transaction(
    stage: str,
) -> None:
    seen = []

    async def act(database: Database) -> None:
        names = [f"n{n}" for n in range(20)]
        await asyncio.gather(*(database.call(settings.put, n, "x") for n in names))
        seen.extend([await database.call(settings.get, n) for n in names])

    rehearse(stage, act)

    assert seen == ["x"] * 20


def test_a_rehearsal_on_a_full_disk_still_leaves_nothing(sqlite_url: str) -> None:
    Caller(sqlite_url).close()

    async def act(database: Database) -> None:
        await database.call(settings.put, "size", "big")
        await database.call(lambda tx: tx.run("PRAGMA max_page_count = 1"))
        with pytest.raises(StorageError, match="full"):
            await database.call(settings.put, "novel", "x" * 10_000_000)
        await database.call(settings.put, "colour", "blue")

    rehearse(sqlite_url, act)

    assert facts(sqlite_url) == [None, None]


def test_a_rehearsal_goes_on_when_its_connection_broke_and_leaves_nothing(
    postgresql_server: str,
) -> None:
    url = fresh_postgresql(postgresql_server)
    Caller(url).close()

    async def act(database: Database) -> None:
        await database.call(settings.put, "size", "big")
        with pytest.raises(StorageError, match="terminating connection"):
            await database.call(
                lambda tx: tx.run("SELECT pg_terminate_backend(pg_backend_pid())")
            )
        await database.call(settings.put, "colour", "blue")

    rehearse(url, act)

    assert facts(url) == [None, None]
