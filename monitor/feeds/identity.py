"""Decide which entries of a document are new, the same, or changed. Pure.

An entry is known by its guid; without one by its canonical link; without either by
the fingerprint of its text. All keys are stored, but only that first one is asked:
matching any of them would swallow real news (live blogs share links, horoscopes
share texts). A guid that several entries of a document share names none of them; it
is remembered as a twin, and its entries are known by their links for ever after.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from monitor.feeds.parse import plausible
from monitor.models import Entry, EntryState, KnownEntry
from monitor.text.urls import url_key

MAX_REVISIONS = 24
_FINGERPRINTED = 2_000


class Kind(StrEnum):
    """What a key was made of."""

    GUID = "guid"
    TWIN = "twin"
    LINK = "link"
    TEXT = "text"


class Key(NamedTuple):
    """One way to recognise an entry within its feed."""

    kind: Kind
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    entry: Entry
    keys: tuple[Key, ...]
    text_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    known: KnownEntry
    entry: Entry
    text_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """A document, sorted: what is new, what changed, what was merely seen again."""

    new: tuple[New, ...]
    changed: tuple[Changed, ...]
    seen: tuple[int, ...]


def keys(entry: Entry) -> tuple[Key, ...]:
    """All keys of an entry, the one that identifies it first."""
    found = []
    if entry.guid:
        found.append(Key(Kind.GUID, _hash(entry.guid)))
    if link := url_key(entry.url):
        found.append(Key(Kind.LINK, _hash(link)))
    text = _normal(f"{entry.title}\n{entry.content or entry.summary}")
    found.append(Key(Kind.TEXT, _hash(text[:_FINGERPRINTED])))
    return tuple(found)


def asked(entries: Sequence[Entry]) -> list[Key]:
    """Every key of a document that storage has to be asked for."""
    found = [key for entry in entries for key in keys(entry)]
    return found + [_twin(key) for key in found if key.kind is Kind.GUID]


def _twin(key: Key) -> Key:
    return Key(Kind.TWIN, key.hash)


def _twins(entries: Sequence[Entry], known: Mapping[Key, KnownEntry]) -> set[str]:
    """The hashes of guids that stand for several entries: here, or ever before."""
    links: dict[str, set[Key]] = {}
    for entry in entries:
        first, *rest = keys(entry)
        if first.kind is Kind.GUID and rest[0].kind is Kind.LINK:
            links.setdefault(first.hash, set()).add(rest[0])
    shared = {guid for guid, found in links.items() if len(found) > 1}
    return shared | {key.hash for key in known if key.kind is Kind.TWIN}


def _usable(entry: Entry, twins: set[str]) -> tuple[Key, ...]:
    """The keys of an entry, the one that identifies it first; a twin stands last."""
    first, *rest = keys(entry)
    if first.kind is Kind.GUID and first.hash in twins:
        return (*rest, _twin(first))
    return (first, *rest)


def text_hash(entry: Entry) -> str:
    """The hash that differs when a publisher changed title or text of an entry."""
    return _hash(_normal("\n".join((entry.title, entry.summary, entry.content))))


def sort_out(entries: Sequence[Entry], known: Mapping[Key, KnownEntry]) -> Sorted:
    """Hold the entries of one document against those stored for its feed.

    Two entries of a document with the same key are one; the first wins.
    """
    twins = _twins(entries, known)
    new: dict[Key, New] = {}
    changed: dict[int, Changed] = {}
    seen: dict[int, None] = {}
    for entry in entries:
        all_keys = _usable(entry, twins)
        before = known.get(all_keys[0])
        digest = text_hash(entry)
        if before is None:
            made = New(entry=entry, keys=all_keys, text_hash=digest)
            new.setdefault(all_keys[0], made)
        elif before.entry_id not in seen:
            seen[before.entry_id] = None
            if digest != before.text_hash and before.revision < MAX_REVISIONS:
                changed[before.entry_id] = Changed(
                    known=before, entry=entry, text_hash=digest
                )
    return Sorted(
        new=tuple(new.values()), changed=tuple(changed.values()), seen=tuple(seen)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What decides the fate of new entries, besides the entries themselves.

    ``first_run`` is how far back the first poll may alert; None keeps it silent.
    ``expected`` is how many new entries rate and downtime explain.
    """

    now: datetime
    baseline: bool
    last_good_at: datetime | None
    first_run: timedelta | None
    max_age: timedelta
    flood_limit: int
    expected: float


def fate(entry: Entry, at: Situation) -> EntryState:
    """Whether a new entry is to be read, or only remembered, and why."""
    published = plausible(entry.published, at.now)
    if at.baseline:
        recent = (
            at.first_run is not None
            and published is not None
            and published >= at.now - at.first_run
        )
        return EntryState.WAITING if recent else EntryState.BASELINE
    if published and at.last_good_at and published < at.last_good_at - at.max_age:
        return EntryState.OLD
    return EntryState.WAITING


def is_flood(fresh: int, at: Situation) -> bool:
    """Whether so many new entries in one poll need a person's look first."""
    return fresh > at.flood_limit and fresh > 3 * at.expected


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _normal(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().casefold()
