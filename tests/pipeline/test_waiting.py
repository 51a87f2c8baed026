"""Instant alerts that wait: quiet hours, cooldowns, bursts."""

import pytest

from tests.conftest import StandingClock
from tests.desk import Desk
from tests.pipeline.test_digests import tell
from tests.site import Item, Site

QUIET = 'quiet = { from = "11:00", to = "14:00", except = "urgent" }'


@pytest.fixture
def quiet(desk: Desk, site: Site) -> Desk:
    """A desk that does not want to be disturbed at noon."""
    desk.subscriber = QUIET
    desk.articles = 'merge = "nothing"'
    tell(site, "old")
    desk.run()
    return desk


def messages(desk: Desk) -> list[list[str]]:
    return [[story["title"] for story in line["stories"]] for line in desk.told()]


def test_alerts_of_quiet_hours_come_as_one_digest_at_their_end(
    quiet: Desk, site: Site, clock: StandingClock
) -> None:
    tell(site, "old", "Airstrikes hit Aleppo")
    quiet.run(all_feeds=True)
    other = "Judges reopen the file of a 2014 airstrike on an Aleppo bakery"
    tell(site, "old", "Airstrikes hit Aleppo", other)
    clock.go_on(minutes=60)
    quiet.run(all_feeds=True)
    held = messages(quiet)

    clock.go_on(minutes=61)
    quiet.run()

    assert held == []
    assert [len(titles) for titles in messages(quiet)] == [2]


def test_what_is_urgent_passes_quiet_hours(quiet: Desk, site: Site) -> None:
    quiet.rules = '[rules.flood]\nquery = "flood"\npriority = "urgent"\n'
    quiet.follows = ("aleppo", "flood")
    quiet.run()
    tell(site, "old", "Airstrikes hit Aleppo", "A flood in the north")

    quiet.run(all_feeds=True)

    assert messages(quiet) == [["A flood in the north"]]


def test_quiet_hours_without_exception_hold_everything(quiet: Desk, site: Site) -> None:
    quiet.subscriber = QUIET.replace(', except = "urgent"', "")
    quiet.rules = '[rules.flood]\nquery = "flood"\npriority = "urgent"\n'
    quiet.follows = ("flood",)
    quiet.run()
    tell(site, "old", "A flood in the north")

    quiet.run(all_feeds=True)

    assert messages(quiet) == []


@pytest.mark.parametrize(
    ("title", "told"),
    [
        ("Valencia flood kills 12 as dam breaks overnight", ["urgent"]),
        ("Valencia: dam breaks overnight, kills 12", []),
    ],
)
def test_a_story_that_enough_outlets_tell_passes_quiet_hours(
    desk: Desk, site: Site, title: str, told: list[str]
) -> None:
    desk.subscriber = QUIET
    desk.feeds = {"world": f"{site.url}/feed.xml"}
    desk.rules = f"""
        [rules.flood]
        query = "flood"
        urgent_when = {{ outlets = 2, within = "2h" }}
        [feeds.other]
        url = "{site.url}/other.xml"
        outlet = "The Other"
    """
    desk.follows = ("flood",)
    tell(site, "old")
    site.feed("/other.xml", "Other", [])
    desk.run()
    tell(site, "old", "Flood in Valencia kills 12 after dam breaks")
    desk.run(all_feeds=True)
    alone = messages(desk)
    site.feed("/other.xml", "Other", [Item(guid="1", title=title)])

    desk.run(all_feeds=True)

    assert alone == []
    assert [line["stories"][0]["priority"] for line in desk.told()] == told


def test_a_flushed_run_does_not_wait(quiet: Desk, site: Site) -> None:
    tell(site, "old", "Airstrikes hit Aleppo")

    quiet.run(all_feeds=True, flush=True)

    assert messages(quiet) == [["Airstrikes hit Aleppo"]]


def test_a_burst_of_alerts_becomes_one_collecting_message(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    desk.articles = 'merge = "nothing"'
    tell(site, "old")
    desk.run()
    titles = [f"Airstrikes hit Aleppo {'x' * n}" for n in range(1, 12)]
    for number in range(len(titles)):
        tell(site, "old", *titles[: number + 1])
        desk.run(all_feeds=True)
        clock.go_on(seconds=20)
    early = len(messages(desk))

    clock.go_on(minutes=10)
    desk.run()

    assert early == 5
    assert sorted(messages(desk)[-1]) == titles[5:]
    assert len(messages(desk)) == 6


def test_a_cooldown_is_as_long_as_the_subscriber_says(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    desk.subscriber = 'cooldown = "2h"'
    desk.rules = '[rules.watch]\nquery = "Aleppo"\non_update = "always"\n'
    desk.follows = ("watch",)
    tell(site, "old")
    desk.run()
    tell(site, "old", "Airstrikes hit Aleppo")
    desk.run(all_feeds=True)
    tell(site, "old", "Airstrikes hit Aleppo", "Airstrikes hit Aleppo!")
    clock.go_on(minutes=100)
    desk.run(all_feeds=True)
    early = len(messages(desk))

    clock.go_on(minutes=30)
    desk.run()

    assert (early, len(messages(desk))) == (1, 2)
