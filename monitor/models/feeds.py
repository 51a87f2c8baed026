"""What passes between a feed and the entries that wait to be read."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed as the database knows it when it is claimed for a poll.

    ``baseline_at`` is the time of its first good poll: None means that the next
    one is silent. ``fresh_for`` and ``ttl`` are what its last answer asked for.
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
    pulse: Pulse | None = None
    fresh_for: timedelta | None = None
    ttl: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """One HTTP answer, redirects followed.

    ``body`` is empty when the server said 304 Not Modified. ``url`` is the one
    that answered, after redirects.
    """

    status: int
    url: str = field(repr=False)
    body: bytes = field(repr=False, default=b"")
    content_type: str = ""
    etag: str | None = None
    last_modified: str | None = None
    retry_after: timedelta | None = None
    fresh_for: timedelta | None = None
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
    ttl: timedelta | None = None
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
