"""How well stories are told apart in real feeds: labelled events, and the largest stories.

    python -m benchmarks.events --replay DIR [--day 2020-06-02]

DIR holds the histories of feeds (``NAME.tar.xz``, snapshots named by Unix time). The
events beside this file name their entries by feed and id: half of them were used for
tuning, the other half is the measure (B-cubed F1, bar 0.85). Entries arrive in the order
in which they were first seen, with their summaries, as feeds without pages would be read.
"""

import argparse
import asyncio
import json
import sys
import tarfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from benchmarks.stories import run
from monitor.feeds.parse import parse

BAR = 0.85
Id = tuple[str, str]
_EVENTS = Path(__file__).with_name("events.jsonl")


def documents(folder: Path) -> list[dict[str, Any]]:
    """Every entry of every history once, as it was first seen."""
    found: dict[Id, dict[str, Any]] = {}
    for archive in sorted(folder.glob("*.tar.xz")):
        feed = archive.name.removesuffix(".tar.xz")
        for seen, body in _snapshots(archive):
            parsed = parse(body, "", f"https://{feed}.example/feed")
            if isinstance(parsed, str):
                continue
            for entry in parsed.entries:
                name = (feed, entry.guid or entry.url)
                if name not in found or found[name]["seen"] > seen:
                    found[name] = {
                        "id": json.dumps(name),
                        "title": entry.title,
                        "summary": entry.summary,
                        "text": entry.content,
                        "url": entry.url,
                        "source": feed,
                        "lang": "en",
                        "seen": seen,
                    }
    return sorted(found.values(), key=lambda one: (one["seen"], one["id"]))


def _snapshots(archive: Path) -> Iterator[tuple[int, bytes]]:
    with tarfile.open(archive) as tar:
        for member in tar:
            stem = Path(member.name).name.split(".")[0]
            file = tar.extractfile(member) if member.isfile() else None
            if file and stem.isdigit():
                yield int(stem), file.read()


def b_cubed(gold: Mapping[Id, str], found: Mapping[Id, int]) -> tuple[float, ...]:
    """Precision, recall and F1 over the labelled entries that were there."""
    ids = [name for name in gold if name in found]
    events: dict[str, set[Id]] = defaultdict(set)
    stories: dict[int, set[Id]] = defaultdict(set)
    for name in ids:
        events[gold[name]].add(name)
        stories[found[name]].add(name)
    both = {n: len(events[gold[n]] & stories[found[n]]) for n in ids}
    precision = sum(both[n] / len(stories[found[n]]) for n in ids) / max(1, len(ids))
    recall = sum(both[n] / len(events[gold[n]]) for n in ids) / max(1, len(ids))
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return precision, recall, f1


def largest(
    entries: list[dict[str, Any]], found: Mapping[Id, int], day: date
) -> Iterator[str]:
    """The ten stories with most entries on one day."""
    of_day = [
        e for e in entries if datetime.fromtimestamp(e["seen"], UTC).date() == day
    ]
    sizes = Counter(found[tuple(json.loads(e["id"]))] for e in of_day)
    for story, size in sizes.most_common(10):
        yield f"  story of {size} entries"
        for entry in of_day:
            if found[tuple(json.loads(entry["id"]))] == story:
                yield f"    {entry['source']:18} {entry['title'][:90]}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--replay", type=Path, required=True)
    parser.add_argument("--day", type=date.fromisoformat)
    options = parser.parse_args()
    entries = documents(options.replay)
    folded = asyncio.run(run(entries, "stories"))
    found = {tuple(json.loads(one["id"])): one["group"] for one in folded}
    events = [json.loads(line) for line in _EVENTS.read_text("utf-8").splitlines()]
    bad = False
    for half in ("tuning", "held"):
        gold = {
            (feed, id_): event["event"]
            for event in events
            if event["half"] == half
            for feed, id_ in event["entries"]
        }
        precision, recall, f1 = b_cubed(gold, found)
        bad |= half == "held" and f1 < BAR
        there = sum(name in found for name in gold)
        sys.stdout.write(
            f"events, {half:6}: precision {precision:.3f}, recall {recall:.3f}, "
            f"B-cubed F1 {f1:.3f} ({there} of {len(gold)} entries)\n"
        )
    if options.day:
        sys.stdout.write(f"{options.day}:\n")
        for line in largest(entries, found, options.day):
            sys.stdout.write(f"{line}\n")
    if bad:
        sys.exit(1)


if __name__ == "__main__":
    main()
