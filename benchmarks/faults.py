"""How much a thousand feeds suffer from each other's faults.

Two farms of the load server that lies beside the project, the same but for one thing:
in the second, each of its 24 faults has 2 % of the feeds. Every feed has a host of its
own, and answers as slowly as the internet does. After a baseline, some feeds publish
and ``monitor check-once --all`` runs, ten times. Looked at are only the feeds that
are healthy in both farms: how long after the start of the process their answers were
stored.

    python -m benchmarks.faults [--feeds 1000] [--rounds 10]
"""

import argparse
import math
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.farm import FARM, ask
from benchmarks.polling import Kind, farm, kinds, rows

SHARE = 0.02
LATENCY = (0.2, 0.8)  # median seconds, log-normal sigma
AT_ONCE = 1  # the default of fetch.per_host

CONFIG = """
[service]
database = "sqlite:faults.db"
[fetch]
private_networks = ["127.10.0.0/15"]
[feeds]
{feeds}
[rules]
quake = "earthquake"
[subscribers.nobody]
rules = ["quake"]
digest = "daily 07:30"
"""

_NAMES = "from feedfarm.faults import DESCRIPTIONS as d; print(*d)"

# Runs the program, then says how many KiB its own process held at most; ``ru_maxrss``
# would begin with the peak of ours.
_CHILD = """
import sys
from pathlib import Path
from monitor.cli import execute
execute(sys.argv[1:])
print(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0], file=sys.stderr)
"""


@dataclass(frozen=True, slots=True)
class Run:
    """Ten rounds at one farm; ``delays`` are those of the healthy feeds, in order."""

    delays: list[float]
    unanswered: int
    seconds: list[float]
    peak_mb: float
    lost: int
    seen: dict[str, Any]

    def delay(self, share: float) -> float:
        """The delay that this share of the polls did not exceed."""
        if not self.delays:
            return math.inf
        return self.delays[math.ceil(share * len(self.delays)) - 1]


def fault_names() -> list[str]:
    done = subprocess.run(  # noqa: S603 - the load server's own list
        [sys.executable, "-B", "-c", _NAMES],
        check=True,
        cwd=FARM,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout.split()


def check_once(folder: Path) -> float:
    """Run the program once over all feeds; the peak of its own process in MB."""
    words = ["-q", "--config", "config.toml", "check-once", "--all"]
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", _CHILD, *words],
        check=True,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    return int(done.stderr.strip().splitlines()[-1]) * 1024 / 1e6


def answered(folder: Path) -> list[float]:
    """When each feed was last answered, in the order of the configuration."""
    sql = "SELECT coalesce(last_good_at, 0) FROM feed ORDER BY id"
    return [micros / 1e6 for micros in rows(folder / "faults.db", sql)]


def run(made: Sequence[Kind], rounds: int, *options: str) -> Run:
    """A farm from its start to its end; ``made`` tells its healthy feeds."""
    median, sigma = LATENCY
    slow = ["--hosts", str(len(made)), "--latency", f"{1000 * median:g}:{sigma:g}"]
    with (
        tempfile.TemporaryDirectory() as name,
        farm(Path(name), len(made), *slow, *options) as port,
    ):
        folder = Path(name)
        urls = (folder / "urls.txt").read_text("utf-8").split()
        lines = "\n".join(f'f{n} = "{url}"' for n, url in enumerate(urls))
        (folder / "config.toml").write_text(CONFIG.format(feeds=lines), "utf-8")
        return play(folder, port, made, rounds)


def play(folder: Path, port: int, made: Sequence[Kind], rounds: int) -> Run:
    """The baseline and the rounds at a farm that stands."""
    peaks, delays, seconds = [check_once(folder)], [], []
    ask(port, "/_stats?reset=1")
    for _ in range(rounds):
        ask(port, "/_publish?share=0.05&each=1")
        started = time.time()
        peaks.append(check_once(folder))
        seconds.append(time.time() - started)
        times = zip(answered(folder), made, strict=True)
        delays += [at - started for at, kind in times if not kind.fault]
    times = zip(answered(folder), made, strict=True)
    return Run(
        delays=sorted(d for d in delays if d > 0),
        unanswered=sum(d <= 0 for d in delays),
        seconds=seconds,
        peak_mb=max(peaks),
        lost=sum(not (at or k.fault) and bool(k.illness) for at, k in times),
        seen=ask(port, "/_stats"),
    )


def show(without: Run, with_faults: Run) -> None:
    both = (without, with_faults)
    line("", ["without", "with"], "must")
    line("median delay, s", [f"{r.delay(0.5):.2f}" for r in both])
    p99 = [r.delay(0.99) for r in both]
    most = max(1.2 * p99[0], p99[0] + 1)
    line("p99 delay, s", [f"{p:.2f}" for p in p99], f"{most:.2f}", p99[1] <= most)
    line("longest round, s", [f"{max(r.seconds):.1f}" for r in both])
    peaks = [r.peak_mb for r in both]
    most = peaks[0] + 50
    line(
        "peak memory of the daemon, MB",
        [f"{p:.0f}" for p in peaks],
        f"{most:.0f}",
        peaks[1] <= most,
    )
    for what, figures, bar in counts(both):
        line(what, [str(f) for f in figures], str(bar), max(figures) <= bar)


def counts(both: Sequence[Run]) -> list[tuple[str, list[int], int]]:
    """What may not happen, or not often, in either farm."""
    names = {
        "missed_conditional": 0,
        "retry_after_violations": 0,
        "canary_hits": 0,
        "most_at_once_on_one_host": AT_ONCE,
    }
    return [
        ("healthy polls unanswered", [r.unanswered for r in both], 0),
        ("ill-formed feeds lost", [r.lost for r in both], 0),
        *(
            (name, [int(r.seen.get(name, 0)) for r in both], most)
            for name, most in names.items()
        ),
    ]


def line(
    what: str,
    figures: Sequence[str],
    must: str = "",
    good: bool | None = None,  # noqa: FBT001 - the column on the right
) -> None:
    verdict = {None: "", True: "pass", False: "FAIL"}[good]
    columns = "".join(f"{figure:>9}" for figure in (*figures, must))
    sys.stdout.write(f"  {what:<32}{columns}  {verdict}".rstrip() + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    if not FARM.is_dir():
        sys.stdout.write("faults: skipped, the load server is not beside the project\n")
        return
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    faults = dict.fromkeys(fault_names(), SHARE)
    made = kinds(options.feeds, options.feeds, faults, LATENCY)
    healthy = sum(not kind.fault for kind in made)
    without = run(made, options.rounds)
    shares = ",".join(f"{name}={share}" for name, share in faults.items())
    with_faults = run(made, options.rounds, "--faults", shares)
    sys.stdout.write(
        f"faults: {options.feeds} feeds, {options.feeds - healthy} of them broken in "
        f"{len(faults)} ways, {options.rounds} rounds\n"
    )
    show(without, with_faults)


if __name__ == "__main__":
    main()
