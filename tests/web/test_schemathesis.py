"""Schemathesis asks the JSON interface whatever its description allows."""

import asyncio
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.clock import SystemClock
from monitor.daemon import build
from monitor.web.server import pages
from tests.conftest import StandingClock
from tests.desk import Desk
from tests.site import Site
from tests.web.desk_pages import furnish
from tests.web.test_server import free_port

TOOL = Path(__file__).parents[2] / ".venv/tools/bin/schemathesis"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(240),
    pytest.mark.skipif(
        not TOOL.exists(), reason="schemathesis is not there: make tools"
    ),
]


def test_no_request_that_the_description_allows_breaks_it(
    site: Site, tmp_path: Path, clock: StandingClock, database_url: str
) -> None:
    desk = Desk(folder=tmp_path, site=site, clock=clock, database=database_url)
    furnish(desk, site)
    port = free_port()
    config = desk.config()
    config = replace(config, web=replace(config.web, listen=f"127.0.0.1:{port}"))
    command = [
        str(TOOL), "run", f"http://127.0.0.1:{port}/api/v1/openapi.json",
        "--max-examples=60", "--seed=1", "--suppress-health-check=all",
        "--checks=not_a_server_error,status_code_conformance,"
        "content_type_conformance,response_schema_conformance",
    ]  # fmt: skip

    async def run() -> tuple[int, str]:
        daemon = build(config, SystemClock())
        await daemon.open(lock=False)
        found = pages(daemon.context)
        assert found is not None
        async with asyncio.TaskGroup() as group:
            group.create_task(found.serve())
            done = await asyncio.to_thread(
                subprocess.run, command, capture_output=True, text=True, check=False,
                cwd=tmp_path, timeout=200,
            )  # fmt: skip
            found.stop()
        await daemon.close()
        return done.returncode, done.stdout + done.stderr

    status, said = asyncio.run(run())

    assert status == 0, said[-3_000:]
