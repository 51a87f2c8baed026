"""Hostile pages: what they are made of, so that no huge files lie about."""

from collections.abc import Callable

_TEXT = "Syrian troops have left Aleppo after rebel fighters came into the city. "
_END = f"<p>{_TEXT * 8}</p></body></html>"
_MEGA = 1 << 20


def _page(inside: str) -> bytes:
    return f"<html><head><title>A page</title></head><body>{inside}{_END}".encode()


PAGES: dict[str, Callable[[], bytes]] = {
    "a tag with 90,000 attributes": lambda: _page(
        f"<div {' '.join(f'a{n}=1' for n in range(90_000))}>"
    ),
    "a tag with one attribute of a megabyte": lambda: _page(f"<div a='{'x' * _MEGA}'>"),
    "100,000 nested elements": lambda: _page("<div>" * 100_000),
    "100,000 nested tables": lambda: _page("<table><tr><td>" * 33_000),
    "a million elements": lambda: _page("<b>x</b>" * 1_000_000),
    "one text node of four megabytes": lambda: _page(f"<p>{_TEXT * 60_000}</p>"),
    "200,000 empty paragraphs": lambda: _page("<p>" * 200_000),
    "scripts that never end": lambda: _page("<script>" * 100_000),
    "comments that never end": lambda: _page("<!--" * 300_000),
    "100,000 links": lambda: _page("<a href='/x'>Read more news here</a> " * 100_000),
    "a list of 50,000 items": lambda: _page("<ul>" + "<li>x" * 50_000),
    "100,000 broken entities": lambda: _page("&#x110000;&bogus;&" * 100_000),
    "angle brackets alone": lambda: b"<" * (2 * _MEGA),
    "NUL bytes": lambda: b"\x00" * _MEGA + _page(""),
    "control characters": lambda: _page("\x01\x02\x1b[31m" * 100_000),
    "random bytes": lambda: bytes(range(256)) * 8_000,
    "UTF-16 without saying so": lambda: _page("<p>x</p>").decode().encode("utf-16"),
    "a charset that is none": lambda: b"<meta charset=base64>" + _page(""),
    "structured data of ten megabytes": lambda: _page(
        f'<script type="application/ld+json">{{"articleBody": "{"x" * 4 * _MEGA}"}}'
        "</script>"
    ),
    "structured data nested 100,000 deep": lambda: _page(
        f'<script type="application/ld+json">{"[" * 100_000}</script>'
    ),
    "a thousand titles": lambda: _page("<title>x</title><h1>x</h1>" * 1_000),
    "combining marks": lambda: _page(f"<p>a{chr(0x301) * 500_000}</p>"),
    "one word of a megabyte": lambda: _page(f"<p>{'a' * _MEGA}</p>"),
    "spaces of a megabyte": lambda: _page(f"<p>{' ' * _MEGA}x</p>"),
    "100,000 lines that look like furniture": lambda: _page(
        "<p>Source: </p><p>Read also</p>" * 50_000
    ),
    "a frameset": lambda: b"<frameset>" + b"<frame src=x>" * 100_000,
    "nothing": lambda: b"",
}
