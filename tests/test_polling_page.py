"""The page about polling says what is true: its tests exist, its example works."""

import ast
import dataclasses
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

from monitor.config import loads
from monitor.config.values import FeedConfig
from monitor.feeds.health import State
from monitor.feeds.parse import parse
from monitor.models import ParsedFeed

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "polling.md").read_text("utf-8")
ROWS = re.findall(r"^\| (\d+) \| (.*) \| (.*?) ?\|$", PAGE, re.MULTILINE)
NAMED = sorted(set(re.findall(r"`(tests/[\w/.]+)::(\w+)`", PAGE)))
NOTICES = [
    {
        "id": f"notice-{number}",
        "title": f"Notice {number}: rail works & roads",
        "url": f"https://register.example/{number}",
        "published": "Fri, 20 Nov 2026 09:30:00 GMT",
        "text": "Tracks <closed>.",
    }
    for number in (41, 42)
]


@cache
def names_in(file: str) -> frozenset[str]:
    """The names of the tests in a file, which is not imported."""
    if not (ROOT / file).exists():
        return frozenset()
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    assert found
    return found[1]


def first_column(heading: str) -> list[str]:
    """What stands in backticks at the beginning of the rows below a heading."""
    part = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \|", part, re.MULTILINE)


def test_every_line_stands_in_the_table_once_and_in_order() -> None:
    assert [int(number) for number, _, _ in ROWS] == list(range(1, 90))


def test_every_line_names_its_tests_or_why_it_is_left_out() -> None:
    for number, promise, kept_by in ROWS:
        named = re.findall(r"`tests/[\w/.]+::test_\w+`", kept_by)

        assert named or promise.startswith("Left out: "), number
        assert kept_by == ", ".join(named), number


def test_every_test_that_the_page_names_exists() -> None:
    missing = [f"{file}::{name}" for file, name in NAMED if name not in names_in(file)]

    assert missing == []


def test_every_state_of_a_feed_is_on_the_page() -> None:
    assert sorted(first_column("States of a feed")) == sorted(State)


def test_every_setting_of_a_feed_is_on_the_page() -> None:
    names = {field.name for field in dataclasses.fields(FeedConfig)}

    assert set(first_column("Settings of a feed")) == names


def test_the_program_on_the_page_prints_a_feed(tmp_path: Path) -> None:
    config = loads(block("toml"), tmp_path / "config.toml")
    (tmp_path / "register_to_rss.py").write_text(block("python"), "utf-8")
    (tmp_path / "notices.json").write_text(json.dumps(NOTICES), "utf-8")
    python, *words = config.feeds["register"].command

    printed = subprocess.run(
        [sys.executable, *words], cwd=tmp_path, capture_output=True, check=True
    ).stdout

    found = parse(printed, "", "command:register")
    assert python == "python3"
    assert isinstance(found, ParsedFeed)
    assert not found.recovered
    assert [(e.guid, e.title, e.url) for e in found.entries] == [
        (notice["id"], notice["title"], notice["url"]) for notice in NOTICES
    ]
    assert all(entry.published for entry in found.entries)
