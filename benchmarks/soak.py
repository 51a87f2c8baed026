"""A day of the service in half an hour: memory, handles and tasks, hour by hour.

    python -m benchmarks.soak [--feeds 3000] [--hours 24] [--speed 48]

The load server that lies beside the project publishes on its own at that speed; the
service runs as it does for a year, but its clock goes as fast. Stops with an error if the
most memory of an hour grows by more than 5 % after the first with articles, or handles,
threads or tasks do not stay where they are, or SQLite's log grows past 64 MB.
"""

import argparse
import asyncio
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from benchmarks.farm import CONFIG, FARM, wait_for
from monitor import log
from monitor.config import loads
from monitor.daemon import Daemon, build
from monitor.storage.database import Transaction

_PAGE = os.sysconf("SC_PAGE_SIZE")
_PLACES = "Aleppo OR Homs OR Khartoum OR Odesa OR Gaza OR Goma OR Port"


class FastClock:
    """A clock that goes so many times as fast as the machine's."""

    def __init__(self, speed: float) -> None:
        self._start = datetime.now(UTC)
        self._began = time.monotonic()
        self._speed = speed

    def now(self) -> datetime:
        passed = (time.monotonic() - self._began) * self._speed
        return self._start + timedelta(seconds=passed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """How the process stands after an hour of its own time."""

    hour: float
    memory: int
    peak: int
    files: int
    threads: int
    tasks: int
    log_bytes: int
    articles: int
    told: int
    cpu: float

    def __str__(self) -> str:
        return (
            f"  {self.hour:5.1f} h {self.memory / 1e6:7.1f} MB, at most "
            f"{self.peak / 1e6:6.1f} {self.files:5} files "
            f"{self.threads:3} threads {self.tasks:4} tasks, log "
            f"{self.log_bytes / 1e6:5.1f} MB, {self.articles:7,} articles, "
            f"{self.told:7,} told, CPU {self.cpu:6.0f} s"
        )


def _memory() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE


def _peak() -> int:
    """The most memory since this was asked last; see proc(5), clear_refs."""
    status = Path("/proc/self/status").read_text()
    Path("/proc/self/clear_refs").write_text("5")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1_024


def _counts(tx: Transaction) -> tuple[int, int]:
    row = tx.one(
        "SELECT (SELECT COUNT(*) FROM article) AS a, (SELECT COUNT(*) FROM told) AS t"
    )
    return (row["a"], row["t"]) if row else (0, 0)


async def _sample(daemon: Daemon, folder: Path, hour: float) -> Sample:
    articles, told = await daemon.context.database.call(_counts)
    used = [
        resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    wal = folder / "farm.db-wal"
    return Sample(
        hour=hour,
        memory=_memory(),
        peak=_peak(),
        files=len(os.listdir("/proc/self/fd")),  # noqa: PTH208 - names are enough
        threads=threading.active_count(),
        tasks=len(asyncio.all_tasks()),
        log_bytes=wal.stat().st_size if wal.exists() else 0,
        articles=articles,
        told=told,
        cpu=sum(one.ru_utime + one.ru_stime for one in used),
    )


async def _watch(
    daemon: Daemon, folder: Path, asked: argparse.Namespace
) -> list[Sample]:
    samples = []
    started = time.monotonic()
    for hour in range(asked.hours + 1):
        due = started + hour * 3_600 / asked.speed
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        samples.append(await _sample(daemon, folder, float(hour)))
        sys.stdout.write(f"{samples[-1]}\n")
        sys.stdout.flush()
    os.kill(os.getpid(), signal.SIGTERM)
    return samples


def judge(samples: list[Sample]) -> list[str]:
    """What did not stay where it was after the first hour."""
    first, later = samples[1], samples[2:]
    faults = []
    # In the first hour every feed is met for the first time, and its entries are old:
    # articles are read from the second hour on.
    if max(one.peak for one in later) > 1.05 * max(first.peak, later[0].peak):
        faults.append("memory grew by more than 5 %")
    # They swing with what is in hand at the moment, so halves of the run are compared.
    steady = samples[1:]
    middle = len(steady) // 2
    for name in ("files", "threads", "tasks"):
        early, late = (
            median(getattr(one, name) for one in half)
            for half in (steady[:middle], steady[middle:])
        )
        if late > 1.25 * early + 20:
            faults.append(f"{name} grew from {early:g} to {late:g}")
    if max(one.log_bytes for one in later) > 64_000_000:
        faults.append("SQLite's log grew past 64 MB")
    return faults


async def _run(folder: Path, asked: argparse.Namespace) -> int:
    urls = (folder / "urls.txt").read_text("utf-8").split()
    feeds = "\n".join(f'f{n} = "{url}"' for n, url in enumerate(urls))
    text = CONFIG.format(feeds=feeds, rules=f'places = "{_PLACES}"', names='"places"')
    text += '\n[articles]\nfull_text = "never"\n[web]\nlisten = ""\n'
    daemon = build(loads(text, folder / "config.toml"), FastClock(asked.speed))
    await daemon.open()
    try:
        async with asyncio.TaskGroup() as group:
            service = group.create_task(daemon.run())
            samples = await _watch(daemon, folder, asked)
            await service
    finally:
        await daemon.close()
    faults = judge(samples)
    sys.stdout.write("\n".join(faults) + "\n" if faults else "  all stayed flat\n")
    return 1 if faults else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--feeds", type=int, default=3_000)
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--speed", type=float, default=48.0)
    parser.add_argument("--per-day", type=float, default=12.0)
    asked = parser.parse_args()
    if not FARM.is_dir():
        sys.stdout.write("soak: skipped, the load server is not beside the project\n")
        return 0
    log.set_up(-1)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [
            "-m", "feedfarm", "--feeds", asked.feeds, "--port", port, "--speed",
            asked.speed, "--per-day", asked.per_day, "--urls", folder / "urls.txt",
        ]  # fmt: skip
        server = subprocess.Popen(  # noqa: S603 - the load server
            [sys.executable, "-B", *map(str, command)],
            cwd=FARM,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for(port)
            sys.stdout.write(
                f"soak: {asked.feeds} feeds, {asked.hours} h, x{asked.speed:g}\n"
            )
            return asyncio.run(_run(folder, asked))
        finally:
            server.kill()
            server.wait()


if __name__ == "__main__":
    sys.exit(main())
