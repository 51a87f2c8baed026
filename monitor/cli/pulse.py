"""Whether the service lives, with the standard library alone.

A container asks every minute; reading the whole configuration for that would take a
second of CPU each time. What this cannot answer is left to ``status --health``: other
options, PostgreSQL, a configuration that names no database in its main file.
"""

import sqlite3
import sys
import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from monitor.storage.pulse import last_signs

_FRESH = 120 * 1_000_000


def pulse(words: Sequence[str]) -> int | None:
    """The exit status of ``[--config FILE] status --health``; None to ask in full."""
    path = _path(words)
    if path is None:
        return None
    try:
        tables = tomllib.loads(path.read_text("utf-8-sig"))
        url = tables.get("service", {}).get("database", "sqlite:monitor.db")
        kind, _, name = url.partition(":")
        if kind != "sqlite" or "include" in tables:
            return None
        return _answer(path.parent / name)
    except (OSError, ValueError, AttributeError, TypeError, sqlite3.Error):
        return None


def _path(words: Sequence[str]) -> Path | None:
    """The configuration, if nothing but this is asked."""
    rest = [word for word in words if word not in ("-v", "-q")]
    if rest[:1] == ["--log"]:
        rest = rest[2:]
    if len(rest) == 4 and rest[0] == "--config" and rest[2:] == ["status", "--health"]:
        return Path(rest[1])
    return Path("config.toml") if rest == ["status", "--health"] else None


def _answer(database: Path) -> int | None:
    beat, stopped = last_signs(database)
    if not beat or stopped >= beat:
        return None
    at = datetime.fromtimestamp(beat / 1e6, UTC)
    alive = datetime.now(UTC).timestamp() * 1e6 - beat < _FRESH
    word = "alive" if alive else "no sign of life for 2 minutes"
    sys.stdout.write(f"{word} (last sign: {at:%a} {at.day} {at:%b %H:%M} +00:00)\n")
    return 0 if alive else 1
