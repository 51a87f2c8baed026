"""Cut a rule into tokens, and refuse what only looks like the language. Pure."""

import re
from dataclasses import dataclass

from monitor.errors import RuleError
from monitor.text.words import tokens as words_of

_LATER_OPERATORS = re.compile(r"(?:NEAR|ONEAR|ATLEAST)(?:/\w*)?|EXCEPT|OF")
_QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»"}
_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<open>\()|(?P<close>\))|(?P<comma>,)"
    r"|(?P<field>[A-Za-z]\w*:(?!//))"
    r"|(?P<exact>=)|(?P<quote>[\"“„«])|(?P<minus>-(?=\S))"
    r"|(?P<word>[^\s\"“”„«»(),]+)"
)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a rule with its place.

    ``kind`` is word, phrase, list, field, and, or, not, open, close, comma, exact, end.
    """

    kind: str
    text: str
    start: int
    end: int


def problem(code: str, message: str, start: int, end: int, hint: str) -> RuleError:
    """An error at a place, with the way out."""
    return RuleError(code, message, start=start, end=end, hint=f"Try: {hint}")


def later(what: str, start: int, end: int) -> RuleError:
    """An error for what the language will have and has not yet."""
    hint = "write words, phrases, AND, OR, NOT, @lists, title: summary: body:"
    return problem("E00", f"{what} is not supported yet", start, end, hint)


def tokenize(text: str) -> list[Token]:
    """The tokens of a rule, without white space.

    Raises:
        RuleError: A quote without its other half, or what is no operator here.
    """
    found = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:  # a closing quote that nothing opened
            raise problem("E02", "this quote was never opened", at, at + 1, "remove it")
        kind = str(match.lastgroup)
        token = Token(kind, match[0], at, match.end())
        if kind == "quote":
            token = _phrase(text, at)
        elif kind == "word":
            token = _word(token)
        elif kind == "minus":
            token = Token("not", "-", at, match.end())
        if kind != "space":
            found.append(token)
        at = token.end
    return found


def _phrase(text: str, at: int) -> Token:
    close = _QUOTES[text[at]]
    end = at + 1
    inside = []
    while end < len(text) and text[end] != close:
        if text[end] == "\\" and text[end + 1 : end + 2] in (close, "\\"):
            end += 1
        inside.append(text[end])
        end += 1
    if end >= len(text):
        raise problem(
            "E02", "this quote is never closed", at, at + 1, f"add {close} at the end"
        )
    return Token("phrase", "".join(inside), at, end + 1)


def _word(token: Token) -> Token:
    text = token.text
    if text in ("AND", "OR", "NOT"):
        return Token(text.lower(), text, token.start, token.end)
    _refuse_lookalikes(token)
    _refuse_later(token)
    if text.startswith("@"):
        return Token("list", text, token.start, token.end)
    if not words_of(text):
        hint = "leave it out, or put words beside it in quotes"
        raise problem("E06", f"{text!r} has no words", token.start, token.end, hint)
    return token


def _refuse_lookalikes(token: Token) -> None:
    text = token.text
    if text in ("and", "or", "not", "near"):
        hint = f'write {text.upper()} in capitals, or "{text}" in quotes to search for the word'
        raise problem(
            "E03", f'"{text}" is not an operator', token.start, token.end, hint
        )
    if text in ("&&", "||", "&", "|"):
        word = "AND" if "&" in text else "OR"
        hint = f"write {word} in capitals"
        raise problem(
            "E03", f"{text!r} is not an operator", token.start, token.end, hint
        )
    if text.startswith("+"):
        hint = f"all words are needed anyway: write {text.lstrip('+') or 'the word'}"
        end = token.start + 1
        raise problem("E03", "'+' is not an operator", token.start, end, hint)
    if text == "-":
        hint = "write a word right behind the minus, or leave it out"
        raise problem("E04", "I expected a word after -", token.start, token.end, hint)


def _refuse_later(token: Token) -> None:
    text = token.text
    if _LATER_OPERATORS.fullmatch(text):
        raise later(text.partition("/")[0], token.start, token.end)
    if text.startswith("/"):
        raise later("a regular expression", token.start, token.end)
    if "*" in text or "?" in text:
        raise later("a wildcard", token.start, token.end)
