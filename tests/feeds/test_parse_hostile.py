import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.feeds.gate import MAX_ENTRIES
from monitor.feeds.parse import parse
from monitor.models import Entry, ParsedFeed
from monitor.text.words import clean
from tests.site import Item, Site, rss

SAMPLES = Path(__file__).with_name("samples")
URL = "https://levantwire.example/feeds/all.xml"
XML = "application/xml"


def read(body: bytes, content_type: str = XML) -> ParsedFeed:
    found = parse(body, content_type, URL)
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


# --- what is broken but readable ---


def test_an_ill_formed_feed_gives_what_is_whole_and_says_so() -> None:
    found = sample("cut-off.rss")

    assert (found.title, found.recovered) == ("Cut & dried", True)
    assert [(e.guid, e.title, e.summary) for e in found.entries] == [
        ("1", "Troops & tanks leave Aleppo", "They left at dawn &undefined;")
    ]


@pytest.mark.parametrize("content_type", ["", "text/html", "application/octet-stream"])
def test_a_wrong_content_type_alone_is_no_damage(content_type: str) -> None:
    found = sample("wire.rss", content_type)

    assert (len(found.entries), found.recovered) == (2, False)


BAD_SHAPES: tuple[object, ...] = (
    None, True, 5, 1.5, float("nan"), 10**400, "text", "", [], [None], [[]], {},
    {"name": []}, [{"name": {}}], [5], ["x"],
)  # fmt: skip


@pytest.mark.parametrize(
    "key",
    [
        "id", "url", "external_url", "title", "content_html", "content_text", "summary",
        "date_published", "authors", "author", "tags", "language",
    ],
)  # fmt: skip
@pytest.mark.parametrize("shape", BAD_SHAPES, ids=repr)
def test_a_json_feed_with_values_of_wrong_shapes_keeps_its_other_entries(
    key: str, shape: object
) -> None:
    body = json_feed({"title": "first", key: shape}, {"title": "second"})

    found = read(body)

    assert found.entries[-1] == Entry(title="second")


@pytest.mark.parametrize("shape", BAD_SHAPES, ids=repr)
def test_the_head_of_a_json_feed_may_have_wrong_shapes(shape: object) -> None:
    body = json_feed({"id": "1"}, title=shape, language=shape, version=shape)

    found = read(body)

    assert [entry.guid for entry in found.entries] == ["1"]


@settings(deadline=None)
@given(st.text("<>&;!?[]/='\" \nrsitemlnk{}:,0gud\x00é", max_size=120), st.text())
def test_no_document_and_no_content_type_does_any_harm(
    text: str, content_type: str
) -> None:
    body = f"<rss version='2.0'><channel><item><title>{text}".encode()

    found = parse(body, content_type, URL), parse(text.encode(), content_type, URL)

    assert all(isinstance(f, ParsedFeed | str) for f in found)


HOSTILE = "\ud800\x00\x1b\u202e\x85x"


def test_nothing_that_a_database_refuses_leaves_a_json_feed() -> None:
    keys = ("id", "title", "url", "summary", "content_text", "language")
    item = dict.fromkeys(keys, f"https://a.example/{HOSTILE}")
    names = {"authors": [{"name": HOSTILE}], "tags": [HOSTILE]}

    found = read(json_feed(item | names, title=HOSTILE, language=HOSTILE))

    texts = json.dumps(dataclasses.asdict(found), default=str, ensure_ascii=False)
    assert len(found.entries) == 1
    assert clean(texts) == texts


def test_nothing_that_a_database_refuses_leaves_an_xml_feed() -> None:
    bad = "\x00\x1b&#x1b;&#0;&#55296;&#xD800&#x110000;&#99999999999999999999;&#x202e;"
    parts = "".join(
        f"<{tag}>https://a.example/{bad}x</{tag}>"
        for tag in ("title", "link", "guid", "description", "author", "category")
    )

    found = read(channel(f"<item xml:lang='e{bad}'>{parts}</item>"))

    texts = json.dumps(dataclasses.asdict(found), default=str, ensure_ascii=False)
    assert len(found.entries) == 1
    assert clean(texts) == texts


def test_references_to_characters_are_kept_and_halves_of_an_emoji_are_not() -> None:
    title = "A&#66;&#x43; &#128512;&#x1F600; &#55357;&#56832;. &#0000000065; & &#55357"

    found = read(channel(f"<item><title>{title}</title></item>"))

    assert found.entries[0].title == "ABC 😀😀 . A &"


# --- what is no feed ---


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "neither RSS, Atom nor JSON Feed"),
        (b"\xef\xbb\xbf \n", "neither RSS, Atom nor JSON Feed"),
        (b"moved", "neither RSS, Atom nor JSON Feed"),
        (b"[]", "neither RSS, Atom nor JSON Feed"),
        (b"<HTML><body>Hi</body></HTML>", "a web page instead of a feed"),
        (b"<title>Hi", 'a web page titled "Hi" instead of a feed'),
        (b'{"items": {}}', "JSON, but not a JSON Feed"),
        (b'{"error": "no such feed"}', "JSON, but not a JSON Feed"),
        (b'{"items": [', "broken JSON instead of a feed"),
        (b'{"a":' + b"[" * 100_000, "broken JSON instead of a feed"),
        (b'{"items": [' + b"9" * 5_000 + b"]}", "broken JSON instead of a feed"),
    ],
)  # fmt: skip
def test_what_is_no_feed_is_called_by_its_name(body: bytes, said: str) -> None:
    found = parse(body, XML, URL)

    assert found == said


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"<?xml version='1.0' encoding='\xff'?><rss/>", "UnicodeDecodeError"),
        (
            b"<rss xmlns:gml='http://www.opengis.net/gml'><channel>"
            b"<item><gml:pos>1</gml:pos></item></channel></rss>",
            "KeyError",
        ),
    ],
)
def test_what_the_parser_chokes_on_is_said(body: bytes, error: str) -> None:
    found = parse(body, XML, URL)

    assert found == f"a document that is broken beyond repair ({error})"


def test_a_web_page_instead_of_a_feed_is_named_by_its_title() -> None:
    body = (SAMPLES / "login.html").read_bytes()

    found = parse(body, "text/html", URL)

    title = "Log in & continue — Partner portal"
    assert found == f'a web page titled "{title}" instead of a feed'


def test_a_body_that_is_the_name_of_a_file_is_not_opened(tmp_path: Path) -> None:
    file = tmp_path / "feed.xml"
    file.write_bytes(rss("Secret", [Item(guid="1", title="secret")]))

    found = parse(str(file).encode(), XML, URL)

    assert found == "neither RSS, Atom nor JSON Feed"


def test_a_body_that_is_an_address_is_not_fetched(site: Site) -> None:
    site.feed("/feed", "Inner", [Item(guid="1", title="inner")])

    found = parse(f"{site.url}/feed".encode(), XML, URL)

    assert (found, site.requests) == ("neither RSS, Atom nor JSON Feed", [])


def test_entities_neither_multiply_nor_read_files(tmp_path: Path, site: Site) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    doctype = (
        f'<!DOCTYPE rss [<!ENTITY f SYSTEM "{secret.as_uri()}">'
        f'<!ENTITY u SYSTEM "{site.url}/x">]>'
    )
    items = "<item><title>A &f; B &u; C</title></item>"

    laughing = sample("laughs.rss")
    reading = read(doctype.encode() + channel(items))

    assert laughing.entries[0].guid == "1"
    assert len(laughing.entries[0].title) < 100
    assert "hunter2" not in repr(reading)
    assert site.requests == []


# --- limits ---


def test_a_document_is_cut_at_two_thousand_entries() -> None:
    many = MAX_ENTRIES + 500
    bodies = (
        channel("<item><title>x</title></item>" * many),
        json_feed(*[{"title": "x"}] * many),
    )

    found = [len(read(body).entries) for body in bodies]

    assert found == [2_000, 2_000]


def test_every_text_is_cut_to_its_length() -> None:
    long = "word " * 100_000
    names = [f"{number} {long[:300]}" for number in range(30)]
    tags = "".join(f"<category>{name}</category>" for name in names)
    bodies = (
        channel(
            f"<item><title>{long}</title><guid>{long}</guid><author>{long}</author>"
            f"<description>{long}</description>{tags}"
            '<c:encoded xmlns:c="http://purl.org/rss/1.0/modules/content/">'
            f"Text {long}</c:encoded></item>"
        ),
        json_feed(
            {
                "id": long, "title": long, "author": {"name": long}, "summary": long,
                "content_text": long, "tags": names,
            }
        ),
    )  # fmt: skip

    entries = [read(body).entries[0] for body in bodies]

    for entry in entries:
        assert len(entry.title) <= 500
        assert entry.title.endswith("…")
        assert (len(entry.guid), len(entry.summary)) == (2_000, 10_000)
        assert len(entry.content) == 200_000
        assert len(entry.author) <= 200
        assert (len(entry.tags), max(map(len, entry.tags))) == (20, 100)
