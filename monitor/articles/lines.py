"""Tell which lines of an extracted text are the article, and which stand beside it. Pure.

Nothing is thrown away: what is not confirmed is kept beside the article, and a rule
that is met only there gives a weak match.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise

from monitor.articles.boilerplate import is_boilerplate

_WORD = re.compile(r"\w+")
_GRAM = 4
_FEW_WORDS = 8
_SHARE_OF_GRAMS = 0.6
_MOST_BETWEEN = 3
_LEAST_CONFIRMED = 0.4
_TOP = 3
SHORTEST_LINK_LINE = 20


def normal(text: str) -> str:
    """A text as its words alone, for comparing."""
    return " ".join(_WORD.findall(text.casefold()))


def separate(
    text: str,
    titles: Iterable[str],
    *,
    voter: str | None = None,
    links: Collection[str] = (),
) -> tuple[str, str]:
    """Split an extracted text into the article's lines and those beside it.

    ``titles`` are those of the entry, the page and its first heading: repeated on top
    they count as beside, because they are matched as title. ``voter`` is a stricter
    extraction of the same page, which confirms lines; ``links`` are the lines (as
    :func:`normal` gives them) that on the page are little but links.
    """
    lines = [line for line in map(str.strip, text.split("\n")) if line]
    known = [title.strip().casefold() for title in titles if title.strip()]
    confirmed = _confirmed(lines, voter) if voter is not None else [True] * len(lines)
    kept = [
        sure
        and not (number < _TOP and _repeats(line.casefold(), known))
        and not is_boilerplate(line)
        and not (len(line) >= SHORTEST_LINK_LINE and normal(line) in links)
        for number, (line, sure) in enumerate(zip(lines, confirmed, strict=True))
    ]
    body = [line for line, good in zip(lines, kept, strict=True) if good]
    aside = [line for line, good in zip(lines, kept, strict=True) if not good]
    if voter is not None and _length(body) < _LEAST_CONFIRMED * _length(lines):
        # The voter saw another part of the page, and is no witness.
        return separate(text, titles, links=links)
    return "\n".join(body), "\n".join(aside)


def _length(lines: Iterable[str]) -> int:
    return sum(map(len, lines))


def _confirmed(lines: Sequence[str], voter: str) -> list[bool]:
    """The lines that the voter has, and the few between two of them.

    Stricter extractors drop a line in the middle of the text (a list, a quotation) more
    often than a looser one lets furniture into it.
    """
    words = normal(voter)
    grams = _grams(words.split())
    sure = [_has(f" {words} ", grams, line) for line in lines]
    seen = [number for number, good in enumerate(sure) if good]
    for before, after in pairwise(seen):
        if after - before - 1 <= _MOST_BETWEEN:
            sure[before:after] = [True] * (after - before)
    return sure


def _has(text: str, grams: set[tuple[str, ...]], line: str) -> bool:
    words = normal(line).split()
    if len(words) < _FEW_WORDS:
        return f" {' '.join(words)} " in text
    own = _grams(words)
    return len(own & grams) >= _SHARE_OF_GRAMS * len(own)


def _grams(words: Sequence[str]) -> set[tuple[str, ...]]:
    return {tuple(words[n : n + _GRAM]) for n in range(len(words) - _GRAM + 1)}


def _repeats(line: str, titles: Iterable[str]) -> bool:
    """Whether a line is a title, or a long beginning of one ("Title | Outlet")."""
    return any(
        line == title or (len(line) >= 20 and title.startswith(line))
        for title in titles
    )
