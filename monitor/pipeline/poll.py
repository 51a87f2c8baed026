"""The poll stage: a feed is asked, its document sorted, the outcome committed.

Validators are stored in the same transaction as the entries they stand for. If
anything fails in between, the next poll is not a 304 that would lose news.
"""

import hashlib
import random
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from structlog.contextvars import bound_contextvars

from monitor.config import FeedConfig
from monitor.errors import (
    FeedError,
    FetchError,
    HostResting,
    MonitorError,
    WorkerError,
    WorkerTimeout,
)
from monitor.feeds import identity, rhythm
from monitor.feeds.fetch import BadStatus, fetch
from monitor.feeds.identity import Situation, Sorted
from monitor.feeds.parse import parse, plausible
from monitor.feeds.rhythm import Floors, Pace
from monitor.models import EntryState, Feed, Fetched, ParsedFeed, Pulse
from monitor.pipeline.context import Context, Host
from monitor.pipeline.notices import notify_operator
from monitor.storage import entries, feeds, floods, hosts
from monitor.storage.database import Transaction
from monitor.storage.hosts import HostClaim
from monitor.text.urls import host_of, is_web
from monitor.workers import DEADLINE_SECONDS

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one poll did, for the log."""

    new: int = 0
    changed: int = 0
    held: int = 0
    old: int = 0


async def poll(context: Context, claim: HostClaim, host: Host, feed: Feed) -> None:
    """Poll one feed and commit what came of it."""
    with bound_contextvars(feed=feed.name):
        try:
            await _poll(context, claim, host, feed)
        except HostResting:
            log.debug("feed.postponed")  # it stays due, and its host's row waits
        except (FetchError, FeedError, WorkerError) as error:
            await _failed(context, claim, host, feed, error)


async def _poll(context: Context, claim: HostClaim, host: Host, feed: Feed) -> None:
    config = _config(context, feed)
    async with host.turn():
        fetched = await fetch(
            context.client, feed, config.headers, context.config.fetch.max_body
        )
    digest = hashlib.sha256(fetched.body).hexdigest()
    if fetched.status == 304 or digest == feed.body_hash:
        await context.database.call(_unchanged, context, claim, feed, fetched)
        log.debug("feed.unchanged", status=fetched.status)
        return
    parsed = await context.workers.run(
        parse, fetched.body, fetched.content_type, fetched.url
    )
    if isinstance(parsed, str):
        raise FeedError(parsed)
    outcome = await context.database.call(
        _commit_poll, context, claim, feed, fetched, digest, parsed
    )
    if outcome is None:
        log.warning("feed.lease-lost")
        return
    log.info(
        "feed.polled",
        entries=len(parsed.entries),
        new=outcome.new,
        changed=outcome.changed,
    )
    if outcome.held:
        log.warning("feed.flood-held", entries=outcome.held)


def _config(context: Context, feed: Feed) -> FeedConfig:
    """What is configured; another node may know a feed that this one does not yet."""
    return context.config.feeds.get(feed.name) or FeedConfig(url=feed.url)


def _next_poll_at(
    context: Context,
    feed: Feed,
    now: datetime,
    failures: int = 0,
    *,
    floors: Floors,
    pulse: Pulse | None,
) -> datetime:
    wait = rhythm.interval(
        pulse,
        now,
        pace=Pace(context.config.fetch.pace),
        every=_config(context, feed).every,
    )
    return rhythm.next_poll_at(
        now=now,
        wait=wait,
        failures=failures,
        floors=floors,
        jitter=random.uniform(-1, 1),  # noqa: S311 - spreads polls, guards nothing
    )


def _unchanged(
    tx: Transaction, context: Context, claim: HostClaim, feed: Feed, fetched: Fetched
) -> None:
    if not hosts.holds(tx, claim):
        return
    now = context.now()
    # A 304 may leave a validator out, which keeps it (RFC 9111, section 4.3.4); a
    # 200 replaces both, even with an unchanged body.
    kept = (feed.etag, feed.last_modified) if fetched.status == 304 else (None, None)
    # So does the time for which it is fresh.
    fresh_for = fetched.fresh_for or (feed.fresh_for if fetched.status == 304 else None)
    floors = Floors(fresh_for=fresh_for, ttl=feed.ttl)
    pulse = rhythm.beat(feed.pulse, 0, now) if feed.pulse else None
    feeds.record_unchanged(
        tx,
        feed,
        at=now,
        status=fetched.status,
        validators=(fetched.etag or kept[0], fetched.last_modified or kept[1]),
        pulse=pulse,
        fresh_for=floors.fresh_for,
        next_poll_at=_next_poll_at(context, feed, now, floors=floors, pulse=pulse),
    )


def _commit_poll(
    tx: Transaction,
    context: Context,
    claim: HostClaim,
    feed: Feed,
    fetched: Fetched,
    body_hash: str,
    parsed: ParsedFeed,
) -> Outcome | None:
    """Store a document: its entries, the feed's state, its validators. All or nothing."""
    if not hosts.holds(tx, claim):
        return None
    now = context.now()
    keys = identity.asked(parsed.entries)
    known = {
        identity.Key(identity.Kind(kind), hash_): entry
        for (kind, hash_), entry in entries.known_entries(tx, feed.id, keys).items()
    }
    found = identity.sort_out(parsed.entries, known)
    outcome = _store_new(tx, context, feed, found, now)
    for change in found.changed:
        entries.revise_entry(
            tx,
            change.known,
            entry=change.entry,
            text_hash=change.text_hash,
            published=plausible(change.entry.published, now),
            now=now,
        )
    entries.mark_seen(tx, found.seen, now)
    dates = [entry.published for entry in parsed.entries]
    pulse = (
        rhythm.beat(feed.pulse, len(found.new), now)
        if feed.pulse
        else rhythm.seed(dates, now)
    )
    floors = Floors(fresh_for=fetched.fresh_for, ttl=parsed.ttl)
    feeds.record_good_poll(
        tx,
        feed,
        feeds.GoodPoll(
            at=now,
            status=fetched.status,
            etag=fetched.etag,
            last_modified=fetched.last_modified,
            body_hash=body_hash,
            next_poll_at=_next_poll_at(context, feed, now, floors=floors, pulse=pulse),
            pulse=pulse,
            fresh_for=fetched.fresh_for,
            ttl=parsed.ttl,
            title=parsed.title,
            language=parsed.language,
            entries=len(parsed.entries),
            old=outcome.old,
        ),
    )
    if outcome.held:
        _report_flood(tx, context, feed, outcome.held, now)
    return outcome


def _situation(context: Context, feed: Feed, now: datetime) -> Situation:
    articles = context.config.articles
    elapsed = now - feed.last_good_at if feed.last_good_at else timedelta(0)
    return Situation(
        now=now,
        baseline=feed.baseline_at is None,
        last_good_at=feed.last_good_at,
        first_run=articles.first_run,
        max_age=articles.max_age,
        flood_limit=articles.flood_limit,
        expected=rhythm.expected(feed.pulse, elapsed),
    )


def _store_new(
    tx: Transaction, context: Context, feed: Feed, found: Sorted, now: datetime
) -> Outcome:
    at = _situation(context, feed, now)
    fates = [identity.fate(new.entry, at) for new in found.new]
    fresh = fates.count(EntryState.WAITING)
    held = not at.baseline and identity.is_flood(fresh, at)
    flood_id = floods.hold_flood(tx, feed.id, fresh, now) if held else None
    # Documents show the newest first; stored oldest first, ids tell the order.
    for new, fate in reversed(list(zip(found.new, fates, strict=True))):
        caught = held and fate is EntryState.WAITING
        entries.add_entry(
            tx,
            entries.Stored(
                feed_id=feed.id,
                entry=new.entry,
                keys=new.keys,
                text_hash=new.text_hash,
                state=EntryState.HELD if caught else fate,
                published=plausible(new.entry.published, now),
                now=now,
                page_host_id=_page_host(tx, context, new.entry.url, now),
                flood_id=flood_id if caught else None,
            ),
        )
    _wake_page_hosts(tx, found, fates, context, now)
    return Outcome(
        new=0 if held else fresh,
        changed=len(found.changed),
        held=fresh if held else 0,
        old=fates.count(EntryState.OLD),
    )


def _page_host(
    tx: Transaction, context: Context, url: str, now: datetime
) -> int | None:
    """The host to ask for an entry's page; None where pages are not wanted."""
    if context.config.articles.full_text == "never" or not is_web(url):
        return None
    return hosts.ensure_host(tx, host_of(url), now)


def _wake_page_hosts(
    tx: Transaction,
    found: Sorted,
    fates: list[EntryState],
    context: Context,
    now: datetime,
) -> None:
    urls = {
        host_of(new.entry.url): new.entry.url
        for new, fate in zip(found.new, fates, strict=True)
        if fate is EntryState.WAITING
    }
    urls |= {host_of(change.entry.url): change.entry.url for change in found.changed}
    # In one order everywhere, so that two nodes do not lock each other out.
    for _, url in sorted(urls.items()):
        if host_id := _page_host(tx, context, url, now):
            hosts.bring_forward(tx, host_id, now)


def _report_flood(
    tx: Transaction, context: Context, feed: Feed, held: int, now: datetime
) -> None:
    text = (
        f'{held} new entries of feed "{feed.name}" are held\n\n'
        f'Feed "{feed.name}" showed {held} new entries at once, more than its rate and '
        "the time since its last poll explain. None of them was sent.\n\n"
        "See them:       monitor floods list\n"
        "Let them in:    monitor floods release ID\n"
        "Forget them:    monitor floods drop ID"
    )
    notify_operator(
        tx, context, key=f"flood:{feed.name}:{now:%Y-%m-%dT%H:%M:%S}", text=text
    )


async def _failed(
    context: Context,
    claim: HostClaim,
    host: Host,
    feed: Feed,
    error: MonitorError,
) -> None:
    retry_after = error.retry_after if isinstance(error, BadStatus) else None
    status = error.status if isinstance(error, BadStatus) else None
    if retry_after:
        host.rest(min(retry_after, rhythm.MAX_WAIT))
    reason = _reason(error)
    at = await context.database.call(
        _commit_failure, context, claim, feed, reason, status, retry_after
    )
    log.warning("feed.failed", reason=reason, next_poll_at=str(at)[:19])


def _reason(error: MonitorError) -> str:
    """What the operator reads; a traceback of a worker is only its last line."""
    if isinstance(error, WorkerTimeout):
        return f"the document took longer than {DEADLINE_SECONDS:g} s to read"
    if isinstance(error, WorkerError):
        last = str(error).strip().rpartition("\n")[2]
        return f"the document could not be read: {last}"
    return str(error)


def _commit_failure(
    tx: Transaction,
    context: Context,
    claim: HostClaim,
    feed: Feed,
    reason: str,
    status: int | None,
    retry_after: timedelta | None,
) -> datetime:
    now = context.now()
    floors = Floors(retry_after=retry_after, fresh_for=feed.fresh_for, ttl=feed.ttl)
    failures = feed.failures + 1
    at = _next_poll_at(context, feed, now, failures, floors=floors, pulse=feed.pulse)
    if hosts.holds(tx, claim):
        feeds.record_failure(
            tx, feed, at=now, error=reason, status=status, next_poll_at=at
        )
    return at
