"""The solved cases that the meaning of the language is measured on."""

import json
from pathlib import Path
from typing import Any

import pytest

from monitor.models import Article
from monitor.rules.index import Index, Rule
from monitor.rules.syntax import Lists, parse, parse_lists
from monitor.rules.tree import Node
from tests.rules.trying import article

FILE = Path(__file__).parents[3] / "shared" / "cases" / "rules.jsonl"
CASES: list[dict[str, Any]] = (
    [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]
    if FILE.exists()
    else []
)
ABOUT = {"source", "lang", "tag", "feed", "author", "url"}
SIMPLE = [case for case in CASES if case.get("simple")]

pytestmark = pytest.mark.skipif(
    not CASES, reason=f"the solved cases are not beside us ({FILE})"
)


def text_of(case: dict[str, Any]) -> Article:
    text = dict(case["text"])
    tags = tuple(text.pop("tags", ()))
    return article(language=text.pop("lang"), tags=tags, **text)


def lists_of(simple: dict[str, Any]) -> Lists:
    """The simple spelling, as a configuration would read it."""
    about = {
        name: [value] if isinstance(value, str) else value
        for name, value in simple.items()
        if name in ABOUT
    }
    rest = {name: value for name, value in simple.items() if name not in ABOUT}
    inside = rest.pop("in", ())
    return Lists(inside=inside, about=about, **rest)


def meets(tree: Node, case: dict[str, Any]) -> bool:
    index = Index([Rule(name="case", tree=tree)], case.get("lists", {}))
    return bool(index.match(text_of(case)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_a_solved_query_comes_out_right(case: dict[str, Any]) -> None:
    tree = parse(case["query"], case.get("lists", {}))

    assert meets(tree, case) is case["expected"], case["why"]


@pytest.mark.parametrize("case", SIMPLE, ids=lambda case: str(case["id"]))
def test_the_same_rule_as_lists_comes_out_right(case: dict[str, Any]) -> None:
    tree = parse_lists(lists_of(case["simple"]), case.get("lists", {}))

    assert meets(tree, case) is case["expected"], case["why"]
