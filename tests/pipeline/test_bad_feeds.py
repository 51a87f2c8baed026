"""A bad feed has its state, and the others are not affected."""

import asyncio
import gzip
import socket

import pytest

from monitor.config import loads
from monitor.daemon import Daemon, build
from monitor.storage.overview import Report
from tests.conftest import StandingClock
from tests.desk import Desk
from tests.pipeline.test_way import publish
from tests.site import Answer, Site

BAD = {
    "not found": (Answer(b"", 404), "HTTP 404"),
    "an error": (Answer(b"", 500), "HTTP 500"),
    "a web page": (
        Answer(b"<html><head><title>Parked</title></head></html>"),
        'a web page titled "Parked" instead of a feed',
    ),
    "empty": (Answer(b"", 200), "the answer is empty"),
    "no feed at all": (Answer(b"<<<>>>&&&"), "neither RSS, Atom nor JSON Feed"),
    "huge": (Answer(b"x" * 300_000), "larger than 200,000 bytes"),
    "a bomb": (
        Answer(gzip.compress(b" " * 30_000_000), headers={"Content-Encoding": "gzip"}),
        "larger than 200,000 bytes",
    ),
    "no gzip": (
        Answer(b"no", headers={"Content-Encoding": "gzip"}),
        "not what it says",
    ),
    "a loop": (Answer(b"", 302, headers={"Location": "/bad.xml"}), "circles"),
    "a file": (Answer(b"", 302, headers={"Location": "file:///etc/passwd"}), "refused"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_feed_says_why_and_the_good_one_is_read(
    kind: str, desk: Desk, site: Site
) -> None:
    desk.feeds = {"good": f"{site.url}/feed.xml", "bad": f"{site.url}/bad.xml"}
    desk.articles = 'full_text = "never"'
    answer, reason = BAD[kind]
    site.answers["/bad.xml"] = answer
    text = desk.text().replace('timeout = "2s"', 'timeout = "2s"\nmax_body = "200kB"')
    publish(site, range(2))

    report = _run(build(loads(text, desk.folder / "c.toml"), desk.clock))

    assert report.baseline == 2
    assert [bad.feed for bad in report.failing] == ["bad"]
    assert reason in report.failing[0].error


def _run(daemon: Daemon) -> Report:
    async def once() -> Report:
        await daemon.open()
        try:
            return await daemon.check_once()
        finally:
            await daemon.close()

    return asyncio.run(once())


def test_a_server_that_never_answers_ends_at_the_deadline(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        desk.feeds = {"silent": f"http://127.0.0.1:{silent.getsockname()[1]}/x"}
        report = desk.run()

    assert "no full answer within 2 s" in report.failing[0].error


def test_a_failing_feed_backs_off_and_recovers(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    site.answers["/feed.xml"] = Answer(b"", 500)
    for _ in range(4):
        desk.run()
        clock.go_on(minutes=30)
    polled_while_failing = site.hits("/feed.xml")

    publish(site, range(2))
    clock.go_on(days=1)
    report = desk.run()

    assert polled_while_failing == 3
    assert (report.failing, report.baseline) == ((), 2)


def test_retry_after_is_kept_even_when_all_feeds_are_asked_for(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    site.answers["/feed.xml"] = Answer(b"", 429, headers={"Retry-After": "600"})
    desk.run()

    clock.go_on(minutes=9)
    desk.run(all_feeds=True)
    assert site.hits("/feed.xml") == 1

    clock.go_on(minutes=2)
    desk.run(all_feeds=True)
    assert site.hits("/feed.xml") == 2


def test_validators_go_out_as_they_came_and_a_304_is_a_good_poll(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    publish(site, range(2))
    desk.run()

    clock.go_on(hours=7)
    report = desk.run()

    sent = site.requests[-1][1]["If-None-Match"]
    assert sent == site.answers["/feed.xml"].headers["ETag"]
    assert (report.polled, report.failing) == (1, ())


def test_the_same_body_again_replaces_the_validators(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    publish(site, range(2))
    desk.run()
    site.answers["/feed.xml"].headers["ETag"] = '"other"'
    clock.go_on(hours=7)
    desk.run()

    clock.go_on(hours=7)
    desk.run()

    assert site.requests[-1][1]["If-None-Match"] == '"other"'


def test_only_the_named_feed_is_polled(desk: Desk, site: Site) -> None:
    desk.feeds = {"a": f"{site.url}/a.xml", "b": f"{site.url}/b.xml"}
    for name in ("a", "b"):
        site.feed(f"/{name}.xml", name, [])

    report = desk.run(only_feed="a")

    assert report.polled == 1
    assert (site.hits("/a.xml"), site.hits("/b.xml")) == (1, 0)


def test_private_networks_are_refused_by_default(desk: Desk, site: Site) -> None:
    text = desk.text().replace("private_networks = true", "private_networks = false")
    publish(site, range(1))

    report = _run(build(loads(text, desk.folder / "c.toml"), desk.clock))

    assert "not a public address" in report.failing[0].error
    assert site.requests == []


def test_a_feed_rests_for_as_long_as_its_answer_is_fresh(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    desk.feeds = {"world": f"{site.url}/feed.xml"}
    every = desk.text().replace("[feeds]\nworld", "[feeds.world]\nevery = '5m'\nurl")
    publish(site, range(2))
    site.answers["/feed.xml"].headers["Cache-Control"] = "max-age=3600"
    config = loads(every, desk.folder / "c.toml")

    _run(build(config, clock))
    clock.go_on(minutes=50)
    _run(build(config, clock))
    early = site.hits("/feed.xml")
    clock.go_on(minutes=11)
    _run(build(config, clock))
    # A 304 that says nothing keeps the time that the last answer gave.
    site.answers["/feed.xml"].headers.pop("Cache-Control")
    clock.go_on(minutes=61)
    _run(build(config, clock))
    clock.go_on(minutes=30)
    _run(build(config, clock))

    assert (early, site.hits("/feed.xml")) == (1, 3)
