"""One poll: what goes out, what comes back, what is kept of it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.conftest import StandingClock
from tests.desk import Desk
from tests.pipeline.polls import (
    PATH,
    RSS,
    health_of,
    in_one_process,
    show,
    validators,
)
from tests.pipeline.test_corners import run_with_thief
from tests.site import Answer, Item, Site, rss

MONDAY = "Mon, 16 Nov 2026 08:00:00 GMT"
TUESDAY = "Tue, 17 Nov 2026 08:00:00 GMT"
NOTHING = (None, None)
LONG = {"days": 1.0}


@pytest.fixture(autouse=True)
def _no_pages(desk: Desk) -> None:
    desk.articles = 'full_text = "never"'


# --- what goes out ---


class _Contacted(Desk):
    """A desk whose operator says how to be reached."""

    def text(self) -> str:
        contact = 'operator = "ops"\ncontact = "mailto:ops@desk.example"'
        return super().text().replace('operator = "ops"', contact)


def test_a_poll_says_who_asks_and_carries_nothing_else(desk: Desk, site: Site) -> None:
    contacted = _Contacted(desk.folder, site, desk.clock, desk.database)
    contacted.feeds = {"world": f"{site.url}{PATH}?lang=en"}

    contacted.run()

    ((path, sent),) = site.requests
    assert path == f"{PATH}?lang=en"
    assert set(sent) == {"Host", "User-Agent", "Accept", "Accept-Encoding"}
    assert sent["User-Agent"].startswith("monitor/")
    assert sent["User-Agent"].endswith(" (+mailto:ops@desk.example)")
    assert sent["Accept"].startswith("application/atom+xml, application/rss+xml")
    assert sent["Accept"].endswith(", */*;q=0.1")
    assert sent["Accept-Encoding"] == "gzip"


HOME = (
    b'<html><head><link rel="alternate" type="application/rss+xml" href="/real.xml">'
    b'<link rel="icon" href="/icon.png"></head><body>Home</body></html>'
)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer(rss("World", []), 200, RSS), id="a feed"),
        pytest.param(Answer(HOME), id="a page that declares a feed"),
        pytest.param(Answer(b"", 404), id="not found"),
        pytest.param(Answer(b"", 503), id="unavailable"),
    ],
)
def test_a_poll_is_one_request_whatever_comes_back(
    desk: Desk, site: Site, answer: Answer
) -> None:
    site.answers[PATH] = answer

    desk.run()

    assert [path for path, _ in site.requests] == [PATH]


def test_a_cookie_is_not_sent_at_the_next_poll(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    show(site, "old", **{"Set-Cookie": "id=1; Path=/; Max-Age=99999"})

    in_one_process(desk, lambda: None, lambda: clock.go_on(**LONG))

    assert site.hits(PATH) == 2
    assert not any("Cookie" in sent for _, sent in site.requests)


def test_neither_proxies_nor_passwords_of_the_environment_are_used(
    desk: Desk, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".netrc").write_text("default login a password b\n", "utf-8")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    show(site, "old")

    report = desk.run()

    assert (report.failing, report.baseline) == ((), 1)
    assert "Authorization" not in site.requests[0][1]


# --- validators ---


def test_both_validators_are_replaced_though_the_body_is_the_same(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    show(site, "old", etag='"1"', modified=MONDAY)
    desk.run()
    show(site, "old", etag='"2"', modified=TUESDAY)
    clock.go_on(**LONG)
    desk.run()

    clock.go_on(**LONG)
    desk.run()

    assert validators(site) == ('"2"', TUESDAY)


@pytest.mark.parametrize("titles", [("old",), ("old", "new")])
@pytest.mark.parametrize(
    ("etag", "modified", "kept"),
    [
        ('"2"', "", ('"2"', None)),
        ("", TUESDAY, (None, TUESDAY)),
        ("", "", NOTHING),
    ],
)
def test_a_validator_that_is_no_longer_sent_is_forgotten(
    desk: Desk,
    site: Site,
    titles: tuple[str, ...],
    etag: str,
    modified: str,
    kept: tuple[str | None, str | None],
) -> None:
    show(site, "old", etag='"1"', modified=MONDAY)
    show_now = [
        lambda: None,
        lambda: show(site, *titles, etag=etag, modified=modified),
        lambda: None,
    ]

    in_one_process(desk, *show_now, all_feeds=True)

    assert validators(site) == kept


@pytest.mark.parametrize(
    ("headers", "kept"),
    [
        ({}, ('"1"', MONDAY)),
        ({"ETag": '"2"'}, ('"2"', MONDAY)),
        ({"Last-Modified": TUESDAY}, ('"1"', TUESDAY)),
        ({"ETag": '"2"', "Last-Modified": TUESDAY}, ('"2"', TUESDAY)),
    ],
)
def test_a_304_replaces_the_validators_that_it_names_and_no_others(
    desk: Desk, site: Site, headers: dict[str, str], kept: tuple[str, str]
) -> None:
    show(site, "old", etag='"1"', modified=MONDAY)
    desk.run()
    site.answers[PATH] = Answer(b"", 304, headers=headers)
    desk.run(all_feeds=True)

    report = desk.run(all_feeds=True)

    assert validators(site) == kept
    assert report.failing == ()


def test_a_304_nobody_asked_for_is_a_failure(desk: Desk, site: Site) -> None:
    site.answers[PATH] = Answer(b"", 304, headers={"ETag": '"1"'})

    first = desk.run()
    show(site, "old", etag='"2"')
    second = desk.run(all_feeds=True)

    assert "nothing had been asked" in first.failing[0].error
    assert validators(site) == NOTHING
    assert second.baseline == 1


def test_a_304_ends_a_failure(desk: Desk, site: Site, clock: StandingClock) -> None:
    show(site, "old", etag='"1"')
    desk.run()
    good = site.answers[PATH]
    site.answers[PATH] = Answer(b"", 500)
    clock.go_on(**LONG)
    failed = desk.run()

    site.answers[PATH] = good
    clock.go_on(**LONG)
    recovered = desk.run()
    again = desk.run()

    assert (len(failed.failing), recovered.failing) == (1, ())
    assert validators(site) == ('"1"', None)
    assert again.polled == 0
    assert health_of(desk).since == clock.now() - timedelta(seconds=2)


@pytest.mark.parametrize(
    "setting",
    [
        {"world.user_agent": "Reader/1"},
        {"world.headers.X-Key.file": "key"},
        {"world.auth.user": "ana", "world.auth.password.file": "key"},
    ],
)
def test_validators_are_dropped_when_the_feed_is_asked_otherwise(
    desk: Desk, site: Site, setting: dict[str, str]
) -> None:
    (desk.folder / "key").write_text("secret", "utf-8")
    show(site, "old", etag='"1"', modified=MONDAY)
    desk.run()

    desk.feeds = {"world.url": f"{site.url}{PATH}", **setting}
    desk.run(all_feeds=True)
    dropped = validators(site)
    desk.run(all_feeds=True)

    assert dropped == NOTHING
    assert validators(site) == ('"1"', MONDAY)


def test_validators_are_dropped_when_a_password_changes(desk: Desk, site: Site) -> None:
    key = desk.folder / "key"
    key.write_text("secret", "utf-8")
    desk.feeds = {
        "world.url": f"{site.url}{PATH}",
        "world.headers.X-Key.file": "key",
    }
    show(site, "old", etag='"1"')
    desk.run()

    desk.run(all_feeds=True)
    kept = validators(site)
    key.write_text("another", "utf-8")
    desk.run(all_feeds=True)

    assert kept == ('"1"', None)
    assert validators(site) == NOTHING


@pytest.mark.parametrize(
    "setting", [{}, {"world.every": "1h"}, {"world.outlet": "The World"}]
)
def test_validators_stay_when_the_feed_is_asked_as_before(
    desk: Desk, site: Site, setting: dict[str, str]
) -> None:
    show(site, "old", etag='"1"', modified=MONDAY)
    desk.run()

    desk.feeds = {"world.url": f"{site.url}{PATH}", **setting}
    desk.run(all_feeds=True)

    assert validators(site) == ('"1"', MONDAY)


def test_validators_stay_as_they_were_when_a_document_cannot_be_stored(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    show(site, "old", etag='"1"')
    desk.run()
    show(site, "old", "Airstrikes hit Aleppo", etag='"2"')
    run_with_thief(desk, "_commit_poll", "host")

    clock.go_on(**LONG)
    desk.run()

    assert validators(site) == ('"1"', None)
    assert desk.stories() == ["Airstrikes hit Aleppo"]


def test_asking_for_all_feeds_still_sends_validators(desk: Desk, site: Site) -> None:
    show(site, "old", etag='"1"', modified=MONDAY)
    desk.run()

    desk.run(all_feeds=True)

    assert validators(site) == ('"1"', MONDAY)


# --- servers that say "not modified" for ever ---


def test_after_a_week_of_not_modified_all_is_asked_for_once(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    show(site, "old", etag='"1"')
    sent = []

    def after(days: float) -> None:
        sent.append(site.requests[-1][1].get("If-None-Match") if site.requests else "")
        clock.go_on(days=days)

    steps = [0.0, 2, 2, 2.9, 0.2, 2, 0]
    in_one_process(desk, *[lambda d=d: after(d) for d in steps])

    assert sent == ["", None, '"1"', '"1"', '"1"', None, '"1"']


def test_a_server_whose_304s_were_untrue_gets_no_validators_any_more(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    show(site, "old", etag='"1"')
    desk.run()
    hidden = Item(guid="1", title="Airstrikes hit Aleppo", published=clock.now())
    body = rss("World", [hidden, Item(guid="old", title="old")])
    site.answers[PATH] = replace(site.answers[PATH], body=body)
    clock.go_on(days=4)
    desk.run()
    silent = desk.stories()

    clock.go_on(days=4)
    desk.run()
    found = desk.stories()
    clock.go_on(days=1)
    desk.run()

    assert (silent, found) == ([], ["Airstrikes hit Aleppo"])
    assert [sent.get("If-None-Match") for _, sent in site.requests] == [
        None, '"1"', None, None,
    ]  # fmt: skip
