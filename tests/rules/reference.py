"""What a rule means, slow and obvious: the index must come to the same verdict."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from monitor.models import Article
from monitor.rules.syntax import item
from monitor.rules.tree import (
    And,
    AtLeast,
    Everything,
    Except,
    In,
    ListName,
    Near,
    Node,
    Not,
    Of,
    Or,
    Phrase,
    Regex,
    Site,
    Wildcard,
    Word,
)
from monitor.text.forms import rule_keys, text_keys
from monitor.text.words import Token, fold, may_join, spelled, tokens

Lists = Mapping[str, Sequence[str]]

MAIN = ["title", "summary", "body"]
SEARCHED = [*MAIN, "aside"]


class Found(NamedTuple):
    """A place in a field: word positions and offsets, the ends exclusive."""

    field: str
    first: int
    last: int
    start: int
    end: int


def verdict(tree: Node, article: Article, lists: Lists) -> str:
    """Whether an article meets a rule: "full", "weak" or "none"."""
    reader = _Reader(article, lists)
    if reader.meets(tree, MAIN):
        return "full"
    return "weak" if reader.meets(tree, SEARCHED) else "none"


def places_of(leaf: Node, article: Article, lists: Lists) -> set[Found]:
    """Everywhere a term stands in the text of an article."""
    return _Reader(article, lists).places(leaf, SEARCHED)


def _field(article: Article, name: str) -> str:
    match name:
        case "tag":
            return "\n".join(article.tags)
        case "lang":
            return article.language.split("-")[0]
        case "url":
            return article.final_url or article.url
        case _:
            return str(getattr(article, name))


class _Reader:
    """Reads one article as often as it is asked to."""

    def __init__(self, article: Article, lists: Lists) -> None:
        self.article = article
        self.lists = lists

    def meets(self, node: Node, fields: list[str]) -> bool:
        match node:
            case Everything():
                met = True
            case And():
                met = all(self.meets(child, fields) for child in node.children)
            case Or():
                met = any(self.meets(child, fields) for child in node.children)
            case Not():
                met = not self.meets(node.child, fields)
            case Of():
                met = sum(self.meets(c, fields) for c in node.children) >= node.count
            case AtLeast():
                met = len(self.places(node.child, fields)) >= node.count
            case In() | Site():
                met = self._meets_field(node, fields)
            case _:
                met = bool(self.places(node, fields))
        return met

    def _meets_field(self, node: In | Site, fields: list[str]) -> bool:
        if isinstance(node, Site):
            return any(
                _ends_with(host, node.text.lower()) for host in self._hosts(fields[0])
            )
        inside = [field for field in fields if field == node.field]
        if node.field == "text":
            inside = fields
        elif node.field not in MAIN:
            inside = [node.field]
        return self.meets(node.child, inside)

    def _hosts(self, field: str) -> list[str]:
        if field == "origin":
            return [self.article.origin]
        urls = self.article.url, self.article.final_url, self.article.canonical_url
        return [urlsplit(url).hostname or "" for url in urls]

    def places(self, node: Node, fields: list[str]) -> set[Found]:
        """Everywhere a node stands that has a place in the text."""
        match node:
            case Or():
                return {
                    p for child in node.children for p in self.places(child, fields)
                }
            case ListName():
                items = [item(text) for text in self.lists[node.name]]
                return {p for one in items for p in self.places(one, fields)}
            case Near():
                return {
                    _both(one, two)
                    for one in self.places(node.left, fields)
                    for two in self.places(node.right, fields)
                    if _are_near(one, two, node)
                }
            case Except():
                covers = self.places(node.right, fields)
                return {
                    place
                    for place in self.places(node.left, fields)
                    if not any(_covers(cover, place) for cover in covers)
                }
            case _:
                return {p for field in fields for p in self._in_field(node, field)}

    def _in_field(self, leaf: Node, field: str) -> Iterator[Found]:
        if field == "tag" and not isinstance(leaf, Regex):  # no phrase spans two
            text = "\n. qzqz. ".join(self.article.tags)
            yield from self._in_text(leaf, field, text)
            return
        yield from self._in_text(leaf, field, _field(self.article, field))

    def _in_text(self, leaf: Node, field: str, text: str) -> Iterator[Found]:
        words = tokens(text)
        if isinstance(leaf, Regex):
            flags = re.IGNORECASE if leaf.any_case else 0
            for match in re.finditer(leaf.pattern, text, flags):
                yield _at(field, words, *match.span())
            return
        assert isinstance(leaf, Word | Phrase | Wildcard)
        for row in _rows(leaf):
            for first in range(len(words)):
                for length in self._stands(row, words[first:], leaf):
                    last = first + length
                    start, end = words[first].start, words[last - 1].end
                    yield Found(field, first, last, start, end)

    def _stands(
        self, row: list[str], words: list[Token], leaf: Word | Phrase | Wildcard
    ) -> Iterator[int]:
        """How many words a row takes at the beginning of a text; two may be one."""
        if not row:
            yield 0
            return
        if words and self._same(row[0], words[0].surface, leaf):
            for length in self._stands(row[1:], words[1:], leaf):
                yield 1 + length
        if len(words) < 2 or isinstance(leaf, Wildcard):
            return
        first, second = words[:2]
        if not fold(row[0]).startswith(fold(first.surface)):
            return
        if may_join(first.surface, second.surface, second.gap) and self._same(
            row[0], first.surface + second.surface, leaf
        ):
            for length in self._stands(row[1:], words[2:], leaf):
                yield 2 + length

    def _same(self, typed: str, surface: str, leaf: Word | Phrase | Wildcard) -> bool:
        if isinstance(leaf, Wildcard):
            return _globs(fold(typed), fold(surface))
        if leaf.exact:
            return _as_typed(spelled(typed), spelled(surface))
        language = self.article.language
        keys = rule_keys(typed, language), text_keys(surface, language)
        return not set(keys[0]).isdisjoint(keys[1])


def _rows(leaf: Word | Phrase | Wildcard) -> Iterator[list[str]]:
    if isinstance(leaf, Wildcard):
        yield [leaf.text]
        return
    words = tokens(leaf.text)
    yield [word.surface for word in words]
    if len(words) == 2 and may_join(words[0].surface, words[1].surface, words[1].gap):
        yield [words[0].surface + words[1].surface]


def _globs(pattern: str, word: str) -> bool:
    if not pattern:
        return not word
    if pattern[0] == "*":
        return any(_globs(pattern[1:], word[n:]) for n in range(len(word) + 1))
    fits = bool(word) and pattern[0] in ("?", word[0])
    return fits and _globs(pattern[1:], word[1:])


def _as_typed(asked: str, there: str) -> bool:
    lower = "abcdefghijklmnopqrstuvwxyz"
    return len(asked) == len(there) and all(
        t == a or (a in lower and fold(t) == a)
        for a, t in zip(asked, there, strict=True)
    )


def _at(field: str, words: list[Token], start: int, end: int) -> Found:
    touched = [n for n, w in enumerate(words) if w.start < end and w.end > start]
    before = sum(word.end <= start for word in words)
    first, last = (touched[0], touched[-1] + 1) if touched else (before, before)
    return Found(field, first, last, start, end)


def _are_near(one: Found, two: Found, node: Near) -> bool:
    if one.field != two.field:
        return False
    gaps = [two.first - one.last]
    if not node.ordered:
        gaps.append(one.first - two.last)
    return any(0 <= gap <= node.distance for gap in gaps)


def _both(one: Found, two: Found) -> Found:
    return Found(
        one.field,
        min(one.first, two.first),
        max(one.last, two.last),
        min(one.start, two.start),
        max(one.end, two.end),
    )


def _covers(cover: Found, place: Found) -> bool:
    same = cover.field == place.field
    return same and cover.start <= place.start and place.end <= cover.end


def _ends_with(host: str, wanted: str) -> bool:
    labels, asked = host.split("."), wanted.split(".")
    return labels[-len(asked) :] == asked
