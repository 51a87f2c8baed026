"""Feeds that lead elsewhere: followed at once, moved only when it lasts."""

from collections.abc import Iterable

import pytest

from monitor.feeds.health import State
from tests.desk import Desk
from tests.pipeline.polls import (
    PATH,
    health_of,
    in_one_process,
    line_of,
    show,
    subjects,
)
from tests.site import Answer, Site

NEWS = "Airstrikes hit Aleppo"
NEW = "/new.xml"
MOVED = 'feed "world" has moved'
FIVE_DAYS = (0, 1, 1, 1, 1)


@pytest.fixture(autouse=True)
def _no_pages(desk: Desk) -> None:
    desk.articles = 'full_text = "never"'


def leads(site: Site, *hops: int, path: str = PATH, to: str = NEW) -> None:
    """Put a chain of redirects with these statuses under a path."""
    places = [path, *(f"/hop{number}" for number in range(1, len(hops))), to]
    for status, here, there in zip(hops, places, places[1:], strict=False):
        site.answers[here] = Answer(b"", status, headers={"Location": there})


def poll_after(desk: Desk, days: Iterable[float]) -> None:
    """Poll what is due after each of these waits."""
    steps = [lambda d=d: desk.clock.go_on(days=d) for d in days]
    in_one_process(desk, *steps)


def moved(desk: Desk, site: Site) -> None:
    """A feed whose old address has led to the new one for long enough."""
    leads(site, 301)
    show(site, "old", path=NEW, etag='"1"')
    poll_after(desk, FIVE_DAYS)


# --- when it lasts ---


@pytest.mark.parametrize("hops", [(301,), (308,), (301, 308, 301)])
def test_a_lasting_permanent_redirect_moves_a_feed(
    desk: Desk, site: Site, hops: tuple[int, ...]
) -> None:
    leads(site, *hops)
    show(site, "old", path=NEW, etag='"1"')
    poll_after(desk, FIVE_DAYS[:-1])
    before = line_of(desk).moved_url, site.hits(PATH), subjects(desk)

    poll_after(desk, [1])
    after = line_of(desk).moved_url, site.hits(PATH), subjects(desk)
    show(site, "old", NEWS, path=NEW, etag='"2"')
    poll_after(desk, [1, 1])

    assert before == ("", 4, [])
    assert after == (f"{site.url}{NEW}", 5, [MOVED])
    assert (site.hits(PATH), site.hits(NEW)) == (5, 7)
    assert desk.stories() == [NEWS]
    assert subjects(desk) == [MOVED]
    assert f"{site.url}{NEW} from now on" in desk.notices()[0]


def test_a_feed_that_moved_says_what_to_do(desk: Desk, site: Site) -> None:
    moved(desk, site)

    found = health_of(desk)

    assert found.state is State.MOVED
    assert found.facts == f"to {site.url}{NEW}"
    assert found.advice == "write the new address into the configuration"


def test_a_feed_with_its_new_address_in_the_configuration_goes_on(
    desk: Desk, site: Site
) -> None:
    moved(desk, site)
    desk.feeds = {"world": f"{site.url}{NEW}"}
    show(site, "old", NEWS, path=NEW)

    report = desk.run()

    assert (report.baseline, desk.stories()) == (0, [NEWS])
    assert health_of(desk).state is State.OK


def test_a_feed_whose_entries_all_look_new_at_its_new_address_tells_nothing_twice(
    desk: Desk, site: Site
) -> None:
    show(site, NEWS)
    body = site.answers[PATH].body
    guids = [f"{site.url}/posts/{number}" for number in range(6)]

    def document(host: str) -> bytes:
        items = "".join(
            f"<item><guid>{guid.replace(site.url, host)}</guid>"
            f"<title>{NEWS} {guid[-1]}</title></item>"
            for guid in guids
        )
        return body[: body.index(b"<item>")] + f"{items}</channel></rss>".encode()

    site.answers[PATH] = Answer(document("https://old.example"))
    desk.run()

    desk.feeds = {"world": f"{site.url}{NEW}"}
    site.answers[NEW] = Answer(document("https://new.example"))
    report = desk.run()

    assert (report.new, report.baseline, desk.stories()) == (0, 0, [])


# --- when it does not ---


def test_many_polls_on_one_day_do_not_move_a_feed(desk: Desk, site: Site) -> None:
    leads(site, 301)
    show(site, "old", path=NEW)

    for _ in range(7):
        desk.run(all_feeds=True)

    assert line_of(desk).moved_url == ""
    assert (site.hits(PATH), subjects(desk)) == (7, [])


@pytest.mark.parametrize("hops", [(302,), (303,), (307,), (301, 302), (307, 308)])
def test_a_redirect_with_a_temporary_hop_never_moves_a_feed(
    desk: Desk, site: Site, hops: tuple[int, ...]
) -> None:
    leads(site, *hops)
    show(site, "old", path=NEW)

    poll_after(desk, [*FIVE_DAYS, 1, 1])

    assert line_of(desk).moved_url == ""
    assert (site.hits(PATH), site.hits(NEW)) == (7, 7)
    assert subjects(desk) == []


def test_a_redirect_to_a_web_page_moves_nothing(desk: Desk, site: Site) -> None:
    show(site, "old")
    desk.run()
    leads(site, 301, to="/login")
    site.answers["/login"] = Answer(b"<html><head><title>Log in</title></head></html>")

    poll_after(desk, [1, 2, 2, 2, 2, 2])

    found = health_of(desk)
    assert found.state is State.NOT_A_FEED
    assert (line_of(desk).moved_url, line_of(desk).redirect_url) == ("", "")
    assert site.hits(PATH) == site.hits("/login") + 1 == 7


def test_a_feed_whose_new_address_fails_is_asked_at_the_old_one(
    desk: Desk, site: Site
) -> None:
    moved(desk, site)
    show(site, "old", NEWS)
    site.answers[NEW] = Answer(b"", 404)

    poll_after(desk, [2] * 5)
    gave_up = site.hits(PATH), line_of(desk).moved_url
    poll_after(desk, [2, 2])

    assert gave_up == (5, "")
    assert (site.hits(PATH), site.hits(NEW)) == (7, 10)
    assert desk.stories() == [NEWS]


def test_four_failures_at_the_new_address_are_not_the_end_of_it(
    desk: Desk, site: Site
) -> None:
    moved(desk, site)
    site.answers[NEW] = Answer(b"", 404)
    poll_after(desk, [2] * 4)

    show(site, "old", NEWS, path=NEW)
    poll_after(desk, [2])

    assert line_of(desk).moved_url == f"{site.url}{NEW}"
    assert desk.stories() == [NEWS]


def test_a_feed_that_is_led_back_is_asked_at_its_own_address(
    desk: Desk, site: Site
) -> None:
    moved(desk, site)
    show(site, "old", NEWS)
    leads(site, 301, path=NEW, to=PATH)

    poll_after(desk, [1, 1, 1, 1, 1, 1])

    assert line_of(desk).paused_at is None
    assert line_of(desk).moved_url == ""
    assert site.hits(PATH) == 5 + 6
    assert site.hits(NEW) == 5 + 5


# --- two feeds that are one ---


def test_a_redirect_to_another_feed_pauses_the_first(desk: Desk, site: Site) -> None:
    desk.feeds = {"world": f"{site.url}{PATH}", "globe": f"{site.url}{NEW}"}
    leads(site, 301)
    show(site, "old", path=NEW)
    poll_after(desk, FIVE_DAYS)

    told = subjects(desk)
    show(site, "old", NEWS, path=NEW)
    desk.clock.go_on(days=1)
    desk.run(all_feeds=True)

    assert told == ['feeds "world" and "globe" are the same']
    assert "Remove one of them" in desk.notices()[0]
    assert health_of(desk, "world").state is State.PAUSED
    assert site.hits(PATH) == 5
    assert (desk.stories(), subjects(desk)) == ([NEWS], told)


def test_two_feeds_that_move_to_one_address_are_not_both_asked_there(
    desk: Desk, site: Site
) -> None:
    desk.feeds = {"world": f"{site.url}{PATH}", "globe": f"{site.url}/globe.xml"}
    leads(site, 301)
    leads(site, 301, path="/globe.xml")
    show(site, "old", path=NEW)
    poll_after(desk, FIVE_DAYS)

    poll_after(desk, [1, 1])

    assert site.hits(NEW) == 2 * 5 + 2
    moved_first, double = sorted(subjects(desk))
    assert moved_first.endswith("has moved")
    assert double.endswith("are the same")
