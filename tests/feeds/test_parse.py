import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.feeds.parse import parse, plausible
from monitor.models import Entry, ParsedFeed, Skips
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


def bare(found: ParsedFeed) -> ParsedFeed:
    """A document without the hashes of where its entries stood."""
    return replace(found, spans=())


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

    assert bare(found) == ParsedFeed(
        ttl=timedelta(minutes=15),
        title="Levant Wire & Partners",
        language="en-gb",
        version="rss20",
        site_url="https://levantwire.example/",
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

    assert bare(found) == ParsedFeed(
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

    assert bare(found) == ParsedFeed(
        title="Bazaar",
        language="tr",
        version="rss10",
        site_url="https://bazaar.example/",
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


# --- what the head of a document says ---

ATOM_HEAD = '<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>'
RSS_HEAD = (
    '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom">'
    "<channel><title>T</title>"
)
SELF = '<atom:link href="https://levantwire.example/self" rel="self"/>'


@pytest.mark.parametrize(
    ("body", "site"),
    [
        (f"{RSS_HEAD}<link>https://a.example/</link></channel></rss>", "https://a.example/"),
        (f"{RSS_HEAD}{SELF}<link>https://a.example/</link></channel></rss>", "https://a.example/"),
        (f"{RSS_HEAD}<link>https://a.example/</link>{SELF}</channel></rss>", "https://a.example/"),
        (f"{RSS_HEAD}<link>/</link></channel></rss>", "https://levantwire.example/"),
        (f"{RSS_HEAD}<link> </link></channel></rss>", ""),
        (f"{RSS_HEAD}<link>javascript:alert(1)</link></channel></rss>", ""),
        (f"{RSS_HEAD}{SELF}</channel></rss>", ""),
        (f"{RSS_HEAD}<item><title>x</title><link>/1</link></item></channel></rss>", ""),
        (f'{ATOM_HEAD}<link href="https://a.example/"/></feed>', "https://a.example/"),
        (f'{ATOM_HEAD}<link rel="self" href="/self"/><link rel="alternate" href="../"/></feed>', "https://levantwire.example/"),
        (f'{ATOM_HEAD}<link rel="self" href="/self"/><link rel="hub" href="https://hub.example/"/></feed>', ""),
        ('{"items": [], "home_page_url": "https://a.example/"}', "https://a.example/"),
        ('{"items": [], "home_page_url": "/news"}', "https://levantwire.example/news"),
        ('{"items": [], "home_page_url": null}', ""),
        ('{"items": []}', ""),
    ],
)  # fmt: skip
def test_a_feed_names_its_site(body: str, site: str) -> None:
    found = read(body.encode())

    assert found.site_url == site


@pytest.mark.parametrize(
    ("head", "skips"),
    [
        ("", Skips()),
        ("<skipHours><hour>3</hour></skipHours>", Skips(hours=(3,))),
        (
            "<skipHours>\n <hour> 23 </hour>\n <hour>0</hour><hour>07</hour>\n</skipHours>",
            Skips(hours=(0, 7, 23)),
        ),
        ("<skipHours><hour>1</hour><hour>1</hour></skipHours>", Skips(hours=(1,))),
        ("<skipHours><hour>24</hour></skipHours>", Skips(hours=(0,))),
        ("<skipHours><hour>noon</hour><hour/></skipHours>", Skips()),
        ("<skipHours><hour>3</hour>", Skips()),
        ("<skipHours/><hour>3</hour>", Skips()),
        (
            "<skipDays><day>Sunday</day><day> saturday </day></skipDays>",
            Skips(days=(5, 6)),
        ),
        ("<skipDays><day>Monday</day><day>MONDAY</day></skipDays>", Skips(days=(0,))),
        ("<skipDays><day>Sonntag</day><day>1</day></skipDays>", Skips()),
        (
            "<skipDays><day>Friday</day></skipDays>"
            "<skipHours><hour>2</hour></skipHours>",
            Skips(hours=(2,), days=(4,)),
        ),
    ],
)
def test_the_hours_and_days_to_skip_are_read(head: str, skips: Skips) -> None:
    found = read(channel(head))

    assert found.skips == skips


@pytest.mark.parametrize("hour", ["25", "99"])
def test_an_hour_that_no_day_has_is_not_skipped(hour: str) -> None:
    body = channel(f"<skipHours><hour>{hour}</hour></skipHours>")

    assert read(body).skips == Skips()


def test_hours_that_never_end_are_none() -> None:
    body = channel("<skipHours><hour>1</hour>" * 500)

    assert read(body).skips == Skips()


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("15", 15), (" 60\n", 60), ("0", 0), ("-5", None), ("1.5", None), ("soon", None),
     ("9" * 9, None), ("", None)],
)  # fmt: skip
def test_the_time_to_live_is_in_minutes(text: str, minutes: int | None) -> None:
    found = read(channel(f"<ttl>{text}</ttl>"))

    assert found.ttl == (None if minutes is None else timedelta(minutes=minutes))


# --- entries that were read before need not be read again ---


def numbered(*numbers: int) -> bytes:
    return channel(
        "".join(f"<item><guid>{n}</guid><title>N{n}</title></item>" for n in numbers)
    )


def test_every_entry_comes_with_the_hash_of_its_bytes() -> None:
    one, both = read(numbered(1)), read(numbered(2, 1))

    assert len(set(both.spans)) == 2
    assert both.spans[1] == one.spans[0]
    assert both.unchanged == ()


def test_an_entry_that_was_read_before_is_not_read_again() -> None:
    before = read(numbered(2, 1))

    found = parse(numbered(3, 2, 1), XML, URL, frozenset(before.spans))

    assert isinstance(found, ParsedFeed)
    assert [entry.guid for entry in found.entries] == ["3"]
    assert found.unchanged == before.spans
    assert len(found.spans) == 1
    assert (found.title, found.version) == (before.title, before.version)


def test_where_all_were_read_before_only_the_head_is_left() -> None:
    before = read(numbered(2, 1))

    found = parse(numbered(2, 1), XML, URL, frozenset(before.spans))

    assert found == replace(before, entries=(), spans=(), unchanged=before.spans)


def test_an_entry_that_was_edited_is_read_again() -> None:
    before = read(numbered(2, 1))
    edited = numbered(2, 1).replace(b"N1", b"N1, corrected")

    found = parse(edited, XML, URL, frozenset(before.spans))

    assert isinstance(found, ParsedFeed)
    assert [entry.title for entry in found.entries] == ["N1, corrected"]
    assert found.unchanged == before.spans[:1]


def test_an_ill_formed_document_is_always_read_whole() -> None:
    before = read(numbered(2, 1))
    broken = numbered(3, 2, 1).replace(b"</channel>", b"</chanel>")

    found = parse(broken, XML, URL, frozenset(before.spans))

    assert isinstance(found, ParsedFeed)
    assert found.recovered
    assert [entry.guid for entry in found.entries] == ["3", "2", "1"]
    assert (found.spans, found.unchanged) == ((), ())


def test_where_bytes_do_not_show_the_entries_there_are_no_hashes() -> None:
    found = read(json_feed({"id": "1"}))

    assert len(found.entries) == 1
    assert (found.spans, found.unchanged) == ((), ())


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
        ("Sun, 22 Nov 2026 07:00:00 CET", utc(22, 6)),
        ("Sun, 22 Nov 2026 09:00:00 +0300", utc(22, 6)),
        ("Sun, 22 Nov 2026 06:00:00", utc(22, 6)),
        ("Sonntag, 22. November 2026 07:00 MEZ", utc(22, 6)),
        ("Dim, 22 nov. 2026 06:00:00 GMT", utc(22, 6)),
        ("22 ноября 2026, 09:00 MSK", utc(22, 6)),
        ("2026-11-22 06:00", utc(22, 6)),
        (str(int(utc(22, 6).timestamp())), utc(22, 6)),
        (str(int(utc(22, 6).timestamp()) * 1_000), utc(22, 6)),
        ("01/02/2026", None),
        ("17", None),
    ],
)
@pytest.mark.parametrize("name", ["pubDate", "dc:date"])
def test_the_date_of_an_entry_is_read_as_publishers_write_it(
    name: str, text: str, expected: datetime | None
) -> None:
    item = f"<item><title>x</title><{name}>{text}</{name}></item>"
    head = '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    body = f"{head}<channel><title>T</title>{item}</channel></rss>"

    published = read(body.encode()).entries[0].published

    assert plausible(published, NOON) == expected


@pytest.mark.parametrize("text", ["20261122", "2026-326"])
def test_a_date_that_only_the_parser_can_read_is_read_by_it(text: str) -> None:
    body = channel(f"<item><title>x</title><pubDate>{text}</pubDate></item>")

    published = read(body).entries[0].published

    assert published == utc(22, 0)


@pytest.mark.parametrize("published", ["", "<published>soon</published>"])
def test_the_date_of_an_update_stands_in_for_one_that_cannot_be_read(
    published: str,
) -> None:
    entry = f"{published}<updated>2026-11-22T06:00:00Z</updated><title>x</title>"
    body = f"{ATOM_HEAD}<entry>{entry}</entry></feed>"

    assert read(body.encode()).entries[0].published == utc(22, 6)


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


RUSSIAN = ("Вестник новостей", "Алеппо снова под обстрелом, сообщают жители")
FRENCH = ("Élections à Paris", "Le café est plus cher à Besançon")
JAPANESE = ("シリアのニュース", "シリア軍がアレッポから撤退した")


def declared(texts: tuple[str, str], encoding: str, name: str = "") -> bytes:
    """A feed with a title and an entry, in an encoding that it may name otherwise."""
    head = f'<?xml version="1.0" encoding="{name}"?>' if name else ""
    title, entry = texts
    return (
        f'{head}<rss version="2.0"><channel><title>{title}</title>'
        f"<item><title>{entry}</title></item></channel></rss>"
    ).encode(encoding)


def shown(body: bytes, content_type: str = XML) -> tuple[str, str]:
    found = read(body, content_type)
    return found.title, found.entries[0].title


@pytest.mark.parametrize("texts", [RUSSIAN, FRENCH, JAPANESE])
@pytest.mark.parametrize(
    ("content_type", "name"),
    [
        (XML, ""),
        (XML, "utf-8"),
        (XML, "windows-1251"),
        (XML, "ISO-8859-1"),
        ("text/xml; charset=iso-8859-1", "utf-8"),
        ('text/xml;Charset="windows-1252"', ""),
        ("text/xml; charset=no-such-thing", ""),
        ("text/xml; charset=UTF8", "windows-1251"),
    ],
)
def test_what_is_valid_utf_8_is_utf_8_whatever_it_says(
    texts: tuple[str, str], content_type: str, name: str
) -> None:
    found = shown(declared(texts, "utf-8", name), content_type)

    assert found == texts


@pytest.mark.parametrize("name", ["", "utf-8"])
@pytest.mark.parametrize("encoding", ["windows-1251", "koi8-r"])
def test_letters_tell_an_encoding_that_nobody_names(encoding: str, name: str) -> None:
    found = shown(declared(RUSSIAN, encoding, name))

    assert found == RUSSIAN


@pytest.mark.parametrize("name", ["", "utf-8"])
def test_the_letters_of_the_west_are_read_as_ever(name: str) -> None:
    found = shown(declared(FRENCH, "windows-1252", name))

    assert found == FRENCH


def test_letters_are_not_asked_where_something_else_than_utf_8_is_named() -> None:
    body = declared(("Zażółć gęślą jaźń", "Łódź"), "iso-8859-2", "iso-8859-2")

    assert shown(body) == ("Zażółć gęślą jaźń", "Łódź")


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-16", ""),
        ("utf-16", "utf-16"),
        ("utf-16", "utf-8"),
        ("utf-16-le", "utf-16"),
        ("utf-16-be", "utf-16"),
        ("utf-16-le", ""),
        ("utf-16-be", ""),
    ],
)
@pytest.mark.parametrize("content_type", [XML, "text/xml; charset=utf-8"])
def test_two_bytes_a_letter_are_seen_with_and_without_a_mark(
    encoding: str, name: str, content_type: str
) -> None:
    found = shown(declared(JAPANESE, encoding, name), content_type)

    assert found == JAPANESE


@pytest.mark.parametrize("body", [b"\xff" * 300, b"<rss>\xff\xfe\x00\x80</rss>"])
def test_bytes_that_are_no_letters_do_no_harm(body: bytes) -> None:
    found = parse(body, XML, URL)

    assert isinstance(found, str | ParsedFeed)


@pytest.mark.parametrize("texts", [RUSSIAN, FRENCH, JAPANESE])
def test_a_letter_that_was_cut_in_two_spoils_no_other(texts: tuple[str, str]) -> None:
    title, entry = texts
    half = "é".encode()[:1]
    body = declared((title, f"{entry}_"), "utf-8", "utf-8").replace(b"_<", half + b"<")

    found = shown(body)

    assert found[0] == title
    assert found[1].startswith(entry)


@pytest.mark.parametrize("news", ["Да", "США: НАТО", "Ёлка"])
def test_a_short_new_entry_is_read_in_the_letters_of_its_whole_document(
    news: str,
) -> None:
    def body(*titles: str) -> bytes:
        items = "".join(f"<item><title>{title}</title></item>" for title in titles)
        return channel(items).decode().encode("windows-1251")

    old = [*RUSSIAN, "Зерно подорожало на десятую часть за неделю"]
    before = read(body(*old))

    found = parse(body(news, *old), XML, URL, frozenset(before.spans))

    assert isinstance(found, ParsedFeed)
    assert [entry.title for entry in found.entries] == [news]


def test_a_json_feed_may_begin_with_a_byte_order_mark() -> None:
    found = read(b"\xef\xbb\xbf\r\n" + json_feed(title="Вестник"))

    assert found.title == "Вестник"


def test_control_characters_and_half_surrogates_are_taken_out() -> None:
    body = json_feed({"id": "\ud800a\x00", "title": "T\x1b[31m\u202e!"}, title="\x07J")

    found = read(body)

    assert found.title == "J"
    assert (found.entries[0].guid, found.entries[0].title) == ("a", "T[31m!")
