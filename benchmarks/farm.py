"""Two hundred feeds on loopback: is every published entry stored and matched?

Starts the load server that lies beside the project, runs the program for the
baseline, lets half the feeds publish, runs it again, and holds the database against
the server's ledger: each entry must be matched by the rule for its place and wording.

    python -m benchmarks.farm [--feeds 200]
"""

import argparse
import json
import resource
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FARM = Path(__file__).parents[2] / "shared" / "feedfarm"

CONFIG = """
[service]
database = "sqlite:farm.db"
[fetch]
private_networks = ["127.10.0.0/15"]
[feeds]
{feeds}
[rules]
{rules}
[subscribers.ledger]
rules = [{names}]
digest = "instant"
max_stories = 100000
send_to = ["ledger"]
[channels.ledger]
type = "file"
path = "told.jsonl"
"""


def rule_name(entry: dict[str, Any]) -> str:
    """The rule that must find an entry: its place, and its wording as a phrase."""
    return f"{entry['place']}-{entry['wording']}".lower().replace(" ", "-")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took: the daemon's process and its workers apart."""

    seconds: float
    daemon_cpu: float
    workers_cpu: float
    daemon_mib: float
    worker_mib: float

    def __str__(self) -> str:
        return (
            f"{self.seconds:6.1f} s wall, CPU {self.daemon_cpu:5.2f} s daemon + "
            f"{self.workers_cpu:5.2f} s workers, peak {self.daemon_mib:.0f} MiB daemon, "
            f"{self.worker_mib:.0f} MiB a worker"
        )


# Runs the program, then says what its own process and its workers took.
_CHILD = """
import json, resource, sys
from monitor.cli import execute
execute(sys.argv[1:])
own, workers = (resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(json.dumps([own.ru_utime + own.ru_stime, workers.ru_utime + workers.ru_stime,
                  own.ru_maxrss / 1024, workers.ru_maxrss / 1024]), file=sys.stderr)
"""


def check_once(folder: Path) -> Cost:
    started = time.perf_counter()
    words = ["-q", "--config", "config.toml", "check-once", "--all"]
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", _CHILD, *words],
        check=True,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    figures = json.loads(done.stderr.strip().splitlines()[-1])
    return Cost(time.perf_counter() - started, *figures)


def ask(port: int, path: str) -> Any:  # noqa: ANN401 - JSON
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
        return json.load(answer)


def wait_for(port: int) -> None:
    """Wait until the server listens; it renders its feeds first."""
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError("the load server did not start within a minute")


def write_config(folder: Path, urls: list[str], ledger: list[dict[str, Any]]) -> None:
    """A rule for every place and wording that any story may have."""
    places = sorted({e["place"] for e in ledger})
    wordings = sorted({e["wording"] for e in ledger})
    pairs = [{"place": p, "wording": w} for p in places for w in wordings]
    rules = [f'"{rule_name(e)}" = \'{e["place"]} "{e["wording"]}"\'' for e in pairs]
    feeds = "\n".join(f'f{n} = "{url}"' for n, url in enumerate(urls))
    names = ", ".join(f'"{rule_name(e)}"' for e in pairs)
    text = CONFIG.format(feeds=feeds, rules="\n".join(rules), names=names)
    (folder / "config.toml").write_text(text, "utf-8")


def matched(folder: Path) -> dict[str, set[str]]:
    """Which rules met the article under each URL, from the file channel."""
    found: dict[str, set[str]] = defaultdict(set)
    for line in (folder / "told.jsonl").read_text("utf-8").splitlines():
        for story in json.loads(line)["stories"]:
            for match in story["matches"]:
                found[match["article"]].add(match["rule"])
    return found


def measure(folder: Path, port: int) -> None:
    urls = (folder / "urls.txt").read_text("utf-8").split()
    ledger = ask(port, "/_ledger?since=0")
    write_config(folder, urls, ledger)
    baseline = check_once(folder)
    ask(port, "/_publish?share=0.5&each=2")
    ask(port, "/_stats?reset=1")
    second = check_once(folder)
    stats = ask(port, "/_stats")
    fresh = ask(port, f"/_ledger?since={len(ledger)}")
    found = matched(folder)
    missed = [e for e in fresh if rule_name(e) not in found[e["url"]]]
    sys.stdout.write(
        f"farm: {len(urls)} feeds, {len(ledger)} entries at the start\n"
        f"  baseline  {baseline}\n"
        f"  published {second}\n"
        f"  {len(fresh)} entries published, {len(fresh) - len(missed)} stored, matched "
        f"and told; {stats['requests']} requests, at most "
        f"{stats['most_at_once_on_one_host']} at once on one host\n"
    )
    for entry in missed[:10]:
        sys.stdout.write(f"  missed: {entry}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=200)
    feeds = parser.parse_args().feeds
    if not FARM.is_dir():
        sys.stdout.write("farm: skipped, the load server is not beside the project\n")
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (4_096, 4_096))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = ["-m", "feedfarm", "--feeds", str(feeds), "--port", str(port)]
        server = subprocess.Popen(  # noqa: S603 - the load server
            [sys.executable, "-B", *command, "--urls", str(folder / "urls.txt")],
            cwd=FARM,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for(port)
            measure(folder, port)
        finally:
            server.kill()
            server.wait()


if __name__ == "__main__":
    main()
