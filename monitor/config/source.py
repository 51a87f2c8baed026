"""Read TOML files with their includes, and remember where everything stands."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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


_SECRET_LINE = re.compile(
    r"password|secret|webhook|token|authorization|headers", re.IGNORECASE
)


def _masked(line: str) -> str:
    """A line for people to see: what may be a secret is starred, in the same width."""
    if not _SECRET_LINE.search(line):
        return line
    return re.sub(r"""(["'])(.*?)\1""", lambda m: m[1] + "*" * len(m[2]) + m[1], line)


def _at(file: File, start: int, end: int, message: str, hint: str) -> Problem:
    line, column = line_column(file.text, start)
    whole = file.text.splitlines()[line - 1] if file.text else ""
    end_of_line = start + len(whole) - column + 1
    return Problem(
        message=message,
        file=file.shown,
        line=line,
        column=column,
        excerpt=_masked(whole.expandtabs(1)),
        width=max(1, min(end, end_of_line) - start),
        hint=hint,
    )


def read(path: Path) -> Source:
    """Read a file and what it includes; mistakes are in ``problems``."""
    source = Source()
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        hint = "Try: monitor init, or --config FILE"
        message = f"cannot be read: {error.strerror}"
        source.problems.append(Problem(message=message, file=str(path), hint=hint))
        return source
    except UnicodeDecodeError as error:
        message = f"is not UTF-8 at byte {error.start}"
        source.problems.append(Problem(message=message, file=str(path)))
        return source
    return read_text(text, path, source)


def read_text(text: str, path: Path, source: Source | None = None) -> Source:
    """The same for a text that was read already."""
    source = source or Source()
    tables = _parsed(text, path, source)
    if tables is None:
        return source
    file = File(path.resolve(), str(path), text, locate(text))
    source.files.append(file)
    _merge(source, file, tables)
    include = tables.get("include", []) if len(source.files) == 1 else []
    patterns = [include] if isinstance(include, str) else include
    for pattern in patterns if isinstance(patterns, list) else []:
        _include(source, file, str(pattern))
    return source


def _include(source: Source, file: File, pattern: str) -> None:
    folder = file.path.parent
    found = (
        sorted(folder.glob(pattern))
        if not Path(pattern).is_absolute()
        else [Path(pattern)]
    )
    if not found and "*" not in pattern:
        source.problem(("include",), f"include: there is no file {pattern}")
    for path in found:
        inner = read(path)
        source.problems += inner.problems
        for other in inner.files:
            shown = File(
                path.resolve(),
                str(Path(file.shown).parent / path.relative_to(folder))
                if path.is_relative_to(folder)
                else str(path),
                other.text,
                other.spans,
            )
            source.files.append(shown)
            _merge(source, shown, inner.tables)


def _merge(source: Source, file: File, tables: Mapping[str, Any]) -> None:
    for section, value in tables.items():
        if section == "include":
            source.tables.setdefault("include", value)
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


def _parsed(text: str, path: Path, source: Source) -> dict[str, Any] | None:
    """The tables; a line with a syntax error is blanked to find the next one as well."""
    lines = text.splitlines()
    for _ in range(_MAX_SYNTAX_ERRORS):
        try:
            tables = tomllib.loads("\n".join(lines) + "\n")
        except tomllib.TOMLDecodeError as error:
            number, column, message = _syntax(str(error), len(lines))
            excerpt = lines[number - 1] if lines else ""
            source.problems.append(
                Problem(
                    message=message,
                    file=str(path),
                    line=number,
                    column=column,
                    excerpt=_masked(excerpt),
                )
            )
            if not excerpt.strip():
                return None
            lines[number - 1] = ""
        else:
            return None if source.problems else tables
    return None


def _syntax(text: str, lines: int) -> tuple[int, int, str]:
    match = re.search(r"^(.*) \(at line (\d+), column (\d+)\)$", text)
    if match is None:  # at the end of the document
        return max(1, lines), 1, text.partition(" (")[0]
    return int(match[2]), int(match[3]), match[1]
