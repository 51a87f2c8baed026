"""stories list, show, mute and split, over what a desk has folded."""

from datetime import UTC, datetime

import pytest

from tests.cli.conftest import Monitor, answer
from tests.desk import Desk
from tests.pipeline.test_digests import tell
from tests.site import Item, Site

AT = ("--at", "2026-11-22T12:30:00Z")
ONE, COPY, RETOLD = (
    f"https://example.org/{name}" for name in ("one", "copy", "retold")
)
TITLES = {
    ONE: "Airstrikes hit Aleppo market at noon, dozens dead",
    COPY: "Airstrikes hit Aleppo market at noon, dozens dead",
    RETOLD: "Dozens dead as airstrikes pound market in Aleppo",
}


@pytest.fixture
def folded(desk: Desk, site: Site) -> Desk:
    """A desk that has folded three articles of three feeds into one story."""
    desk.articles = 'full_text = "never"'
    desk.feeds = {n: f"{site.url}/{n}.xml" for n in ("one", "copy", "retold")}
    for name in desk.feeds:
        site.feed(f"/{name}.xml", name, [])
    desk.write()
    desk.run()
    for minute, (url, title) in enumerate(TITLES.items()):
        name = url.rpartition("/")[2]
        at = datetime(2026, 11, 22, 11, minute, tzinfo=UTC)
        item = Item(guid=url, title=title, link=url, published=at)
        site.feed(f"/{name}.xml", name, [item])
    desk.run(all_feeds=True)
    return desk


def story_of(monitor: Monitor, url: str) -> str:
    found: str = answer(monitor(*AT, "--json", "stories", "show", url))["story"][
        "story"
    ]
    return found


@pytest.mark.usefixtures("folded")
def test_a_story_of_several_outlets_is_listed(monitor: Monitor) -> None:
    result = monitor(*AT, "stories", "list")

    lines = result.output.splitlines()
    assert lines[0].split() == ["story", "articles", "voices", "last", "title"]
    assert len(lines) == 2
    assert "  3         3       Sun 22 Nov 12:00 +00:00  " in lines[1]
    assert lines[1].endswith(tuple(TITLES.values()))  # of whichever came in first


def test_a_desk_without_stories_says_so(monitor: Monitor, desk: Desk) -> None:
    desk.write()

    assert monitor(*AT, "stories", "list").output == "No stories in 2 days.\n"


@pytest.mark.usefixtures("folded")
def test_a_story_is_shown_with_its_articles_and_rules(monitor: Monitor) -> None:
    result = monitor(*AT, "stories", "show", RETOLD)

    assert "3 articles, 3 voices" in result.output
    assert f"  22 Nov 12:00  retold: {TITLES[RETOLD]}" in result.output
    assert "a text of its own  rules aleppo" in result.output


@pytest.mark.usefixtures("folded")
def test_an_unknown_story_is_said(monitor: Monitor) -> None:
    result = monitor(*AT, "stories", "show", "nothing")

    assert result.exit_code == 2
    assert "there is no story 'nothing'" in result.stderr


@pytest.mark.usefixtures("folded")
def test_a_story_is_muted_and_let_in_again(monitor: Monitor) -> None:
    muted = monitor(*AT, "stories", "mute", ONE)
    shown = monitor(*AT, "stories", "list").output
    again = monitor(*AT, "stories", "mute", "--off", ONE)

    assert muted.output.endswith("is told to nobody any more.\n")
    assert "(muted)" in shown
    assert again.output.endswith("is told again.\n")


@pytest.mark.usefixtures("folded")
def test_an_article_is_taken_out_of_its_story(monitor: Monitor) -> None:
    old = story_of(monitor, RETOLD)

    split = monitor(*AT, "stories", "split", RETOLD)

    assert split.output.startswith(f"{RETOLD} is story ")
    assert story_of(monitor, RETOLD) != old
    assert story_of(monitor, ONE) == old


def test_what_stands_alone_cannot_be_split(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    desk.articles = 'full_text = "never"'
    desk.write()
    tell(site, "old")
    desk.run()
    site.feed("/feed.xml", "World", [Item(guid="x", title="Alone", link=ONE)])
    desk.run(all_feeds=True)

    result = monitor(*AT, "stories", "split", ONE)

    assert result.exit_code == 2
    assert "is the whole of its story" in result.stderr


def test_a_split_repeats_nothing(monitor: Monitor, folded: Desk) -> None:
    before = len(folded.told())

    monitor(*AT, "stories", "split", RETOLD)
    folded.clock.go_on(hours=1)
    folded.run(all_feeds=True)

    assert len(folded.told()) == before
