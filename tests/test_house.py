"""The rules of the house that a machine can check."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.channels import types
from monitor.cli.group import _COMMANDS
from monitor.digests.render import NAMES, _context
from tests import templates_page
from tests.commands_page import page
from tests.digests.digest_samples import DIGEST

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "monitor"

# From the ground up; whatever stands on one line may import only what stands above
# it, and its own room. The rooms of the way do not import each other.
FLOORS = [
    {"models", "errors"},
    {"text", "body", "memory", "metrics", "resolver", "rooms"},
    {"http", "program", "workers"},
    {"feeds", "articles", "rules", "stories", "digests", "channels", "storage"},
    {"config"},
    {"pipeline"},
    {"clock", "log", "stages", "systemd", "web"},
    {"daemon"},
    {"demo"},
    {"cli"},
]
PURE = [
    "text/words.py",
    "text/dates.py",
    "text/forms.py",
    "text/headers.py",
    "text/links.py",
    "text/mail.py",
    "text/outlets.py",
    "text/urls.py",
    "text/url_keys.py",
    "text/toml.py",
    "feeds/discover.py",
    "feeds/fate.py",
    "feeds/gate.py",
    "feeds/identity.py",
    "feeds/health.py",
    "feeds/keys.py",
    "feeds/opml.py",
    "feeds/outage.py",
    "feeds/redirects.py",
    "feeds/rhythm.py",
    "articles/boilerplate.py",
    "articles/lines.py",
    "articles/markup.py",
    "articles/metadata.py",
    "articles/walls.py",
    "articles/origin.py",
    "articles/assemble.py",
    "articles/complete.py",
    "articles/repeated.py",
    "rules/tree.py",
    "rules/lexer.py",
    "rules/syntax.py",
    "rules/evaluate.py",
    "rules/index.py",
    "rules/parser.py",
    "rules/regex.py",
    "rules/vocabulary.py",
    "rules/wildcards.py",
    "rules/explain.py",
    "rules/narrow.py",
    "rules/audit.py",
    "stories/fingerprint.py",
    "stories/near.py",
    "stories/cluster.py",
    "digests/slots.py",
    "digests/brief.py",
    "digests/bursts.py",
    "digests/compose.py",
    "digests/excerpt.py",
    "digests/gather.py",
    "digests/samples.py",
    "digests/speech.py",
    "digests/voices.py",
    "channels/payload.py",
    "channels/slack_limits.py",
    "config/applied.py",
    "config/mask.py",
    "pipeline/verdict.py",
]
UNCLEAN = {"httpx", "aiohttp", "sqlite3", "psycopg", "asyncio", "time", "socket"}
FILES = sorted(SOURCE.rglob("*.py"))


def room(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def floor(name: str) -> int:
    return next(n for n, names in enumerate(FLOORS) if name in names)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_imports_point_one_way(path: Path) -> None:
    own = room(path)
    if own == "__init__":
        return
    for module in imports(path):
        parts = module.split(".")
        if parts[0] != "monitor" or len(parts) == 1 or parts[1] == "__version__":
            continue
        assert parts[1] == own or floor(parts[1]) < floor(own), module


@pytest.mark.parametrize("name", PURE)
def test_a_pure_module_knows_no_clock_database_or_network(name: str) -> None:
    found = {module.split(".")[0] for module in imports(SOURCE / name)}

    assert not found & UNCLEAN


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_a_file_is_short_enough_to_read(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) < 400


def test_sql_stands_in_storage_only() -> None:
    for path in FILES:
        if room(path) != "storage":
            text = path.read_text("utf-8")
            assert "SELECT " not in text, path
            assert "INSERT INTO" not in text, path


def test_every_command_is_in_the_reference() -> None:
    text = (ROOT / "docs" / "commands.md").read_text("utf-8")

    missing = [name for name in _COMMANDS if f"`monitor {name}" not in text]
    assert missing == []


def test_every_channel_is_documented_exemplified_and_in_the_changelog() -> None:
    example = (ROOT / "config.example.toml").read_text("utf-8")
    docs = (ROOT / "docs" / "channels.md").read_text("utf-8")
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")

    for name in types():
        assert f'type = "{name}"' in example
        assert f"## {name}" in docs
        assert name in changes


def test_no_text_of_the_repository_names_a_workplace() -> None:
    words = ("/work/main", "/work/shared", "/root/")
    for path in [*FILES, *(ROOT / "docs").rglob("*.md"), ROOT / "README.md"]:
        text = path.read_text("utf-8")
        assert not any(word in text for word in words), path


def test_the_reference_of_templates_is_what_they_may_use() -> None:
    text = (ROOT / "docs" / "templates.md").read_text("utf-8")

    assert text == templates_page.page(), (
        "python -m tests.templates_page > docs/templates.md"
    )
    assert {*_context(DIGEST, ""), "say"} == set(NAMES)


def test_the_reference_of_commands_is_what_their_help_says() -> None:
    text = (ROOT / "docs" / "commands.md").read_text("utf-8")

    assert text == page(), "python -m tests.commands_page > docs/commands.md"
