"""Show lines of a configuration without the secrets in them. Pure.

It errs on the side of stars: a secret may stand under a mistyped key, in a string
over several lines, or without quotes.
"""

import re
from collections.abc import Sequence
from difflib import get_close_matches

_SECRET_KEY = re.compile(
    r"pass|pwd|secret|webhook|token|auth|key|cookie|headers", re.IGNORECASE
)
_SECRETS = ("password", "secret", "webhook", "token", "authorization", "headers")
_KEY = re.compile(r"""([\w."'-]+)\s*=""")
_WORD = re.compile(
    r"""(?P<quote>["'])(?P<text>.*?)(?P=quote)"""
    r"""|(?P<bare>[^\s={}\[\],"']+)(?!\s*=|[^\s={}\[\],"'])"""
)
_USER = re.compile(r"(?<=://)[^/\s\"'@]+(?=@)")
# Tables whose keys are names, or never hold a secret.
_OPEN_TABLE = re.compile(r"\s*\[+\s*(?:rules|lists|subscribers|articles|fetch)\b")
_FEEDS = re.compile(r"\s*\[\s*feeds\s*\]")


def masked(lines: Sequence[str], number: int) -> str:
    """Line ``number``, counted from 1: what may be a secret is starred, in its width."""
    line = _USER.sub(lambda m: "*" * len(m[0]), lines[number - 1])
    opened = _opened(lines, number)
    if not _is_secret(lines[:opened]):
        return line
    start = line.find("=") + 1 if opened == number else 0
    return line[:start] + _WORD.sub(_starred, line[start:])


def _opened(lines: Sequence[str], number: int) -> int:
    """The line on which the string began that line ``number`` goes on with."""
    before = "\n".join(lines[: number - 1])
    for quote in ('"""', "'''"):
        if before.count(quote) % 2:
            return before.count("\n", 0, before.rindex(quote)) + 1
    return number


def _is_secret(lines: Sequence[str]) -> bool:
    """Whether the last line holds a secret, by its key and its table."""
    above = list(reversed(lines))
    table = next((text for text in above if text.lstrip().startswith("[")), "")
    if _OPEN_TABLE.match(table):
        return False
    if re.search(r"\bheaders\b", table):
        return True
    keys = next((found for text in above if (found := _KEY.findall(text))), [])
    if _FEEDS.match(table):
        return any("headers" in key for key in keys)
    return any(_is_secret_key(key.strip("\"'").lower()) for key in keys)


def _is_secret_key(key: str) -> bool:
    return bool(_SECRET_KEY.search(key) or get_close_matches(key, _SECRETS, 1, 0.7))


def _starred(match: re.Match[str]) -> str:
    if match["bare"]:
        return "*" * len(match["bare"])
    quote = match["quote"]
    return quote + "*" * len(match["text"]) + quote
