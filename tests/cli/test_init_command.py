"""init: the example, or the answers of a person."""

import io
import sys
from pathlib import Path

import pytest

from monitor.config import load
from tests.cli.conftest import Monitor, Result


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def answered(
    monitor: Monitor, monkeypatch: pytest.MonkeyPatch, *answers: str
) -> Result:
    """Run init as somebody who answers so."""
    given = iter(answers)
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: next(given))
    return monitor("init")


def test_the_answers_become_a_configuration_that_works(
    monitor: Monitor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SMTP_PASSWORD", "x")

    result = answered(
        monitor, monkeypatch,
        "https://one.example/feed.xml", "https://two.example/rss", "",
        '"truce monitors" OR Aleppo', "ana@example.org", "weekdays 08:00",
        "Asia/Damascus", "mail.example.org", "starttls", "ana",
    )  # fmt: skip

    found = load(tmp_path / "config.toml")
    assert result.output.startswith("Wrote config.toml.\nNext: monitor check-config")
    assert [feed.url for feed in found.feeds.values()] == [
        "https://one.example/feed.xml",
        "https://two.example/rss",
    ]
    assert found.queries == {"watch": '"truce monitors" OR Aleppo'}
    assert found.subscribers["me"].timezone == "Asia/Damascus"
    assert found.channels["email:me"].targets() == ("ana@example.org",)


def test_enter_takes_what_is_offered(
    monitor: Monitor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    answered(monitor, monkeypatch, "", "", "", "", "", "")

    found = load(tmp_path / "config.toml")
    assert found.queries == {"watch": "Aleppo AND airstrike"}
    assert found.send_to["me"] == ("terminal",)


def test_an_answer_that_cannot_be_used_is_asked_again(
    monitor: Monitor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    result = answered(
        monitor, monkeypatch,
        "ftp://x", "https://one.example/feed", "", "Aleppo AND", "Aleppo",
        "nobody", "", "at dawn", "instant", "Mars/Olympus", "UTC",
    )  # fmt: skip

    assert result.exit_code == 0
    assert "write an address such as" in result.stderr
    assert "I expected a word after AND" in result.stderr
    assert "Mars/Olympus" in result.stderr
    assert load(tmp_path / "config.toml").subscribers["me"].digest == ("instant",)


def test_where_nobody_can_answer_it_is_the_example(
    monitor: Monitor, tmp_path: Path
) -> None:
    result = monitor("init", "--yes")

    assert "2 feeds, 1 rule, 1 subscriber" in result.output
    assert len(load(tmp_path / "config.toml").feeds) == 2
