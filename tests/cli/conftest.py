"""The command line in this process, and a desk to run it on."""

import io
import json
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from monitor.cli import execute
from tests.conftest import StandingClock
from tests.desk import Desk
from tests.site import Site

Monitor = Callable[..., "Result"]


@dataclass(frozen=True, slots=True)
class Result:
    """What a command printed, and its exit status."""

    exit_code: int
    output: str
    stderr: str


@pytest.fixture
def monitor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Monitor:
    """``monitor("status", "--health")`` in an empty folder, as the console script."""
    monkeypatch.chdir(tmp_path)

    def command(*words: str) -> Result:
        raw, err = io.BytesIO(), io.StringIO()
        out = io.TextIOWrapper(raw, "utf-8", newline="", write_through=True)
        with redirect_stdout(out), redirect_stderr(err):
            code = execute(words)
        return Result(code, raw.getvalue().decode(), err.getvalue())

    return command


@pytest.fixture
def desk(site: Site, tmp_path: Path, sqlite_url: str) -> Desk:
    """A desk whose configuration is the folder's config.toml."""
    return Desk(folder=tmp_path, site=site, clock=StandingClock(), database=sqlite_url)


def answer(result: Result) -> dict[str, Any]:
    """The one JSON object that a command printed."""
    found: dict[str, Any] = json.loads(result.output)
    return found
