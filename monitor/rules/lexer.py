"""Cut a rule into tokens, and refuse what only looks like the language. Pure."""

import re
from dataclasses import dataclass

from monitor.errors import RuleError
from monitor.text.words import tokens as words_of

_NUMBERED = re.compile(r"(NEAR|ONEAR|ATLEAST)(?:/(.*))?", re.DOTALL)
_MOST = 99
_QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»"}
_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<open>\()|(?P<close>\))|(?P<comma>,)"
    r"|(?P<field>[A-Za-z]\w*:(?!//))"
    r"|(?P<exact>=)|(?P<quote>[\"“„«])|(?P<minus>-(?=\S))|(?P<slash>/)"
    r"|(?P<word>[^\s\"“”„«»(),]+)"
)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a rule with its place.

    ``kind`` is word, phrase, regex, list, field, and, or, not, near, onear, except,
    atleast, of, open, close, comma, exact, end. ``number`` is that of NEAR/5 and
    its like.
    """

    kind: str
    text: str
    start: int
    end: int
    number: int | None = None


def problem(code: str, message: str, start: int, end: int, hint: str) -> RuleError:
    """An error at a place, with the way out."""
    return RuleError(code, message, start=start, end=end, hint=f"Try: {hint}")


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
        elif kind == "slash":
            token = _regex(text, at)
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


def _regex(text: str, at: int) -> Token:
    """A pattern between slashes; ``text`` of the token is what stands between them."""
    end = at + 1
    while end < len(text) and text[end] != "/":
        end += 2 if text[end] == "\\" else 1
    if end >= len(text):
        hint = "add / at the end, or write the words without slashes"
        message = "this regular expression is never closed"
        raise problem("E02", message, at, at + 1, hint)
    pattern = text[at + 1 : end].replace("\\/", "/")
    if not pattern:
        hint = "write a pattern between the slashes: /CVE-\\d+/"
        message = "this regular expression is empty"
        raise problem("E06", message, at, end + 1, hint)
    behind = re.match(r"[^\s(),]*", text[end + 1 :])
    flags = behind[0] if behind else ""
    if flags not in ("", "i"):
        hint = "only i may stand right behind a pattern; put other text in quotes"
        message = f"{flags!r} behind a regular expression"
        raise problem("E09", message, end + 1, end + 1 + len(flags), hint)
    any_case = flags == "i"
    return Token("regex", pattern, at, end + 1 + any_case, number=int(any_case))


def _word(token: Token) -> Token:
    text = token.text
    if text in ("AND", "OR", "NOT", "EXCEPT", "OF"):
        return Token(text.lower(), text, token.start, token.end)
    if numbered := _NUMBERED.fullmatch(text):
        return _operator(token, numbered)
    _refuse_lookalikes(token)
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


def _operator(token: Token, numbered: re.Match[str]) -> Token:
    """NEAR, ONEAR or ATLEAST with its number."""
    name, number = numbered.groups()
    least = 1 if name == "ATLEAST" else 0
    if number is None and name != "ATLEAST":
        return Token(name.lower(), token.text, token.start, token.end)
    if number is None or not re.fullmatch(r"[0-9]{1,2}", number) or int(number) < least:
        hint = f"write {name}/{max(least, 5)} with a number from {least} to {_MOST}"
        message = f"{name} needs a number"
        raise problem("E08", message, token.start, token.end, hint)
    kind = name.lower()
    return Token(kind, token.text, token.start, token.end, number=int(number))
