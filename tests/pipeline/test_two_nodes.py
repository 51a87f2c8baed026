"""Two processes on one PostgreSQL: each digest is sent once."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import NOON, StandingClock
from tests.desk import Desk
from tests.pipeline.test_digests import tell
from tests.site import Site

COUNT = 1_000
ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_thousand_due_digests_are_sent_once_by_two_nodes(
    site: Site, tmp_path: Path, database_url: str
) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("one process has an SQLite file")
    desk = Desk(
        folder=tmp_path, site=site, clock=StandingClock(NOON), database=database_url
    )
    desk.more = "".join(
        f'[subscribers.s{n}]\nrules = ["aleppo"]\ndigest = "daily 18:00"\n'
        'send_to = ["log"]\n'
        for n in range(COUNT)
    )
    config = desk.write()
    tell(site, "old")
    desk.run()
    tell(site, "old", "Airstrikes hit Aleppo")
    desk.run(all_feeds=True)
    at = NOON.replace(hour=19).isoformat()

    nodes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.killing", config, at, "never", "nothing"],
            cwd=ROOT,
        )
        for _ in range(2)
    ]

    assert [node.wait(timeout=150) for node in nodes] == [0, 0]
    lines = (tmp_path / "told.jsonl").read_text("utf-8").splitlines()
    sent = [json.loads(line) for line in lines]
    names = [one["subscriber"] for one in sent if one["kind"] == "digest"]
    assert len(names) == COUNT
    assert len(set(names)) == COUNT
