"""Feeds in trouble: what is said of them, how often, and when they are asked again."""

from dataclasses import dataclass, replace

import pytest

from monitor import log
from monitor.cli import execute
from monitor.daemon import Daemon
from monitor.errors import WorkerTimeout
from monitor.feeds.health import State
from tests.conftest import StandingClock
from tests.desk import Desk
from tests.pipeline.polls import (
    PATH,
    act_with,
    health_of,
    line_of,
    show,
    subjects,
    validators,
)
from tests.site import Answer, Site

NEWS = "Airstrikes hit Aleppo"


@pytest.fixture(autouse=True)
def _no_pages(desk: Desk) -> None:
    desk.articles = 'full_text = "never"'


# --- kinds of trouble ---


def test_a_410_is_confirmed_a_day_later_told_once_and_asked_weekly(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    site.answers[PATH] = Answer(b"", 410)
    desk.run()
    clock.go_on(hours=5)
    desk.run()
    before = health_of(desk).state, subjects(desk)

    clock.go_on(hours=20)
    desk.run()
    after = health_of(desk).state, subjects(desk)
    hits = []
    for days in (6, 3, 6, 3):
        clock.go_on(days=days)
        desk.run()
        hits.append(site.hits(PATH))

    assert before == (State.FAILING, [])
    assert after == (State.GONE, ['feed "world" is gone'])
    assert hits == [3, 4, 4, 5]
    assert subjects(desk) == ['feed "world" is gone']


def test_a_feed_that_was_gone_and_came_back_is_read(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    site.answers[PATH] = Answer(b"", 410)
    desk.run()
    clock.go_on(days=2)
    desk.run()

    show(site, "old")
    clock.go_on(days=9)
    report = desk.run()

    assert report.baseline == 1
    assert subjects(desk) == ['feed "world" is gone', 'feed "world" is well again']


def test_a_404_is_never_called_gone(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    show(site, "old")
    desk.run()
    site.answers[PATH] = Answer(b"", 404)
    for _ in range(3):
        clock.go_on(days=2)
        desk.run()

    show(site, "old", NEWS)
    found = health_of(desk)
    clock.go_on(days=2)
    desk.run()

    assert found.state is State.FAILING
    assert found.facts == "HTTP 404: the address may have changed"
    assert desk.stories() == [NEWS]


def test_a_bot_challenge_has_a_state_of_its_own(desk: Desk, site: Site) -> None:
    headers = {"cf-mitigated": "challenge"}
    site.answers[PATH] = Answer(b"<html>Just a moment", 403, headers=headers)

    desk.run()

    found = health_of(desk)
    assert found.state is State.BLOCKED
    assert found.facts == "HTTP 403: a bot protection wants to see a browser"


def test_a_web_page_instead_of_a_feed_has_a_state_of_its_own(
    desk: Desk, site: Site
) -> None:
    show(site, "old")
    desk.run()
    site.answers[PATH] = Answer(b"<html><head><title>Log in</title></head></html>")

    desk.run(all_feeds=True)

    found = health_of(desk)
    assert found.state is State.NOT_A_FEED
    assert found.facts == 'a web page titled "Log in" instead of a feed'


def test_a_json_feed_that_says_it_expired_is_gone(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    body = b'{"version": "https://jsonfeed.org/version/1.1", "title": "J", '
    body += b'"expired": true, "items": [{"id": "1", "title": "old"}]}'
    site.answers[PATH] = Answer(body, content_type="application/feed+json")

    desk.run()
    clock.go_on(hours=25)
    desk.run(all_feeds=True)

    assert health_of(desk).state is State.GONE


@dataclass(frozen=True, slots=True)
class _Held:
    """Workers whose task was killed at its deadline."""

    async def run(self, *_: object) -> object:
        raise WorkerTimeout("parse")

    def close(self) -> None:
        """There is nothing to close."""


def test_a_document_that_holds_the_parser_is_the_trouble_of_its_feed_alone(
    desk: Desk, site: Site
) -> None:
    show(site, "old", etag='"1"')
    desk.run()
    show(site, "old", NEWS, etag='"2"')

    async def act(daemon: Daemon) -> list[str]:
        daemon.context.workers.close()
        daemon.context = replace(daemon.context, workers=_Held())  # type: ignore[arg-type]  # stands in for some
        report = await daemon.check_once(all_feeds=True)
        return [bad.error for bad in report.failing]

    errors = act_with(desk, act)
    desk.run(all_feeds=True)

    assert errors == ["the document took longer than 10 s to read"]
    assert validators(site) == ('"1"', None)
    assert desk.stories() == [NEWS]


def test_a_feed_whose_certificate_does_not_count_is_shown_as_such(
    desk: Desk,
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    desk.more = f'\n[feeds.lax]\nurl = "{site.url}/lax.xml"\nverify = false\n'
    show(site, "old")
    show(site, "old", path="/lax.xml")
    desk.write()
    desk.run()
    monkeypatch.chdir(desk.folder)

    execute(("feeds", "health", "lax"))

    assert "verify" in capsys.readouterr().out


# --- gaps ---


def test_a_possible_gap_is_in_the_digest_and_in_the_health_of_its_feed(
    desk: Desk,
    site: Site,
    clock: StandingClock,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    desk.write()
    show(site, "old")
    desk.run()
    clock.go_on(hours=6)
    seen_at = clock.now()

    show(site, *[f"{NEWS} {number}" for number in range(5)])
    desk.run()
    monkeypatch.chdir(desk.folder)
    status = execute(("--at", "2026-11-22T18:10:00Z", "feeds", "health"))

    gap = {"feed": "world", "at": seen_at.isoformat(), "up_to": 5}
    assert {str(told["coverage"]["gaps"]) for told in desk.told()} == {str([gap])}
    assert status == 0
    out = capsys.readouterr().out
    assert "world: possible gap since Sun 22 Nov 18:00" in out
    assert "5 entries at once, none of them known" in out
    assert "set every =" in out


def test_a_document_that_still_shows_an_old_entry_is_no_gap(
    desk: Desk, site: Site
) -> None:
    show(site, "old")
    desk.run()

    show(site, "old", *[f"{NEWS} {number}" for number in range(5)])
    desk.run(all_feeds=True)

    assert line_of(desk).gap_at is None
    assert all(told["coverage"]["gaps"] == [] for told in desk.told())


# --- what must not be seen ---


def everything_said(desk: Desk, capsys: pytest.CaptureFixture[str]) -> str:
    """All that people get to see of a desk's feeds."""
    for words in (("list",), ("health",), ("health", "world")):
        execute(("feeds", *words))
        execute(("--json", "feeds", *words))
    execute(("status",))
    shown = capsys.readouterr()
    return f"{shown.out}{shown.err}{desk.notices()}{desk.told()}"


def secretive(desk: Desk, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A desk with a password in the address of its feed."""
    log.set_up(2)
    desk.feeds = {"world": f"{site.url.replace('//', '//ana:swordfish@')}{PATH}"}
    desk.write()
    monkeypatch.chdir(desk.folder)


def test_the_password_of_a_failing_feed_is_shown_nowhere(
    desk: Desk,
    site: Site,
    clock: StandingClock,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    secretive(desk, site, monkeypatch)
    site.answers[PATH] = Answer(b"", 302, headers={"Location": PATH})
    for _ in range(3):
        desk.run()
        clock.go_on(hours=9)

    said = everything_said(desk, capsys)

    assert len(desk.notices()) == 1
    assert "round in circles" in said
    assert "swordfish" not in said


def test_the_password_of_a_feed_that_moved_is_shown_nowhere(
    desk: Desk,
    site: Site,
    clock: StandingClock,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    secretive(desk, site, monkeypatch)
    site.answers[PATH] = Answer(b"", 301, headers={"Location": "/new.xml"})
    show(site, "old", path="/new.xml")
    for _ in range(5):
        desk.run()
        clock.go_on(days=1)

    said = everything_said(desk, capsys)

    assert len(desk.notices()) == 1
    assert "moved" in said
    assert "swordfish" not in said
