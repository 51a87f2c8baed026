"""Find rules that do not do what they were written for. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from monitor.models import FeedCount, Overlap, RuleCount

NOISY_A_DAY = 20
NOISY_SHARE = 0.25
OVERLAPPING = 0.8
_NOTHING: Mapping[str, int] = MappingProxyType({})
FEW = 5
"""Of fewer matches nothing is said: chance would say it."""

SETTLED = timedelta(days=8)
"""After so long even a weekly digest has told what there was."""


class Fault(StrEnum):
    """What is wrong with a rule, or a feed."""

    DEAD = "dead"
    NOISY = "noisy"
    IRRELEVANT = "irrelevant"
    OVERLAPPING = "overlapping"
    UNDELIVERED = "undelivered"
    FEED = "feed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is worth a look; ``name`` is a rule's, or a feed's."""

    fault: Fault
    name: str
    facts: str


def audit(
    followers: Mapping[str, Collection[str]],
    counts: Sequence[RuleCount],
    overlaps: Sequence[Overlap],
    feeds: Sequence[FeedCount],
    time: timedelta,
    young: Collection[str] = (),
    irrelevant: Mapping[str, int] = _NOTHING,
) -> list[Finding]:
    """What stands out among rules and feeds, by what happened in some time.

    ``followers`` are the subscribers of each rule there is; ``young`` rules were written
    or changed within that time, and are not yet called dead. ``irrelevant`` says how
    often stories of a rule were called of no use.
    """
    articles = sum(feed.articles for feed in feeds)
    met = {count.rule: count for count in counts if count.rule in followers}
    dead = [rule for rule in followers if rule not in met and rule not in young]
    found = [
        *([_dead(rule, articles) for rule in dead] if articles else []),
        *_noisy(met.values(), articles, time),
        *(_irrelevant(rule, n) for rule, n in irrelevant.items() if rule in followers),
        *_overlapping(met, overlaps),
        *_undelivered(followers, met),
        *_unmet(feeds),
    ]
    return sorted(found, key=lambda one: list(Fault).index(one.fault))


def _dead(rule: str, articles: int) -> Finding:
    facts = f"met none of {articles:,} articles"
    return Finding(fault=Fault.DEAD, name=rule, facts=facts)


def _noisy(
    counts: Collection[RuleCount], articles: int, time: timedelta
) -> Iterator[Finding]:
    days = max(time / timedelta(days=1), 1)
    for count in counts:
        stories, share = count.stories / days, count.articles / max(articles, 1)
        many = count.articles >= FEW and share > NOISY_SHARE
        if stories > NOISY_A_DAY or many:
            facts = f"{stories:.1f} stories a day, {share:.0%} of all articles"
            yield Finding(fault=Fault.NOISY, name=count.rule, facts=facts)


def _irrelevant(rule: str, times: int) -> Finding:
    stories = "a story" if times == 1 else f"{times:,} stories"
    facts = f"{stories} of it called not relevant"
    return Finding(fault=Fault.IRRELEVANT, name=rule, facts=facts)


def _overlapping(
    met: Mapping[str, RuleCount], overlaps: Sequence[Overlap]
) -> Iterator[Finding]:
    """The rarer of two rules, if nearly all that it finds the other finds as well."""
    for pair in overlaps:
        if pair.first not in met or pair.second not in met:
            continue
        rare, other = sorted((met[pair.first], met[pair.second]), key=_articles)
        if pair.articles >= max(FEW, OVERLAPPING * rare.articles):
            facts = (
                f"{pair.articles:,} of the {rare.articles:,} articles that it met "
                f'met "{other.rule}" as well'
            )
            yield Finding(fault=Fault.OVERLAPPING, name=rare.rule, facts=facts)


def _articles(count: RuleCount) -> int:
    return count.articles


def _undelivered(
    followers: Mapping[str, Collection[str]], met: Mapping[str, RuleCount]
) -> Iterator[Finding]:
    for rule, who in followers.items():
        count = met.get(rule)
        facts = ""
        if not who:
            facts = "nobody follows it"
        elif count and count.settled >= FEW and not count.told:
            facts = f"{count.settled:,} articles met it a week ago, none was told"
        if facts:
            yield Finding(fault=Fault.UNDELIVERED, name=rule, facts=facts)


def _unmet(feeds: Sequence[FeedCount]) -> Iterator[Finding]:
    for feed in feeds:
        if feed.articles >= FEW and not feed.met:
            facts = f"none of its {feed.articles:,} articles met any rule"
            yield Finding(fault=Fault.FEED, name=feed.feed, facts=facts)
