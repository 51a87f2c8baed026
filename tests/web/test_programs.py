"""What programs ask: JSON by cursor, and feeds of matches."""

import json
from pathlib import Path
from typing import Any

import feedparser
import httpx
import pytest

from monitor.daemon import Daemon
from monitor.web.api import openapi
from monitor.web.door import Door
from monitor.web.syndication import Syndication
from tests.conftest import StandingClock
from tests.desk import Desk
from tests.site import Item, Site
from tests.web.desk_pages import furnish, get, with_pages


@pytest.fixture
def desk(site: Site, tmp_path: Path, clock: StandingClock, sqlite_url: str) -> Desk:
    desk = Desk(folder=tmp_path, site=site, clock=clock, database=sqlite_url)
    furnish(desk, site)
    return desk


# --- the interface ---


def test_matches_come_in_pages_oldest_first(desk: Desk) -> None:
    first, rest, nothing = get(
        desk,
        "/api/v1/matches?limit=2",
        "/api/v1/matches?since=2",
        "/api/v1/matches?since=999999",
    )

    assert [one["id"] for one in first.json()["matches"]] == [1, 2]
    assert first.json()["next"] == 2
    assert [one["id"] for one in rest.json()["matches"]] == [3, 4]
    assert nothing.json() == {"matches": [], "next": 999_999}


def test_a_match_says_which_words_met_which_rule(desk: Desk) -> None:
    (answer,) = get(desk, "/api/v1/matches?rule=aleppo")

    (found,) = answer.json()["matches"]
    assert found["title"] == "Airstrikes hit Aleppo & its market"
    assert found["url"] == "https://one.example/1"
    assert {hit["form"] for hit in found["hits"]} == {"Airstrikes", "Aleppo"}


def test_feeds_rules_and_deliveries_are_listed(desk: Desk) -> None:
    feeds, rules, deliveries, sent = get(
        desk,
        "/api/v1/feeds",
        "/api/v1/rules",
        "/api/v1/deliveries",
        "/api/v1/deliveries?state=sent&limit=1",
    )

    states = {one["name"]: one["state"] for one in feeds.json()["feeds"]}
    assert states == {"one": "ok", "two": "ok", "gone": "failing"}
    assert "aleppo" in {one["name"] for one in rules.json()["rules"]}
    assert {one["channel"] for one in deliveries.json()["deliveries"]} == {
        "log",
        "hook",
    }
    assert [one["state"] for one in sent.json()["deliveries"]] == ["sent"]


@pytest.mark.parametrize(
    "query", ["since=x", "limit=-1", "since=1e3", "limit=٣", "since=" + "9" * 40]
)
def test_a_parameter_that_cannot_be_read_is_said(desk: Desk, query: str) -> None:
    (answer,) = get(desk, f"/api/v1/matches?{query}")

    assert answer.status_code == 400
    assert "write a number" in answer.json()["error"]


def test_the_description_names_every_resource_and_every_field(desk: Desk) -> None:
    described = json.loads(openapi())
    paths = [f"/api/v1{path}" for path in described["paths"]]

    for path, answer in zip(paths, get(desk, *paths), strict=True):
        kind = path.rpartition("/")[2]
        names = {
            "matches": "Match",
            "rules": "Rule",
            "feeds": "Feed",
            "deliveries": "Delivery",
        }
        known = described["components"]["schemas"][names[kind]]["properties"]
        assert set(answer.json()[kind][0]) == set(known)
    assert get(desk, "/api/v1/openapi.json")[0].json() == described


# --- feeds of matches ---


def out(desk: Desk, kind: str, name: str, form: str, **headers: str) -> httpx.Response:
    async def work(web: httpx.AsyncClient, daemon: Daemon) -> httpx.Response:
        context = daemon.context
        path = Syndication(context, Door(context)).address(kind, name, form)
        sent = {header.replace("_", "-"): value for header, value in headers.items()}
        return await web.get(path, headers={"host": "news.example", **sent})

    found: httpx.Response = with_pages(desk, work, client=("203.0.113.9", 1))
    return found


@pytest.mark.parametrize(
    ("kind", "name", "count"), [("rule", "strikes", 3), ("subscriber", "desk", 3)]
)
def test_any_reader_can_follow_a_rule_or_a_subscriber(
    desk: Desk, kind: str, name: str, count: int
) -> None:
    parsed = feedparser.parse(out(desk, kind, name, "atom").content)

    assert not parsed.bozo
    assert len(parsed.entries) == count
    assert all(entry.id.startswith("urn:monitor:story:") for entry in parsed.entries)
    titles = {entry.title for entry in parsed.entries}
    assert {"غارة جوية على حلب", "Airstrikes hit Aleppo & its market"} <= titles
    links = {entry.link for entry in parsed.entries}
    assert not [link for link in links if link.startswith("javascript")]


def test_the_same_stands_in_a_json_feed(desk: Desk) -> None:
    answer = out(desk, "rule", "aleppo", "json")

    found: dict[str, Any] = answer.json()
    assert found["version"] == "https://jsonfeed.org/version/1.1"
    (item,) = found["items"]
    assert item["url"] == "https://one.example/1"
    assert "aleppo: airstrike (inflection" in item["content_text"]
    assert answer.headers["content-type"].startswith("application/feed+json")


def test_who_has_a_feed_already_is_told_so(desk: Desk) -> None:
    answer = out(desk, "rule", "aleppo", "atom")
    etag, date = answer.headers["etag"], answer.headers["last-modified"]

    assert (
        out(desk, "rule", "aleppo", "atom", if_none_match=f'"x", W/{etag}').status_code
        == 304
    )
    assert out(desk, "rule", "aleppo", "atom", if_none_match='"x"').status_code == 200
    assert (
        out(desk, "rule", "aleppo", "atom", if_modified_since=date).status_code == 304
    )
    assert (
        out(desk, "rule", "aleppo", "atom", if_modified_since="soon").status_code == 200
    )


def test_a_story_that_goes_on_keeps_its_id_and_gets_a_new_date(
    desk: Desk, site: Site
) -> None:
    before = feedparser.parse(out(desk, "rule", "aleppo", "atom").content).entries[0]
    title = "Airstrikes hit Aleppo & <b>its</b> market"
    again = Item(guid="9", title=title, link="https://two.example/9", summary=title)
    site.feed("/two.xml", "Two", [again])
    desk.clock.go_on(hours=1)
    desk.run(all_feeds=True)

    after = feedparser.parse(out(desk, "rule", "aleppo", "atom").content).entries

    assert [entry.id for entry in after] == [before.id]
    assert after[0].updated > before.updated


@pytest.mark.parametrize(
    "path",
    [
        "/out/rule/aleppo/forged/atom",
        "/out/rule/nothing/forged/atom",
        "/out/planet/aleppo/forged/atom",
    ],
)
def test_a_forged_address_is_none(desk: Desk, path: str) -> None:
    assert get(desk, path)[0].status_code == 404


def test_an_empty_feed_and_an_unknown_form_have_their_answers(desk: Desk) -> None:
    empty = feedparser.parse(out(desk, "rule", "grain", "atom").content)

    assert not empty.bozo
    assert empty.entries == []
    assert (
        out(
            desk,
            "rule",
            "grain",
            "atom",
            if_modified_since="Mon, 01 Jan 2024 00:00:00 GMT",
        ).status_code
        == 200
    )
    assert out(desk, "rule", "grain", "rdf").status_code == 404
