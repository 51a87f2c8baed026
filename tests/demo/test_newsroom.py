"""The demo newsroom: what its outlets serve before and after the story breaks."""

import http.client
import json
import re
import socket
import struct
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any

import feedparser
import httpx
import pytest
import trafilatura
from lxml import html

from monitor.demo.newsroom import Newsroom
from monitor.demo.outlets import Entry, article_path, load_outlets
from monitor.demo.server import Document, Listener, accepting, document, listen

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
OUTLETS = {outlet.key: outlet for outlet in load_outlets()}
ENTRIES = {
    "bazaar": (5, 6),
    "courier": (6, 9),
    "field-notes": (4, 6),
    "levant": (5, 6),
    "newswire": (5, 6),
    "shamal": (4, 5),
    "vestnik": (4, 5),
    "worldservice": (5, 7),
}
XML_VERSIONS = {
    "bazaar": "rss20",
    "courier": "rss10",
    "levant": "atom10",
    "newswire": "rss20",
    "shamal": "atom10",
    "vestnik": "rss20",
    "worldservice": "rss20",
}
ORIGINAL = ("worldservice", "aleppo-withdrawal")
REPOST = ("newswire", "syrian-troops-withdraw-from-aleppo")


@pytest.fixture
def newsroom() -> Iterator[Newsroom]:
    with Newsroom(now=NOW) as opened:
        yield opened


def get(url: str, **headers: str) -> httpx.Response:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.get(url, headers=sent, timeout=5, trust_env=False)


def read_feed(newsroom: Newsroom, key: str) -> Any:
    answer = get(newsroom.feeds[key])
    kind = {"content-type": answer.headers["content-type"]}
    return feedparser.parse(answer.content, response_headers=kind)


def site(newsroom: Newsroom, key: str) -> str:
    return str(httpx.URL(newsroom.feeds[key]).copy_with(raw_path=b"/")).rstrip("/")


def written(key: str, name: str) -> Entry:
    return next(each for each in OUTLETS[key].entries if each.id == name)


def read_page(newsroom: Newsroom, key: str, name: str) -> httpx.Response:
    return get(site(newsroom, key) + article_path(written(key, name)))


def body_lines(answer: httpx.Response) -> list[str]:
    tree = html.document_fromstring(answer.text)
    return [p.text_content() for p in tree.xpath("//*[@class='article-body']/p")]


def extracted(answer: httpx.Response) -> list[str]:
    text = trafilatura.extract(
        answer.text, fast=True, favor_recall=True, include_comments=False
    )
    return (text or "").split("\n")


def raw_connection(newsroom: Newsroom, key: str) -> socket.socket:
    url = httpx.URL(newsroom.feeds[key])
    return socket.create_connection((url.host, url.port or 0), timeout=5)


@pytest.mark.parametrize("key", XML_VERSIONS)
def test_every_xml_feed_grows_when_the_story_breaks(
    newsroom: Newsroom, key: str
) -> None:
    before = read_feed(newsroom, key)
    newsroom.publish()
    after = read_feed(newsroom, key)

    assert (len(before.entries), len(after.entries)) == ENTRIES[key]
    assert after.version == XML_VERSIONS[key]
    assert all(entry.title and entry.link and entry.summary for entry in after.entries)
    assert len({entry.id for entry in after.entries}) == len(after.entries)


def test_the_json_feed_grows_and_carries_the_full_text(newsroom: Newsroom) -> None:
    url = newsroom.feeds["field-notes"]

    before = json.loads(get(url).content)
    newsroom.publish()
    after = json.loads(get(url).content)

    assert (len(before["items"]), len(after["items"])) == ENTRIES["field-notes"]
    newest = after["items"][0]
    assert newest["content_html"].count("<p>") == 4
    assert len(newest["content_html"]) > 1000
    assert newest["date_published"] == "2026-11-23T06:32:00+00:00"


def test_the_story_breaks_has_news_and_ends(newsroom: Newsroom) -> None:
    grown = sum(after - before for before, after in ENTRIES.values())

    assert newsroom.publish() == grown == 12
    assert newsroom.publish() == 2
    assert newsroom.publish() == 0


def test_a_page_cannot_be_read_before_its_entry_is_published(
    newsroom: Newsroom,
) -> None:
    before = read_page(newsroom, *ORIGINAL)
    newsroom.publish()
    after = read_page(newsroom, *ORIGINAL)

    assert (before.status_code, after.status_code) == (404, 200)


@pytest.mark.parametrize("key", sorted(set(XML_VERSIONS) - {"bazaar"}))
def test_the_well_formed_feeds_are_well_formed(newsroom: Newsroom, key: str) -> None:
    newsroom.publish()

    assert not read_feed(newsroom, key).bozo


def test_the_ill_formed_feed_keeps_its_entries_all_the_same(
    newsroom: Newsroom,
) -> None:
    newsroom.publish()

    feed = read_feed(newsroom, "bazaar")

    assert feed.bozo
    assert feed.entries[0].title == (
        "Soap & laurel oil:\u00a0exports from Aleppo rise by a fifth"
    )
    assert feed.entries[0].summary.endswith(
        "Japan & South Korea are the largest buyers."
    )


def test_the_russian_outlet_speaks_windows_1251(newsroom: Newsroom) -> None:
    newsroom.publish()

    answer = get(newsroom.feeds["vestnik"])
    story = read_page(newsroom, "vestnik", "aleppo-otvod-voysk")

    assert answer.headers["content-type"] == (
        "application/rss+xml; charset=windows-1251"
    )
    assert "авиаудары" in answer.content.decode("windows-1251")
    assert "Алеппо" in read_feed(newsroom, "vestnik").entries[0].title
    assert body_lines(story) == list(
        written("vestnik", "aleppo-otvod-voysk").paragraphs
    )


def test_the_arabic_outlet_says_its_language_and_direction(
    newsroom: Newsroom,
) -> None:
    newsroom.publish()

    feed = read_feed(newsroom, "shamal")
    story = read_page(newsroom, "shamal", "aleppo-insihab").text

    assert feed.feed.title_detail.language == "ar"
    assert "حلب" in feed.entries[0].title
    assert "غارة جوية" in story
    assert "غارات جوية" in story
    assert '<html lang="ar" dir="rtl">' in story


def test_the_repost_holds_the_paragraphs_of_the_original_to_the_letter(
    newsroom: Newsroom,
) -> None:
    newsroom.publish()

    original = body_lines(read_page(newsroom, *ORIGINAL))
    repost = body_lines(read_page(newsroom, *REPOST))

    assert original == list(written(*ORIGINAL).paragraphs)
    assert len(" ".join(original).split()) > 250
    assert repost == [
        *original,
        "Original Source: www.worldservice.example",
        "Post Comment",
    ]


def test_the_repost_comes_twenty_minutes_after_the_original(
    newsroom: Newsroom,
) -> None:
    newsroom.publish(now=NOW + timedelta(hours=1))

    first, second = (
        next(each for each in read_feed(newsroom, key).entries if name in each.link)
        for key, name in (ORIGINAL, REPOST)
    )

    assert parsedate_to_datetime(first.published) == NOW + timedelta(minutes=29)
    assert parsedate_to_datetime(second.published) == NOW + timedelta(minutes=49)


def test_times_are_told_in_utc_whatever_zone_the_newsroom_was_given() -> None:
    damascus = NOW.astimezone(timezone(timedelta(hours=3)))

    with Newsroom(now=damascus) as newsroom:
        newest = read_feed(newsroom, "worldservice").entries[0]

    assert newest.published == "Mon, 23 Nov 2026 05:24:00 GMT"


@pytest.mark.parametrize("key", ENTRIES)
def test_extraction_finds_the_text_and_none_of_the_furniture(
    newsroom: Newsroom, key: str
) -> None:
    while newsroom.publish():
        pass

    for entry in OUTLETS[key].entries:
        lines = extracted(read_page(newsroom, key, entry.id))
        assert [line for line in lines if line not in entry.tail] == list(
            entry.paragraphs
        )


def test_the_words_of_the_demo_rule_stand_in_the_promised_entries_only() -> None:
    strike = re.compile(r"\bair[ -]?strikes?\b", re.IGNORECASE)
    texts = {
        (key, entry.id, entry.round): " ".join((entry.title, *entry.paragraphs))
        for key, outlet in OUTLETS.items()
        for entry in outlet.entries
    }

    hits = {
        at for at, text in texts.items() if "Aleppo" in text and strike.search(text)
    }

    assert hits == {
        (*ORIGINAL, 2),
        (*REPOST, 2),
        ("levant", "army-leaves-aleppo", 2),
        ("courier", "aleppo-in-brief", 2),
        ("courier", "bakery-inquiry", 2),
        ("field-notes", "siren-log-211", 2),
        ("field-notes", "siren-log-212", 3),
        ("worldservice", "aleppo-toll-rises", 3),
    }


def test_the_front_page_links_the_feed_and_every_article(newsroom: Newsroom) -> None:
    tree = html.document_fromstring(get(f"{site(newsroom, 'levant')}/").text)

    assert tree.xpath("//link[@rel='alternate']/@href") == [newsroom.feeds["levant"]]
    assert len(tree.xpath("//section/h2/a/@href")) == ENTRIES["levant"][0]


@pytest.mark.parametrize("condition", ["{}", "W/{}", '"other", {}', "*"])
def test_a_matching_entity_tag_is_answered_with_304(
    newsroom: Newsroom, condition: str
) -> None:
    url = newsroom.feeds["courier"]
    etag = get(url).headers["etag"]

    answer = get(url, If_None_Match=condition.format(etag))

    assert answer.status_code == 304
    assert answer.headers["etag"] == etag
    assert answer.content == b""


def test_publishing_changes_the_entity_tag(newsroom: Newsroom) -> None:
    url = newsroom.feeds["courier"]
    old = get(url).headers["etag"]

    newsroom.publish()
    answer = get(url, If_None_Match=old)

    assert answer.status_code == 200
    assert answer.headers["etag"] != old


def test_a_head_request_gets_the_headers_alone(newsroom: Newsroom) -> None:
    url = newsroom.feeds["levant"]

    answer = httpx.head(url, timeout=5, trust_env=False)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert int(answer.headers["content-length"]) == len(get(url).content)


def test_a_query_is_ignored_and_an_unknown_path_is_not_found(
    newsroom: Newsroom,
) -> None:
    url = newsroom.feeds["levant"]

    assert get(f"{url}?utm_source=demo").status_code == 200
    assert get(f"{site(newsroom, 'levant')}/../../etc/passwd").status_code == 404


def test_a_client_that_hangs_up_or_talks_nonsense_disturbs_nobody(
    newsroom: Newsroom, capfd: pytest.CaptureFixture[str]
) -> None:
    with raw_connection(newsroom, "levant") as client:
        client.sendall(b"\x00\xff nonsense\r\n\r\n")
        client.recv(1000)
    with raw_connection(newsroom, "levant") as client:
        client.sendall(b"GET /feed.atom HTTP/1.1\r\n")
        reset = struct.pack("ii", 1, 0)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)

    answer = get(newsroom.feeds["levant"])

    assert answer.status_code == 200
    assert capfd.readouterr() == ("", "")


def test_a_silent_client_does_not_delay_the_end() -> None:
    with Newsroom(now=NOW) as newsroom:
        client = raw_connection(newsroom, "levant")
        get(newsroom.feeds["levant"])
        started = time.monotonic()
    elapsed = time.monotonic() - started
    client.close()

    assert elapsed < 1


def test_nothing_listens_after_the_end() -> None:
    with Newsroom(now=NOW) as newsroom:
        url = newsroom.feeds["levant"]

    with pytest.raises(httpx.ConnectError):
        get(url)


def test_a_newsroom_can_be_opened_again() -> None:
    newsroom = Newsroom(now=NOW)
    with newsroom:
        newsroom.publish()

    with newsroom:
        assert len(read_feed(newsroom, "levant").entries) == ENTRIES["levant"][1]


def test_an_address_this_machine_lacks_is_replaced_by_localhost() -> None:
    page = document("hello", media_type="text/plain", encoding="ascii")

    def find(path: str) -> Document | None:
        return page if path == "/" else None

    def open_one() -> Listener:
        return listen("192.0.2.1", find)

    with open_one() as first, open_one() as second, accepting([first, second]):
        assert first.url.startswith("http://127.0.0.1:")
        assert first.url != second.url
        assert get(f"{second.url}/").text == "hello"


def test_many_requests_at_once_are_all_answered(newsroom: Newsroom) -> None:
    urls = [httpx.URL(url) for url in newsroom.feeds.values()] * 10

    waiting = [http.client.HTTPConnection(u.host, u.port, timeout=5) for u in urls]
    for connection, url in zip(waiting, urls, strict=True):
        connection.request("GET", url.path)
    answers = [connection.getresponse() for connection in waiting]

    assert {answer.status for answer in answers} == {200}
    assert all(answer.read() for answer in answers)
    for connection in waiting:
        connection.close()
