"""The digest stage: what a subscriber was not told yet becomes a digest.

Claim the subscriber with what is due, render outside any transaction, then store
digest, tellings and deliveries in one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from monitor import metrics
from monitor.config import SubscriberConfig
from monitor.digests import bursts, slots
from monitor.digests.compose import (
    WEAK_EVERY,
    Choice,
    Item,
    Occasion,
    RuleTerms,
    choose,
    story,
)
from monitor.digests.gather import Gathered, gather
from monitor.digests.render import render, render_own
from monitor.digests.voices import Outlets, is_spread, texts
from monitor.errors import WorkerError
from monitor.models import Coverage, Digest, DueMatch, RuleLine
from monitor.pipeline.context import Context, new_token
from monitor.pipeline.freeze import Parts, identity, parts_of, store
from monitor.pipeline.notices import notify_operator
from monitor.storage import digests, people, rechecks, settled, subscribers
from monitor.storage.coverage import coverage
from monitor.storage.database import Transaction
from monitor.storage.digests import Telling

log = structlog.get_logger()

LEASE = timedelta(minutes=5)
UNITS = {"stories": "story", "copies": "group", "nothing": "entry"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A subscriber that this node has, and what it is to be told now."""

    name: str
    token: str
    kind: str
    slot: datetime | None
    slot_id: str
    window: tuple[datetime, datetime] | None
    choice: Choice
    gathered: dict[str, Gathered]
    coverage: Coverage
    flooding: frozenset[str] = frozenset()
    gone: frozenset[tuple[str, str]] = frozenset()


async def make_digests(context: Context) -> int:
    """Make every digest that is due; how many that were."""
    context.hot.take()
    return await _make_all(context, context.config.subscribers, scheduled=True)


async def make_urgent_digests(context: Context) -> int:
    """Make the digests whose slot has come, and those of rules that were met just now.

    Looking at all subscribers takes a second for every thousand. What this leaves out
    (what waited, what another node found) is for :func:`make_digests`.
    """
    hot = context.hot.take()
    slots_due = await context.database.call(subscribers.due_slots, context.now())
    subscribed = context.config.subscribers.items()
    made_now = await _make_all(
        context, [n for n, one in subscribed if hot & set(one.rules)], scheduled=False
    )
    known = [name for name in slots_due if name in context.config.subscribers]
    return made_now + await _make_all(context, known, scheduled=True)


async def _make_all(context: Context, names: Iterable[str], *, scheduled: bool) -> int:
    count = 0
    for name in names:
        for by_slot in (False, True) if scheduled else (False,):
            count += await _make(context, name, scheduled=by_slot)
    return count


async def _make(context: Context, name: str, *, scheduled: bool) -> int:
    claimed = await context.database.call(
        claim_digest, context, name, scheduled=scheduled
    )
    if claimed is None:
        return 0
    digest = await made(context, claimed)
    parts = parts_of(context, digest, claimed.gone) if digest else []
    stored = await context.database.call(
        _commit_digest, context, claimed, digest, parts
    )
    if stored and digest:
        metrics.digests.labels(digest.kind).inc()
        log.info(
            "digest.made",
            subscriber=name,
            kind=digest.kind,
            stories=len(digest.stories),
            deliveries=len(parts),
        )
    return int(stored)


def unit_of(context: Context) -> str:
    """What is told once: "story", "group" or "entry"."""
    return UNITS[context.config.articles.merge]


def schedule_of(config: SubscriberConfig) -> slots.Schedule:
    """The checked schedule of a subscriber."""
    return slots.parse(config.digest)


def zone_of(context: Context, config: SubscriberConfig) -> ZoneInfo:
    """The zone of a subscriber, else the service's."""
    return ZoneInfo(config.timezone or context.config.service.timezone)


def claim_digest(
    tx: Transaction,
    context: Context,
    name: str,
    *,
    scheduled: bool,
    whatever: bool = False,
) -> Claimed | None:
    """Take a subscriber if there is something to do for it now.

    ``scheduled`` asks for its slot, else for what is told at once. With ``whatever``
    (preview) everything untold counts, whether or not its time has come.
    """
    config = context.config.subscribers[name]
    schedule = schedule_of(config)
    state = subscribers.subscriber_state(tx, name)
    now = context.now()
    everything = context.options.flush or whatever
    if state.paused_until and state.paused_until > now and not whatever:
        return None
    slot = None
    if scheduled and state.next_slot_at and state.next_slot_at <= now:
        zone = zone_of(context, config)
        slot = slots.due_slot(schedule, zone, state.next_slot_at, now)
    if not _is_time(schedule, slot, scheduled=scheduled, everything=everything):
        return None
    token = new_token()
    if not subscribers.claim_subscriber(tx, name, token=token, now=now, lease=LEASE):
        return None
    alerts = digests.recent_alerts(tx, name, now - bursts.HOUR)
    occasion = Occasion(
        now=now,
        instant=not scheduled,
        has_slots=bool(schedule.crons),
        everything=everything,
        last_weak_at=digests.last_weak_at(tx, name, now - WEAK_EVERY),
        cooldown=config.cooldown,
        quiet=_is_quiet(config, now.astimezone(zone_of(context, config))),
        urgent_passes=config.quiet is None or config.quiet.except_ == "urgent",
        collecting=bursts.collecting(alerts, now),
    )
    unit = unit_of(context)
    due = digests.due_matches(tx, name, unit)
    settled.note_settled(tx, name, due)
    terms = _terms(context, config)
    outlets = outlets_of(context)
    spreading = _spreading(tx, context, due, outlets)
    choice = choose(due, terms, occasion, spreading=spreading)
    if slot is None and not choice.items and not choice.settled and not whatever:
        subscribers.release_subscriber(tx, name, token)
        return None
    instant = schedule.instant and slot is None
    kind = "instant" if instant else "digest"
    first = min((d.match_id for i in choice.items for d in i.due), default=0)
    start = state.told_until or subscribers.since(tx, name) or now
    end = slot or now
    return Claimed(
        name=name,
        token=token,
        kind=kind,
        slot=slot,
        slot_id=slots.slot_id(schedule, slot) if slot else f"{kind}:{first}",
        window=None if instant else (min(start, end), end),
        choice=choice,
        gathered={item.unit: _gathered(tx, item, outlets) for item in choice.items},
        coverage=coverage(tx, start),
        flooding=bursts.flooding(alerts, now),
        gone=people.unsubscribed(tx, name),
    )


def _spreading(
    tx: Transaction, context: Context, due: Iterable[DueMatch], outlets: Outlets
) -> set[tuple[str, str]]:
    """The units, each with the rule, that enough outlets tell within its time."""
    found = set()
    for unit, name in {(match.unit, match.match.rule) for match in due}:
        if when := context.config.rules[name].urgent_when:
            said = texts(digests.members(tx, unit, name), outlets)
            if is_spread(said, count=when.outlets, within=when.within):
                found.add((unit, name))
    return found


def _gathered(tx: Transaction, item: Item, outlets: Outlets) -> Gathered:
    """The articles of what is told, each with the rules that it met."""
    found = gather(digests.members(tx, item.unit), item.lead, outlets)
    rules = digests.rules_met(tx, [one.article_id for one in found.articles])
    articles = (replace(m, rules=rules.get(m.article_id, ())) for m in found.articles)
    return replace(found, articles=tuple(articles))


def _is_quiet(config: SubscriberConfig, local: datetime) -> bool:
    quiet = config.quiet
    return quiet is not None and slots.is_quiet(local.time(), quiet.from_, quiet.to)


def _is_time(
    schedule: slots.Schedule,
    slot: datetime | None,
    *,
    scheduled: bool,
    everything: bool,
) -> bool:
    if scheduled:
        return slot is not None
    return schedule.instant or everything


def _terms(context: Context, config: SubscriberConfig) -> list[RuleTerms]:
    rules = [(name, context.config.rules[name]) for name in config.rules]
    return [
        RuleTerms(name=name, priority=rule.priority, on_update=rule.on_update)
        for name, rule in rules
    ]


def outlets_of(context: Context) -> dict[str, str]:
    """The outlets of feeds, where the configuration names them."""
    feeds = context.config.feeds.items()
    return {name: feed.outlet for name, feed in feeds if feed.outlet}


async def made(context: Context, claimed: Claimed) -> Digest | None:
    """The rendered digest, by one's own templates if there are; None for nothing to say.

    Templates that fail cost nobody a digest: ours stand in, and it is said.
    """
    digest = compose(context, claimed)
    own = context.config.service.templates_dir
    if digest is None or not own:
        return digest
    try:
        return await context.workers.run(render_own, digest, Path(own))
    except WorkerError as error:
        reason = str(error).strip().rpartition("\n")[2] or type(error).__name__
        log.warning("template.failed", folder=own, reason=reason)
        await context.database.call(_report_templates, context, reason)
        notice = (
            "The templates of this installation failed; these are the built-in ones."
        )
        return render(replace(digest, notice=notice))


def _report_templates(tx: Transaction, context: Context, reason: str) -> None:
    text = (
        "the own templates failed\n\n"
        f"{reason}\n\nDigests go out with the built-in templates meanwhile.\n"
        "Try them:    monitor templates check"
    )
    day = f"{context.now():%Y-%m-%d}"
    notify_operator(tx, context, key=f"templates:{day}", text=text)


def compose(context: Context, claimed: Claimed) -> Digest | None:
    """The digest by our templates; None where there is nothing to say."""
    config = context.config.subscribers[claimed.name]
    stories = tuple(
        story(item, claimed.gathered[item.unit], context.now())
        for item in claimed.choice.items
    )
    if not stories and (claimed.slot is None or config.when_empty == "skip"):
        return None
    rules = context.config.rules
    zone = config.timezone or context.config.service.timezone
    return render(
        Digest(
            id=identity(context.key, claimed.name, claimed.slot_id),
            kind=claimed.kind,
            subscriber=claimed.name,
            name=config.name or claimed.name,
            timezone=zone,
            slot=claimed.slot,
            window=claimed.window,
            now=context.now(),
            rules=tuple(
                RuleLine(
                    name=n, title=rules[n].title or n, query=context.config.queries[n]
                )
                for n in config.rules
            ),
            stories=stories,
            shown=min(len(stories), config.max_stories),
            coverage=replace(
                claimed.coverage, summary_only=sum(s.summary_only for s in stories)
            ),
            schedule=schedule_of(config).text,
            language=config.language,
            theme=context.config.theme,
            monthly_thread=config.thread_digests,
            base_url=context.config.web.base_url.rstrip("/"),
        )
    )


def _commit_digest(
    tx: Transaction,
    context: Context,
    claimed: Claimed,
    digest: Digest | None,
    parts: Parts,
) -> bool:
    """Store a digest, what it tells, its deliveries and the next slot. All or nothing."""
    name = claimed.name
    if not subscribers.holds_subscriber(tx, name, claimed.token):
        return False
    digests.settle(tx, name, claimed.choice.settled, None)
    stored = digest is not None and store(
        tx,
        digest,
        claimed.slot_id,
        parts,
        tellings=_tellings(claimed.choice),
        now=context.now(),
    )
    if claimed.slot is not None:
        config = context.config.subscribers[name]
        after = slots.next_slot(
            schedule_of(config), zone_of(context, config), context.now()
        )
        subscribers.set_next_slot(tx, name, after)
    if stored and context.config.articles.recheck:
        told = [item.lead.article_id for item in claimed.choice.items]
        rechecks.watch(tx, told, context.now())
    for rule in sorted(claimed.flooding):
        _report_flooding(tx, context, name, rule)
    subscribers.release_subscriber(tx, name, claimed.token)
    return stored


def _report_flooding(tx: Transaction, context: Context, name: str, rule: str) -> None:
    """Say, once a day, that a rule finds too much to be told at once."""
    text = (
        f'rule "{rule}" finds too much for {name}\n\n'
        f"It told {name} more than {bursts.MOST_STORIES} stories within an hour. From "
        "now on it speaks once an hour; nothing is lost.\n\n"
        "What it finds:  monitor rules audit\n"
        "What to do:     narrow the rule, or give it a digest by the clock."
    )
    day = f"{context.now():%Y-%m-%d}"
    notify_operator(tx, context, key=f"burst:{name}:{rule}:{day}", text=text)


def _tellings(choice: Choice) -> list[Telling]:
    return [
        Telling(
            unit=item.unit,
            number=item.number,
            cause=item.cause,
            rules=item.rules,
            article_id=item.lead.article_id,
            weak=item.weak,
            match_ids=tuple(d.match_id for d in item.due),
        )
        for item in choice.items
    ]
