"""Read the dates of feeds that feedparser does not read, or reads wrongly. Pure.

dateparser, which trafilatura brings along, takes milliseconds where this takes
microseconds, and guesses where a date has two readings: such a date is none here.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

_MAX_LENGTH = 100
_EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)  # before that there were no feeds
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS_FROM = 100_000_000_000  # as seconds it would be the year 5138

# How the names of the months begin: in the languages of the west and Turkish, in Polish,
# Czech and Finnish, in Russian and Ukrainian, in Arabic and Persian.
_BEGINNINGS = (
    "jan jän gen ene ian oca  sty led tam  янв січ  ينا جان ژان",
    "feb fév fev şub  lut úno hel  фев лют  فبر فيف شبا فور",
    "mar mär mae mrt mrz maa  bře  мар бер  مار آذا",
    "apr abr avr nis  kwi dub huh  апр кві  أبر أفر نيس آور",
    "mai maj may mag mei  kvě tou  май мая тра  ماي أيا مه",
    "jun juin giu iun haz  cze červen červn čvn kes  июн чер  يون جوان حزي ژوئن",
    "jul juil lug iul tem  lip červene červenc čvc hei  июл лип  يول جوي تمو ژوئی",
    "aug aou ago ağu  sie srp elo  авг серп  أغس غشت أوت آب اوت",
    "sep set eyl  wrz zář syy  сен вер  سبتم شتن أيل سپت",
    "okt oct ott out eki  paź říj lok  окт жов  أكت اکت",
    "nov noi kas  lis marr  ноя лис  نوف نون نوا",
    "dez dec déc dic des ara  gru pro jou  дек груд  ديس دجن دسا",
)
# feedparser takes a zone that it does not know for UTC. Hours ahead of it; a name with
# several meanings has the one of RFC 822, else that of most feeds.
_ZONES = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 1, "bst": 1,
    "cet": 1, "cest": 2, "met": 1, "mest": 2, "mez": 1, "mesz": 2, "wat": 1,
    "eet": 2, "eest": 3, "cat": 2, "sast": 2, "msk": 3, "trt": 3, "eat": 3,
    "irst": 3.5, "gst": 4, "pkt": 5, "ist": 5.5, "npt": 5.75, "wib": 7,
    "hkt": 8, "sgt": 8, "pht": 8, "awst": 8, "jst": 9, "kst": 9,
    "acst": 9.5, "acdt": 10.5, "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13,
    "brt": -3, "art": -3, "nst": -3.5, "ndt": -2.5, "ast": -4, "adt": -3,
    "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6,
    "pst": -8, "pdt": -7, "akst": -9, "akdt": -8, "hst": -10,
}  # fmt: skip
_COMMENT = re.compile(r"\([^()]*\)")  # RFC 5322, section 3.2.2
_WEEKDAY = re.compile(r"\A[^\d,،]*[,،]")
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d+")
_TIME = re.compile(
    rf"""(?<![\d:+-]) (?P<hour>\d\d?) [:h] (?P<minute>\d\d)
    (?: : (?P<second>\d\d) (?:[.,]\d+)? )? (?!\d)
    (?: \s? (?P<half>[ap]) \W{{0,2}} m\b \.? )?
    (?: \s? (?:gmt|utc)? \s? (?P<sign>[+-]) (?P<hours>\d\d?) :? (?P<minutes>\d\d)? (?!\d)
      | \s? (?P<zone>{"|".join(_ZONES)}) \b )?""",
    re.VERBOSE,
)


def feed_date(text: str) -> datetime | None:
    """The time that a feed states, in UTC; None where it is not clear.

    Months in some twenty languages, ISO 8601 and RFC 822 with the usual mistakes, and
    seconds or milliseconds since 1970. Without a zone, or with one that nobody knows,
    the time is taken for UTC.
    """
    folded = _folded(text[:_MAX_LENGTH])[:_MAX_LENGTH]  # some signs unfold into words
    plain = " ".join(_COMMENT.sub(" ", folded).split())
    try:
        found = _counted(int(plain)) if plain.isdecimal() else _written(plain)
    except (ValueError, OverflowError):
        return None
    return found if _EARLIEST <= found < _LATEST else None


def _folded(text: str) -> str:
    """In lower case, without accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


_MONTHS = {
    _folded(beginning): month
    for month, beginnings in enumerate(_BEGINNINGS, 1)
    for beginning in beginnings.split()
}
_LONGEST = max(map(len, _MONTHS))


def _counted(number: int) -> datetime:
    if number >= _MILLISECONDS_FROM:
        return _EPOCH + timedelta(milliseconds=number)
    return _EPOCH + timedelta(seconds=number)


def _written(text: str) -> datetime:
    time = _TIME.search(text)
    if time is None:
        return datetime(*_day(text), tzinfo=UTC)
    day = _day(f"{text[: time.start()]} {text[time.end() :]}")
    return datetime(*day, *_clock(time), tzinfo=UTC) - _ahead(time)


def _day(text: str) -> tuple[int, int, int]:
    """Year, month and day; no number may be left over."""
    text = _WEEKDAY.sub("", text)
    numbers = _NUMBER.findall(text)
    months = [m for word in _WORD.findall(text) if (m := _month(word))]
    if months:
        day, year = sorted(numbers, key=len)  # "5 May 2026", "May 5, 2026", "5 May 26"
        return _full(int(year)), months[-1], int(day)  # the first may be a weekday
    year, month, day = numbers
    if len(year) != 4:
        raise ValueError(f"{text} has several readings")
    return int(year), int(month), int(day)


def _month(word: str) -> int | None:
    beginnings = (word[:length] for length in range(_LONGEST, 1, -1))
    return next((_MONTHS[b] for b in beginnings if b in _MONTHS), None)


def _full(year: int) -> int:
    if year >= 100:
        return year
    return year + (1900 if year >= 95 else 2000)


def _clock(time: re.Match[str]) -> tuple[int, int, int]:
    hour = int(time["hour"])
    if time["half"]:
        hour = hour % 12 + (12 if time["half"] == "p" else 0)
    return hour, int(time["minute"]), int(time["second"] or 0)


def _ahead(time: re.Match[str]) -> timedelta:
    """How far the time is ahead of UTC."""
    if time["sign"]:
        hours, minutes = int(time["hours"]), int(time["minutes"] or 0)
        ahead = timedelta(hours=hours, minutes=minutes)
        return -ahead if time["sign"] == "-" else ahead
    return timedelta(hours=_ZONES.get(time["zone"], 0))


def certificate_end(certificate: Mapping[str, object]) -> datetime:
    """When a certificate ends, of the fields that Python's ssl shows of it."""
    end = datetime.strptime(str(certificate["notAfter"]), "%b %d %H:%M:%S %Y GMT")  # noqa: DTZ007 - it is UTC always
    return end.replace(tzinfo=UTC)
