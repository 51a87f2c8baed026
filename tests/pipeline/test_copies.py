"""Copies fold into one story, and come again only with something new."""

import asyncio
from typing import cast

import pytest

from monitor.models import Article, PageState
from monitor.pipeline import group
from monitor.storage.database import Row, Transaction
from monitor.stories import near
from tests.conftest import NOON
from tests.desk import Desk
from tests.site import PARAGRAPHS, Answer, Item, Site, article_page

TITLE = "Airstrikes hit Aleppo as 14 die"
FIRST = f"Officers said on Sunday that 14 people had died. {PARAGRAPHS[0]}"
NEW = (
    "Turkey's foreign minister flew to Geneva overnight and met the envoys of three "
    "neighbouring countries behind closed doors.",
    "Oil climbed above ninety dollars while insurers raised premiums for tankers that "
    "cross the eastern Mediterranean.",
)


@pytest.fixture
def told(desk: Desk, site: Site) -> Desk:
    """A desk with two feeds that has told the story of the first."""
    desk.feeds = {"bbc": f"{site.url}/bbc.xml", "copier": f"{site.url}/copier.xml"}
    for name in desk.feeds:
        site.feed(f"/{name}.xml", name, [])
    desk.run()
    show(site, "bbc", TITLE, (FIRST, *PARAGRAPHS[1:]))
    desk.run(all_feeds=True)
    return desk


def show(site: Site, feed: str, title: str, paragraphs: tuple[str, ...]) -> None:
    """Let a feed show one article that has a page."""
    path = f"/{feed}/{abs(hash((title, paragraphs)))}"
    site.answers[path] = Answer(article_page(title, paragraphs))
    item = Item(guid=path, title=title, link=site.url + path)
    site.feed(f"/{feed}.xml", feed, [item])


def later(desk: Desk) -> None:
    """A round after the cooldown of instant digests."""
    desk.clock.go_on(minutes=40)
    desk.run(all_feeds=True)


def causes(desk: Desk) -> list[str | None]:
    return [story["cause"] for line in desk.told() for story in line["stories"]]


def test_a_shortened_copy_under_another_title_is_a_further_report(
    told: Desk, site: Site
) -> None:
    show(site, "copier", "Aleppo: airstrikes resume", (FIRST, *PARAGRAPHS[1:3]))

    later(told)

    first, second = told.told()
    assert second["stories"][0]["id"] == first["stories"][0]["id"]
    assert causes(told) == [None, "further-report"]
    copies = [a["copy_of"] for a in second["stories"][0]["articles"]]
    assert len([one for one in copies if one]) == 1


def test_a_copy_with_new_sentences_is_told_as_such(told: Desk, site: Site) -> None:
    show(site, "copier", TITLE, (FIRST, *PARAGRAPHS[1:], *NEW))

    later(told)

    assert causes(told) == [None, "new-sentences"]


def test_a_copy_with_another_toll_is_told_as_such(told: Desk, site: Site) -> None:
    text = (FIRST.replace("14", "32"), *PARAGRAPHS[1:])
    show(site, "copier", TITLE.replace("14", "32"), text)

    later(told)

    assert causes(told) == [None, "figure"]


def test_another_article_of_the_feed_is_another_story(told: Desk, site: Site) -> None:
    show(site, "copier", "Airstrikes near Aleppo airport", (NEW[0] * 2, NEW[1] * 2))

    later(told)

    ids = {story["id"] for line in told.told() for story in line["stories"]}
    assert len(ids) == 2


def test_grouping_waits_for_other_nodes_before_it_looks() -> None:
    asked: list[str] = []

    class Watched:
        """A transaction of which only the order of its questions matters."""

        def serialise(self, name: str) -> None:
            asked.append(name)

        def all(self, _sql: str, **_values: object) -> list[Row]:
            asked.append("a look")
            return []

        def each(self, _sql: str, **_values: object) -> list[Row]:
            return self.all(_sql)

    body = " ".join(PARAGRAPHS)
    article = Article(
        title=TITLE,
        summary="",
        body=body,
        aside="",
        language="en",
        state=PageState.OK,
        url="",
    )

    group.compare(cast("Transaction", Watched()), article, near.segments(body), NOON)

    assert asked[0] == "grouping"
    assert "a look" in asked


def test_two_nodes_that_read_copies_at_once_open_one_story(
    any_desk: Desk, site: Site
) -> None:
    if any_desk.database.startswith("sqlite"):
        pytest.skip("SQLite has one writer anyway")
    desk = any_desk
    desk.feeds = {name: f"{site.url}/{name}.xml" for name in ("bbc", "copier")}
    for name in desk.feeds:
        site.feed(f"/{name}.xml", name, [])
    desk.run()
    show(site, "bbc", TITLE, (FIRST, *PARAGRAPHS[1:]))
    show(site, "copier", "Aleppo: airstrikes resume", (FIRST, *PARAGRAPHS[1:3]))

    async def run(feed: str) -> None:
        node = desk.daemon()
        try:
            await node.open()
            await node.check_once(only_feed=feed)
        finally:
            await node.close()

    async def both() -> None:
        async with asyncio.TaskGroup() as nodes:
            for name in desk.feeds:
                nodes.create_task(run(name))

    asyncio.run(both())

    ids = {story["id"] for line in desk.told() for story in line["stories"]}
    assert len(ids) == 1
