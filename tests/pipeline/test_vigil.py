"""Alarms about the service as a whole, and the dead man's switch."""

import asyncio
import contextlib
import sqlite3
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import StorageError
from monitor.pipeline.vigil import LEAST_FREE_BYTES, NO_POLL, OUTBOX_AGE, Vigil, alarms
from monitor.storage.sqlite import Sqlite
from monitor.storage.vigil import Signs
from tests.conftest import NOON, StandingClock
from tests.desk import Desk
from tests.pipeline.test_digests import tell
from tests.site import Answer, Site

WELL = Signs(all_failing_since=None, oldest_waiting=None)


@pytest.fixture
def watched(desk: Desk, site: Site) -> Desk:
    """A desk whose dead man's switch is a page of the site."""
    desk.service = f'heartbeat_url = "{site.url}/ping"'
    site.answers["/ping"] = Answer(b"ok")
    desk.feeds = {n: f"{site.url}/feed.xml?{n}" for n in ("one", "two")}
    show(site, 200)
    return desk


def show(site: Site, status: int) -> None:
    """Let both feeds answer so."""
    tell(site, "old")
    answer = site.answers["/feed.xml"]
    for name in ("one", "two"):
        site.answers[f"/feed.xml?{name}"] = (
            answer if status == 200 else Answer(status=status)
        )


def test_all_is_well_where_nothing_was_asked_of_it() -> None:
    assert alarms(WELL, NOON) == {}


@given(st.timedeltas(timedelta(0), timedelta(days=9)))
def test_alarms_begin_when_their_time_is_over(ago: timedelta) -> None:
    signs = Signs(all_failing_since=NOON - ago, oldest_waiting=NOON - ago)

    found = alarms(signs, NOON)

    assert ("polls" in found) == (ago > NO_POLL)
    assert ("outbox" in found) == (ago > OUTBOX_AGE)


@given(st.integers(0, 3 * LEAST_FREE_BYTES))
def test_a_disk_is_low_until_it_has_twice_the_room_that_it_needs(free: int) -> None:
    low = "disk" in alarms(WELL, NOON, free_bytes=free)
    still = "disk" in alarms(WELL, NOON, free_bytes=free, low_since=NOON)

    assert low == (free < LEAST_FREE_BYTES)
    assert still == (free < 2 * LEAST_FREE_BYTES)


def test_a_disk_of_another_machine_is_its_own_affair() -> None:
    assert alarms(WELL, NOON, free_bytes=None, low_since=NOON) == {}


@pytest.mark.parametrize(("outages", "told"), [([4], 0), ([6], 1), ([6, 6], 2)])
def test_a_database_that_was_away_for_a_while_is_told_when_it_is_back(
    desk: Desk, site: Site, clock: StandingClock, outages: list[int], told: int
) -> None:
    tell(site, "old")
    place = desk.folder / "vigil.db"

    async def run() -> None:
        daemon = desk.daemon(Sqlite(place, busy=timedelta(0)))
        await daemon.open()
        nodes = [Vigil(daemon.context), Vigil(daemon.context)]
        for minutes in outages:
            with contextlib.closing(sqlite3.connect(place)) as other:
                other.execute("BEGIN IMMEDIATE")
                for node in nodes * 2:
                    with pytest.raises(StorageError):
                        await node.keep()
                    clock.go_on(minutes=minutes / 4)
            for node in nodes * 2:
                await node.keep()
            clock.go_on(minutes=1)
        await daemon.check_once()
        await daemon.close()

    asyncio.run(run())

    notices = [n for n in desk.notices() if n.startswith("the database could not be")]
    assert len(notices) == told
    if told:
        assert "From 2026-11-22 12:00 to 2026-11-22 12:06 UTC: " in notices[0]
        assert "another program is writing to it" in notices[0]


def test_the_operator_hears_once_that_nothing_is_read_and_once_that_it_is(
    watched: Desk, site: Site, clock: StandingClock
) -> None:
    watched.run()
    show(site, 500)
    for _ in range(4):
        clock.go_on(hours=1)
        watched.run(all_feeds=True)
    show(site, 200)

    watched.run(all_feeds=True)

    heads = [notice.partition("\n")[0] for notice in watched.notices()]
    assert [head for head in heads if "read" in head] == [
        "no feed can be read",
        "feeds are read again",
    ]


def test_the_switch_is_pinged_while_all_is_well(
    watched: Desk, site: Site, clock: StandingClock
) -> None:
    watched.run()
    well = site.hits("/ping")
    show(site, 500)
    watched.run(all_feeds=True)
    clock.go_on(hours=2)
    before = site.hits("/ping")

    watched.run(all_feeds=True)

    assert (well, site.hits("/ping") - before) == (1, 0)


@pytest.mark.parametrize("status", [404, 500])
def test_a_switch_that_is_out_of_order_stops_nothing(
    watched: Desk, site: Site, status: int
) -> None:
    site.answers["/ping"] = Answer(status=status)

    assert watched.run().polled == 2


def test_a_switch_that_nobody_answers_stops_nothing(watched: Desk) -> None:
    watched.service = 'heartbeat_url = "http://127.0.0.1:9/secret"'

    assert watched.run().polled == 2


def test_one_feed_alone_has_notices_of_its_own(
    watched: Desk, site: Site, clock: StandingClock
) -> None:
    watched.feeds = {"one": watched.feeds["one"]}
    watched.run()
    show(site, 500)
    for _ in range(4):
        clock.go_on(hours=1)
        watched.run(all_feeds=True)

    assert not [n for n in watched.notices() if n.startswith("no feed can be read")]
