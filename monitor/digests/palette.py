"""The colours of the mail, light and dark. Pure.

A test holds every text against the ground on which it stands: 4.5 to 1 at least.
"""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Tint:
    """A ground and the text that stands on it."""

    ground: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """One scheme: grounds, edges, texts, and the tints of marks and badges."""

    paper: str
    card: str
    edge: str
    ink: str
    body: str
    muted: str
    accent: str
    bar: str
    panel: str
    mark: Tint
    chip: Tint
    urgent: Tint
    update: Tint
    repost: Tint
    warning: Tint

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Every text colour with every ground that it is used on."""
        for text in (self.ink, self.body, self.muted, self.accent):
            for ground in (self.paper, self.card, self.panel):
                yield text, ground
        yield self.body, self.warning.ground
        tints = (self.mark, self.chip, self.urgent, self.update, self.repost)
        for tint in (*tints, self.warning):
            yield tint.text, tint.ground


LIGHT = Palette(
    paper="#f2f1ec",
    card="#ffffff",
    edge="#e3e0d6",
    ink="#1a1f1e",
    body="#383e3d",
    muted="#5f6663",
    accent="#0b6158",
    bar="#e9e6dc",
    panel="#f6f5f0",
    mark=Tint(ground="#ffe9a8", text="#1a1f1e"),
    chip=Tint(ground="#ecf4f1", text="#0d4c45"),
    urgent=Tint(ground="#fbe2dd", text="#8f2418"),
    update=Tint(ground="#dfebfa", text="#19487e"),
    repost=Tint(ground="#efeadb", text="#5c4a26"),
    warning=Tint(ground="#fdf7e3", text="#674c05"),
)

DARK = Palette(
    paper="#111415",
    card="#1a1e20",
    edge="#2f3537",
    ink="#edf0ee",
    body="#c8cdca",
    muted="#9ba39f",
    accent="#7ccabf",
    bar="#2d3335",
    panel="#212629",
    mark=Tint(ground="#574709", text="#fff0bd"),
    chip=Tint(ground="#24302e", text="#a6dad1"),
    urgent=Tint(ground="#4b201b", text="#ffbdb2"),
    update=Tint(ground="#1c3350", text="#b5d5ff"),
    repost=Tint(ground="#34302a", text="#dfd2b7"),
    warning=Tint(ground="#2a2516", text="#f1d27d"),
)
