"""How long an answer stays fresh: RFC 9111."""

from datetime import timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.text.headers import fresh_for
from tests.conftest import NOON

DATE = format_datetime(NOON, usegmt=True)
LATER = format_datetime(NOON + timedelta(hours=2), usegmt=True)


@pytest.mark.parametrize(
    ("headers", "minutes"),
    [
        ({}, None),
        ({"cache-control": "public, max-age=600"}, 10),
        ({"cache-control": "max-age=600", "age": "300"}, 5),
        ({"cache-control": 'MAX-AGE="600"'}, 10),
        ({"cache-control": "s-maxage=600"}, None),
        ({"cache-control": "no-cache, max-age=600"}, None),
        ({"cache-control": "no-store", "expires": LATER}, None),
        ({"cache-control": "max-age=0"}, None),
        ({"cache-control": "max-age=60", "age": "90"}, None),
        ({"cache-control": "max-age=600", "age": "soon"}, 10),
        ({"cache-control": "max-age=600", "expires": LATER}, 10),
        ({"expires": LATER, "date": DATE}, 120),
        ({"expires": LATER}, 120),
        ({"expires": DATE, "date": LATER}, None),
        ({"expires": "0"}, None),
    ],
)
def test_an_answer_is_fresh_for_as_long_as_it_says(
    headers: dict[str, str], minutes: int | None
) -> None:
    found = fresh_for(headers, NOON)

    assert found == (None if minutes is None else timedelta(minutes=minutes))


@given(st.text(max_size=60), st.text(max_size=20), st.text(max_size=40))
def test_no_header_is_an_error(control: str, age: str, expires: str) -> None:
    found = fresh_for({"cache-control": control, "age": age, "expires": expires}, NOON)

    assert found is None or found > timedelta(0)
