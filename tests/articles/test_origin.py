import time

import pytest

from monitor.articles.origin import NOBODY, credited, origin_of

OWN = "https://www.repost.example/a/1"


@pytest.mark.parametrize(
    ("line", "site"),
    [
        ("Original Source: www.bbc.com", "bbc.com"),
        ("original source : https://www.bbc.com/news/world-1234", "bbc.com"),
        ("Source: BBC.com.", "bbc.com"),
        ("Source – levantwire.example", "levantwire.example"),
        ("Source - the Levant Wire (levantwire.example)", "levantwire.example"),
        ("Originally published at courier.example", "courier.example"),
        ("Originally published on: m.courier.example/w/1", "courier.example"),
        ("Originally appeared in The Courier, courier.example", "courier.example"),
        ("via news.courier.example", "news.courier.example"),
        ("  via: http://courier.example:8080/x  ", "courier.example"),
    ],
)
def test_a_credit_line_names_the_origin(line: str, site: str) -> None:
    found = credited(f"The text of the article.\n{line}\nPost Comment").site

    assert found == site


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Source: a neighbour",
        "Source:",
        "Sources at courier.example said so",
        "Source code stands at courier.example",
        "Viaduct news is at courier.example",
        "He named his source: courier.example",
        "The source: courier.example",
        "Originally published in 1998",
        f"Source: {'x' * 120} courier.example",
    ],
)
def test_what_is_no_credit_names_nobody(text: str) -> None:
    found = credited(text).site

    assert found == ""


def test_the_first_credit_that_names_a_site_counts() -> None:
    text = "Source: Reuters\nOriginal Source: www.bbc.com\nvia courier.example"

    found = credited(text).site

    assert found == "bbc.com"


def test_a_hostile_text_does_not_hold_the_credits_up() -> None:
    text = "source: " + "." * 100_000 + "\n" + "via a" * 20_000 + "\n" * 50_000

    began = time.process_time()
    found = credited(text).site

    assert found == ""
    assert time.process_time() - began < 3


@pytest.mark.parametrize(
    ("source_url", "text", "origin"),
    [
        ("https://www.courier.example/rss", "Source: bbc.com", "courier.example"),
        ("", "Source: bbc.com", "bbc.com"),
        ("urn:courier", "Source: bbc.com", "bbc.com"),
        ("", "Source: repost.example", ""),
        ("https://m.repost.example/rss", "", ""),
        ("", "", ""),
    ],
)
def test_the_feed_is_believed_first_and_nobody_is_the_origin_of_his_own(
    source_url: str, text: str, origin: str
) -> None:
    found = origin_of(text=text, source_url=source_url, url=OWN).site

    assert found == origin


# --- names and agencies ---


@pytest.mark.parametrize(
    ("line", "site"),
    [
        ("Source: BBC News", "bbc.com"),
        ("Source: www.bbc.co.uk/news", "bbc.com"),
        ("via Reuters", "reuters.com"),
        ("Originally published by The Guardian.", "theguardian.com"),
        ("Source: officials", ""),
    ],
)
def test_an_outlet_is_known_by_its_names(line: str, site: str) -> None:
    assert (
        origin_of(text=line, source_url="", url="https://repost.example/1").site == site
    )


@pytest.mark.parametrize(
    ("text", "site"),
    [
        ("ALEPPO, Syria, Nov 30 (Reuters) - Troops have left the city.", "reuters.com"),
        ("BEIRUT (AP) — Troops have left the city.", "apnews.com"),
        ("Damascus, 30 November (AFP) – Troops have left.", "afp.com"),
        ("Troops have left the city (officials) - it is said.", ""),
        ("Troops left. " * 12 + "ALEPPO (Reuters) - Troops.", ""),
        ("", ""),
    ],
)
def test_an_agency_is_known_by_its_dateline(text: str, site: str) -> None:
    assert (
        origin_of(text=text, source_url="", url="https://repost.example/1").site == site
    )


@pytest.mark.parametrize(
    ("canonical", "site"),
    [
        ("https://www.bbc.com/news/1", "bbc.com"),
        ("https://news.repost.example/1", ""),
        ("https://www.repost.example/2", ""),
        ("", ""),
    ],
)
def test_a_canonical_address_elsewhere_is_a_claim(canonical: str, site: str) -> None:
    found = origin_of(
        text="", source_url="", url="https://repost.example/1", canonical_url=canonical
    )

    assert found.site == site


def test_the_feed_is_believed_before_the_text() -> None:
    found = origin_of(
        text="Source: Reuters",
        source_url="https://www.bbc.co.uk/feed",
        url="https://repost.example/1",
    )

    assert (found.site, found.evidence) == ("bbc.com", "the source that is given")


def test_an_outlet_is_no_origin_of_its_own_texts() -> None:
    found = origin_of(
        text="Source: BBC News", source_url="", url="https://www.bbc.co.uk/news/1"
    )

    assert found == NOBODY


def test_no_text_holds_the_dateline_up() -> None:
    assert origin_of(text="A" + " (" * 100_000, source_url="", url="").site == ""


def test_a_claim_says_what_it_rests_on() -> None:
    line = credited("He left.\nOriginal Source: www.bbc.com\nPost Comment")
    dateline = origin_of(text="BEIRUT (AP) - Troops left.", source_url="", url="")

    assert line.evidence == "the line “Original Source: www.bbc.com”"
    assert dateline.evidence == "the dateline “BEIRUT (AP) -”"
    assert line.confidence > dateline.confidence > 0
