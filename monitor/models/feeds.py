"""What passes between a feed and the entries that wait to be read."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """How a feed publishes, as known ``at`` a time.

    ``rate`` counts entries a day, ``fresh`` recent ones (they fade within hours),
    ``hours`` weighs the 24 hours of the day in UTC, 1 on average.
    """

    at: datetime
    rate: float
    fresh: float = 0.0
    hours: tuple[float, ...]


class Trouble(StrEnum):
    """What kind of failure keeps a feed from being read."""

    NONE = ""
    FAILING = "failing"
    BLOCKED = "blocked"  # by a bot protection
    NOT_A_FEED = "not-a-feed"
    GONE = "gone"  # HTTP 410


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """Where a feed was led for good, since when, and how many polls in a row saw it."""

    url: str
    since: datetime
    sightings: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Skips:
    """When a publisher asks not to be polled: hours and weekdays (0 is Monday), UTC."""

    hours: tuple[int, ...] = ()
    days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed as the database knows it when it is claimed for a poll.

    ``url`` is the one that is asked: the configured one, unless the feed ``moved``;
    ``due_at`` is when that was to be.
    ``baseline_at`` is the time of its first good poll: None means that the next
    one is silent. ``fresh_for``, ``ttl`` and ``skips`` are what its last answer asked
    for. ``agreements`` counts the pages in a row that said no more than the feed.
    ``variant`` names the headers that its validators belong to; ``full_at`` is
    the time of its last whole answer; ``gone_at`` that of the first 410 in a row.
    """

    id: int
    name: str
    url: str
    due_at: datetime | None = None
    moved: bool = False
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    variant: str = ""
    full_at: datetime | None = None
    distrusted: bool = False
    baseline_at: datetime | None = None
    last_polled_at: datetime | None = None
    last_good_at: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None
    gone_at: datetime | None = None
    redirect: Redirect | None = None
    pulse: Pulse | None = None
    fresh_for: timedelta | None = None
    ttl: timedelta | None = None
    skips: Skips = field(default_factory=Skips)
    identity: str = ""
    churns: int = 0
    agreements: int = 0
    told: str = ""

    @property
    def readdressed(self) -> bool:
        """Whether it was read before, and has another address since."""
        return self.body_hash is None and self.last_good_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLine:
    """A feed as people see it. ``rate`` is in entries a day.

    ``moved_url`` is asked instead of ``url``; ``redirect_url`` may become that.
    """

    name: str
    url: str
    title: str = ""
    last_polled_at: datetime | None = None
    last_good_at: datetime | None = None
    last_new_at: datetime | None = None
    next_poll_at: datetime | None = None
    failing_since: datetime | None = None
    failures: int = 0
    trouble: Trouble = Trouble.NONE
    error: str = ""
    gone_at: datetime | None = None
    entries: int = 0
    old_ignored: int = 0
    rate: float | None = None
    moved_url: str = ""
    redirect_url: str = ""
    by_link: bool = False
    held: int = 0
    gap_at: datetime | None = None
    gap_entries: int = 0
    paused_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """One HTTP answer, redirects followed.

    ``body`` is empty when the server said 304 Not Modified. ``url`` is the one
    that answered, after redirects; ``permanent`` if all of these were. ``challenged``
    says that a bot protection answered.
    """

    status: int
    url: str = field(repr=False)
    body: bytes = field(repr=False, default=b"")
    content_type: str = ""
    etag: str | None = None
    last_modified: str | None = None
    date: str = ""
    retry_after: timedelta | None = None
    fresh_for: timedelta | None = None
    permanent: bool = False
    challenged: bool = False
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
    """A feed document.

    ``recovered`` says that it was ill-formed but readable, ``expired`` that it will
    never be updated again. ``spans`` holds the hash of the bytes of each entry, or nothing where these do not
    show; ``unchanged`` those of the entries that were not parsed again.
    """

    title: str = ""
    language: str = ""
    version: str = ""
    site_url: str = ""
    recovered: bool = False
    expired: bool = False
    ttl: timedelta | None = None
    skips: Skips = field(default_factory=Skips)
    entries: tuple[Entry, ...] = ()
    spans: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()


class EntryState(StrEnum):
    """What became of an entry."""

    BASELINE = "baseline"  # seen at the silent first run
    OLD = "old"  # published long before the feed's last good poll
    HELD = "held"  # part of a flood that waits for the operator
    DROPPED = "dropped"  # part of a flood that the operator dropped
    WAITING = "waiting"  # to be read
    READ = "read"
    SET_ASIDE = "set-aside"  # the process died five times on it alone


class Kind(StrEnum):
    """What a key of an entry was made of, the most telling first."""

    GUID = "guid"
    PATH = "path"  # the guid without scheme and host
    ANCHOR = "anchor"  # the link with its fragment, if it has one
    LINK = "link"
    NUMBER = "number"  # what looks like the article's number in the link
    TEXT = "text"  # title and text
    BODY = "body"  # the text alone
    TITLE = "title"  # the title and the date
    NTH = "nth"  # all of it, and which of several that are alike
    TWIN = "twin"  # marks a guid or link that stands for several entries


class Key(NamedTuple):
    """One way to recognise an entry within its feed."""

    kind: Kind
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEntry:
    """What is stored of an entry that was seen before."""

    entry_id: int
    revision: int
    text_hash: str
    state: EntryState
    title_hash: str = ""
    published: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """An entry of the last document: where it stood, and its keys."""

    span: str
    entry_id: int
    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingEntry:
    """An entry that was claimed to be read, with the text of its latest revision.

    ``tries`` counts the page fetches so far that gave no page. ``recheck`` numbers the
    readings after it was told, 0 for what was not; ``missing`` says that its page was
    not there at the last of them.
    """

    id: int
    feed_id: int
    feed: str
    feed_title: str
    revision: int
    first_seen: datetime
    tries: int
    recheck: int = 0
    missing: bool = False
    token: str
    entry: Entry
