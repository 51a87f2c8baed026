"""Hold one article against all rules at once. Pure.

One pass over the article collects where the words of rules stand; only rules that have
an anchor among them are evaluated. So the cost follows the hits, not the number of
rules.
"""

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple

from monitor.models import Article, Hit, Match
from monitor.rules.evaluate import Evaluator, Spot
from monitor.rules.syntax import item
from monitor.rules.tree import (
    And,
    AtLeast,
    Except,
    In,
    ListName,
    Near,
    Node,
    Of,
    Or,
    Phrase,
    Wildcard,
    Word,
    list_names,
    parts,
)
from monitor.rules.vocabulary import ALL_FIELDS, MAIN_FIELDS, Reading, Vocabulary, Way

MAX_HITS = 50
_UNKNOWN: Mapping[str, float] = MappingProxyType({})
_WEIGHTS = {"title": 3.0, "summary": 2.0, "body": 1.0, "aside": 0.5}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule ready for the index; ``feeds`` None means all of them."""

    name: str
    tree: Node
    feeds: frozenset[str] | None = None
    min_score: float = 0.0


@dataclass(frozen=True, slots=True)
class Chance:
    """All of ``needed``, so many of each set in ``some``, and so many of each group.

    Asking costs a hundredth of looking where everything stands.
    """

    needed: frozenset[int] = frozenset()
    some: tuple[tuple[int, frozenset[int]], ...] = ()
    groups: tuple[tuple[int, tuple["Chance", ...]], ...] = ()

    def among(self, present: AbstractSet[int]) -> bool:
        """Whether these singles leave the rule a chance."""
        if not self.needed <= present:
            return False
        for count, singles in self.some:
            if len(singles & present) < count:
                return False
        for count, chances in self.groups:
            if sum(chance.among(present) for chance in chances) < count:
                return False
        return True

    @property
    def single(self) -> frozenset[int]:
        """The one single that it takes, if there is just one."""
        alone = len(self.needed) == 1 and not self.some and not self.groups
        return self.needed if alone else frozenset()


class _Met(NamedTuple):
    """How a tree is met, whoever wrote it down."""

    hits: tuple[Hit, ...]
    score: float
    weak: bool


class Index(Evaluator):
    """All rules of a configuration, made once and used for every article.

    Rules with the same tree are one to it, and are looked at once. ``shares`` is the
    part of all articles (0 to 1) that hold a folded word, as far as that is known.
    """

    def __init__(
        self,
        rules: Iterable[Rule],
        lists: Mapping[str, Sequence[str]],
        shares: Mapping[str, float] = _UNKNOWN,
    ) -> None:
        super().__init__(
            Vocabulary(),
            {name: [item(i) for i in items] for name, items in lists.items()},
        )
        self._shares = shares
        trees: dict[Node, Node] = {}
        self.rules = {}
        for rule in rules:
            tree = trees.get(rule.tree) or self.shared(rule.tree)
            trees[rule.tree] = tree
            self.rules[rule.name] = replace(rule, tree=tree)
        self._hashes: dict[str, str] = {}
        self._order = {name: number for number, name in enumerate(self.rules)}
        self._named: dict[int, list[Rule]] = defaultdict(list)
        for rule in self.rules.values():
            self._named[id(rule.tree)].append(rule)
        self._always: list[Node] = []
        self.anchored: dict[int, list[tuple[Node, Chance]]] = defaultdict(list)
        for same in self._named.values():
            self._anchor(same[0].tree)

    def hash_of(self, name: str) -> str:
        """A name for what a rule means now, its lists included."""
        if name not in self._hashes:
            tree = self.rules[name].tree
            used = {n: [str(i) for i in self._lists[n]] for n in list_names(tree)}
            text = f"{tree}\n{used}"
            self._hashes[name] = hashlib.sha256(text.encode()).hexdigest()[:16]
        return self._hashes[name]

    def match(self, article: Article) -> list[Match]:
        """The rules that an article meets, in the order of the configuration."""
        reading = self.read(article)
        found: list[Match] = []
        for tree in self.candidates(reading):
            rules = [r for r in self._named[id(tree)] if _watches(r, article)]
            if rules and (met := self._meet(tree, reading)):
                found += [
                    self._match(r, met) for r in rules if met.score >= r.min_score
                ]
        return sorted(found, key=lambda match: self._order[match.rule])

    def may_match(self, article: Article) -> bool:
        """Whether a rule could be met by these words, wherever they stood.

        What must not stand in an article does not count: the words may be others'.
        """
        return any(
            _watches(rule, article)
            for tree in self.candidates(self.read(article))
            for rule in self._named[id(tree)]
        )

    def candidates(self, reading: Reading) -> list[Node]:
        """The trees that have to be looked at."""
        present = reading.spots.keys()
        found = {id(tree): tree for tree in self._always}
        for single in present & self.anchored.keys():
            for tree, chance in self.anchored[single]:
                if chance.among(present):
                    found[id(tree)] = tree
        return list(found.values())

    def _meet(self, tree: Node, reading: Reading) -> "_Met | None":
        spots = self.evaluate(tree, reading, MAIN_FIELDS)
        weak = spots is None
        if spots is None and reading.words["aside"]:
            spots = self.evaluate(tree, reading, ALL_FIELDS)
        if spots is None:
            return None
        places = {
            (s.term, s.field, s.start, s.end, s.chars): s
            for s in reversed(spots)
            if s.field in ALL_FIELDS
        }
        hits = sorted((_hit(spot, reading) for spot in places.values()), key=_order)
        return _Met(tuple(hits[:MAX_HITS]), round(_score(hits), 3), weak)

    def _match(self, rule: Rule, met: "_Met") -> Match:
        return Match(
            rule=rule.name,
            rule_hash=self.hash_of(rule.name),
            score=met.score,
            weak=met.weak,
            hits=met.hits,
        )

    # --- building ---

    def _anchor(self, tree: Node) -> None:
        anchors = self._anchors(tree)
        if anchors is None:
            self._always.append(tree)
            return
        way = (tree, self.chance(tree))
        for single in anchors:
            self.anchored[single].append(way)

    def _anchors(self, node: Node) -> set[int] | None:
        """Singles of which at least one must stand in the text; None if none must.

        Every part is looked at, because its words have to be known to the vocabulary.
        """
        inside = self._lists[node.name] if isinstance(node, ListName) else parts(node)
        found = [self._anchors(part) for part in inside]
        match node:
            case Word() | Phrase() | Wildcard():
                ways = self.vocabulary.ways(node)
                anchors: set[int] | None = {self._rarest(way) for way in ways}
            case And() | Near():
                known = (a for a in found if a is not None)
                anchors = min(known, key=self._shares_of, default=None)
            case Or() | Of() | ListName():
                anchors = _union(found)
            case In() | AtLeast() | Except():
                anchors = found[0]
            case _:
                anchors = None
        return anchors

    def _rarest(self, way: Way) -> int:
        return way[0] if len(way) == 1 else min(way, key=self._share_of)

    def _share_of(self, single: int) -> float:
        """How often a word stands in an article; where that is unknown, short ones do."""
        word = self.vocabulary.word(single)
        return self._shares.get(word, 0.0) + 1 / (1 + len(word))

    def _shares_of(self, anchors: set[int]) -> float:
        return sum(map(self._share_of, anchors))

    def chance(self, node: Node) -> Chance:
        """What must stand in the text, wherever, for a tree to have a chance."""
        match node:
            case Word() | Phrase() | Wildcard():
                ways = [Chance(frozenset(w)) for w in self.vocabulary.ways(node)]
                return _of(1, ways)
            case And() | Near():
                return _all_of([self.chance(part) for part in parts(node)])
            case Or() | Of():
                count = node.count if isinstance(node, Of) else 1
                return _of(count, [self.chance(part) for part in node.children])
            case ListName():
                return _of(1, [self.chance(i) for i in self._lists[node.name]])
            case In() | AtLeast() | Except() if not _may_be_renamed(node):
                return self.chance(parts(node)[0])
            case _:
                return Chance()

    def read(self, article: Article) -> Reading:
        """An article as these rules see it."""
        return self.vocabulary.read(article)


def _watches(rule: Rule, article: Article) -> bool:
    return rule.feeds is None or article.feed in rule.feeds


def _may_be_renamed(node: Node) -> bool:
    """Whether a node asks for a feed, which the archive may know by a former name."""
    return isinstance(node, In) and node.field == "feed"


def _of(count: int, chances: Sequence[Chance]) -> Chance:
    """So many of several."""
    if count == len(chances):
        return _all_of(chances)
    singles = frozenset[int]().union(*(chance.single for chance in chances))
    if len(singles) == len(chances):
        return Chance(some=((count, singles),))
    return Chance(groups=((count, tuple(chances)),))


def _all_of(chances: Sequence[Chance]) -> Chance:
    return Chance(
        frozenset().union(*(chance.needed for chance in chances)),
        tuple(one for chance in chances for one in chance.some),
        tuple(one for chance in chances for one in chance.groups),
    )


def _union(found: Sequence[set[int] | None]) -> set[int] | None:
    known = [a for a in found if a is not None]
    return set().union(*known) if len(known) == len(found) else None


def _hit(spot: Spot, reading: Reading) -> Hit:
    words = reading.words[spot.field]
    start, end = spot.chars or (words[spot.start].start, words[spot.end - 1].end)
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
