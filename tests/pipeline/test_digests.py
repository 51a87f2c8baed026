"""When digests are made, and what they hold."""

import asyncio
from dataclasses import replace

from monitor.pipeline.digest import make_urgent_digests
from monitor.pipeline.read import read_entries
from monitor.pipeline.visit import visit_hosts
from monitor.storage import feeds
from tests.conftest import StandingClock, fresh_postgresql
from tests.desk import Desk
from tests.site import Item, Site


def tell(site: Site, *titles: str) -> None:
    """Show entries without pages; the guid is the title."""
    site.feed("/feed.xml", "World", [Item(guid=t, title=t) for t in titles])


def test_a_scheduled_digest_waits_for_its_slot(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    desk.digest = "daily 18:00"
    tell(site, "old")
    desk.run()
    tell(site, "old", "Airstrikes hit Aleppo")

    desk.run(all_feeds=True)
    before = desk.told()
    clock.go_on(hours=6)
    desk.run()

    assert before == []
    (digest,) = desk.told()
    assert digest["kind"] == "digest"
    assert digest["slot"] == "2026-11-22T18:00:00+00:00"
    assert [s["title"] for s in digest["stories"]] == ["Airstrikes hit Aleppo"]


def test_downtime_over_several_slots_gives_one_digest(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    desk.digest = "daily 18:00"
    tell(site, "old")
    desk.run()
    tell(site, "old", "Airstrikes hit Aleppo")
    desk.run(all_feeds=True)

    clock.go_on(days=3)
    desk.run()

    (digest,) = desk.told()
    assert digest["slot"] == "2026-11-24T18:00:00+00:00"
    assert digest["window"][0].startswith("2026-11-22")


def test_an_empty_slot_is_skipped_unless_silence_is_to_be_verified(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    desk.digest = "hourly"
    tell(site, "old")
    desk.run()
    clock.go_on(hours=1)
    desk.run()
    skipped = desk.told()

    desk.subscriber = 'when_empty = "coverage"'
    clock.go_on(hours=1)
    desk.run()

    assert skipped == []
    (digest,) = desk.told()
    assert digest["stories"] == []
    assert (digest["coverage"]["feeds"], digest["coverage"]["read"]) == (1, 1)


def test_moving_a_slot_tells_no_story_twice(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    desk.digest = "daily 13:00"
    tell(site, "old")
    desk.run()
    tell(site, "old", "Airstrikes hit Aleppo")
    desk.run(all_feeds=True)
    clock.go_on(minutes=90)
    desk.run()

    desk.digest = "daily 14:00"
    clock.go_on(hours=1)
    desk.run()

    assert len(desk.stories()) == 1


def test_a_flush_sends_what_waits_and_moves_no_slot(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    desk.digest = "daily 18:00"
    desk.articles = 'merge = "copies"'
    tell(site, "old")
    desk.run()
    tell(site, "old", "Airstrikes hit Aleppo")

    desk.run(all_feeds=True, flush=True)
    flushed = desk.stories()
    tell(site, "old", "Airstrikes hit Aleppo", "Airstrikes near Aleppo again")
    desk.run(all_feeds=True)
    clock.go_on(hours=6)
    desk.run()

    assert flushed == ["Airstrikes hit Aleppo"]
    assert desk.stories()[1:] == ["Airstrikes near Aleppo again"]


def test_a_rehearsal_changes_no_table_and_sends_nothing(
    any_desk: Desk, site: Site
) -> None:
    tell(site, "old")
    any_desk.run()
    tell(site, "old", "Airstrikes hit Aleppo")

    rehearsed = any_desk.run(all_feeds=True, rehearsal=True)
    any_desk.folder.joinpath("told.jsonl").unlink()
    real = any_desk.run(all_feeds=True)

    assert (rehearsed.new, rehearsed.stories) == (1, 1)
    assert (real.new, real.stories) == (1, 1)
    assert len(any_desk.stories()) == 1


def test_merge_nothing_tells_every_entry_by_itself(desk: Desk, site: Site) -> None:
    desk.articles = 'merge = "nothing"\nfull_text = "never"'
    desk.feeds = {"a": f"{site.url}/a.xml", "b": f"{site.url}/b.xml"}
    for name in ("a", "b"):
        site.feed(f"/{name}.xml", name, [])
    desk.run()
    twin = Item(guid="1", title="Airstrikes hit Aleppo", link="https://example.org/1")
    for name in ("a", "b"):
        site.feed(f"/{name}.xml", name, [twin])

    desk.run(all_feeds=True)

    stories = desk.told()[0]["stories"]
    assert [len(s["articles"]) for s in stories] == [1, 1]


def test_two_feeds_with_one_link_are_one_story(desk: Desk, site: Site) -> None:
    desk.articles = 'full_text = "never"'
    desk.feeds = {"a": f"{site.url}/a.xml", "b": f"{site.url}/b.xml"}
    for name in ("a", "b"):
        site.feed(f"/{name}.xml", name, [])
    desk.run()
    twin = Item(guid="1", title="Airstrikes hit Aleppo", link="https://example.org/1")
    site.feed("/a.xml", "a", [twin])
    site.feed(
        "/b.xml", "b", [replace(twin, link="http://www.example.org/1?utm_source=x")]
    )

    desk.run(all_feeds=True)

    (story,) = desk.told()[0]["stories"]
    assert sorted(a["feed"] for a in story["articles"]) == ["a", "b"]


def test_a_further_report_of_a_told_story_waits_for_the_cooldown(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    desk.articles = 'full_text = "never"'
    desk.feeds = {"a": f"{site.url}/a.xml", "b": f"{site.url}/b.xml"}
    for name in ("a", "b"):
        site.feed(f"/{name}.xml", name, [])
    desk.run()
    twin = Item(guid="1", title="Airstrikes hit Aleppo", link="https://example.org/1")
    site.feed("/a.xml", "a", [twin])
    desk.run(all_feeds=True)
    site.feed("/b.xml", "b", [twin])
    desk.run(all_feeds=True)
    early = desk.stories("update")

    clock.go_on(minutes=31)
    desk.run()

    assert early == []
    assert desk.told()[-1]["stories"][0]["cause"] == "further-report"


def test_a_digest_shows_at_most_so_many_stories_and_counts_all_as_told(
    desk: Desk, site: Site
) -> None:
    desk.subscriber = "max_stories = 2"
    desk.digest = "daily 18:00"
    tell(site, "old")
    desk.run()
    tell(site, "old", *(f"Airstrikes hit Aleppo quarter {n}" for n in range(5)))

    desk.run(all_feeds=True, flush=True)
    desk.run(all_feeds=True, flush=True)

    assert [len(d["stories"]) for d in desk.told()] == [5]


def test_two_nodes_tell_a_story_once(
    desk: Desk, site: Site, postgresql_server: str
) -> None:
    desk.database = fresh_postgresql(postgresql_server)
    tell(site, "old")
    desk.run()
    tell(site, "old", *(f"Airstrikes hit Aleppo quarter {n}" for n in range(20)))

    async def both() -> None:
        nodes = [desk.daemon(), desk.daemon()]
        for node in nodes:
            await node.open()
        await asyncio.gather(*(node.check_once(all_feeds=True) for node in nodes))
        for node in nodes:
            await node.close()

    asyncio.run(both())

    assert len(desk.stories()) == 20
    assert len(set(desk.stories())) == 20


# --- who is looked at first ---


def test_only_who_follows_a_rule_that_was_met_is_looked_at(
    desk: Desk, site: Site
) -> None:
    desk.more = '[subscribers.other]\nrules = ["aleppo"]\ndigest = "daily 18:00"\n'
    tell(site, "old")
    desk.run()

    async def run() -> tuple[int, int, int]:
        daemon = desk.daemon()
        try:
            await daemon.open()
            context = daemon.context
            cold = await make_urgent_digests(context)
            tell(site, "old", "Airstrikes hit Aleppo")
            await context.database.call(feeds.make_due, context.now(), "")
            await visit_hosts(context, stopping=daemon.stopping, done=nothing)
            await read_entries(context)
            hot = await make_urgent_digests(context)
            again = await make_urgent_digests(context)
        finally:
            await daemon.close()
        return cold, hot, again

    assert asyncio.run(run()) == (0, 1, 0)


def test_a_slot_that_has_come_is_looked_at_without_a_hint(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    desk.digest = "daily 18:00"
    tell(site, "old")
    desk.run()
    tell(site, "old", "Airstrikes hit Aleppo")
    desk.run(all_feeds=True)
    clock.go_on(hours=7)

    async def run() -> int:
        daemon = desk.daemon()
        try:
            await daemon.open()
            return await make_urgent_digests(daemon.context)
        finally:
            await daemon.close()

    assert asyncio.run(run()) == 1


async def nothing() -> None:
    """No progress is shown."""
