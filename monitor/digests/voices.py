"""Count who says something on his own: copies of one text are one voice. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.models import StoryMember
from monitor.text.outlets import outlet_of

Outlets = Mapping[str, str]
"""The outlets of feeds, as configured."""


@dataclass(slots=True)
class _Text:
    """A text and its copies: who had it first, and whom one of them credits."""

    first: datetime
    had: str
    credited: str


@dataclass(frozen=True, slots=True)
class Voices:
    """Who wrote the texts of some articles, which are added one by one."""

    outlets: Outlets
    _texts: dict[int, _Text] = field(default_factory=dict)

    def add(self, member: StoryMember) -> None:
        """Take one article more; those of a text in the order in which they came."""
        text = self._texts.get(member.group_id)
        if text is None:
            text = _Text(member.first_seen, self._own(member), member.origin)
            self._texts[member.group_id] = text
        elif member.first_seen < text.first:
            text.first, text.had = member.first_seen, self._own(member)
        text.credited = text.credited or member.origin

    def count(self) -> int:
        """How many outlets wrote the texts themselves."""
        return len({text.credited or text.had for text in self._texts.values()})

    def heard(self) -> list[tuple[datetime, str]]:
        """When each text was first seen, and whose it is; in this order."""
        return sorted((t.first, t.credited or t.had) for t in self._texts.values())

    def _own(self, member: StoryMember) -> str:
        named = self.outlets.get(member.feed, "").casefold()
        return named or outlet_of(member.url) or member.source


def is_spread(
    members: Iterable[StoryMember], outlets: Outlets, *, count: int, within: timedelta
) -> bool:
    """Whether so many voices were first seen within a time."""
    voices = Voices(outlets)
    for member in members:
        voices.add(member)
    last: dict[str, datetime] = {}
    for at, voice in voices.heard():
        last[voice] = at
        if sum(at - seen <= within for seen in last.values()) >= count:
            return True
    return False
