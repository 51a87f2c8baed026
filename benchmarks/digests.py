"""What it costs to make a digest: CPU time of rendering and of freezing it to a mail.

python -m benchmarks.digests [--stories 100]
"""

import argparse
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

from monitor.channels import email
from monitor.digests.render import render
from monitor.models import Coverage, Digest, DigestStory, RuleLine, Target

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
_ROUNDS = 15
_WORDS = "Residents of eastern Aleppo described at least six airstrikes before dawn. "


def _story(number: int) -> DigestStory:
    return DigestStory(
        id=f"s{number}",
        status="new",
        cause=None,
        title=f"Airstrikes hit two districts of Aleppo, report {number}",
        url=f"https://wire.example/{number}",
        source="Levant Wire",
        origin="",
        language="en",
        published=NOW,
        first_seen=NOW,
        excerpt=_WORDS * 3,
        marks=((21, 27),),
        priority="normal",
        rules=("aleppo",),
        voices=1,
        matches=(),
        articles=(),
    )


def _median(work: Callable[[], object]) -> float:
    """The median of CPU milliseconds over some rounds."""
    spent = []
    for _ in range(_ROUNDS):
        started = time.process_time()
        work()
        spent.append((time.process_time() - started) * 1000)
    return sorted(spent)[_ROUNDS // 2]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--stories", type=int, default=100)
    count = parser.parse_args().stories
    rule = RuleLine(name="aleppo", title="Air strikes, Aleppo", query="Aleppo")
    digest = Digest(
        id="d1",
        kind="digest",
        subscriber="desk",
        name="Syria desk",
        timezone="Europe/Istanbul",
        slot=NOW,
        window=(NOW, NOW),
        now=NOW,
        rules=(rule,),
        stories=tuple(map(_story, range(count))),
        shown=count,
        coverage=Coverage(feeds=190, read=187),
    )
    rendered = render(digest)
    channel = email.Config(to=("ana@example.org",))
    target = Target(address="ana@example.org", id="d1")
    drawn = _median(lambda: render(digest))
    frozen = _median(lambda: channel.render(rendered, target))
    size = len(channel.render(rendered, target)[0].payload)
    sys.stdout.write(
        f"digests: {count} stories, {rendered.shown} of them whole: rendered in "
        f"{drawn:.1f} ms, frozen in {frozen:.1f} ms, {size:,} bytes\n"
    )
    return 0 if drawn + frozen <= 30 else 1


if __name__ == "__main__":
    sys.exit(main())
