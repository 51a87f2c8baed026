"""Forgetting what is old while the service goes on."""

import asyncio
from datetime import timedelta

from monitor.daemon import Daemon
from monitor.pipeline.upkeep import tidy
from monitor.storage.database import Transaction
from tests.conftest import StandingClock
from tests.desk import Desk
from tests.pipeline.test_digests import tell
from tests.site import Site, item


def counts(desk: Desk) -> dict[str, int]:
    """How many rows some tables have."""

    def ask(tx: Transaction) -> dict[str, int]:
        names = ("article", "told", "delivery", "entry", "near_key", "segment")
        rows = {n: tx.one(f"SELECT COUNT(*) AS n FROM {n}") for n in names}  # noqa: S608 - our own names
        return {name: row["n"] if row else 0 for name, row in rows.items()}

    async def run() -> dict[str, int]:
        daemon = desk.daemon()
        await daemon.open(lock=False, sync=False)
        found = await daemon.context.database.call(ask)
        await daemon.close()
        return found

    return asyncio.run(run())


def test_what_was_told_is_forgotten_in_its_time_and_never_told_again(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    tell(site, "old")
    desk.run()
    tell(site, "old", "Airstrikes hit Aleppo")
    desk.run(all_feeds=True)
    before = counts(desk)

    clock.go_on(days=200)
    desk.run(all_feeds=True)
    clock.go_on(hours=2)
    desk.run(all_feeds=True)

    after = counts(desk)
    assert (before["article"], before["told"], before["delivery"]) == (1, 1, 1)
    assert (after["article"], after["told"], after["delivery"]) == (0, 0, 0)
    assert after["entry"] == before["entry"]
    assert desk.stories() == ["Airstrikes hit Aleppo"]


def test_a_rule_that_was_not_met_lets_an_article_go_sooner(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    tell(site, "old")
    desk.run()
    tell(site, "old", "Airstrikes hit Aleppo", "Grain exports rise")
    desk.run(all_feeds=True)

    clock.go_on(days=40)
    desk.run(all_feeds=True)

    assert counts(desk)["article"] == 1


def test_a_stop_ends_the_tidying_between_two_batches(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    tell(site, "old")
    desk.run()
    tell(site, "old", "Airstrikes hit Aleppo")
    desk.run(all_feeds=True)
    clock.go_on(days=200)

    async def run(daemon: Daemon) -> None:
        await daemon.open()
        stopping = asyncio.Event()
        stopping.set()
        await tidy(daemon.context, stopping)
        await daemon.close()

    asyncio.run(run(desk.daemon()))
    early = counts(desk)["delivery"]
    clock.go_on(hours=2)
    desk.run()

    assert early == 1
    assert counts(desk)["delivery"] == 0


def test_rows_are_forgotten_in_several_batches(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    site.feed("/feed.xml", "World", [])
    desk.run()
    titles = [f"Bulletin {number} of the harbour office" for number in range(90)]
    desk.articles = 'full_text = "never"\nmerge = "nothing"\nflood_limit = 500'
    tell(site, *titles)
    desk.run(all_feeds=True)
    first = counts(desk)["article"]

    clock.go_on(days=31)
    desk.run()

    assert (first, counts(desk)["article"]) == (90, 0)
    assert clock.now() > desk.clock.now() - timedelta(days=1)


def test_what_later_articles_are_held_against_is_forgotten_after_a_month(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    site.feed("/feed.xml", "World", [])
    desk.run()
    site.page("/a/1", "Troops withdraw")
    site.feed("/feed.xml", "World", [item(1, site)])
    desk.run(all_feeds=True)
    before = counts(desk)

    clock.go_on(days=32)
    desk.run()

    after = counts(desk)
    assert before["near_key"]
    assert before["segment"]
    assert (after["near_key"], after["segment"]) == (0, 0)
