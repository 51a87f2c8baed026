"""The tree that both spellings of a rule become. Pure.

Printing a tree and parsing the text gives the same tree.
"""

from dataclasses import dataclass


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
        child = (
            f"({self.child})" if isinstance(self.child, Not) else _grouped(self.child)
        )
        return f"{self.field}:{child}"


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


Node = Word | Phrase | ListName | Everything | In | Not | And | Or
Leaf = Word | Phrase
"""What has a place in the text."""


def _grouped(node: Node) -> str:
    return f"({node})" if isinstance(node, And | Or) else str(node)


def is_positive(node: Node) -> bool:
    """Whether the tree asks for something to be there, in every OR branch."""
    match node:
        case Not():
            return False
        case And():
            return any(map(is_positive, node.children))
        case Or():
            return all(map(is_positive, node.children))
        case In():
            return is_positive(node.child)
        case _:
            return True
