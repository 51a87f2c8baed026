"""Configurations for tests, and what is said about wrong ones."""

from pathlib import Path

import pytest

from monitor.config import Config, loads
from monitor.errors import ConfigError

SMALLEST = """\
[feeds]
bbc = "https://feeds.example/rss"

[rules]
aleppo = "Aleppo AND airstrike"

[subscribers.me]
rules = ["aleppo"]
digest = "daily 07:30"
"""


def loaded(text: str, path: Path = Path("config.toml")) -> Config:
    """A configuration that must be right."""
    return loads(text, path)


def said(text: str, path: Path = Path("config.toml")) -> str:
    """What is said about a wrong configuration, without its last line."""
    with pytest.raises(ConfigError) as caught:
        loads(text, path)
    problems = len(caught.value.problems)
    whole, _, last = str(caught.value).rpartition("\n")
    plural = "s" if problems != 1 else ""
    assert last == f"{problems} problem{plural}. Nothing was changed."
    return whole


def said_of(more: str) -> str:
    """The same for the smallest configuration with something added."""
    return said(SMALLEST + more)
