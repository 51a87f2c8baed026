"""Furniture that a feed repeats, walls, feeds that carry whole articles, skimming."""

import sqlite3
from html import escape

import pytest

from tests.desk import Desk
from tests.site import PARAGRAPHS, Answer, Item, Site, article_page

FURNITURE = "Airstrikes and more: our Aleppo reporters depend on your support."
FILLERS = (
    "The harvest was good in the north, and the ports were busier than in any spring "
    "that the oldest of the pilots could remember.",
    "Painters finished the great hall before the guests came, and the mayor cut the "
    "ribbon with the scissors of his predecessor.",
    "The orchestra opened its season with a symphony that nobody had played for forty "
    "years, and the audience stood up twice.",
    "A bridge that had been closed since the flood was opened again, and the ferry "
    "went on its last journey with a brass band.",
)


@pytest.fixture
def begun(desk: Desk, site: Site) -> Desk:
    """A desk after its silent first run."""
    site.feed("/feed.xml", "World", [])
    desk.articles = 'merge = "copies"\nrecheck = false'
    desk.run()
    return desk


def show(site: Site, number: int, title: str, *paragraphs: str) -> None:
    site.answers[f"/a/{number}"] = Answer(article_page(title, paragraphs))
    entry = Item(guid=str(number), title=title, link=f"{site.url}/a/{number}")
    site.feed("/feed.xml", "World", [entry])


def test_a_line_of_three_articles_is_no_reason_for_a_full_hit(
    begun: Desk, site: Site
) -> None:
    for number, text in enumerate(FILLERS):
        longer = [f"{text} {word}." for word in ("First", "Second", "Third", "Fourth")]
        show(site, number, f"Report number {number}", *longer, FURNITURE)
        begun.run(all_feeds=True)
        begun.clock.go_on(hours=2)

    weak = [
        m["weak"]
        for line in begun.told()
        for s in line["stories"]
        for m in s["matches"]
    ]
    assert weak == [False, False, True, True]


def test_one_page_before_three_articles_is_a_wall(begun: Desk, site: Site) -> None:
    wall = "Log in to read about Aleppo, airstrikes and everything else we report on."
    for number, title in enumerate(
        ("A harvest", "A painting", "A symphony", "A bridge")
    ):
        show(site, number, title, wall, f"{wall} Or buy a subscription for a year.")
        begun.run(all_feeds=True)
        begun.clock.go_on(hours=2)

    (notice,) = begun.notices()
    assert 'the pages of feed "world" are all the same' in notice
    assert "searched by title and summary only" in notice


def full(site: Site, number: int, page: bytes | None = None) -> None:
    """Let the feed show a whole article; its page says the same or something else."""
    text = [f"{p} It was report {number}." for p in (*PARAGRAPHS, *FILLERS)]
    title = f"Airstrikes near Aleppo, part {number}"
    site.answers[f"/a/{number}"] = Answer(page or article_page(title, tuple(text)))
    content = "".join(f"<p>{escape(p)}</p>" for p in text)
    entry = Item(
        guid=f"g{number}", title=title, link=f"{site.url}/a/{number}", content=content
    )
    site.feed("/feed.xml", "World", [entry])


def asked(
    begun: Desk, site: Site, first: int, last: int, page: bytes | None = None
) -> int:
    """How many pages of some articles were asked for."""
    for number in range(first, last):
        full(site, number, page)
        begun.run(all_feeds=True)
        begun.clock.go_on(minutes=20)
    return sum(site.hits(f"/a/{n}") for n in range(first, last))


def test_where_feed_and_page_agree_pages_are_left_alone(
    begun: Desk, site: Site
) -> None:
    begun.articles = 'merge = "nothing"\nrecheck = false'

    assert asked(begun, site, 0, 3) == 3
    assert asked(begun, site, 3, 9) <= 1
    assert len(begun.stories()) == 9


def test_where_pages_say_more_they_are_always_read(begun: Desk, site: Site) -> None:
    longer = article_page(
        "A page",
        PARAGRAPHS + FILLERS + tuple(f"{p} And so on." for p in FILLERS + PARAGRAPHS),
    )

    assert asked(begun, site, 0, 6, longer) == 6


# --- only what may match is taken out of its page ---


def test_a_page_without_a_word_of_a_rule_is_only_skimmed(
    begun: Desk, site: Site
) -> None:
    begun.articles = 'full_text = "when-needed"'
    show(site, 1, "A harvest", *FILLERS)
    begun.run(all_feeds=True)
    show(site, 2, "What we know", *PARAGRAPHS)

    begun.run(all_feeds=True)

    assert begun.stories() == ["What we know"]
    with sqlite3.connect(begun.folder / "monitor.db") as db:
        rows = db.execute("SELECT state, body <> '' FROM article ORDER BY id")
        assert rows.fetchall() == [("skimmed", 0), ("ok", 1)]


def test_words_beside_the_text_make_a_page_worth_reading(
    begun: Desk, site: Site
) -> None:
    begun.articles = 'full_text = "when-needed"'
    begun.rules = 'harvest = "harvest NOT cookies"'
    begun.follows = ("harvest",)
    show(site, 1, "Good news", *FILLERS)

    begun.run(all_feeds=True)

    assert begun.stories() == ["Good news"]
