r"""Regular expressions of users: RE2, so that no pattern can hang; Unicode throughout.

RE2's ``\w``, ``\d``, ``\s`` and ``\b`` know ASCII only, so they are rewritten, and a word
boundary at an end of the pattern is checked here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_CLASSES = {
    "w": r"\p{L}\p{M}\p{N}_",
    "d": r"\p{Nd}",
    "s": r"\s\p{Z}",
}
_PIECE = re.compile(
    r"\\(?P<escaped>.)|\[:\^?\w+:\]|(?P<open>\[\^?\]?)|(?P<close>\])|(?P<other>.)",
    re.DOTALL,
)
_END = re.compile(r"(?<!\\)(?:\\\\)*(\\b)$")
_NO_WORD = rf"(?:[^{_CLASSES['w']}]|$)"
_MOST = 200


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern, and whether a word must begin where it does."""

    compiled: Any
    starts_word: bool

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where it stands, in code points; at most 200 places, and none empty."""
        found = at = 0
        while found < _MOST and at <= len(text):
            match = self.compiled.search(text, at)
            if match is None:
                return
            start, end = match.span(1)
            at = max(end, start + 1)
            if start == end:
                continue
            if self.starts_word and _is_word(text, start - 1) == _is_word(text, start):
                at = start + 1
                continue
            yield start, end
            found += 1


def _is_word(text: str, at: int) -> bool:
    return 0 <= at < len(text) and (text[at].isalnum() or text[at] == "_")


def check_regex(pattern: str) -> str:
    """What is wrong with a pattern; "" if it can be used."""
    try:
        compile_regex(pattern, any_case=False)
    except ValueError as error:
        return str(error)
    return ""


@lru_cache(maxsize=10_000)
def compile_regex(pattern: str, *, any_case: bool) -> Pattern:
    r"""Compile a pattern.

    Raises:
        ValueError: RE2 cannot use it, or a ``\b`` inside it cannot be made Unicode.
    """
    import re2  # type: ignore[import-untyped]  # it has no types

    several = _has_alternatives(pattern)  # a border belongs to one of them
    starts = pattern.startswith(r"\b") and not several
    ends = _END.search(pattern) is not None and not several
    inner = pattern[2 * starts : len(pattern) - 2 * ends]
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = not any_case
    try:
        pattern = _unicode(inner)
        re2.compile(pattern, options)  # alone, for an error that speaks of it alone
        border = _NO_WORD if ends else ""
        compiled = re2.compile(f"({pattern}){border}", options)
    except re2.error as error:
        reason = error.args[0] if error.args else error
        text = reason.decode() if isinstance(reason, bytes) else str(reason)
        raise ValueError(text) from error
    return Pattern(compiled, starts_word=starts)


def _has_alternatives(pattern: str) -> bool:
    """Whether there is a ``|`` outside of all groups and classes."""
    depth, inside = 0, False
    for match in _PIECE.finditer(pattern):
        inside = (inside or bool(match["open"])) and not match["close"]
        if inside or match["other"] is None:
            continue
        depth += (match["other"] == "(") - (match["other"] == ")")
        if match["other"] == "|" and not depth:
            return True
    return False


def _unicode(pattern: str) -> str:
    r"""A pattern whose ``\w``, ``\d`` and ``\s`` mean those of all scripts.

    Raises:
        ValueError: An inner ``\b`` next to other letters than ASCII, or a negated
            class inside another.
    """
    pieces, inside = [], False
    for match in _PIECE.finditer(pattern):
        escaped = match["escaped"]
        if match["open"] and not inside:
            inside = True
        elif match["close"] and inside:
            inside = False
        if escaped == "b" and not inside and not pattern.isascii():
            raise ValueError(r"\b inside a pattern works beside ASCII letters only")
        pieces.append(_class(escaped, match[0], inside=inside))
    return "".join(pieces)


def _class(escaped: str | None, text: str, *, inside: bool) -> str:
    members = _CLASSES.get((escaped or "").lower())
    if members is None or escaped is None:
        return text
    if inside and escaped.isupper():
        raise ValueError(f"\\{escaped} inside [...] is not supported")
    if inside:
        return members
    return f"[^{members}]" if escaped.isupper() else f"[{members}]"
