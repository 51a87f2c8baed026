"""What an entry becomes: an article, and the rules it meets."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PageState(StrEnum):
    """Where the text of an article came from, or why the page gave none."""

    OK = "ok"
    FEED = "feed"  # the feed's own content; the page was not asked for
    SUMMARY = "summary"  # there is no page, or pages are switched off
    NOT_HTML = "not_html"
    ERROR_PAGE = "error_page"
    SHORT = "short"
    PAYWALL = "paywall"
    CONSENT = "consent"  # a page that asks about cookies stands before the article
    JS_SHELL = "js_shell"  # the text comes by JavaScript only
    TRUNCATED = "truncated"  # the page was so long that its end was not read
    WRONG_PAGE = "wrong_page"  # it does not say what the feed says
    TIMEOUT = "timeout"  # the extractor was killed
    WALL = "wall"  # the same text as on other pages of the feed
    SKIMMED = "skimmed"  # no word of it is looked for: its text was not taken
    WITHDRAWN = "withdrawn"  # it was told, and is gone since
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who is claimed to have written a text first.

    The site, what says so, and from 0 to 1 how far that can be trusted.
    """

    site: str = ""
    evidence: str = ""
    confidence: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What the extractor got out of a web page.

    ``body`` holds the lines that are the article, ``aside`` those that stand
    beside it (share buttons, sources, "Post Comment"). ``heading`` is its headline.
    """

    state: PageState
    body: str = ""
    aside: str = ""
    heading: str = ""
    canonical_url: str = ""
    origin: Origin = Origin()
    language: str = ""
    published: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One reading of one revision of an entry: immutable, so that offsets stay true."""

    title: str
    summary: str
    body: str
    aside: str
    language: str
    state: PageState
    url: str
    final_url: str = ""
    canonical_url: str = ""
    origin: str = ""
    origin_evidence: str = ""
    origin_confidence: float = 0.0
    heading: str = ""
    published: datetime | None = None
    feed: str = ""
    source: str = ""
    author: str = ""
    tags: tuple[str, ...] = ()


class Via(StrEnum):
    """By which way a form met a rule's term."""

    EXACT = "exact"
    INFLECTION = "inflection"
    COMPOUND = "compound"
    ALIAS = "alias"
    CLITIC = "clitic"
    WILDCARD = "wildcard"
    REGEX = "regex"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """Where a rule's term stands; offsets are code points in the stored field."""

    term: str
    field: str
    start: int
    end: int
    form: str
    via: Via


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A rule met an article. ``weak``: only in lines beside the main text."""

    rule: str
    rule_hash: str
    score: float
    weak: bool
    hits: tuple[Hit, ...]
