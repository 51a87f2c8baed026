"""Add feeds to a configuration: into an included file, so that a person's own stays.

The file is appended to, never rewritten; the whole configuration is read before and
after, and everything is put back if it no longer holds.
"""

import json
import os
import re
import tomllib
import unicodedata
from collections.abc import Container, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatch
from itertools import chain, count
from pathlib import Path

from monitor.config.load import load
from monitor.errors import ConfigError, Problem

ADDED = "added.toml"
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST_NAME = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFeed:
    """A feed that is to be written down."""

    name: str
    url: str
    groups: tuple[str, ...] = ()

    @property
    def lines(self) -> str:
        """The feed as TOML."""
        name = self.name if _BARE.fullmatch(self.name) else _quoted(self.name)
        lines = [f"[feeds.{name}]", f"url = {_quoted(self.url)}"]
        if self.groups:
            lines.append(f"groups = [{', '.join(map(_quoted, self.groups))}]")
        return "\n".join(lines) + "\n"


def name_for(titles: Iterable[str], taken: Container[str]) -> str:
    """A short name for a feed from the first of its titles that has Latin letters.

    It is different from those taken.
    """
    base = next(filter(None, map(_plain, titles)), "feed")
    names = chain([base], (f"{base}-{n}" for n in count(2)))
    return next(name for name in names if name not in taken)


def _plain(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain.lower())
    return "-".join(words)[:_LONGEST_NAME].strip("-")


def add_feeds(path: Path, new: Sequence[NewFeed]) -> Path:
    """Append feeds to the file for them, and include that if it is not yet.

    Returns the file that was written.

    Raises:
        ConfigError: The configuration does not hold, before or with them; then
            nothing was changed.
        OSError: A file cannot be written.
    """
    load(path)
    text = _read(path)
    target, include = _target(path, text)
    before = _read(target) if target.exists() else None
    gap = "\n" if before else ""
    added = (before or "") + gap + "\n".join(feed.lines for feed in new)
    _check_text(path, added)
    try:
        target.parent.mkdir(exist_ok=True)
        _write(target, added)
        if include:
            _write(path, include + text)
        load(path)
    except (ConfigError, OSError):
        _restore(target, before)
        _restore(path, text)
        raise
    return target


def _check_text(path: Path, text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        message = "a name, group or address is no text"
        raise ConfigError([Problem(message=message, file=str(path))]) from error


def _target(path: Path, text: str) -> tuple[Path, str]:
    """Where new feeds go, and the line that has to be put before the rest, if any.

    Raises:
        ConfigError: Nothing that is included can take them.
    """
    found = tomllib.loads(text).get("include")
    if found is None:
        return path.parent / ADDED, f'include = ["{ADDED}"]\n\n'
    for pattern in [found] if isinstance(found, str) else found:
        place = path.parent / pattern
        if not any(mark in pattern for mark in "*?["):
            return place, ""
        folder = str(Path(pattern).parent)
        if fnmatch(ADDED, place.name) and not any(mark in folder for mark in "*?["):
            return place.parent / ADDED, ""
    problem = Problem(
        message=f"include: none of these can take {ADDED}",
        file=str(path),
        hint=f'Try: include = ["{ADDED}", …]',
    )
    raise ConfigError([problem])


def _read(path: Path) -> str:
    """A file's text with its line ends as they are."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return file.read()


def _write(path: Path, text: str) -> None:
    """Put a text in place of a file at once, with the file's own rights and owner."""
    path = path.resolve()  # a link stays one
    new = path.with_name(f".{path.name}.new")
    new.touch(0o600)
    if path.exists():
        known = path.stat()
        new.chmod(known.st_mode & 0o777)
        with suppress(PermissionError):
            os.chown(new, known.st_uid, known.st_gid)
    else:
        new.chmod(0o644)
    with new.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
    new.replace(path)


def _restore(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink(missing_ok=True)
    elif _read(path) != text:
        _write(path, text)


def _quoted(text: str) -> str:
    # A JSON string is a TOML basic string, but for this one character.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
