"""The HTML of a stranger is bounded before a parser sees it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.articles.markup import MAX_CHARACTERS, bounded, plain_text


@pytest.mark.parametrize(
    "out",
    [
        "<script>alert(1)</script>",
        "<SCRIPT src=x>if (a < b) { }</Script >",
        "<style>p { color: red }</style>",
        "<svg><path d='x'/></svg>",
        "<!-- a comment <p> -->",
    ],
)
def test_what_holds_no_text_is_taken_out(out: str) -> None:
    text, cut = bounded(f"<p>One</p>{out}<p>Two</p>")

    assert (text, cut) == ("<p>One</p> <p>Two</p>", False)


def test_structured_data_stays() -> None:
    html = '<script type="application/ld+json">{"a": 1}</script><p>One</p>'

    assert bounded(html) == (html, False)


@pytest.mark.parametrize("start", ["<script>", "<style>", "<svg>", "<!--"])
def test_what_never_ends_is_left_to_the_parser(start: str) -> None:
    html = f"<p>One</p>{start}<p>Two</p>"

    assert bounded(html) == (html, False)


def test_a_huge_tag_loses_its_attributes() -> None:
    attributes = " ".join(f"a{n}=1" for n in range(20_000))

    text, _ = bounded(f"<p>One</p><div {attributes}><p>Two</p>")

    assert text == "<p>One</p><div><p>Two</p>"


def test_what_follows_too_many_elements_is_left_away() -> None:
    text, cut = bounded("<b>x</b>" * 50_001)

    assert (text, cut) == ("<b>x</b>" * 50_000, True)


def test_a_page_that_is_too_long_is_cut() -> None:
    text, cut = bounded("x" * (MAX_CHARACTERS + 1))

    assert (len(text), cut) == (MAX_CHARACTERS, True)


def test_the_plain_text_of_a_page_has_no_tags() -> None:
    assert plain_text("<p>One <b>two</b></p><script>x</script>\n three") == (
        "One two three"
    )


@pytest.mark.parametrize(
    "html",
    [
        "<script" * 200_000,
        "<!--" * 300_000,
        "<svg>" * 200_000,
        "<" * 1_000_000,
        "<a " + "b='" * 300_000,
        "</script>" * 100_000 + "<script>" * 100_000,
    ],
)
def test_no_page_holds_the_scanner_up(html: str) -> None:
    began = time.process_time()
    bounded(html)
    plain_text(html)

    assert time.process_time() - began < 5


@given(st.text("<>!-scriptyle/ ab\"'="))
def test_no_markup_is_too_odd(html: str) -> None:
    text, cut = bounded(html)

    assert not cut
    assert len(text) <= len(html)
