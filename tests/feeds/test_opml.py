import hashlib
from datetime import datetime, timedelta, timezone

import lxml.etree
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import FeedError
from monitor.feeds.opml import MAX_GROUPS, MAX_OUTLINES, Outline, read, write
from monitor.text.words import one_line
from tests.conftest import NOON

URL = "https://levantwire.example/feed.xml"
FEED = f'<outline text="Levant Wire" type="rss" xmlUrl="{URL}"/>'
WIRE = Outline(url=URL, title="Levant Wire")
MANY_BYTES = 5_000_000
GARBAGE = hashlib.shake_128(b"garbage").digest(MANY_BYTES)


def opml(body: str) -> bytes:
    return f'<opml version="2.0"><head/><body>{body}</body></opml>'.encode()


def outline(**attributes: str) -> bytes:
    pairs = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    return opml(f"<outline {pairs}/>")


def folders(*names: str, around: str) -> str:
    for name in reversed(names):
        around = f'<outline text="{name}">{around}</outline>'
    return around


# --- a list as it should be ---


def test_a_feed_is_read_with_its_title_folders_and_site() -> None:
    document = opml(
        folders(
            "News",
            "Middle East",
            around=(
                f'<outline text="Levant Wire" type="rss" xmlUrl="{URL}"'
                ' htmlUrl="https://levantwire.example/"/>'
            ),
        )
    )

    found = read(document)

    assert found == (
        Outline(
            url=URL,
            title="Levant Wire",
            groups=("News", "Middle East"),
            site_url="https://levantwire.example/",
        ),
    )


def test_feeds_come_in_the_order_of_the_list() -> None:
    urls = [f"https://a.example/{n}" for n in (3, 1, 2)]

    found = read(opml("".join(f'<outline xmlUrl="{url}"/>' for url in urls)))

    assert [o.url for o in found] == urls


def test_a_list_without_feeds_is_empty() -> None:
    found = read(opml(folders("News", around="")))

    assert found == ()


# --- what other programs write ---


@pytest.mark.parametrize("name", ["xmlUrl", "xmlurl", "XMLURL", "url", "URL", "Url"])
def test_the_address_may_be_called_otherwise(name: str) -> None:
    found = read(outline(text="Levant Wire", **{name: URL}))

    assert found == (WIRE,)


@pytest.mark.parametrize(
    ("attributes", "title"),
    [
        ({"text": "Mine", "title": "Theirs"}, "Mine"),
        ({"title": "Theirs"}, "Theirs"),
        ({"text": " ", "title": "Theirs"}, "Theirs"),
        ({"TEXT": "Mine"}, "Mine"),
        ({"text": " two\n lines "}, "two lines"),
        ({"text": URL}, ""),
        ({}, ""),
    ],
)
def test_the_title_is_what_the_reader_showed(
    attributes: dict[str, str], title: str
) -> None:
    found = read(outline(xmlUrl=URL, **attributes))

    assert [o.title for o in found] == [title]


@pytest.mark.parametrize(
    ("given_url", "url"),
    [
        ("feed://a.example/x", "http://a.example/x"),
        ("feed:https://a.example/x", "https://a.example/x"),
        ("feed://https://a.example/x", "https://a.example/x"),
        ("FEED:http://a.example/x", "http://a.example/x"),
        ("  https://a.example/x\n", "https://a.example/x"),
        ("https://me:word@a.example/x", "https://me:word@a.example/x"),
    ],
)
def test_an_address_is_made_one_that_can_be_fetched(given_url: str, url: str) -> None:
    found = read(outline(xmlUrl=given_url))

    assert [o.url for o in found] == [url]


@pytest.mark.parametrize(
    "url",
    [
        "",
        " ",
        "feed:",
        "ftp://a.example/x",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "/feed.xml",
        "exec:cat",
        "https://a.example/" + "x" * 4_000,
    ],
)
def test_what_is_no_web_address_is_skipped(url: str) -> None:
    found = read(opml(f'<outline text="x" xmlUrl="{url}"/>{FEED}'))

    assert found == (WIRE,)


@pytest.mark.parametrize("kind", ["link", "include", "LINK"])
def test_a_link_to_a_page_or_to_another_list_is_no_feed(kind: str) -> None:
    found = read(outline(type=kind, url="https://a.example/other.opml"))

    assert found == ()


def test_a_site_that_is_no_web_address_is_left_out() -> None:
    found = read(outline(xmlUrl=URL, htmlUrl="about:blank"))

    assert [o.site_url for o in found] == [""]


@pytest.mark.parametrize(
    ("category", "groups"),
    [
        ("/News/World,Sport", ("News", "World", "Sport")),
        ("World", ("World",)),
        (" a , b ", ("a", "b")),
        ("/a/b,/a/c", ("a", "b", "c")),
        ("/,,/", ()),
        ("", ()),
    ],
)
def test_categories_are_groups(category: str, groups: tuple[str, ...]) -> None:
    found = read(outline(xmlUrl=URL, category=category))

    assert [o.groups for o in found] == [groups]


def test_categories_follow_the_folders_and_repeat_none() -> None:
    feed = f'<outline xmlUrl="{URL}" category="/News/Local"/>'

    found = read(opml(folders("News", around=feed)))

    assert [o.groups for o in found] == [("News", "Local")]


def test_a_feed_inside_a_feed_shares_its_folders() -> None:
    inner = '<outline text="Inner" xmlUrl="https://a.example/inner"/>'
    outer = f'<outline text="Outer" xmlUrl="{URL}">{inner}</outline>'

    found = read(opml(folders("News", around=outer)))

    assert [(o.title, o.groups) for o in found] == [
        ("Outer", ("News",)),
        ("Inner", ("News",)),
    ]


def test_a_folder_without_a_name_is_no_group() -> None:
    found = read(opml(folders("News", "", "Local", around=FEED)))

    assert [o.groups for o in found] == [("News", "Local")]


def test_a_folder_with_an_empty_address_is_still_a_group() -> None:
    document = opml(f'<outline text="News" xmlUrl="">{FEED}</outline>')

    found = read(document)

    assert [o.groups for o in found] == [("News",)]


def test_a_feed_that_stands_twice_is_one_with_the_groups_of_both() -> None:
    again = FEED.replace("Levant Wire", "Another name")
    document = folders("News", around=FEED) + folders("War", "News", around=again)

    found = read(opml(document))

    assert found == (Outline(url=URL, title="Levant Wire", groups=("News", "War")),)


@pytest.mark.parametrize(
    "document",
    [
        FEED.join(["<opml>", "</opml>"]),
        f"<OPML><BODY>{FEED}</BODY></OPML>",
        f"\n\n<opml><body>{FEED}",
        f"<opml><head><title>A & B</title><body>{FEED}</body></opml>",
        f'<opml xmlns="http://opml.org/spec2"><body>{FEED}</body></opml>',
        f"<b>Warning</b>: no such file<br/>\n<?xml version='1.0'?><opml>{FEED}</opml>",
        f"<!DOCTYPE opml SYSTEM 'http://a.example/x.dtd'><opml>{FEED}</opml>",
        f"<opml><body><outline text='R&D & <b>'/>{FEED}</body></opml>",
        f"<opml>\x00\x01\x1b<body>{FEED}</body></opml>",
    ],
)
def test_an_ill_formed_list_gives_what_can_be_read(document: str) -> None:
    found = read(document.encode())

    assert found == (WIRE,)


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("Arts & Letters", "Arts & Letters"),
        ("Arts &amp; Letters", "Arts & Letters"),
        ("Arts &amp;amp; Letters", "Arts &amp; Letters"),
        ("Caf&eacute;&nbsp;&#8211; &#x4e2d;", "Café – 中"),
        ("&laughs; &lt;b&gt;", "&laughs; <b>"),
        ("a&#0;&#xD800;&#1;b\ufffe", "a\ufffd\ufffdb"),
    ],
)
def test_references_are_resolved_once_and_unknown_ones_kept(
    source: str, title: str
) -> None:
    found = read(outline(text=source, xmlUrl=URL))

    assert [o.title for o in found] == [title]


def test_an_unescaped_ampersand_leaves_the_address_whole() -> None:
    url = "https://a.example/feed?a=1&copy=2&amp;b=3"

    found = read(outline(xmlUrl=url))

    assert [o.url for o in found] == ["https://a.example/feed?a=1&copy=2&b=3"]


def test_declared_entities_are_neither_expanded_nor_fetched() -> None:
    declared = (
        '<?xml version="1.0"?><!DOCTYPE opml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">'
        '<!ENTITY f SYSTEM "file:///etc/hostname">]>'
    )
    document = f'{declared}<opml><outline text="&b;&f;" xmlUrl="{URL}"/></opml>'

    found = read(document.encode())

    assert found == (Outline(url=URL, title="&b;&f;"),)


# --- encodings ---


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-8", ""),
        ("utf-8", "utf-8"),
        ("utf-8", "utf-16"),
        ("utf-8", "iso-8859-1"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "utf-16"),
        ("utf-16", ""),
        ("utf-16-le", "utf-16"),
        ("utf-16-be", "utf-16"),
        ("iso-8859-1", "ISO-8859-1"),
        ("windows-1252", "windows-1252"),
    ],
)
def test_a_list_is_read_in_its_encoding(encoding: str, declared: str) -> None:
    head = f"<?xml version='1.0' encoding='{declared}'?>" if declared else ""
    document = f'{head}<opml><outline text="Café" xmlUrl="{URL}"/></opml>'

    found = read(document.encode(encoding))

    assert found == (Outline(url=URL, title="Café"),)


@pytest.mark.parametrize("declared", ["utf-8", "windows-9999", "punycode", "rot13"])
def test_bytes_that_cannot_be_decoded_cost_only_themselves(declared: str) -> None:
    head = f"<?xml version='1.0' encoding='{declared}'?>"
    document = f'{head}<opml><outline text="Caf|" xmlUrl="{URL}"/></opml>'

    found = read(document.encode().replace(b"|", b"\xe9"))

    assert found == (Outline(url=URL, title="Caf\ufffd"),)


# --- what is no list ---


@pytest.mark.parametrize(
    ("document", "text"),
    [
        (b"", "no <opml> element"),
        (b"\0\xff\xfe", "no <opml> element"),
        (b"<opml", "no <opml> element"),
        (b"https://a.example/feed", "no <opml> element"),
        (b"<!doctype html><html><body>&lt;opml>", "web page"),
        (b"<HTML>", "web page"),
        (b'<?xml version="1.0"?><rss version="2.0">', "add it by its address"),
        (b'<feed xmlns="http://www.w3.org/2005/Atom">', "add it by its address"),
        (b"<rdf:RDF>", "add it by its address"),
    ],
)
def test_what_is_no_list_is_refused_with_what_it_is(document: bytes, text: str) -> None:
    with pytest.raises(FeedError, match=text):
        read(document)


# --- what is hostile ---


def test_of_a_long_list_the_beginning_is_read() -> None:
    feeds = (f'<outline xmlUrl="https://a.example/{n}"/>' for n in range(20_100))

    found = read(opml("".join(feeds)))

    assert len(found) == MAX_OUTLINES


def test_of_many_folders_the_outermost_are_kept() -> None:
    names = [f"folder {n}" for n in range(100)]

    found = read(opml(folders(*names, around=FEED)))

    assert [o.groups for o in found] == [tuple(names[:MAX_GROUPS])]


def test_groups_of_a_feed_that_stands_everywhere_do_not_grow_without_end() -> None:
    feeds = (folders(f"{n}", around=FEED) for n in range(5_000))

    found = read(opml("".join(feeds)))

    assert [len(o.groups) for o in found] == [MAX_GROUPS]


def filled(piece: bytes) -> bytes:
    return b"<opml>" + piece * (MANY_BYTES // len(piece))


@pytest.mark.parametrize(
    "document",
    [
        GARBAGE,
        b"\xff\xfe" + GARBAGE,
        b"<opml>" + GARBAGE,
        b"<" + b"a" * MANY_BYTES,
        b"<?xml" + b" encoding" * (MANY_BYTES // 9),
        b"<?xml version='1.0' encoding='punycode'?><opml>" + b"\xff" * MANY_BYTES,
        filled(b"\0"),
        filled(b"&"),
        filled(b"<"),
        filled(b"<!--"),
        filled(b"\xed\xa0\x80"),
        filled(b"<outline text='a'>"),
        filled(b"<outline xmlUrl='http://a/' text='a' category='/a/b,c'/>"),
        b"<opml><outline %s/>" % b" ".join(b"a%d=''" % n for n in range(400_000)),
        b"<opml><outline xmlUrl='%s' text='%s'/>" % ((b"&#1;" * 600_000,) * 2),
        b"<opml><outline xmlUrl='http://a/' category='%s'/>" % (b"a," * 2_000_000),
    ],
    ids=lambda document: repr(document[:40]),
)
def test_a_huge_hostile_list_is_read_or_refused_in_time(document: bytes) -> None:
    try:
        found = read(document)
    except FeedError:
        found = ()

    assert len(found) <= 1  # quadratic work would not end within the limit of a test


PIECES = [
    b"<opml>", b"</opml>", b"<body>", b"<outline ", b"<a:outline ", b"</outline>",
    b"text='a' ", b'xmlUrl="http://a/" ', b"xmlns:a='b' ", b">", b"/>", b"<", b"=",
    b"&", b"&amp;", b"&#0;", b"'", b'"', b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<?a",
    b"?>", b"<!DOCTYPE a [<!ENTITY a 'b'>]>", b"\0", b"\xff", b"\xed\xa0\x80", b" ",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=3), max_size=30))
def test_no_document_raises_anything_but_our_own_error(pieces: list[bytes]) -> None:
    try:
        found = read(b"<opml>" + b"".join(pieces))
    except FeedError:
        found = ()

    assert all(o.url for o in found)


# --- what we write ---

TITLES = st.text(max_size=30).map(
    lambda text: one_line(text.replace("\ufffe", "").replace("\uffff", ""), 500)
)
NAMES = TITLES.filter(bool)
PATHS = st.text("abé中/?&=;#%'\"<> \\.~", max_size=20).map(lambda text: f"x{text}x")
URLS = PATHS.map(lambda path: f"https://a.example/{path}")
OUTLINES = st.lists(
    st.builds(
        Outline,
        url=URLS.map(lambda url: " ".join(url.split())),
        title=TITLES,
        groups=st.lists(NAMES, max_size=4, unique=True).map(tuple),
        site_url=st.just("") | st.just("https://a.example/?a=1&b=2"),
    ),
    max_size=8,
    unique_by=lambda o: o.url,
)


def written(outlines: list[Outline] | tuple[Outline, ...]) -> str:
    return write(outlines, title="Feeds", created=NOON)


@given(OUTLINES)
def test_what_was_written_reads_the_same(outlines: list[Outline]) -> None:
    found = read(written(outlines).encode())

    assert {o.url: o for o in found} == {o.url: o for o in outlines}


@given(OUTLINES)
def test_what_lies_in_the_order_of_its_folders_keeps_it(
    outlines: list[Outline],
) -> None:
    document = written(outlines)

    again = written(read(document.encode()))

    assert again == document


def test_feeds_without_folders_keep_their_order() -> None:
    outlines = [Outline(url=f"https://a.example/{n}") for n in (3, 1, 2)]

    found = read(written(outlines).encode())

    assert list(found) == outlines


def test_a_list_is_opml_2_with_a_folder_for_each_group() -> None:
    outlines = [
        Outline(url="https://a.example/1", title="One", groups=("News", "Local")),
        Outline(url="https://a.example/2", site_url="https://a.example/"),
        Outline(url="https://a.example/3", title="R&D", groups=("News",)),
    ]

    found = write(
        outlines,
        title="Feeds\nof <us>",
        created=datetime(2026, 11, 22, 14, 0, tzinfo=timezone(timedelta(hours=2))),
    )

    assert found == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<opml version="2.0">\n'
        "  <head>\n"
        "    <title>Feeds of &lt;us&gt;</title>\n"
        "    <dateCreated>Sun, 22 Nov 2026 12:00:00 GMT</dateCreated>\n"
        "  </head>\n"
        "  <body>\n"
        '    <outline text="News">\n'
        '      <outline text="Local">\n'
        '        <outline type="rss" text="One" title="One"'
        ' xmlUrl="https://a.example/1"/>\n'
        "      </outline>\n"
        '      <outline type="rss" text="R&amp;D" title="R&amp;D"'
        ' xmlUrl="https://a.example/3"/>\n'
        "    </outline>\n"
        '    <outline type="rss" text="https://a.example/2"'
        ' xmlUrl="https://a.example/2" htmlUrl="https://a.example/"/>\n'
        "  </body>\n"
        "</opml>\n"
    )


def test_names_and_passwords_do_not_leave_in_a_list() -> None:
    secret = Outline(
        url="https://me:word@a.example/x", site_url="https://me:word@a.example/"
    )

    found = written([secret])

    assert "word" not in found
    assert [o.url for o in read(found.encode())] == ["https://a.example/x"]


@given(st.text(), st.text())
def test_any_text_makes_a_well_formed_list(title: str, group: str) -> None:
    outlines = [Outline(url=URL, title=title, groups=(group, "\x00\ufffe\ud800"))]

    found = write(outlines, title=title, created=NOON)

    assert lxml.etree.fromstring(found.encode()).tag == "opml"


def test_more_folders_than_are_read_are_not_written() -> None:
    deep = Outline(url=URL, groups=tuple(map(str, range(300))))

    found = read(written([deep]).encode())

    assert [o.groups for o in found] == [deep.groups[:MAX_GROUPS]]
