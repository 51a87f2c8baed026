"""What of a configuration decides which articles reach whom, and how two differ. Pure.

It is kept in the database when a configuration is applied, so that an edited file can
be held against what runs; therefore it holds no secret.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from monitor.config.values import Config, UrgentWhen
from monitor.rules.index import Index, Rule
from monitor.rules.syntax import parse
from monitor.text.urls import redacted


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedFeed:
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedList:
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedRule:
    """``feeds`` are the names of those it watches; None are all of them."""

    query: str
    feeds: tuple[str, ...] | None
    min_score: float
    priority: str
    on_update: str
    urgent_when: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedSubscriber:
    rules: tuple[str, ...]
    digest: tuple[str, ...]
    send_to: tuple[str, ...]
    max_stories: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """``merge`` says what counts as one alert."""

    merge: str = "stories"
    feeds: Mapping[str, AppliedFeed]
    lists: Mapping[str, AppliedList]
    rules: Mapping[str, AppliedRule]
    subscribers: Mapping[str, AppliedSubscriber]

    def index(self, names: Container[str]) -> Index:
        """Some of its rules, ready for articles."""
        items = {name: one.items for name, one in self.lists.items()}
        rules = [
            Rule(
                name=name,
                tree=parse(rule.query, items),
                feeds=None if rule.feeds is None else frozenset(rule.feeds),
                min_score=rule.min_score,
            )
            for name, rule in self.rules.items()
            if name in names
        ]
        return Index(rules, items)


NOTHING = Applied(feeds={}, lists={}, rules={}, subscribers={})
_JSON = TypeAdapter(Applied)


def applied(config: Config) -> Applied:
    """What counts of a configuration."""
    rules = config.index.rules
    return Applied(
        merge=config.articles.merge,
        feeds={
            name: AppliedFeed(address=redacted(feed.source))
            for name, feed in config.feeds.items()
        },
        lists={name: AppliedList(items=items) for name, items in config.lists.items()},
        rules={
            name: AppliedRule(
                query=query,
                feeds=_sorted(rules[name].feeds),
                min_score=rules[name].min_score,
                priority=config.rules[name].priority,
                on_update=config.rules[name].on_update,
                urgent_when=_spread(config.rules[name].urgent_when),
            )
            for name, query in config.queries.items()
        },
        subscribers={
            name: AppliedSubscriber(
                rules=one.rules,
                digest=one.digest,
                send_to=config.send_to[name],
                max_stories=one.max_stories,
            )
            for name, one in config.subscribers.items()
        },
    )


def _spread(when: UrgentWhen | None) -> str:
    return f"{when.outlets} outlets within {when.within}" if when else ""


def _sorted(names: frozenset[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(sorted(names))


def to_json(found: Applied) -> str:
    """As the database keeps it."""
    return _JSON.dump_json(found).decode()


def from_json(text: str) -> Applied:
    """What the database kept; nothing, if a program of another version wrote it."""
    try:
        return _JSON.validate_json(text)
    except ValidationError:
        return NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that was added, removed or changed; ``facts`` say what of it changed."""

    section: str
    name: str
    sign: Literal["+", "-", "~"]
    facts: tuple[str, ...] = ()


_SECTIONS = ("feeds", "lists", "rules", "subscribers")


def changes(before: Applied, after: Applied) -> list[Change]:
    """How two differ, in the order of the sections."""
    found = [
        change
        for section in _SECTIONS
        for change in _changed(
            section, getattr(before, section), getattr(after, section)
        )
    ]
    if before.merge != after.merge:
        fact = f"{before.merge} → {after.merge}"
        found.append(Change(section="articles", name="merge", sign="~", facts=(fact,)))
    return found


def _changed(
    section: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Change]:
    for name in dict.fromkeys((*after, *before)):
        old, new = before.get(name), after.get(name)
        if old is None:
            yield Change(section=section, name=name, sign="+")
        elif new is None:
            yield Change(section=section, name=name, sign="-")
        elif old != new:
            facts = tuple(_facts(asdict(old), asdict(new)))
            yield Change(section=section, name=name, sign="~", facts=facts)


def _facts(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for key, before in old.items():
        after = new[key]
        if before == after:
            continue
        if isinstance(before, tuple) and isinstance(after, tuple):
            gone = [f"- {one}" for one in before if one not in after]
            come = [f"+ {one}" for one in after if one not in before]
            yield f"{key} {', '.join([*come, *gone]) or 'in another order'}"
        else:
            yield f"{key} {_shown(before)} → {_shown(after)}"


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return "all" if value is None else str(value)


def feeds_kept(before: Applied, after: Applied) -> set[str]:
    """The names of feeds, old ones too, whose articles count after the change.

    A feed that is renamed keeps its articles.
    """
    addresses = {feed.address for feed in after.feeds.values()}
    renamed = {n for n, feed in before.feeds.items() if feed.address in addresses}
    return renamed | set(after.feeds)


def touched(before: Applied, after: Applied) -> list[str]:
    """The subscribers who may get something else, in the order of the configuration.

    That is: whose rules, or what they mean, are not the same; all, if a feed is gone
    or alerts are counted in another way.
    """
    old, new = _followed(before), _followed(after)
    gone = set(before.feeds) - feeds_kept(before, after)
    all_ = before.merge != after.merge or gone
    followers = [n for n in dict.fromkeys((*new, *old)) if old.get(n) or new.get(n)]
    return [name for name in followers if all_ or old.get(name) != new.get(name)]


def _followed(found: Applied) -> dict[str, set[tuple[object, ...]]]:
    """What each subscriber follows, by its meaning."""
    index = found.index(found.rules)
    return {
        name: {
            (index.hash_of(rule), index.rules[rule].feeds, index.rules[rule].min_score)
            for rule in one.rules
        }
        for name, one in found.subscribers.items()
    }
