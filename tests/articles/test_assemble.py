from dataclasses import replace

import pytest

from monitor.articles.assemble import assemble
from monitor.models import Article, Entry, Origin, Page, PageState, WaitingEntry
from tests.conftest import NOON

ENTRY = Entry(
    guid="1",
    url="https://www.repost.example/a/1",
    title="Troops leave Aleppo",
    summary="Rebels came from three sides.",
    published=NOON,
    author="Ana",
    tags=("syria",),
    language="fr",
)
WAITING = WaitingEntry(
    id=7,
    feed_id=1,
    feed="repost",
    feed_title="Repost Daily",
    revision=2,
    first_seen=NOON,
    tries=0,
    token="t",
    entry=ENTRY,
)
PAGE = Page(
    state=PageState.OK,
    body="The text of the page.",
    aside="Post Comment",
    canonical_url="https://www.repost.example/a/1-troops",
    origin=Origin(site="bbc.com", evidence="its canonical address", confidence=0.9),
    language="de",
)
NOTHING = Page(state=PageState.UNREACHABLE)


def made(page: Page, waiting: WaitingEntry = WAITING, source: str = "") -> Article:
    return assemble(
        waiting, page, source=source, final_url="https://r.example/", language="en"
    )


def of(**change: str) -> WaitingEntry:
    return replace(WAITING, entry=replace(ENTRY, **change))  # type: ignore[arg-type]  # only texts here


def test_an_article_has_what_the_entry_says_and_what_the_page_gave() -> None:
    found = made(PAGE)

    assert found == Article(
        title="Troops leave Aleppo",
        summary="Rebels came from three sides.",
        body="The text of the page.",
        aside="Post Comment",
        language="en",
        state=PageState.OK,
        url="https://www.repost.example/a/1",
        final_url="https://r.example/",
        canonical_url="https://www.repost.example/a/1-troops",
        origin="bbc.com",
        origin_evidence="its canonical address",
        origin_confidence=0.9,
        published=NOON,
        feed="repost",
        source="Repost Daily",
        author="Ana",
        tags=("syria",),
    )


# --- which text ---


@pytest.mark.parametrize(
    "page",
    [
        PAGE,
        NOTHING,
        Page(state=PageState.OK),
        Page(state=PageState.SHORT, body="Sorry.", aside="404"),
        Page(state=PageState.TIMEOUT),
    ],
)
def test_a_longer_text_of_the_feed_wins_over_any_page(page: Page) -> None:
    content = "The whole text stands in the feed already.\nIt has two lines."

    found = made(page, of(content=content))

    assert (found.state, found.body, found.aside) == (PageState.FEED, content, "")


@pytest.mark.parametrize("content", ["", "A shorter text.", "x" * len(PAGE.body)])
def test_a_shorter_text_of_the_feed_gives_way_to_the_page(content: str) -> None:
    found = made(PAGE, of(content=content))

    assert (found.state, found.body, found.aside) == (
        PageState.OK,
        PAGE.body,
        PAGE.aside,
    )


def test_the_furniture_in_a_text_of_the_feed_stands_aside() -> None:
    lines = ("Troops leave Aleppo", "They left.", "Source: www.bbc.com", "Post Comment")

    found = made(NOTHING, of(content="\n".join(lines)))

    assert found.body == "They left."
    assert found.aside == "Troops leave Aleppo\nSource: www.bbc.com\nPost Comment"
    assert found.origin == "bbc.com"


def test_furniture_alone_is_no_longer_text() -> None:
    page = replace(PAGE, body="Short.")

    found = made(page, of(content="Read more: the whole story of the withdrawal"))

    assert (found.state, found.body) == (PageState.OK, "Short.")


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (PageState.OK, PageState.SUMMARY),
        (PageState.UNREACHABLE, PageState.UNREACHABLE),
        (PageState.ERROR_PAGE, PageState.ERROR_PAGE),
        (PageState.NOT_HTML, PageState.NOT_HTML),
        (PageState.TIMEOUT, PageState.TIMEOUT),
        (PageState.SHORT, PageState.SHORT),
    ],
)
def test_without_any_text_the_article_stands_on_its_summary_and_says_why(
    state: PageState, expected: PageState
) -> None:
    found = made(Page(state=state))

    assert (found.state, found.body) == (expected, "")


# --- who wrote it ---


@pytest.mark.parametrize(
    ("source_url", "content", "page_origin", "origin"),
    [
        ("https://courier.example/rss", "via bbc.com", "herald.example", "courier.example"),
        ("", "via bbc.com", "herald.example", "bbc.com"),
        ("", "", "herald.example", "herald.example"),
        ("https://repost.example/", "", "herald.example", "herald.example"),
        ("", "", "", ""),
    ],
)  # fmt: skip
def test_the_feed_names_the_origin_before_the_page_does(
    source_url: str, content: str, page_origin: str, origin: str
) -> None:
    page = replace(PAGE, origin=Origin(site=page_origin))

    found = made(page, of(source_url=source_url, content=content))

    assert found.origin == origin


@pytest.mark.parametrize(
    ("outlet", "feed_title", "url", "source"),
    [
        ("SANA", "Feed title", "https://www.a.example/1", "SANA"),
        ("", "Feed title", "https://www.a.example/1", "Feed title"),
        ("", "", "https://www.a.example/1", "a.example"),
        ("", "", "", "repost"),
    ],
)
def test_the_source_is_the_outlet_as_people_know_it(
    outlet: str, feed_title: str, url: str, source: str
) -> None:
    waiting = replace(of(url=url), feed_title=feed_title)

    found = made(PAGE, waiting, source=outlet)

    assert found.source == source


# --- is it the page? ---

LONG_SUMMARY = (
    "Rebels came into Aleppo from three sides while hospitals asked for blood and fuel."
)
SAYS_SO = replace(PAGE, body=f"Officers said on Sunday: {LONG_SUMMARY} " * 3)


def test_a_page_that_says_what_the_feed_says_is_the_article() -> None:
    found = made(SAYS_SO, of(summary=LONG_SUMMARY))

    assert (found.state, found.body) == (PageState.OK, SAYS_SO.body)


def test_a_page_that_says_something_else_is_kept_beside_the_text() -> None:
    other = replace(PAGE, body="Wheat is dearer again. " * 20)

    found = made(other, of(summary=LONG_SUMMARY))

    assert (found.state, found.body) == (PageState.WRONG_PAGE, "")
    assert found.aside == f"{other.body}\nPost Comment"


def test_a_short_summary_does_not_tell() -> None:
    found = made(PAGE, of(summary="Quite another thing."))

    assert found.state is PageState.OK


@pytest.mark.parametrize(
    "state", [PageState.CONSENT, PageState.ERROR_PAGE, PageState.JS_SHELL]
)
def test_a_page_that_is_no_article_gives_no_text(state: PageState) -> None:
    found = made(replace(PAGE, state=state))

    assert (found.state, found.body) == (state, "")


def test_the_text_of_the_feed_stands_in_for_a_wrong_page() -> None:
    other = replace(PAGE, body="Wheat is dearer again. " * 20)

    found = made(other, of(summary=LONG_SUMMARY, content="The feed has it all."))

    assert (found.state, found.body) == (PageState.FEED, "The feed has it all.")


def test_a_beginning_before_a_wall_is_text() -> None:
    found = made(replace(PAGE, state=PageState.PAYWALL))

    assert (found.state, found.body) == (PageState.PAYWALL, PAGE.body)


def test_the_page_dates_an_entry_that_has_no_date() -> None:
    undated = replace(WAITING, entry=replace(ENTRY, published=None))

    found = made(replace(PAGE, published=NOON), undated)

    assert found.published == NOON
