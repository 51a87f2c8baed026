"""Count who says something on his own: copies of one text are one voice. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from monitor.models import StoryMember
from monitor.text.outlets import outlet_of

Outlets = Mapping[str, str]
"""The outlets of feeds, as configured."""


def voices(members: Iterable[StoryMember], outlets: Outlets) -> int:
    """How many outlets wrote the texts of some articles themselves."""
    return len({voice for voice, _ in _said(members, outlets)})


def is_spread(
    members: Iterable[StoryMember], outlets: Outlets, *, count: int, within: timedelta
) -> bool:
    """Whether so many voices were first seen within a time."""
    said = sorted(_said(members, outlets), key=lambda one: one[1])
    for start, (_, first) in enumerate(said):
        near = {voice for voice, at in said[start:] if at - first <= within}
        if len(near) >= count:
            return True
    return False


def _said(
    members: Iterable[StoryMember], outlets: Outlets
) -> list[tuple[str, datetime]]:
    """Who wrote each text, and when it was first seen."""
    texts: dict[int, list[StoryMember]] = {}
    for member in members:
        texts.setdefault(member.group_id, []).append(member)
    return [
        (_author(copies, outlets), min(copy.first_seen for copy in copies))
        for copies in texts.values()
    ]


def _author(copies: Sequence[StoryMember], outlets: Outlets) -> str:
    """Whom one of the copies credits, else the outlet that had the text first."""
    credited = next((copy.origin for copy in copies if copy.origin), "")
    first = min(copies, key=lambda copy: copy.first_seen)
    own = outlets.get(first.feed, "").casefold() or outlet_of(first.url)
    return credited or own or first.source
