"""Say why a rule met an article, or why not. Pure."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from monitor.models import Article, Hit, Via
from monitor.rules.index import ALL_FIELDS, Index, Reading
from monitor.rules.tree import And, In, Node, Not, Or
from monitor.text.words import tokens

_BESIDE = "beside the main text"


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
    return _failing(index, rule.tree, index.read(article), ALL_FIELDS)


def _failing(index: Index, node: Node, reading: Reading, fields: Sequence[str]) -> str:
    match node:
        case And():
            met = (
                index.evaluate(c, reading, fields) is not None for c in node.children
            )
            failed = node.children[list(met).index(False)]
            return _failing(index, failed, reading, fields)
        case Not():
            found = index.evaluate(node.child, reading, fields)
            return f"excluded by {node}{f', {_place(found[0].field)}' if found else ''}"
        case Or():
            return f"needs one of {node}"
        case _ if index.evaluate(_inside(node), reading, ALL_FIELDS) is not None:
            field = node.field if isinstance(node, In) else fields[0]
            return f"{node}: found, but not in {field}"
        case In():
            return _failing(index, node.child, reading, (node.field,))
        case _:
            return f"needs {node}{_nearest(str(node), reading)}"


def _inside(node: Node) -> Node:
    return node.child if isinstance(node, In) else node


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
