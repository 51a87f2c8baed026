import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.gate import MAX_ENTRIES, Spans, spans
from monitor.feeds.parse import parse
from monitor.models import ParsedFeed
from tests.conftest import NOON
from tests.site import Item, rss

XML = "application/xml"
URL = "https://a.example/feed"

RSS = b"""<?xml version="1.0"?>
<rss version="2.0"><channel><title>T</title>
<item><title>one</title></item>
<item rdf:about="x">
<title>two</title>
</item ></channel></rss>"""
ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>
<entry><title>one</title></entry><entry xml:lang="de"><title>two</title></entry>
</feed>"""
RDF = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/"><channel rdf:about="x"><items><rdf:Seq>
<rdf:li rdf:resource="1"/></rdf:Seq></items></channel>
<item rdf:about="1"><title>one</title></item>
<item rdf:about="2"><title>two</title></item></rdf:RDF>"""

ITEMS = st.builds(
    Item,
    guid=st.text(alphabet="abc1é", min_size=1, max_size=4),
    title=st.text(alphabet="ab <>&\"']é中", max_size=6),
    summary=st.sampled_from(
        ["", "<item>x</item>", "<!-- a", "b -->", "]]>", "<![CDATA[", "long " * 50]
    ),
    link=st.sampled_from(["", "https://a.example/1", "/2"]),
    published=st.sampled_from([None, NOON, datetime(2026, 1, 2, tzinfo=UTC)]),
)


def channel(*items: str, head: str = '<rss version="2.0">') -> bytes:
    return f"{head}<channel>{''.join(items)}</channel></rss>".encode()


def item(title: str, date: str = "") -> str:
    return f"<item><title>{title}</title>{date}</item>"


def pub(date: str) -> str:
    return f"<pubDate>{date}</pubDate>"


def found_in(body: bytes, *context: str) -> Spans:
    found = spans(body, *context)
    assert found is not None
    return found


def titles(body: bytes) -> list[bytes]:
    return re.findall(rb"<item><title>(.*?)</title>", body)


def read(body: bytes, known: frozenset[str] = frozenset()) -> ParsedFeed:
    found = parse(body, XML, URL, known)
    assert isinstance(found, ParsedFeed), found
    return found


# --- where entries stand ---


@pytest.mark.parametrize("body", [RSS, ATOM, RDF], ids=["rss", "atom", "rdf"])
def test_every_entry_stands_in_a_span_from_its_first_to_its_last_byte(
    body: bytes,
) -> None:
    found = found_in(body)

    shown = [body[start:stop] for start, stop in found.places]
    assert [b"one" in span for span in shown] == [True, False]
    assert [b"two" in span for span in shown] == [False, True]
    for span in shown:
        assert re.fullmatch(rb"<(item|entry)[\s>].*</\1 ?>", span, re.DOTALL)


@pytest.mark.parametrize(
    "hidden",
    [
        "<!-- <item><title>old</title></item> -->",
        "<!--\n<item>\n<title>old</title></item>\n-->",
        "<description><![CDATA[<item><title>old</title></item>]]></description>",
        "<description><![CDATA[ <!-- ]]></description>",
        "<!-- <![CDATA[ -->",
    ],
)
def test_what_stands_in_comments_and_cdata_is_no_entry(hidden: str) -> None:
    body = channel(hidden, item("one"), hidden, item("two"), hidden)

    found = found_in(body)

    shown = [body[start:stop].decode() for start, stop in found.places]
    assert shown == [item("one"), item("two")]


def test_an_end_in_cdata_does_not_end_an_entry() -> None:
    whole = "<item><description><![CDATA[</item>]]></description><b>x</b></item>"

    (place,) = found_in(channel(whole)).places

    assert channel(whole)[slice(*place)].decode() == whole


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not a feed",
        b"<html><p>no entries</p></html>",
        channel(),
        channel("<item>"),
        channel("<items></items><itemize></itemize><item/>"),
        b"<?xml version='1.0' encoding='utf-16'?>".decode().encode("utf-16"),
        RSS.decode().encode("utf-16"),
        RSS.decode().encode("utf-16-le"),
        RSS.decode().encode("utf-16-be"),
        RSS.decode().encode("utf-32"),
        b"\xff\xfe" + RSS,
        b"\x00" + RSS,
        channel(item("one"), item("two"), item("one")),
    ],
    ids=[
        "nothing",
        "text",
        "page",
        "no entries",
        "no end",
        "other elements",
        "utf-16 head",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "utf-32",
        "wide mark",
        "zero byte",
        "twins",
    ],
)
def test_where_bytes_do_not_show_the_entries_there_are_no_spans(body: bytes) -> None:
    assert spans(body) is None


# --- what a hash depends on ---


def test_a_hash_stays_where_the_entry_moves_and_its_neighbours_change() -> None:
    before = found_in(channel("<title>T</title>", item("one"), item("two")), XML, URL)

    after = found_in(
        channel("<title>U</title>", item("new"), item("two"), item("on")), XML, URL
    )

    assert [h in before.hashes for h in after.hashes] == [False, True, False]
    assert after.hashes[1] == before.hashes[1]


@pytest.mark.parametrize("frame", ["<![CDATA[{}]]>", "<!--{}-->", "<b>{}</b>"])
def test_a_hash_changes_with_every_byte_of_its_entry(frame: str) -> None:
    one, other = (channel(item(frame.format(text))) for text in ("22", "32"))

    assert found_in(one).hashes != found_in(other).hashes


@pytest.mark.parametrize(
    ("head", "context"),
    [
        ('<rss version="2.0" xml:base="https://b.example/">', (XML, URL)),
        ('<?xml version="1.0" encoding="latin-1"?><rss version="2.0">', (XML, URL)),
        ('<!DOCTYPE x [<!ENTITY a "b">]><rss version="2.0">', (XML, URL)),
        ('<rss version="2.0">', ("application/xml; charset=latin-1", URL)),
        ('<rss version="2.0">', (XML, "https://b.example/feed")),
        ('<rss version="2.0">', (XML, "\ud800")),
    ],
    ids=["root", "declaration", "doctype", "type", "address", "half a pair"],
)
def test_a_hash_changes_with_all_that_decides_what_an_entry_means(
    head: str, context: tuple[str, str]
) -> None:
    before = found_in(channel(item("one"), item("two")), XML, URL)

    after = found_in(channel(item("one"), item("two"), head=head), *context)

    assert set(before.hashes).isdisjoint(after.hashes)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<language>en</language>", "<language>de</language>"),
        ("", "<language>en</language>"),
        ("<dc:language>en</dc:language>", "<dc:language>de</dc:language>"),
        ('<x xml:lang="en"/>', '<x xml:lang="de"/>'),
        ("<x xml:lang='en'/>", "<x xml:lang = 'de'/>"),
        ('<x xml:base="https://b.example/"/>', '<x xml:base="https://c.example/"/>'),
    ],
    ids=["language", "no language", "dc:language", "lang", "quotes", "base"],
)
def test_a_hash_changes_with_the_base_and_language_that_stand_before_all_entries(
    before: str, after: str
) -> None:
    was, now = (
        found_in(channel(head, item("one"), item("two"))) for head in (before, after)
    )

    assert set(was.hashes).isdisjoint(now.hashes)


@pytest.mark.parametrize(
    "element", ["<language>{}</language>", '<x xml:lang="{}"/>', '<x xml:base="{}"/>']
)
@pytest.mark.parametrize("frame", ["<!--{}-->", "<t><![CDATA[{}]]></t>"])
def test_a_base_or_language_in_comments_and_cdata_does_not_change_a_hash(
    frame: str, element: str
) -> None:
    was, now = (
        found_in(channel(frame.format(element.format(value)), item("one")))
        for value in ("en", "de")
    )

    assert was.hashes == now.hashes


def test_a_base_or_language_behind_the_first_entry_is_not_inherited() -> None:
    was, now = (
        found_in(channel(item("one"), f'<x xml:lang="{value}"/>', item("two")))
        for value in ("en", "de")
    )

    assert was.hashes == now.hashes


def test_an_entry_is_parsed_again_when_the_language_of_the_feed_changes() -> None:
    english = channel("<language>en</language>", item("one"), item("two"))
    german = channel("<language>de</language>", item("one"), item("two"))

    now = read(german, frozenset(read(english).spans))

    assert [entry.language for entry in now.entries] == ["de", "de"]
    assert now.unchanged == ()


# --- what is left for the parser ---


def test_the_parser_sees_only_what_was_not_read() -> None:
    body = channel("<title>T</title>", item("1"), " x ", item("2"), item("3"))
    found = found_in(body, XML, URL)

    rest = found.without({found.hashes[0], found.hashes[2], "another"})

    assert rest == channel("<title>T</title>", " x ", item("2"))
    assert [entry.title for entry in read(rest).entries] == ["2"]


@pytest.mark.parametrize(
    ("known", "left"),
    [((), b"123"), ((0, 1, 2), b"")],
    ids=["nothing", "everything"],
)
def test_nothing_read_leaves_all_and_all_read_leaves_the_frame(
    known: tuple[int, ...], left: bytes
) -> None:
    found = found_in(channel(item("1"), item("2"), item("3")))

    rest = found.without({found.hashes[n] for n in known})

    assert b"".join(titles(rest)) == left
    assert rest.startswith(b"<rss")
    assert rest.endswith(b"</channel></rss>")


NEW_DATE = "Sun, 22 Nov 2026 12:00:00 GMT"
OLD_DATE = "Sat, 21 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("first", "last", "kept"),
    [
        (pub(NEW_DATE), pub(OLD_DATE), b"12"),
        (pub(OLD_DATE), pub(NEW_DATE), b"23"),
        (pub(OLD_DATE), pub(OLD_DATE), b"12"),
        ("", "", b"12"),
        (pub(OLD_DATE), "", b"12"),
        ("", pub(NEW_DATE), b"12"),
        (pub("yesterday"), pub(NEW_DATE), b"12"),
        (pub("1 Jan 99999999999999999999 00:00:00 GMT"), pub(NEW_DATE), b"12"),
        (pub("1 Jan 2026 00:00:00 +9999"), pub("n/a"), b"12"),
        (pub(f"\n {OLD_DATE}\n"), pub(NEW_DATE), b"23"),
        ("<updated>2026-11-21T12:00:00Z</updated>", pub(NEW_DATE), b"23"),
        ("<dc:date>2026-11-21</dc:date>", pub(NEW_DATE), b"23"),
        ("<published>2026-11-22T13:00:00+00:00</published>", pub(NEW_DATE), b"12"),
        ("<published>2026-11-22T13:00:00+02:00</published>", pub(NEW_DATE), b"23"),
        (pub("Sun, 22 Nov 2026 12:00:01 -0000"), pub(NEW_DATE), b"12"),
    ],
)
def test_the_newest_stand_first_unless_the_dates_say_otherwise(
    first: str, last: str, kept: bytes
) -> None:
    body = channel(item("1", first), item("2"), item("3", last))

    rest = found_in(body).newest(2)

    assert b"".join(titles(rest)) == kept
    assert rest.endswith(b"</channel></rss>")


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_date_of_a_stranger_does_harm(first: str, last: str) -> None:
    body = channel(item("1", pub(first)), item("2"), item("3", pub(last)))

    found = spans(body)

    assert found is None or len(titles(found.newest(2))) == 2


@pytest.mark.parametrize(
    ("upside_down", "first"), [(False, "0"), (True, "5")], ids=["usual", "upside down"]
)
def test_of_too_many_entries_the_newest_are_parsed(
    upside_down: bool, first: str
) -> None:
    total = MAX_ENTRIES + 5
    dates = [OLD_DATE, NEW_DATE] if upside_down else [NEW_DATE, OLD_DATE]
    middle = [item(str(n)) for n in range(1, total - 1)]
    body = channel(
        item("0", pub(dates[0])), *middle, item(str(total - 1), pub(dates[1]))
    )

    parsed = read(body)

    assert len(parsed.entries) == len(parsed.spans) == MAX_ENTRIES
    assert parsed.entries[0].title == first


# --- the gate and the parser together ---


def test_an_entry_that_was_read_is_not_parsed_again() -> None:
    before = read(channel(item("one"), item("two")))

    now = read(
        channel(item("three"), item("two"), item("one")), frozenset(before.spans)
    )

    assert [entry.title for entry in now.entries] == ["three"]
    assert now.unchanged == tuple(reversed(before.spans))
    assert len(now.spans) == 1


@pytest.mark.parametrize(
    "rest",
    ["<item></item>", "<item><title>&undefined;</title></item>", "<item><a></item>"],
    ids=["says nothing", "ill-formed", "not closed"],
)
def test_a_document_that_the_parser_sees_otherwise_is_parsed_whole(rest: str) -> None:
    before = read(channel(item("one"), item("two")))

    now = read(channel(item("one"), rest), frozenset(before.spans))

    assert now == read(channel(item("one"), rest))
    assert (now.spans, now.unchanged) == ((), ())
    assert "one" in [entry.title for entry in now.entries]


@given(st.lists(ITEMS, max_size=8), st.data())
def test_what_is_read_in_parts_is_what_is_read_whole(
    items: list[Item], data: st.DataObject
) -> None:
    body = rss("T", items)
    whole = read(body)
    known = frozenset(data.draw(st.sets(st.sampled_from(whole.spans or ("none",)))))

    part = read(body, known)

    remembered = dict(zip(whole.spans, whole.entries, strict=False))
    fresh = dict(zip(part.spans, part.entries, strict=False))
    assert known.isdisjoint(fresh)
    assert known >= set(part.unchanged)
    together = fresh | {span: remembered[span] for span in part.unchanged}
    assert together == remembered
    assert len(part.entries) + len(part.unchanged) == len(whole.entries)
