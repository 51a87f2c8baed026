"""Add feeds and rules to a configuration: into an included file.

What a person wrote stays as it is.

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

from monitor.config.load import load, loads
from monitor.config.values import Config
from monitor.errors import ConfigError, Problem

ADDED = "added.toml"
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST_NAME = 40
_SUBSCRIBER = """
[subscribers.me]                # prints to the terminal until you set a channel
rules = ["{rule}"]
digest = "daily 07:30"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFeed:
    """A feed that is to be written down."""

    name: str
    url: str
    groups: tuple[str, ...] = ()

    @property
    def lines(self) -> str:
        """The feed as TOML."""
        lines = [f"[feeds.{_key(self.name)}]", f"url = {_quoted(self.url)}"]
        if self.groups:
            lines.append(f"groups = [{', '.join(map(_quoted, self.groups))}]")
        return "\n".join(lines) + "\n"

    def is_in(self, config: Config) -> bool:
        """Whether a configuration has it."""
        return self.name in config.feeds


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRule:
    """A rule that is to be written down."""

    name: str
    query: str

    @property
    def lines(self) -> str:
        """The rule as TOML."""
        return f"[rules.{_key(self.name)}]\nquery = {_literal(self.query)}\n"

    def is_in(self, config: Config) -> bool:
        """Whether a configuration has it."""
        return self.name in config.rules


New = NewFeed | NewRule


def name_for(
    titles: Iterable[str], taken: Container[str], *, else_: str = "feed"
) -> str:
    """A short name from the first of some titles that has Latin letters.

    It is different from those taken.
    """
    base = next(filter(None, map(_plain, titles)), else_)
    names = chain([base], (f"{base}-{n}" for n in count(2)))
    return next(name for name in names if name not in taken)


def _plain(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain.lower())
    return "-".join(words)[:_LONGEST_NAME].strip("-")


def add(path: Path, new: Sequence[New], into: Path | None = None) -> Path:
    """Append to the file for new things, or to ``into``; include it if it is not yet.

    Returns the file that was written.

    Raises:
        ConfigError: The configuration does not hold, before or with them; then
            nothing was changed.
        OSError: A file cannot be written.
    """
    load(path)
    text = _read(path)
    target, include = _target(path, text, into)
    _check_place(path, target)
    before = _read(target) if target.exists() else None
    gap = "\n" if before else ""
    added = (before or "") + gap + "\n".join(one.lines for one in new)
    _check_text(path, added)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(target, added)
        if include:
            _write(path, include + text)
        _check_taken(load(path), new, target)
    except (ConfigError, OSError):
        _restore(target, before)
        _restore(path, text)
        raise
    return target


def begin(path: Path, new: Sequence[New], rule: str) -> None:
    """Make a configuration of what is new; one subscriber gets a rule of it.

    Raises:
        ConfigError: It would not hold; then nothing was written.
        OSError: The file cannot be written.
    """
    text = "\n".join(one.lines for one in new) + _SUBSCRIBER.format(rule=rule)
    _check_place(path, path)
    _check_text(path, text)
    loads(text, path)
    _write(path, text)


def _check_place(path: Path, target: Path) -> None:
    """A device must not be replaced, nor a name be taken for a pattern of names."""
    odd = set("*?[]\n\r") & set(target.name)
    if odd or (target.exists() and not target.is_file()):
        message = f"{str(target)!r} is no file that can take feeds and rules"
        raise ConfigError([Problem(message=message, file=str(path))])


def _check_taken(config: Config, new: Sequence[New], target: Path) -> None:
    if not all(one.is_in(config) for one in new):
        problem = Problem(
            message=f"include: {target} is not among these",
            file=str(config.path),
            hint=f"Try: include = [{_quoted(target.name)}, …]",
        )
        raise ConfigError([problem])


def _check_text(path: Path, text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        message = "a name, group or address is no text"
        raise ConfigError([Problem(message=message, file=str(path))]) from error


def _target(path: Path, text: str, into: Path | None) -> tuple[Path, str]:
    """Where new things go, and the line that has to be put before the rest, if any.

    Raises:
        ConfigError: Nothing that is included can take them.
    """
    found = tomllib.loads(text).get("include")
    if into and (found is not None or into.resolve() == path.resolve()):
        return into, ""
    if found is None:
        target = into or path.parent / ADDED
        relative = os.path.relpath(target, path.parent)
        return target, f"include = [{_quoted(relative)}]\n\n"
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


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _quoted(name)


def _literal(text: str) -> str:
    """A query as people write it: without escapes, where that is possible."""
    plain = text.isprintable() and "'" not in text
    return f"'{text}'" if plain else _quoted(text)


def _quoted(text: str) -> str:
    # A JSON string is a TOML basic string, but for this one character.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
