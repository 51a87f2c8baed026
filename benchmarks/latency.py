"""From a stored article to an accepted message: the whole service under steady load.

    python -m benchmarks.latency [--seconds 60] [--rate 10] [--rules 1200] [--trouble]

Each rule has a subscriber of its own, so that nothing is merged and no burst rule holds
an alert; a webhook on loopback takes the messages. With ``--trouble`` every message goes
to six more channels as well: servers that refuse, hang, hang up, answer 503 or 429, and a
mail server that says nothing. The latency of the good one must stay.
"""

import argparse
import asyncio
import contextlib
import json
import re
import socket
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from monitor import log
from monitor.clock import SystemClock
from monitor.config import loads
from monitor.daemon import Daemon, build
from monitor.models import Entry, EntryState, Key, Kind
from monitor.stages import keep_running, stages_of
from monitor.storage import entries, feeds
from monitor.storage.database import Transaction
from tests.channels.receiver import Receiver, receiver

_CONFIG = """
[service]
database = "sqlite:latency.db"
[web]
listen = ""
[fetch]
private_networks = true
[articles]
full_text = "never"
merge = "nothing"
[feeds]
world = "http://127.0.0.1:9/feed.xml"
[channels.hook]
type = "webhook"
url = "{url}/hook"
"""


_TROUBLE = """
[channels.{name}]
type = "webhook"
url = "{url}/{name}"
"""
_SILENT_MAIL = """
[channels.mail]
type = "email"
to = ["ana@example.org"]
[smtp]
host = "127.0.0.1"
port = {port}
tls = "none"
from = "monitor@example.org"
"""
_FAULTS = {"fails": (503, ""), "drops": (0, ""), "many": (429, "")}


@contextlib.contextmanager
def _trouble(*, wanted: bool) -> Iterator[str]:
    """The configuration of channels that do not work, while they do not."""
    if not wanted:
        yield ""
        return
    with contextlib.ExitStack() as stack:
        silent = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        port = silent.getsockname()[1]  # nobody accepts: a client waits for an answer
        urls = {"hangs": f"http://127.0.0.1:{port}", "refuses": "http://127.0.0.1:9"}
        for name, answer in _FAULTS.items():
            far = stack.enter_context(receiver())
            far.says(answer)
            urls[name] = far.url
        hooks = [_TROUBLE.format(name=name, url=url) for name, url in urls.items()]
        yield "".join(hooks) + _SILENT_MAIL.format(port=port)


def _config(url: str, rules: int, trouble: str) -> str:
    all_channels = ["hook", *re.findall(r"\[channels\.(\w+)\]", trouble)]
    send_to = ", ".join(f'"{name}"' for name in all_channels)
    named = "".join(f'rule{n} = "word{n}x"\n' for n in range(rules))
    people = "".join(
        f'[subscribers.s{n}]\nrules = ["rule{n}"]\ndigest = "instant"\n'
        f"send_to = [{send_to}]\n"
        for n in range(rules)
    )
    return f"{_CONFIG.format(url=url)}{trouble}[rules]\n{named}{people}"


def _publish(tx: Transaction, number: int, rules: int, now: datetime) -> None:
    """Store an entry that waits to be read, as a poll does."""
    feed = tx.all("SELECT id FROM feed WHERE name = 'world'")[0]
    guid = f"guid{number}"
    entries.add_entries(
        tx,
        [
            entries.Stored(
                feed_id=feed["id"],
                entry=Entry(
                    guid=guid, title=f"Report {number} on word{number % rules}x"
                ),
                keys=[Key(Kind.GUID, guid)],
                text_hash=guid,
                title_hash=guid,
                state=EntryState.WAITING,
                published=None,
                now=now,
            )
        ],
    )


async def _load(daemon: Daemon, wake: asyncio.Event, asked: argparse.Namespace) -> None:
    """Publish at a steady rate, and let the read stage know."""
    context = daemon.context
    total = asked.seconds * asked.rate
    start = asyncio.get_running_loop().time()
    for number in range(total):
        due = start + number / asked.rate
        await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
        await context.database.call(_publish, number, asked.rules, context.now())
        wake.set()
    await asyncio.sleep(20)
    daemon.stopping.set()
    wake.set()


def _times(far: Receiver, stored: dict[str, datetime]) -> list[float]:
    """Seconds from the stored article to the message, for each article."""
    return sorted(
        float(request.headers["x-arrived"]) - stored[story["title"]].timestamp()
        for request in far.requests
        for story in json.loads(request.body)["stories"]
    )


def _stored(tx: Transaction) -> dict[str, datetime]:
    rows = tx.all("SELECT title, read_at FROM article")
    return {
        row["title"]: datetime.fromtimestamp(row["read_at"] / 1e6, UTC) for row in rows
    }


async def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rate", type=int, default=10)
    parser.add_argument("--rules", type=int, default=1_200)
    parser.add_argument("--trouble", action="store_true")
    asked = parser.parse_args()
    log.set_up(-1)
    with (
        tempfile.TemporaryDirectory() as folder,
        receiver() as far,
        _trouble(wanted=asked.trouble) as trouble,
    ):
        far.says((204, ""))
        text = _config(far.url, asked.rules, trouble)
        daemon = build(loads(text, Path(folder) / "config.toml"), SystemClock())
        await daemon.open()
        await daemon.context.database.call(feeds.pause_feed, "world", datetime.now(UTC))
        stages = stages_of(daemon.context, daemon.stopping)
        read = next(stage for stage in stages if stage.name == "read")
        async with asyncio.TaskGroup() as group:
            for stage in stages:
                group.create_task(keep_running(daemon.context, stage, daemon.stopping))
            await asyncio.sleep(3)
            group.create_task(_load(daemon, read.wake, asked))
        stored = await daemon.context.database.call(_stored)
        await daemon.close()
        waits = _times(far, stored)
    total = asked.seconds * asked.rate
    median, late = waits[len(waits) // 2], waits[int(len(waits) * 0.99)]
    sys.stdout.write(
        f"latency: {len(waits)} of {total} told, {asked.rate} a second over "
        f"{asked.rules} rules{' beside trouble' if asked.trouble else ''}: median {median:.2f} s, p99 {late:.2f} s, "
        f"longest {waits[-1]:.2f} s\n"
    )
    return 0 if len(waits) == total and median < 2 and late < 20 else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
