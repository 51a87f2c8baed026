"""What only SQLite can do wrong, and its lock."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.errors import AlreadyRunning, StorageError
from monitor.storage import open_database, settings
from monitor.storage.database import Transaction
from monitor.storage.sqlite import Sqlite, restore
from tests.conftest import Caller


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "monitor.db"


@pytest.fixture
def call_sqlite(path: Path) -> Iterator[Caller]:
    caller = Caller(f"sqlite:{path}")
    try:
        yield caller
    finally:
        caller.close()


def why_not(path: Path) -> str:
    """What migrating a file says when it cannot be done."""

    async def migrate() -> None:
        database = Sqlite(path, busy=timedelta(0))
        try:
            await database.migrate()
        finally:
            await database.close()

    with pytest.raises(StorageError) as caught:
        asyncio.run(migrate())
    return str(caught.value)


# --- errors with a way out ---


def test_a_file_that_another_program_writes_to_is_named(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("BEGIN IMMEDIATE")

        text = why_not(path)

    assert text == f"{path}: database is locked: another program is writing to it"


def test_a_new_file_that_another_program_writes_to_is_named(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        text = why_not(path)

    assert text == f"{path}: database is locked: another program is writing to it"


def test_a_new_file_is_waited_for_until_the_other_program_is_done(path: Path) -> None:
    async def migrate() -> int:
        database = Sqlite(path)
        try:
            with closing(sqlite3.connect(path, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                migrating = asyncio.create_task(database.migrate())
                await asyncio.sleep(0.05)
                other.execute("ROLLBACK")
            return await migrating
        finally:
            await database.close()

    assert asyncio.run(migrate()) > 0


def test_a_missing_folder_is_suspected(tmp_path: Path) -> None:
    text = why_not(tmp_path / "nowhere" / "monitor.db")

    assert text.endswith("does the folder exist, and may we write there?")


def test_a_file_of_another_kind_is_told_from_a_database(path: Path) -> None:
    path.write_bytes(b"Dear diary, " * 1_000)

    text = why_not(path)

    assert text == (
        f"{path}: file is not a database: "
        "restore a backup, or move it away to start anew"
    )


def test_a_damaged_database_is_reported(path: Path) -> None:
    Caller(f"sqlite:{path}").close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))

    text = why_not(path)

    assert "malformed: restore a backup" in text


def test_a_database_that_may_not_be_written_is_reported(call_sqlite: Caller) -> None:
    call_sqlite(lambda tx: tx.run("PRAGMA query_only = ON"))

    with pytest.raises(StorageError, match="readonly database: may we write there"):
        call_sqlite(settings.put, "colour", "red")


def test_a_full_disk_loses_nothing(call_sqlite: Caller) -> None:
    call_sqlite(settings.put, "colour", "red")
    call_sqlite(lambda tx: tx.run("PRAGMA max_page_count = 1"))

    with pytest.raises(StorageError, match="full: make room; nothing is lost"):
        call_sqlite(settings.put, "novel", "x" * 1_000_000)

    assert call_sqlite(settings.get, "colour") == "red"


def test_an_error_without_a_known_way_out_is_told_as_it_is(
    path: Path, call_sqlite: Caller
) -> None:
    with pytest.raises(StorageError) as caught:
        call_sqlite(lambda tx: tx.run("DELETE FROM nowhere"))

    assert str(caught.value) == f"{path}: no such table: nowhere"


def test_a_database_that_never_opened_can_be_closed(path: Path) -> None:
    async def open_and_close() -> None:
        await Sqlite(path).close()

    asyncio.run(open_and_close())

    assert not path.exists()


# --- how it is set up ---


def test_readers_do_not_wait_and_what_was_sent_survives_a_power_cut(
    call_sqlite: Caller,
) -> None:
    def pragmas(tx: Transaction) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        rows = [tx.one(f"PRAGMA {name}") or {} for name in names]
        return [value for row in rows for value in row.values()]

    full = 2

    assert call_sqlite(pragmas) == ["wal", full, 1]


def test_a_row_cannot_point_at_nothing(call_sqlite: Caller) -> None:
    orphan = "INSERT INTO flood (feed_id, at, entries, state) VALUES (9, 0, 0, '')"

    with pytest.raises(StorageError, match="FOREIGN KEY"):
        call_sqlite(lambda tx: tx.run(orphan))


# --- the lock ---


def test_a_second_copy_on_the_same_file_is_refused(path: Path) -> None:
    first, second = Sqlite(path), Sqlite(path)
    first.lock()

    with pytest.raises(AlreadyRunning, match=r"running on .*monitor\.db"):
        second.lock()

    asyncio.run(first.close())
    asyncio.run(second.close())


def test_the_lock_ends_with_its_database(path: Path) -> None:
    first, second = Sqlite(path), Sqlite(path)
    first.lock()
    asyncio.run(first.close())

    second.lock()

    asyncio.run(second.close())
    assert second.exclusive


def test_copies_on_different_files_do_not_hinder_each_other(tmp_path: Path) -> None:
    first, second = Sqlite(tmp_path / "a.db"), Sqlite(tmp_path / "b.db")
    first.lock()

    second.lock()

    asyncio.run(first.close())
    asyncio.run(second.close())


def test_commands_work_beside_a_locked_database(path: Path) -> None:
    service = Sqlite(path)
    service.lock()
    beside = Caller(f"sqlite:{path}")

    beside(settings.put, "colour", "red")

    assert beside(settings.get, "colour") == "red"
    beside.close()
    asyncio.run(service.close())


def test_a_lock_in_a_missing_folder_names_its_file(tmp_path: Path) -> None:
    database = Sqlite(tmp_path / "nowhere" / "monitor.db")

    with pytest.raises(StorageError, match=r"monitor\.db\.lock: No such file"):
        database.lock()

    asyncio.run(database.close())


def test_a_backup_that_fails_leaves_nothing_half_done(
    tmp_path: Path, sqlite_url: str
) -> None:
    async def back_up() -> None:
        database = open_database(sqlite_url)
        try:
            await database.migrate()
            (tmp_path / "there").mkdir()
            await database.backup(tmp_path / "there")
        finally:
            await database.close()

    with pytest.raises(StorageError, match="the backup failed"):
        asyncio.run(back_up())

    assert not (tmp_path / "there.part").exists()


def test_a_backup_is_restored_where_nothing_was(
    tmp_path: Path, sqlite_url: str
) -> None:
    async def back_up() -> None:
        database = open_database(sqlite_url)
        await database.migrate()
        await database.backup(tmp_path / "backup.db")
        await database.close()

    asyncio.run(back_up())

    restore(tmp_path / "new.db", tmp_path / "backup.db")

    assert (tmp_path / "new.db").is_file()
    assert not (tmp_path / "new.db.before-restore").exists()


def test_a_damaged_backup_is_refused(tmp_path: Path, sqlite_url: str) -> None:
    async def back_up() -> None:
        database = open_database(sqlite_url)
        await database.migrate()
        await database.call(settings.put, "name", "x" * 50_000)
        await database.backup(tmp_path / "backup.db")
        await database.close()

    asyncio.run(back_up())
    content = bytearray((tmp_path / "backup.db").read_bytes())
    content[8_192:40_960] = b"\xff" * 32_768
    (tmp_path / "backup.db").write_bytes(content)

    with pytest.raises(StorageError):
        restore(tmp_path / "new.db", tmp_path / "backup.db")

    assert not (tmp_path / "new.db").exists()


def test_room_that_cannot_be_given_back_is_said(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no database\n" * 500)

    async def vacuum() -> None:
        database = open_database(f"sqlite:{tmp_path}/text.db")
        try:
            await database.reclaim(whole=True)
        finally:
            await database.close()

    with pytest.raises(StorageError, match="not a database"):
        asyncio.run(vacuum())


def test_a_disk_that_does_not_say_what_is_free_is_no_alarm(tmp_path: Path) -> None:
    assert Sqlite(tmp_path / "gone" / "monitor.db").free_bytes() is None
