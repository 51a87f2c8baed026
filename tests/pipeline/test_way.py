"""The whole way, from a feed on loopback to a digest in a file."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.storage import floods
from tests.conftest import StandingClock
from tests.desk import Desk
from tests.site import PARAGRAPHS, Answer, Item, Site, article_page, item


def publish(site: Site, numbers: range, *, matching: bool = True) -> None:
    """Show these entries in the feed, each with a page of its own text."""
    for number in numbers:
        site.page(f"/a/{number}", f"Report {number}", own_text(number))
    site.feed("/feed.xml", "World", [item(n, site, matching=matching) for n in numbers])


def own_text(number: int) -> tuple[str, ...]:
    return tuple(f"{p} Witness {number * 31} of house {number}." for p in PARAGRAPHS)


def test_the_first_run_is_silent_the_second_tells_what_is_new_the_third_nothing(
    any_desk: Desk, site: Site
) -> None:
    publish(site, range(3))
    first = any_desk.run()

    publish(site, range(8))
    second = any_desk.run(all_feeds=True)
    third = any_desk.run(all_feeds=True)

    assert (first.baseline, first.stories) == (3, 0)
    assert (second.new, second.stories) == (5, 5)
    assert (third.new, third.stories) == (0, 0)
    assert len(any_desk.stories()) == 5


def test_an_article_is_matched_by_its_page_and_shown_with_its_words_marked(
    desk: Desk, site: Site
) -> None:
    publish(site, range(1), matching=False)
    desk.run()
    site.page("/a/9", "Troops withdraw")
    entry = Item(
        guid="9", title="Troops withdraw", summary="Short.", link=f"{site.url}/a/9"
    )
    site.feed("/feed.xml", "World", [entry])

    desk.run(all_feeds=True)

    (story,) = desk.told()[0]["stories"]
    hits = story["matches"][0]["hits"]
    assert {(h["term"], h["form"], h["via"]) for h in hits} >= {
        ("Aleppo", "Aleppo", "exact"),
        ("airstrike", "airstrikes", "inflection"),
    }
    assert "airstrikes" in story["excerpt"]
    assert story["status"] == "new"


def test_a_repost_is_folded_as_a_copy_and_its_furniture_is_no_text(
    any_desk: Desk, site: Site
) -> None:
    any_desk.feeds = {"world": f"{site.url}/feed.xml", "wire": f"{site.url}/wire.xml"}
    site.feed("/feed.xml", "World", [item(0, site, matching=False)])
    site.feed("/wire.xml", "Wire", [item(100, site, matching=False)])
    any_desk.run()
    tail = ("Original Source: www.bbc.com", "Post Comment")
    site.page("/a/1", "Syrian troops withdraw from Aleppo")
    site.answers["/a/2"] = Answer(
        article_page("Syrian Troops Withdraw", (*PARAGRAPHS, *tail))
    )
    site.feed(
        "/feed.xml", "World", [replace(item(1, site), title="Syrian troops withdraw")]
    )
    site.feed(
        "/wire.xml", "Wire", [replace(item(2, site), title="Syrian Troops Withdraw")]
    )

    any_desk.run(all_feeds=True)

    (story,) = any_desk.told()[0]["stories"]
    copies = [a for a in story["articles"] if a["copy_of"]]
    assert (len(story["articles"]), len(copies), story["voices"]) == (2, 1, 1)
    assert "Post Comment" not in str(any_desk.told())


def test_a_page_that_cannot_be_had_is_matched_on_its_summary_and_tried_again(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    publish(site, range(1), matching=False)
    desk.run()
    site.answers["/a/5"] = Answer(status=503)
    entry = Item(guid="5", title="Aleppo: what we know", link=f"{site.url}/a/5")
    site.feed("/feed.xml", "World", [entry])
    desk.run(all_feeds=True)
    assert desk.stories() == []

    site.page("/a/5", "Aleppo: what we know")
    clock.go_on(minutes=6)
    desk.run()

    assert desk.stories() == ["Aleppo: what we know"]


def test_a_page_is_tried_three_times_and_then_left_alone(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    publish(site, range(1), matching=False)
    desk.run()
    site.answers["/a/5"] = Answer(status=500)
    entry = Item(guid="5", title="Airstrikes in Aleppo", link=f"{site.url}/a/5")
    site.feed("/feed.xml", "World", [entry])

    desk.run(all_feeds=True)
    for _ in range(8):
        clock.go_on(minutes=20)
        desk.run()

    assert site.hits("/a/5") == 4
    assert desk.stories() == ["Airstrikes in Aleppo"]
    assert desk.told()[0]["coverage"]["summary_only"] == 1


def test_a_missing_page_is_not_asked_for_again(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    publish(site, range(1), matching=False)
    desk.run()
    entry = Item(guid="5", title="Airstrikes in Aleppo", link=f"{site.url}/gone")
    site.feed("/feed.xml", "World", [entry])

    for _ in range(3):
        desk.run(all_feeds=True)
        clock.go_on(minutes=30)

    assert site.hits("/gone") == 1
    assert desk.stories() == ["Airstrikes in Aleppo"]


def test_pages_are_not_fetched_where_full_text_is_never_wanted(
    desk: Desk, site: Site
) -> None:
    desk.articles = 'full_text = "never"'
    publish(site, range(1))
    desk.run()

    publish(site, range(3))
    desk.run(all_feeds=True)

    assert len(desk.stories()) == 2
    assert not any(path.startswith("/a/") for path, _ in site.requests)


def test_a_first_run_may_tell_of_the_last_day(desk: Desk, site: Site) -> None:
    desk.articles = 'first_run = "24h"'
    fresh = replace(item(1, site), published=desk.clock.now() - timedelta(hours=2))
    stale = replace(item(2, site), published=desk.clock.now() - timedelta(days=3))
    site.feed("/feed.xml", "World", [fresh, stale])

    desk.run()

    assert desk.stories() == [fresh.title]


@pytest.mark.parametrize("after_first_run", [False, True])
def test_backfill_lets_in_what_a_silent_first_run_remembered(
    desk: Desk, site: Site, after_first_run: bool
) -> None:
    fresh = replace(item(1, site), published=desk.clock.now() - timedelta(hours=2))
    stale = replace(item(2, site), published=desk.clock.now() - timedelta(days=3))
    site.feed("/feed.xml", "World", [fresh, stale])
    if after_first_run:
        desk.run()

    desk.run(backfill=timedelta(hours=24))

    assert desk.stories() == [fresh.title]


def test_an_entry_published_long_ago_is_remembered_and_not_told(
    desk: Desk, site: Site
) -> None:
    publish(site, range(1))
    desk.run()
    old = replace(item(1, site), published=desk.clock.now() - timedelta(days=30))
    site.feed("/feed.xml", "World", [old])

    report = desk.run(all_feeds=True)

    assert (report.new, desk.stories()) == (0, [])


def test_a_flood_is_held_and_reported_and_told_once_it_is_let_in(
    any_desk: Desk, site: Site
) -> None:
    any_desk.articles = 'full_text = "never"\nflood_limit = 10'
    publish(site, range(2))
    any_desk.run()
    publish(site, range(40))
    held = any_desk.run(all_feeds=True)
    again = any_desk.run(all_feeds=True)

    released = _decide(any_desk, "release")
    any_desk.run(all_feeds=True)

    assert (held.held, held.stories, again.stories) == (38, 0, 0)
    assert any_desk.notices()[0].startswith('38 new entries of feed "world" are held')
    assert released == 38
    assert len(any_desk.stories()) == 38


def test_a_dropped_flood_is_never_told(any_desk: Desk, site: Site) -> None:
    any_desk.articles = 'full_text = "never"\nflood_limit = 10'
    publish(site, range(2))
    any_desk.run()
    publish(site, range(40))
    any_desk.run(all_feeds=True)

    _decide(any_desk, "drop")
    any_desk.run(all_feeds=True)

    assert any_desk.stories() == []


def _decide(desk: Desk, what: str) -> int | None:
    async def decide() -> int | None:
        daemon = desk.daemon()
        await daemon.open()
        call = daemon.context.database.call
        flood = (await call(floods.held_floods))[0]
        function = floods.release_flood if what == "release" else floods.drop_flood
        count = await call(function, flood.id, desk.clock.now())
        await daemon.close()
        return count

    return asyncio.run(decide())


def test_a_changed_article_is_told_when_it_matches_only_now(
    desk: Desk, site: Site
) -> None:
    desk.articles = 'full_text = "never"'
    publish(site, range(1))
    desk.run()
    before = Item(guid="7", title="Explosions heard in Aleppo")
    site.feed("/feed.xml", "World", [before])
    desk.run(all_feeds=True)
    assert desk.stories() == []

    site.feed("/feed.xml", "World", [replace(before, title="Airstrikes hit Aleppo")])
    desk.run(all_feeds=True)

    assert desk.stories() == ["Airstrikes hit Aleppo"]


@pytest.mark.parametrize(
    ("policy", "updates"), [("new-match", 0), ("always", 1), ("never", 0)]
)
def test_a_revision_of_a_told_article_comes_as_the_rule_says(
    desk: Desk, site: Site, policy: str, updates: int
) -> None:
    desk.articles = 'full_text = "never"'
    desk.rules = f'[rules.strikes]\nquery = "airstrike"\non_update = "{policy}"'
    desk.follows = ("strikes",)
    publish(site, range(1), matching=False)
    desk.run()
    before = Item(guid="7", title="Airstrikes hit Aleppo, 22 dead")
    site.feed("/feed.xml", "World", [before])
    desk.run(all_feeds=True)

    site.feed(
        "/feed.xml", "World", [replace(before, title="Airstrikes hit Aleppo, 32 dead")]
    )
    desk.clock.go_on(hours=1)
    desk.run(all_feeds=True)

    assert len(desk.stories("new")) == 1
    assert len(desk.stories("update")) == updates


def test_a_new_rule_and_a_new_subscriber_start_with_silence(
    desk: Desk, site: Site
) -> None:
    desk.articles = 'full_text = "never"'
    publish(site, range(1), matching=False)
    desk.run()
    publish(site, range(3))
    desk.run(all_feeds=True)
    told = len(desk.stories())

    desk.clock.go_on(minutes=5)
    desk.rules = 'more = "report"'
    desk.follows = ("aleppo", "more")
    desk.run(all_feeds=True)

    assert len(desk.stories()) == told


def test_a_rule_that_watches_some_feeds_ignores_the_others(
    desk: Desk, site: Site
) -> None:
    desk.articles = 'full_text = "never"'
    desk.feeds = {"a": f"{site.url}/a.xml", "b": f"{site.url}/b.xml"}
    desk.rules = '[rules.only-a]\nquery = "*"\nfeeds = ["a"]'
    desk.follows = ("only-a",)
    for name in ("a", "b"):
        site.feed(f"/{name}.xml", name, [])
    desk.run()
    for name in ("a", "b"):
        site.feed(f"/{name}.xml", name, [Item(guid=name, title=f"News of {name}")])

    desk.run(all_feeds=True)

    assert desk.stories() == ["News of a"]
