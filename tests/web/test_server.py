"""The pages inside the service."""

import asyncio
import socket
from pathlib import Path

import httpx
import pytest

from monitor.config import loads
from monitor.daemon import build
from monitor.web.server import bind, pages
from tests.conftest import StandingClock
from tests.desk import Desk
from tests.site import Site


@pytest.fixture
def desk(site: Site, tmp_path: Path, clock: StandingClock, sqlite_url: str) -> Desk:
    return Desk(folder=tmp_path, site=site, clock=clock, database=sqlite_url)


def listening(desk: Desk, listen: str) -> str:
    return desk.text() + f'\n[web]\nlisten = "{listen}"\n'


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_service_serves_its_pages_and_stops_with_them(desk: Desk) -> None:
    port = free_port()
    config = loads(listening(desk, f"127.0.0.1:{port}"), desk.folder / "config.toml")

    async def run() -> int:
        daemon = build(config, desk.clock)
        found = pages(daemon.context)
        assert found is not None
        async with asyncio.TaskGroup() as group:
            group.create_task(found.serve())
            async with httpx.AsyncClient(trust_env=False) as client:
                answer = await client.get(f"http://127.0.0.1:{port}/style.css")
            found.stop()
        await daemon.close()
        return answer.status_code

    assert asyncio.run(run()) == 200


def test_a_port_that_is_taken_stops_no_mail(desk: Desk) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        text = listening(desk, f"127.0.0.1:{port}")
        daemon = build(loads(text, desk.folder / "config.toml"), desk.clock)

        assert pages(daemon.context) is None

        asyncio.run(daemon.close())


def test_pages_can_be_off(desk: Desk) -> None:
    daemon = build(loads(listening(desk, ""), desk.folder / "config.toml"), desk.clock)

    assert pages(daemon.context) is None

    asyncio.run(daemon.close())


def test_an_address_of_the_sixth_version_is_bound_as_such() -> None:
    try:
        found = bind("[::1]:0")
    except OSError:
        pytest.skip("this machine has no IPv6")

    assert found.family == socket.AF_INET6
    found.close()


def test_a_unix_socket_takes_the_place_of_one_left_behind(
    desk: Desk, tmp_path: Path
) -> None:
    path = tmp_path / "web.sock"
    bind(f"unix:{path}").close()
    config = loads(listening(desk, f"unix:{path}"), desk.folder / "config.toml")

    async def run() -> int:
        daemon = build(config, desk.clock)
        found = pages(daemon.context)
        assert found is not None
        transport = httpx.AsyncHTTPTransport(uds=str(path))
        async with asyncio.TaskGroup() as group:
            group.create_task(found.serve())
            async with httpx.AsyncClient(transport=transport, trust_env=False) as web:
                answer = await web.get("http://localhost/livez")
            found.stop()
        await daemon.close()
        return answer.status_code

    assert asyncio.run(run()) == 200
    assert path.stat().st_mode & 0o777 == 0o660


def test_a_socket_where_nobody_may_write_is_no_end(desk: Desk) -> None:
    text = listening(desk, "unix:/nowhere/at/all.sock")
    daemon = build(loads(text, desk.folder / "config.toml"), desk.clock)

    assert pages(daemon.context) is None

    asyncio.run(daemon.close())
