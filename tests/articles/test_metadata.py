"""What a page says of itself."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from lxml import html

from monitor.articles.metadata import Metadata, metadata

URL = "https://www.repost.example/world/1"
ARTICLE = {"@type": "NewsArticle"}


def said(head: str = "", *data: Any, language: str = "en") -> Metadata:
    blocks = "".join(
        f'<script type="application/ld+json">{one if isinstance(one, str) else json.dumps(one)}'
        "</script>"
        for one in data
    )
    page = (
        f'<html lang="{language}"><head>{head}{blocks}</head><body><h1>Head</h1></body>'
    )
    return metadata(html.fromstring(page), URL)


def test_titles_and_language_are_read() -> None:
    found = said("<title> Troops leave | Repost </title>", language="en-GB")

    assert (found.title, found.heading) == ("Troops leave | Repost", "Head")
    assert found.language == "en-GB"


@pytest.mark.parametrize(
    ("head", "address"),
    [
        ('<link rel="canonical" href="/a">', "https://www.repost.example/a"),
        ('<meta property="og:url" content="https://bbc.com/b">', "https://bbc.com/b"),
        (
            '<link rel="canonical" href="javascript:x">'
            '<meta property="og:url" content="https://bbc.com/b">',
            "https://bbc.com/b",
        ),
        ("", ""),
    ],
)
def test_the_canonical_address_is_what_the_page_claims(head: str, address: str) -> None:
    assert said(head).canonical_url == address


@pytest.mark.parametrize(
    "claim",
    [
        "https://bbc.com/news/1",
        {"@type": "CreativeWork", "url": "https://bbc.com/news/1"},
        {"@id": "https://bbc.com/news/1"},
        ["https://bbc.com/news/1", "x"],
    ],
)
def test_what_it_is_based_on_is_read(claim: Any) -> None:
    assert said("", ARTICLE | {"isBasedOn": claim}).based_on == "https://bbc.com/news/1"


@pytest.mark.parametrize("claim", [None, [], 7, "javascript:alert(1)", {"url": 7}])
def test_a_claim_that_is_no_address_is_none(claim: Any) -> None:
    assert said("", ARTICLE | {"isBasedOn": claim}).based_on == ""


@pytest.mark.parametrize(
    ("value", "free"),
    [(False, False), ("False", False), (True, True), ("true", True), (None, True)],
)
def test_a_page_for_subscribers_says_so(value: Any, *, free: bool) -> None:
    assert said("", ARTICLE | {"isAccessibleForFree": value}).free is free


def test_an_article_is_found_in_a_graph_and_in_a_list() -> None:
    body = ARTICLE | {"articleBody": "The text."}

    found = [said("", {"@graph": [{"@type": "WebSite"}, body]}), said("", [body])]

    assert [one.text for one in found] == ["The text."] * 2


def test_other_things_on_a_page_are_no_article() -> None:
    found = said("", {"@type": ["Product"], "articleBody": "Buy it."})

    assert found.text == ""


def test_the_date_is_read_from_data_or_meta() -> None:
    time = "2026-11-22T09:40:00Z"
    heads = [
        said("", ARTICLE | {"datePublished": time}),
        said(f'<meta property="article:published_time" content="{time}">'),
        said(f'<meta name="date" content="{time}">', ARTICLE | {"datePublished": "x"}),
    ]

    expected = datetime(2026, 11, 22, 9, 40, tzinfo=UTC)
    assert [one.published for one in heads] == [expected] * 3


@pytest.mark.parametrize(
    "block", ["{", "[" * 100_000, "null", '{"@type": 7}', '"x"', " " * (300 << 10)]
)
def test_broken_data_is_no_data(block: str) -> None:
    assert said("", block).text == ""


def test_data_that_is_nested_without_end_is_left() -> None:
    deep: Any = ARTICLE | {"articleBody": "deep"}
    for _ in range(20):
        deep = [deep]

    assert said("", deep, [ARTICLE] * 2_000).text == ""
