"""Hold a tree against an article that was read: where it is met, or None. Pure."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, islice
from typing import NamedTuple

from monitor.models import Via
from monitor.rules.parser import META_FIELDS
from monitor.rules.regex import compile_regex
from monitor.rules.tree import (
    And,
    AtLeast,
    Everything,
    Except,
    In,
    Leaf,
    ListName,
    Near,
    Node,
    Not,
    Of,
    Or,
    Regex,
    Site,
    parts,
    with_parts,
)
from monitor.rules.vocabulary import Reading, Vocabulary, Way
from monitor.text.urls import host_of

_PAIRS = 4
"""With so many neighbours on a side a place is paired; more are not news."""
_MOST_PAIRS = 1_000


Fields = tuple[str, ...]


class Spot(NamedTuple):
    """An occurrence of a term: word positions in one field, the end exclusive.

    ``chars`` are its offsets where words do not give them.
    """

    term: str
    field: str
    start: int
    end: int
    via: Via
    chars: tuple[int, int] | None = None


class Place(NamedTuple):
    """Where a part of a rule stands, from its first word to its last."""

    field: str
    start: int
    end: int
    spots: tuple[Spot, ...]


class Evaluator:
    """Knows the lists and the vocabulary of the rules."""

    def __init__(
        self, vocabulary: Vocabulary, lists: Mapping[str, Sequence[Node]]
    ) -> None:
        self.vocabulary = vocabulary
        self._terms_of_all: dict[Node, Node] = {}
        self._lists = {n: list(map(self.shared, of)) for n, of in lists.items()}

    def shared(self, node: Node) -> Node:
        """A tree whose terms are the same for all rules, so that each is found once."""
        inside = parts(node)
        if not inside:
            return self._terms_of_all.setdefault(node, node)
        shared = tuple(map(self.shared, inside))
        if all(one is other for one, other in zip(inside, shared, strict=True)):
            return node
        return with_parts(node, shared)

    def evaluate(
        self, node: Node, reading: Reading, fields: Fields
    ) -> list[Spot] | None:
        """Where a tree is met in the given fields; None if it is not."""
        return _EVALUATED.get(type(node), Evaluator._placed)(
            self, node, reading, fields
        )

    def _everything(self, _: Everything, __: Reading, ___: Fields) -> list[Spot]:
        return []

    def _not(self, node: Not, reading: Reading, fields: Fields) -> list[Spot] | None:
        there = self.evaluate(node.child, reading, fields) is not None
        return None if there else []

    def _in(self, node: In, reading: Reading, fields: Fields) -> list[Spot] | None:
        return self.evaluate(node.child, reading, fields_in(node.field, fields))

    def _site(self, node: Site, reading: Reading, fields: Fields) -> list[Spot] | None:
        return [] if _is_from(node, reading, fields) else None

    def _placed(
        self, node: Node, reading: Reading, fields: Fields
    ) -> list[Spot] | None:
        places = self.places(node, reading, fields)
        return [spot for place in places for spot in place.spots] or None

    def _at_least(
        self, node: AtLeast, reading: Reading, fields: Fields
    ) -> list[Spot] | None:
        places = self.places(node.child, reading, fields)
        there = {(p.field, *_chars(p, reading)) for p in places}
        if len(there) < node.count:
            return None
        return [spot for place in places for spot in place.spots]

    def _several(
        self, node: And | Or | Of, reading: Reading, fields: Fields
    ) -> list[Spot] | None:
        needed = 1 if isinstance(node, Or) else len(node.children)
        needed = node.count if isinstance(node, Of) else needed
        spots: list[Spot] = []
        met = 0
        for left, child in zip(
            range(len(node.children), 0, -1), node.children, strict=True
        ):
            if met + left < needed:
                return None
            found = self.evaluate(child, reading, fields)
            if found is not None:
                met += 1
                spots += found
        return spots if met >= needed else None

    def places(self, node: Node, reading: Reading, fields: Fields) -> list[Place]:
        """Where a node stands that has a place in the text."""
        return _PLACES.get(type(node), Evaluator._leaf)(self, node, reading, fields)

    def _either(self, node: Or, reading: Reading, fields: Fields) -> list[Place]:
        each = (self.places(child, reading, fields) for child in node.children)
        return [place for places in each for place in places]

    def _near(self, node: Near, reading: Reading, fields: Fields) -> list[Place]:
        left = self.places(node.left, reading, fields)
        right = self.places(node.right, reading, fields) if left else []
        if not right:
            return []
        pairs = islice(_pairs(node, left, right), _MOST_PAIRS)
        return list({(p.field, p.start, p.end): p for p in pairs}.values())

    def _except(self, node: Except, reading: Reading, fields: Fields) -> list[Place]:
        left = self.places(node.left, reading, fields)
        right = self.places(node.right, reading, fields) if left else []
        return list(_outside(left, right, reading))

    def _regex(self, node: Regex, reading: Reading, fields: Fields) -> list[Place]:
        return list(_matches(node, reading, fields))

    def _leaf(self, node: Leaf, reading: Reading, fields: Fields) -> list[Place]:
        key = (id(node), fields)
        found = reading.places.get(key)
        if found is None:
            found = reading.places[key] = list(self._terms(node, reading, fields))
        return found

    def _listed(self, node: ListName, reading: Reading, fields: Fields) -> list[Place]:
        return [
            Place(
                p.field,
                p.start,
                p.end,
                (Spot(str(node), p.field, p.start, p.end, Via.ALIAS),),
            )
            for item in self._lists[node.name]
            for p in self.places(item, reading, fields)
        ]

    def _terms(self, leaf: Leaf, reading: Reading, fields: Fields) -> Iterator[Place]:
        for number, way in enumerate(self.vocabulary.ways(leaf)):
            for name, start, end, via in _rows(way, reading):
                if name in fields:
                    how = Via.COMPOUND if number else via
                    spot = Spot(leaf.text, name, start, end, how)
                    yield Place(name, start, end, (spot,))


_EVALUATED: dict[type, Callable[..., list[Spot] | None]] = {
    Everything: Evaluator._everything,
    And: Evaluator._several,
    Or: Evaluator._several,
    Of: Evaluator._several,
    Not: Evaluator._not,
    In: Evaluator._in,
    Site: Evaluator._site,
    AtLeast: Evaluator._at_least,
}
_PLACES: dict[type, Callable[..., list[Place]]] = {
    Or: Evaluator._either,
    ListName: Evaluator._listed,
    Near: Evaluator._near,
    Except: Evaluator._except,
    Regex: Evaluator._regex,
}


def fields_in(field: str, fields: Fields) -> Fields:
    """Where ``field:`` searches, of the fields that are searched anyway."""
    if field in META_FIELDS:
        return (field,)
    return fields if field == "text" else tuple(f for f in fields if f == field)


def _is_from(site: Site, reading: Reading, fields: Fields) -> bool:
    address = site.text if "://" in site.text else f"http://{site.text.strip('.')}"
    wanted = _plain(host_of(address)).removeprefix("www.")
    article = reading.article
    urls = (article.url, article.final_url, article.canonical_url)
    hosts = [article.origin] if "origin" in fields else map(host_of, urls)
    return any(f".{_plain(host)}".endswith(f".{wanted}") for host in hosts)


def _plain(host: str) -> str:
    """A host without its port, in the letters that people write (IDNA)."""
    host = host.partition(":")[0].lower()
    try:
        return host.encode("ascii").decode("idna")
    except UnicodeError:
        return host


def _rows(way: Way, reading: Reading) -> Iterable[tuple[str, int, int, Via]]:
    """Where the singles of a way stand in a row."""
    rows = reading.spots.get(way[0], [])
    for single in way[1:]:
        nexts = defaultdict(list)
        for name, start, end, via in reading.spots.get(single, ()):
            nexts[name, start].append((end, via))
        rows = [
            (name, start, last, _worse(via, other))
            for name, start, end, via in rows
            for last, other in nexts.get((name, end), ())
        ]
    return rows


def _worse(first: Via, second: Via) -> Via:
    return second if first is Via.EXACT else first


def _matches(node: Regex, reading: Reading, fields: Fields) -> Iterator[Place]:
    pattern = compile_regex(node.pattern, any_case=node.any_case)
    for name in fields:
        words = reading.words[name]
        starts = [word.start for word in words]
        ends = [word.end for word in words]
        for start, end in pattern.spans(reading.text[name]):
            first = bisect_right(ends, start)
            last = max(first, bisect_left(starts, end))
            spot = Spot(str(node), name, first, last, Via.REGEX, (start, end))
            yield Place(name, first, last, (spot,))


def _by_field(places: Iterable[Place]) -> dict[str, list[Place]]:
    found: dict[str, list[Place]] = defaultdict(list)
    for place in sorted(places, key=lambda p: (p.start, p.end)):
        found[place.field].append(place)
    return found


def _pairs(node: Near, left: list[Place], right: list[Place]) -> Iterator[Place]:
    """Each left place with the nearest right ones on either side."""
    rights = _by_field(right)
    for name, places in _by_field(left).items():
        others = rights.get(name, [])
        starts = [p.start for p in others]
        by_end = sorted(others, key=lambda p: p.end)
        ends = [p.end for p in by_end]
        for place in places:
            at = bisect_left(starts, place.end)
            until = bisect_right(starts, place.end + node.distance)
            for other in others[at : min(until, at + _PAIRS)]:
                yield _together(place, other)
            at = bisect_left(ends, place.start - node.distance)
            until = 0 if node.ordered else bisect_right(ends, place.start)
            for other in by_end[max(at, until - _PAIRS) : until]:
                yield _together(other, place)


def _together(first: Place, second: Place) -> Place:
    start, end = min(first.start, second.start), max(first.end, second.end)
    return Place(first.field, start, end, (*first.spots, *second.spots))


def _chars(place: Place, reading: Reading) -> tuple[int, int]:
    """Where a place begins and ends, in characters of its field."""
    words = reading.words[place.field]
    spans = [
        spot.chars or (words[spot.start].start, words[spot.end - 1].end)
        for spot in place.spots
    ]
    return min(start for start, _ in spans), max(end for _, end in spans)


def _outside(
    left: list[Place], right: list[Place], reading: Reading
) -> Iterator[Place]:
    """The left places that no right one covers."""
    rights: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for place in right:
        rights[place.field].append(_chars(place, reading))
    starts, reach = {}, {}
    for name, spans in rights.items():
        spans.sort()
        starts[name] = [start for start, _ in spans]
        reach[name] = list(accumulate((end for _, end in spans), max))
    for place in left:
        start, end = _chars(place, reading)
        before = bisect_right(starts.get(place.field, []), start)
        if not before or reach[place.field][before - 1] < end:
            yield place
