"""The poll stage: a feed is asked, its document sorted, the outcome committed.

Validators are stored in the same transaction as the entries they stand for. If
anything fails in between, the next poll is not a 304 that would lose news.
"""

import hashlib
import hmac
import random
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from structlog.contextvars import bound_contextvars

from monitor import metrics
from monitor.config import FeedConfig
from monitor.errors import (
    FeedError,
    FeedGone,
    FetchError,
    FetchRefused,
    FetchUnreachable,
    HostResting,
    MonitorError,
    WorkerError,
    WorkerTimeout,
)
from monitor.feeds import command, redirects, rhythm
from monitor.feeds.fetch import BadStatus, Manner, fetch, trouble
from monitor.feeds.health import is_gone
from monitor.feeds.parse import parse
from monitor.feeds.rhythm import Failing, Floors, Pace
from monitor.models import Feed, Fetched, ParsedFeed, Pulse, Secret, Skips, Trouble
from monitor.pipeline.context import Context, Host
from monitor.pipeline.intake import Outcome, take_in, to_skip
from monitor.pipeline.watch import report_move, report_outage, report_reissue, watch
from monitor.storage import feeds, hosts, polls
from monitor.storage.database import Transaction
from monitor.storage.documents import LastDocument, last_document
from monitor.storage.hosts import HostClaim
from monitor.storage.polls import Answer, Contents
from monitor.text.urls import host_of
from monitor.text.words import one_line
from monitor.workers import DEADLINE_SECONDS

log = structlog.get_logger()

_REISSUED, _GAP = 5, 5
_STALE = _HOST_REST = timedelta(hours=1)
_LONGEST_REASON = 300


async def poll(context: Context, claim: HostClaim, host: Host, feed: Feed) -> None:
    """Poll one feed and commit what came of it."""
    with bound_contextvars(feed=feed.name):
        outcome = "failed"
        try:
            with metrics.poll_seconds.time():
                outcome = await _poll(context, claim, host, feed)
        except HostResting:
            outcome = "postponed"  # it stays due, and its host's row waits
        except (FetchError, FeedError, WorkerError) as error:
            await _failed(context, claim, host, feed, error)
        metrics.polls.labels(outcome).inc()


async def _poll(context: Context, claim: HostClaim, host: Host, feed: Feed) -> str:
    asked = _as_asked(context, feed)
    async with host.turn():
        fetched = await _fetch(context, asked)
    if not _config(context, feed).command:
        await _reached(context, claim)
    digest = hashlib.sha256(fetched.body).hexdigest()
    if fetched.status == 304 or digest == feed.body_hash:
        await context.database.call_lightly(_unchanged, context, claim, asked, fetched)
        log.debug("feed.unchanged", status=fetched.status)
        return "unchanged"
    last = await context.database.call_lightly(last_document, feed.id)
    parsed = await context.workers.run(
        parse, fetched.body, fetched.content_type, fetched.url, to_skip(last)
    )
    if isinstance(parsed, str):
        raise FeedError(parsed)
    if parsed.expired:
        raise FeedGone("the document says that it is gone for good")
    outcome = await context.database.call_lightly(
        _commit_poll, context, claim, asked, fetched, digest, parsed, last
    )
    if outcome is None:
        log.warning("feed.lease-lost")
        return "lease-lost"
    log.info(
        "feed.polled",
        parsed=len(parsed.entries),
        unchanged=len(parsed.unchanged),
        new=outcome.new,
        changed=outcome.changed,
    )
    if outcome.held:
        log.warning("feed.flood-held", entries=outcome.held)
    if outcome.by_link and feed.identity != "link":
        log.warning("feed.guids-worthless", reason="new ones at every poll")
    return "changed"


def _config(context: Context, feed: Feed) -> FeedConfig:
    """What is configured; another node may know a feed that this one does not yet."""
    return context.config.feeds.get(feed.name) or FeedConfig(url=feed.url)


def _as_asked(context: Context, feed: Feed) -> Feed:
    """The feed with those of its validators that may go out now.

    They belong to what else went with the request. A server that has long said "not
    modified" is asked for all of it now and then, and always once that was not true.
    """
    variant = _variant(context, feed, _manner(_config(context, feed), feed))
    whole = feed.distrusted or rhythm.wants_whole(feed.full_at, context.now())
    if whole or (feed.variant and feed.variant != variant):
        return replace(feed, etag=None, last_modified=None, variant=variant)
    return feed if feed.variant == variant else replace(feed, variant=variant)


def _manner(config: FeedConfig, feed: Feed) -> Manner:
    """How to ask; a feed that moved to another host takes no secrets there."""
    manner = config.manner
    if feed.moved and host_of(feed.url) != host_of(config.url):
        return replace(manner, headers={}, user="", password=Secret(""))
    return manner


def _variant(context: Context, feed: Feed, manner: Manner) -> str:
    """A name for what goes out with a request; it does not give secrets away."""
    where = feed.url if feed.moved else ""
    if manner == Manner() and not where:
        return "plain"
    private = sorted(manner.private.items())
    parts = (where, *private, manner.user_agent, manner.verify)
    key = context.key.reveal().encode()
    return hmac.new(key, repr(parts).encode(), "sha256").hexdigest()[:16]


async def _fetch(context: Context, feed: Feed) -> Fetched:
    config, limits = _config(context, feed), context.config.fetch
    if not config.command:
        manner = _manner(config, feed)
        return await fetch(context.client, feed, manner, limits.max_body)
    folder = context.config.path.parent
    return await command.run(
        config.command, folder, deadline=limits.timeout, max_bytes=limits.max_body
    )


async def _reached(context: Context, claim: HostClaim) -> None:
    now = context.now()
    if since := context.outage.saw(claim.name, now, reached=True):
        await context.database.call(report_outage, context, since, now)


def _interval(
    context: Context, feed: Feed, pulse: Pulse | None, now: datetime
) -> timedelta:
    pace, every = Pace(context.config.fetch.pace), _config(context, feed).every
    return rhythm.interval(pulse, now, pace=pace, every=every)


def _jitter() -> float:
    return random.uniform(-1, 1)  # noqa: S311 - spreads polls, guards nothing


def _answer(
    tx: Transaction,
    context: Context,
    feed: Feed,
    fetched: Fetched,
    *,
    pulse: Pulse | None,
    ttl: timedelta | None,
    skips: Skips,
    hurry: bool = False,
) -> None:
    """Store what every good answer leaves, and follow where it led."""
    now = context.now()
    # A 304 may leave a validator out, which keeps it (RFC 9111, section 4.3.4); a
    # 200 replaces both, even with an unchanged body. So does the time for which it
    # is fresh.
    kept = feed if fetched.status == 304 else None
    fresh_for = fetched.fresh_for or (kept.fresh_for if kept else None)
    wait = _interval(context, feed, pulse, now)
    at = rhythm.next_poll_at(
        now=now,
        wait=wait / 2 if hurry else wait,
        jitter=_jitter(),
        floors=Floors(fresh_for=fresh_for, ttl=ttl),
        first=feed.last_good_at is None,
    )
    course = redirects.course(feed, fetched, now)
    answer = Answer(
        at=now,
        status=fetched.status,
        etag=fetched.etag or (kept.etag if kept else None),
        last_modified=fetched.last_modified or (kept.last_modified if kept else None),
        variant=feed.variant,
        pulse=pulse,
        fresh_for=fresh_for,
        next_poll_at=rhythm.after_skips(at, skips, pulse),
        redirect=course.redirect,
    )
    polls.record_answer(tx, feed, answer)
    if course.adopt:
        _move(tx, context, feed, fetched.url, answer.next_poll_at)
    if feed.told or feed.failures or _config(context, feed).quiet_after:
        watch(tx, context, feed, wait, now)


def _move(
    tx: Transaction, context: Context, feed: Feed, url: str, due_at: datetime
) -> None:
    owner = polls.owner_of(tx, url, feed)
    if url == polls.configured_url(tx, feed):
        polls.move_feed(tx, feed, None, now=context.now(), due_at=due_at)
        return
    if owner:
        feeds.pause_feed(tx, feed.name, context.now())
    else:
        polls.move_feed(tx, feed, url, now=context.now(), due_at=due_at)
    report_move(tx, context, feed, url, owner)


def _unchanged(
    tx: Transaction, context: Context, claim: HostClaim, feed: Feed, fetched: Fetched
) -> None:
    if not hosts.holds(tx, claim):
        return
    pulse = rhythm.beat(feed.pulse, 0, context.now()) if feed.pulse else None
    _answer(tx, context, feed, fetched, pulse=pulse, ttl=feed.ttl, skips=feed.skips)


def _commit_poll(
    tx: Transaction,
    context: Context,
    claim: HostClaim,
    feed: Feed,
    fetched: Fetched,
    body_hash: str,
    parsed: ParsedFeed,
    last: LastDocument,
) -> Outcome | None:
    """Store a document: its entries, the feed's state, its validators. All or nothing."""
    if not hosts.holds(tx, claim):
        return None
    now = context.now()
    outcome = take_in(tx, context, feed, parsed, last, (fetched.url,))
    pulse = (
        rhythm.beat(feed.pulse, outcome.found, now)
        if feed.pulse
        else rhythm.seed([entry.published for entry in parsed.entries], now)
    )
    gap = _is_gap(feed, outcome)
    contents = Contents(
        body_hash=body_hash,
        ttl=parsed.ttl,
        skips=parsed.skips,
        title=parsed.title,
        language=parsed.language,
        entries=outcome.found + outcome.seen,
        new=outcome.found,
        old=outcome.old,
        gap=gap,
        identity="link" if outcome.by_link else "",
        churns=outcome.churns,
        distrusted=feed.distrusted or _was_stale(feed, outcome, now),
    )
    polls.record_contents(tx, feed, contents, now)
    _answer(
        tx,
        context,
        feed,
        fetched,
        pulse=pulse,
        ttl=parsed.ttl,
        skips=parsed.skips,
        hurry=gap,
    )
    if outcome.reissued >= _REISSUED:
        report_reissue(tx, context, feed, outcome.reissued, now)
    return outcome


def _is_gap(feed: Feed, outcome: Outcome) -> bool:
    """Whether nothing of the last document is left, so that some was perhaps missed."""
    fresh = outcome.found >= _GAP and not outcome.seen
    return fresh and feed.baseline_at is not None and not feed.readdressed


def _was_stale(feed: Feed, outcome: Outcome, now: datetime) -> bool:
    """Whether the server said "not modified" though it had newer entries."""
    forced = rhythm.wants_whole(feed.full_at, now)
    earliest, polled = outcome.earliest, feed.last_polled_at
    return bool(forced and earliest and polled and earliest < polled - _STALE)


async def _failed(
    context: Context,
    claim: HostClaim,
    host: Host,
    feed: Feed,
    error: MonitorError,
) -> None:
    status = error.status if isinstance(error, BadStatus) else None
    retry_after = error.retry_after if isinstance(error, BadStatus) else None
    if retry_after:
        host.rest(min(retry_after, rhythm.MAX_WAIT))
    elif status == 429:
        host.rest(_HOST_REST)
    if began := _count(context, claim, feed, error):
        await context.database.call_lightly(polls.forgive, began)
    at = await context.database.call_lightly(
        _commit_failure, context, claim, feed, error, retry_after
    )
    log.warning("feed.failed", reason=_reason(error), next_poll_at=str(at)[:19])


def _count(
    context: Context, claim: HostClaim, feed: Feed, error: MonitorError
) -> datetime | None:
    """Let the watch over the network know of a failure; since when it is away.

    That is said once, when it is noticed.
    """
    known = context.outage.since
    untried = isinstance(error, FetchRefused) or _config(context, feed).command
    if isinstance(error, FetchError) and not untried:
        reached = not isinstance(error, FetchUnreachable)
        context.outage.saw(claim.name, context.now(), reached=reached)
    return None if known else context.outage.since


def _reason(error: MonitorError) -> str:
    """What the operator reads: one line, whatever the far side put into it."""
    return one_line(_words(error), _LONGEST_REASON)


def _words(error: MonitorError) -> str:
    """An error's own words; of a worker's traceback only the last line."""
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
    error: MonitorError,
    retry_after: timedelta | None,
) -> datetime:
    now = context.now()
    kind = trouble(error)
    status = error.status if isinstance(error, BadStatus) else None
    offline = isinstance(error, FetchUnreachable) and context.outage.since is not None
    wait = _interval(context, feed, feed.pulse, now)
    failures = feed.failures + (not offline)
    failing = Failing(
        count=failures,
        lasting=now - feed.failing_since if feed.failing_since else timedelta(0),
        throttled=status == 429 and retry_after is None,
        gone=kind is Trouble.GONE and is_gone(feed.gone_at, now),
    )
    floors = Floors(retry_after=retry_after, fresh_for=feed.fresh_for, ttl=feed.ttl)
    at = rhythm.next_poll_at(
        now=now,
        wait=wait,
        jitter=_jitter(),
        floors=floors,
        failing=None if offline else failing,
    )
    if not hosts.holds(tx, claim):
        return at
    polls.record_failure(
        tx,
        feed,
        at=now,
        error=_reason(error),
        trouble=kind,
        status=status,
        counted=not offline,
        next_poll_at=at,
    )
    if redirects.rolls_back(feed, failures):
        polls.move_feed(tx, feed, None, now=now, due_at=at)
    if not offline:
        watch(tx, context, feed, wait, now)
    return at
