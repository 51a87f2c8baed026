"""The pages behind the links of a digest, asked as a browser and a mail program would."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from monitor.daemon import Daemon
from monitor.text.links import Recipient, token
from monitor.web.app import app
from tests.conftest import StandingClock
from tests.desk import Desk, mail_server
from tests.pipeline.test_digests import tell
from tests.site import Site

MAIL = """
[web]
base_url = "https://news.example.org"

[channels.mail]
type = "email"
to = ["ana@example.org"]

[smtp]
host = "127.0.0.1"
port = {port}
tls = "none"
from = "News monitor <monitor@example.org>"
"""
Ask = Callable[[httpx.AsyncClient, str], object]


@pytest.fixture
def desk(site: Site, tmp_path: Path, clock: StandingClock, sqlite_url: str) -> Desk:
    """A desk that was told one story by mail."""
    desk = Desk(folder=tmp_path, site=site, clock=clock, database=sqlite_url)
    desk.send_to = ("mail",)
    with mail_server() as (mailbox, port):
        desk.more = MAIL.format(port=port)
        tell(site, "old")
        desk.run()
        tell(site, "old", "Airstrikes hit <b>Aleppo</b>")
        desk.run(all_feeds=True)
        (_, message), *_ = mailbox.messages
        (folder := tmp_path / "mail.eml").write_bytes(message.as_bytes())
        assert folder.exists()
    return desk


def mail(desk: Desk) -> str:
    return (desk.folder / "mail.eml").read_text("utf-8")


def asked(desk: Desk, *requests: tuple[str, str, str]) -> list[httpx.Response]:
    """The answers to some requests: method, path with {token}, body."""

    async def ask() -> list[httpx.Response]:
        daemon = desk.daemon()
        try:
            await daemon.open()
            return [await _one(daemon, *request) for request in requests]
        finally:
            await daemon.close()

    return asyncio.run(ask())


async def _one(daemon: Daemon, method: str, path: str, body: str) -> httpx.Response:
    who = Recipient(subscriber="desk", channel="mail", target="ana@example.org")
    transport = httpx.ASGITransport(app=app(daemon.context))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.request(
            method,
            path.replace("{token}", token(daemon.context.key, who)),
            content=body,
            headers={"content-type": "application/x-www-form-urlencoded"},
        )


def again(desk: Desk, site: Site, title: str) -> int:
    """How many messages arrive when there is more to tell."""
    with mail_server() as (mailbox, port):
        desk.more = MAIL.format(port=port)
        tell(site, "old", "Airstrikes hit <b>Aleppo</b>", title)
        desk.clock.go_on(minutes=40)
        desk.run(all_feeds=True)
        return len(mailbox.messages)


def test_a_mail_carries_the_headers_of_one_click(desk: Desk) -> None:
    text = mail(desk)

    (url,) = re.findall(r"^List-Unsubscribe:\s+<(\S+)>$", text, re.MULTILINE)
    assert url.startswith("https://news.example.org/unsubscribe/")
    assert "\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\n" in text
    assert "recipient-token-stands-here" not in text


def test_one_click_stops_it_without_a_question(desk: Desk, site: Site) -> None:
    (answer,) = asked(
        desk, ("POST", "/unsubscribe/{token}", "List-Unsubscribe=One-Click")
    )

    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert again(desk, site, "More airstrikes near Aleppo airport") == 0


def test_a_link_that_is_only_opened_changes_nothing(desk: Desk, site: Site) -> None:
    paths = ("/unsubscribe/{token}", "/subscription/{token}")
    answers = asked(desk, *[("GET", path, "") for path in paths])

    assert [a.status_code for a in answers] == [200, 200]
    assert "<button" in answers[0].text
    assert again(desk, site, "Judges reopen the file of an Aleppo airstrike") == 1


def test_a_pause_keeps_what_comes_meanwhile(desk: Desk, site: Site) -> None:
    (answer,) = asked(desk, ("POST", "/subscription/{token}", "action=week"))
    held = again(desk, site, "Judges reopen the file of an Aleppo airstrike")
    asked(desk, ("POST", "/subscription/{token}", "action=resume"))

    assert "Paused until" in answer.text
    assert held == 0
    assert again(desk, site, "Judges reopen the file of an Aleppo airstrike") == 1


def test_who_stopped_may_begin_again(desk: Desk, site: Site) -> None:
    stopped, begun = asked(
        desk,
        ("POST", "/subscription/{token}", "action=stop"),
        ("POST", "/subscription/{token}", "action=begin"),
    )

    assert "unsubscribed" in stopped.text
    assert "Begin again" not in begun.text
    assert again(desk, site, "Judges reopen the file of an Aleppo airstrike") == 1


def story_path(desk: Desk) -> str:
    found = re.search(r"/story/(\w+)/", mail(desk).replace("=\n", ""))
    assert found is not None
    return f"/story/{found[1]}/{{token}}"


def test_a_story_can_be_muted_and_told_again(desk: Desk) -> None:
    path = story_path(desk)
    first, muted, back = asked(
        desk,
        ("GET", path, ""),
        ("POST", path, "action=mute"),
        ("POST", path, "action=unmute"),
    )

    assert "Mute this story" in first.text
    assert "hears nothing more" in muted.text
    assert "Mute this story" in back.text


def test_a_story_of_no_use_is_noted_for_whoever_keeps_the_rules(desk: Desk) -> None:
    (answer,) = asked(desk, ("POST", story_path(desk), "action=irrelevant"))

    assert "Noted as not relevant" in answer.text


def test_a_title_is_text_on_a_page(desk: Desk) -> None:
    (answer,) = asked(desk, ("GET", story_path(desk), ""))

    assert "<b>" not in answer.text


def test_a_digest_is_shown_as_it_was_sent(desk: Desk) -> None:
    found = re.search(r"/digest/(\w+)/", mail(desk).replace("=\n", ""))
    assert found is not None
    shown, none = asked(
        desk,
        ("GET", f"/digest/{found[1]}/{{token}}", ""),
        ("GET", "/digest/nothing/{token}", ""),
    )

    assert "Why you got this" in shown.text
    assert none.status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/unsubscribe/forged.token",
        "/subscription/x",
        "/story/s/x",
        "/story/none/{token}",
        "/digest/d/x",
        "/admin",
    ],
)
def test_what_nobody_may_see_is_not_there(desk: Desk, path: str) -> None:
    (answer,) = asked(desk, ("GET", path, ""))

    assert answer.status_code == 404


def test_pages_load_nothing_from_elsewhere_and_stay_out_of_caches(desk: Desk) -> None:
    answer, style = asked(
        desk, ("GET", "/subscription/{token}", ""), ("GET", "/style.css", "")
    )

    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "<script" not in answer.text
    assert "http" not in re.sub(r"http-equiv", "", answer.text.partition("<body>")[0])
    assert "prefers-color-scheme: dark" in style.text


def test_an_unknown_action_does_nothing(desk: Desk, site: Site) -> None:
    asked(
        desk,
        ("POST", "/subscription/{token}", "action=delete-everything&" + "x" * 9_000),
        ("POST", story_path(desk), "action=publish"),
    )

    assert again(desk, site, "Judges reopen the file of an Aleppo airstrike") == 1
