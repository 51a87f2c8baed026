"""What was told is read again, and what its publisher takes back is told as well."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.models import Article, Page, PageState
from monitor.pipeline.recheck import correction
from tests.desk import Desk
from tests.site import PARAGRAPHS, Answer, Item, Site, article_page

TITLE = "Airstrikes hit Aleppo as 14 die"
FIRST = f"Officers said on Sunday that 14 people had died. {PARAGRAPHS[0]}"
TEXT = (FIRST, *PARAGRAPHS[1:])
PATH = "/world/1"


@pytest.fixture
def told(desk: Desk, site: Site) -> Desk:
    """A desk that has told one story, an hour ago."""
    site.feed("/feed.xml", "World", [])
    desk.run()
    site.answers[PATH] = Answer(article_page(TITLE, TEXT))
    site.feed("/feed.xml", "World", [Item(guid="1", title=TITLE, link=site.url + PATH)])
    desk.run(all_feeds=True)
    desk.clock.go_on(hours=1)
    return desk


def show(site: Site, title: str = TITLE, text: tuple[str, ...] = TEXT) -> None:
    site.answers[PATH] = Answer(article_page(title, text))


def causes(desk: Desk) -> list[str | None]:
    return [story["cause"] for line in desk.told() for story in line["stories"]]


def test_an_article_that_stays_as_it_is_is_told_once(told: Desk, site: Site) -> None:
    for _ in range(30):
        told.run()
        told.clock.go_on(hours=1)

    assert causes(told) == [None]
    assert site.hits(PATH) == 4


def test_another_headline_comes_as_a_correction(told: Desk, site: Site) -> None:
    show(site, "Army denies that airstrikes hit Aleppo")

    told.run()

    assert causes(told) == [None, "correction"]
    (story,) = told.told()[1]["stories"]
    assert story["title"] == "Army denies that airstrikes hit Aleppo"
    assert story["id"] == told.told()[0]["stories"][0]["id"]


def test_another_figure_comes_as_a_correction(told: Desk, site: Site) -> None:
    show(site, TITLE, (FIRST.replace("14", "41"), *TEXT[1:]))

    told.run()

    assert causes(told) == [None, "correction"]


def test_an_article_that_no_longer_meets_the_rule_is_corrected_too(
    told: Desk, site: Site
) -> None:
    text = tuple(p.replace("airstrikes", "thunder").replace("14", "0") for p in TEXT)
    show(site, "Thunder frightens Aleppo, nobody hurt", text)

    told.run()

    assert causes(told) == [None, "correction"]


def test_a_page_that_is_gone_twice_is_withdrawn(told: Desk, site: Site) -> None:
    site.answers[PATH] = Answer(status=404)

    told.run()
    once = causes(told)
    told.clock.go_on(minutes=21)
    told.run()
    told.clock.go_on(hours=30)
    told.run()

    assert once == [None]
    assert causes(told) == [None, "correction"]
    assert site.hits(PATH) == 3


def test_a_page_that_is_back_was_never_withdrawn(told: Desk, site: Site) -> None:
    site.answers[PATH] = Answer(status=404)
    told.run()
    show(site)
    told.clock.go_on(minutes=21)

    told.run()

    assert causes(told) == [None]


def test_a_page_that_its_publisher_removed_is_withdrawn_at_once(
    told: Desk, site: Site
) -> None:
    site.answers[PATH] = Answer(status=410)

    told.run()

    assert causes(told) == [None, "correction"]


def test_a_server_in_trouble_withdraws_nothing(told: Desk, site: Site) -> None:
    site.answers[PATH] = Answer(status=503)

    told.run()

    assert causes(told) == [None]


@pytest.mark.parametrize("setting", ["recheck = false", 'full_text = "never"'])
def test_nothing_is_read_again_where_that_is_not_wanted(
    told: Desk, site: Site, setting: str
) -> None:
    told.articles = setting
    show(site, "Army denies that airstrikes hit Aleppo")

    for _ in range(3):
        told.run()
        told.clock.go_on(hours=8)

    assert causes(told) == [None]
    assert site.hits(PATH) == 1


# --- what counts as a correction ---

BEFORE = Article(
    title=TITLE,
    summary="",
    body="\n".join(TEXT),
    aside="",
    language="en",
    state=PageState.OK,
    url="https://world.example/1",
    heading=TITLE,
)
PAGE = Page(state=PageState.OK, body=BEFORE.body, heading=TITLE)


@pytest.mark.parametrize(
    "heading",
    [
        TITLE,
        "AIRSTRIKES hit Aleppo, as 14 die",
        "Airstrikes hit Aleppo as 14 people die",
        "",
    ],
)
def test_the_same_in_nicer_words_is_none(heading: str) -> None:
    assert correction(BEFORE, replace(PAGE, heading=heading)) == ""


def test_a_headline_with_another_figure_is_one() -> None:
    found = correction(BEFORE, replace(PAGE, heading=TITLE.replace("14", "15")))

    assert found == f"its headline was “{TITLE}”"


def test_a_wall_takes_nothing_back() -> None:
    wall = Page(state=PageState.CONSENT, body="Accept all", heading="Your choices")

    assert correction(BEFORE, wall) == ""


def test_new_sentences_take_nothing_back() -> None:
    more = f"{BEFORE.body}\nTurkey's foreign minister flew to Geneva and met envoys."

    assert correction(BEFORE, replace(PAGE, body=more)) == ""


@given(st.text(max_size=200), st.text(max_size=60))
def test_no_page_makes_it_fail(body: str, heading: str) -> None:
    assert isinstance(
        correction(BEFORE, Page(state=PageState.OK, body=body, heading=heading)), str
    )
