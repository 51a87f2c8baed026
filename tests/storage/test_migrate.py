"""The schema: each step once, on both engines the same."""

import asyncio
import re
from collections.abc import Mapping

import pytest

from monitor.errors import SchemaTooNew
from monitor.storage import open_database
from monitor.storage.database import Transaction
from monitor.storage.migrate import migrate, steps
from monitor.storage.postgresql import FRAGMENTS as POSTGRESQL
from monitor.storage.sqlite import FRAGMENTS as SQLITE
from tests.conftest import Caller, fresh_postgresql

Columns = Mapping[str, list[str]]


def migrations_of(url: str, openers: int) -> list[int]:
    """How many steps each of several openers took that migrate at the same time."""

    async def all_() -> list[int]:
        databases = [open_database(url) for _ in range(openers)]
        try:
            return await asyncio.gather(*(d.migrate() for d in databases))
        finally:
            for database in databases:
                await database.close()

    return asyncio.run(all_())


def columns_in_sqlite(tx: Transaction) -> Columns:
    tables = tx.all("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {
        table["name"]: [
            row["name"] for row in tx.all(f"PRAGMA table_info({table['name']})")
        ]
        for table in tables
    }


def columns_in_postgresql(tx: Transaction) -> Columns:
    rows = tx.all(
        """
        SELECT table_name, column_name
          FROM information_schema.columns
         WHERE table_schema = 'public'
         ORDER BY table_name, ordinal_position
        """
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["table_name"], []).append(row["column_name"])
    return found


# --- when ---


def test_the_first_opener_takes_all_steps_and_the_next_none(database_url: str) -> None:
    first = migrations_of(database_url, 1)
    second = migrations_of(database_url, 1)

    assert (first, second) == ([len(steps())], [0])


def test_openers_at_the_same_time_do_not_clash(database_url: str) -> None:
    taken = migrations_of(database_url, 4)

    assert sorted(taken) == [0, 0, 0, len(steps())]


def test_the_schema_of_a_newer_program_is_refused_and_left_alone(
    database_url: str,
) -> None:
    caller = Caller(database_url)
    caller(lambda tx: tx.run("INSERT INTO schema_step (number) VALUES (9999)"))

    with pytest.raises(SchemaTooNew, match="upgrade this program"):
        caller(migrate, SQLITE)

    rows = caller(lambda tx: tx.all("SELECT number FROM schema_step ORDER BY number"))
    caller.close()
    assert [row["number"] for row in rows] == [*(n for n, _ in steps()), 9999]


# --- what ---


def test_both_engines_get_the_same_tables_and_columns(
    sqlite_url: str, postgresql_server: str
) -> None:
    sqlite = Caller(sqlite_url)
    postgresql = Caller(fresh_postgresql(postgresql_server))

    found = sqlite(columns_in_sqlite), postgresql(columns_in_postgresql)

    sqlite.close()
    postgresql.close()
    assert found[0] == found[1]
    assert {"feed", "entry", "article", "told", "delivery"} <= found[0].keys()


def test_the_steps_are_numbered_without_a_gap() -> None:
    numbers = [number for number, _ in steps()]

    assert numbers == list(range(1, len(numbers) + 1))


def test_every_mark_of_a_step_is_known_to_both_engines() -> None:
    marks = {mark for _, sql in steps() for mark in re.findall(r"/\*.*?\*/", sql)}

    assert marks
    assert marks <= SQLITE.keys()
    assert marks <= POSTGRESQL.keys()


def test_both_engines_know_the_same_marks() -> None:
    assert SQLITE.keys() == POSTGRESQL.keys()


def test_an_id_is_given_by_the_database(call: Caller) -> None:
    def ids(tx: Transaction) -> list[int]:
        sql = "INSERT INTO host (name, due_at) VALUES (:name, 0) RETURNING id"
        return [(tx.one(sql, name=name) or {"id": 0})["id"] for name in "abc"]

    given = call(ids)

    assert len(set(given)) == 3
    assert min(given) > 0
