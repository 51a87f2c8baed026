"""Decide which entries of a document are new, the same, or changed. Pure.

The keys of an entry are asked in their order, and believed the less the further down
they stand:

- a guid that is known is the same entry, whatever else changed;
- a guid on another host, or a known link, needs the same title or a date near by;
- texts and titles are asked only where guids are not to be trusted, or where the
  document shows that the publisher re-issued it: asked always they swallow real news
  (horoscopes share texts, live blogs share links).

A value that stands for several entries of a document names none of them, there and
ever after. An entry is claimed at most once per document.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from monitor.feeds.keys import keys_of, text_hash, title_hash, twin
from monitor.models import Entry, Key, Kind, KnownEntry, Remembered

MAX_REVISIONS = 24
_NEAR = timedelta(hours=24)
_TEXT_NEAR = timedelta(hours=48)
_EVIDENCE = 5
_CHURN = 3
_MARKED = (Kind.GUID, Kind.ANCHOR, Kind.LINK)

Known = Mapping[Key, KnownEntry]


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """A new entry; ``keys`` are those by which it may be known later."""

    shown: "Shown"
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
    """A document, sorted: what is new, what changed, what was merely seen again.

    ``known`` pairs what was recognised with the entry that it is, ``aliases`` are
    further keys of such entries. ``reissued`` counts those that came under another
    guid; ``churned`` says that so did most.
    """

    new: tuple[New, ...] = ()
    changed: tuple[Changed, ...] = ()
    known: tuple[tuple["Shown", int], ...] = ()
    aliases: tuple[tuple[Key, int], ...] = ()
    reissued: int = 0
    churned: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """One entry of a document; ``remembered`` if it did not change since the last."""

    keys: tuple[Key, ...]
    entry: Entry | None = None
    span: str = ""
    remembered: int | None = None

    def key(self, kind: Kind) -> Key | None:
        for key in self.keys:
            if key.kind is kind:
                return key
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a feed shows now.

    ``shared`` holds the keys that several of its entries have; ``distinct`` says that
    each entry has a guid or a link of its own. ``moved`` says that the feed itself has
    another address than at the last poll.
    """

    shown: tuple[Shown, ...]
    shared: frozenset[Key]
    distinct: bool
    guids_trusted: bool
    links_trusted: bool
    moved: bool

    @property
    def asked(self) -> list[Key]:
        """Every key that storage has to be asked for."""
        found = [key for one in self.shown if one.entry for key in one.keys]
        return found + [twin(key) for key in found if key.kind in _MARKED]


def read_document(
    entries: Sequence[tuple[Entry, str]],
    remembered: Sequence[Remembered] = (),
    *,
    addresses: Iterable[str] = (),
    by_guid: bool = True,
    moved: bool = False,
) -> Document:
    """A document from its parsed entries, each with its span, and the unchanged rest.

    ``addresses`` are those of the feed and its site. ``by_guid`` is False where the
    feed's guids have proved worthless. Two entries with one guid and one link are
    one; the first wins.
    """
    found = keys_of([entry for entry, _ in entries], addresses)
    every = [
        Shown(_but_guids(one.keys, by_guid), span=one.span, remembered=one.entry_id)
        for one in remembered
    ] + [
        Shown(_but_guids(keys, by_guid), entry, span)
        for (entry, span), keys in zip(entries, found, strict=True)
    ]
    all_shown = tuple({_sameness(one): one for one in reversed(every)}.values())[::-1]
    counts = Counter(key for one in all_shown for key in one.keys)
    shared = frozenset(key for key, count in counts.items() if count > 1)
    own = [{*one.keys} - shared for one in all_shown]
    return Document(
        shown=all_shown,
        shared=shared,
        distinct=len(all_shown) == len(every)
        and all(any(key.kind in _MARKED for key in keys) for keys in own),
        guids_trusted=_trusts(all_shown, shared, Kind.GUID),
        links_trusted=_trusts(all_shown, shared, Kind.LINK),
        moved=moved,
    )


def _trusts(shown: Sequence[Shown], shared: frozenset[Key], kind: Kind) -> bool:
    """Half of the entries must carry the kind, and nine tenths of them differ in it."""
    found = [key for one in shown if (key := one.key(kind))]
    unique = sum(key not in shared for key in found)
    return 2 * len(found) >= len(shown) and 10 * unique >= 9 * len(found) > 0


def _but_guids(keys: tuple[Key, ...], by_guid: bool) -> tuple[Key, ...]:  # noqa: FBT001 - a plain switch
    if by_guid:
        return keys
    return tuple(key for key in keys if key.kind not in (Kind.GUID, Kind.PATH))


def _sameness(one: Shown) -> object:
    link = one.key(Kind.LINK)
    if guid := one.key(Kind.GUID):
        return guid, link
    if link:
        return link, one.key(Kind.ANCHOR), one.key(Kind.TEXT)
    return one.key(Kind.NTH)


def sort_out(document: Document, known: Known) -> Sorted:
    """Hold a document against what is stored for its feed."""
    return _Sorting(document, known).sorted()


class _Sorting:
    """One document on its way through the keys; claims are made in their order."""

    def __init__(self, document: Document, known: Known) -> None:
        self._document = document
        self._known = known
        self._unusable = document.shared | set(_twins(document, known))
        self._found: dict[int, KnownEntry] = {}
        self._claimed = {
            one.remembered for one in document.shown if one.remembered is not None
        }

    def sorted(self) -> Sorted:
        if not self._known:
            return self._result()  # a first poll: all is new
        self._claim(self._surely)
        self._claim(self._by_place)
        self._claim(self._if_nameless)
        rest = [n for n in self._open() if not self._knows(n, Kind.GUID)]
        reissued = len(self._rekeyed()) + sum(
            self._by_text(n, loosely=True) is not None for n in rest
        )
        unknown = len(self._rekeyed()) + len(rest)
        evidence = reissued >= _EVIDENCE and 2 * reissued >= unknown
        if evidence or self._document.moved or not self._document.guids_trusted:
            loosely = evidence or self._document.moved
            self._claim(lambda n: self._by_text(n, loosely=loosely))
        return self._result()

    def _open(self) -> list[int]:
        return [
            number
            for number, one in enumerate(self._document.shown)
            if one.entry and number not in self._found
        ]

    def _claim(self, judge: Callable[[int], KnownEntry | None]) -> None:
        for number in self._open():
            if (known := judge(number)) and known.entry_id not in self._claimed:
                self._found[number] = known
                self._claimed.add(known.entry_id)

    def _ask(self, number: int, kind: Kind) -> KnownEntry | None:
        key = self._document.shown[number].key(kind)
        if key is None or key in self._unusable:
            return None
        found = self._known.get(key)
        return None if found and found.entry_id in self._claimed else found

    def _knows(self, number: int, kind: Kind) -> bool:
        key = self._document.shown[number].key(kind)
        return key is not None and key not in self._unusable and key in self._known

    def _surely(self, number: int) -> KnownEntry | None:
        return self._ask(number, Kind.GUID) or self._ask(number, Kind.NTH)

    def _by_place(self, number: int) -> KnownEntry | None:
        """By the guid on another host, or by the link; a link with a fragment first."""
        entry = self._document.shown[number].entry
        untrusted = not self._document.guids_trusted
        whole = self._document.shown[number].key(Kind.ANCHOR) is None
        for kind, alone in (
            (Kind.PATH, False),
            (Kind.ANCHOR, untrusted),
            (Kind.LINK, untrusted and whole),
        ):
            found = self._ask(number, kind)
            if not (found and entry):
                continue
            # With another fragment it is another part of that page, unless it says
            # the same.
            near = whole or kind is not Kind.LINK
            if alone or _same_title(entry, found) or (near and _near(entry, found)):
                return found
        return None

    def _if_nameless(self, number: int) -> KnownEntry | None:
        """By its text, if neither guid nor link are its own: no longer, perhaps."""
        keys = self._document.shown[number].keys
        own = any(k.kind in _MARKED and k not in self._unusable for k in keys)
        return None if own else self._ask(number, Kind.TEXT)

    def _by_text(self, number: int, *, loosely: bool) -> KnownEntry | None:
        """By texts and titles; without dates only where nothing better is there."""
        entry = self._document.shown[number].entry
        trusted = self._document.guids_trusted or (
            self._document.links_trusted and not loosely
        )
        if loosely and (found := self._ask(number, Kind.PATH)):
            return found
        for kind, near in (
            (Kind.NUMBER, _TEXT_NEAR),
            (Kind.TEXT, timedelta(0)),
            (Kind.BODY, _TEXT_NEAR if loosely or not trusted else timedelta(0)),
            (Kind.TITLE, timedelta(0)),
        ):
            found = self._ask(number, kind)
            if not (found and entry):
                continue
            known_dates = entry.published and found.published
            undated = kind is Kind.TEXT and not trusted and not known_dates
            # The same text under the same title another day: a horoscope.
            again = kind is Kind.BODY and _same_title(entry, found)
            if undated or (not again and _published_near(entry, found, near)):
                return found
        return None

    def _rekeyed(self) -> list[int]:
        """The entries that were recognised though their guid was not known."""
        return [
            number
            for number in self._found
            if self._document.shown[number].key(Kind.GUID)
            and not self._knows(number, Kind.GUID)
            and self._usable(number, Kind.GUID)
        ]

    def _usable(self, number: int, kind: Kind) -> bool:
        return self._document.shown[number].key(kind) not in self._unusable

    def _result(self) -> Sorted:
        shown = self._document.shown
        rekeyed = self._rekeyed()
        with_guid = [
            number
            for number, one in enumerate(shown)
            if one.key(Kind.GUID)
            and (number in self._found or one.remembered is not None)
        ]
        return Sorted(
            new=tuple(self._new(n, shown[n]) for n in self._open()),
            changed=tuple(self._changed()),
            known=tuple((shown[n], known.entry_id) for n, known in self._found.items()),
            aliases=tuple(self._aliases()),
            reissued=len(rekeyed),
            churned=len(rekeyed) >= _CHURN and 2 * len(rekeyed) >= len(with_guid),
        )

    def _new(self, number: int, one: Shown) -> New:
        assert one.entry  # noqa: S101 - what is remembered is not new
        return New(
            shown=one,
            entry=one.entry,
            keys=tuple(self._stored(number)),
            text_hash=text_hash(one.entry),
        )

    def _stored(self, number: int) -> Iterable[Key]:
        """The keys by which an entry may be known later, and the marks of twins."""
        keys = self._document.shown[number].keys
        usable = [key for key in keys if key not in self._unusable]
        own = any(key.kind in _MARKED for key in usable)
        yield from (key for key in usable if key.kind is not Kind.NTH or not own)
        yield from (
            twin(key)
            for key in keys
            if key in self._document.shared and key.kind in _MARKED
        )

    def _changed(self) -> Iterable[Changed]:
        for number, known in self._found.items():
            entry = self._document.shown[number].entry
            if entry is None or known.revision >= MAX_REVISIONS:
                continue
            digest = text_hash(entry)
            if digest != known.text_hash:
                yield Changed(known=known, entry=entry, text_hash=digest)

    def _aliases(self) -> Iterable[tuple[Key, int]]:
        for number, known in self._found.items():
            # A feed that makes new keys for ever must not fill the table with them.
            if known.revision < MAX_REVISIONS:
                yield from (
                    (key, known.entry_id)
                    for key in self._stored(number)
                    if key not in self._known
                )


def _twins(document: Document, known: Known) -> Iterable[Key]:
    """The guids and links that once stood for several entries, with what they become."""
    marked = {key.hash for key in known if key.kind is Kind.TWIN}
    for one in document.shown:
        for key in one.keys:
            if key.kind in _MARKED and key.hash in marked:
                yield key
                if key.kind is Kind.GUID and (path := one.key(Kind.PATH)):
                    yield path


def _same_title(entry: Entry, known: KnownEntry) -> bool:
    return title_hash(entry.title) == known.title_hash


def _near(entry: Entry, known: KnownEntry) -> bool:
    return _published_near(entry, known, _NEAR)


def _published_near(entry: Entry, known: KnownEntry, near: timedelta) -> bool:
    """Whether both have a date, and these lie near each other."""
    if entry.published is None or known.published is None:
        return False
    return abs(entry.published - known.published) <= near
