"""config.example.toml: what is live works, and so does all that is commented out."""

import dataclasses
import re
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from monitor import channels
from monitor.channels import types
from monitor.config import Config, loads
from monitor.config.mask import OPEN_KEYS, SECRET_KEYS
from monitor.config.values import (
    Articles,
    Auth,
    FeedConfig,
    Fetch,
    Keep,
    PerHost,
    Quiet,
    Root,
    RuleConfig,
    RuleTests,
    Service,
    SmtpConfig,
    SubscriberConfig,
    ThemeConfig,
    UrgentWhen,
    Web,
)
from monitor.models import Secret

EXAMPLE = (Path(__file__).parents[2] / "config.example.toml").read_text("utf-8")
TABLES: dict[str, type] = {
    "service": Service, "web": Web, "fetch": Fetch, "fetch.per_host": PerHost,
    "articles": Articles, "feeds": FeedConfig, "feeds.auth": Auth, "rules": RuleConfig,
    "rules.tests": RuleTests, "subscribers": SubscriberConfig, "smtp": SmtpConfig,
    "theme": ThemeConfig,
}  # fmt: skip
NAMED = ("feeds", "rules", "subscribers")
# What mask.py need not know, as all that it does not know becomes stars.
STARRED = {"auth", "command", "token_command", "tokens"}


TEXTS = {"partner-token": "Bearer x\n", "apprise-address": "json://localhost\n"}


def uncommented() -> str:
    """The example with every key and table live."""
    return re.sub(r"^# (?=\[|[\w-]+ *= )", "", EXAMPLE, flags=re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the secrets that the example names."""
    for name in re.findall(r'file = "([\w-]+)"', EXAMPLE):
        (tmp_path / name).write_text(TEXTS.get(name, "x\n"))
    return tmp_path


def key(field: dataclasses.Field[Any]) -> str:
    """A field as people write it."""
    return {"sender": "from"}.get(field.name, field.name.removesuffix("_"))


def written(table: str) -> set[str]:
    """The keys that the uncommented example has in a table, whatever it is called."""
    found: Any = tomllib.loads(uncommented())
    first, *rest = table.split(".")
    inside = list(found[first].values()) if first in NAMED else [found[first]]
    for part in rest:
        inside = [inner[part] for inner in inside if part in inner]
    return {name for inner in inside if isinstance(inner, dict) for name in inner}


def test_the_example_works_as_it_is() -> None:
    found = loads(EXAMPLE, Path("config.toml"))

    assert list(found.feeds) == ["bbc"]
    assert found.send_to == {"me": ("terminal",)}


def test_the_example_works_with_every_key_live(folder: Path) -> None:
    found = loads(uncommented(), folder / "config.toml")

    assert list(found.feeds) == ["bbc", "sana", "partner", "intranet", "registry"]
    assert len(found.rules) == 3
    kinds = {name: type(one).__module__ for name, one in found.channels.items()}
    assert {kind.rpartition(".")[2] for kind in kinds.values()} == set(types())
    assert {"mail-desk", "log", "screen", "email:me"} < set(kinds)


def test_every_way_to_ask_a_feed_is_in_the_example(folder: Path) -> None:
    found = loads(uncommented(), folder / "config.toml").feeds

    assert found["sana"].quiet_after == timedelta(days=2)
    assert found["sana"].identity == "link"
    assert found["partner"].manner.private == {"Authorization": "Bearer x"}
    assert found["intranet"].auth == Auth(user="monitor", password=Secret("x"))
    assert not found["intranet"].verify
    assert found["registry"].source == "command:python3 registry_to_rss.py"


def test_every_line_that_looks_like_a_key_is_one() -> None:
    found = uncommented()

    commented = [line for line in found.split("\n") if line.startswith("#")]
    assert not [line for line in commented if "=" in line.partition("#")[2][:20]]
    assert found.count("\n") == EXAMPLE.count("\n")


@pytest.mark.parametrize("section", ["service", "fetch", "articles"])
def test_the_values_that_are_commented_out_are_the_defaults(
    folder: Path, section: str
) -> None:
    live: Config = loads(uncommented(), folder / "config.toml")
    bare: Config = loads("", folder / "config.toml")

    assert getattr(live, section) == getattr(bare, section)


@pytest.mark.parametrize("table", TABLES)
def test_every_supported_key_is_in_the_example(table: str) -> None:
    keys = {key(field) for field in dataclasses.fields(TABLES[table])}

    assert keys <= written(table)


def test_every_section_is_in_the_example() -> None:
    sections = {key(field) for field in dataclasses.fields(Root)} | {"channels"}

    found = set(tomllib.loads(uncommented()))

    assert found == sections


@pytest.mark.parametrize("kind", channels.types())
def test_every_channel_with_all_its_keys_is_in_the_example(kind: str) -> None:
    shape: Any = channels.config_class(kind)
    made = {"smtp", "write", "networks"}
    keys = {field.name for field in dataclasses.fields(shape)} - made

    tables = tomllib.loads(uncommented())["channels"].values()

    found = {name for table in tables if table["type"] == kind for name in table}
    assert found == keys | {"type"}


def test_what_may_be_shown_of_a_file_is_known_for_every_key() -> None:
    shapes = [*TABLES.values(), Root, Keep, Quiet, UrgentWhen]
    keys = {key(field) for shape in shapes for field in dataclasses.fields(shape)}

    assert keys <= OPEN_KEYS | set(SECRET_KEYS) | STARRED
    assert not OPEN_KEYS & STARRED
    assert not OPEN_KEYS & set(SECRET_KEYS)


def test_every_table_is_looked_at_here() -> None:
    inner = {
        part
        for shape in (*TABLES.values(), Root)
        for hint in get_type_hints(shape, include_extras=False).values()
        for part in (hint, *get_args(hint))
        if dataclasses.is_dataclass(part)
    }

    known = {*TABLES.values(), Keep, Quiet, UrgentWhen}
    assert {shape.__name__ for shape in inner if isinstance(shape, type)} - {
        "Secret"
    } <= {shape.__name__ for shape in known}


def test_the_configuration_of_the_replay_works(tmp_path: Path) -> None:
    path, out = tmp_path / "replay.toml", tmp_path / "replay.jsonl"
    text = (
        f'[service]\ndatabase = "sqlite:{path.with_suffix(".db")}"\n\n'
        '[web]\nlisten = ""\n\n'
        '[fetch]\nprivate_networks = true\nper_host = { at_once = 8, gap = "0s" }\n\n'
        '[articles]\nfull_text = "never"\nmerge = "nothing"\nflood_limit = 5000\n'
        'max_age = "36500d"\n\n'
        '[feeds]\nworld = "http://127.0.0.1:8900/world.xml"\n\n'
        '[rules]\neverything = "*"\n\n'
        '[subscribers.ledger]\nrules = ["everything"]\ndigest = "instant"\n'
        'max_stories = 100000\nsend_to = ["ledger"]\n\n'
        f'[channels.ledger]\ntype = "file"\npath = "{out}"\n'
    )

    found = loads(text, path)

    assert found.service.database == f"sqlite:{tmp_path / 'replay.db'}"
    assert found.channels["ledger"].targets() == (str(out),)
    assert found.fetch.private_networks is None
