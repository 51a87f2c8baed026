"""What a subscriber receives."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from monitor.models.articles import Article, Hit, Match


class Cause(StrEnum):
    """Why a story that was told comes again."""

    REVISION = "revision"
    NEW_SENTENCES = "new-sentences"
    FIGURE = "figure"
    FURTHER_REPORT = "further-report"
    CORRECTION = "correction"


@dataclass(frozen=True, slots=True, kw_only=True)
class DueMatch:
    """A match that a subscriber was not told yet, with its article.

    ``unit`` names what is told once: a story, a group of copies or an entry.
    ``told`` counts how often the unit was told to the subscriber before;
    ``entry_told`` says that the entry was among it, ``pair_told`` that it was for
    this very rule. ``news`` is what the article says that its copies do not, ``note``
    what was remarkable about reading it.
    """

    match_id: int
    match: Match
    article_id: int
    entry_id: int
    entry_revision: int
    article: Article
    guid: str
    first_seen: datetime
    matched_at: datetime
    unit: str
    unit_id: str
    group_id: int
    copy_of: int | None
    told: int
    told_at: datetime | None
    entry_told: bool
    pair_told: bool
    news: Cause | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryMember:
    """One article of a story, matching or not, for "also in".

    ``rules`` are those that it met, ``origin`` is the site that it credits.
    """

    article_id: int
    url: str
    title: str
    source: str
    feed: str
    guid: str
    published: datetime | None
    first_seen: datetime
    copy_of: str | None = None
    group_id: int = 0
    origin: str = ""
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleMatch:
    """The hits of one rule in one article, as shown to people; ``source`` published it."""

    rule: str
    article: str
    weak: bool
    hits: tuple[Hit, ...]
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestStory:
    """One story in a digest.

    ``marks`` are the spans of ``excerpt`` and ``title_marks`` those of ``title``
    that the rules hit. ``developing`` says that several outlets tell it and one has just
    joined; ``correction`` says what its publisher took back, if anything. ``articles`` are
    two hundred at most; of the ``more_articles`` besides, ``more_copies`` are copies of
    this one, and ``more_sources`` have none among those that are carried.
    """

    id: str
    status: str
    cause: Cause | None
    title: str
    url: str
    source: str
    origin: str
    language: str
    published: datetime | None
    first_seen: datetime
    excerpt: str
    marks: tuple[tuple[int, int], ...] = ()
    title_marks: tuple[tuple[int, int], ...] = ()
    priority: str
    rules: tuple[str, ...]
    voices: int
    summary_only: bool = False
    developing: bool = False
    correction: str = ""
    matches: tuple[ArticleMatch, ...]
    articles: tuple[StoryMember, ...]
    more_articles: int = 0
    more_copies: int = 0
    more_sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingFeed:
    feed: str
    since: datetime
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldFlood:
    feed: str
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PossibleGap:
    """A poll that found nothing it knew: up to so many entries, some perhaps missed."""

    feed: str
    at: datetime
    up_to: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What was watched, so that silence can be told from failure.

    ``down`` is from when to when nothing was watched, if that was so.
    """

    feeds: int = 0
    read: int = 0
    failing: tuple[FailingFeed, ...] = ()
    gaps: tuple[PossibleGap, ...] = ()
    held: tuple[HeldFlood, ...] = ()
    summary_only: int = 0
    down: tuple[datetime, datetime] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A story that was told at once; ``message`` is the digest that told it."""

    rules: tuple[str, ...]
    message: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLine:
    """A rule as the digest names it."""

    name: str
    title: str
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """A story in plain words, as chat channels show it.

    ``label`` says what is special about it, ``byline`` who tells it, ``also`` who else,
    ``why`` which words met which rule. ``at`` is when it was published or first seen;
    ``excerpt`` is in pieces, those that met a rule marked. ``url`` is safe, or "".
    """

    label: str
    title: str
    url: str
    byline: str
    at: datetime
    excerpt: tuple[tuple[str, bool], ...]
    also: str
    why: str
    urgent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """The look of an installation: its name, colours of links, fonts, width in pixels."""

    name: str = "monitor"
    accent: str = "#0b6158"
    accent_dark: str = "#7ccabf"
    font: str = (
        '-apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Noto Sans", '
        '"Helvetica Neue", Arial, sans-serif'
    )
    headings: str = (
        'Charter, "Iowan Old Style", Georgia, "Noto Serif", "Times New Roman", serif'
    )
    width: int = 640


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What one subscriber receives at one time.

    ``slot`` is the scheduled time in the subscriber's zone; None for instant
    digests, notices and tests. ``subject``, ``text``, ``html`` and ``briefs`` are
    rendered from the rest. ``base_url`` is where our own pages are, "" if nowhere;
    ``language`` that of our own words. ``stories`` holds all, ``shown`` those that mail
    and chat carry. ``monthly_thread``: mail programs show the digests of a month as one.
    """

    id: str
    kind: str
    subscriber: str
    name: str
    timezone: str
    slot: datetime | None
    window: tuple[datetime, datetime] | None
    now: datetime
    rules: tuple[RuleLine, ...] = ()
    stories: tuple[DigestStory, ...] = ()
    shown: int = 0
    coverage: Coverage = field(default_factory=Coverage)
    schedule: str = ""
    language: str = "en"
    base_url: str = ""
    theme: Theme = field(default_factory=Theme)
    monthly_thread: bool = False
    notice: str = ""
    subject: str = ""
    text: str = ""
    html: str = ""
    briefs: tuple[Brief, ...] = ()
