"""Hold one article against all rules at once. Pure.

Every distinct word of all rules is a *single*; a dictionary leads from a word's keys
to the singles that wait for it. One pass over the article collects where singles
stand; only rules that have an anchor among them are evaluated. So the cost follows
the hits, not the number of rules.
"""

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from monitor.models import Article, Hit, Match, Via
from monitor.rules.syntax import item
from monitor.rules.tree import (
    And,
    Everything,
    In,
    Leaf,
    ListName,
    Node,
    Not,
    Or,
)
from monitor.text.forms import rule_keys, text_keys
from monitor.text.words import (
    Token,
    fold,
    may_join,
    spelled,
    tokens,
    variants,
)

MAX_HITS = 50
MAIN_FIELDS = ("title", "summary", "body")
ALL_FIELDS = (*MAIN_FIELDS, "aside")
_WEIGHTS = {"title": 3.0, "summary": 2.0, "body": 1.0, "aside": 0.5}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule ready for the index; ``feeds`` None means all of them."""

    name: str
    tree: Node
    feeds: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class _Spot:
    """An occurrence of a term: word positions in one field, the end exclusive."""

    term: str
    field: str
    start: int
    end: int
    via: Via


@dataclass(frozen=True, slots=True)
class _Single:
    text: str
    exact: bool


@dataclass(slots=True)
class _Lexicon:
    """All singles as one language sees them."""

    language: str
    waiting: dict[str, list[int]]
    prefixes: set[str]
    seen: dict[str, tuple[tuple[int, Via], ...]] = field(default_factory=dict)


class Reading:
    """An article as the rules see it: its words, and where singles stand."""

    def __init__(self, article: Article) -> None:
        self.text = {name: getattr(article, name) for name in ALL_FIELDS}
        self.words = {name: tokens(text) for name, text in self.text.items()}
        self.spots: dict[int, list[tuple[str, int, int, Via]]] = defaultdict(list)


class Index:
    """All rules of a configuration, made once and used for every article."""

    def __init__(
        self, rules: Iterable[Rule], lists: Mapping[str, Sequence[str]]
    ) -> None:
        self._lists = {name: [item(i) for i in items] for name, items in lists.items()}
        self._numbers: dict[_Single, int] = {}
        self._singles: list[_Single] = []
        self._leaves: dict[Leaf, tuple[tuple[int, ...], ...]] = {}
        self._lexicons: dict[str, _Lexicon] = {}
        self.rules = {rule.name: rule for rule in rules}
        self.hashes = {r.name: self._hash(r) for r in self.rules.values()}
        self._always: list[str] = []
        self._anchored: dict[int, list[str]] = defaultdict(list)
        for rule in self.rules.values():
            self._anchor(rule)

    def match(self, article: Article) -> list[Match]:
        """The rules that an article meets, in the order of the configuration."""
        reading = self.read(article)
        names = set(self._always)
        for single in reading.spots:
            names.update(self._anchored.get(single, ()))
        met = (
            self._meet(name, article, reading) for name in self.rules if name in names
        )
        return [match for match in met if match]

    def _meet(self, name: str, article: Article, reading: Reading) -> Match | None:
        rule = self.rules[name]
        if rule.feeds is not None and article.feed not in rule.feeds:
            return None
        spots = self.evaluate(rule.tree, reading, MAIN_FIELDS)
        weak = spots is None
        if spots is None:
            spots = self.evaluate(rule.tree, reading, ALL_FIELDS)
        if spots is None:
            return None
        places = {(s.term, s.field, s.start, s.end): s for s in reversed(spots)}
        hits = sorted((_hit(spot, reading) for spot in places.values()), key=_order)
        return Match(
            rule=name,
            rule_hash=self.hashes[name],
            score=round(_score(hits), 3),
            weak=weak,
            hits=tuple(hits[:MAX_HITS]),
        )

    def read(self, article: Article) -> Reading:
        """Find every single of the rules in an article, in one pass."""
        lexicon = self._lexicon(article.language)
        reading = Reading(article)
        for name, words in reading.words.items():
            for at, word in enumerate(words):
                for single, via in self._look_up(lexicon, word.surface):
                    reading.spots[single].append((name, at, at + 1, via))
                if at + 1 < len(words):
                    self._join(lexicon, reading, name, at)
        return reading

    def _join(self, lexicon: _Lexicon, reading: Reading, name: str, at: int) -> None:
        first, second = reading.words[name][at : at + 2]
        if not may_join(first.surface, second.surface, second.gap):
            return
        if fold(first.surface) not in lexicon.prefixes:
            return
        for single, _ in self._look_up(lexicon, first.surface + second.surface):
            reading.spots[single].append((name, at, at + 2, Via.COMPOUND))

    def _look_up(self, lexicon: _Lexicon, surface: str) -> tuple[tuple[int, Via], ...]:
        found = lexicon.seen.get(surface)
        if found is None:
            found = self._find(lexicon, surface)
            if len(lexicon.seen) > 200_000:
                lexicon.seen.clear()
            lexicon.seen[surface] = found
        return found

    def _find(self, lexicon: _Lexicon, surface: str) -> tuple[tuple[int, Via], ...]:
        keys = text_keys(surface, lexicon.language)
        found: dict[int, Via] = {}
        for key in keys:
            for number in lexicon.waiting.get(key, ()):
                single = self._singles[number]
                if not single.exact or _as_typed(single.text, surface):
                    found[number] = _via(single.text, surface)
        return tuple(found.items())

    def _lexicon(self, language: str) -> _Lexicon:
        language = language.partition("-")[0].lower()
        if language not in self._lexicons:
            waiting: dict[str, list[int]] = defaultdict(list)
            prefixes: set[str] = set()
            for number, single in enumerate(self._singles):
                keys = (
                    (fold(single.text),)
                    if single.exact
                    else rule_keys(single.text, language)
                )
                for key in keys:
                    waiting[key].append(number)
                word = fold(single.text)
                prefixes.update(word[:n] for n in range(1, len(word)))
            self._lexicons[language] = _Lexicon(language, dict(waiting), prefixes)
        return self._lexicons[language]

    # --- building ---

    def _hash(self, rule: Rule) -> str:
        used = {
            name: [str(i) for i in self._lists[name]] for name in _list_names(rule.tree)
        }
        return hashlib.sha256(f"{rule.tree}\n{used}".encode()).hexdigest()[:16]

    def _single(self, text: str, *, exact: bool) -> int:
        single = _Single(text, exact)
        if single not in self._numbers:
            self._numbers[single] = len(self._singles)
            self._singles.append(single)
        return self._numbers[single]

    def _ways(self, leaf: Leaf) -> tuple[tuple[int, ...], ...]:
        """The ways to find a term: its words in a row, or two of them as one word."""
        if leaf not in self._leaves:
            words = tokens(leaf.text)
            row = tuple(self._single(w.surface, exact=leaf.exact) for w in words)
            ways = [row]
            if len(words) == 2 and _closes(words):
                joined = words[0].surface + words[1].surface
                ways.append((self._single(joined, exact=leaf.exact),))
            self._leaves[leaf] = tuple(ways)
        return self._leaves[leaf]

    def _anchor(self, rule: Rule) -> None:
        anchors = self._anchors(rule.tree)
        if anchors is None:
            self._always.append(rule.name)
            return
        for single in anchors:
            self._anchored[single].append(rule.name)

    def _anchors(self, node: Node) -> set[int] | None:
        """Singles of which at least one must stand in the text; None if none must."""
        match node:
            case In():
                return self._anchors(node.child)
            case And():
                found = list(map(self._anchors, node.children))
                return min((a for a in found if a is not None), key=len, default=None)
            case Or():
                return self._all_anchors(node.children)
            case ListName():
                return self._all_anchors(self._lists[node.name])
            case Not() | Everything():
                # What lies below a NOT still has to be known to the lexicon.
                if isinstance(node, Not):
                    self._anchors(node.child)
                return None
            case _:
                return {way[0] for way in self._ways(node)}

    def _all_anchors(self, nodes: Sequence[Node]) -> set[int] | None:
        found = [self._anchors(node) for node in nodes]
        known = [a for a in found if a is not None]
        return set().union(*known) if len(known) == len(found) else None

    # --- evaluating ---

    def evaluate(
        self, node: Node, reading: Reading, fields: Sequence[str]
    ) -> list[_Spot] | None:
        """Where a tree is met in the given fields; None if it is not."""
        match node:
            case Everything():
                found: list[_Spot] | None = []
            case And():
                found = self._every(node, reading, fields)
            case Or():
                found = _some(
                    [self.evaluate(c, reading, fields) for c in node.children]
                )
            case Not():
                there = self.evaluate(node.child, reading, fields) is not None
                found = None if there else []
            case In():
                inside = [name for name in fields if name == node.field]
                found = self.evaluate(node.child, reading, inside)
            case ListName():
                found = self._listed(node.name, reading, fields)
            case _:
                found = self._spots(node, reading, fields) or None
        return found

    def _every(
        self, node: And, reading: Reading, fields: Sequence[str]
    ) -> list[_Spot] | None:
        spots: list[_Spot] = []
        for child in node.children:
            found = self.evaluate(child, reading, fields)
            if found is None:
                return None
            spots += found
        return spots

    def _listed(
        self, name: str, reading: Reading, fields: Sequence[str]
    ) -> list[_Spot] | None:
        found = _some([self.evaluate(i, reading, fields) for i in self._lists[name]])
        if found is None:
            return None
        return [_Spot(f"@{name}", s.field, s.start, s.end, Via.ALIAS) for s in found]

    def _spots(
        self, leaf: Leaf, reading: Reading, fields: Sequence[str]
    ) -> list[_Spot]:
        found = []
        for number, way in enumerate(self._ways(leaf)):
            for name, start, end, via in _rows(way, reading):
                if name in fields:
                    how = Via.COMPOUND if number else via
                    found.append(_Spot(leaf.text, name, start, end, how))
        return found


def _rows(
    way: tuple[int, ...], reading: Reading
) -> Iterable[tuple[str, int, int, Via]]:
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


def _some(found: list[list[_Spot] | None]) -> list[_Spot] | None:
    there = [spots for spots in found if spots is not None]
    return [spot for spots in there for spot in spots] if there else None


def _closes(words: Sequence[Token]) -> bool:
    return may_join(words[0].surface, words[1].surface, words[1].gap)


def _list_names(node: Node) -> list[str]:
    match node:
        case ListName():
            return [node.name]
        case In() | Not():
            return _list_names(node.child)
        case And() | Or():
            return [name for child in node.children for name in _list_names(child)]
        case _:
            return []


def _via(typed: str, surface: str) -> Via:
    forms = variants(surface)
    if fold(typed) == forms[0]:
        return Via.EXACT
    return Via.CLITIC if fold(typed) in forms else Via.INFLECTION


def _as_typed(typed: str, surface: str) -> bool:
    """Capitals and accents that were typed are required; plain letters take any."""
    typed, surface = spelled(typed), spelled(surface)
    return len(typed) == len(surface) and all(
        s == t or (t.isascii() and not t.isupper() and fold(s) == t)
        for t, s in zip(typed, surface, strict=True)
    )


def _hit(spot: _Spot, reading: Reading) -> Hit:
    words = reading.words[spot.field]
    start, end = words[spot.start].start, words[spot.end - 1].end
    return Hit(
        term=spot.term,
        field=spot.field,
        start=start,
        end=end,
        form=reading.text[spot.field][start:end],
        via=spot.via,
    )


def _order(hit: Hit) -> tuple[int, int, int, str]:
    return (ALL_FIELDS.index(hit.field), hit.start, hit.end, hit.term)


def _score(hits: Sequence[Hit]) -> float:
    """The best field of each term, more for several places, summed over terms."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for hit in hits:
        counts[hit.term, hit.field] += 1
    best: dict[str, float] = defaultdict(float)
    for (term, name), count in counts.items():
        best[term] = max(best[term], _WEIGHTS[name] * (1 + math.log(count)))
    return sum(best.values())
