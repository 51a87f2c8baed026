"""Decide what becomes of new entries: read, only remembered, or held. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.feeds.parse import plausible
from monitor.models import Entry, EntryState


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What decides the fate of new entries, besides the entries themselves.

    ``first_run`` is how far back the first poll may alert; None keeps it silent.
    ``expected`` is how many new entries rate and downtime explain. What was published
    before ``told_before`` was told already, by a database that a backup replaced.
    """

    now: datetime
    baseline: bool
    last_good_at: datetime | None
    first_run: timedelta | None
    max_age: timedelta
    flood_limit: int
    expected: float
    told_before: datetime | None = None


def fate(entry: Entry, at: Situation) -> EntryState:
    """Whether a new entry is to be read, or only remembered, and why."""
    published = plausible(entry.published, at.now)
    if at.baseline:
        recent = (
            at.first_run is not None
            and published is not None
            and published >= at.now - at.first_run
        )
        return EntryState.WAITING if recent else EntryState.BASELINE
    if _was_told(published, at):
        return EntryState.BASELINE
    if published and at.last_good_at and published < at.last_good_at - at.max_age:
        return EntryState.OLD
    return EntryState.WAITING


def _was_told(published: datetime | None, at: Situation) -> bool:
    """Whether an entry came before the time up to which all was told.

    One without a date is judged by the first document after that time.
    """
    if at.told_before is None:
        return False
    first = at.last_good_at is None or at.last_good_at < at.told_before
    return first if published is None else published < at.told_before and first


def is_flood(fresh: int, at: Situation) -> bool:
    """Whether so many new entries in one poll need a person's look first."""
    return fresh > at.flood_limit and fresh > 3 * at.expected
