"""How long a text becomes as mail."""

import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.text.mail import encoded_size, encoding_of


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Airstrikes hit Aleppo", "quoted-printable"),
        ("Ein Café in Köln", "quoted-printable"),
        ("غارة جوية على حلب", "base64"),
        ("", "quoted-printable"),
    ],
)
def test_scripts_that_would_be_escaped_go_as_base64(text: str, encoding: str) -> None:
    assert encoding_of(text) == encoding


@given(st.text(st.characters(codec="utf-8"), max_size=2_000))
def test_the_size_is_never_much_too_small(text: str) -> None:
    if encoding_of(text) == "quoted-printable":
        assert encoded_size(text) >= 0.97 * len(quopri.encodestring(text.encode())) - 9
    else:
        assert encoded_size(text) >= len(text.encode()) * 4 // 3
