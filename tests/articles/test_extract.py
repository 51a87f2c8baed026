from datetime import UTC, datetime
from html import escape

import pytest

from monitor.articles.extract import read_page, skim
from monitor.models import Origin, Page, PageState

URL = "https://www.repost.example/world/1"
TITLE = "Troops leave Aleppo as rebels advance"
TEXT = (
    "Syrian troops have left Aleppo after rebel fighters came into the city from "
    "three sides, officers on both sides said on Sunday evening.",
    "Russian airstrikes have begun again, the first in years, and residents spoke of "
    "columns of smoke above the old citadel and the western districts.",
    "Hospitals asked for blood and fuel, while families packed what they could carry "
    "and waited at the southern gate for a road that was not yet open.",
    "The civil defence counted nine strikes before noon and warned that ordnance lay "
    "unexploded in two of the streets that lead to the covered market.",
)
RUSSIAN = (
    "Войска покинули Алеппо после того, как повстанцы вошли в город с трёх сторон, "
    "сообщили в воскресенье вечером офицеры обеих сторон.",
    "Российская авиация вновь нанесла удары, и жители говорили о столбах дыма над "
    "старой цитаделью и западными кварталами города.",
)
HTML = "text/html; charset=utf-8"


def page(
    *paragraphs: str,
    title: str = TITLE,
    head: str = "",
    tail: str = "",
    language: str = "en-GB",
) -> str:
    """A page as re-posting sites make them: much of it is not the article."""
    text = "".join(f"<p>{escape(p)}</p>" for p in paragraphs or TEXT)
    return (
        f'<!doctype html><html lang="{language}"><head>{head}'
        f"<title>{escape(title)} | Repost Daily</title></head><body>"
        '<header><nav><ul><li><a href="/">Home page</a></li>'
        '<li><a href="/world">World news</a></li></ul></nav></header>'
        '<div class="cookie-banner"><p>We use cookies to improve your visit.</p>'
        "<button>Accept all cookies</button></div>"
        f"<main><article><h1>{escape(title)}</h1>{text}{tail}</article></main>"
        '<aside><h2>Related stories</h2><ul><li><a href="/2">A bridge opens in the '
        'north</a></li><li><a href="/3">Wheat is dearer again</a></li></ul></aside>'
        '<div id="comments"><p>First! What a story this is, said nobody ever.</p></div>'
        "<footer><p>Contact our newsroom</p></footer></body></html>"
    )


REPOST = "<p>Original Source: www.bbc.com</p><p>Post Comment</p>"


def read(
    body: str | bytes,
    content_type: str = HTML,
    *,
    title: str = TITLE,
    language: str = "",
) -> Page:
    raw = body if isinstance(body, bytes) else body.encode()
    return read_page(raw, content_type, URL, title, language)


def test_a_repost_gives_its_text_its_furniture_and_its_origin() -> None:
    found = read(page(tail=REPOST))

    assert found == Page(
        state=PageState.OK,
        body="\n".join(TEXT),
        aside=f"{TITLE}\nOriginal Source: www.bbc.com\nPost Comment",
        heading=TITLE,
        origin=Origin(
            site="bbc.com",
            evidence="the line “Original Source: www.bbc.com”",
            confidence=0.9,
        ),
        language="en",
    )


@pytest.mark.parametrize(
    "words",
    [
        "Home page",
        "cookies",
        "Related",
        "bridge",
        "Contact our",
        "said nobody",
        "Daily",
    ],
)
def test_what_stands_around_an_article_stays_out(words: str) -> None:
    found = read(page())

    assert words not in found.body + found.aside


def test_a_title_on_top_is_known_by_the_entry_or_by_the_page() -> None:
    found = [read(page(), title=title) for title in (TITLE, "Another headline", "")]

    assert {f.body for f in found} == {"\n".join(TEXT)}
    assert {f.aside for f in found} == {TITLE}


@pytest.mark.parametrize(
    ("href", "canonical"),
    [
        ("https://www.bbc.com/news/1", "https://www.bbc.com/news/1"),
        ("/canon/1", "https://www.repost.example/canon/1"),
        ("javascript:alert(1)", ""),
        ("", ""),
    ],
)
def test_the_canonical_address_is_what_the_page_claims(
    href: str, canonical: str
) -> None:
    found = read(page(head=f'<link rel="canonical" href="{href}">'))

    assert found.canonical_url == canonical


# --- character sets ---


@pytest.mark.parametrize(
    ("charset", "content_type", "head"),
    [
        ("windows-1251", "text/html; charset=windows-1251", ""),
        ("koi8-r", 'text/html; Charset = "KOI8-R"', ""),
        ("windows-1251", "text/html", '<meta charset="windows-1251">'),
        (
            "windows-1251",
            "",
            '<meta http-equiv=content-type content="text/html; charset=windows-1251">',
        ),
        ("utf-8", "text/html", ""),
        ("utf-8", "text/html; charset=ascii", ""),
        ("utf-8", "text/html; charset=klingon", ""),
        ("utf-8", "text/html; charset=utf-8", '<meta charset="windows-1251">'),
        ("utf-8", "text/html", '<meta charset="punycode">'),
        ("utf-8", "text/html; charset=undefined", ""),
        ("utf-8", "text/html; charset=base64", ""),
    ],
)
def test_a_cyrillic_page_is_read_by_its_header_or_its_meta_tag(
    charset: str, content_type: str, head: str
) -> None:
    body = page(*RUSSIAN, title="Войска покинули Алеппо", head=head, language="ru")

    found = read(body.encode(charset), content_type, title="Войска покинули Алеппо")

    assert (found.body, found.language) == ("\n".join(RUSSIAN), "ru")


@pytest.mark.parametrize(
    ("head", "word"), [("", "café �"), ('<meta charset="idna">', "café �")]
)
def test_broken_bytes_cost_no_more_than_themselves(head: str, word: str) -> None:
    body = page(TEXT[0], TEXT[1] + " café ?", head=head).encode()

    found = read(body.replace(b"?", b"\xff"), "text/html")

    assert found.body.endswith(word)


def test_control_characters_are_taken_out() -> None:
    found = read(page(TEXT[0] + " a\x07b \u202ec", *TEXT[1:]))

    assert "ab c" in found.body


# --- languages ---


@pytest.mark.parametrize(
    ("known", "html", "language"),
    [("ar", "tr", "ar"), ("", "tr-TR", "tr"), ("", "", "en"), ("", "nonsense", "en")],
)
def test_the_feed_knows_the_language_first_then_the_page_then_the_text(
    known: str, html: str, language: str
) -> None:
    found = read(page(language=html), language=known)

    assert found.language == language


# --- what gives no text ---


@pytest.mark.parametrize(
    "content_type",
    ["application/pdf", "image/png", "application/json; charset=utf-8", "video/mp4"],
)
def test_what_is_no_html_is_not_looked_into(content_type: str) -> None:
    found = read(page(), content_type)

    assert found == Page(state=PageState.NOT_HTML)


@pytest.mark.parametrize(
    "content_type",
    ["", "TEXT/HTML", "application/xhtml+xml", "text/plain; charset=utf-8"],
)
def test_pages_come_under_several_types(content_type: str) -> None:
    found = read(page(), content_type)

    assert found.state is PageState.OK


@pytest.mark.parametrize("body", [b"", b" \n", b"\x00" * 100, b"just words"])
def test_an_answer_without_any_markup_is_no_html(body: bytes) -> None:
    found = read(body)

    assert found == Page(state=PageState.NOT_HTML)


def test_a_page_with_hardly_any_text_is_short() -> None:
    found = read("<html><body><h1>Sorry</h1><p>It is not here.</p></body></html>")

    assert found.state is PageState.SHORT
    assert "It is not here." in found.body


def test_a_page_whose_text_is_all_furniture_is_short() -> None:
    found = read(page("Photo: " + "Ana Haddad and friends " * 5), title="x")

    assert (found.state, found.body) == (PageState.SHORT, "")


def test_a_page_for_subscribers_gives_its_beginning() -> None:
    found = read(page(*TEXT[:2], tail="<p>Subscribe to continue reading.</p>"))

    assert found.state is PageState.PAYWALL
    assert found.body.startswith(TEXT[0])


def test_structured_data_stands_in_for_a_page_that_has_no_text() -> None:
    text = " ".join(TEXT)
    data = f'{{"@type": "NewsArticle", "articleBody": "{text}"}}'
    head = f'<script type="application/ld+json">{data}</script>'

    found = read(f"<html><head>{head}</head><body><p>Loading</p></body></html>")

    assert found.body == text


def test_text_that_the_parser_loses_is_read_without_it() -> None:
    text = " ".join(TEXT)

    found = read("<html><body>" + "<b>" * 60_000 + text + "</body></html>")

    assert text in found.body


def test_a_list_of_links_is_beside_the_text() -> None:
    links = "".join(
        f'<p><a href="/{n}">The bridge in the north opens again, part {n}</a></p>'
        for n in range(3)
    )

    found = read(page(*TEXT, tail=links))

    assert "bridge in the north" not in found.body


def test_the_page_tells_its_date() -> None:
    meta = '<meta property="article:published_time" content="2026-11-22T09:40:00Z">'

    found = read(page(head=meta))

    assert found.published == datetime(2026, 11, 22, 9, 40, tzinfo=UTC)


# --- limits ---


def test_a_huge_page_is_cut() -> None:
    words = " ".join(f"word{number}" for number in range(200))
    body = page(*(f"{number} {words}" for number in range(3_000)))

    found = read(body)

    assert len(body) > 4_000_000
    assert 190_000 < len(found.body) <= 200_000


def test_the_same_page_again_gives_the_same_text() -> None:
    first = read(page(tail=REPOST))

    again = [read(page(tail=REPOST)) for _ in range(5)]

    assert again == [first] * 5


# --- all words of a page ---


def test_a_page_is_skimmed_for_all_its_words() -> None:
    source = page("Caf&eacute; &#1581;&#1604;&#1576; in <b>Aleppo</b>").replace(
        "&amp;", "&"
    )

    found = skim(source.encode(), HTML)

    assert "Café حلب in" in found.body
    assert "Contact our newsroom" in found.body
    assert (found.state, found.language) == (PageState.OK, "en")


def test_a_skimmed_picture_has_no_words() -> None:
    assert skim(b"GIF89a", "image/gif").state is PageState.NOT_HTML


# --- dates that only the text tells ---


def test_a_date_is_looked_for_in_the_text_where_nobody_gives_one() -> None:
    source = page(tail='<p class="date">Published on 12 March 2024</p>')

    found = read_page(source.encode(), HTML, URL, TITLE)

    assert found.published == datetime(2024, 3, 12, tzinfo=UTC)


def test_a_date_of_the_feed_is_not_looked_for_again() -> None:
    given = datetime(2026, 11, 22, 9, 40, tzinfo=UTC)
    source = page(tail='<p class="date">Published on 12 March 2024</p>')

    found = read_page(source.encode(), HTML, URL, TITLE, "", given)

    assert found.published == given
