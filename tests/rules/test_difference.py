from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.models import Article
from monitor.rules.index import Index, Rule
from monitor.rules.tree import (
    ListName,
    Node,
    Phrase,
    Regex,
    Wildcard,
    Word,
    parts,
)
from monitor.rules.vocabulary import ALL_FIELDS
from tests.rules.reference import places_of, verdict
from tests.rules.trees import ARTICLES, CHAINS, COUNTED, TREES
from tests.rules.trying import LISTS


def said(trees: list[Node], read: Article) -> list[str]:
    """What the index says about each tree, in the words of the reference."""
    rules = [Rule(name=str(n), tree=tree) for n, tree in enumerate(trees)]
    weak = {match.rule: match.weak for match in Index(rules, LISTS).match(read)}
    words = {True: "weak", False: "full", None: "none"}
    return [words[weak.get(rule.name)] for rule in rules]


def leaves(node: Node) -> list[Node]:
    inside = [leaf for part in parts(node) for leaf in leaves(part)]
    return [node] if isinstance(node, Word | Phrase | Wildcard) else inside or [node]


def named(leaf: Node) -> str:
    """How a hit names a term."""
    if isinstance(leaf, Word | Phrase | Wildcard):
        return leaf.text
    return str(leaf) if isinstance(leaf, Regex | ListName) else ""


@settings(max_examples=300, deadline=None)
@given(st.lists(TREES, min_size=1, max_size=4), ARTICLES)
def test_the_index_comes_to_the_obvious_verdict(
    trees: list[Node], read: Article
) -> None:
    verdicts = said(trees, read)

    assert verdicts == [verdict(tree, read, LISTS) for tree in trees]


@settings(max_examples=300, deadline=None)
@given(CHAINS | COUNTED, ARTICLES)
def test_a_chain_is_found_wherever_it_stands(tree: Node, read: Article) -> None:
    (found,) = said([tree], read)

    assert found == verdict(tree, read, LISTS)


@settings(max_examples=200, deadline=None)
@given(TREES | CHAINS, ARTICLES)
def test_every_hit_is_a_place_where_a_term_of_the_rule_stands(
    tree: Node, read: Article
) -> None:
    matches = Index([Rule(name="r", tree=tree)], LISTS).match(read)

    hits = [hit for match in matches for hit in match.hits]
    there = {
        (named(leaf), place.field, place.start, place.end)
        for leaf in leaves(tree)
        if named(leaf)
        for place in places_of(leaf, read, LISTS)
    }
    assert {(h.term, h.field, h.start, h.end) for h in hits} <= there


@settings(deadline=None)
@given(TREES | CHAINS, ARTICLES)
def test_every_hit_points_at_its_form_once(tree: Node, read: Article) -> None:
    matches = Index([Rule(name="r", tree=tree)], LISTS).match(read)

    seen = [hit for match in matches for hit in match.hits]
    texts = {hit: str(getattr(read, hit.field)) for hit in seen}
    assert all(hit.field in ALL_FIELDS for hit in seen)
    assert all(texts[hit][hit.start : hit.end] == hit.form for hit in seen)
    places = {(hit.term, hit.field, hit.start, hit.end) for hit in seen}
    assert len(places) == len(seen)
