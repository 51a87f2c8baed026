"""Say where in a TOML text each key and value stands. Pure.

tomllib keeps no positions and tomlkit none either, and an error message without a
place is no help. The text must already have been read by tomllib, so it is known to
be valid; this scanner only has to find its way and builds no values.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_STRING = re.compile(
    r'"""(?:[^\\"]|\\.|"(?!""))*"{3,5}'
    r"|'''(?:[^']|'(?!''))*'{3,5}"
    r'|"(?:[^\\"\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_BARE = re.compile(r"[^\s.=\[\]{},#\"']+")
_SCALAR = re.compile(r"[^\s,\]}#]+(?: \d[^\s,\]}#]*)?")  # a date may hold one space
_ESCAPE = re.compile(
    r"\\(?:[ \t]*\r?\n[ \t\r\n]*|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)|.", re.DOTALL
)
_SIMPLE = {
    "b": "\b",
    "t": "\t",
    "n": "\n",
    "f": "\f",
    "r": "\r",
    '"': '"',
    "\\": "\\",
}

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """Where a key and its value stand; offsets. The value of a table is its header."""

    key: tuple[int, int]
    value: tuple[int, int]


@dataclass(slots=True)
class _Scanner:
    text: str
    spans: dict[Path, Span] = field(default_factory=dict)
    counts: dict[Path, int] = field(default_factory=dict)
    at: int = 0

    def run(self) -> dict[Path, Span]:
        base: Path = ()
        while self._skip(_BLANK) < len(self.text):
            if self.text[self.at] == "[":
                base = self._header()
            else:
                self._pair(base)
        return self.spans

    def _skip(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self.text, self.at)
        self.at = match.end() if match else self.at + 1
        return self.at

    def _header(self) -> Path:
        start, many = self.at, self.text.startswith("[[", self.at)
        self.at += 2 if many else 1
        path: Path = ()
        keys = list(self._keys())
        for name, key in keys[:-1]:
            path = (*path, name)
            self.spans.setdefault(path, Span(key, key))
            if path in self.counts:
                path = (*path, self.counts[path] - 1)
        name, key = keys[-1]
        path = (*path, name)
        if many:
            self.spans.setdefault(path, Span(key, key))
            number = self.counts.get(path, 0)
            self.counts[path] = number + 1
            path = (*path, number)
        self.spans[path] = Span(key, (start, key[1]))
        self.at += 2 if many else 1
        return path

    def _pair(self, base: Path) -> None:
        path = base
        key = (self.at, self.at)
        for name, key in self._keys():
            path = (*path, name)
            self.spans.setdefault(path, Span(key, key))
        self.at += 1  # the equals sign
        start = self._skip(_SPACE)
        self._value(path)
        self.spans[path] = Span(key, (start, self.at))

    def _keys(self) -> Iterator[tuple[str, tuple[int, int]]]:
        while True:
            start = self._skip(_SPACE)
            self._skip(_STRING if self.text[start] in "\"'" else _BARE)
            raw = self.text[start : self.at]
            yield unquoted(raw) if raw[0] in "\"'" else raw, (start, self.at)
            self._skip(_SPACE)
            if self.text[self.at : self.at + 1] != ".":
                return
            self.at += 1

    def _value(self, path: Path) -> None:
        match self.text[self.at]:
            case "[":
                self._items(path, "]")
            case "{":
                self._items(path, "}")
            case '"' | "'":
                self._skip(_STRING)
            case _:
                self._skip(_SCALAR)

    def _items(self, path: Path, close: str) -> None:
        self.at += 1
        number = 0
        while self.text[self._skip(_BLANK)] != close:
            if close == "}":
                self._pair(path)
            else:
                start = self.at
                self._value((*path, number))
                self.spans[*path, number] = Span((start, start), (start, self.at))
                number += 1
            if self.text[self._skip(_BLANK)] == ",":
                self.at += 1
        self.at += 1


def locate(text: str) -> dict[Path, Span]:
    """The place of every key and value of a TOML text that tomllib accepts."""
    return _Scanner(text).run()


def characters(raw: str) -> Iterator[tuple[str, int]]:
    """Each character of a quoted string with its offset in the quoted text."""
    quote = raw[:3] if raw[:3] in ('"""', "'''") else raw[0]
    start, stop = len(quote), len(raw) - len(quote)
    if len(quote) == 3 and raw[start : start + 1] == "\n":
        start += 1
    if raw[0] == "'":
        for at in range(start, stop):
            yield raw[at], at
        return
    for match in _ESCAPE.finditer(raw, start, stop):
        char = match[0]
        if len(char) == 1:
            yield char, match.start()
        elif char[1] in _SIMPLE and len(char) == 2:
            yield _SIMPLE[char[1]], match.start()
        elif char[1] in "uU":
            yield chr(int(char[2:], 16)), match.start()


def unquoted(raw: str) -> str:
    """The value of a quoted string."""
    return "".join(char for char, _ in characters(raw))


def line_column(text: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset, counted from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def nearest(spans: Mapping[Path, Span], wanted: Path) -> Path:
    """The longest path that stands in the text, for a path that may not.

    Parts that are not in the file are stepped over: the field of a short form, or
    the tags that a validator puts in.
    """
    path: Path = ()
    for part in wanted:
        if (*path, part) in spans:
            path = (*path, part)
    return path
