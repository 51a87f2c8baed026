"""Count who says something on his own: copies of one text are one voice. Pure."""

from collections.abc import Mapping
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


@dataclass(slots=True)
class Voices:
    """Who wrote the texts of some articles, which are added one by one."""

    outlets: Outlets
    _texts: dict[int, _Text] = field(init=False, default_factory=dict)

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

    def are_spread(self, *, count: int, within: timedelta) -> bool:
        """Whether so many outlets were first heard within a time."""
        texts = sorted(self._texts.values(), key=lambda text: text.first)
        last: dict[str, datetime] = {}
        for text in texts:
            last[text.credited or text.had] = text.first
            if sum(text.first - at <= within for at in last.values()) >= count:
                return True
        return False

    def _own(self, member: StoryMember) -> str:
        named = self.outlets.get(member.feed, "").casefold()
        return named or outlet_of(member.url) or member.source
