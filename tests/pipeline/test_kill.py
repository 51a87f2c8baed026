"""Whatever dies when: nothing is lost, and at most one delivery repeats."""

import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.conftest import NOON, StandingClock
from tests.desk import Desk, mail_server
from tests.site import Site, item

ENTRIES = 5
POINTS = {
    "entries committed": ("after", "_commit_poll"),
    "article committed": ("after", "_commit_articles"),
    "digest committed": ("after", "_commit_digest"),
    "sent but not marked": ("before", "commit_sent"),
}
ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("point", POINTS)
def test_a_kill_loses_nothing_and_repeats_at_most_one_message(
    point: str, site: Site, tmp_path: Path, database_url: str
) -> None:
    clock = StandingClock(NOON)
    for number in range(1, ENTRIES + 1):
        site.page(
            f"/a/{number}", f"Airstrikes hit Aleppo, report {number}", _text(number)
        )
    with mail_server() as (mailbox, port):
        desk = Desk(
            folder=tmp_path,
            site=site,
            clock=clock,
            database=database_url,
            more=(
                '[channels.mail]\ntype = "email"\nto = ["ana@example.org"]\n'
                f'[smtp]\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\n'
                'from = "Monitor <monitor@example.org>"\n'
            ),
        )
        config = desk.write()
        text = config.read_text("utf-8").replace(
            'send_to = ["log"]', 'send_to = ["mail"]'
        )
        config.write_text(text, "utf-8")
        site.feed("/feed.xml", "World", [item(0, site, matching=False)])
        _run(config, NOON.isoformat(), "never", "nothing")
        assert mailbox.messages == []

        site.feed("/feed.xml", "World", [item(n, site) for n in range(ENTRIES + 1)])
        when, victim = POINTS[point]
        later = NOON + timedelta(hours=1)
        died = _run(config, later.isoformat(), when, victim)
        assert died == -signal.SIGKILL
        # On PostgreSQL the dead process's leases have to run out first.
        _run(config, (later + timedelta(hours=2)).isoformat(), "never", "nothing")
        _run(config, (later + timedelta(hours=4)).isoformat(), "never", "nothing")

    found = "\n".join(mailbox.texts())
    assert all(f"report {n}" in found for n in range(1, ENTRIES + 1))
    repeats = len(mailbox.ids()) - len(set(mailbox.ids()))
    assert repeats == (1 if point == "sent but not marked" else 0)
    told = [
        n for n in range(1, ENTRIES + 1) for _ in range(found.count(f"report {n}\n"))
    ]
    assert len(told) <= ENTRIES * (1 + repeats)


def _text(number: int) -> tuple[str, ...]:
    return tuple(
        f"Paragraph {number}.{p}: airstrikes hit Aleppo again, said witness {number * 7 + p} "
        f"of block {number * 13 + p}, and the road to quarter {number * 17 + p} was closed."
        for p in range(5)
    )


def _run(config: Path, at: str, when: str, victim: str) -> int:
    """Run the program once in a process of its own; its exit status."""
    return subprocess.run(
        [sys.executable, "-m", "tests.killing", str(config), at, when, victim],
        check=False,
        cwd=ROOT,
        timeout=60,
    ).returncode
