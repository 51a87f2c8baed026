"""How the feed of a site is found: what is asked, in which order, and what is said."""

import tomllib

import pytest

from tests.cli.conftest import Monitor
from tests.desk import Desk
from tests.site import Answer, Item, Site, rss

RSS = "application/rss+xml"
FEED = Answer(rss("Radio Aleppo", [Item(guid="1", title="One")]), 200, RSS)
GUESSES = ["/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml"]


@pytest.fixture(autouse=True)
def _configured(desk: Desk) -> None:
    desk.feeds = {"other": "http://127.0.0.1:9/other.xml"}
    desk.write()


def page(*links: str, rest: str = "") -> Answer:
    found = "".join(
        f'<link rel="alternate" type="{RSS}" href="{link}">' for link in links
    )
    return Answer(f"<html><head>{found}</head><body>{rest}</body></html>".encode())


def asked(site: Site) -> list[str]:
    return [path for path, _ in site.requests]


def found(desk: Desk) -> str:
    """The address of the feed that was added, without that of the site."""
    feeds = tomllib.loads((desk.folder / "added.toml").read_text("utf-8"))["feeds"]
    (feed,) = feeds.values()
    url: str = feed["url"]
    return url.removeprefix(desk.site.url)


def test_an_address_that_is_a_feed_is_asked_once(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    site.answers["/mine"] = FEED

    monitor("feeds", "add", f"{site.url}/mine")

    assert found(desk) == "/mine"
    assert asked(site) == ["/mine"]


def test_what_the_page_declares_is_tried_in_its_order_until_one_is_a_feed(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    site.answers["/"] = page("/dead.xml", "/page.xml", "/good.xml", "/more.xml")
    site.answers["/page.xml"] = page()
    site.answers["/good.xml"] = site.answers["/more.xml"] = FEED

    result = monitor("feeds", "add", f"{site.url}/")

    assert found(desk) == "/good.xml"
    assert asked(site)[2:] == ["/dead.xml", "/page.xml", "/good.xml"]
    assert result.output.endswith(
        "The site has other feeds:\n"
        f"  {site.url}/dead.xml\n  {site.url}/page.xml\n  {site.url}/more.xml\n"
    )


def test_a_plain_link_of_the_page_is_found_as_well(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    site.answers["/"] = page(rest='<a href="news.rss">RSS</a>')
    site.answers["/news.rss"] = FEED

    monitor("feeds", "add", f"{site.url}/")

    assert found(desk) == "/news.rss"


def test_links_count_from_where_the_page_really_is(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    site.answers["/"] = Answer(status=302, headers={"Location": "/en/home"})
    site.answers["/en/home"] = page("rss")
    site.answers["/en/rss"] = FEED

    monitor("feeds", "add", f"{site.url}/")

    assert found(desk) == "/en/rss"


def test_only_the_first_of_many_links_are_tried(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    site.answers["/"] = page(*(f"/{n}.xml" for n in range(20)))

    result = monitor("feeds", "add", f"{site.url}/")

    tried = [path for path in asked(site) if path[1:2].isdigit()]
    assert tried == [f"/{n}.xml" for n in range(6)]
    assert result.exit_code == 1
    assert not (desk.folder / "added.toml").exists()


@pytest.mark.parametrize(
    ("path", "status", "there"),
    [
        ("/news", 200, "/news/feed"),
        ("/news/", 200, "/rss.xml"),
        ("/news", 404, "/index.xml"),
        ("/news", 500, "/feed"),
    ],
)
def test_where_nothing_is_linked_the_usual_addresses_are_tried(
    path: str, status: int, there: str, monitor: Monitor, desk: Desk, site: Site
) -> None:
    site.answers[path] = Answer(page().body, status)
    site.answers[there] = FEED

    monitor("feeds", "add", site.url + path)

    usual = ["/news/feed", *GUESSES]
    assert found(desk) == there
    assert asked(site) == [path, path, *usual[: usual.index(there) + 1]]


def test_a_guess_that_leads_elsewhere_is_no_feed_of_the_site(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    site.answers["/"] = page()
    site.answers["/feed"] = Answer(status=301, headers={"Location": "/of/another"})
    site.answers["/of/another"] = FEED
    site.answers["/index.xml"] = FEED

    monitor("feeds", "add", f"{site.url}/")

    assert found(desk) == "/index.xml"


def test_a_link_of_the_page_may_lead_elsewhere(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    site.answers["/"] = page("/moved.xml")
    site.answers["/moved.xml"] = Answer(status=301, headers={"Location": "/new.xml"})
    site.answers["/new.xml"] = FEED

    monitor("feeds", "add", f"{site.url}/")

    assert found(desk) == "/moved.xml"


@pytest.mark.parametrize(
    ("links", "count"), [((), 7), (("/a.xml",), 8), (("/a.xml", "/b.xml"), 9)]
)
def test_a_site_without_a_feed_is_told_what_was_tried_and_found(
    links: tuple[str, ...], count: int, monitor: Monitor, desk: Desk, site: Site
) -> None:
    site.answers["/"] = page(*links)

    result = monitor("feeds", "add", f"{site.url}/")

    assert (result.exit_code, result.output) == (1, "")
    assert f"no feed among {count} addresses of {site.url}/; " in result.stderr
    assert len(set(asked(site))) == count
    assert sorted(path.name for path in desk.folder.iterdir()) == ["config.toml"]


@pytest.mark.parametrize(
    ("answered", "reason"),
    [
        (Answer(b"", 404), "HTTP 404: the address may have changed"),
        (Answer(b"", 403), "HTTP 403: it refuses us"),
        (Answer(b" ", 200), "the answer is empty"),
    ],
)
def test_the_reason_is_that_of_the_address_that_was_given(
    answered: Answer, reason: str, monitor: Monitor, site: Site
) -> None:
    site.answers["/x"] = answered

    result = monitor("feeds", "add", f"{site.url}/x")

    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert reason in result.stderr


def test_an_address_without_a_scheme_is_asked_in_safety(
    monitor: Monitor, site: Site
) -> None:
    host = site.url.removeprefix("http://")

    result = monitor("feeds", "add", host)

    assert result.exit_code == 1
    assert f"addresses of https://{host}; " in result.stderr
    assert asked(site) == []


@pytest.mark.parametrize("url", ["", "https://", "ftp://127.0.0.1/x", "http://[::1"])
def test_an_address_that_is_none_is_an_error(url: str, monitor: Monitor) -> None:
    result = monitor("feeds", "add", url)

    assert result.exit_code == 1
    assert "no feed among 1 addresses of " in result.stderr


def test_a_page_that_is_none_is_no_end_of_the_search(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    site.answers["/"] = Answer(b"\0\xff<" * 1_000)
    site.answers["/rss"] = FEED

    monitor("feeds", "add", f"{site.url}/")

    assert found(desk) == "/rss"
