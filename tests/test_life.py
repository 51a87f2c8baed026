"""The life of the process: systemd, reloads, the last good configuration, the watchdog."""

import asyncio
import contextlib
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import log, systemd
from monitor.clock import SystemClock
from monitor.config import Config, lastgood, load, loads
from monitor.daemon import Daemon, _watch_over, build
from monitor.pipeline.start import beat
from monitor.stages import Stage, hanging
from monitor.storage import settings
from tests.conftest import StandingClock
from tests.desk import Desk
from tests.pipeline.test_digests import tell
from tests.site import Site

_MAIN = "from monitor.cli import main; main()"
BROKEN = "[rules]\naleppo = 'Aleppo AND AND airstrike'\n"


class Systemd:
    """What listens at NOTIFY_SOCKET."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)
        self.heard: list[str] = []

    def listen(self) -> list[str]:
        """All lines that came so far."""
        while True:
            try:
                self.heard += self._socket.recv(4_096).decode().split("\n")
            except BlockingIOError:
                return self.heard

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def init(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Systemd]:
    found = Systemd(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    yield found
    found.close()


@pytest.fixture
def desk(site: Site, tmp_path: Path, sqlite_url: str) -> Desk:
    desk = Desk(folder=tmp_path, site=site, clock=StandingClock(), database=sqlite_url)
    desk.feeds = {"world": f"{site.url}/world.xml"}
    site.feed("/world.xml", "World", [])
    return desk


async def until(found: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait until a function says yes."""
    deadline = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def serving(
    daemon: Daemon, read: Callable[[], Config], work: Callable[[], Awaitable[None]]
) -> None:
    """Run the service while some work lasts."""
    await daemon.open()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(daemon.run(read=read))
            await work()
            daemon.stopping.set()
    finally:
        await daemon.close()


def refused(desk: Desk) -> str:
    """What the service says of the written configuration; "" if it runs."""

    async def ask() -> str:
        daemon = desk.daemon()
        await daemon.open(lock=False, sync=False)
        found = await daemon.context.database.call(settings.refused_config)
        await daemon.close()
        return found[1] if found else ""

    return asyncio.run(ask())


# --- systemd ---


def test_systemd_hears_of_start_state_and_stop(desk: Desk, init: Systemd) -> None:
    path = desk.write()

    async def work() -> None:
        await until(lambda: "WATCHDOG=1" in init.listen())

    asyncio.run(serving(build(load(path), SystemClock()), lambda: load(path), work))

    heard = init.listen()
    assert heard.index("READY=1") < heard.index("STOPPING=1")
    assert any(
        line.startswith("STATUS=1 of 1 feeds well, 0 messages") for line in heard
    )


def test_a_hanging_stage_leaves_the_watchdog_hungry() -> None:
    hung, well = Stage("visit", patience=timedelta(seconds=-1)), Stage("read")

    assert hanging([hung, well]) == ["visit"]
    hung.patience = timedelta(seconds=60)
    assert hanging([hung, well]) == []


def test_where_nobody_listens_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not systemd.notify(READY=1)
    monkeypatch.setenv("NOTIFY_SOCKET", "/nowhere/at/all")
    assert not systemd.notify(READY=1)
    monkeypatch.setenv("NOTIFY_SOCKET", "vsock:2:1")
    assert not systemd.notify(READY=1)


def test_the_abstract_namespace_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"@monitor-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as init:
        init.bind("\0" + name[1:])
        monkeypatch.setenv("NOTIFY_SOCKET", name)

        assert systemd.notify(STATUS="all\nwell")

        assert init.recv(100) == b"STATUS=all"


@given(micros=st.integers(0, 10**9), own=st.sampled_from(["", "own", "other"]))
def test_the_watchdog_is_ours_or_nobodys(micros: int, own: str) -> None:
    pid = {"": "", "own": str(os.getpid()), "other": "1"}[own]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WATCHDOG_USEC", str(micros))
        patch.setenv("WATCHDOG_PID", pid)

        found = systemd.watchdog_seconds()

    assert found == (micros / 1e6 if micros and own != "other" else None)


# --- reload ---


def test_a_reload_takes_new_feeds_and_rules_without_a_restart(
    desk: Desk, site: Site, init: Systemd
) -> None:
    path = desk.write()
    tell(site, "old")

    async def work() -> None:
        await until(lambda: "READY=1" in init.listen())
        desk.feeds["second"] = f"{site.url}/feed.xml"
        desk.write()
        os.kill(os.getpid(), signal.SIGHUP)
        await until(lambda: site.hits("/feed.xml"))

    asyncio.run(serving(build(load(path), SystemClock()), lambda: load(path), work))

    heard = init.listen()
    assert "RELOADING=1" in heard
    assert any(line.startswith("MONOTONIC_USEC=") for line in heard)
    assert heard.count("READY=1") == 2
    assert refused(desk) == ""


def test_a_reload_with_a_mistake_changes_nothing_and_tells_the_operator(
    desk: Desk, site: Site, init: Systemd
) -> None:
    path = desk.write()
    good = path.read_text()

    async def work() -> None:
        await until(lambda: site.hits("/world.xml"))
        path.write_text(good.replace('aleppo = "', 'aleppo = "AND '))
        os.kill(os.getpid(), signal.SIGHUP)
        await until(desk.notices)
        assert init.listen().count("READY=1") == 2

    asyncio.run(serving(build(load(path), SystemClock()), lambda: load(path), work))

    (notice,) = desk.notices()
    assert notice.startswith("the new configuration was refused")
    assert f"{path}:" in notice
    path.write_text(good)
    assert "aleppo" in refused(desk)


def test_the_database_cannot_be_changed_by_a_reload(
    desk: Desk, site: Site, tmp_path: Path
) -> None:
    path = desk.write()
    other = path.read_text().replace("monitor.db", "other.db")

    async def work() -> None:
        await until(lambda: site.hits("/world.xml"))
        os.kill(os.getpid(), signal.SIGHUP)
        await until(desk.notices)

    daemon = build(load(path), SystemClock())
    asyncio.run(serving(daemon, lambda: loads(other, path), work))

    assert "cannot change while the service runs" in desk.notices()[0]
    assert not (tmp_path / "other.db").exists()


# --- the last good configuration ---


def test_what_works_is_kept_for_its_owner_alone_with_secrets_as_references(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_SECRET", "canary-value")
    desk.more = (
        '[channels.hook]\ntype = "webhook"\nurl = "https://h.example/x"\n'
        'secret = { env = "HOOK_SECRET" }\n'
    )
    path = desk.write()

    lastgood.keep(load(path))
    lastgood.keep(load(path))

    place = lastgood.place_of(path)
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert "canary-value" not in place.read_text()
    path.write_text(BROKEN)
    found = lastgood.kept(path)
    assert found is not None
    assert found.service == desk.config().service


def test_what_was_included_is_kept_as_well(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "rules.d").mkdir()
    rules = tmp_path / "rules.d" / "more.toml"
    rules.write_text('[rules]\ngrain = "grain"\n')
    path = tmp_path / "config.toml"
    path.write_text('include = ["rules.d/*.toml"]\n' + desk.text())
    lastgood.keep(load(path))
    rules.write_text(BROKEN)

    found = lastgood.kept(path)

    assert found is not None
    assert "grain" in found.rules


@pytest.mark.parametrize(
    "text", ["", "{}", '{"texts": 3}', '{"texts": [["a", "= ="]]}']
)
def test_what_is_no_configuration_is_not_taken_for_one(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "config.toml"
    lastgood.place_of(path).write_text(text)

    assert lastgood.kept(path) is None


def test_it_is_kept_in_the_folder_that_systemd_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", f"{tmp_path}/state:/elsewhere")

    found = lastgood.place_of(Path("/etc/monitor/config.toml"))

    assert found == tmp_path / "state" / ".config.toml.last-good"


def test_a_folder_that_cannot_be_written_costs_no_start(
    desk: Desk, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", "/nowhere/at/all")
    path = desk.write()

    async def work() -> None:
        await until(lambda: site.hits("/world.xml"))

    asyncio.run(serving(build(load(path), SystemClock()), lambda: load(path), work))

    assert site.hits("/world.xml")


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_a_start_with_a_mistake_goes_on_with_what_worked_and_says_so(
    desk: Desk, site: Site
) -> None:
    path = desk.write()
    words = [sys.executable, "-c", _MAIN, "--config", str(path)]
    lastgood.keep(load(path))
    path.write_text(BROKEN)

    program = subprocess.Popen([*words, "run"], stderr=subprocess.PIPE, text=True)
    while not (site.hits("/world.xml") and desk.notices()):
        time.sleep(0.02)
    program.send_signal(signal.SIGTERM)
    _, said = program.communicate(timeout=30)
    other = subprocess.run([*words, "status"], check=False, capture_output=True)

    assert program.returncode == 0
    assert "I expected a word after AND" in said
    assert "the last good configuration runs" in said
    assert other.returncode == 2
    assert desk.notices()[0].startswith("the new configuration was refused")


def test_a_service_with_a_hanging_stage_is_not_kept_alive(
    desk: Desk, init: Systemd
) -> None:
    async def run() -> None:
        daemon = desk.daemon()
        await daemon.open(lock=False)
        stages = [Stage("visit", patience=timedelta(seconds=-1)), Stage("read")]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                await _watch_over(daemon.context, stages)
        await daemon.close()

    asyncio.run(run())

    heard = init.listen()
    assert "READY=1" in heard
    assert "WATCHDOG=1" not in heard


def test_a_machine_that_slept_is_a_time_without_a_watch(desk: Desk) -> None:
    async def run() -> tuple[datetime, datetime] | None:
        daemon = desk.daemon()
        await daemon.open(lock=False)
        call = daemon.context.database.call
        await call(beat, daemon.context)
        desk.clock.go_on(minutes=1)
        await call(beat, daemon.context)
        awake = await call(settings.last_downtime)
        desk.clock.go_on(hours=1)
        await call(beat, daemon.context)
        asleep = await call(settings.last_downtime)
        await daemon.close()
        assert awake is None
        return asleep

    found = asyncio.run(run())

    assert found is not None
    assert found[1] - found[0] == timedelta(hours=1)


def test_a_reload_with_a_mistake_while_the_database_is_away_ends_nothing(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.database = f"sqlite:{tmp_path}/gone/monitor.db"
    log.set_up(0)

    def read() -> Config:
        return loads(BROKEN, tmp_path / "config.toml")

    async def run() -> Config | None:
        daemon = desk.daemon()
        found = await daemon._read(read)
        await daemon.close()
        return found

    assert asyncio.run(run()) is None
    assert "config.refused" in capsys.readouterr().err
