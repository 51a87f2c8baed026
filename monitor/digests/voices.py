"""Count who says something on his own: copies of one text are one voice. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from monitor.models import StoryMember
from monitor.text.outlets import outlet_of

Outlets = Mapping[str, str]
"""The outlets of feeds, as configured."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text and its copies: when it was first seen, and whose it is."""

    first_seen: datetime
    voice: str


def texts(members: Iterable[StoryMember], outlets: Outlets) -> Iterator[Text]:
    """The texts of some articles, of which copies stand together, the first seen first.

    A text is whose one of its copies credits, else the outlet's that had it first.
    """
    for _, copies in groupby(members, key=lambda member: member.group_id):
        yield _text(copies, outlets)


def _text(copies: Iterator[StoryMember], outlets: Outlets) -> Text:
    first = next(copies)
    credited = first.origin
    for copy in copies:
        credited = credited or copy.origin
    named = outlets.get(first.feed, "").casefold()
    own = named or outlet_of(first.url) or first.source
    return Text(first.first_seen, credited or own)


def is_spread(said: Iterable[Text], *, count: int, within: timedelta) -> bool:
    """Whether so many voices were first heard within a time."""
    last: dict[str, datetime] = {}
    for text in sorted(said, key=lambda text: text.first_seen):
        last[text.voice] = text.first_seen
        if sum(text.first_seen - at <= within for at in last.values()) >= count:
            return True
    return False
