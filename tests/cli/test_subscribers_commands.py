"""subscribers list, pause, resume and forget."""

import io

import pytest

from tests.cli.conftest import Monitor, answer
from tests.desk import Desk
from tests.pipeline.test_digests import tell
from tests.site import Site

AT = ("--at", "2026-11-22T12:30:00Z")


@pytest.fixture
def told(desk: Desk, site: Site) -> Desk:
    """A desk that was told one story."""
    tell(site, "old")
    desk.write()
    desk.run()
    tell(site, "old", "Airstrikes hit Aleppo")
    desk.run(all_feeds=True)
    return desk


@pytest.mark.usefixtures("told")
def test_subscribers_are_listed_with_what_comes_next(monitor: Monitor) -> None:
    head, desk, ops = monitor(*AT, "subscribers", "list").output.splitlines()

    assert head.split() == ["name", "rules", "digest", "next", "told", "to"]
    assert "aleppo  instant" in desk
    assert "at once" in desk
    assert "1 story" in desk
    assert "0 stories" in ops


@pytest.mark.usefixtures("told")
def test_a_holiday_has_an_end(monitor: Monitor) -> None:
    said = monitor(*AT, "subscribers", "pause", "desk", "--for", "7d").output
    listed = monitor(*AT, "subscribers", "list").output
    monitor(*AT, "subscribers", "resume", "desk")

    assert "desk is paused until Sun 29 Nov 12:30" in said
    assert "paused until Sun 29 Nov" in listed
    assert "paused" not in monitor(*AT, "subscribers", "list").output


@pytest.mark.usefixtures("told")
def test_a_pause_without_an_end_is_shown_as_such(monitor: Monitor) -> None:
    monitor(*AT, "subscribers", "pause", "desk")

    assert "  paused  " in monitor(*AT, "subscribers", "list").output


def test_somebody_unknown_is_named_with_those_who_are_known(
    monitor: Monitor, told: Desk
) -> None:
    told.write()
    result = monitor("subscribers", "pause", "dask")

    assert result.exit_code == 2
    assert "there is no subscriber 'dask'; there are: desk, ops" in result.stderr


def test_a_subscriber_that_never_ran_cannot_be_paused(
    monitor: Monitor, desk: Desk
) -> None:
    desk.write()

    assert monitor("subscribers", "pause", "desk").exit_code == 2


@pytest.mark.usefixtures("told")
def test_an_address_is_forgotten_with_what_was_sent(monitor: Monitor) -> None:
    target = answer(monitor(*AT, "--json", "outbox", "list", "--sent"))
    address = target["deliveries"][0]["target"]

    found = answer(monitor(*AT, "--json", "subscribers", "forget", address, "--yes"))

    assert found["deliveries"] == 1
    sent = answer(monitor(*AT, "--json", "outbox", "list", "--sent"))
    assert sent["deliveries"] == []


@pytest.mark.usefixtures("told")
def test_a_subscriber_is_forgotten_with_its_history(monitor: Monitor) -> None:
    said = monitor(*AT, "subscribers", "forget", "desk", "--yes").output

    assert said == "desk is forgotten: 1 delivery erased.\n"


@pytest.mark.usefixtures("told")
def test_nobody_is_forgotten_by_mistake(
    monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    result = monitor(*AT, "subscribers", "forget", "desk")

    assert result.exit_code != 0
    assert "1 story" in monitor(*AT, "subscribers", "list").output
