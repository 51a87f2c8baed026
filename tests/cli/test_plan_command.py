"""plan: what an edited configuration would change, and for whom."""

import pytest

from tests.cli.conftest import Monitor, answer
from tests.desk import Desk
from tests.pipeline.test_digests import tell
from tests.site import Site

AT = ("--at", "2026-11-22T12:30:00Z")


@pytest.fixture
def running(desk: Desk, site: Site) -> Desk:
    """A desk that has read an article about an air strike and one about soap."""
    desk.articles = 'full_text = "never"'
    tell(site, "old")
    desk.write()
    desk.run()
    tell(site, "old", "Airstrikes hit Aleppo", "Aleppo soap sells well")
    desk.run(all_feeds=True)
    return desk


def plan(monitor: Monitor) -> list[str]:
    return monitor(*AT, "plan", "--since", "1d").output.splitlines()


def test_before_the_first_run_everything_is_new(monitor: Monitor, desk: Desk) -> None:
    desk.write()

    lines = plan(monitor)

    assert lines[0] == "Nothing has run yet: all of it is new."
    assert "  + rules        aleppo" in lines


@pytest.mark.usefixtures("running")
def test_the_file_that_runs_would_change_nothing(monitor: Monitor) -> None:
    assert plan(monitor) == [
        "Against what runs since Sun 22 Nov 12:00 +00:00: "
        "feeds, lists, rules and subscribers stay as they are."
    ]


def test_an_edit_shows_what_changes_and_how_many_alerts_that_means(
    monitor: Monitor, running: Desk
) -> None:
    running.rules = 'soap = "soap"'
    running.follows = ("aleppo", "soap")
    running.write()

    assert plan(monitor)[1:] == [
        "  + rules        soap",
        "  ~ subscribers  desk  rules + soap",
        "Alerts a day, by the 2 articles of the last 1 day:",
        "  desk  1 → 2",
    ]


def test_an_edit_that_reaches_nobody_says_so(monitor: Monitor, running: Desk) -> None:
    running.rules = 'soap = "soap"'
    running.write()

    assert plan(monitor)[1:] == [
        "  + rules        soap",
        "Nobody would get other alerts.",
    ]


def test_the_articles_of_a_feed_that_goes_no_longer_count(
    monitor: Monitor, running: Desk, site: Site
) -> None:
    running.feeds = {"other": f"{site.url}/other.xml"}
    running.write()

    assert plan(monitor)[-1] == "  desk  1 → 0"


def test_a_feed_with_another_name_keeps_its_articles(
    monitor: Monitor, running: Desk, site: Site
) -> None:
    running.feeds = {"renamed": f"{site.url}/feed.xml"}
    running.write()

    assert plan(monitor)[1:] == [
        "  + feeds        renamed",
        "  - feeds        world",
        "Nobody would get other alerts.",
    ]


def test_a_plan_changes_nothing(monitor: Monitor, running: Desk) -> None:
    running.rules = 'soap = "soap"'
    running.write()

    assert plan(monitor) == plan(monitor)


def test_a_plan_is_told_to_programs(monitor: Monitor, running: Desk) -> None:
    running.rules = 'soap = "soap"'
    running.follows = ("soap",)
    running.subscriber = "[subscribers.new]\nrules = ['aleppo']"
    running.write()

    found = answer(monitor(*AT, "--json", "plan", "--since", "1d"))

    assert found["alerts_a_day"] == {
        "desk": {"before": 1, "after": 1},
        "new": {"before": 0, "after": 1},
    }
