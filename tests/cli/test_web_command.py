"""web: the pages alone, and the hash of a password."""

import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request

import pytest

from monitor.web.door import is_password
from tests.cli.conftest import Monitor
from tests.conftest import StandingClock, fresh_postgresql
from tests.desk import Desk

_MAIN = "from monitor.cli import main; main()"


def test_a_password_becomes_what_the_configuration_may_hold(
    monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("click.termui.hidden_prompt_func", lambda _: "horse")

    result = monitor("web", "password")

    found = tomllib.loads(result.output)["web"]["password"]
    assert is_password("horse", found)


def test_with_sqlite_the_pages_are_in_the_service(monitor: Monitor, desk: Desk) -> None:
    desk.write()

    result = monitor("web")

    assert result.exit_code == 2
    assert "with SQLite the pages are in the service" in result.stderr


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_the_pages_are_served_beside_other_nodes(
    desk: Desk, postgresql_server: str, clock: StandingClock
) -> None:
    del clock
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    desk.database = fresh_postgresql(postgresql_server)
    desk.more = f'[web]\nlisten = "127.0.0.1:{port}"\n'
    path = desk.write()
    program = subprocess.Popen(
        [sys.executable, "-c", _MAIN, "--config", str(path), "web"]
    )
    try:
        for _ in range(500):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/feeds") as answer:
                    body = answer.read()
                    break
            except OSError:
                time.sleep(0.05)
    finally:
        program.send_signal(signal.SIGTERM)
        status = program.wait(timeout=20)

    assert b"<h1>Feeds</h1>" in body
    assert status == 0
