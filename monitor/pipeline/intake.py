"""Take a parsed document in: what is new is stored, the rest recognised.

All of it happens in the transaction that stores the validators, so that a poll that
dies half-way is simply done again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from monitor.articles.complete import is_page_needed
from monitor.config import FeedConfig
from monitor.feeds import fate, identity, rhythm
from monitor.feeds.fate import Situation
from monitor.feeds.identity import Document, Shown, Sorted
from monitor.feeds.keys import title_hash
from monitor.feeds.parse import plausible
from monitor.models import Entry, EntryState, Feed, Key, Kind, ParsedFeed, Remembered
from monitor.pipeline.context import Context
from monitor.pipeline.notices import notify_operator
from monitor.storage import documents, entries, floods, hosts, settings
from monitor.storage.database import Transaction
from monitor.storage.documents import LastDocument
from monitor.text.urls import host_of, is_web

log = structlog.get_logger()

FULL_EVERY = 20
"""After so many documents that were parsed in part comes one that is parsed whole."""
_NEVER = -1
_CHURNS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a document brought.

    ``found`` counts the entries that were not known, whatever became of them, and
    ``earliest`` is when the first of them was published; ``seen`` counts those that
    were known.
    """

    found: int = 0
    new: int = 0
    changed: int = 0
    held: int = 0
    old: int = 0
    seen: int = 0
    earliest: datetime | None = None
    reissued: int = 0
    churns: int = 0
    by_link: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The new entries as they were stored, with what became of each."""

    ids: dict[str, int] = field(default_factory=dict)
    fates: tuple[EntryState, ...] = ()
    held: int = 0


def to_skip(last: LastDocument) -> frozenset[str]:
    """The spans of the last document that need not be parsed again, if any."""
    if last.changes == _NEVER or last.changes + 1 >= FULL_EVERY:
        return frozenset()
    return frozenset(one.span for one in last.entries)


def take_in(
    tx: Transaction,
    context: Context,
    feed: Feed,
    parsed: ParsedFeed,
    last: LastDocument,
    addresses: tuple[str, ...],
) -> Outcome:
    """Store what a document shows; ``last`` is what its feed showed before."""
    now = context.now()
    by_guid = not _by_link(context, feed, churns=0)
    document = _document(feed, parsed, last, addresses, by_guid=by_guid)
    known = (
        entries.known_entries(tx, feed.id, document.asked) if feed.baseline_at else {}
    )
    found = identity.sort_out(document, known)
    taken = _store_new(tx, context, feed, found, now)
    _store_known(tx, context, feed, found, now)
    _remember(tx, feed, parsed, last, found, document, taken)
    fresh = taken.fates.count(EntryState.WAITING)
    churns = feed.churns + 1 if found.churned else 0
    return Outcome(
        found=len(found.new),
        new=0 if taken.held else fresh,
        changed=len(found.changed),
        held=taken.held,
        old=taken.fates.count(EntryState.OLD),
        seen=len(found.known) + len(parsed.unchanged),
        earliest=min(
            (new.entry.published for new in found.new if new.entry.published),
            default=None,
        ),
        reissued=found.reissued,
        churns=churns,
        by_link=_by_link(context, feed, churns),
    )


def _by_link(context: Context, feed: Feed, churns: int) -> bool:
    """Whether links count instead of guids: as configured, else as the feed showed."""
    config = context.config.feeds.get(feed.name) or FeedConfig(url=feed.url)
    if config.identity:
        return config.identity == "link"
    return feed.identity == "link" or churns >= _CHURNS


def _document(
    feed: Feed,
    parsed: ParsedFeed,
    last: LastDocument,
    addresses: tuple[str, ...],
    *,
    by_guid: bool,
) -> Document:
    spans = parsed.spans or ("",) * len(parsed.entries)
    unchanged = set(parsed.unchanged)
    return identity.read_document(
        list(zip(parsed.entries, spans, strict=True)),
        [one for one in last.entries if one.span in unchanged],
        addresses=(feed.url, parsed.site_url, *addresses),
        by_guid=by_guid,
        moved=feed.readdressed,
    )


def _store_known(
    tx: Transaction, context: Context, feed: Feed, found: Sorted, now: datetime
) -> None:
    for change in found.changed:
        entries.revise_entry(
            tx,
            change.known,
            entry=change.entry,
            text_hash=change.text_hash,
            title_hash=title_hash(change.entry.title),
            published=plausible(change.entry.published, now),
            now=now,
        )
    entries.add_keys(tx, feed.id, found.aliases)
    entries.mark_seen(tx, [entry_id for _, entry_id in found.known], now)
    _wake(tx, context, [change.entry.url for change in found.changed], now)


def _situation(
    tx: Transaction, context: Context, feed: Feed, now: datetime
) -> Situation:
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
        told_before=settings.told_before(tx),
    )


def _store_new(
    tx: Transaction, context: Context, feed: Feed, found: Sorted, now: datetime
) -> Taken:
    at = _situation(tx, context, feed, now)
    fates = tuple(fate.fate(new.entry, at) for new in found.new)
    fresh = fates.count(EntryState.WAITING)
    held = not at.baseline and fate.is_flood(fresh, at)
    flood_id = floods.hold_flood(tx, feed.id, fresh, now) if held else None
    urls = {new.entry.url for new in found.new if _needs_page(new.entry, feed)}
    hosts_of = _page_hosts(tx, context, urls, now)
    # Documents show the newest first; stored oldest first, ids tell the order.
    pairs = list(zip(found.new, fates, strict=True))[::-1]
    ids = entries.add_entries(
        tx,
        [
            entries.Stored(
                feed_id=feed.id,
                entry=new.entry,
                keys=new.keys,
                text_hash=new.text_hash,
                title_hash=title_hash(new.entry.title),
                state=EntryState.HELD if _is_held(state, flood_id) else state,
                published=plausible(new.entry.published, now),
                now=now,
                page_host_id=hosts_of.get(host_of(new.entry.url))
                if new.entry.url in urls
                else None,
                flood_id=flood_id if _is_held(state, flood_id) else None,
            )
            for new, state in pairs
        ],
    )
    waiting = [
        new.entry.url
        for new, state in zip(found.new, fates, strict=True)
        if state is EntryState.WAITING and new.entry.url in urls
    ]
    _wake(tx, context, waiting, now)
    if held:
        _report_flood(tx, context, feed, fresh, now)
    spans = [new.shown.span for new, _ in pairs]
    return Taken(
        ids=dict(zip(spans, ids, strict=True)), fates=fates, held=fresh if held else 0
    )


def _needs_page(entry: Entry, feed: Feed) -> bool:
    return is_page_needed(entry.content, feed.agreements, entry.guid or entry.url)


def _is_held(state: EntryState, flood_id: int | None) -> bool:
    return flood_id is not None and state is EntryState.WAITING


def _page_hosts(
    tx: Transaction, context: Context, urls: Iterable[str], now: datetime
) -> dict[str, int]:
    """The hosts to ask for the pages of entries; none where pages are not wanted."""
    if context.config.articles.full_text == "never":
        return {}
    names = {host_of(url) for url in urls if is_web(url)}
    # In one order everywhere, so that two nodes do not lock each other out.
    return {name: hosts.ensure_host(tx, name, now) for name in sorted(names)}


def _wake(
    tx: Transaction, context: Context, urls: Iterable[str], now: datetime
) -> None:
    """Let the hosts of pages that are to be read come due."""
    for host_id in _page_hosts(tx, context, urls, now).values():
        hosts.bring_forward(tx, host_id, now)


def _remember(
    tx: Transaction,
    feed: Feed,
    parsed: ParsedFeed,
    last: LastDocument,
    found: Sorted,
    document: Document,
    taken: Taken,
) -> None:
    """Keep what the next document need not be parsed for; check what was kept."""
    if last.changes == _NEVER:
        return
    unchanged = set(parsed.unchanged)
    if not last.entries and not parsed.spans:
        return
    if not unchanged and not _agree(found, last):
        log.warning("feed.gate-closed", reason="a whole parse saw other entries")
        documents.remember_document(tx, feed.id, changes=_NEVER, entries=())
        return
    safe = document.distinct and (parsed.spans or unchanged)
    documents.remember_document(
        tx,
        feed.id,
        changes=last.changes + 1 if unchanged else 0,
        entries=[
            *(one for one in last.entries if one.span in unchanged),
            *(_remembered(one, entry_id) for one, entry_id in found.known),
            *(_remembered(n.shown, taken.ids[n.shown.span]) for n in found.new),
        ]
        if safe
        else (),
    )


def _remembered(one: Shown, entry_id: int) -> Remembered:
    return Remembered(span=one.span, entry_id=entry_id, keys=one.keys)


def _agree(found: Sorted, last: LastDocument) -> bool:
    """Whether what was not parsed lately still reads as it did."""
    before = {one.span: (one.entry_id, _telling(one.keys)) for one in last.entries}
    return all(
        before.get(one.span, now) == now
        for one, now in (
            (one, (entry_id, _telling(one.keys))) for one, entry_id in found.known
        )
    )


def _telling(keys: tuple[Key, ...]) -> tuple[Key, ...]:
    return tuple(key for key in keys if key.kind in (Kind.GUID, Kind.TEXT))


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
