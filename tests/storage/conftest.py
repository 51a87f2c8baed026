"""The PostgreSQL of these many small tests is emptied, not made anew for each."""

import pathlib
from collections.abc import Iterator

import pytest

from monitor.storage.database import Transaction
from tests.conftest import ENGINES, Caller, fresh_postgresql


@pytest.fixture(scope="session")
def postgresql_caller(postgresql_server: str) -> Iterator[Caller]:
    caller = Caller(fresh_postgresql(postgresql_server))
    try:
        yield caller
    finally:
        caller.close()


def empty(tx: Transaction) -> None:
    """Delete every row but the steps of the schema, all in one statement."""
    rows = tx.all(
        """
        SELECT table_name AS name
          FROM information_schema.tables
         WHERE table_schema = 'public'
           AND table_name <> 'schema_step'
        """
    )
    parts = (f"d_{row['name']} AS (DELETE FROM {row['name']})" for row in rows)  # noqa: S608 - our own names
    tx.run(f"WITH {', '.join(parts)} SELECT 1")


@pytest.fixture(params=ENGINES)
def call(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[Caller]:
    """``call(f, ...)`` runs a storage function on an empty database of each engine."""
    if request.param == "postgresql":
        shared: Caller = request.getfixturevalue("postgresql_caller")
        shared(empty)
        yield shared
        return
    caller = Caller(f"sqlite:{tmp_path / 'monitor.db'}")
    try:
        yield caller
    finally:
        caller.close()


@pytest.fixture(scope="module")
def sqlite_call(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """One SQLite database for all the examples of a property."""
    caller = Caller(f"sqlite:{tmp_path_factory.mktemp('property') / 'monitor.db'}")
    try:
        yield caller
    finally:
        caller.close()
