"""Read TOML files with their includes, and remember where everything stands."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from monitor.config.mask import masked
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

    def file_of(self, place: Place) -> File | None:
        """The file in which a value stands."""
        for length in (2, 1):
            if found := self.owners.get(place[:length]):
                return found
        return self.files[0] if self.files else None

    def folder_of(self, place: Place) -> Path:
        """The folder from which relative paths in a value count."""
        file = self.file_of(place)
        return file.path.parent if file else Path()

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
        if file is None:
            self.problems.append(Problem(message=message, hint=hint))
            return
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
    span = file.spans.get(nearest(dict(file.spans), place))
    if span is None:
        return Problem(message=message, file=file.shown, line=1, column=1, hint=hint)
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
    _read(source, text, path)
    return source


def _content(source: Source, path: Path, shown: str) -> str | None:
    try:
        return path.read_text("utf-8-sig")
    except OSError as error:
        hint = "" if source.files else "Try: monitor init, or --config FILE"
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
    except (ValueError, OSError) as error:
        source.problem(("include",), f"include: {error}")
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
    where = ""
    if first and (span := first.spans.get(place)):
        where = f" (first in {first.shown}:{line_column(first.text, span.key[0])[0]})"
    name = ".".join(map(str, place))
    message = f"{name} is defined twice{where}"
    hint = "Try: another name" if place[0] in _NAMED else "Try: remove one of them"
    source.problems.append(
        _problem(file, place, message, hint=hint, at_key=True, inside=None)
    )


def _parsed(text: str, shown: str, source: Source) -> dict[str, Any] | None:
    """The tables; a line with a syntax error is blanked to find the next one as well."""
    lines = text.split("\n")
    found: list[Problem] = []
    while len(found) < _MAX_SYNTAX_ERRORS:
        try:
            tables = tomllib.loads("\n".join(lines))
        except (ValueError, RecursionError) as error:
            problem = _syntax(error, lines, shown)
            found.append(problem)
            if not problem.excerpt.strip():
                break
            lines[problem.line - 1] = ""
        else:
            if not found and _is_deep(tables):
                found.append(Problem(message="is nested too deeply", file=shown))
            break
    source.problems += found
    return None if found else tables


def _syntax(error: Exception, lines: list[str], shown: str) -> Problem:
    match = re.search(r"^(.*) \(at line (\d+), column (\d+)\)$", str(error))
    if match is not None:
        message, line, column = match[1], int(match[2]), int(match[3])
    elif isinstance(error, tomllib.TOMLDecodeError):  # at the end of the document
        message, line, column = str(error).partition(" (")[0], len(lines), 1
    else:  # too many brackets, or digits
        return Problem(message=f"cannot be read: {error}", file=shown)
    return Problem(
        message=message,
        file=shown,
        line=line,
        column=column,
        excerpt=masked(lines, line),
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
