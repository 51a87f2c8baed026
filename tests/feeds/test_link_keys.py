"""By what a link is recognised: with and without its fragment, and by its number."""

import pytest

from monitor.feeds.keys import hash_of, keys_of
from monitor.models import Entry, Key, Kind
from tests.feeds.memory import key

# --- links ---


@pytest.mark.parametrize(
    "url",
    [
        "http://www.a.example/1/",
        "https://a.example/1?utm_source=rss&fbclid=2",
        "https://m.a.example:443/1#top",
    ],
)
def test_links_are_compared_by_what_they_lead_to(url: str) -> None:
    found = {key(Entry(url=u), Kind.LINK) for u in (url, "https://a.example/1")}

    assert len(found) == 1
    assert None not in found


@pytest.mark.parametrize("others", [(), ("#1",), ("#2", ""), ("#3", "#4", "#5")])
def test_a_fragment_means_the_same_whatever_else_stands_in_the_document(
    others: tuple[str, ...],
) -> None:
    entry = Entry(url="https://a.example/live#2")
    rest = [Entry(url=f"https://a.example/live{other}", title="x") for other in others]

    alone, among = keys_of([entry])[0], keys_of([*rest, entry])[-1]

    assert alone == among
    assert key(entry, Kind.LINK) == key(Entry(url="https://a.example/live"), Kind.LINK)


def test_a_link_with_its_fragment_is_an_anchor() -> None:
    one, same, other, elsewhere, none, empty = (
        key(Entry(url=f"https://{url}"), Kind.ANCHOR)
        for url in (
            "a.example/live#1",
            "www.a.example/live/?utm_source=rss#1",
            "a.example/live#2",
            "a.example/other#1",
            "a.example/live",
            "a.example/live#",
        )
    )

    assert one == same
    assert len({one, other, elsewhere}) == 3
    assert none is empty is None


@pytest.mark.parametrize("kind", [Kind.ANCHOR, Kind.LINK])
@pytest.mark.parametrize("fragment", ["!/1", "/1", "post-1"])
def test_a_fragment_that_leads_to_another_page_stays_in_the_link(
    fragment: str, kind: Kind
) -> None:
    found = [
        key(Entry(url=f"https://a.example/live#{end}"), kind)
        for end in (fragment, f"{fragment}1", "top")
    ]

    assert None not in found
    assert len(set(found)) == 3


@pytest.mark.parametrize(
    "url",
    ["", "/1", "mailto:me@a.example", "https://a.example", "https://www.a.example/"],
)
def test_a_link_to_no_page_or_to_the_front_page_is_none(url: str) -> None:
    assert key(Entry(url=url), Kind.LINK) is None


@pytest.mark.parametrize("url", ["https://a.example/blog/", "http://a.example/feed"])
def test_a_link_to_the_feed_or_its_site_is_none(url: str) -> None:
    addresses = ["https://www.a.example/blog", "https://a.example/feed"]

    assert key(Entry(url=url), Kind.LINK, addresses) is None


# --- numbers in links ---


@pytest.mark.parametrize(
    ("path", "number"),
    [
        ("12345", "12345"),
        ("world/aleppo/12345/", "12345"),
        ("12345/aleppo-falls", "12345"),
        ("12345/678901", "678901"),
        ("aleppo-falls-1234567", "1234567"),
        ("Aleppo_Falls_1234567.html", "1234567"),
        ("aleppo-20261122-p54o2w", "p54o2w"),
        ("aleppo-20261122-P54O2W.html", "p54o2w"),
        ("aleppo-20261122-p54o2w?page=7654321", "p54o2w"),
    ],
)
def test_the_number_of_an_article_stands_in_its_link(path: str, number: str) -> None:
    found = key(Entry(url=f"https://a.example/{path}"), Kind.NUMBER)

    assert found == Key(Kind.NUMBER, hash_of(number))


@pytest.mark.parametrize(
    "path",
    [
        "1234",
        "2026/11/22/aleppo-falls",
        "20261122",
        "20261122/aleppo-falls",
        "aleppo-20261122",
        "aleppo-20261122.html",
        "aleppo-123456",
        "aleppo-1234567-falls",
        "aleppo?id=1234567",
        "aleppofalls",
        "aleppo-7b",
        "covid19variant",
        "the-covid19variant",
        "leaders-leave-g20summit",
        "aleppo-p54o2",
        "aleppo-p54o2w78x",
        "aleppo-iphone15",
    ],
)
def test_dates_and_small_numbers_are_no_number_of_an_article(path: str) -> None:
    assert key(Entry(url=f"https://a.example/{path}"), Kind.NUMBER) is None
