"""The tree that both spellings of a rule become. Pure.

Printing a tree and parsing the text gives the same tree.
"""

import re
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Word:
    """One word; with ``exact`` only in the form as typed."""

    text: str
    exact: bool = False

    def __str__(self) -> str:
        return ("=" if self.exact else "") + self.text


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand next to each other, in this order."""

    text: str
    exact: bool = False

    def __str__(self) -> str:
        escaped = self.text.replace("\\", "\\\\").replace('"', '\\"')
        return ("=" if self.exact else "") + f'"{escaped}"'


@dataclass(frozen=True, slots=True)
class Wildcard:
    """A word with ``*`` for any letters and ``?`` for exactly one."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Regex:
    """A regular expression (RE2) over a field as it was given."""

    pattern: str
    any_case: bool = False

    def __str__(self) -> str:
        escaped = re.sub(r"(?<!\\)((?:\\\\)*)/", r"\1\\/", self.pattern)
        return f"/{escaped}/{'i' if self.any_case else ''}"


@dataclass(frozen=True, slots=True)
class Site:
    """A domain, matched by whole labels from the right."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class ListName:
    """Any item of a named list."""

    name: str

    def __str__(self) -> str:
        return f"@{self.name}"


@dataclass(frozen=True, slots=True)
class Everything:
    """Every article."""

    def __str__(self) -> str:
        return "*"


@dataclass(frozen=True, slots=True)
class In:
    """The same, searched in one field only."""

    field: str
    child: "Node"

    def __str__(self) -> str:
        return f"{self.field}:{_atom(self.child)}"


@dataclass(frozen=True, slots=True)
class Near:
    """Both stand in one field with at most so many words between them."""

    left: "Node"
    right: "Node"
    distance: int = 10
    ordered: bool = False

    def __str__(self) -> str:
        name = "ONEAR" if self.ordered else "NEAR"
        return f"{_left(self.left)} {name}/{self.distance} {_atom(self.right)}"


@dataclass(frozen=True, slots=True)
class Except:
    """Where the left stands, but not inside the right."""

    left: "Node"
    right: "Node"

    def __str__(self) -> str:
        return f"{_left(self.left)} EXCEPT {_atom(self.right)}"


@dataclass(frozen=True, slots=True)
class AtLeast:
    """The child stands in the text so many times."""

    count: int
    child: "Node"

    def __str__(self) -> str:
        return f"ATLEAST/{self.count} {_atom(self.child)}"


@dataclass(frozen=True, slots=True)
class Of:
    """So many different children are found."""

    count: int
    children: tuple["Node", ...]

    def __str__(self) -> str:
        return f"{self.count} OF ({', '.join(map(str, self.children))})"


@dataclass(frozen=True, slots=True)
class Not:
    """The whole article drops out when the child is found."""

    child: "Node"

    def __str__(self) -> str:
        return f"NOT {_grouped(self.child)}"


@dataclass(frozen=True, slots=True)
class And:
    """All children are found."""

    children: tuple["Node", ...]

    def __str__(self) -> str:
        return " AND ".join(map(_grouped, self.children))


@dataclass(frozen=True, slots=True)
class Or:
    """At least one child is found."""

    children: tuple["Node", ...]

    def __str__(self) -> str:
        return " OR ".join(map(_grouped, self.children))


Leaf = Word | Phrase | Wildcard
"""What is found by its words."""
Node = (
    Leaf
    | Regex
    | Site
    | ListName
    | Everything
    | In
    | Near
    | Except
    | AtLeast
    | Of
    | Not
    | And
    | Or
)


def _grouped(node: Node) -> str:
    return f"({node})" if isinstance(node, And | Or) else str(node)


def _atom(node: Node) -> str:
    """A node where the language wants one thing without an operator."""
    loose = isinstance(node, And | Or | Not | Near | Except)
    return f"({node})" if loose else str(node)


def _left(node: Node) -> str:
    """The left of NEAR and EXCEPT, which are read from left to right."""
    return str(node) if isinstance(node, Near | Except) else _atom(node)


def parts(node: Node) -> tuple[Node, ...]:
    """What a node is made of; nothing for a term."""
    match node:
        case And() | Or() | Of():
            return node.children
        case Near() | Except():
            return (node.left, node.right)
        case In() | Not() | AtLeast():
            return (node.child,)
        case _:
            return ()


def list_names(node: Node) -> list[str]:
    """The lists that a tree uses, as often as it does."""
    if isinstance(node, ListName):
        return [node.name]
    return [name for part in parts(node) for name in list_names(part)]


def with_parts(node: Node, inside: tuple[Node, ...]) -> Node:
    """The same made of other parts; as many as :func:`parts` gives."""
    match node:
        case And() | Or() | Of():
            return replace(node, children=inside)
        case Near() | Except():
            return replace(node, left=inside[0], right=inside[1])
        case In() | Not() | AtLeast():
            return replace(node, child=inside[0])
        case _:
            return node


def has_place(node: Node) -> bool:
    """Whether a node stands somewhere in the text, so that distances make sense."""
    match node:
        case Or():
            return all(map(has_place, node.children))
        case Word() | Phrase() | Wildcard() | Regex() | ListName() | Near() | Except():
            return True
        case _:
            return False


def is_positive(node: Node) -> bool:
    """Whether the tree asks for something to be there, in every OR branch."""
    match node:
        case Not():
            return False
        case And():
            return any(map(is_positive, node.children))
        case Or():
            return all(map(is_positive, node.children))
        case In() | AtLeast():
            return is_positive(node.child)
        case Of():
            positive = sum(map(is_positive, node.children))
            return positive > len(node.children) - node.count
        case _:
            return True
