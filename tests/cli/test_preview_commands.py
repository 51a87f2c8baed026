"""preview --through and --open, and replay."""

import json
import webbrowser
from pathlib import Path

import pytest

from tests.cli.conftest import Monitor, answer
from tests.desk import Desk
from tests.pipeline.test_digests import tell
from tests.site import Site

AT = ("--at", "2026-11-22T12:30:00Z")
DAY = ("--from", "2026-11-22", "--to", "2026-11-23")
SLACK = """
[channels.chat]
type = "slack"
webhook = "https://hooks.example/x"
"""


@pytest.fixture
def waiting(desk: Desk, site: Site) -> Desk:
    """A desk for which one story waits."""
    desk.digest = "daily 18:00"
    desk.send_to = ("log", "chat")
    desk.more = SLACK
    tell(site, "old")
    desk.write()
    desk.run()
    tell(site, "old", "Airstrikes hit Aleppo")
    desk.run(all_feeds=True)
    return desk


@pytest.mark.usefixtures("waiting")
def test_a_preview_shows_what_a_channel_would_get(monitor: Monitor) -> None:
    result = monitor(*AT, "preview", "desk", "--through", "chat")

    assert json.loads(result.output)["text"].startswith("aleppo: 1 story")
    assert "--- to webhook ---" in result.stderr


@pytest.mark.usefixtures("waiting")
def test_a_channel_that_is_not_the_subscribers_is_refused(monitor: Monitor) -> None:
    result = monitor(*AT, "preview", "desk", "--through", "mail")

    assert result.exit_code == 2
    assert "desk has no channel 'mail'; it has log, chat" in result.stderr


@pytest.mark.usefixtures("waiting")
@pytest.mark.parametrize("there", [True, False])
def test_a_preview_opens_in_the_browser(
    monitor: Monitor,
    monkeypatch: pytest.MonkeyPatch,
    there: bool,
) -> None:
    opened: list[str] = []

    def browser(url: str) -> bool:
        opened.append(url)
        return there

    monkeypatch.setattr(webbrowser, "open", browser)

    output = monitor(*AT, "preview", "desk", "--open").output

    page = Path(opened[0].removeprefix("file://")).read_text("utf-8")
    assert opened[0].startswith("file:///")
    assert [f">{one}</option>" in page for one in ("en", "tr", "ar")] == [True] * 3
    assert ">chat webhook</option>" in page
    assert "&lt;html lang=&#34;ar&#34; dir=&#34;rtl&#34;&gt;" in page
    assert ("There is no browser here" in output) is not there


# --- replay ---


@pytest.fixture
def told(desk: Desk, site: Site) -> Desk:
    """A desk that was told one story."""
    tell(site, "old")
    desk.write()
    desk.run()
    tell(site, "old", "Airstrikes hit Aleppo")
    desk.run(all_feeds=True)
    return desk


def test_a_past_digest_is_replayed_byte_for_byte(monitor: Monitor, told: Desk) -> None:
    result = monitor(*AT, "replay", "--subscriber", "desk", *DAY)

    assert result.output.encode() == (told.folder / "told.jsonl").read_bytes()
    assert "Airstrikes hit Aleppo · aleppo / log" in result.stderr
    assert "/ sent ---" in result.stderr


@pytest.mark.usefixtures("told")
def test_a_replay_may_be_of_one_channel(monitor: Monitor) -> None:
    found = answer(
        monitor(
            *AT, "--json", "replay", "--subscriber", "desk", *DAY, "--channel", "log"
        )
    )

    (one,) = found["deliveries"]
    assert (one["channel"], one["state"]) == ("log", "sent")


@pytest.mark.usefixtures("told")
def test_a_time_without_digests_is_said(monitor: Monitor) -> None:
    result = monitor(
        *AT,
        "replay",
        "--subscriber",
        "desk",
        "--from",
        "2026-11-01",
        "--to",
        "2026-11-02",
    )

    assert result.exit_code == 1
    assert result.output == "Nothing was made for desk in that time.\n"


@pytest.mark.usefixtures("told")
def test_a_time_that_is_none_is_refused(monitor: Monitor) -> None:
    result = monitor(
        "replay", "--subscriber", "desk", "--from", "noon", "--to", "2026-11-23"
    )

    assert result.exit_code == 2
