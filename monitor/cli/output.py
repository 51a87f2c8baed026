"""How commands speak: tables and colour on a terminal, plain text elsewhere, or JSON."""

import dataclasses
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from monitor.text.words import clean


def settings() -> Any:  # noqa: ANN401 - group.Settings, without importing it back
    """The global options of this run."""
    from monitor.cli.group import Settings

    return click.get_current_context().find_root().ensure_object(Settings)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


def emit(data: object, text: str | Callable[[], str]) -> None:
    """Print ``data`` under --json, else ``text``."""
    if settings().json:
        click.echo(json.dumps(data, ensure_ascii=False, default=_plain))
    else:
        say(text() if callable(text) else text)


_STYLE = re.compile("(\x1b\\[[01]m)")


def say(text: str = "") -> None:
    """Print to stdout, with our own bold and no other control character.

    Feeds and servers chose some of the words.
    """
    pieces = _STYLE.split(text)
    click.echo("".join(p if _STYLE.fullmatch(p) else clean(p) for p in pieces))


def bold(text: str) -> str:
    """Bold on a terminal, as it is elsewhere."""
    return click.style(text, bold=True) if sys.stdout.isatty() else text


def table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns that line up; the last one is not cut."""
    if not rows:
        return ""
    cleaned = [[" ".join(clean(cell).split()) for cell in row] for row in rows]
    widths = [
        min(60, max(len(row[n]) for row in [list(headers), *cleaned]))
        for n in range(len(headers))
    ]
    lines = [_line(headers, widths), *(_line(row, widths) for row in cleaned)]
    return "\n".join([bold(lines[0]), *lines[1:]])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    last = len(cells) - 1
    padded = [
        cell if n == last else _cut(cell, width).ljust(width)
        for n, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(padded).rstrip()


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def moment(time: datetime | None, zone: ZoneInfo) -> str:
    """A time as people write it, with its offset: "Mon 23 Nov 07:30 +03:00"."""
    if time is None:
        return "never"
    local = time.astimezone(zone)
    offset = f"{local:%z}"
    return f"{local:%a} {local.day} {local:%b %H:%M} {offset[:3]}:{offset[3:]}"


def count(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: "1 feed", "2 feeds", "3 stories"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def marked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """A text with its marks in brackets: "Airstrikes hit [Aleppo]"."""
    for start, end in sorted(spans, reverse=True):
        text = f"{text[:start]}[{bold(text[start:end])}]{text[end:]}"
    return text


def _no_bar(_steps: int = 1) -> None:
    """Nothing is shown where nobody watches."""


@contextmanager
def progress(label: str, total: int) -> Iterator[Callable[..., None]]:
    """A progress bar on a terminal, nothing elsewhere.

    Call it for each step, or with the number of steps that were taken.
    """
    if not sys.stderr.isatty() or settings().json or total < 2:
        yield _no_bar
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda steps=1: bar.advance(task, steps)
