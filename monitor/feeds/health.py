"""Say in words how a feed is doing, and what to do about it. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.models import FeedLine, Trouble
from monitor.text.urls import redacted

_GONE_AFTER = timedelta(hours=24)
_GAP_SHOWN = timedelta(days=2)
_TELL_AFTER = timedelta(hours=6)
_TELL_INTERVALS = 5


class State(StrEnum):
    """How a feed is doing."""

    OK = "ok"
    UNREAD = "not read yet"
    PAUSED = "paused"
    QUIET = "quiet"
    GAP = "possible gap"
    HELD = "held"
    MOVED = "moved"
    FAILING = "failing"
    BLOCKED = "blocked by bot protection"
    NOT_A_FEED = "not a feed"
    GONE = "gone"

    @property
    def is_bad(self) -> bool:
        """Whether nothing is read from such a feed."""
        return self in _BAD


_BAD = (State.FAILING, State.BLOCKED, State.NOT_A_FEED, State.GONE)
_TROUBLES = {
    Trouble.BLOCKED: State.BLOCKED,
    Trouble.NOT_A_FEED: State.NOT_A_FEED,
}
_ADVICE = {
    State.OK: "",
    State.UNREAD: "it is read at the next run",
    State.PAUSED: "monitor feeds resume NAME polls it again",
    State.QUIET: "look at its site: does it still publish here?",
    State.GAP: "it publishes more than its document holds: set every = to poll it "
    "more often",
    State.HELD: "monitor floods list shows what was held, and how to let it in",
    State.MOVED: "write the new address into the configuration",
    State.FAILING: "nothing, if it comes back; else look for its new address with "
    "monitor feeds add SITE",
    State.BLOCKED: "its site wants a browser: ask the publisher to let feed readers "
    "in, or look for another feed",
    State.NOT_A_FEED: "find the feed's new address with monitor feeds add SITE",
    State.GONE: "remove it from the configuration; it is asked once a week until then",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The state of a feed, since when, the facts behind it and the way out."""

    state: State
    since: datetime | None = None
    facts: str = ""

    @property
    def advice(self) -> str:
        """What a person may do; "" if there is nothing to do."""
        return _ADVICE[self.state]


def judge(line: FeedLine, now: datetime, quiet_after: timedelta | None) -> Health:
    """How a feed is doing; the worst that is true of it."""
    return (
        _unpolled(line)
        or _trouble(line)
        or _watched(line, now, quiet_after)
        or Health(state=State.OK, since=line.last_good_at)
    )


def is_gone(first: datetime | None, now: datetime) -> bool:
    """Whether a 410 is confirmed: a second one came a day after the ``first``."""
    return first is not None and now - first >= _GONE_AFTER


def is_worth_telling(health: Health, now: datetime, interval: timedelta) -> bool:
    """Whether the operator should hear of a bad state: it lasted for some polls."""
    if not health.state.is_bad:
        return health.state is State.QUIET
    if health.state is State.GONE:
        return True
    lasted = now - health.since if health.since else timedelta(0)
    return lasted >= max(_TELL_AFTER, _TELL_INTERVALS * interval)


def _unpolled(line: FeedLine) -> Health | None:
    if line.paused_at:
        return Health(state=State.PAUSED, since=line.paused_at)
    if not line.last_polled_at:
        return Health(state=State.UNREAD)
    return None


def _trouble(line: FeedLine) -> Health | None:
    if not line.failures:
        return None
    state = _TROUBLES.get(line.trouble, State.FAILING)
    if line.trouble is Trouble.GONE and _is_confirmed(line):
        state = State.GONE
    return Health(state=state, since=line.failing_since, facts=line.error)


def _watched(
    line: FeedLine, now: datetime, quiet_after: timedelta | None
) -> Health | None:
    if line.held:
        return Health(state=State.HELD, facts=f"{line.held} entries wait for you")
    if line.gap_at and now - line.gap_at < _GAP_SHOWN:
        facts = f"{line.gap_entries} entries at once, none of them known"
        return Health(state=State.GAP, since=line.gap_at, facts=facts)
    if quiet_after and line.last_new_at and now - line.last_new_at >= quiet_after:
        return Health(state=State.QUIET, since=line.last_new_at)
    if line.moved_url:
        return Health(state=State.MOVED, facts=f"to {redacted(line.moved_url)}")
    return None


def _is_confirmed(line: FeedLine) -> bool:
    return line.last_polled_at is not None and is_gone(
        line.gone_at, line.last_polled_at
    )
