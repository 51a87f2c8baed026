import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.feeds.parse import parse, plausible
from monitor.models import Entry, ParsedFeed
from tests.conftest import NOON

SAMPLES = Path(__file__).with_name("samples")
URL = "https://levantwire.example/feeds/all.xml"
XML = "application/xml"


def read(body: bytes, content_type: str = XML, url: str = URL) -> ParsedFeed:
    found = parse(body, content_type, url)
    assert isinstance(found, ParsedFeed), found
    return found


def sample(name: str, content_type: str = XML) -> ParsedFeed:
    return read((SAMPLES / name).read_bytes(), content_type)


def channel(items: str) -> bytes:
    return (
        f'<rss version="2.0"><channel><title>T</title>{items}</channel></rss>'
    ).encode()


def json_feed(*items: object, **head: object) -> bytes:
    return json.dumps({"title": "J", **head, "items": items}).encode()


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


# --- the formats ---


def test_an_rss_feed_gives_its_entries_as_plain_text() -> None:
    found = sample("wire.rss")

    assert found == ParsedFeed(
        ttl=timedelta(minutes=15),
        title="Levant Wire & Partners",
        language="en-gb",
        version="rss20",
        entries=(
            Entry(
                guid="tag:levantwire.example,2026:1122",
                url="https://levantwire.example/world/1122?a=1&b=2",
                title="Airstrikes hit Aleppo & Idlib",
                summary="Six strikes before dawn.\nTwo clinics hit.",
                content="Residents described six strikes.\nTwo clinics were hit.",
                published=utc(22, 6),
                author="ana@levantwire.example (Ana Haddad)",
                tags=("Syria", "War"),
                source_url="https://www.courier.example/rss",
                language="en-gb",
            ),
            Entry(
                guid="https://levantwire.example/world/1123",
                url="https://levantwire.example/world/1123",
                title="Grain ship leaves port",
                summary="A ship left.",
                language="en-gb",
            ),
        ),
    )


def test_an_atom_feed_gives_its_entries_in_their_own_languages() -> None:
    found = sample("courier.atom")

    assert found == ParsedFeed(
        title="The Courier",
        language="en-GB",
        version="atom10",
        entries=(
            Entry(
                guid="urn:courier:1",
                url="https://levantwire.example/world/1",
                title="Inquiry names unit",
                summary="A panel named a unit.",
                content="A panel has named the unit.\nIt denies it.",
                published=utc(22, 1),
                author="Bea Lind",
                tags=("courts",),
                source_url="https://herald.example/",
                language="en-GB",
            ),
            Entry(
                guid="urn:courier:2",
                url="https://courier.example/world/2",
                title="غارة جوية على حلب",
                content="Only the content.",
                published=utc(22, 5, 30),
                language="ar",
            ),
        ),
    )


def test_an_rdf_feed_is_a_feed() -> None:
    found = sample("bazaar.rdf")

    assert found == ParsedFeed(
        title="Bazaar",
        language="tr",
        version="rss10",
        entries=(
            Entry(
                guid="https://bazaar.example/a/7",
                url="https://bazaar.example/a/7",
                title="Wheat is dearer",
                summary="Wheat rose by a tenth.",
                published=utc(22, 6),
                author="Can Demir",
                language="tr",
            ),
        ),
    )


def test_a_json_feed_is_a_feed_and_untitled_notes_are_named_by_their_text() -> None:
    found = sample("notes.json", "application/feed+json")

    assert found == ParsedFeed(
        title="Field notes",
        language="en",
        version="json",
        entries=(
            Entry(
                guid="17",
                url="https://levantwire.example/notes/17",
                title="Convoy & clinic",
                summary="A convoy came.",
                content="A convoy came.\nThe clinic opened.",
                published=utc(22, 6),
                author="Dana, Elif",
                tags=("aid", "roads"),
                language="en",
            ),
            Entry(
                guid="n18",
                url="https://elsewhere.example/18",
                title="A note without a title. It has two lines.",
                content="A note without a title.\nIt has two lines.",
                published=utc(22, 6),
                author="Dana",
                language="tr",
            ),
        ),
    )


def test_a_feed_without_entries_is_a_feed() -> None:
    found = read(channel("")), read(json_feed())

    assert [(f.title, f.entries) for f in found] == [("T", ()), ("J", ())]


# --- identity needs guids as they are, and links where there are some ---


@pytest.mark.parametrize("guid", ["1122", "/1122", "a b", "1122#c", "Tag:X"])
def test_a_guid_stays_what_it_is_wherever_the_feed_lives(guid: str) -> None:
    body = channel(f"<item><title>x</title><guid>{guid}</guid></item>")

    places = [read(body, url=u) for u in (URL, "http://moved.example/rss")]

    assert [feed.entries[0].guid for feed in places] == [guid, guid]


def test_an_entry_without_a_link_has_no_address_and_no_source() -> None:
    bodies = (
        channel("<item><title>x</title><link> </link></item>"),
        channel("<item><title>x</title><link>javascript:alert(1)</link></item>"),
        json_feed({"title": "x", "url": "mailto:a@b.example"}),
    )

    entries = [read(body).entries[0] for body in bodies]

    assert [(e.url, e.source_url) for e in entries] == [("", "")] * 3


def test_relative_links_follow_the_base_that_the_document_names() -> None:
    item = '<entry xml:base="/deep/"><title>x</title><link href="one"/></entry>'
    atom = f'<feed xmlns="http://www.w3.org/2005/Atom">{item}</feed>'

    found = read(atom.encode())

    assert found.entries[0].url == "https://levantwire.example/deep/one"


def test_entries_that_say_nothing_are_left_out() -> None:
    bodies = (
        channel("<item/><item><title>x</title></item><item><title/></item>"),
        json_feed({}, {"title": "x"}, None, 7, "x", []),
    )

    found = [[entry.title for entry in read(body).entries] for body in bodies]

    assert found == [["x"], ["x"]]


# --- dates ---


def test_a_date_that_changes_is_no_publishing_date_where_there_is_one() -> None:
    entries = sample("courier.atom").entries

    published = [entry.published for entry in entries]

    assert published == [utc(22, 1), utc(22, 5, 30)]


@pytest.mark.parametrize(
    "date",
    [
        "",
        "<pubDate>soon</pubDate>",
        "<pubDate>1763802000</pubDate>",
        "<pubDate>0001-01-01T00:00:00+14:00</pubDate>",
        "<pubDate>9999-12-31T23:59:59-14:00</pubDate>",
    ],
)
def test_a_date_that_is_none_leaves_the_entry_without(date: str) -> None:
    body = channel(f"<item><title>x</title>{date}</item>")

    published = read(body).entries[0].published

    assert plausible(published, NOON) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-22T09:00:00+03:00", utc(22, 6)),
        ("2026-11-22T06:00:00", utc(22, 6)),
        ("2026-11-22T06:00:00.25Z", utc(22, 6).replace(microsecond=250_000)),
        ("2026-11-22", utc(22, 0)),
        ("0001-01-01T00:00:00+14:00", None),
        ("last week", None),
        ("", None),
        (1763802000, None),
        (None, None),
    ],
)
def test_the_date_of_a_json_feed_is_rfc_3339_or_none(
    text: object, expected: datetime | None
) -> None:
    body = json_feed({"title": "x", "date_published": text, "date_modified": "2026"})

    published = read(body).entries[0].published

    assert published == expected


@pytest.mark.parametrize(
    ("published", "believed"),
    [
        (datetime(1699, 11, 30, tzinfo=UTC), False),
        (datetime(1994, 12, 31, 23, 59, tzinfo=UTC), False),
        (datetime(1995, 1, 1, tzinfo=UTC), True),
        (NOON, True),
        (utc(23, 12), True),
        (utc(23, 12, 1), False),
    ],
)
def test_a_date_before_the_first_feed_or_after_tomorrow_is_not_believed(
    published: datetime, *, believed: bool
) -> None:
    found = plausible(published, NOON)

    assert found == (published if believed else None)


# --- character sets ---


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("vestnik-declared.rss", "application/rss+xml"),
        ("vestnik-declared.rss", "text/xml"),
        ("vestnik-declared.rss", ""),
        ("vestnik-declared.rss", "text/xml; charset=utf-8"),
        ("vestnik-declared.rss", "text/xml; charset=no-such-thing"),
        ("vestnik-undeclared.rss", "application/rss+xml; charset=windows-1251"),
        ("vestnik-undeclared.rss", 'text/html;Charset="Windows-1251"'),
    ],
)
def test_a_cyrillic_feed_is_read_by_its_header_or_its_declaration(
    name: str, content_type: str
) -> None:
    found = sample(name, content_type)

    entry = found.entries[0]
    assert (found.title, entry.title) == ("Вестник", "Алеппо снова под обстрелом")
    assert entry.guid == "в-1"


@pytest.mark.parametrize("charset", ["utf-8", "utf-16", "iso-2022-jp"])
@pytest.mark.parametrize("content_type", ["text/xml", "text/plain", "application/xml"])
def test_a_type_without_a_charset_does_not_overrule_the_document(
    charset: str, content_type: str
) -> None:
    text = (
        f"<?xml version='1.0' encoding='{charset}'?>"
        "<rss version='2.0'><channel><title>シリア</title></channel></rss>"
    )

    found = read(text.encode(charset), content_type)

    assert (found.title, found.recovered) == ("シリア", False)


def test_a_json_feed_may_begin_with_a_byte_order_mark() -> None:
    found = read(b"\xef\xbb\xbf\r\n" + json_feed(title="Вестник"))

    assert found.title == "Вестник"


def test_control_characters_and_half_surrogates_are_taken_out() -> None:
    body = json_feed({"id": "\ud800a\x00", "title": "T\x1b[31m\u202e!"}, title="\x07J")

    found = read(body)

    assert found.title == "J"
    assert (found.entries[0].guid, found.entries[0].title) == ("a", "T[31m!")
