import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.text.html import plain_text, title_text

SOUP = """<p> </p> <br> <br/> <div> </div> <b> <script> </script> <style> </style> <svg>
    </svg> <html> </html> <head> </head> <body> </body> <frameset> <title> <table>
    <td> <!-- --> <!doctype> <?xml?> <![CDATA[ ]]> <a href=" "> < > & &amp; &#1;
    &#x202e; &#0; &lt; &#xd800; <plaintext> <noscript> <template> <x:y>"""
TAG_SOUP = st.lists(
    st.sampled_from(SOUP.split()) | st.text(max_size=4), max_size=20
).map("".join)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", ""),
        ("Plain text", "Plain text"),
        ("Fish &amp; chips", "Fish & chips"),
        ("2 < 3 and 5 > 4", "2 < 3 and 5 > 4"),
        ("a <b>bold</b> word", "a bold word"),
        ("un<b>bel</b>ievable", "unbelievable"),
        ("<p>One</p><p>Two</p>", "One\nTwo"),
        ("One<br>Two<br/><br/>Three", "One\nTwo\nThree"),
        ("<ul><li>a<li>b</ul>c", "a\nb\nc"),
        ("<h2>Head</h2>Text", "Head\nText"),
        ("<table><tr><td>a</td></tr><tr><td>b</td></tr></table>", "a\nb"),
        ("<p>a\u00a0 b\t c\u2003d\n  e</p>", "a b c d\ne"),
        ("<p>caf&eacute; &#x410;</p>", "café \u0410"),
    ],
)
def test_html_becomes_text_with_a_line_a_block(source: str, expected: str) -> None:
    text = plain_text(source)

    assert text == expected


@pytest.mark.parametrize(
    "source",
    [
        "<p>before<script>alert('x')</script>after</p>",
        "<p>before<style>p { color: red }</style>after</p>",
        "<p>before<noscript>hidden</noscript>after</p>",
        "<p>before<template>hidden</template>after</p>",
        "<p>before<svg><title>hidden</title><script>x</script></svg>after</p>",
        "<p>before<!-- hidden -->after</p>",
        "<p>before<?php hidden ?>after</p>",
        "<html><head><title>hidden</title></head><body>beforeafter</body></html>",
    ],
)
def test_what_no_reader_sees_is_dropped(source: str) -> None:
    text = plain_text(source)

    assert text == "beforeafter"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<html><head><title>x</title></head></html>", ""),
        ("<!doctype html>", ""),
        ("<!-- only a comment -->", ""),
        ("</p>", ""),
        ("<html><frameset><frame></frameset></html>", ""),
        ('<?xml version="1.0" encoding="latin-1"?><p>é</p>', "é"),
        ("<p>a<", "a<"),
        ("<p>un<b>closed", "unclosed"),
        ("<br>\x01a\x00b", "ab"),
        ("<br>&#1;a&#8;<script></script>&#2;b", "ab"),
        ("<p>a\ud800b</p>", "ab"),
        ("<p>a\u202eb&#x202e;c</p>", "abc"),
        ("<div>" * 300 + "deep", "deep"),
        ("<body><body>two</body></body>", "two"),
        ("<scr<script>ipt>x</script>", "ipt>x"),
    ],
)
def test_broken_and_hostile_html_still_gives_text(source: str, expected: str) -> None:
    text = plain_text(source)

    assert text == expected


def test_a_text_of_more_than_ten_megabytes_is_read() -> None:
    source = "<p>" + "x" * 11_000_000 + "</p><p>end</p>"

    text = plain_text(source, limit=12_000_000)

    assert len(text) == 11_000_000 + len("\nend")


@given(TAG_SOUP)
def test_any_tag_soup_becomes_tidy_text(source: str) -> None:
    text = plain_text(source)

    assert text == text.strip()
    assert not {"\x00", "\x01", "\u202e", "\ud800", "\t"} & set(text)
    assert all(line == line.strip() and line for line in text.split("\n")) or not text


@given(TAG_SOUP, st.integers(0, 10))
def test_a_text_is_never_longer_than_its_limit(source: str, limit: int) -> None:
    text = plain_text(source, limit)

    assert len(text) <= limit


@pytest.mark.parametrize("piece", ["\u2003", " \n", "<a ", "&", "<a href='", "<"])
def test_a_hostile_run_is_read_in_linear_time(piece: str) -> None:
    source = piece * 200_000

    began = time.process_time()
    plain_text(source)

    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Troops\n withdraw", "Troops withdraw"),
        ("<b>Troops</b> withdraw", "Troops withdraw"),
        ("AT&amp;T", "AT&T"),
        ("AT&amp;amp;T", "AT&T"),
        ("It&amp;#8217;s", "It\u2019s"),
        ("<i>It</i>&amp;rsquo;s", "It\u2019s"),
        ("2 &lt; 3", "2 < 3"),
        ("Use &lt;b&gt; here", "Use <b> here"),
        ("Use &amp;lt;b&amp;gt; here", "Use &lt;b&gt; here"),
        ("a&amp;#10;Bcc: b", "a Bcc: b"),
        ("a&amp;#x202e;b", "ab"),
        ("<p>One</p><p>Two</p>", "One Two"),
    ],
)
def test_a_title_is_one_line_decoded_as_far_as_it_shows_no_tag(
    source: str, expected: str
) -> None:
    title = title_text(source)

    assert title == expected


@given(TAG_SOUP, st.integers(1, 30))
def test_any_title_is_one_clean_line(source: str, limit: int) -> None:
    title = title_text(source, limit)

    assert len(title) <= limit
    assert len(title.splitlines()) <= 1
    assert not {"\x00", "\u202e", "\ud800"} & set(title)
