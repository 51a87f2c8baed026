"""How the log is written: for people, for programs, for the journal."""

import json
import os
from pathlib import Path

import pytest
import structlog

from monitor import log


def said(
    capsys: pytest.CaptureFixture[str], form: log.Form = "text", verbosity: int = 1
) -> str:
    log.set_up(verbosity, form)
    structlog.get_logger().warning("feed.failed", feed="world", reason="one\ntwo")
    return capsys.readouterr().err


def test_people_read_a_line_with_the_facts(capsys: pytest.CaptureFixture[str]) -> None:
    found = said(capsys)

    assert "feed.failed" in found
    assert "reason=one\\ntwo" in found
    assert found.count("\n") == 1


def test_programs_read_json(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(said(capsys, "json"))

    assert found["event"] == "feed.failed"
    assert (found["level"], found["feed"]) == ("warning", "world")
    assert found["timestamp"].endswith("Z")


def test_programs_read_logfmt(capsys: pytest.CaptureFixture[str]) -> None:
    found = said(capsys, "logfmt")

    assert found.startswith("timestamp=2")
    assert " level=warning event=feed.failed feed=world " in found
    assert found.count("\n") == 1


@pytest.mark.parametrize("form", ["json", "logfmt"])
def test_a_traceback_is_one_line_for_programs(
    capsys: pytest.CaptureFixture[str], form: log.Form
) -> None:
    log.set_up(0, form)
    try:
        _ = 1 / 0
    except ZeroDivisionError as error:
        structlog.get_logger().error("stage.failed", exc_info=error)
    found = capsys.readouterr().err

    assert "ZeroDivisionError" in found
    assert found.count("\n") == 1


def test_the_journal_gets_priorities_and_no_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "journal").open("w+") as stream:
        found = os.fstat(stream.fileno())
        monkeypatch.setattr("sys.stderr", stream)
        monkeypatch.setenv("JOURNAL_STREAM", f"{found.st_dev}:{found.st_ino}")
        log.set_up(0)
        structlog.get_logger().warning("feed.failed", feed="world")
        structlog.get_logger().error("stage.failed")
        stream.seek(0)
        lines = stream.read().splitlines()
    monkeypatch.undo()
    log.set_up(0)

    assert lines[0].startswith("<4>[warning")
    assert lines[1].startswith("<3>[error")


def test_another_stream_is_no_journal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "1:1")

    assert not said(capsys).startswith("<")


def test_what_is_not_asked_for_is_not_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, verbosity=-1) == ""
