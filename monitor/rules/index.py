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
from dataclasses import dataclass

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
    parts,
)
from monitor.rules.vocabulary import ALL_FIELDS, MAIN_FIELDS, Reading, Vocabulary

MAX_HITS = 50
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
    """All of ``needed``, and of each group in ``oneof`` at least one chance.

    Asking costs a hundredth of looking where everything stands.
    """

    needed: frozenset[int] = frozenset()
    oneof: tuple[tuple["Chance", ...], ...] = ()

    def among(self, present: AbstractSet[int]) -> bool:
        """Whether these singles leave the rule a chance."""
        if not self.needed <= present:
            return False
        return all(any(c.among(present) for c in group) for group in self.oneof)


class Index(Evaluator):
    """All rules of a configuration, made once and used for every article."""

    def __init__(
        self, rules: Iterable[Rule], lists: Mapping[str, Sequence[str]]
    ) -> None:
        super().__init__(
            Vocabulary(),
            {name: [item(i) for i in items] for name, items in lists.items()},
        )
        self.rules = {rule.name: rule for rule in rules}
        self.hashes = {r.name: self._hash(r) for r in self.rules.values()}
        self._order = {name: number for number, name in enumerate(self.rules)}
        self._always: list[str] = []
        self.anchored: dict[int, list[str]] = defaultdict(list)
        for rule in self.rules.values():
            self._anchor(rule)
        self._chances = {r.name: self._chance(r.tree) for r in self.rules.values()}

    def match(self, article: Article) -> list[Match]:
        """The rules that an article meets, in the order of the configuration."""
        reading = self.read(article)
        met = (self._meet(name, article, reading) for name in self.candidates(reading))
        return [match for match in met if match]

    def candidates(self, reading: Reading) -> list[str]:
        """The rules that have to be looked at, in the order of the configuration."""
        present = reading.spots.keys()
        chances = self._chances
        names = set(self._always)
        for single in present & self.anchored.keys():
            for name in self.anchored[single]:
                if name not in names and chances[name].among(present):
                    names.add(name)
        return sorted(names, key=self._order.__getitem__)

    def _meet(self, name: str, article: Article, reading: Reading) -> Match | None:
        rule = self.rules[name]
        if rule.feeds is not None and article.feed not in rule.feeds:
            return None
        spots = self.evaluate(rule.tree, reading, MAIN_FIELDS)
        weak = spots is None
        if spots is None and reading.words["aside"]:
            spots = self.evaluate(rule.tree, reading, ALL_FIELDS)
        if spots is None:
            return None
        places = {
            (s.term, s.field, s.start, s.end, s.chars): s
            for s in reversed(spots)
            if s.field in ALL_FIELDS
        }
        hits = sorted((_hit(spot, reading) for spot in places.values()), key=_order)
        score = round(_score(hits), 3)
        if score < rule.min_score:
            return None
        return Match(
            rule=name,
            rule_hash=self.hashes[name],
            score=score,
            weak=weak,
            hits=tuple(hits[:MAX_HITS]),
        )

    # --- building ---

    def _hash(self, rule: Rule) -> str:
        used = {
            name: [str(i) for i in self._lists[name]] for name in _list_names(rule.tree)
        }
        return hashlib.sha256(f"{rule.tree}\n{used}".encode()).hexdigest()[:16]

    def _anchor(self, rule: Rule) -> None:
        anchors = self._anchors(rule.tree)
        if anchors is None:
            self._always.append(rule.name)
            return
        for single in anchors:
            self.anchored[single].append(rule.name)

    def _anchors(self, node: Node) -> set[int] | None:
        """Singles of which at least one must stand in the text; None if none must.

        Every part is looked at, because its words have to be known to the vocabulary.
        """
        inside = self._lists[node.name] if isinstance(node, ListName) else parts(node)
        found = [self._anchors(part) for part in inside]
        match node:
            case Word() | Phrase() | Wildcard():
                anchors: set[int] | None = {w[0] for w in self._vocabulary.ways(node)}
            case And() | Near():
                known = (a for a in found if a is not None)
                anchors = min(known, key=len, default=None)
            case Or() | Of() | ListName():
                anchors = _union(found)
            case In() | AtLeast() | Except():
                anchors = found[0]
            case _:
                anchors = None
        return anchors

    def _chance(self, node: Node) -> Chance:
        """What must stand in the text, wherever, for a tree to have a chance."""
        match node:
            case Word() | Phrase() | Wildcard():
                ways = [Chance(frozenset(w)) for w in self._vocabulary.ways(node)]
                return _any_of(ways)
            case And() | Near():
                found = [self._chance(part) for part in parts(node)]
                needed = frozenset().union(*(c.needed for c in found))
                return Chance(needed, tuple(o for c in found for o in c.oneof))
            case Or():
                return _any_of([self._chance(part) for part in node.children])
            case ListName():
                return _any_of([self._chance(i) for i in self._lists[node.name]])
            case In() | AtLeast() | Except():
                return self._chance(parts(node)[0])
            case _:
                return Chance()

    def read(self, article: Article) -> Reading:
        """An article as these rules see it."""
        return self._vocabulary.read(article)


def _any_of(chances: list[Chance]) -> Chance:
    return chances[0] if len(chances) == 1 else Chance(oneof=(tuple(chances),))


def _union(found: Sequence[set[int] | None]) -> set[int] | None:
    known = [a for a in found if a is not None]
    return set().union(*known) if len(known) == len(found) else None


def _list_names(node: Node) -> list[str]:
    if isinstance(node, ListName):
        return [node.name]
    return [name for part in parts(node) for name in _list_names(part)]


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
