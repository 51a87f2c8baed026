"""Kill the program at random times under load: nothing may be lost, little repeated.

    python -m benchmarks.kills [--kills 200] [--postgresql URL]

A site on loopback brings new entries all the time; a webhook on loopback counts what
arrives. Each kill may repeat one message, with the same webhook-id.
"""

import argparse
import asyncio
import contextlib
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.channels.receiver import Receiver, receiver
from tests.site import Item, Site

_CONFIG = """
[service]
database = "{database}"
[web]
listen = ""
[fetch]
private_networks = true
per_host = {{ at_once = 4, gap = "0s" }}
[articles]
full_text = "never"
merge = "nothing"
flood_limit = 100000
[feeds]
world = "{site}/feed.xml"
[rules]
all = "*"
[subscribers.desk]
rules = ["all"]
digest = "instant"
max_stories = 1000
send_to = ["hook"]
[channels.hook]
type = "webhook"
url = "{hook}/hook"
"""
_SHOWN = 60
_MOST_SHOWN = 3_000
_PER_ROUND = 5
START = datetime(2026, 11, 22, 12, tzinfo=UTC)


def _titles(first: int, last: int) -> list[str]:
    return [f"Report r{number:05d} of the day" for number in range(first, last)]


def _show(site: Site, last: int) -> None:
    """The newest entries of the feed, as feeds show them."""
    titles = _titles(max(0, last - _MOST_SHOWN), last)
    site.feed("/feed.xml", "World", [Item(guid=t, title=t) for t in titles[::-1]])


def _program(config: Path, at: datetime) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "tests.killing", config, at.isoformat()]
    return subprocess.Popen(  # noqa: S603 - our own program
        [str(word) for word in (*command, "never", "nothing")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _run(folder: Path, site: Site, far: Receiver, asked: argparse.Namespace) -> bool:
    config = folder / "config.toml"
    database = asked.postgresql or f"sqlite:{folder}/kills.db"
    config.write_text(_CONFIG.format(database=database, site=site.url, hook=far.url))
    dice = random.Random(asked.seed)  # noqa: S311 - it chooses when to kill
    shown, at, killed = _SHOWN, START, 0
    _show(site, shown)
    _program(config, at).wait()
    while killed < asked.kills:
        shown += _PER_ROUND
        _show(site, shown)
        # The leases of the dead run out, and no burst rule holds the alerts.
        at += timedelta(hours=2)
        program = _program(config, at)
        with contextlib.suppress(subprocess.TimeoutExpired):
            program.wait(timeout=dice.uniform(asked.shortest, asked.longest))
        if program.poll() is None:
            program.send_signal(signal.SIGKILL)
            killed += 1
        program.wait()
    for _ in range(3):
        at += timedelta(hours=4)
        _program(config, at).wait()
    return _judge(far, _titles(_SHOWN, shown), killed)


def _judge(far: Receiver, titles: list[str], kills: int) -> bool:
    """Print what arrived; whether the promise was kept."""
    found = {one.headers["webhook-id"]: one.payload for one in far.requests}
    told = Counter(s["title"] for one in found.values() for s in one["stories"])
    lost = [title for title in titles if not told[title]]
    twice = [title for title, count in told.items() if count > 1]
    repeats = len(far.requests) - len(found)
    sys.stdout.write(
        f"kills: {kills} kills, {len(titles)} reports, {len(found)} messages: "
        f"{len(lost)} lost, {len(twice)} told in two messages, "
        f"{repeats} messages repeated with the same webhook-id\n"
    )
    return not lost and not twice and repeats <= kills


async def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--shortest", type=float, default=0.9, metavar="SECONDS")
    parser.add_argument("--longest", type=float, default=2.5, metavar="SECONDS")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--postgresql", metavar="URL", default="")
    asked = parser.parse_args()
    started = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as folder,
        Site() as site,
        receiver() as far,
    ):
        far.says((204, ""))
        good = await asyncio.to_thread(_run, Path(folder), site, far, asked)
    sys.stdout.write(f"       {time.monotonic() - started:.0f} s\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
