"""Shape values for the templates: times, marks, links, plurals. Pure.

Everything that comes from a feed is hostile. A filter that makes markup cleans and
escapes first and adds its tags last; what is already :class:`Markup` is trusted.
"""

import re
import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, format_timedelta
from markupsafe import Markup, escape

from monitor.digests import speech
from monitor.digests.speech import locale, say
from monitor.models import Digest
from monitor.text.urls import is_web, redacted, site_of
from monitor.text.words import clean

WIDTH = 76
LONGEST_URL = 2_000
LATE = timedelta(hours=3)

Span = tuple[int, int]

_RTL_LANGUAGES = frozenset(
    [
        "ar",
        "arc",
        "ckb",
        "dv",
        "fa",
        "he",
        "iw",
        "nqo",
        "ps",
        "sd",
        "syr",
        "ug",
        "ur",
        "yi",
    ]
)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,3}")
_MAILTO = re.compile(r"mailto:[^@\s]+@[^@\s]+", re.IGNORECASE)
_NO_WIDTH = re.compile("[\u00ad\u061c\u200b-\u200f\u2060-\u2064\ufeff]")
# RFC 3986 has no place for these; letters of other scripts stay readable.
_NOT_IN_URL = re.compile(r"[^\w!#$%&'()*+,/:;=?@\[\].~-]")

_TIE = "\u00a0"
_LOOSE = re.compile(rf"[^\S{_TIE}]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """How one digest tells times: in one zone, counted from one moment.

    The moment is the slot, not the sending: a digest that waited in the outbox still
    says what was true. One that is hours late tells no relative times at all.
    """

    zone: ZoneInfo
    reference: datetime
    relative: bool

    def date(self, moment: datetime, pattern: str) -> str:
        """A time by a CLDR pattern such as "EEEE d MMMM"."""
        return format_datetime(self._local(moment), pattern, locale=locale())

    def time(self, moment: datetime) -> str:
        """The clock alone for today, with the day before it for other days."""
        local = self._local(moment)
        today = self._local(self.reference)
        days = (today.date() - local.date()).days
        if days == 0:
            return self.date(moment, "HH:mm")
        if 0 < days < 7:
            return self.date(moment, "EEEE HH:mm")
        year = "" if local.year == today.year else " y"
        return self.date(moment, f"d MMM{year} HH:mm")

    def ago(self, moment: datetime) -> str:
        """How long before the reference; "" when that would be no help."""
        passed = self.reference - moment
        if not self.relative or passed < timedelta(0):
            return ""
        if passed < timedelta(minutes=1):
            return say("just now")
        return format_timedelta(
            -passed, "minute", threshold=1, add_direction=True, locale=locale()
        )

    def _local(self, moment: datetime) -> datetime:
        try:
            return moment.astimezone(self.zone)
        except OverflowError:  # feeds do say "0001-01-01", which has no day before
            return moment


def calendar(digest: Digest) -> Calendar:
    """The calendar of a digest; decided once, when it is rendered."""
    reference = digest.slot or digest.now
    return Calendar(
        zone=ZoneInfo(digest.timezone),
        reference=reference,
        relative=digest.now - reference <= LATE,
    )


# --- texts ---


def truncate_words(text: str, limit: int) -> str:
    """At most ``limit`` words, with an ellipsis where some were cut."""
    words = text.split()
    return " ".join(words[:limit]) + (" …" if len(words) > limit else "")


def domain(url: str) -> str:
    """The site of a URL, as people name it."""
    return site_of(url)


def pieces(text: str, marks: Sequence[Span], limit: int) -> Iterator[tuple[str, bool]]:
    """Cut a text at its marks; whatever the marks are, the text comes out once."""
    text = text.replace(" …", f"{_TIE}…")
    at = 0
    for start, end in sorted(marks):
        start, end = max(start, at), min(end, limit, len(text))
        if start < end:
            yield clean(text[at:start]), False
            yield clean(text[start:end]), True
            at = end
    yield clean(text[at:limit]) + ("…" if len(text) > limit else ""), False


def highlight_html(text: str, marks: Sequence[Span] = (), limit: int = 300) -> Markup:
    """Escape a text and mark its spans; "" if nothing visible is in it."""
    if not clean(text).strip():
        return Markup()
    mark = Markup('<span class="mk">{}</span>')
    return Markup().join(
        mark.format(piece) if marked else escape(piece)
        for piece, marked in pieces(text, marks, limit)
    )


def highlight_text(text: str, marks: Sequence[Span] = (), limit: int = 300) -> str:
    """Put stars around the spans; no line is broken inside of them."""
    if not clean(text).strip():
        return ""
    return "".join(
        f"*{_TIE.join(piece.split())}*" if marked and piece.strip() else piece
        for piece, marked in pieces(text, marks, limit)
    )


def wrap(text: str, first: str = "", rest: str | None = None) -> str:
    """Fill lines of 76 columns; ``first`` and ``rest`` stand before them."""
    text = _LOOSE.sub(" ", text).strip()
    filled = textwrap.fill(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=" " * len(first) if rest is None else rest,
        break_on_hyphens=False,
    )
    return filled.replace(_TIE, " ")


# --- links and directions ---


def safe_url(url: str) -> str:
    """A URL that may stand behind a link; "" for every scheme but web and mail."""
    url = _NOT_IN_URL.sub(lambda found: quote(found[0]), clean(url).strip())
    if len(url) > LONGEST_URL or not (is_web(url) or _MAILTO.fullmatch(url)):
        return ""
    return redacted(url)


def link(text: str, url: str) -> Markup:
    """The text as a link, or the text alone where the URL is not safe."""
    target = safe_url(url)
    return Markup('<a href="{}">{}</a>').format(target, text) if target else _safe(text)


def language_tag(language: str) -> str:
    """A language tag fit for ``lang``, or "" if it is none."""
    return language if _LANGUAGE.fullmatch(language) else ""


def direction(text: str, language: str = "") -> str:
    """The direction of a block: that of its language, or of most of its letters."""
    if language.partition("-")[0].lower() in _RTL_LANGUAGES:
        return "rtl"
    found = [unicodedata.bidirectional(char) for char in text[:400]]
    right = sum(kind in ("R", "AL") for kind in found)
    return "rtl" if right > found.count("L") else "ltr"


def bidi(text: str, language: str = "") -> Markup:
    """Keep a text from disturbing a line that runs the other way.

    A span, not ``<bdi>``: Gmail and Outlook do not know that.
    """
    own = direction(text, language)
    if own == speech.direction() or not text:
        return _safe(text)
    tag = language_tag(language)
    lang = Markup(' lang="{}"').format(tag) if tag else ""
    span = Markup('<span class="up" dir="{}"{}>{}</span>')
    return span.format(own, lang, _safe(text))


def _safe(text: str) -> Markup:
    return text if isinstance(text, Markup) else escape(clean(text))


def finalize_html(value: object) -> object:
    """What no expression of a template can avoid: control characters go."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return clean(value)
    return value


def finalize_text(value: object) -> object:
    """The text part also goes without characters of no width (E02)."""
    return _NO_WIDTH.sub("", clean(value)) if isinstance(value, str) else value
