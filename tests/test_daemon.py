"""The service: the same work on a clock, and an orderly stop."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from monitor import log
from monitor.clock import SystemClock
from monitor.config import loads
from monitor.daemon import Daemon, build
from monitor.errors import AlreadyRunning, StorageError
from monitor.stages import Stage, keep_running
from tests.conftest import StandingClock
from tests.desk import Desk
from tests.pipeline.test_digests import tell
from tests.site import Site

_MAIN = "from monitor.cli import main; main()"


@pytest.fixture
def desk(site: Site, tmp_path: Path, sqlite_url: str) -> Desk:
    desk = Desk(folder=tmp_path, site=site, clock=StandingClock(), database=sqlite_url)
    desk.feeds = {}
    return desk


async def _until(found: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait until a function says yes."""
    deadline = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def _serve(daemon: Daemon, while_running: Callable[[], Awaitable[None]]) -> None:
    await daemon.open()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(daemon.run())
            await while_running()
            daemon.stopping.set()
    finally:
        await daemon.close()


def test_the_service_tells_what_comes_and_stops_in_order(
    desk: Desk, site: Site
) -> None:
    desk.feeds = {"world": f"{site.url}/feed.xml"}
    config = desk.config()
    fast = replace(config.feeds["world"], every=timedelta(seconds=1))
    config = replace(config, feeds={"world": fast})
    tell(site, "old")

    async def newsroom() -> None:
        await _until(lambda: site.hits("/feed.xml") >= 1)
        await asyncio.sleep(0.05)
        tell(site, "old", "Airstrikes hit Aleppo")
        await _until(desk.stories)

    asyncio.run(_serve(build(config, SystemClock()), newsroom))

    assert desk.stories() == ["Airstrikes hit Aleppo"]


def test_a_second_copy_is_kept_off_one_sqlite_file(desk: Desk) -> None:
    async def both() -> None:
        first, second = desk.daemon(), desk.daemon()
        await first.open()
        try:
            with pytest.raises(AlreadyRunning):
                await second.open()
        finally:
            await second.close()
            await first.close()

    asyncio.run(both())


def test_a_stage_that_fails_is_reported_and_runs_again(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    log.set_up(0)
    daemon = desk.daemon()
    stage = Stage("read", after_error=0.01)
    calls: list[int] = []

    async def failing() -> int:
        calls.append(1)
        if len(calls) == 1:
            raise StorageError("the disk is full")
        if len(calls) == 2:
            raise ZeroDivisionError
        daemon.stopping.set()
        stage.wake.set()
        return 0

    stage.work = failing

    async def run() -> None:
        await daemon.open()
        await keep_running(daemon.context, stage, daemon.stopping)
        await daemon.close()

    asyncio.run(run())

    said = capsys.readouterr().err
    assert "the disk is full" in said
    assert "ZeroDivisionError" in said


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_the_program_runs_until_sigterm_and_exits_with_0(
    desk: Desk, site: Site
) -> None:
    tell(site, "old")
    desk.feeds = {"world": f"{site.url}/feed.xml"}
    config = desk.write()
    program = subprocess.Popen(
        [sys.executable, "-c", _MAIN, "--config", str(config), "-v", "run"],
        stderr=subprocess.PIPE,
        text=True,
    )
    while not site.hits("/feed.xml"):
        time.sleep(0.02)

    program.send_signal(signal.SIGHUP)
    program.send_signal(signal.SIGTERM)
    _, said = program.communicate(timeout=30)

    assert program.returncode == 0
    assert "service.stopped" in said
    assert "Stopped in order." in said


def test_a_start_earlier_than_the_last_run_brings_rows_back(
    desk: Desk, site: Site
) -> None:
    desk.feeds = {"world": f"{site.url}/feed.xml"}
    desk.clock.go_on(days=400)
    tell(site, "old")
    desk.run()

    desk.clock.go_on(days=-390)
    desk.run()
    desk.clock.go_on(hours=3)  # its next poll would have come by now, had nothing been
    tell(site, "old", "Airstrikes hit Aleppo")
    report = desk.run()

    assert report.polled == 1
    assert desk.stories() == ["Airstrikes hit Aleppo"]


def test_gaps_between_requests_to_one_host_are_waited_for(
    desk: Desk, site: Site
) -> None:
    desk.feeds = {n: f"{site.url}/{n}.xml" for n in ("a", "b", "c")}
    for name in desk.feeds:
        site.feed(f"/{name}.xml", name, [])
    text = desk.text().replace('at_once = 4, gap = "0s"', 'at_once = 1, gap = "1s"')
    config = loads(text, desk.folder / "c.toml")
    started = time.monotonic()

    async def run() -> None:
        daemon = build(config, SystemClock())
        await daemon.open()
        report = await daemon.check_once()
        await daemon.close()
        assert report.polled == 3

    asyncio.run(run())

    assert time.monotonic() - started > 1.9
    assert json.dumps(desk.told()) == "[]"
