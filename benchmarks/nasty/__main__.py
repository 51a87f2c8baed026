"""Read every hostile page in the workers, with normal pages beside it.

    python -m benchmarks.nasty

Each must end within 12 s with the program alive, every worker below 1 GB, and the sixty
normal pages that are read meanwhile must all come out. Then 5,000 normal pages are read:
the memory of this process and of the workers must stay flat.
"""

import asyncio
import sys
import time
from pathlib import Path

from benchmarks.nasty import PAGES
from monitor.articles.extract import read_page
from monitor.errors import WorkerError
from monitor.models import Page, PageState
from monitor.workers import Workers

BAR_SECONDS = 12.0
BAR_WORKER_MB = 1_000
BAR_GROWTH_MB = 10
NORMAL = 60
MANY = 5_000


def normal(number: int) -> bytes:
    """A page as publishers make them."""
    text = "".join(
        f"<p>Paragraph {number} {n}: troops have left the city after fighters came in "
        f"from {n + 2} sides, officers said on Sunday evening near the citadel.</p>"
        for n in range(12)
    )
    return (
        f"<html lang='en'><head><title>Article {number}</title></head><body><nav>"
        f"<a href='/'>Home</a></nav><article><h1>Article {number}</h1>{text}</article>"
        "<footer>Contact us</footer></body></html>"
    ).encode()


def resident_mb(pid: int | str = "self") -> float:
    """The memory of a process that is in use, in MB; 0 if it is gone."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * 4096 / (1 << 20)


async def read(workers: Workers, body: bytes) -> Page | str:
    try:
        return await workers.run(read_page, body, "text/html", "https://x.example/", "")
    except WorkerError as error:
        return str(error).strip().rpartition("\n")[2][:70]


async def hostile(workers: Workers) -> bool:
    """Whether all hostile pages end well."""
    bad = False
    for name, make in PAGES.items():
        body = make()
        started = time.monotonic()
        beside = [asyncio.create_task(read(workers, normal(n))) for n in range(NORMAL)]
        found = await read(workers, body)
        seconds = time.monotonic() - started
        out = [page for page in await asyncio.gather(*beside) if isinstance(page, Page)]
        good = sum(page.state is PageState.OK for page in out)
        most = max((resident_mb(pid) for pid in workers.processes()), default=0)
        fails = seconds > BAR_SECONDS or good < NORMAL or most > BAR_WORKER_MB
        bad |= fails
        said = (
            f"{found.state}, {len(found.body):,} characters"
            if isinstance(found, Page)
            else found
        )
        sys.stdout.write(
            f"  {'BAD ' if fails else ''}{name:42} {seconds:5.1f} s  {good} of {NORMAL} "
            f"beside it, workers {most:4.0f} MB: {said}\n"
        )
        sys.stdout.flush()
    return not bad


async def many(workers: Workers) -> bool:
    """Whether memory stays flat over many pages."""
    marks = []
    for batch in range(MANY // 500):
        await asyncio.gather(
            *(read(workers, normal(n)) for n in range(batch * 500, batch * 500 + 500))
        )
        most = max((resident_mb(pid) for pid in workers.processes()), default=0)
        marks.append((resident_mb(), most))
    own = [own for own, _ in marks]
    sys.stdout.write(
        f"  {MANY:,} pages: this process {own[1]:.0f} to {max(own[1:]):.0f} MB, workers "
        f"{min(m for _, m in marks):.0f} to {max(m for _, m in marks):.0f} MB\n"
    )
    return max(own[1:]) - own[1] < BAR_GROWTH_MB


async def main() -> int:
    workers = Workers()
    try:
        sys.stdout.write("nasty pages\n")
        good = await hostile(workers)
        return 0 if await many(workers) and good else 1
    finally:
        workers.close()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
