"""SIGKILL in the middle of a migration, or of forgetting: all of it, or none."""

import asyncio
import signal
import subprocess
import sys

import pytest

from monitor.storage import open_database
from monitor.storage.migrate import steps, steps_done
from monitor.storage.postgresql import FRAGMENTS as POSTGRESQL
from monitor.storage.sqlite import FRAGMENTS as SQLITE
from tests.conftest import Caller
from tests.storage.builders import add_entry, add_feed, count, read
from tests.storage.test_migrate import first_rows, first_step
from tests.storage.test_upkeep_rows import sweep

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]
_CHILD = """
import asyncio, os, signal, sys
from monitor.storage import open_database, upkeep
from monitor.storage.migrate import migrate
from monitor.storage.postgresql import FRAGMENTS as POSTGRESQL
from monitor.storage.sqlite import FRAGMENTS as SQLITE
from tests.storage.builders import later
what, url = sys.argv[1:]

def work(tx):
    if what == "migrate":
        migrate(tx, SQLITE if url.startswith("sqlite") else POSTGRESQL)
    else:
        at = later(days=365)
        upkeep.forget_articles(tx, matched_before=at, unmatched_before=at,
                               after=upkeep.Mark(), limit=100)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(open_database(url).call(work))
"""


def killed(what: str, url: str) -> None:
    """Do something in a process of its own that dies before it commits."""
    done = subprocess.run([sys.executable, "-c", _CHILD, what, url], check=False)
    assert done.returncode == -signal.SIGKILL


@pytest.fixture
def old(database_url: str) -> str:
    """A database as the first schema had it, with rows."""

    async def begin() -> None:
        database = open_database(database_url)
        fragments = SQLITE if database_url.startswith("sqlite:") else POSTGRESQL
        await database.call(first_step, fragments)
        await database.call(first_rows)
        await database.close()

    asyncio.run(begin())
    return database_url


def test_a_killed_migration_changed_nothing_and_is_done_again(old: str) -> None:
    killed("migrate", old)

    async def look() -> tuple[list[int], int, list[int]]:
        database = open_database(old)
        before = await database.call(steps_done)
        taken = await database.migrate()
        after = await database.call(steps_done)
        await database.close()
        return before, taken, after

    before, taken, after = asyncio.run(look())

    assert before == [1]
    assert taken == len(steps()) - 1
    assert sorted(after) == [number for number, _ in steps()]


def test_a_killed_sweep_forgot_nothing_and_is_done_again(database_url: str) -> None:
    caller = Caller(database_url)
    try:
        caller(lambda tx: read(tx, add_entry(tx, add_feed(tx))))

        killed("forget", database_url)

        assert [caller(count, t) for t in ("article", "rule_match", "story")] == [1] * 3
        assert caller(sweep, matched=10, unmatched=10) == 1
        assert [caller(count, t) for t in ("article", "rule_match", "story")] == [0] * 3
    finally:
        caller.close()
