"""How many known entries look new when a publisher changes something.

Every entry of real documents (the histories that lie beside the project) is changed
in one way and shown again; counted is the share of entries that are taken for new,
the mean over the documents, beside the usual key: guid, else link, else title and
text. Then a fifth of each document is held back and shown as really new.

    python -m benchmarks.identity [--feeds DIR] [--documents 12]
"""

import argparse
import random
import sys
import tarfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from statistics import fmean

from monitor.feeds.identity import read_document, sort_out
from monitor.feeds.keys import hash_of, title_hash
from monitor.feeds.parse import parse
from monitor.models import Entry, EntryState, Key, KnownEntry

FEEDS = Path(__file__).parents[2] / "shared" / "replay" / "feeds"
Known = dict[Key, KnownEntry]
Change = Callable[[Entry, random.Random], Entry]


def documents(folder: Path, count: int) -> Iterator[tuple[Entry, ...]]:
    """Some documents of each history, evenly spread over its time."""
    for path in sorted(folder.glob("*.tar.xz")):
        with tarfile.open(path) as tar:
            members = sorted(tar.getmembers(), key=lambda m: m.name)
            for member in members[:: max(1, len(members) // count)][:count]:
                file = tar.extractfile(member)
                found = parse(file.read() if file else b"", "text/xml", "http://x/")
                if not isinstance(found, str) and len(found.entries) > 1:
                    yield found.entries


def learnt(entries: Sequence[Entry]) -> Known:
    """What a feed knows after a first poll."""
    known: Known = {}
    document = read_document([(entry, "") for entry in entries])
    for number, new in enumerate(sort_out(document, {}).new):
        entry = KnownEntry(
            entry_id=number,
            revision=0,
            text_hash=new.text_hash,
            title_hash=title_hash(new.entry.title),
            published=new.entry.published,
            state=EntryState.BASELINE,
        )
        known |= dict.fromkeys(new.keys, entry)
    return known


def ours(known: Known, entries: Sequence[Entry]) -> int:
    """How many entries of a second poll are new to us."""
    document = read_document([(entry, "") for entry in entries])
    asked = {key: known[key] for key in document.asked if key in known}
    return len(sort_out(document, asked).new)


def usual(before: Sequence[Entry], entries: Sequence[Entry]) -> int:
    """How many are new to those who ask the guid, else the link, else the text."""

    def key(entry: Entry) -> str:
        return entry.guid or entry.url or entry.title + entry.summary + entry.content

    seen = {key(entry) for entry in before}
    return len({key(entry) for entry in entries} - seen)


def slug(text: str) -> str:
    return "-".join(text.lower().split()[:8])


def _tracked(e: Entry, _: random.Random) -> Entry:
    mark = "&" if "?" in e.url else "?"
    return replace(e, url=f"{e.url}{mark}utm_source=feed&utm_medium=rss")


def _flipped(e: Entry, _: random.Random) -> Entry:
    def flip(text: str) -> str:
        plain = text.startswith("http:")
        return text.replace("http:", "https:", 1) if plain else swap(text)

    def swap(text: str) -> str:
        return text.replace("https:", "http:", 1)

    return replace(e, guid=flip(e.guid), url=flip(e.url))


def _moved(e: Entry, _: random.Random) -> Entry:
    return replace(
        e, guid=e.guid.replace("://", "://new."), url=e.url.replace("://", "://new.")
    )


def _random_guid(e: Entry, chance: random.Random) -> Entry:
    return replace(e, guid=f"{chance.getrandbits(64):x}")


def _no_guid(e: Entry, _: random.Random) -> Entry:
    return replace(e, guid="")


def _campaign(e: Entry, chance: random.Random) -> Entry:
    return replace(e, guid=f"{e.url}?utm_campaign={chance.getrandbits(32)}")


def _title(e: Entry, _: random.Random) -> Entry:
    return replace(e, title=f"Updated: {e.title}!")


def _title_in_guid(e: Entry, _: random.Random) -> Entry:
    return replace(_title(e, _), guid=f"https://a.example/{slug('Updated ' + e.title)}")


def _all_changed(e: Entry, _: random.Random) -> Entry:
    address = f"https://a.example/{slug('Updated ' + e.title)}"
    return replace(_title(e, _), guid=address, url=address)


def _bumped(e: Entry, _: random.Random) -> Entry:
    later = e.published + timedelta(hours=2) if e.published else None
    return replace(e, published=later)


def _corrected(e: Entry, _: random.Random) -> Entry:
    return replace(e, summary=f"Correction. {e.summary}")


CHANGES: dict[str, tuple[Change, float | None]] = {
    "nothing but tracking parameters": (_tracked, 0),
    "https and http swapped in guid and link": (_flipped, 0),
    "moved to another domain": (_moved, 0),
    "a random guid at every fetch": (_random_guid, 0),
    "guid dropped": (_no_guid, 0),
    "guid = link with a changing campaign": (_campaign, 0),
    "title edited, guid stable": (_title, 2),
    "title edited, and the guid contains it": (_title_in_guid, 2),
    "title, guid and link all changed": (_all_changed, None),
    "date bumped by two hours": (_bumped, 0.1),
    "text corrected": (_corrected, 0.7),
}
"""Each change, and the share of false news in per cent that it may make."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=Path, default=FEEDS)
    parser.add_argument("--documents", type=int, default=12)
    arguments = parser.parse_args()
    if not arguments.feeds.is_dir():
        sys.exit(f"identity: no histories in {arguments.feeds}")
    found = list(documents(arguments.feeds, arguments.documents))
    total = sum(map(len, found))
    sys.stdout.write(
        f"identity: {len(found)} documents, {total:,} entries; share taken for new\n"
        f"  {'what the publisher did':42}{'ours':>8}{'usual':>8}{'at most':>9}\n"
    )
    bad = False
    for name, (change, bar) in CHANGES.items():
        mine, theirs = _shares(found, change)
        bad |= bar is not None and round(mine, 1) > bar
        limit = "" if bar is None else f"{bar:g} %"
        sys.stdout.write(f"  {name:42}{mine:6.1f} %{theirs:6.1f} %{limit:>9}\n")
    told, there = _held_out(found)
    bad |= told < there
    sys.stdout.write(f"  really new: {told} of {there} told\n")
    if bad:
        sys.exit(1)


def _shares(found: Sequence[tuple[Entry, ...]], change: Change) -> tuple[float, float]:
    mine, theirs = [], []
    for entries in found:
        chance = random.Random(hash_of(entries[0].title))  # noqa: S311 - guards nothing
        changed = [change(entry, chance) for entry in entries]
        mine.append(ours(learnt(entries), changed) / len(entries))
        theirs.append(usual(entries, changed) / len(entries))
    return 100 * fmean(mine), 100 * fmean(theirs)


def _held_out(found: Sequence[tuple[Entry, ...]]) -> tuple[int, int]:
    """Of the entries that no earlier poll showed, how many are told."""
    told = there = 0
    for entries in found:
        kept = [entry for n, entry in enumerate(entries) if n % 5]
        told += ours(learnt(kept), entries)
        there += len(entries) - len(kept)
    return told, there


if __name__ == "__main__":
    main()
