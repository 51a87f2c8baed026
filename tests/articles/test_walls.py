"""Pages that are no article: walls, consent, errors, empty shells."""

import pytest

from monitor.articles.walls import state_of
from monitor.models import PageState

TEXT = "Syrian troops have left Aleppo after rebel fighters came into the city. " * 3


def state(
    body: str = TEXT, *, title: str = "Troops leave", whole: str = "", free: bool = True
) -> PageState:
    return state_of(body=body, end=body[-200:], title=title, whole=whole, free=free)


def test_a_text_is_an_article() -> None:
    assert state() is PageState.OK


def test_hardly_any_text_is_short() -> None:
    assert state("Sorry.") is PageState.SHORT


@pytest.mark.parametrize(
    "line",
    [
        "Subscribe to continue reading this article.",
        "Log in or register to keep reading.",
        "Already a member? Sign in to read the full story.",
        "This article is for subscribers only: this article is for our subscribers",
        "Abonnez-vous pour lire la suite",
        "Jetzt abonnieren und weiterlesen",
        "Только для подписчиков",
    ],
)
def test_a_text_that_ends_at_a_wall_is_for_subscribers(line: str) -> None:
    assert state(f"{TEXT}\n{line}") is PageState.PAYWALL


def test_a_page_that_says_it_is_not_free_is_for_subscribers() -> None:
    assert state(free=False) is PageState.PAYWALL


def test_a_whole_text_is_an_article_whatever_the_page_says() -> None:
    assert state(TEXT * 9, free=False, title="404") is PageState.OK


def test_a_sentence_about_subscribers_is_no_wall() -> None:
    text = f"{TEXT}\nThe union asked members to log in and vote."

    assert state(text) is PageState.OK


@pytest.mark.parametrize(
    "text",
    [
        "We value your privacy. We and our partners store cookies on your device.",
        "Before you continue to the site: we use cookies to improve it.",
        "Wir verwenden auf dieser Seite Cookies. Cookie settings",
        "Nous utilisons des cookies sur ce site. Cookie policy",
    ],
)
def test_a_page_that_asks_about_cookies_is_consent(text: str) -> None:
    assert state(text + " Choose what you allow, and read how we do it.") is (
        PageState.CONSENT
    )


def test_an_article_about_cookies_is_an_article() -> None:
    text = "The court ruled that sites may not use cookies without asking. " * 12

    assert state(text) is PageState.OK


@pytest.mark.parametrize(
    "title",
    [
        "404",
        "Error 404",
        "404 Not Found",
        "Page not found | Courier",
        "Just a moment...",
        "Access Denied",
        "503 Service Temporarily Unavailable",
        "Page introuvable",
    ],
)
def test_a_page_with_the_title_of_an_error_is_one(title: str) -> None:
    assert state(title=title) is PageState.ERROR_PAGE


@pytest.mark.parametrize(
    "title", ["Fortune 500 firms leave", "403 dead in the quake"][:1]
)
def test_a_number_in_a_title_is_no_error(title: str) -> None:
    assert state(title=title) is PageState.OK


def test_a_shell_without_text_needs_javascript() -> None:
    whole = "You need to enable JavaScript to run this app."

    assert state("", whole=whole) is PageState.JS_SHELL
