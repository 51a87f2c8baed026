"""The colours of the mail, light and dark. Pure.

A test holds every text against the ground on which it stands: 4.5 to 1 at least.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from monitor.models import Theme


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


def contrast(first: str, second: str) -> float:
    """How well two colours are told apart, from 1 to 21 (WCAG 2.2)."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (
        p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def worst_contrast(palette: Palette) -> float:
    """The contrast of the text that is hardest to read."""
    return min(contrast(text, ground) for text, ground in palette.pairs())


def themed(theme: Theme) -> tuple[Palette, Palette]:
    """The light and the dark scheme of an installation."""
    light = replace(LIGHT, accent=theme.accent)
    return light, replace(DARK, accent=theme.accent_dark)


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
