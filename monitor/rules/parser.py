"""The parser of the rule language: tokens to tree, by recursive descent. Pure."""

from collections.abc import Callable, Collection
from difflib import get_close_matches

from monitor.errors import RuleError
from monitor.rules.lexer import Token, problem, tokenize
from monitor.rules.regex import check_regex
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
    Regex,
    Site,
    Word,
    has_place,
    is_positive,
)
from monitor.rules.wildcards import has_wildcard, wildcard
from monitor.text.words import tokens as words_of

TEXT_FIELDS = ("title", "summary", "body", "text")
META_FIELDS = ("source", "feed", "tag", "author", "lang", "url", "origin")
FIELDS = (*TEXT_FIELDS, *META_FIELDS)
_SITES = ("source", "origin")
_DISTANCE = 10
_STOPS = ("end", "close", "comma")
_JOINS = ("near", "onear", "except")
_MAX_DEPTH = 50


class Parser:
    """Reads the tokens of one rule, once."""

    def __init__(
        self, text: str, lists: Collection[str], *, repair: bool = True
    ) -> None:
        self._text = text
        self._end = Token("end", "", len(text), len(text) + 1)
        self._tokens = tokenize(text)
        self._lists = lists
        self._repair = repair
        self._at = 0
        self._depth = 0
        self._field_now = ""

    @property
    def _next(self) -> Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else self._end

    def _take(self) -> Token:
        token = self._next
        self._at += 1
        return token

    def rule(self) -> Node:
        if not self._tokens:
            raise problem(
                "E06", "the rule is empty", 0, 1, "write a word, or * for all"
            )
        node = self._expression()
        if self._next.kind == "close":
            hint = "remove it, or open it earlier"
            message = "this parenthesis was never opened"
            raise problem("E04", message, self._next.start, self._next.end, hint)
        if self._next.kind != "end":
            raise self._unexpected(self._next)
        return node

    def _expression(self) -> Node:
        children = [self._unary()]
        joiner = ""
        while self._next.kind not in _STOPS:
            token = self._next
            kind = token.kind if token.kind in ("and", "or") else "and"
            if joiner and kind != joiner:
                raise self._mixed(token, children, joiner)
            joiner = kind
            if token.kind in ("and", "or"):
                self._take()
                self._expect_operand(token)
            children.append(self._unary())
        return joined(Or if joiner == "or" else And, children)

    def _expect_operand(self, operator: Token) -> None:
        if self._next.kind not in (*_STOPS, "and", "or", *_JOINS, "of"):
            return
        message = f"I expected a word after {operator.text}"
        token = operator if self._next.kind in ("end", "close") else self._next
        hint = self._without(token) or "write a word, or leave the operator out"
        raise problem("E04", message, token.start, token.end, hint)

    def _without(self, token: Token) -> str:
        """The rule without one token, offered only if it can be read then."""
        if not self._repair:  # a repair is not repaired in turn
            return ""
        text = " ".join((self._text[: token.start] + self._text[token.end :]).split())
        try:
            check_positive(Parser(text, self._lists, repair=False).rule(), text)
        except RuleError:
            return ""
        return f"'{text}'"

    def _mixed(self, token: Token, children: list[Node], joiner: str) -> RuleError:
        """Show both groupings, because either may be meant."""
        left = joined(Or if joiner == "or" else And, children)
        other = "OR" if joiner == "and" else "AND"
        hint = f"write ({left}) {other} ... or group the other way"
        if token.kind not in ("and", "or"):
            hint = f"a space means AND: {hint}"
        return problem(
            "E07",
            "AND and OR are mixed without parentheses",
            token.start,
            token.end,
            hint,
        )

    def _unary(self) -> Node:
        token = self._next
        if token.kind != "not":
            return self._near()
        self._take()
        if self._next.kind in (*_STOPS, "and", "or", *_JOINS, "of"):
            hint = "write the word that must not be there"
            message = f"I expected a word after {token.text}"
            raise problem("E04", message, token.start, token.end, hint)
        with_depth = self._deeper(token)
        node = Not(self._unary())
        self._depth = with_depth
        return node

    def _near(self) -> Node:
        """NEAR and EXCEPT bind tighter than AND, from left to right."""
        start, before = self._next, self._depth
        node = self._atom()
        while self._next.kind in _JOINS:
            operator = self._take()
            self._deeper(operator)  # a long row is a deep tree
            self._expect_operand(operator)
            if not has_place(node):
                raise self._placeless(start, operator)
            following = self._next
            right = self._atom()
            if not has_place(right):
                raise self._placeless(following, operator)
            if operator.kind == "except":
                node = Except(node, right)
            else:
                distance = _DISTANCE if operator.number is None else operator.number
                node = Near(node, right, distance, ordered=operator.kind == "onear")
        self._depth = before
        return node

    def _placeless(self, token: Token, operator: Token) -> RuleError:
        end = self._tokens[self._at - 1].end
        if token.start < operator.start:
            end = operator.start
        name = operator.text.partition("/")[0]
        hint = "use words, phrases, lists or (this OR that) there, and AND outside"
        sides = "" if operator.kind == "atleast" else " on both sides"
        message = f"{name} needs what has a place in the text{sides}"
        return problem("E12", message, token.start, end, hint)

    def _deeper(self, token: Token) -> int:
        before = self._depth
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            hint = f"use at most {_MAX_DEPTH} levels, or put names into [lists]"
            raise problem("E02", "too deeply nested", token.start, token.end, hint)
        return before

    def _atom(self) -> Node:
        token = self._take()
        if token.kind == "word" and token.text.isdecimal() and self._next.kind == "of":
            return self._of(token)
        read = _READERS.get(token.kind)
        if read is None:
            raise self._unexpected(token)
        return read(self, token)

    def _phrase(self, token: Token) -> Node:
        return self._checked_phrase(token, exact=False)

    def _list(self, token: Token) -> Node:
        return list_name(token.text, token.start, self._lists)

    def _unexpected(self, token: Token) -> RuleError:
        if token.kind in ("and", "or", "of", *_JOINS):
            message = f"I expected a word before {token.text}"
            hint = self._without(token) or "write a word before it"
            return problem("E04", message, token.start, token.end, hint)
        hint = "remove it, or put it in quotes to search for it"
        return problem(
            "E04", f"I did not expect {token.text!r} here", token.start, token.end, hint
        )

    def _word(self, token: Token) -> Node:
        if has_wildcard(token.text):
            return wildcard(token, exact=False)
        if self._field_now in _SITES and "." in token.text.strip("."):
            return Site(token.text)
        if self._field_now == "lang":
            return Word(token.text.partition("-")[0])
        return Word(token.text)

    def _regex(self, token: Token) -> Node:
        trouble = check_regex(token.text)
        if trouble:
            message = f"this regular expression cannot be used: {trouble}"
            hint = "use RE2 syntax: no look-around, no back-references"
            raise problem("E09", message, token.start, token.end, hint)
        return Regex(token.text, any_case=bool(token.number))

    def _at_least(self, token: Token) -> Node:
        self._expect_operand(token)
        following = self._next
        before = self._deeper(token)
        child = self._atom()
        self._depth = before
        if not has_place(child):
            raise self._placeless(following, token)
        return AtLeast(token.number or 1, child)

    def _of(self, token: Token) -> Node:
        """``2 OF (a, b, c)``."""
        operator = self._take()
        if self._next.kind != "open":
            hint = f"write {token.text} OF (one, two, three)"
            message = "OF needs a list in parentheses"
            raise problem("E08", message, operator.start, operator.end, hint)
        opening = self._take()
        before = self._deeper(token)
        children = [self._member(opening)]
        while self._next.kind == "comma":
            self._take()
            children.append(self._member(opening))
        self._depth = before
        if self._next.kind != "close":
            raise self._unclosed(opening)
        closing = self._take()
        count = int(token.text) if len(token.text) < 4 else 0
        if not 1 <= count <= len(children):
            hint = f"write a number from 1 to {len(children)}"
            message = f"{token.text} OF a list of {len(children)}"
            raise problem("E08", message, token.start, closing.end, hint)
        return Of(count, tuple(children))

    def _member(self, opening: Token) -> Node:
        if self._next.kind == "end":
            raise self._unclosed(opening)
        return self._expression()

    def _unclosed(self, opening: Token) -> RuleError:
        message = "this parenthesis is never closed"
        hint = "add ) at the end of the group"
        return problem("E02", message, opening.start, opening.end, hint)

    def _checked_phrase(self, token: Token, *, exact: bool) -> Phrase:
        if not words_of(token.text):
            hint = "write words between the quotes, or leave them out"
            message = "this phrase is empty"
            raise problem("E06", message, token.start, token.end, hint)
        return Phrase(token.text, exact)

    def _exact(self, token: Token) -> Node:
        following = self._next
        if following.start != token.end or following.kind not in ("word", "phrase"):
            hint = "write =Word without a space"
            message = "I expected a word right after ="
            raise problem("E06", message, token.start, token.end, hint)
        self._take()
        if following.kind == "phrase":
            return self._checked_phrase(following, exact=True)
        if has_wildcard(following.text):
            return wildcard(following, exact=True)
        return Word(following.text, exact=True)

    def _field(self, token: Token) -> Node:
        name = token.text.removesuffix(":")
        if name not in FIELDS:
            raise self._unknown_field(token, name)
        if self._next.start != token.end or self._next.kind == "end":
            hint = f"write the word right behind the colon: {name}:Aleppo"
            message = f"{token.text} needs a word"
            raise problem("E06", message, token.start, token.end, hint)
        if self._field_now and self._field_now != name:
            hint = f"write one of them: {token.text}word"
            message = "a field inside a field can never be found"
            raise problem("E05", message, token.start, self._next.end, hint)
        before, outside = self._deeper(token), self._field_now
        self._field_now = name
        child = self._atom()
        self._depth, self._field_now = before, outside
        return In(name, child)

    def _unknown_field(self, token: Token, name: str) -> RuleError:
        joined_to = self._next.kind in ("word", "phrase")
        end = token.end
        if joined_to and self._next.start == token.end:
            end = self._next.end
        whole = self._text[token.start : end]
        close = get_close_matches(name.lower(), FIELDS, 1)
        offer = f"did you mean {close[0]}: ? " if close else ""
        quoted = f"put them in quotes: {Phrase(whole)}"
        hint = f"{offer}To search for the characters themselves, {quoted}"
        message = f'unknown field "{token.text}"'
        return problem("E05", message, token.start, token.end, hint)

    def _group(self, token: Token) -> Node:
        if self._next.kind == "close":
            hint = "write a word between the parentheses"
            message = "nothing stands between the parentheses"
            raise problem("E06", message, token.start, self._next.end, hint)
        before = self._deeper(token)
        node = None if self._next.kind == "end" else self._expression()
        self._depth = before
        if self._next.kind == "comma":
            raise self._unexpected(self._next)
        if node is None or self._next.kind == "end":
            raise self._unclosed(token)
        self._take()
        return node


_READERS: dict[str, Callable[[Parser, Token], Node]] = {
    "word": Parser._word,
    "phrase": Parser._phrase,
    "regex": Parser._regex,
    "list": Parser._list,
    "exact": Parser._exact,
    "field": Parser._field,
    "open": Parser._group,
    "atleast": Parser._at_least,
}


def joined(kind: type[And] | type[Or], children: list[Node]) -> Node:
    """One child stands alone; groups of the same kind become one."""
    if len(children) == 1:
        return children[0]
    flat: list[Node] = []
    for child in children:
        flat += child.children if isinstance(child, kind) else (child,)
    return kind(tuple(flat))


def list_name(text: str, start: int, lists: Collection[str]) -> ListName:
    name = text.removeprefix("@")
    if name in lists:
        return ListName(name)
    close = get_close_matches(name, lists, 1)
    hint = (
        f"did you mean @{close[0]} ?" if close else f"define it: [lists] {name} = [...]"
    )
    message = f"there is no list {text}"
    raise problem("E10", message, start, start + len(text), hint)


def check_positive(node: Node, text: str) -> None:
    """Refuse a rule that nothing could be looked up for.

    Raises:
        RuleError: A part of it says only what must not be there.
    """
    if is_positive(node):
        return
    hint = "say what the article must hold: word NOT other"
    message = "a part of the rule only says what must not be there"
    raise problem("E13", message, 0, len(text), hint)
