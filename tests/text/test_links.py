"""The links by which recipients manage what they get."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.models import Secret
from monitor.text.links import Recipient, recipient_of, token

KEY = Secret("instance key")
ANA = Recipient(subscriber="desk", channel="mail", target="ana@example.org")


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=80))
def test_a_token_says_whose_it_is(subscriber: str, channel: str, target: str) -> None:
    who = Recipient(subscriber=subscriber, channel=channel, target=target)
    try:
        made = token(KEY, who)
    except UnicodeEncodeError:  # half a surrogate pair is no text
        return

    assert recipient_of(KEY, made) == who


def test_a_token_is_fit_for_a_url_and_always_the_same() -> None:
    made = token(KEY, Recipient(subscriber="Süd/desk?", channel="a b", target="ü@x"))

    assert made.replace("-", "").replace("_", "").replace(".", "").isalnum()
    assert token(KEY, ANA) == token(KEY, ANA)


def test_another_key_makes_all_links_void() -> None:
    assert recipient_of(Secret("new key"), token(KEY, ANA)) is None


def test_nobody_makes_the_token_of_another() -> None:
    body, _, mac = token(KEY, ANA).partition(".")
    other, _, _ = token(Secret("mine"), ANA).partition(".")
    eve = Recipient(subscriber="desk", channel="mail", target="eve@example.org")

    assert (
        recipient_of(KEY, f"{token(Secret('mine'), eve).partition('.')[0]}.{mac}")
        is None
    )
    assert recipient_of(KEY, f"{body}.") is None
    assert other == body


@pytest.mark.parametrize(
    "text", ["", ".", "a", "a.b", "é.é", "%00.%00", "x" * 5_000, "W10.W10"]
)
def test_what_is_no_token_opens_nothing(text: str) -> None:
    assert recipient_of(KEY, text) is None


@given(st.text(max_size=100))
def test_no_text_makes_it_fail(text: str) -> None:
    assert recipient_of(KEY, text) is None
