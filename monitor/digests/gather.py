"""All articles of a story: the first two hundred are kept, the rest are counted. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.digests.voices import Outlets, Voices
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
    """Read the articles of a unit once, the first seen first, as its lead sees them.

    The lead's own stands first, wherever it comes. Copies are those of the lead's text:
    which of them was stored first does not matter.
    """
    voices = Voices(outlets)
    own: list[StoryMember] = []
    others: list[StoryMember] = []
    sources: dict[str, None] = {}
    count = copies = 0
    last = None
    for member in members:
        voices.add(member)
        sources[member.source] = None
        last = max(last or member.first_seen, member.first_seen)
        count += 1
        if _is_lead(lead, member):
            own.append(member)
            continue
        copy = member.group_id == lead.group_id
        copies += copy
        if len(others) < MOST_ARTICLES:
            original = lead.article.url
            others.append(replace(member, copy_of=original) if copy else member)
    kept = (*own, *others)[:MOST_ARTICLES]
    listed = {member.source for member in kept}
    return Gathered(
        articles=kept,
        more_articles=count - len(kept),
        more_copies=copies - sum(member.copy_of is not None for member in kept),
        more_sources=tuple(name for name in sources if name not in listed),
        voices=max(1, voices.count()),
        last_seen=last,
    )


def _is_lead(lead: DueMatch, member: StoryMember) -> bool:
    """Whether a member is the lead's entry, of which it may be a later reading."""
    one = (lead.article.feed, lead.guid or lead.article.url)
    return one == (member.feed, member.guid or member.url)
