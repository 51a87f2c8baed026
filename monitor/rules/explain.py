"""Say why a rule met an article, or why not. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from monitor.models import Article, Hit, Via
from monitor.rules.evaluate import Fields, Place, Spot, fields_in
from monitor.rules.index import Index, Rule
from monitor.rules.parser import META_FIELDS
from monitor.rules.syntax import item
from monitor.rules.tree import (
    And,
    AtLeast,
    Except,
    In,
    ListName,
    Near,
    Node,
    Not,
    Of,
    Or,
    Phrase,
    Word,
    parts,
)
from monitor.rules.vocabulary import ALL_FIELDS, Reading
from monitor.text.words import tokens

_BESIDE = "beside the main text"
_COMPARED = 200


def why(hits: Iterable[Hit]) -> str:
    """The hits in words: ``Aleppo (exact, title) AND airstrike (inflection, ...)``."""
    by_term: dict[str, list[Hit]] = {}
    for hit in hits:
        by_term.setdefault(hit.term, []).append(hit)
    return " AND ".join(f"{term} ({_first(found)})" for term, found in by_term.items())


def _first(found: list[Hit]) -> str:
    hit = found[0]
    how = "exact" if hit.via is Via.EXACT else f'{hit.via}, form "{hit.form}"'
    where = _BESIDE if hit.field == "aside" else hit.field
    more = f", {len(found)} places" if len(found) > 1 else ""
    return f"{how}, {where}{more}"


def why_not(index: Index, rule_name: str, article: Article) -> str:
    """The first branch that failed, with the nearest fact."""
    rule = index.rules[rule_name]
    if rule.feeds is not None and article.feed not in rule.feeds:
        return f'the rule does not watch feed "{article.feed}"'
    if any(match.rule == rule_name for match in index.match(article)):
        return "it matches now; the rule has changed since"
    search = _Search(index, index.read(article), ALL_FIELDS)
    if search.finds(rule.tree) is not None:
        return f"it is met, but scores less than min_score = {rule.min_score:g}"
    return _failing(rule.tree, search)


def inflected(node: Node, lists: Mapping[str, Sequence[str]]) -> list[str]:
    """The words of a rule, its lists included, that are found in other forms too."""
    return list(dict.fromkeys(_inflected(node, lists)))


def _inflected(node: Node, lists: Mapping[str, Sequence[str]]) -> Iterator[str]:
    match node:
        case Word(exact=False) | Phrase(exact=False):
            yield from (word.surface for word in tokens(node.text))
        case ListName():
            for text in lists[node.name]:
                yield from _inflected(item(text), lists)
        case _:
            for part in parts(node):
                yield from _inflected(part, lists)


def outline(index: Index, rule_name: str, article: Article) -> list[str]:
    """The tree of a rule, a line a part: + for what is met, where; - for what is not."""
    rule = index.rules[rule_name]
    search = _Search(index, index.read(article), ALL_FIELDS)
    return list(_lines(rule.tree, search, 0))


def _lines(node: Node, search: "_Search", depth: int) -> Iterator[str]:
    found = search.finds(node)
    inner = (
        replace(search, fields=fields_in(node.field, search.fields))
        if isinstance(node, In)
        else search
    )
    children = parts(node) if isinstance(node, And | Or | Of | Not | In) else ()
    name = type(node).__name__.upper() if isinstance(node, And | Or) else str(node)
    places = "" if children or not found else f"  {_places(found, search.reading)}"
    if isinstance(node, Not):
        places = "  absent, as required" if found is not None else "  it is there"
    yield f"{'  ' * depth}{'-' if found is None else '+'} {name}{places}"
    for child in children:
        yield from _lines(child, inner, depth + 1)


def _places(spots: Sequence[Spot], reading: Reading) -> str:
    spot = spots[0]
    if spot.field not in ALL_FIELDS:
        return spot.field
    words = reading.words[spot.field]
    start, end = spot.chars or (words[spot.start].start, words[spot.end - 1].end)
    form = reading.text[spot.field][start:end]
    more = f" … ({len(spots)} places)" if len(spots) > 1 else ""
    return f'{spot.field} {start}-{end} "{form}" ({spot.via}){more}'


@dataclass(frozen=True, slots=True)
class _Search:
    """An article before the rules, and the fields in which they look."""

    index: Index
    reading: Reading
    fields: Fields

    def finds(self, node: Node) -> list[Spot] | None:
        return self.index.evaluate(node, self.reading, self.fields)

    def places(self, node: Node) -> list[Place]:
        return self.index.places(node, self.reading, self.fields)


def _failing(node: Node, search: _Search) -> str:
    explained = _FAILURES.get(type(node))
    return explained(node, search) if explained else _missing(node, search)


def _and(node: And, search: _Search) -> str:
    failed = next(child for child in node.children if search.finds(child) is None)
    return _failing(failed, search)


def _not(node: Not, search: _Search) -> str:
    found = search.finds(node.child)
    where = f", {_where(found[0], search.reading)}" if found else ""
    return f"excluded by {node}{where}"


def _or(node: Or, _: _Search) -> str:
    return f"needs one of {node}"


def _in(node: In, search: _Search) -> str:
    if node.field in META_FIELDS:
        return f'{node}: its {node.field} is "{search.reading.text[node.field]}"'
    everywhere = replace(search, fields=ALL_FIELDS)
    if node.field != "text" and everywhere.finds(node.child) is not None:
        return f"{node}: found, but not in {node.field}"
    inside = fields_in(node.field, search.fields)
    return _failing(node.child, replace(search, fields=inside))


def _missing(node: Node, search: _Search) -> str:
    everywhere = replace(search, fields=ALL_FIELDS)
    if everywhere.finds(node) is not None:
        return f"{node}: found, but not in {search.fields[0]}"
    if isinstance(node, Word | Phrase) and node.exact:
        # These rules do not look for it in other forms, so the text is read anew.
        loose = Index([Rule(name="loose", tree=replace(node, exact=False))], {})
        reading = loose.read(search.reading.article)
        found = loose.evaluate(loose.rules["loose"].tree, reading, search.fields)
        if found:
            return f"{node}: {_otherwise(node, found[0], reading)}"
    return f"needs {node}{_nearest(str(node), search.reading)}"


def _at_least(node: AtLeast, search: _Search) -> str:
    there = {p.spots for p in search.places(node.child)}
    return f"{node}: found {len(there)} of {node.count}"


def _of(node: Of, search: _Search) -> str:
    found = [str(c) for c in node.children if search.finds(c) is not None]
    names = f" ({', '.join(found)})" if found else ""
    return f"{node}: found {len(found)} of {node.count}{names}"


def _except(node: Except, search: _Search) -> str:
    if not search.places(node.left):
        return _failing(node.left, search)
    return f"{node}: every {node.left} stands inside {node.right}"


def _near(node: Near, search: _Search) -> str:
    for side in (node.left, node.right):
        if not search.places(side):
            return _failing(side, search)
    apart = _apart(search.places(node.left), search.places(node.right))
    if apart is None:
        return f"{node}: never in one field"
    if apart <= node.distance:
        return f"{node}: only in the other order"
    return f"{node}: closest pair is {apart} words apart"


_FAILURES: dict[type, Callable[[Any, _Search], str]] = {
    And: _and,
    Not: _not,
    Or: _or,
    In: _in,
    AtLeast: _at_least,
    Of: _of,
    Except: _except,
    Near: _near,
}


def _apart(left: Sequence[Place], right: Sequence[Place]) -> int | None:
    """How many words lie between the two nearest places; only some are compared."""
    gaps = [
        max(one.start - two.end, two.start - one.end)
        for one in left[:_COMPARED]
        for two in right[:_COMPARED]
        if one.field == two.field
    ]
    return min((gap for gap in gaps if gap >= 0), default=None)


def _otherwise(node: Word | Phrase, spot: Spot, reading: Reading) -> str:
    """In which other form something stands that is wanted as typed."""
    words = reading.words[spot.field]
    start, end = words[spot.start].start, words[spot.end - 1].end
    form = reading.text[spot.field][start:end]
    same = form.casefold() == node.text.casefold()
    return f'found "{form}" ({"case" if same else "another form"})'


def _where(spot: Spot, reading: Reading) -> str:
    if spot.field not in ALL_FIELDS:
        return f"by its {spot.field}"
    start = spot.chars[0] if spot.chars else reading.words[spot.field][spot.start].start
    return f"{_place(spot.field)}, at {start}"


def _place(field: str) -> str:
    return _BESIDE if field == "aside" else f"in {field}"


def _nearest(term: str, reading: Reading) -> str:
    wanted = term.strip('="@').lower()
    words = {w.surface.lower() for found in reading.words.values() for w in found}
    inside = sorted(w for w in words if wanted in w or (len(w) > 3 and w in wanted))
    near = inside or get_close_matches(wanted, sorted(words), 1, 0.75)
    return f'; nearest word: "{near[0]}" (a different word)' if near else ""


def words_apart(hits: Iterable[Hit], text: str, field: str) -> int | None:
    """How many words lie between the two nearest hits of different terms."""
    words = tokens(text)
    spots = []
    for hit in hits:
        inside = [
            n for n, w in enumerate(words) if hit.start < w.end and w.start < hit.end
        ]
        if hit.field == field and inside:
            spots.append((hit.term, inside[0], inside[-1]))
    gaps = [
        max(start - other_end, other_start - end) - 1
        for term, start, end in spots
        for other, other_start, other_end in spots
        if term < other
    ]
    return max(0, min(gaps)) if gaps else None
