"""What the tests of the rules share: small articles, and what rules say about them."""

from collections.abc import Sequence
from typing import Any

from monitor.models import Article, Hit, Match, PageState
from monitor.rules.index import Index, Rule
from monitor.rules.syntax import parse
from monitor.rules.tree import Node

LISTS = {
    "aleppo": ["Aleppo", "Halab", "حلب", "阿勒颇"],
    "strikes": ["airstrike", "=US", "air raid"],
    "nothing": [],
}


def article(body: str = "", **fields: Any) -> Article:
    """An English article with this body; other fields as given."""
    usual = {
        "title": "",
        "summary": "",
        "aside": "",
        "language": "en",
        "state": PageState.OK,
        "url": "https://example.com/a",
    }
    return Article(body=body, **{**usual, **fields})


def index(*queries: str, feeds: frozenset[str] | None = None) -> Index:
    """An index whose rules are named like their queries."""
    rules = [Rule(name=q, tree=parse(q, LISTS), feeds=feeds) for q in queries]
    return Index(rules, LISTS)


def found(query: str | Node, read: Article) -> Match | None:
    tree = parse(query, LISTS) if isinstance(query, str) else query
    matches = Index([Rule(name="r", tree=tree)], LISTS).match(read)
    return matches[0] if matches else None


def meets(query: str, read: Article | str) -> bool:
    """Whether a rule meets an article, or a text that is its body."""
    return found(query, article(read) if isinstance(read, str) else read) is not None


def hits(query: str, read: Article) -> tuple[Hit, ...]:
    match = found(query, read)
    assert match is not None
    return match.hits


def forms(query: str, read: Article | str) -> Sequence[str]:
    """The forms in which a rule finds its terms; nothing if it does not match."""
    match = found(query, article(read) if isinstance(read, str) else read)
    return [hit.form for hit in match.hits] if match else []
