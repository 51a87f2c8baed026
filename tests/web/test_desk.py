"""The pages for whoever runs the service."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import lxml.html
import pytest

from monitor.daemon import Daemon
from monitor.storage import settings
from tests.conftest import StandingClock
from tests.desk import Desk
from tests.site import Site
from tests.web.desk_pages import PAGES, furnish, get, with_pages


@pytest.fixture
def desk(site: Site, tmp_path: Path, clock: StandingClock, sqlite_url: str) -> Desk:
    desk = Desk(folder=tmp_path, site=site, clock=clock, database=sqlite_url)
    furnish(desk, site)
    return desk


def text(answer: httpx.Response) -> str:
    """What a reader sees, on one line."""
    found = lxml.html.fromstring(answer.text).xpath("//main")[0].text_content()
    return " ".join(found.split())


def test_every_page_is_small_closed_to_scripts_and_refers_to_itself_alone(
    desk: Desk,
) -> None:
    for answer in get(desk, *PAGES):
        assert answer.status_code == 200
        assert len(answer.content) < 60_000
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "script" not in answer.headers["content-security-policy"]
        page = lxml.html.fromstring(answer.text)
        assert not page.xpath("//script | //*[@style] | //img | //iframe")
        assets = page.xpath("//link/@href")
        assert not [one for one in assets if urlsplit(one).netloc]


def test_the_overview_says_what_needs_a_look(desk: Desk) -> None:
    (answer,) = get(desk, "/")

    found = text(answer)
    assert found.startswith("It works, and something needs a look")
    assert "Feeds well2 of 3" in found
    assert "gone failing HTTP 404" in found
    assert "hook 127.0.0.1:9 since" in found


def test_a_node_that_is_silent_is_named_beside_those_that_live(desk: Desk) -> None:
    async def work(web: httpx.AsyncClient, daemon: Daemon) -> httpx.Response:
        before = desk.clock.now()
        call = daemon.context.database.call
        await call(settings.beat, before, "lost-node")
        desk.clock.go_on(hours=1)
        await call(settings.beat, desk.clock.now(), "here")
        return await web.get("/")

    found = text(with_pages(desk, work))

    assert "Nodes that are silent lost-node since" in found


def test_a_service_without_a_sign_of_life_heads_the_overview(desk: Desk) -> None:
    async def work(web: httpx.AsyncClient, daemon: Daemon) -> httpx.Response:
        del daemon
        desk.clock.go_on(hours=1)
        return await web.get("/")

    assert text(with_pages(desk, work)).startswith("The service gives no sign of life")


def test_a_refused_configuration_is_shown_with_the_way_out(desk: Desk) -> None:
    async def work(web: httpx.AsyncClient, daemon: Daemon) -> httpx.Response:
        call = daemon.context.database.call
        await call(settings.refuse_config, "config.toml:3:1 oh <no>", desk.clock.now())
        return await web.get("/")

    found = text(with_pages(desk, work))

    assert found.startswith("The new configuration was refused")
    assert "config.toml:3:1 oh <no>" in found
    assert "monitor check-config" in found


def test_a_newcomer_finds_why_an_article_was_sent(desk: Desk) -> None:
    archive, _ = get(desk, "/matches", "/")
    (path,) = set(
        lxml.html.fromstring(archive.text).xpath(
            "//a[contains(., 'market')]/@href[contains(., '/stories/')]"
        )
    )

    (story,) = get(desk, path)

    found = text(story)
    assert "Airstrikes hit Aleppo & its market" in found
    assert 'aleppo: airstrike (inflection, form "Airstrikes", title' in found
    assert "desk as new" in found


def test_titles_are_text_and_odd_addresses_no_links(desk: Desk) -> None:
    (answer,) = get(desk, "/matches")

    assert "<script>" not in answer.text
    assert "javascript:" not in answer.text
    page = lxml.html.fromstring(answer.text)
    outside = page.xpath("//a[starts-with(@href, 'https://')]/@rel")
    assert outside
    assert set(outside) == {"noopener noreferrer"}


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", 3),
        ("rule=aleppo", 1),
        ("rule=grain", 0),
        ("source=Two", 1),
        ("title=MARKET", 1),
        ("title=100%25", 0),
        ("since=2026-11-22", 3),
        ("since=2026-11-23", 0),
        ("since=nonsense", 3),
        ("before=1", 0),
        ("before=-1", 3),
    ],
)
def test_the_archive_has_filters(desk: Desk, query: str, shown: int) -> None:
    (answer,) = get(desk, f"/matches?{query}")

    cards = lxml.html.fromstring(answer.text).xpath("//li[@class='card']")
    assert len(cards) == shown


def test_a_story_that_is_not_there_says_so(desk: Desk) -> None:
    (answer,) = get(desk, "/stories/nothing")

    assert answer.status_code == 404
    assert "There is nothing here" in answer.text


def test_feeds_that_fail_come_first_and_can_be_chosen(desk: Desk) -> None:
    everything, failing, second = get(
        desk, "/feeds", "/feeds?state=failing", "/feeds?page=1"
    )

    assert text(everything).index("gone") < text(everything).index("one ok")
    assert "1 feed," in text(failing)
    assert "Before" in text(second)


def acting(desk: Desk, path: str, **fields: str) -> httpx.Response:
    """Send the form of a page, with the token that stands in it."""

    async def work(web: httpx.AsyncClient, daemon: Daemon) -> httpx.Response:
        del daemon
        found = re.search(r'name="csrf" value="(\w+)"', (await web.get(path)).text)
        assert found
        await web.post(path, data={"csrf": found[1], **fields})
        return await web.get(path)

    answer: httpx.Response = with_pages(desk, work)
    return answer


def test_a_feed_is_paused_and_resumed(desk: Desk) -> None:
    paused = acting(desk, "/feeds", feed="one", action="pause")
    resumed = acting(desk, "/feeds", feed="one", action="resume")

    assert "one paused" in text(paused)
    assert "one ok" in text(resumed)


def test_a_message_is_given_up_and_tried_again(desk: Desk) -> None:
    (answer,) = get(desk, "/deliveries?state=pending")
    found = re.search(r'name="id" value="(\d+)"', answer.text)
    assert found

    dropped = acting(desk, "/deliveries", id=found[1], action="drop")
    again = acting(desk, "/deliveries", id=found[1], action="retry")

    assert "dropped desk · hook" in text(dropped)
    assert "pending desk · hook" in text(again)
    assert "Connect call failed" in text(again)


def test_a_subscriber_is_paused_and_goes_on(desk: Desk) -> None:
    paused = acting(desk, "/subscribers", subscriber="desk", action="week")
    resumed = acting(desk, "/subscribers", subscriber="desk", action="resume")

    assert "desk paused until Sun 29 Nov" in text(paused)
    assert "paused" not in text(resumed)


def test_what_no_form_asks_for_changes_nothing(desk: Desk) -> None:
    before = text(get(desk, "/feeds")[0])
    acting(desk, "/deliveries", id="x", action="retry")
    acting(desk, "/subscribers", subscriber="desk", action="delete")

    assert text(acting(desk, "/feeds", feed="one", action="explode")) == before


def test_a_rule_shows_its_days_and_its_feeds(desk: Desk) -> None:
    (answer,) = get(desk, "/rules")

    assert "1 today, 1 in 7 days, 1 in 14." in text(answer)
    assert "Goes to nobody." in text(answer)
    assert 'role="img" aria-label="Articles a day over 14 days: 0, ' in answer.text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"rule": "aleppo", "text": "Aleppo, an airstrike."}, "It matches."),
        (
            {"rule": "aleppo", "text": "Only Aleppo."},
            "It does not match. needs airstrike",
        ),
        ({"query": "grain AND", "text": "x"}, "I expected a word after AND"),
        ({"rule": "nothing", "text": "x"}, "choose a rule, or write a query"),
        ({"query": "corridor", "text": "a corridor"}, "It matches."),
    ],
)
def test_a_text_is_tried_against_a_rule(
    desk: Desk, given: dict[str, str], said: str
) -> None:
    async def work(web: httpx.AsyncClient, daemon: Daemon) -> httpx.Response:
        del daemon
        found = re.search(r'name="csrf" value="(\w+)"', (await web.get("/rules")).text)
        assert found
        return await web.post("/rules", data={"csrf": found[1], **given})

    assert said in text(with_pages(desk, work))


def test_a_preview_shows_what_waits_and_changes_nothing(desk: Desk, site: Site) -> None:
    (nothing,) = get(desk, "/preview/desk")
    desk.digest = "daily 18:00"
    desk.write()
    site.feed("/two.xml", "Two", [])
    desk.run(all_feeds=True)

    first, again, unknown = get(desk, "/preview/desk", "/preview/desk", "/preview/x")

    assert "Nothing waits for desk" in nothing.text
    assert first.text == again.text
    assert unknown.status_code == 404


def test_an_empty_installation_has_all_its_pages(
    tmp_path: Path, clock: StandingClock, site: Site
) -> None:
    bare = Desk(
        folder=tmp_path, site=site, clock=clock, database=f"sqlite:{tmp_path}/bare.db"
    )
    bare.feeds = {}

    for answer in get(bare, *PAGES):
        assert answer.status_code == 200
