"""Say whether a text is a copy of another: shortened, extended, edited, or with news in it.

Pure. Texts are compared by hashes of four words in a row, of which a fixed choice is kept
(winnowing), so that a lead, half a text and a text with a page around it are all found.
Two guards keep apart what only looks alike: segments that stand in many groups do not
count, and reports made from one template differ in their figures and names.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from monitor.models import Cause, Sketch
from monitor.text.words import fold, sentences, tokens

_SHINGLE = 4
_WINDOW = 4
_FIRST_KEYS = 8
_SMALLEST_KEYS = 20
_PRIME = (1 << 61) - 1
_FACTOR = 1_099_511_628_211
_STORED = 0xFFFFFFFF

_FEWEST_SHARED = 3
_LEAST = 0.15
_LEAST_OF_SHORT = 0.5
_LEAST_IN_SOURCE = 0.6
_LEAST_WITHOUT_FIGURES = 0.35
_SHORT = 24
_MUCH_LONGER = 2
_TAIL = 0.6
_SAME_TITLE = 0.6
_EQUAL = 0.97
_EQUAL_SIZES = 1.1
_SHARE_OF_FIGURES = 0.5
_SHARE_OF_FIGURES_IN_SOURCE = 0.7
_SHARE_OF_NAMES = 0.35
_FEWEST_NAMES = 3
_FEWEST_FIGURES = 2
_MOST_FACTS = 60
_MOST_SEGMENTS = 2_000

_NEW_SENTENCES = 2
_SHORTEST_SENTENCE = 8
_CONTENT_WORD = 4
_KNOWN_SHARE = 0.6
_OTHERWISE_EQUAL = 0.8
_LEAD = 3
_SAME_WORDS = 0.7

_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True, slots=True)
class Segment:
    """A sentence or a line: the hash of its words, the words, the names among them."""

    hash: int
    words: tuple[str, ...]
    names: tuple[str, ...]
    figures: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How much of the shorter of two texts is in the longer one, 0 to 1.

    ``copy`` is False where only the words are the same, and the facts are not: two
    reports of one template.
    """

    containment: float
    shared: int
    copy: bool


@lru_cache(maxsize=60)  # the members of a growing group are looked at again and again
def segments(text: str) -> tuple[Segment, ...]:
    """The sentences and lines of a text, those that hold a word.

    Of a text of a hundred thousand lines the first ones: it is no article.
    """
    found = (segment(text[start:end]) for start, end in sentences(text))
    return tuple(islice((part for part in found if part.words), _MOST_SEGMENTS))


def segment(text: str) -> Segment:
    """One sentence or title."""
    surfaces = [token.surface for token in tokens(text)]
    words = tuple(map(_folded, surfaces))
    # What is written with a capital inside a sentence is a name, in most scripts.
    named = zip(surfaces[1:], words[1:], strict=True)
    return Segment(
        hash=_hash(map(word_hash, words)),
        words=words,
        names=tuple(w for surface, w in named if surface[:1].isupper() and surface[1:]),
        figures=tuple(map(fold, _FIGURE.findall(text))),  # digits of every script
    )


def sketch(
    title: str,
    parts: Sequence[Segment],
    *,
    source: str,
    boilerplate: Collection[int] = (),
) -> Sketch:
    """A text for comparing, of its ``parts`` without those that are boilerplate."""
    kept = [part for part in parts if part.hash not in boilerplate]
    winnowed = _winnowed(_shingles([word for part in kept for word in part.words]))
    keys = dict.fromkeys((*winnowed[:_FIRST_KEYS], *sorted(winnowed)[:_SMALLEST_KEYS]))
    head = segment(title)
    facts = (head, *kept)
    return Sketch(
        hashes=tuple(one & _STORED for one in winnowed),
        keys=tuple(keys),
        title=frozenset(head.words),
        figures=_facts(figure for part in facts for figure in part.figures),
        names=_facts(name for part in facts for name in part.names),
        source=source,
    )


def _facts(found: Iterable[str]) -> frozenset[str]:
    return frozenset(islice(dict.fromkeys(found), _MOST_FACTS))


def likeness(one: Sketch, other: Sketch) -> Likeness | None:
    """How alike two texts are, as copies or by their template; None if they are not."""
    short, long = sorted((one, other), key=_size)
    common = set(short.hashes) & set(long.hashes)
    shared = len(common)
    if shared < min(_FEWEST_SHARED, len(short.hashes)) or not shared:
        return None
    containment = shared / len(short.hashes)
    if containment < _needed(short) or _is_footer(common, short, long):
        return None
    copy = _is_equal(containment, short, long) or _same_facts(containment, short, long)
    # A follow-up in the same source repeats paragraphs of the first report.
    in_source = short.source and short.source == long.source
    if copy and in_source and containment < _LEAST_IN_SOURCE:
        return None
    return Likeness(containment=containment, shared=shared, copy=copy)


def _size(found: Sketch) -> tuple[int, tuple[int, ...]]:
    """The shorter first; of two as long always the same one."""
    return len(found.hashes), found.hashes


def _needed(short: Sketch) -> float:
    return _LEAST_OF_SHORT if len(short.hashes) < _SHORT else _LEAST


def _is_footer(common: set[int], short: Sketch, long: Sketch) -> bool:
    """Whether a short text is the end of a long one: a footer, where a lead is the top.

    Under the same title it is a piece of the article all the same.
    """
    if len(short.hashes) >= _SHORT or len(long.hashes) < _MUCH_LONGER * len(
        short.hashes
    ):
        return False
    if len(short.title & long.title) >= _SAME_TITLE * max(1, len(short.title)):
        return False
    first = next(n for n, one in enumerate(long.hashes) if one in common)
    return first >= _TAIL * len(long.hashes)


def _is_equal(containment: float, short: Sketch, long: Sketch) -> bool:
    return containment >= _EQUAL and len(long.hashes) <= _EQUAL_SIZES * len(
        short.hashes
    )


def _same_facts(containment: float, short: Sketch, long: Sketch) -> bool:
    """Whether the facts of the shorter text are those of the longer one.

    Reports from one template (markets, scores, earthquakes) share their words only.
    """
    if len(short.names) >= _FEWEST_NAMES:
        share = len(short.names & long.names) / len(short.names)
        if share < _SHARE_OF_NAMES:
            return False
    if len(short.figures) < _FEWEST_FIGURES:
        return containment >= _LEAST_WITHOUT_FIGURES
    share = len(short.figures & long.figures) / len(short.figures)
    needed = (
        _SHARE_OF_FIGURES_IN_SOURCE
        if short.source == long.source
        else _SHARE_OF_FIGURES
    )
    return share >= needed


# --- what is new in a copy ---


def news(
    title: str,
    parts: Sequence[Segment],
    *,
    known: Sequence[tuple[str, Sequence[Segment]]],
    containment: float,
    boilerplate: Collection[int] = (),
) -> Cause | None:
    """What is new in a copy; ``known`` are titles and segments of its group's members.

    Two sentences whose words the group has not, or another figure in headline or lead
    of a text that is the same otherwise.
    """
    there = {part.hash for _, others in known for part in others}
    words = {
        w for head, others in known for p in (segment(head), *others) for w in p.words
    }
    fresh = [
        part
        for part in parts
        if part.hash not in there
        and part.hash not in boilerplate
        and _is_new(part, words)
    ]
    if len(fresh) >= _NEW_SENTENCES:
        return Cause.NEW_SENTENCES
    if containment >= _OTHERWISE_EQUAL and known and other_figure(title, parts, known):
        return Cause.FIGURE
    return None


def _is_new(part: Segment, words: Collection[str]) -> bool:
    if len(part.words) < _SHORTEST_SENTENCE:
        return False
    content = [word for word in part.words if len(word) >= _CONTENT_WORD]
    unknown = sum(word not in words for word in content)
    return unknown > (1 - _KNOWN_SHARE) * len(content)


def other_figure(
    title: str, parts: Sequence[Segment], known: Sequence[tuple[str, Sequence[Segment]]]
) -> bool:
    """Whether headline or lead say the same with a figure that no member has."""
    others = [part for head, rest in known for part in (segment(head), *rest)]
    there = {figure for part in others for figure in part.figures}
    lead = (segment(title), *parts[:_LEAD])
    changed = [part for part in lead if set(part.figures) - there]
    return any(_says_the_same(part, other) for part in changed for other in others)


def series(title: str, source: str) -> int:
    """What titles of one source have in common that differ in their figures only.

    The order of the words does not count, as in ``is_serial``.
    """
    words = sorted(word_hash(word) for word in _plain(segment(title)))
    return _hash((_name_hash(source), *words))


def is_serial(title: str, other: str) -> bool:
    """Whether two titles differ in their figures only: issues, releases, bulletins."""
    one, two = segment(title), segment(other)
    if set(one.figures) == set(two.figures):
        return False
    return sorted(_plain(one)) == sorted(_plain(two))


def _plain(part: Segment) -> list[str]:
    return [word for word in part.words if not _has_digit(word)]


def _has_digit(word: str) -> bool:
    return any(char.isdigit() for char in word)


def _says_the_same(part: Segment, other: Segment) -> bool:
    if not other.figures:
        return False
    one, two = ({w for w in p.words if not w.isdigit()} for p in (part, other))
    return len(one & two) >= _SAME_WORDS * max(len(one), len(two), 1)


# --- hashes ---


_folded = lru_cache(maxsize=16_384)(fold)


def _name_hash(name: str) -> int:
    """What is no word of a text is not kept: there is one for each source."""
    digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % _PRIME


@lru_cache(maxsize=16_384)
def word_hash(word: str) -> int:
    """A word as 61 bits, the same in every process, which ``hash()`` is not."""
    return _name_hash(word)


def _hash(hashes: Iterable[int]) -> int:
    found = 1
    for one in hashes:
        found = (found * _FACTOR + one) % _PRIME
    return found


def _shingles(words: Sequence[str]) -> list[int]:
    """The hashes of all runs of four words; of the whole if there are fewer."""
    hashes = list(map(word_hash, words))
    if len(hashes) < _SHINGLE:
        return [_hash(hashes)] if hashes else []
    rows = zip(hashes, hashes[1:], hashes[2:], hashes[3:], strict=False)
    f, p = _FACTOR, _PRIME
    return [(((a * f + b) * f + c) * f + d) % p for a, b, c, d in rows]


def _winnowed(hashes: Sequence[int]) -> list[int]:
    """The smallest hash of each window, in order, each once."""
    if len(hashes) < _WINDOW:
        return [min(hashes)] if hashes else []
    rows = zip(hashes, hashes[1:], hashes[2:], hashes[3:], strict=False)
    return list(dict.fromkeys(map(min, rows)))
