"""Read a rule: text to tree, errors with a place and a way out. Pure.

Both spellings become the tree of :mod:`monitor.rules.tree`. What is doubtful is
an error, never a rule that silently does nothing.
"""

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

from monitor.errors import RuleError
from monitor.rules.lexer import Token, problem, tokenize
from monitor.rules.parser import (
    Parser,
    check_positive,
    joined,
    list_name,
)
from monitor.rules.tree import (
    And,
    Everything,
    In,
    Near,
    Node,
    Not,
    Of,
    Or,
    Phrase,
    Site,
    Word,
)
from monitor.rules.wildcards import has_wildcard, wildcard
from monitor.text.words import tokens as words_of

_MAX_LENGTH = 20_000
_MOST_NEAR = 40


def parse(text: str, lists: Collection[str] = ()) -> Node:
    """Read one rule; ``lists`` are the names that ``@name`` may use.

    Raises:
        RuleError: The text is no rule; the error knows where and what to write.
    """
    if len(text) > _MAX_LENGTH:
        raise problem("E02", "the rule is too long", 0, 1, "put names into [lists]")
    if text.strip() == "*":
        return Everything()
    node = Parser(text, lists).rule()
    check_positive(node, text)
    return node


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """The simple spelling of a rule.

    ``near`` wants the ``all`` items within so many words; ``inside`` are the fields in
    which items are searched; ``at_least`` is how many of ``any`` must be there; ``about``
    holds what source, lang, tag, feed, author or url must be, one of several each.
    """

    all: Sequence[str] = ()
    any: Sequence[str] = ()
    none: Sequence[str] = ()
    at_least: int = 1
    near: int | None = None
    inside: Sequence[str] = ()
    about: Mapping[str, Sequence[str]] = field(default_factory=dict)


def parse_lists(rule: Lists, names: Collection[str] = ()) -> Node:
    """The tree of the simple spelling; ``names`` are the lists that there are.

    Raises:
        RuleError: An item is empty, names an unknown list, or more of ``any`` are
            wanted than there are.
    """
    needed = [item(text, names) for text in rule.all]
    if rule.near is not None and len(needed) > _MOST_NEAR:
        hint = f"write at most {_MOST_NEAR} items, or put names into [lists]"
        raise problem("E02", "too many items for near", 0, 1, hint)
    if rule.near is not None and len(needed) > 1:
        needed = [reduce(lambda one, two: Near(one, two, rule.near or 0), needed)]
    parts = [_inside(node, rule.inside) for node in needed]
    if rule.any:
        parts.append(_any(rule, names))
    parts += [
        joined(Or, [In(name, _value(name, text, names)) for text in texts])
        for name, texts in rule.about.items()
        if texts
    ]
    if not parts:
        raise problem("E06", "the rule is empty", 0, 1, 'write all = ["a word"]')
    parts += [Not(item(text, names)) for text in rule.none]
    return joined(And, parts)


def _any(rule: Lists, names: Collection[str]) -> Node:
    children = [_inside(item(text, names), rule.inside) for text in rule.any]
    if rule.at_least > len(children):
        message = f"at_least = {rule.at_least} of {len(children)} items"
        hint = f"write a number from 1 to {len(children)}"
        raise problem("E08", message, 0, 1, hint)
    if rule.at_least > 1:
        return Of(rule.at_least, tuple(children))
    return joined(Or, children)


def _inside(node: Node, fields: Sequence[str]) -> Node:
    return joined(Or, [In(name, node) for name in fields]) if fields else node


def _value(name: str, text: str, names: Collection[str]) -> Node:
    """What a field must be: a domain for source, a primary tag for lang, else words."""
    found = item(text, names)
    if not isinstance(found, Word):
        return found
    if name == "source" and "." in text.strip("."):
        return Site(found.text)
    if name == "lang" and not found.exact:
        return Word(found.text.partition("-")[0])
    return found


def item(text: str, lists: Collection[str] = ()) -> Node:
    """One item of a simple list: a word, a phrase, ``=exact`` or ``@list``.

    Raises:
        RuleError: It is empty, or names a list that is not there.
    """
    bare = text.strip()
    if bare.startswith("@"):
        return list_name(bare, 0, lists)
    exact = bare.startswith("=")
    bare = bare.removeprefix("=").strip()
    if not words_of(bare):
        raise problem("E06", "this item has no words", 0, len(text), "write a word")
    if has_wildcard(bare):
        return wildcard(Token("word", bare, 0, len(text)), exact=exact)
    return Word(bare, exact) if _is_word(bare) else Phrase(bare, exact)


def _is_word(text: str) -> bool:
    """Whether a query could hold the text without quotes, as AND and -x could not."""
    try:
        return [token.kind for token in tokenize(text)] == ["word"]
    except RuleError:
        return False


def caret(text: str, error: RuleError) -> str:
    """The rule with a line of carets under the mistake, in terminal columns."""
    line_start = text.rfind("\n", 0, error.start) + 1
    line = text[line_start:].partition("\n")[0].replace("\t", " ")
    before = _width(text[line_start : error.start])
    length = max(1, _width(text[error.start : min(error.end, line_start + len(line))]))
    return f"  {line}\n  {' ' * before}{'^' * length}"


def _width(text: str) -> int:
    return sum(map(_columns, text))


def _columns(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
