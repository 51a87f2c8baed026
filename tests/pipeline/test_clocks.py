"""A clock that ran ahead and was set back silences nothing and doubles nothing."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from monitor.daemon import Daemon
from monitor.pipeline.context import Context
from monitor.pipeline.start import beat, begin
from monitor.pipeline.visit import Turns
from monitor.storage import settings
from monitor.storage.database import Row, Transaction, from_micros
from monitor.storage.hosts import HostClaim
from tests.conftest import NOON, StandingClock
from tests.desk import Desk
from tests.site import Site

DAY = timedelta(hours=24)


@pytest.fixture
def polled(desk: Desk, site: Site) -> Desk:
    """A desk that has polled its feed at noon of the wrong day."""
    site.feed("/feed.xml", "World", [])
    desk.digest = "daily 07:30"
    desk.clock.go_on(hours=24)
    desk.run()
    return desk


def rows(tx: Transaction) -> Row:
    found = tx.one("SELECT next_poll_at, next_slot_at FROM feed, subscriber")
    assert found is not None
    return found


def during(desk: Desk, work: Callable[[Daemon], Awaitable[Any]], **options: Any) -> Any:
    """Do something with a running service's parts."""

    async def run() -> Any:
        daemon = desk.daemon()
        await daemon.open(**options)
        try:
            return await work(daemon)
        finally:
            await daemon.close()

    return asyncio.run(run())


def around(desk: Desk, **jump: float) -> tuple[Row, Row]:
    """What comes next before and after a jump of the clock between two beats."""

    async def work(daemon: Daemon) -> tuple[Row, Row]:
        call = daemon.context.database.call
        await call(beat, daemon.context)
        before = await call(rows)
        desk.clock.go_on(**jump)
        await call(beat, daemon.context)
        return before, await call(rows)

    found: tuple[Row, Row] = during(desk, work)
    return found


def test_a_clock_that_is_set_back_does_not_silence_the_feeds(polled: Desk) -> None:
    before, after = around(polled, hours=-24)

    assert before["next_poll_at"] - after["next_poll_at"] == 24 * 3_600_000_000


def test_a_clock_that_is_set_back_does_not_put_off_the_next_digest(
    polled: Desk,
) -> None:
    _, after = around(polled, hours=-24)

    assert from_micros(after["next_slot_at"]) - polled.clock.now() < DAY


def test_a_clock_that_is_put_right_by_seconds_changes_nothing(polled: Desk) -> None:
    before, after = around(polled, seconds=-40)

    assert after == before


def test_two_nodes_whose_clocks_are_set_back_repair_the_rows_once(
    polled: Desk,
) -> None:
    async def work(daemon: Daemon) -> tuple[Row, Row]:
        call = daemon.context.database.call
        other = replace(daemon.context, node="other:1")
        await call(beat, daemon.context)
        await call(beat, other)
        polled.clock.go_on(hours=-24)
        await call(beat, daemon.context)
        once = await call(rows)
        await call(beat, other)
        return once, await call(rows)

    once, twice = during(polled, work)

    assert twice == once
    assert from_micros(once["next_poll_at"]) > polled.clock.now()


# --- starts ---


def killed_and_started(desk: Desk) -> datetime:
    """When the feed is polled next after a death, a set-back, a start and a beat."""

    async def beats(daemon: Daemon) -> None:
        await daemon.context.database.call(beat, daemon.context)

    async def starts(daemon: Daemon) -> datetime:
        await beats(daemon)
        found = await daemon.context.database.call(rows)
        return from_micros(found["next_poll_at"])

    during(desk, beats)
    desk.clock.go_on(hours=-24)
    found: datetime = during(desk, starts)
    return found


def test_a_start_after_the_clock_was_set_back_goes_on_as_before(polled: Desk) -> None:
    wait = killed_and_started(polled) - polled.clock.now()

    assert timedelta(0) < wait < timedelta(hours=4)


def test_a_run_from_cron_after_the_clock_was_set_back_goes_on_as_before(
    site: Site, clock: StandingClock, sqlite_url: str, tmp_path: Any
) -> None:
    desk = Desk(folder=tmp_path, site=site, clock=clock, database=sqlite_url)
    site.feed("/feed.xml", "World", [])
    desk.clock.go_on(hours=24)
    desk.run()
    desk.clock.go_on(hours=-24)
    early = desk.run()
    desk.clock.go_on(hours=3)

    assert (early.polled, desk.run().polled) == (0, 1)


def test_a_node_whose_clock_is_behind_leaves_the_rows_of_others_alone(
    polled: Desk,
) -> None:
    async def work(daemon: Daemon) -> Row:
        found: Row = await daemon.context.database.call(rows)
        return found

    before = during(polled, work, lock=False)
    polled.clock.go_on(seconds=-90)

    assert during(polled, work, lock=False)["next_poll_at"] == before["next_poll_at"]


# --- a visit that is under way ---


def turns_of(desk: Desk, work: Callable[[Turns], Awaitable[Any]]) -> Any:
    async def during_it(daemon: Daemon) -> Any:
        until = desk.clock.now() + DAY
        claim = HostClaim(id=1, name="a", token="a", until=until, allowed_at=NOON)
        return await work(Turns(daemon.context, claim))

    return during(desk, during_it)


def test_a_turn_at_a_host_is_not_put_off(desk: Desk) -> None:
    async def work(turns: Turns) -> float:
        async with turns.turn():
            desk.clock.go_on(hours=-1)
        started = time.monotonic()
        async with asyncio.timeout(5), turns.turn():
            return time.monotonic() - started

    assert turns_of(desk, work) < 1


def test_a_host_that_was_asked_meanwhile_is_not_left_alone_until_then(
    desk: Desk,
) -> None:
    async def work(turns: Turns) -> timedelta:
        async with turns.turn():
            desk.clock.go_on(hours=-24)
        return turns.allowed_at() - desk.clock.now()

    assert turns_of(desk, work) < timedelta(minutes=1)


def test_a_host_that_asked_for_a_rest_gets_it(desk: Desk) -> None:
    async def work(turns: Turns) -> timedelta:
        async with turns.turn():
            turns.rest(timedelta(hours=5))
        return turns.allowed_at() - desk.clock.now()

    assert turns_of(desk, work) == timedelta(hours=5)


# --- who is missed ---


def known(daemon: Daemon) -> Callable[[Context], Awaitable[set[str]]]:
    async def beats(context: Context) -> set[str]:
        await daemon.context.database.call(beat, context)
        return set(await daemon.context.database.call(settings.nodes))

    return beats


def test_a_node_that_died_is_missed_for_a_day(desk: Desk) -> None:
    async def work(daemon: Daemon) -> tuple[set[str], set[str]]:
        beats = known(daemon)
        await beats(replace(daemon.context, node="dead:1"))
        desk.clock.go_on(hours=23)
        soon = await beats(daemon.context)
        desk.clock.go_on(hours=2)
        return soon, await beats(daemon.context)

    soon, late = during(desk, work)

    assert "dead" in soon
    assert "dead" not in late


def test_a_file_has_no_other_nodes(desk: Desk) -> None:
    async def work(daemon: Daemon) -> set[str]:
        await known(daemon)(replace(daemon.context, node="before:1"))
        await daemon.context.database.call(begin, daemon.context, "")
        return set(await daemon.context.database.call(settings.nodes))

    assert during(desk, work) == set()
