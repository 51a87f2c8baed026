"""Check the rules and lists of a configuration; mistakes are noted at their places."""

from monitor.config.source import Source
from monitor.config.values import Root, RuleConfig
from monitor.errors import RuleError
from monitor.rules import syntax
from monitor.rules.syntax import Lists
from monitor.rules.tree import Node
from monitor.text.toml import Path as Place


def trees(source: Source, root: Root) -> dict[str, Node]:
    """The trees of the rules that can be read."""
    found = {}
    for name, rule in root.rules.items():
        if tree := _tree(source, name, rule, root):
            found[name] = tree
    for name, items in root.lists.items():
        _list(source, name, items)
    return found


def _tree(source: Source, name: str, rule: RuleConfig, root: Root) -> Node | None:
    simple = rule.lists != Lists()
    place: Place = ("rules", name)
    if rule.query and simple:
        message = f'rule "{name}": write either query or all/any/none, not both'
        source.problem(place, message, at_key=True)
        return None
    if simple or not rule.query:
        return _simple_tree(source, name, rule, root)
    try:
        return syntax.parse(rule.query, root.lists)
    except RuleError as error:
        if isinstance(source.tables["rules"][name], dict):
            place = (*place, "query")
        _rule_problem(source, place, name, error, (error.start, error.end))
        return None


def _simple_tree(
    source: Source, name: str, rule: RuleConfig, root: Root
) -> Node | None:
    if rule.lists == Lists():
        if _was_written(source, name):
            return None  # and was wrong, as has been said
        hint = "Try: query = 'Aleppo AND airstrike'"
        message = f'rule "{name}": the rule is empty'
        source.problem(("rules", name), message, hint=hint, at_key=True)
        return None
    good = True
    for key in ("all", "any", "none"):
        for number, text in enumerate(getattr(rule, key)):
            try:
                syntax.item(text, root.lists)
            except RuleError as error:
                good = False
                _rule_problem(source, ("rules", name, key, number), name, error, None)
    if not good:
        return None
    try:
        return syntax.parse_lists(rule.lists, root.lists)
    except RuleError as error:
        _rule_problem(source, ("rules", name), name, error, None)
        return None


def _was_written(source: Source, name: str) -> bool:
    table = source.tables["rules"][name]
    keys = ("query", "all", "any", "none")
    return bool(any(map(table.get, keys)) if isinstance(table, dict) else table)


def _rule_problem(
    source: Source,
    place: Place,
    name: str,
    error: RuleError,
    inside: tuple[int, int] | None,
) -> None:
    message = f'rule "{name}": {error.message}'
    source.problem(place, message, hint=error.hint, inside=inside)


def _list(source: Source, name: str, items: tuple[str, ...]) -> None:
    if not items:
        source.problem(("lists", name), f"lists.{name}: the list is empty")
    for number, text in enumerate(items):
        place = ("lists", name, number)
        if text.strip().startswith("@"):
            source.problem(place, f"lists.{name}: a list cannot hold another list")
            continue
        try:
            syntax.item(text)
        except RuleError as error:
            source.problem(place, f"lists.{name}: {error.message}", hint=error.hint)
