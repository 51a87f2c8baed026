"""Dates as feeds write them; Babel knows how the months are called."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from babel.dates import format_datetime
from hypothesis import given
from hypothesis import strategies as st

from monitor.text.dates import feed_date

LANGUAGES = """
ar ar_DZ ar_MA cs da de de_AT en es es_MX fa fi fr id it nb nl pl pt pt_PT ro ru sv tr uk
"""
FORMS = [
    "EEE, dd MMM yyyy HH:mm:ss Z",
    "EEEE, d. MMMM yyyy HH:mm xxx",
    "EEEE d LLLL yyyy HH:mm:ss 'UTC'",
    "MMMM d, yyyy, h:mm 'PM' 'GMT'",
    "d-MMM-yy HH:mm",
]
SCRAPS = st.one_of(
    st.text(max_size=8),
    st.integers(0, 10**14).map(str),
    st.sampled_from(
        ["January", "enero", "mardi", "mar", "CET", "T", "Z", "am", "p. m."]
    ),
    st.sampled_from(["2026", "٢٠٢٦", "年", "05", "10:00", "+01:00", "-0500", ",", ":"]),
)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        # Months and weekdays of many languages.
        ("Mo, 05 Jan 2026 10:00:00 +0100", "2026-01-05 09:00:00"),
        ("Montag, 5. Jänner 2026 10:00 Uhr", "2026-01-05 10:00:00"),
        ("Di, 03 Mrz 2026 10:00:00 +0100", "2026-03-03 09:00:00"),
        ("3 Maerz 2026", "2026-03-03 00:00:00"),
        ("mar., 06 janv. 2026 10:00:00 +0100", "2026-01-06 09:00:00"),
        ("mardi 1er août 2026 à 10h30", "2026-08-01 10:30:00"),
        ("mar 06 ene 2026 10:00:00 -0500", "2026-01-06 15:00:00"),
        ("5 de enero del 2026, 10:00 p. m.", "2026-01-05 22:00:00"),
        ("Lun, 05 Gen 2026 10:00:00 +0100", "2026-01-05 09:00:00"),
        ("seg, 05 out 2026 10:00:00 -0300", "2026-10-05 13:00:00"),
        ("ma, 02 mrt 2026 10:00:00 +0100", "2026-03-02 09:00:00"),
        ("pon, 05 paź 2026 10:00:00 +0200", "2026-10-05 08:00:00"),
        ("Пн, 05 янв 2026 10:00:00 +0300", "2026-01-05 07:00:00"),
        ("5 МАЯ 2026 года 10:00 MSK", "2026-05-05 07:00:00"),
        ("середа, 07 січня 2026 10:00 +0200", "2026-01-07 08:00:00"),
        ("Paz, 04 Eki 2026 10:00:00 +0300", "2026-10-04 07:00:00"),
        ("5 EKİM 2026", "2026-10-05 00:00:00"),
        ("الاثنين، ٥ يناير ٢٠٢٦ ١٠:٠٠ +0300", "2026-01-05 07:00:00"),  # noqa: RUF001 - digits
        ("\u200fدوشنبه ۵ ژانویه ۲۰۲۶ 10:00", "2026-01-05 10:00:00"),  # noqa: RUF001 - digits
        ("maanantai 2. marraskuuta 2026", "2026-11-02 00:00:00"),
        ("5. června 2026", "2026-06-05 00:00:00"),
        ("5. července 2026", "2026-07-05 00:00:00"),
        # Zones that feedparser takes for UTC, and those that it knows.
        ("Mon, 05 Jan 2026 10:00:00 CET", "2026-01-05 09:00:00"),
        ("Mon, 05 Jan 2026 10:00:00 EET", "2026-01-05 08:00:00"),
        ("Sun, 05 Jul 2026 10:00:00 CEST", "2026-07-05 08:00:00"),
        ("Sun, 05 Jul 2026 10:00:00 EEST", "2026-07-05 07:00:00"),
        ("Mon, 05 Jan 2026 10:00:00 IST", "2026-01-05 04:30:00"),
        ("Mon, 05 Jan 2026 10:00:00 JST", "2026-01-05 01:00:00"),
        ("Mon, 05 Jan 2026 10:00:00 AEST", "2026-01-05 00:00:00"),
        ("Mon, 05 Jan 2026 10:00:00 AEDT", "2026-01-04 23:00:00"),
        ("Sun, 05 Jul 2026 10:00:00 BST", "2026-07-05 09:00:00"),
        ("Mon, 05 Jan 2026 10:00:00 PST", "2026-01-05 18:00:00"),
        ("Mon, 05 Jan 2026 10:00:00 GMT", "2026-01-05 10:00:00"),
        ("Mon, 05 Jan 2026 10:00:00 GMT+1", "2026-01-05 09:00:00"),
        ("Mon, 05 Jan 2026 10:00:00 UTC -05:00", "2026-01-05 15:00:00"),
        ("Mon, 05 Jan 2026 10:00:00 Nowhere", "2026-01-05 10:00:00"),
        ("Mon, 05 Jan 2026 10:00:00 +0100 (CET)", "2026-01-05 09:00:00"),
        ("2026-01-05 10:00:00 CET", "2026-01-05 09:00:00"),
        # What programs print when nobody tells them how.
        ("Mon Jan 05 10:00:00 CET 2026", "2026-01-05 09:00:00"),
        (
            "Mon Jan 05 2026 10:00:00 GMT+0300 (Arabian Standard Time)",
            "2026-01-05 07:00:00",
        ),
        ("Monday, January 5th, 2026 12:05 AM", "2026-01-05 00:05:00"),
        ("January 5, 2026 12:05pm EST", "2026-01-05 17:05:00"),
        ("10:00 5 January 2026", "2026-01-05 10:00:00"),
        ("5-Jan-26 10:00", "2026-01-05 10:00:00"),
        ("5 Jan 99", "1999-01-05 00:00:00"),
        # ISO 8601.
        ("2026-01-05", "2026-01-05 00:00:00"),
        ("2026-01-05T10:00:00Z", "2026-01-05 10:00:00"),
        ("2026-01-05T10:00:00.123456789+05:30", "2026-01-05 04:30:00"),
        ("2026-01-05T10:00-0500", "2026-01-05 15:00:00"),
        (" 2026/01/05\n10:00:00 ", "2026-01-05 10:00:00"),
        ("2026年1月5日 10:00", "2026-01-05 10:00:00"),
        # Seconds and milliseconds since 1970.
        ("1767607200", "2026-01-05 10:00:00"),
        (" 1767607200000 ", "2026-01-05 10:00:00"),
        ("788918400", "1995-01-01 00:00:00"),
        ("4102444799", "2099-12-31 23:59:59"),
    ],
)
def test_a_date_of_a_feed_is_read(text: str, utc: str) -> None:
    found = feed_date(text)

    assert found == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "January 2026",
        "5 January",
        "01/02/2026",
        "25/12/2026",
        "01.02.2026 10:00",
        "01-02-26",
        "20260105",
        "2026-01-05+01:00",
        "2026-13-05",
        "2026-02-30T10:00:00Z",
        "2026-01-05T25:00:00Z",
        "sub, 05 sij 2026 10:00:00 +0100",
        "5 January 2026 at 10",
        "5 January 2026 10:00:00:000",
        "۲۵ مهر ۱۴۰۴",
        "1 January 1970 00:00:00",
        "5 January 2569",
        "5 January 20260",
        "0",
        "788918399",
        "4102444800",
        "9" * 100,
        "5 January " + "9" * 80,
    ],
)
def test_what_is_no_date_or_has_two_readings_is_none(text: str) -> None:
    assert feed_date(text) is None


@pytest.mark.parametrize("language", LANGUAGES.split())
def test_every_month_and_weekday_of_a_language_is_understood(language: str) -> None:
    days = [
        datetime(2026, month, month + 7, 22, 30, tzinfo=UTC) for month in range(1, 13)
    ]
    days += [datetime(2026, 3, day, 22, 30, tzinfo=UTC) for day in range(1, 8)]

    for day, form in itertools.product(days, FORMS):
        text = format_datetime(day, form, locale=language)
        assert feed_date(text) == day, text


def test_only_the_beginning_of_a_text_is_looked_at() -> None:
    text = "5 January 2026".ljust(100) + " 99"

    assert feed_date(text) == datetime(2026, 1, 5, tzinfo=UTC)


@given(st.integers(788_918_400, 4_102_444_799), st.integers(-840, 840))
def test_a_time_with_an_offset_is_the_time_in_utc(seconds: int, minutes: int) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    local = at + timedelta(minutes=minutes)

    found = feed_date(f"{local:%d %B %Y %H:%M:%S} {sign}{hours:02}{rest:02}")

    assert found == at


@given(st.one_of(st.text(), st.lists(SCRAPS, max_size=12).map(" ".join)))
def test_no_text_is_an_error_and_every_date_is_in_utc(text: str) -> None:
    found = feed_date(text)

    assert found is None or (found.tzinfo is UTC and 1995 <= found.year < 2100)
