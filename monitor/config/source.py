"""Read TOML files with their includes, and remember where everything stands."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from monitor.config.mask import masked, opened
from monitor.errors import Problem
from monitor.text.toml import (
    Path as Place,
)
from monitor.text.toml import (
    Span,
    characters,
    line_column,
    locate,
    nearest,
)

_MAX_SYNTAX_ERRORS = 20
_DEEPEST = 12
_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)$")
_OPEN_QUOTE = 'Expected "\'"'
_TOO_DEEP = "is nested too deeply"
# What tomllib says, in the words of somebody who writes TOML.
_BETTER = {
    "Illegal character '\\n'": "this string is never closed",
    "Unterminated string": "this string is never closed",
    "Expected \"'": "this string is never closed",
    "Unclosed array": "this list is never closed",
    "Invalid value": "this is no value; texts stand in quotes",
    "Cannot overwrite a value": "this name is defined twice",
    "Cannot declare": "this table is defined twice",
}
# Tables whose entries have names of their own; the files' entries are put together.
_NAMED = ("feeds", "lists", "rules", "subscribers", "channels")


@dataclass(frozen=True, slots=True)
class File:
    """One file: its text and the place of every key and value in it."""

    path: Path
    shown: str
    text: str
    spans: Mapping[Place, Span]


@dataclass(slots=True)
class Source:
    """The merged tables of a configuration and its includes."""

    tables: dict[str, Any] = field(default_factory=dict)
    files: list[File] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    owners: dict[Place, File] = field(default_factory=dict)

    def file_of(self, place: Place) -> File:
        """The file in which a value stands."""
        found = (self.owners.get(place[:length]) for length in (2, 1))
        return next(filter(None, found), self.files[0])

    def folder_of(self, place: Place) -> Path:
        """The folder from which relative paths in a value count."""
        return self.file_of(place).path.parent

    def problem(
        self,
        place: Place,
        message: str,
        *,
        hint: str = "",
        at_key: bool = False,
        inside: tuple[int, int] | None = None,
    ) -> None:
        """Note a mistake at a value, or at its key; ``inside`` is a part of a string."""
        file = self.file_of(place)
        self.problems.append(
            _problem(file, place, message, hint=hint, at_key=at_key, inside=inside)
        )


def _problem(
    file: File,
    place: Place,
    message: str,
    *,
    hint: str,
    at_key: bool,
    inside: tuple[int, int] | None,
) -> Problem:
    span = file.spans[nearest(file.spans, place)]
    start, end = span.key if at_key else span.value
    raw = file.text[start:end]
    if inside and raw[:1] in ("'", '"'):
        offsets = [at for _, at in characters(raw)] or [0]
        first = offsets[min(inside[0], len(offsets) - 1)]
        last = offsets[min(inside[1], len(offsets)) - 1]
        start, end = start + first, start + last + 1
    return _at(file, start, end, message, hint)


def _at(file: File, start: int, end: int, message: str, hint: str) -> Problem:
    line, column = line_column(file.text, start)
    lines = file.text.split("\n")
    end_of_line = start + len(lines[line - 1]) - column + 1
    return Problem(
        message=message,
        file=file.shown,
        line=line,
        column=column,
        excerpt=masked(lines, line).expandtabs(1),
        width=max(1, min(end, end_of_line) - start),
        hint=hint,
    )


def read(path: Path) -> Source:
    """Read a file and what it includes; mistakes are in ``problems``."""
    source = Source()
    text = _content(source, path, str(path))
    if text is not None:
        _read(source, text, path)
    return source


def read_text(text: str, path: Path) -> Source:
    """The same for a text that was read already."""
    source = Source()
    try:
        text.encode()
    except UnicodeEncodeError as error:
        message = f"is no text at character {error.start}"
        source.problems.append(Problem(message=message, file=str(path)))
    else:
        _read(source, text, path)
    return source


def read_texts(texts: Sequence[tuple[str, str]]) -> Source:
    """The same for the texts of a main file and of what it included, with their paths."""
    source = Source()
    for path, text in texts:
        _add(source, text, Path(path), path)
    return source


def _content(source: Source, path: Path, shown: str) -> str | None:
    try:
        return path.read_text("utf-8-sig")
    except OSError as error:
        hint = "" if source.files else "Try: monitor init, or --config FILE"
        if isinstance(error, PermissionError):
            hint = (
                f"Try: chmod a+r {shown}, and write a secret that is in it as "
                '{ file = "PATH" }, { env = "NAME" } or { credential = "NAME" }'
            )
        message = f"cannot be read: {error.strerror}"
    except UnicodeDecodeError as error:
        hint = "Try: save it as UTF-8"
        message = f"is not UTF-8 at byte {error.start}"
    source.problems.append(Problem(message=message, file=shown, hint=hint))
    return None


def _read(source: Source, text: str, path: Path) -> None:
    file = _add(source, text, path, str(path))
    if file is None:
        return
    include = source.tables.get("include", [])
    patterns = include if isinstance(include, list) else [include]
    for pattern in patterns:
        if isinstance(pattern, str):
            _include(source, file, pattern)


def _add(source: Source, text: str, path: Path, shown: str) -> File | None:
    text = text.replace("\r\n", "\n")
    tables = _parsed(text, shown, source)
    if tables is None:
        return None
    file = File(path.resolve(), shown, text, locate(text))
    source.files.append(file)
    _merge(source, file, tables)
    return file


def _include(source: Source, file: File, pattern: str) -> None:
    folder = file.path.parent
    try:
        found = sorted(folder.glob(pattern)) if pattern[:1] != "/" else [Path(pattern)]
    # pathlib answers "." with an IndexError.
    except (ValueError, OSError, IndexError) as error:
        odd = isinstance(error, IndexError)
        why = f"no file name: {pattern}" if odd else str(error)
        source.problem(("include",), f"include: {why}")
        return
    if not found and "*" not in pattern:
        source.problem(("include",), f"include: there is no file {pattern}")
    for path in found:
        if path.resolve() in [known.path for known in source.files]:
            continue  # another pattern, or the file that includes
        inside = path.is_relative_to(folder)
        shown = Path(file.shown).parent / path.relative_to(folder) if inside else path
        text = _content(source, path, str(shown))
        if text is not None:
            _add(source, text, path, str(shown))


def _merge(source: Source, file: File, tables: Mapping[str, Any]) -> None:
    for section, value in tables.items():
        if section == "include" and len(source.files) > 1:
            message = "include: only the main file may include others"
            source.problems.append(
                _problem(file, ("include",), message, hint="", at_key=True, inside=None)
            )
            continue
        if section not in source.tables:
            source.tables[section] = dict(value) if isinstance(value, dict) else value
            source.owners[section,] = file
        elif isinstance(value, dict) and isinstance(source.tables[section], dict):
            _merge_section(source, file, section, value)
        else:
            _twice(source, file, (section,))
        for name in value if isinstance(value, dict) else ():
            source.owners.setdefault((section, name), file)


def _merge_section(
    source: Source, file: File, section: str, value: Mapping[str, Any]
) -> None:
    for name, inner in value.items():
        if name in source.tables[section]:
            _twice(source, file, (section, name))
        else:
            source.tables[section][name] = inner


def _twice(source: Source, file: File, place: Place) -> None:
    first = source.file_of(place)
    line, _ = line_column(first.text, first.spans[place].key[0])
    name = ".".join(map(str, place))
    message = f"{name} is defined twice (first in {first.shown}:{line})"
    hint = "Try: another name" if place[0] in _NAMED else "Try: remove one of them"
    source.problems.append(
        _problem(file, place, message, hint=hint, at_key=True, inside=None)
    )


def _parsed(text: str, shown: str, source: Source) -> dict[str, Any] | None:
    """The tables; a line with a syntax error is blanked to find the next one as well."""
    whole = text.split("\n")
    lines = whole[:]
    found: list[Problem] = []
    while len(found) < _MAX_SYNTAX_ERRORS:
        try:
            tables = tomllib.loads("\n".join(lines) + "\n")
        except (ValueError, RecursionError) as error:
            place = _place(str(error), lines)
            found.append(_syntax(error, place, whole, shown))
            if place is None:  # it is wrong up to the end
                break
            lines[place[0] - 1] = ""
        else:
            if not found and _is_deep(tables):
                found.append(Problem(message=_TOO_DEEP, file=shown))
            break
    source.problems += found
    return None if found else tables


def _place(text: str, lines: list[str]) -> tuple[int, int] | None:
    """Where a syntax error is; None if it is no line's."""
    if match := _PLACE.search(text):
        return int(match[1]), int(match[2])
    if not text.startswith(_OPEN_QUOTE):
        return None
    last = max(n for n, line in enumerate(lines, 1) if "'" in line)
    return last, lines[last - 1].rindex("'") + 1


def _syntax(
    error: Exception, place: tuple[int, int] | None, lines: list[str], shown: str
) -> Problem:
    if not isinstance(error, tomllib.TOMLDecodeError):
        deep = isinstance(error, RecursionError)
        message = _TOO_DEEP if deep else "holds a number with too many digits"
        return Problem(message=message, file=shown)
    line, column = place or (min(opened(lines, len(lines) + 1), len(lines)), 1)
    text = str(error).partition(" (at ")[0]
    better = (words for known, words in _BETTER.items() if text.startswith(known))
    return Problem(
        message=next(better, text),
        file=shown,
        line=line,
        column=column,
        excerpt=masked(lines, line, broken=True),
    )


def _is_deep(tables: dict[str, Any]) -> bool:
    level: list[Any] = [tables]
    for _ in range(_DEEPEST):
        level = [
            inner
            for value in level
            if isinstance(value, dict | list)
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
    return bool(level)
