"""What the operator hears of feeds in trouble: once, and once of its end."""

from typing import Any

import pytest

from monitor.daemon import Daemon
from monitor.feeds.health import State
from monitor.models import FeedLine
from monitor.storage import feeds
from tests.conftest import StandingClock
from tests.desk import Desk
from tests.pipeline.polls import (
    PATH,
    act_with,
    health_of,
    in_one_process,
    show,
    subjects,
)
from tests.site import Answer, Site

NEWS = "Airstrikes hit Aleppo"


@pytest.fixture(autouse=True)
def _no_pages(desk: Desk) -> None:
    desk.articles = 'full_text = "never"'


def test_a_feed_that_fails_for_hours_is_told_once_and_so_is_its_recovery(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    show(site, "old")
    good = site.answers[PATH]
    site.answers[PATH] = Answer(b"", 500)
    told = []
    for hours in (0, 3, 2.9, 3, 9, 30):
        clock.go_on(hours=hours)
        desk.run()
        told.append(subjects(desk))

    site.answers[PATH] = good
    for _ in range(3):
        clock.go_on(days=2)
        desk.run()

    failing = ['feed "world" is failing']
    assert told == [[], [], [], failing, failing, failing]
    assert "HTTP 500" in desk.notices()[0]
    assert subjects(desk) == [*failing, 'feed "world" is well again']


def test_a_failure_that_changes_its_kind_again_and_again_is_not_told_each_time(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    site.answers[PATH] = Answer(b"", 500)
    desk.run()
    page = Answer(b"<html><head><title>Maintenance</title></head></html>")

    for answer in (Answer(b"", 500), page) * 3:
        clock.go_on(days=2)
        site.answers[PATH] = answer
        desk.run()

    assert subjects(desk)[0] == 'feed "world" is failing'
    assert len(subjects(desk)) == len(set(subjects(desk)))


def test_a_failure_that_is_over_within_hours_is_told_to_nobody(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    site.answers[PATH] = Answer(b"", 500)
    desk.run()

    show(site, "old")
    clock.go_on(hours=7)
    desk.run()

    assert desk.notices() == []


def test_a_feed_that_fails_for_months_is_asked_once_a_week(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    site.answers[PATH] = Answer(b"", 500)
    hits = []

    def after(days: float) -> None:
        hits.append(site.hits(PATH))
        clock.go_on(days=days)

    steps = [0.0, 30, 31, 5, 3, 5, 3, 0]
    in_one_process(desk, *[lambda d=d: after(d) for d in steps])

    assert hits == [0, 1, 2, 3, 3, 4, 4, 5]


def test_a_quiet_feed_is_told_once_and_so_is_its_next_entry(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    desk.feeds = {"world.url": f"{site.url}{PATH}", "world.quiet_after": "2d"}
    show(site, "old", etag='"1"')
    desk.run()
    told = []
    for days in (1.5, 1, 1, 1):
        clock.go_on(days=days)
        desk.run()
        told.append(subjects(desk))
    state = health_of(desk).state

    show(site, "old", NEWS, etag='"2"')
    for _ in range(2):
        clock.go_on(days=0.5)
        desk.run()

    quiet = ['feed "world" is quiet']
    assert told == [[], quiet, quiet, quiet]
    assert state is State.QUIET
    assert subjects(desk) == [*quiet, 'feed "world" is well again']


def test_a_quiet_feed_that_begins_to_fail_is_told_as_failing(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    desk.feeds = {"world.url": f"{site.url}{PATH}", "world.quiet_after": "2d"}
    show(site, "old")
    desk.run()
    clock.go_on(days=3)
    desk.run()

    site.answers[PATH] = Answer(b"", 500)
    for _ in range(4):
        clock.go_on(days=2)
        desk.run()

    assert subjects(desk) == ['feed "world" is quiet', 'feed "world" is failing']


def test_the_end_of_a_failure_is_told_even_if_it_brought_nothing_new(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    desk.feeds = {"world.url": f"{site.url}{PATH}", "world.quiet_after": "2d"}
    show(site, "old")
    desk.run()
    site.answers[PATH] = Answer(b"", 500)
    for _ in range(3):
        clock.go_on(days=2)
        desk.run()

    show(site, "old")
    for _ in range(2):
        clock.go_on(days=2)
        desk.run()

    failing, *rest = subjects(desk)
    assert failing == 'feed "world" is failing'
    assert rest in (
        ['feed "world" is well again'],
        ['feed "world" is quiet'],
        ['feed "world" is well again', 'feed "world" is quiet'],
    )


def test_a_feed_that_never_had_an_entry_is_quiet_too(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    desk.feeds = {"world.url": f"{site.url}{PATH}", "world.quiet_after": "2d"}
    show(site)

    for _ in range(3):
        desk.run()
        clock.go_on(days=2)

    assert subjects(desk) == ['feed "world" is quiet']


# --- when it is our own network ---


DEAD = [f"dead{number}" for number in range(2, 18)]


def disconnected(desk: Desk, site: Site) -> None:
    """A desk with one good feed, read before, and sixteen hosts that refuse."""
    show(site, "old")
    desk.feeds = {"good.url": f"{site.url}{PATH}", "good.every": "12h"}
    desk.run()
    desk.feeds |= {name: f"http://127.0.0.{name[4:]}:1/" for name in DEAD}


async def lines(daemon: Daemon) -> dict[str, FeedLine]:
    found: list[FeedLine] = await daemon.context.database.call(feeds.list_feeds)
    return {line.name: line for line in found}


def run_disconnected(desk: Desk, hours: float, probes: int) -> dict[str, Any]:
    """What is known after the network went, was tried for so long, and came back."""
    clock = desk.clock

    async def act(daemon: Daemon) -> dict[str, Any]:
        for name in DEAD:  # one after the other, so that the last of them shows it
            await daemon.check_once(only_feed=name)
        went = await lines(daemon)
        for _ in range(probes):
            clock.go_on(hours=hours / probes)
            await daemon.check_once()
        away = await lines(daemon)
        clock.go_on(hours=12)
        told = subjects(desk)
        await daemon.check_once(only_feed="good")
        return {"went": went, "away": away, "told": told}

    found: dict[str, Any] = act_with(desk, act)
    return found


def test_a_network_that_is_away_is_blamed_on_no_feed_and_told_once(
    desk: Desk, site: Site
) -> None:
    disconnected(desk, site)

    found = run_disconnected(desk, hours=2, probes=4)

    assert found["went"][DEAD[-1]].failures == 0
    assert [found["away"][n].failures for n in DEAD] == [
        found["went"][n].failures for n in DEAD
    ]
    polled = [found["away"][n].last_polled_at for n in DEAD]
    assert len(set(polled)) == 5  # one probe each time, and all the others wait
    assert found["told"] == []
    assert subjects(desk) == ["the network was away"]


def test_a_network_that_is_away_for_long_makes_no_feed_look_bad(
    desk: Desk, site: Site
) -> None:
    disconnected(desk, site)

    found = run_disconnected(desk, hours=11, probes=5)

    assert found["told"] == []
    assert subjects(desk) == ["the network was away"]


def test_all_are_asked_again_when_the_network_is_back(desk: Desk, site: Site) -> None:
    disconnected(desk, site)

    async def act(daemon: Daemon) -> tuple[int, int]:
        for name in DEAD:
            await daemon.check_once(only_feed=name)
        desk.clock.go_on(minutes=1)
        nobody = await daemon.check_once()
        desk.clock.go_on(minutes=1)
        await daemon.check_once(only_feed="good")
        desk.clock.go_on(seconds=1)
        everybody = await daemon.check_once()
        return nobody.polled, everybody.polled

    nobody, everybody = act_with(desk, act)

    assert (nobody, everybody) == (0, len(DEAD))
