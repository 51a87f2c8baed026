"""Decide what a subscriber is told: new stories, updates, or nothing yet. Pure.

The unit is the story, the group of copies or the entry. It is told once as new;
later tellings are updates and name their cause.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.digests.excerpt import excerpt, title_marks
from monitor.digests.gather import Gathered
from monitor.models import (
    ArticleMatch,
    Cause,
    DigestStory,
    DueMatch,
    PageState,
)
from monitor.text.outlets import outlet_of

COOLDOWN = timedelta(minutes=30)
_DEVELOPING_OUTLETS = 3
_FRESH = timedelta(hours=2)
WEAK_EVERY = timedelta(hours=1)
_WITH_TEXT = (
    PageState.OK,
    PageState.FEED,
    PageState.TRUNCATED,
    PageState.WITHDRAWN,
)
_NEWS = (Cause.FIGURE, Cause.NEW_SENTENCES)
_PRIORITIES = ("urgent", "normal", "low")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTerms:
    """What a rule's configuration says about telling it."""

    name: str
    priority: str = "normal"
    on_update: str = "new-match"


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """When and how a digest is made.

    ``instant`` digests wait for cooldowns, in ``quiet`` hours, and where all rules of a
    story are ``collecting``; ``has_slots`` says that a scheduled digest will come as
    well; ``everything`` ignores all waiting (``--flush``).
    """

    now: datetime
    instant: bool
    has_slots: bool = False
    everything: bool = False
    last_weak_at: datetime | None = None
    cooldown: timedelta = COOLDOWN
    quiet: bool = False
    urgent_passes: bool = True
    collecting: Collection[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A unit that is told now."""

    unit: str
    number: int
    cause: Cause | None
    due: tuple[DueMatch, ...]
    rules: tuple[str, ...]
    lead: DueMatch
    priority: str

    @property
    def weak(self) -> bool:
        return all(d.match.weak for d in self.due)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is told, and which matches are settled without a word."""

    items: tuple[Item, ...]
    settled: tuple[int, ...]


def choose(
    due: Sequence[DueMatch],
    rules: Sequence[RuleTerms],
    occasion: Occasion,
    *,
    spreading: Collection[tuple[str, str]] = (),
) -> Choice:
    """Decide about every match that a subscriber was not told yet.

    What is neither told nor settled waits for a later occasion. ``spreading`` are
    the units, each with the rule, that are urgent by the number of their outlets.
    """
    terms = {rule.name: rule for rule in rules}
    units: dict[str, list[DueMatch]] = defaultdict(list)
    for match in due:
        units[match.unit].append(match)
    items: list[Item] = []
    settled: list[int] = []
    for matches in units.values():
        worth, silent = _weighed(matches, terms)
        settled += silent
        if not worth:
            continue
        item = _item(worth, terms, spreading)
        if not _must_wait(item, worth[0].told_at, occasion):
            items.append(item)
    if not occasion.instant and not occasion.everything:
        items = _without_lonely_reports(items)
    order = {rule.name: n for n, rule in enumerate(rules)}
    return Choice(
        items=tuple(sorted(items, key=lambda i: _rank(i, order))),
        settled=tuple(settled),
    )


def _weighed(
    matches: Sequence[DueMatch], terms: Mapping[str, RuleTerms]
) -> tuple[list[DueMatch], list[int]]:
    """Part the matches worth a word from those that are settled in silence.

    A rule that met an entry before says no more by meeting its next revision, unless
    that is a correction or ``on_update`` is "always"; with "never" only new stories
    count.
    """
    worth, silent = [], []
    for match in matches:
        policy = terms[match.match.rule].on_update
        repeated = (
            match.pair_told
            and policy != "always"
            and match.news is not Cause.CORRECTION
        )
        if match.told and (repeated or policy == "never"):
            silent.append(match.match_id)
        else:
            worth.append(match)
    return worth, silent


def _item(
    worth: Sequence[DueMatch],
    terms: Mapping[str, RuleTerms],
    spreading: Collection[tuple[str, str]],
) -> Item:
    first = worth[0]
    cause = _cause(worth) if first.told else None
    rules = tuple(name for name in terms if any(d.match.rule == name for d in worth))
    said = [d for d in worth if d.news is Cause.CORRECTION]
    return Item(
        unit=first.unit,
        number=first.told,
        cause=cause,
        due=tuple(worth),
        rules=rules,
        lead=lead(said if cause is Cause.CORRECTION else worth),
        priority="urgent"
        if any((first.unit, name) in spreading for name in rules)
        else _highest(terms[name].priority for name in rules),
    )


def _cause(worth: Sequence[DueMatch]) -> Cause:
    news = {match.news for match in worth if match.news}
    if Cause.CORRECTION in news:
        return Cause.CORRECTION
    if any(match.entry_told for match in worth):
        return Cause.REVISION
    return next((c for c in _NEWS if c in news), Cause.FURTHER_REPORT)


def _must_wait(item: Item, told_at: datetime | None, occasion: Occasion) -> bool:
    if occasion.everything or not occasion.instant:
        return False
    if item.weak and (occasion.has_slots or _recent(occasion)):
        return True
    if item.priority == "urgent" and occasion.urgent_passes:
        return False
    if occasion.quiet or set(item.rules) <= set(occasion.collecting):
        return True
    # Ahead is what a clock told that was set back since.
    return told_at is not None and abs(occasion.now - told_at) < occasion.cooldown


def _recent(occasion: Occasion) -> bool:
    """Whether the hour's one message about weak hits was sent."""
    last = occasion.last_weak_at
    return last is not None and abs(occasion.now - last) < WEAK_EVERY


def _without_lonely_reports(items: list[Item]) -> list[Item]:
    """Further reports of told stories are no reason for a scheduled digest."""
    reason = any(item.cause is not Cause.FURTHER_REPORT for item in items)
    return items if reason else []


def _highest(priorities: Iterable[str]) -> str:
    found = set(priorities)
    return next(p for p in _PRIORITIES if p in found)


def lead(matches: Sequence[DueMatch]) -> DueMatch:
    """The match whose article stands for the story.

    The one that others credit, else the earliest that has its text and credits nobody,
    else the earliest. Time is the earlier of published and first seen: the future is
    never trusted. What was corrected stands for what was said before.
    """
    corrected = {d.entry_id for d in matches if d.news is Cause.CORRECTION}
    last = {d.entry_id: d for d in sorted(matches, key=lambda d: d.article_id)}
    valid = [d for d in matches if d.entry_id not in corrected or d is last[d.entry_id]]
    credited = {d.article.origin for d in valid} - {""}
    return min(
        valid,
        key=lambda d: (
            d.match.weak,
            d.article.state is PageState.WITHDRAWN,
            d.article.state not in _WITH_TEXT,
            bool(d.article.origin) or outlet_of(d.article.url) not in credited,
            bool(d.article.origin),
            min(d.article.published or d.first_seen, d.first_seen),
            -d.entry_revision,
            -d.article_id,
        ),
    )


def _rank(item: Item, order: Mapping[str, int]) -> tuple[int, int, bool, float, str]:
    """Urgent first, then by rule as the subscriber lists them, then by score."""
    score = max(match.match.score for match in item.due)
    return (
        _PRIORITIES.index(item.priority),
        min(order[name] for name in item.rules),
        item.weak,
        -score,
        item.unit,
    )


def story(item: Item, gathered: Gathered, now: datetime | None = None) -> DigestStory:
    """The story of an item, as every channel shows it.

    ``gathered`` are all articles of its unit, matching or not, as its lead sees them.
    """
    latest = _latest(item.due)
    own = [d for d in item.due if d.article_id == item.lead.article_id]
    hits = [hit for d in own for hit in d.match.hits]
    article = item.lead.article
    text = excerpt(article, hits)
    return DigestStory(
        id=item.lead.unit_id,
        status="update" if item.number else "new",
        cause=item.cause,
        title=article.title or text.text[:80] or article.url,
        url=article.url or article.final_url,
        source=article.source,
        origin=article.origin,
        language=article.language,
        published=article.published,
        first_seen=item.lead.first_seen,
        excerpt=text.text,
        marks=text.marks,
        title_marks=title_marks(hits) if article.title else (),
        priority=item.priority,
        rules=item.rules,
        voices=gathered.voices,
        developing=now is not None and _is_developing(gathered, now),
        summary_only=article.state not in _WITH_TEXT,
        correction=item.lead.note if item.lead.news is Cause.CORRECTION else "",
        matches=tuple(
            ArticleMatch(
                rule=d.match.rule,
                article=d.article.url or d.article.final_url,
                weak=d.match.weak,
                hits=d.match.hits,
                source=d.article.source,
            )
            for d in latest
        ),
        articles=gathered.articles,
        more_articles=gathered.more_articles,
        more_copies=gathered.more_copies,
        more_sources=gathered.more_sources,
    )


def _is_developing(gathered: Gathered, now: datetime) -> bool:
    """Whether a story grows: enough outlets tell it, and one was new a moment ago."""
    last = gathered.last_seen
    enough = gathered.voices >= _DEVELOPING_OUTLETS
    return enough and last is not None and now - last < _FRESH


def _latest(due: Sequence[DueMatch]) -> list[DueMatch]:
    """One match an entry and rule: that of the latest reading."""
    latest: dict[tuple[int, str], DueMatch] = {}
    for match in due:
        key = (match.entry_id, match.match.rule)
        if key not in latest or latest[key].article_id < match.article_id:
            latest[key] = match
    return list(latest.values())
