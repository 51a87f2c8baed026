"""From tables to a checked :class:`Config`."""

import os
import tomllib
import types
import typing
from collections.abc import Sequence
from dataclasses import fields, replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

import pydantic

from monitor import channels
from monitor.channels import Channel
from monitor.config.check import check
from monitor.config.source import Source, read, read_text, read_texts
from monitor.config.values import Config, Root
from monitor.errors import ConfigError
from monitor.models import Secret
from monitor.text.toml import Path as Place

_SECRET_KEYS = ("password", "secret", "old_secret", "webhook", "token", "address")


def load(path: Path) -> Config:
    """Read and check a configuration file.

    Raises:
        ConfigError: With every mistake that was found, each with its place.
    """
    return _checked(read(path), path)


def loads(text: str, path: Path) -> Config:
    """The same for a text; ``path`` is where relative paths count from.

    Raises:
        ConfigError: With every mistake that was found.
    """
    return _checked(read_text(text, path), path)


def load_texts(texts: Sequence[tuple[str, str]], path: Path) -> Config:
    """The same for the texts of a configuration that was read before.

    Raises:
        ConfigError: It is none any more; a secret may be gone.
    """
    return _checked(read_texts(texts), path)


def _checked(source: Source, path: Path) -> Config:
    config = None
    if not source.problems:
        tables = _with_secrets(source, source.tables, ())
        made = _channels(source, tables.pop("channels", {}))
        root = _root(source, tables)
        config = check(source, path, root, made)
    if config is None or source.problems:
        raise ConfigError(sorted(source.problems, key=_order))
    texts = tuple((str(file.path), file.text) for file in source.files)
    return replace(config, texts=texts)


def _order(problem: Any) -> tuple[str, int, int]:  # noqa: ANN401 - a Problem
    return problem.file, problem.line, problem.column


def _with_secrets(source: Source, value: Any, place: Place) -> Any:  # noqa: ANN401 - whatever TOML holds
    """Turn what stands under secret keys into :class:`Secret` values."""
    if _is_secret(place):
        return _secret(source, value, place)
    if isinstance(value, dict):
        return {k: _with_secrets(source, v, (*place, k)) for k, v in value.items()}
    return value


def written_secrets(config: Config) -> list[str]:
    """The files in which a secret stands as it is, and that everybody here may read."""
    found = []
    for name, text in config.texts:
        path = Path(name)
        open_to_all = path.exists() and path.stat().st_mode & 0o004
        if open_to_all and _holds_secret(tomllib.loads(text), ()):
            found.append(name)
    return found


def _holds_secret(value: Any, place: Place) -> bool:  # noqa: ANN401 - whatever TOML holds
    if isinstance(value, dict):
        return any(_holds_secret(v, (*place, k)) for k, v in value.items())
    plain = isinstance(value, str) and not value.startswith("scrypt:")
    return plain and bool(value) and _is_secret(place)


def _is_secret(place: Place) -> bool:
    if place[:1] == ("feeds",):
        return len(place) == 4 and (
            place[2] == "headers" or place[2:] == ("auth", "password")
        )
    if place[:1] == ("web",):
        return place == ("web", "password") or (
            len(place) == 3 and place[1] == "tokens"
        )
    deep = 2 if place[:1] == ("smtp",) else 3
    known = place[:1] in (("smtp",), ("channels",))
    return known and len(place) == deep and place[-1] in _SECRET_KEYS


def _secret(source: Source, value: Any, place: Place) -> Any:  # noqa: ANN401 - whatever TOML holds
    name = ".".join(map(str, place))
    if isinstance(value, str):
        return Secret(value)
    kinds = ("env", "file", "credential")
    if not (isinstance(value, dict) and len(value) == 1 and next(iter(value)) in kinds):
        hint = 'Try: { env = "NAME" }, { file = "/path" } or { credential = "name" }'
        source.problem(place, f"{name}: this is no secret", hint=hint)
        return Secret("")
    kind, wanted = next(iter(value.items()))
    try:
        return Secret(_revealed(source, kind, str(wanted), place))
    except KeyError:
        hint = f"Try: export {wanted}=..."
        source.problem(place, f"{name}: {wanted} is not set", hint=hint)
    except OSError as error:
        source.problem(place, f"{name}: {error.filename}: {error.strerror}")
    except ValueError:
        source.problem(place, f"{name}: {wanted!r} cannot be read as UTF-8 text")
    return Secret("")


def _revealed(source: Source, kind: str, wanted: str, place: Place) -> str:
    """The secret of an environment variable, a file or a systemd credential.

    Raises:
        KeyError: The variable is not set.
        OSError: The file cannot be read.
        ValueError: It is no text, or its name is no name.
    """
    if kind == "env":
        return os.environ[wanted]
    folder = source.folder_of(place)
    if kind == "credential":
        folder = Path(os.environ.get("CREDENTIALS_DIRECTORY", "/run/credentials"))
        wanted = Path(wanted).name
    return (folder / wanted).read_text("utf-8").strip()


def _channels(source: Source, tables: Any) -> dict[str, Channel]:  # noqa: ANN401 - whatever TOML holds
    if not isinstance(tables, dict):
        source.problem(("channels",), "channels: write one table a channel")
        return {}
    made = {}
    for name, table in tables.items():
        place = ("channels", name)
        kind = table.get("type") if isinstance(table, dict) else None
        if not isinstance(kind, str):
            hint = f'Try: type = "email", or one of {", ".join(channels.types())}'
            source.problem(place, f"channels.{name}: it needs a type", hint=hint)
        elif kind not in channels.types():
            _no_type(source, name, kind)
        elif channel := _channel(source, name, kind, table):
            made[name] = channel
    return made


def _no_type(source: Source, name: str, kind: str) -> None:
    near = get_close_matches(kind, channels.types(), 1)
    offer = f'; did you mean "{near[0]}"?' if near else ""
    message = f'channels.{name}: no channel type "{kind}"{offer}'
    hint = "" if near else f"Try: {', '.join(channels.types())}"
    source.problem(("channels", name, "type"), message, hint=hint)


def _channel(
    source: Source, name: str, kind: str, table: dict[str, Any]
) -> Channel | None:
    rest = {key: value for key, value in table.items() if key != "type"}
    place = ("channels", name)
    if kind == "email" and isinstance(rest.get("to"), str):
        rest["to"] = (rest["to"],)
    if kind == "file" and isinstance(rest.get("path"), str):
        rest["path"] = source.folder_of(place) / rest["path"]
    shape: Any = channels.config_class(kind)
    allowed = [
        f.name for f in fields(shape) if f.name not in ("smtp", "write", "networks")
    ]
    for key in rest.keys() - set(allowed):
        _unknown_key(source, (*place, key), allowed)
    known = {key: value for key, value in rest.items() if key in allowed}
    found = _validated(source, channels.config_class(kind), known, place)
    if found and (problem := found.problem()):
        source.problem(place, f"channels.{name}: {problem}", at_key=True)
    return found


def _root(source: Source, tables: dict[str, Any]) -> Root:
    """The checked values; what is wrong is reported and left out.

    So that names and rules can still be checked, and all mistakes come at once.
    """
    gone: set[Place] = set()
    while (root := _validated(source, Root, tables, (), gone)) is None:
        pass
    return root


def _prune(tables: dict[str, Any], place: Place) -> None:
    """Take the value at a place out of the tables, or what stands nearest above it."""
    holder: Any = tables
    *above, last = place
    for part in above:
        inner = holder.get(part) if isinstance(holder, dict) else None
        if not isinstance(inner, dict):
            last = part
            break
        holder = inner
    if isinstance(holder, dict) and last in holder:
        del holder[last]
    elif len(place) > 1:
        _prune(tables, place[:-1])


T = typing.TypeVar("T")


@cache
def _adapter(shape: type) -> pydantic.TypeAdapter[Any]:
    """The validator of a dataclass; building one takes longer than a whole file."""
    return pydantic.TypeAdapter(shape)


def _validated(
    source: Source,
    shape: type[T],
    tables: dict[str, Any],
    base: Place,
    gone: set[Place] | None = None,
) -> T | None:
    """The values, or None. What is wrong is reported, and with ``gone`` taken out.

    ``gone`` remembers what was, so that it is not called missing the next time.
    """
    wanted: Any = shape  # mypy does not see that classes can be hashed
    try:
        found: T = _adapter(wanted).validate_python(tables)
    except pydantic.ValidationError as errors:
        for error in errors.errors():
            if not gone or error["loc"] not in gone:
                _report(source, shape, (*base, *error["loc"]), error, len(base))
            if gone is not None:
                gone.add(error["loc"])
                _prune(tables, error["loc"])
        return None
    return found


def _report(source: Source, shape: type, place: Place, error: Any, base: int) -> None:  # noqa: ANN401 - pydantic's own dictionary
    kind = error["type"]
    name = ".".join(str(p) for p in place)
    if kind in ("unexpected_keyword_argument", "extra_forbidden"):
        _unknown_key(source, place, _keys_at(shape, place[base:-1]))
    elif kind == "missing":
        message = (
            f'{".".join(map(str, place[:-1])) or "the file"}: "{place[-1]}" is missing'
        )
        source.problem(place[:-1], message, at_key=True)
    elif kind == "value_error":
        source.problem(place, f"{name}: {error['ctx']['error']}")
    else:
        source.problem(place, f"{name}: {_plain(error)}")


_PLAIN = {
    "dict_type": "write a table here",
    "dataclass_type": "write a table here",
    "tuple_type": "write a list here",
    "string_type": "write a text in quotes",
    "path_type": "write a path in quotes",
}


def _plain(error: Any) -> str:  # noqa: ANN401 - pydantic's own dictionary
    """Pydantic's message in the words of somebody who writes TOML."""
    kind = error["type"]
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind == "literal_error":
        return f"write {error['ctx']['expected']}"
    if kind.startswith("int_"):
        return "write a whole number"
    text = str(error["msg"]).removeprefix("Input should be ")
    return f"write a number {text}" if "than" in text else f"write {text}"


def _unknown_key(source: Source, place: Place, known: list[str]) -> None:
    name = ".".join(map(str, place))
    near = get_close_matches(str(place[-1]), known, 1)
    offer = f'; did you mean "{near[0]}"?' if near else ""
    hint = "" if near else f"Known here: {', '.join(sorted(known))}"
    source.problem(place, f"unknown key {name}{offer}", hint=hint, at_key=True)


def _keys_at(shape: Any, place: Place) -> list[str]:  # noqa: ANN401 - any annotation
    """The keys that a table may have: the fields of the dataclass that stands there."""
    for part in place:
        shape = _bare(shape)
        if get_origin(shape) is dict:
            shape = get_args(shape)[1]
        else:
            shape = get_type_hints(shape, include_extras=True)[str(part)]
    shape = _bare(shape)
    names = [f.name.removesuffix("_") for f in fields(shape)]
    names += ["channels"] if shape is Root else []
    return ["from" if n == "sender" else n for n in names]


def _bare(shape: Any) -> Any:  # noqa: ANN401 - any annotation
    """An annotation without ``Annotated`` and ``| None``."""
    if get_origin(shape) is typing.Annotated:
        shape = get_args(shape)[0]
    if get_origin(shape) in (Union, types.UnionType):
        shape = next(a for a in get_args(shape) if a is not type(None))
    return shape
