"""Answers that are no news, and feeds that come in odd ways."""

from dataclasses import replace

import pytest

from tests.desk import Desk
from tests.pipeline.polls import PATH, show, validators
from tests.site import Answer, Site

MONDAY = "Mon, 16 Nov 2026 08:00:00 GMT"
TUESDAY = "Tue, 17 Nov 2026 08:00:00 GMT"


@pytest.fixture(autouse=True)
def _no_pages(desk: Desk) -> None:
    desk.articles = 'full_text = "never"'


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<html><head><title>Log in</title></head></html>", id="a page"),
        pytest.param(b"<?xml version='1.0'?><rss", id="a broken document"),
        pytest.param(b'{"items": 3}', id="another JSON"),
    ],
)
def test_nothing_is_kept_of_an_answer_that_is_no_feed(
    desk: Desk, site: Site, body: bytes
) -> None:
    show(site, "old", etag='"1"', modified=MONDAY)
    good = site.answers[PATH]
    desk.run()
    headers = {"ETag": '"page"', "Last-Modified": TUESDAY}
    site.answers[PATH] = Answer(body, 200, headers=headers)
    desk.run(all_feeds=True)

    again = desk.run(all_feeds=True)
    kept = validators(site)
    site.answers[PATH] = good
    after = desk.run(all_feeds=True)

    assert kept == ('"1"', MONDAY)
    assert len(again.failing) == 1  # its hash was not kept either
    assert (after.failing, after.new, desk.stories()) == ((), 0, [])


@pytest.mark.parametrize("status", [200, 204])
def test_an_empty_answer_changes_nothing(desk: Desk, site: Site, status: int) -> None:
    show(site, "old", etag='"1"')
    desk.run()
    site.answers[PATH] = Answer(b"", status, headers={"ETag": '"2"'})
    empty = desk.run(all_feeds=True)

    show(site, "old", "Airstrikes hit Aleppo", etag='"3"')
    desk.run(all_feeds=True)

    assert len(empty.failing) == 1
    assert validators(site) == ('"1"', None)
    assert desk.stories() == ["Airstrikes hit Aleppo"]


@pytest.mark.parametrize(
    "content_type", ["text/html", "text/plain", "application/octet-stream", ""]
)
def test_a_feed_is_read_whatever_type_it_is_served_as(
    desk: Desk, site: Site, content_type: str
) -> None:
    show(site, "old")
    answer = site.answers[PATH]
    site.answers[PATH] = replace(answer, content_type=content_type)

    report = desk.run()

    assert (report.failing, report.baseline) == ((), 1)


def test_an_answer_with_hundreds_of_headers_is_read(desk: Desk, site: Site) -> None:
    show(site, "old", **{f"X-Edge-{number}": "miss" for number in range(300)})

    report = desk.run()

    assert (report.failing, report.baseline) == ((), 1)
