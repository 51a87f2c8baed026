"""The values that pass from stage to stage.

    poll    Feed     -> Fetched -> [Entry]
    read    Entry    -> Article -> [Match]
    digest  [Match]  -> Digest  -> [Part]
    send    Part     -> channel

All are frozen. Times are aware UTC datetimes, durations timedeltas.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that is never shown: not in logs, errors, reprs or exports."""

    value: str = field(repr=False)

    def __str__(self) -> str:
        return "***"

    def reveal(self) -> str:
        """Hand out the secret, at the one place that sends it."""
        return self.value


# --- feeds -----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed as the database knows it when it is claimed for a poll.

    ``baseline_at`` is the time of its first good poll: None means that the next
    one is silent. ``rate`` counts expected entries a day.
    """

    id: int
    name: str
    url: str
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    baseline_at: datetime | None = None
    last_good_at: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None
    rate: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """One HTTP answer, redirects followed.

    ``body`` is empty when the server said 304 Not Modified. ``url`` is the one
    that answered, after redirects.
    """

    status: int
    url: str
    body: bytes = field(repr=False, default=b"")
    content_type: str = ""
    etag: str | None = None
    last_modified: str | None = None
    retry_after: timedelta | None = None
    elapsed: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry as a feed document shows it; texts are plain, cut to length.

    ``content`` is the feed's own full text, "" if it has none.
    """

    guid: str = ""
    url: str = ""
    title: str = ""
    summary: str = ""
    content: str = ""
    published: datetime | None = None
    author: str = ""
    tags: tuple[str, ...] = ()
    source_url: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A feed document; ``recovered`` says that it was ill-formed but readable."""

    title: str = ""
    language: str = ""
    version: str = ""
    recovered: bool = False
    entries: tuple[Entry, ...] = ()


class EntryState(StrEnum):
    """What became of an entry."""

    BASELINE = "baseline"  # seen at the silent first run
    OLD = "old"  # published long before the feed's last good poll
    HELD = "held"  # part of a flood that waits for the operator
    DROPPED = "dropped"  # part of a flood that the operator dropped
    WAITING = "waiting"  # to be read
    READ = "read"
    SET_ASIDE = "set-aside"  # the process died five times on it alone


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEntry:
    """What is stored of an entry that was seen before."""

    entry_id: int
    revision: int
    text_hash: str
    state: EntryState


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingEntry:
    """An entry that was claimed to be read, with the text of its latest revision.

    ``tries`` counts the page fetches so far that gave no page.
    """

    id: int
    feed_id: int
    feed: str
    feed_title: str
    revision: int
    first_seen: datetime
    tries: int
    token: str
    entry: Entry


# --- articles and matches ----------------------------------------------------


class PageState(StrEnum):
    """Where the text of an article came from, or why the page gave none."""

    OK = "ok"
    FEED = "feed"  # the feed's own content; the page was not asked for
    SUMMARY = "summary"  # there is no page, or pages are switched off
    NOT_HTML = "not_html"
    ERROR_PAGE = "error_page"
    SHORT = "short"
    TIMEOUT = "timeout"  # the extractor was killed
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What the extractor got out of a web page.

    ``body`` holds the lines that are the article, ``aside`` those that stand
    beside it (share buttons, sources, "Post Comment").
    """

    state: PageState
    body: str = ""
    aside: str = ""
    canonical_url: str = ""
    origin: str = ""
    language: str = ""


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


# --- digests -----------------------------------------------------------------


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
    this very rule.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryMember:
    """One article of a story, matching or not, for "also in"."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleMatch:
    """The hits of one rule in one article, as shown to people."""

    rule: str
    article: str
    weak: bool
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestStory:
    """One story in a digest.

    ``marks`` are the spans of ``excerpt`` and ``title_marks`` those of ``title``
    that the rules hit.
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
    matches: tuple[ArticleMatch, ...]
    articles: tuple[StoryMember, ...]


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
class Coverage:
    """What was watched, so that silence can be told from failure."""

    feeds: int = 0
    read: int = 0
    failing: tuple[FailingFeed, ...] = ()
    held: tuple[HeldFlood, ...] = ()
    summary_only: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLine:
    """A rule as the digest names it."""

    name: str
    title: str
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What one subscriber receives at one time.

    ``slot`` is the scheduled time in the subscriber's zone; None for instant
    digests, notices and tests. ``subject``, ``text`` and ``html`` are rendered
    from the rest. ``stories`` holds all, ``shown`` those that mail and chat carry.
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
    notice: str = ""
    subject: str = ""
    text: str = ""
    html: str = ""


# --- deliveries --------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a digest goes, and the identity that every retry carries."""

    address: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The frozen bytes of one message to one target.

    ``id`` is the same on every retry; with it the far side can recognise a repeat.
    """

    id: str
    target: str
    payload: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the far side said when it took a part."""

    text: str
    code: int | None = None
    remote_id: str | None = None


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    SENDING = "sending"
    IN_DOUBT = "in_doubt"
    SENT = "sent"
    DEAD = "dead"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A delivery that was claimed to be sent."""

    id: int
    channel: str
    subscriber: str
    kind: str
    attempts: int
    created_at: datetime
    token: str
    part: Part
    thread: str | None = None
