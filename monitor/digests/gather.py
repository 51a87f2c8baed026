"""All articles of a story: the first two hundred are kept, the rest are counted. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor.digests.voices import Outlets, texts
from monitor.models import DueMatch, StoryMember

MOST_ARTICLES = 200
"""So many of a story are carried: one that goes on for days has thousands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """The articles of a unit; what is "more" was counted only.

    ``more_sources`` have none among the ``articles``; ``last_seen`` is None without any.
    """

    articles: tuple[StoryMember, ...]
    more_articles: int
    more_copies: int
    more_sources: tuple[str, ...]
    voices: int
    last_seen: datetime | None


def gather(
    members: Iterable[StoryMember], lead: DueMatch, outlets: Outlets
) -> Gathered:
    """Read the articles of a unit once, text by text, as its lead sees them.

    The lead's own stands first, then come the first seen. Copies are those of the lead's
    text: which of them was stored first does not matter.
    """
    roll = _Roll(lead)
    voices = {text.voice for text in texts(map(roll.take, members), outlets)}
    kept = (*roll.own, *_first_seen(roll.others))[:MOST_ARTICLES]
    articles = tuple(
        replace(member, copy_of=lead.article.url) if roll.is_copy(member) else member
        for member in kept
    )
    listed = {member.source for member in kept}
    return Gathered(
        articles=articles,
        more_articles=roll.count - len(kept),
        more_copies=roll.copies - sum(map(roll.is_copy, kept)),
        more_sources=tuple(name for name in roll.sources if name not in listed),
        voices=max(1, len(voices)),
        last_seen=roll.last_seen,
    )


@dataclass(slots=True)
class _Roll:
    """What is noted of articles while they pass by."""

    lead: DueMatch
    own: list[StoryMember] = field(default_factory=list)
    others: list[StoryMember] = field(default_factory=list)
    sources: dict[str, None] = field(default_factory=dict)
    count: int = 0
    copies: int = 0
    last_seen: datetime | None = None

    def take(self, member: StoryMember) -> StoryMember:
        self.count += 1
        self.copies += self.is_copy(member)
        self.sources[member.source] = None
        self.last_seen = max(self.last_seen or member.first_seen, member.first_seen)
        (self.own if self._is_lead(member) else self.others).append(member)
        if len(self.others) > 2 * MOST_ARTICLES:
            self.others = _first_seen(self.others)
        return member

    def is_copy(self, member: StoryMember) -> bool:
        return member.group_id == self.lead.group_id and not self._is_lead(member)

    def _is_lead(self, member: StoryMember) -> bool:
        """Whether a member is the lead's entry, of which it may be a later reading."""
        one = (self.lead.article.feed, self.lead.guid or self.lead.article.url)
        return one == (member.feed, member.guid or member.url)


def _first_seen(members: Sequence[StoryMember]) -> list[StoryMember]:
    return sorted(members, key=lambda m: (m.first_seen, m.article_id))[:MOST_ARTICLES]
