"""CPU seconds of the poll stage, beside lemon24/reader on the same farm.

Both poll the load server that lies beside the project, one after the other: for the
first time, with nothing changed, and after 5 % of the feeds published. Counted are
user and system seconds of all processes of a side, because wall time on shared
machines means little. Starting processes and importing is left out on both sides; a
worker that is replaced while it works is counted.

    python -m benchmarks.polling [--feeds 1000] [--scale]

``--scale`` polls with ours alone, so many feeds and ten times as many. The first run
installs reader into a virtual environment of its own; without it, only our half runs.
"""

import argparse
import asyncio
import contextlib
import json
import os
import resource
import socket
import sqlite3
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.farm import FARM, ask, wait_for
from monitor import log
from monitor.clock import SystemClock
from monitor.config import load
from monitor.daemon import build
from monitor.feeds.parse import parse
from monitor.pipeline.context import Context
from monitor.pipeline.visit import visit_hosts
from monitor.storage import feeds
from monitor.workers import Workers, default_count

ROOT = Path(__file__).parents[1]
PEER = Path.home() / ".cache" / "monitor-benchmarks" / "reader-3.26"
PHASES = {"first poll": 2.0, "nothing changed": 5.0, "5 % changed": 4.0}
RUNS = 3
KEPT_ALIVE = 6.0

CONFIG = """
[service]
database = "sqlite:ours.db"
[fetch]
per_host = {{ gap = "0s" }}
private_networks = ["127.10.0.0/15"]
[articles]
full_text = "never"
[feeds]
{feeds}
[rules]
quake = "earthquake"
[subscribers.nobody]
rules = ["quake"]
digest = "daily 07:30"
"""

# --- what runs in processes of its own ---

_OURS = "from benchmarks import polling; polling.poll_when_told()"

_READER = """
import json, resource, sys
from pathlib import Path
from reader import make_reader
urls = Path("urls.txt").read_text().split()
with make_reader(":memory:") as scratch:  # what it imports late, it imports now
    scratch.add_feed(urls[0])
    scratch.update_feeds()
reader = make_reader("reader.db")
for url in urls:
    reader.add_feed(url)
def cpu():
    both = (resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in both)
print("ready", flush=True)
for _ in sys.stdin:
    before = cpu()
    reader.update_feeds(workers=8, scheduled=False)
    print(json.dumps([cpu() - before, 0, 0]), flush=True)
"""

# Which feeds the farm made ill-formed, and which give no validators: the same seed
# makes the same world.
_WORLD = """
import json, sys
from feedfarm.world import World
feeds, hosts, faults, latency = json.loads(sys.argv[1])
world = World(feeds, hosts, now=0, faults=faults, latency=latency)
print(json.dumps([[f.illness, f.fault, f.validators] for f in world.feeds]))
"""

_TINY = b"""<rss version="2.0"><channel><title>T</title><item><title>One</title>
<guid>1</guid><link>http://127.10.0.1/1</link></item></channel></rss>"""


def poll_when_told() -> None:
    """Poll all feeds of ./config.toml once for each line on stdin; print the cost."""
    asyncio.run(_poll_when_told())


async def _poll_when_told() -> None:
    log.set_up(0)
    daemon = build(load(Path("config.toml")), SystemClock())
    await daemon.open()
    try:
        await warm_up(daemon.context.workers)
        _say("ready")
        while await asyncio.to_thread(sys.stdin.readline):
            _say(json.dumps(await _polled(daemon.context)))
    finally:
        await daemon.close()


async def warm_up(workers: Workers) -> None:
    """Start every worker, and let it import what parsing needs."""
    tiny = (_TINY, "application/rss+xml", "http://127.10.0.1/")
    runs = (workers.run(parse, *tiny) for _ in range(default_count()))
    await asyncio.gather(*runs)


async def _polled(context: Context) -> list[float]:
    """What polling every feed once takes: daemon, workers, peak memory in MB."""
    await context.database.call(feeds.make_due, context.now())
    own, workers = _cpu(resource.RUSAGE_SELF), _workers_cpu(context.workers)
    while await visit_hosts(context, stopping=asyncio.Event(), done=_nothing):
        pass
    # Minutes lie between two polls of a feed: no connection outlives them.
    await asyncio.sleep(KEPT_ALIVE)
    return [
        _cpu(resource.RUSAGE_SELF) - own,
        _workers_cpu(context.workers) - workers,
        peak_mb(),
    ]


async def _nothing() -> None:
    """No stage is woken."""


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _cpu(whose: int) -> float:
    used = resource.getrusage(whose)
    return used.ru_utime + used.ru_stime


def _workers_cpu(workers: Workers) -> float:
    """Of those that live and those that were replaced."""
    ticks = 0
    for process in workers.processes():
        stat = Path(f"/proc/{process}/stat").read_text("ascii")
        user, system = stat.rpartition(")")[2].split()[11:13]
        ticks += int(user) + int(system)
    return ticks / os.sysconf("SC_CLK_TCK") + _cpu(resource.RUSAGE_CHILDREN)


def peak_mb() -> float:
    """The most memory this process held.

    Not ``ru_maxrss``, which begins with the peak of the process that started this one.
    """
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


# --- the farm and the two sides ---


@contextlib.contextmanager
def farm(folder: Path, count: int, *options: str) -> Iterator[int]:
    """The load server on a free port; the feeds' addresses are in urls.txt."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = ["-m", "feedfarm", "--feeds", str(count), "--port", str(port), *options]
    server = subprocess.Popen(  # noqa: S603 - the load server
        [sys.executable, "-B", *command, "--urls", str(folder / "urls.txt")],
        cwd=FARM,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port)
        yield port
    finally:
        server.kill()
        server.wait()


@dataclass(frozen=True, slots=True)
class Kind:
    """How the farm made one feed."""

    illness: str | None
    fault: str | None
    validators: str


def kinds(
    count: int,
    hosts: int,
    faults: dict[str, float] | None = None,
    latency: tuple[float, float] = (0.0, 0.0),
) -> list[Kind]:
    """How the farm makes each of its feeds; the options must be those of the farm."""
    options = json.dumps([count, hosts, faults or {}, latency])
    done = subprocess.run(  # noqa: S603 - the load server's own model
        [sys.executable, "-B", "-c", _WORLD, options],
        check=True,
        cwd=FARM,
        stdout=subprocess.PIPE,
        text=True,
    )
    return [Kind(*of) for of in json.loads(done.stdout)]


@dataclass(frozen=True, slots=True)
class Polled:
    """What one poll of all feeds took, and what the farm saw of it."""

    own: float
    workers: float
    peak_mb: float
    seen: dict[str, Any]

    @property
    def cpu(self) -> float:
        return self.own + self.workers

    def answers(self, status: int) -> int:
        return int(self.seen["status"].get(str(status), 0))


class Side:
    """One of the two programs, waiting in a process of its own to be told to poll."""

    def __init__(self, folder: Path, python: Path | str, code: str) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own text
            [str(python), "-c", code],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._answer()

    def _answer(self) -> str:
        assert self._process.stdout  # noqa: S101 - it is a pipe
        line = self._process.stdout.readline()
        if not line:
            raise ChildProcessError(f"{self._process.args!r} ended")
        return line

    def poll(self, port: int) -> Polled:
        ask(port, "/_stats?reset=1")
        assert self._process.stdin  # noqa: S101 - it is a pipe
        self._process.stdin.write("poll\n")
        self._process.stdin.flush()
        own, workers, peak = json.loads(self._answer())
        return Polled(own, workers, peak, ask(port, "/_stats"))

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


def ours(folder: Path) -> Side:
    urls = (folder / "urls.txt").read_text("utf-8").split()
    lines = "\n".join(f'f{n} = "{url}"' for n, url in enumerate(urls))
    (folder / "config.toml").write_text(CONFIG.format(feeds=lines), "utf-8")
    return Side(folder, sys.executable, _OURS)


def reader(folder: Path) -> Side | None:
    """The peer; None if it can be installed neither now nor before."""
    python = PEER / "bin" / "python"
    if not (PEER / "installed").exists():
        venv.create(PEER, clear=True, with_pip=True)
        pip = [str(python), "-m", "pip", "install", "--quiet"]
        done = subprocess.run(  # noqa: S603 - two packages of fixed names
            [*pip, "--disable-pip-version-check", "reader==3.26", "sgmllib3k"],
            check=False,
            stderr=subprocess.DEVNULL,
        )
        if done.returncode:
            return None
        (PEER / "installed").touch()
    return Side(folder, python, _READER)


def rows(database: Path, sql: str) -> list[Any]:
    """The first column of a query, beside whoever writes to the file."""
    with contextlib.closing(
        sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)
    ) as connection:
        return [row[0] for row in connection.execute(sql)]


# --- the comparison ---

Measured = dict[str, dict[str, list[Polled]]]


def measure(sides: dict[str, Side], port: int) -> Measured:
    """Every phase by every side; between two phases nothing but the farm changes."""
    done: Measured = {phase: {name: [] for name in sides} for phase in PHASES}
    for phase in PHASES:
        for _ in range(1 if phase == "first poll" else RUNS):
            if phase == "5 % changed":  # one publication, then both look
                ask(port, "/_publish?share=0.05&each=1")
            for name, side in sides.items():
                done[phase][name].append(side.poll(port))
    return done


def median(polls: Sequence[Polled]) -> Polled:
    """The poll in the middle by CPU."""
    return sorted(polls, key=lambda poll: poll.cpu)[len(polls) // 2]


def show(done: Measured, count: int) -> None:
    per = 1000 / count
    sys.stdout.write(
        f"  {'CPU s per 1,000 feeds':<22}{'reader':>8}{'ours':>8} ="
        f"{'daemon':>7} +{'workers':>8}{'ratio':>8}{'must':>6}\n"
    )
    for phase, must in PHASES.items():
        mine = median(done[phase]["ours"])
        line = (
            f"{mine.cpu * per:8.2f} ={mine.own * per:7.2f} +{mine.workers * per:8.2f}"
        )
        if "reader" in done[phase]:
            peer = median(done[phase]["reader"]).cpu
            ratio = peer / mine.cpu
            verdict = "pass" if ratio >= must else "FAIL"
            line = f"{peer * per:8.2f}{line}{ratio:7.1f}x{must:5.0f}x  {verdict}"
        else:
            line = f"{'-':>8}{line}"
        sys.stdout.write(f"  {phase:<22}{line}\n")
    peak = max(p.peak_mb for phase in done.values() for p in phase["ours"])
    sys.stdout.write(f"  peak memory of our daemon process {peak:.0f} MB\n")


def show_answers(done: Measured) -> None:
    """What the farm answered: the proof that a 304 was one."""
    for phase, sides in done.items():
        for name, polls in sides.items():
            seen = [f"{p.answers(304)} x 304, {p.answers(200)} x 200" for p in polls]
            missed = sum(p.seen.get("missed_conditional", 0) for p in polls)
            sys.stdout.write(
                f"  {phase:<16}{name:<7}{'; '.join(seen)}"
                f"{'' if phase == 'first poll' else f'; {missed} unconditional'}\n"
            )


STORED = {
    "reader": (
        "SELECT url FROM feeds WHERE last_exception IS NOT NULL OR last_updated IS NULL",
        "SELECT count(*) FROM entries",
    ),
    "ours": (
        "SELECT url FROM feed WHERE failures > 0 OR last_good_at IS NULL",
        "SELECT count(*) FROM entry",
    ),
}


def show_stored(
    folder: Path, names: Sequence[str], urls: list[str], made: list[Kind], shown: int
) -> None:
    ill = {url for url, kind in zip(urls, made, strict=True) if kind.illness}
    for name in names:
        failed, count = STORED[name]
        database = folder / f"{name}.db"
        lost = set(rows(database, failed))
        sys.stdout.write(
            f"  {name:<7}{len(urls) - len(lost)} of {len(urls)} feeds, "
            f"{rows(database, count)[0]} of {shown} entries; lost {len(lost & ill)} of "
            f"{len(ill)} ill-formed feeds and {len(lost - ill)} others\n"
        )


def compare(count: int) -> None:
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        port = stack.enter_context(farm(folder, count))
        urls = (folder / "urls.txt").read_text("utf-8").split()
        sides = {}
        if peer := reader(folder):
            sides["reader"] = peer
        else:
            sys.stdout.write("polling: reader cannot be installed, our half only\n")
        sides["ours"] = ours(folder)
        for side in sides.values():
            stack.callback(side.close)
        made = kinds(count, max(1, count // 3))
        done = measure(sides, port)
        silent = sum(kind.validators == "none" for kind in made)
        shown = ask(port, "/_stats")["published"]
        sys.stdout.write(
            f"polling: {count} feeds, {silent} of them without validators\n"
        )
        show(done, count)
        show_answers(done)
        show_stored(folder, list(sides), urls, made, shown)


# --- ten times as many ---


@dataclass(frozen=True, slots=True)
class Scaled:
    feeds: int
    first: Polled
    unchanged: Polled

    def each(self, poll: Polled) -> float:
        return poll.cpu * 1000 / self.feeds


def alone(count: int) -> Scaled:
    with tempfile.TemporaryDirectory() as name, farm(Path(name), count) as port:
        side = ours(Path(name))
        try:
            first = side.poll(port)
            again = [side.poll(port) for _ in range(RUNS)]
        finally:
            side.close()
    return Scaled(count, first, median(again))


def scale(count: int) -> None:
    few, many = alone(count), alone(10 * count)
    sys.stdout.write(
        f"polling: CPU ms a feed, {few.feeds:>6} feeds {many.feeds:>6} feeds   ratio\n"
    )
    for phase in ("first", "unchanged"):
        small, big = few.each(getattr(few, phase)), many.each(getattr(many, phase))
        verdict = "pass" if big / small <= 1.15 else "FAIL"
        sys.stdout.write(
            f"  {phase:<20}{small:12.2f} {big:12.2f} {big / small:8.2f}x"
            f"  (must 1.15x)  {verdict}\n"
        )
    for one in (few, many):
        peak, bar = one.unchanged.peak_mb, 120 + 5 * one.feeds / 1000
        verdict = "pass" if peak <= bar else "FAIL"
        sys.stdout.write(
            f"  peak of the daemon process, {one.feeds} feeds: {peak:.0f} MB"
            f" (must {bar:.0f})  {verdict}\n"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--scale", action="store_true")
    options = parser.parse_args()
    if not FARM.is_dir():
        sys.stdout.write(
            "polling: skipped, the load server is not beside the project\n"
        )
        return
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if options.scale:
        scale(options.feeds)
    else:
        compare(options.feeds)


if __name__ == "__main__":
    main()
