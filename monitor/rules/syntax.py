"""Read a rule: text to tree, errors with a place and a way out. Pure.

A recursive descent over the tokens of :mod:`monitor.rules.lexer`. What is doubtful is
an error, never a rule that silently does nothing.
"""

import unicodedata
from collections.abc import Collection, Sequence
from difflib import get_close_matches

from monitor.errors import RuleError
from monitor.rules.lexer import Token, later, problem, tokenize
from monitor.rules.tree import (
    And,
    Everything,
    In,
    ListName,
    Node,
    Not,
    Or,
    Phrase,
    Word,
    is_positive,
)
from monitor.text.words import tokens as words_of

FIELDS = ("title", "summary", "body")
_LATER_FIELDS = ("text", "source", "feed", "tag", "author", "lang", "url", "origin")
_MAX_DEPTH = 50
_MAX_LENGTH = 20_000


def parse(text: str, lists: Collection[str] = ()) -> Node:
    """Read one rule; ``lists`` are the names that ``@name`` may use.

    Raises:
        RuleError: The text is no rule; the error knows where and what to write.
    """
    if len(text) > _MAX_LENGTH:
        raise problem("E02", "the rule is too long", 0, 1, "put names into [lists]")
    if text.strip() == "*":
        return Everything()
    return _read(text, lists, repair=True)


def _read(text: str, lists: Collection[str], *, repair: bool) -> Node:
    node = _Parser(text, lists, repair=repair).rule()
    _check_positive(node, text)
    return node


def parse_lists(
    *,
    all: Sequence[str] = (),  # noqa: A002 - the key that people write
    any: Sequence[str] = (),  # noqa: A002 - the key that people write
    none: Sequence[str] = (),
    lists: Collection[str] = (),
) -> Node:
    """The tree of the simple spelling: every ``all``, at least one ``any``, no ``none``.

    Raises:
        RuleError: An item is empty or names an unknown list.
    """
    parts: list[Node] = [item(text, lists) for text in all]
    if any:
        parts.append(_joined(Or, [item(text, lists) for text in any]))
    if not parts:
        raise problem("E06", "the rule is empty", 0, 1, 'write all = ["a word"]')
    parts += [Not(item(text, lists)) for text in none]
    return _joined(And, parts)


def item(text: str, lists: Collection[str] = ()) -> Node:
    """One item of a simple list: a word, a phrase, ``=exact`` or ``@list``.

    Raises:
        RuleError: It is empty, or names a list that is not there.
    """
    bare = text.strip()
    if bare.startswith("@"):
        return _list_name(bare, 0, lists)
    exact = bare.startswith("=")
    bare = bare.removeprefix("=").strip()
    if "*" in bare or "?" in bare:
        raise later("a wildcard", 0, len(text))
    if not words_of(bare):
        raise problem("E06", "this item has no words", 0, len(text), "write a word")
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


class _Parser:
    def __init__(self, text: str, lists: Collection[str], *, repair: bool) -> None:
        self._text = text
        self._end = Token("end", "", len(text), len(text) + 1)
        self._tokens = tokenize(text)
        self._lists = lists
        self._repair = repair
        self._at = 0
        self._depth = 0

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
        joined = ""
        while self._next.kind not in ("end", "close", "comma"):
            token = self._next
            kind = token.kind if token.kind in ("and", "or") else "and"
            if joined and kind != joined:
                raise self._mixed(token, children, joined)
            joined = kind
            if token.kind in ("and", "or"):
                self._take()
                self._expect_operand(token)
            children.append(self._unary())
        return _joined(Or if joined == "or" else And, children)

    def _expect_operand(self, operator: Token) -> None:
        if self._next.kind not in ("end", "close", "comma", "and", "or"):
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
            _read(text, self._lists, repair=False)
        except RuleError:
            return ""
        return f"'{text}'"

    def _mixed(self, token: Token, children: list[Node], joined: str) -> RuleError:
        """Show both groupings, because either may be meant."""
        left = _joined(Or if joined == "or" else And, children)
        other = "OR" if joined == "and" else "AND"
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
            return self._atom()
        self._take()
        if self._next.kind in ("end", "close", "and", "or", "comma"):
            hint = "write the word that must not be there"
            message = f"I expected a word after {token.text}"
            raise problem("E04", message, token.start, token.end, hint)
        with_depth = self._deeper(token)
        node = Not(self._unary())
        self._depth = with_depth
        return node

    def _deeper(self, token: Token) -> int:
        before = self._depth
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            hint = f"use at most {_MAX_DEPTH} levels, or put names into [lists]"
            raise problem("E02", "too deeply nested", token.start, token.end, hint)
        return before

    def _atom(self) -> Node:
        token = self._take()
        match token.kind:
            case "word":
                return Word(token.text)
            case "phrase":
                return self._checked_phrase(token, exact=False)
            case "list":
                return _list_name(token.text, token.start, self._lists)
            case "exact":
                return self._exact(token)
            case "field":
                return self._field(token)
            case "open":
                return self._group(token)
            case _:
                raise self._unexpected(token)

    def _unexpected(self, token: Token) -> RuleError:
        if token.kind in ("and", "or"):
            message = f"I expected a word before {token.text}"
            hint = self._without(token) or "write a word before it"
            return problem("E04", message, token.start, token.end, hint)
        hint = "remove it, or put it in quotes to search for it"
        return problem(
            "E04", f"I did not expect {token.text!r} here", token.start, token.end, hint
        )

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
        return Word(following.text, exact=True)

    def _field(self, token: Token) -> Node:
        name = token.text.removesuffix(":")
        if name in _LATER_FIELDS:
            raise later(token.text, token.start, token.end)
        if name not in FIELDS:
            raise self._unknown_field(token, name)
        if self._next.start != token.end or self._next.kind == "end":
            hint = f"write the word right behind the colon: {name}:Aleppo"
            message = f"{token.text} needs a word"
            raise problem("E06", message, token.start, token.end, hint)
        if self._next.kind == "field" and self._next.text != token.text:
            hint = f"write one of them: {token.text}word"
            message = "a field inside a field can never be found"
            raise problem("E05", message, token.start, self._next.end, hint)
        before = self._deeper(token)
        child = self._atom()
        self._depth = before
        return In(name, child)

    def _unknown_field(self, token: Token, name: str) -> RuleError:
        end = self._next.end if self._next.start == token.end else token.end
        whole = self._text[token.start : end]
        close = get_close_matches(name.lower(), (*FIELDS, *_LATER_FIELDS), 1)
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
            hint = "add ) at the end of the group"
            message = "this parenthesis is never closed"
            raise problem("E02", message, token.start, token.end, hint)
        self._take()
        return node


def _joined(kind: type[And] | type[Or], children: list[Node]) -> Node:
    """One child stands alone; groups of the same kind become one."""
    if len(children) == 1:
        return children[0]
    flat: list[Node] = []
    for child in children:
        flat += child.children if isinstance(child, kind) else (child,)
    return kind(tuple(flat))


def _list_name(text: str, start: int, lists: Collection[str]) -> ListName:
    name = text.removeprefix("@")
    if name in lists:
        return ListName(name)
    close = get_close_matches(name, lists, 1)
    hint = (
        f"did you mean @{close[0]} ?" if close else f"define it: [lists] {name} = [...]"
    )
    message = f"there is no list {text}"
    raise problem("E10", message, start, start + len(text), hint)


def _check_positive(node: Node, text: str) -> None:
    if is_positive(node):
        return
    hint = "say what the article must hold: word NOT other"
    message = "a part of the rule only says what must not be there"
    raise problem("E13", message, 0, len(text), hint)
