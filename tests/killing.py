"""Run check-once and die by SIGKILL at one point; started by the tests as a program.

    python -m tests.killing CONFIG AT before|after FUNCTION

The database is wrapped from outside, so that the program itself needs no hooks: the
process kills itself before or after the transaction of the named function, the first
time that this transaction has work.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from monitor.clock import SystemClock
from monitor.config import load
from monitor.daemon import build
from monitor.storage import open_database
from monitor.storage.database import Database


def deadly(database: Database, when: str, victim: str) -> Database:
    """A database whose ``call`` kills the process around one function."""

    class Deadly(type(database)):  # type: ignore[misc]  # the engine is known at run time only
        async def call(
            self, function: Callable[..., Any], *args: Any, **kw: Any
        ) -> Any:
            named = function.__name__ == victim
            if named and when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            result = await super().call(function, *args, **kw)
            if named and when == "after":
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        call_lightly = call

    database.__class__ = Deadly
    return database


async def run(config_path: str, at: str, when: str, victim: str) -> None:
    config = load(Path(config_path))
    database = deadly(open_database(config.service.database), when, victim)
    clock = SystemClock(datetime.fromisoformat(at))
    daemon = build(config, clock, database=database)
    await daemon.open()
    await daemon.check_once(all_feeds=True)
    await daemon.close()


if __name__ == "__main__":
    asyncio.run(run(*sys.argv[1:]))
