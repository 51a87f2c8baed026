"""What the tests of identity share: a storage of one feed, and entries to put in."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from monitor.feeds.identity import Shown, Sorted, read_document, sort_out
from monitor.feeds.keys import hash_of, keys_of, title_hash
from monitor.models import Entry, EntryState, Key, Kind, KnownEntry, Remembered
from tests.conftest import NOON

FEED = "https://a.example/feed"
SITE = "https://a.example/"
FAR = NOON - timedelta(days=30)
TEXT = "Rebel fighters pushed into the city from three sides. " * 3
FULL = Entry(
    guid="https://a.example/?p=12",
    url="https://a.example/news/12345678",
    title="Aleppo has fallen",
    summary=TEXT,
    published=NOON,
)
LINKED = Entry(
    guid="g1", url="https://a.example/live", title="Aleppo falls", published=NOON
)


def key(entry: Entry, kind: Kind, addresses: Sequence[str] = ()) -> Key | None:
    """The key of one kind of an entry that stands alone."""
    (keys,) = keys_of([entry], addresses)
    return next((key for key in keys if key.kind is kind), None)


class Memory:
    """Plays the storage of one feed: its entries, their keys, its last document."""

    def __init__(self) -> None:
        self._entries: dict[int, KnownEntry] = {}
        self._keys: dict[Key, int] = {}
        self._last: tuple[Remembered, ...] = ()

    def take(
        self,
        entries: Sequence[Entry],
        unchanged: Iterable[Entry] = (),
        *,
        by_guid: bool = True,
        moved: bool = False,
    ) -> Sorted:
        """Sort a document out and store it; what is ``unchanged`` was not parsed."""
        spans = {span_of(entry) for entry in unchanged}
        document = read_document(
            [(entry, span_of(entry)) for entry in entries],
            [one for one in self._last if one.span in spans],
            addresses=(FEED, SITE),
            by_guid=by_guid,
            moved=moved,
        )
        asked = {*document.asked} & {*self._keys}
        found = sort_out(document, {k: self._entries[self._keys[k]] for k in asked})
        kept = tuple(one for one in self._last if one.span in spans)
        kept += tuple(self._seen(one, id_) for one, id_ in found.known)
        kept += self._store(found)
        self._last = kept if document.distinct else ()
        return found

    def poll(self, entries: Sequence[Entry]) -> Sorted:
        """Take a document of which only that is parsed which was not read before."""
        read = self.readable(entries)
        return self.take([entry for entry in entries if entry not in read], read)

    def readable(self, entries: Iterable[Entry]) -> list[Entry]:
        """Those of the entries that the next document need not be parsed for."""
        spans = {one.span for one in self._last}
        return [entry for entry in entries if span_of(entry) in spans]

    def _store(self, found: Sorted) -> tuple[Remembered, ...]:
        kept = []
        for new in found.new:
            id_ = len(self._entries) + 1
            self._entries[id_] = KnownEntry(
                entry_id=id_,
                revision=0,
                text_hash=new.text_hash,
                title_hash=title_hash(new.entry.title),
                published=new.entry.published,
                state=EntryState.WAITING,
            )
            self._keys |= dict.fromkeys(new.keys, id_)
            kept.append(self._seen(new.shown, id_))
        for change in found.changed:
            self._entries[change.known.entry_id] = replace(
                change.known,
                revision=change.known.revision + 1,
                text_hash=change.text_hash,
                title_hash=title_hash(change.entry.title),
            )
        self._keys |= dict(found.aliases)
        return tuple(kept)

    @staticmethod
    def _seen(one: Shown, entry_id: int) -> Remembered:
        return Remembered(span=one.span, entry_id=entry_id, keys=one.keys)


def span_of(entry: Entry) -> str:
    return hash_of(repr(entry))


def remembering(*entries: Entry) -> Memory:
    memory = Memory()
    memory.take(entries)
    return memory


def story(number: int) -> Entry:
    """An entry as it should be; no two lie within days of each other."""
    return Entry(
        guid=f"https://a.example/?p={number}",
        url=f"https://a.example/world/story-{number}",
        title=f"The story with the number {number}",
        summary=f"What happened in the place with the number {number}.",
        published=NOON - timedelta(days=4 * number),
    )


def stories(count: int) -> list[Entry]:
    return [story(number) for number in range(count)]


def titles(found: Sorted) -> list[str]:
    return [new.entry.title for new in found.new]


def ids(found: Sorted) -> list[int]:
    return sorted(entry_id for _, entry_id in found.known)
