"""Choose the part of an article that shows why it was found. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from monitor.models import Article, Hit
from monitor.text.words import sentences, tokens

LONGEST = 320
_GLUE = " … "
_CUT_BEFORE, _CUT_AFTER = "… ", " …"
_WORD_START = re.compile(r"(?<=\s)\S")
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Plain text, and the spans in it that the rules hit."""

    text: str
    marks: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class _Window:
    start: int
    end: int
    terms: frozenset[str]
    score: float


def excerpt(article: Article, hits: Sequence[Hit]) -> Excerpt:
    """Up to two fragments of one or two sentences that cover the most terms.

    From the body, else the summary, else beside the text; without hits the beginning.
    """
    for field in ("body", "summary", "aside"):
        text = getattr(article, field)
        spans = [h for h in hits if h.field == field]
        if spans:
            return _cut(text, _chosen(text, spans), spans)
    text = article.summary or article.body
    first = next(sentences(text), (0, 0))
    second = next((s for s in sentences(text) if s[0] > first[0]), first)
    whole = _Window(first[0], second[1], frozenset(), 0)
    return _cut(text, [whole], [])


def _chosen(text: str, hits: Sequence[Hit]) -> list[_Window]:
    windows = _windows(text, hits)
    best = max(windows, key=lambda w: w.score)
    missing = {h.term for h in hits} - best.terms
    second = [
        w
        for w in windows
        if w.terms & missing and (w.end <= best.start or w.start >= best.end)
    ]
    room = LONGEST - (best.end - best.start) - len(_GLUE)
    fitting = [w for w in second if w.end - w.start <= room]
    if not fitting:
        return [best]
    other = max(fitting, key=lambda w: len(w.terms & missing) * 10 + w.score)
    return sorted([best, other], key=lambda w: w.start)


def _windows(text: str, hits: Sequence[Hit]) -> list[_Window]:
    """Windows of one and of two sentences that hold a hit, with what they are worth."""
    spans = list(sentences(text))
    pairs = [(a[0], b[1]) for a, b in pairwise(spans)]
    found = []
    for start, end in (*spans, *pairs):
        inside = [h for h in hits if start <= h.start and h.end <= end]
        if inside:
            found.append(_worth(text, start, end, inside))
    # A hit may straddle what looks like the end of a sentence.
    first = min(hits, key=lambda h: h.start)
    return found or [_worth(text, first.start, first.end, [first])]


def _worth(text: str, start: int, end: int, inside: Sequence[Hit]) -> _Window:
    terms = frozenset(h.term for h in inside)
    score = 10.0 * len(terms) + min(2, len(inside) - len(terms))
    score += 3 * any(" " in term for term in terms)  # a whole phrase
    if start < len(text) / 5:
        score += 2
    if not 40 <= end - start <= 300:
        score -= 2
    return _Window(start, end, terms, score)


def _cut(text: str, windows: Sequence[_Window], hits: Sequence[Hit]) -> Excerpt:
    """Join the fragments, with white space folded and the marks moved along."""
    out = ""
    marks: list[Span] = []
    last_end = 0
    for window in windows:
        room = LONGEST - len(out) - (len(_GLUE) if out else 0)
        start, end = _fitted(text, window, hits, room)
        if out:
            out += " " if window.start - last_end <= 1 else _GLUE
        elif start > window.start:
            out = _CUT_BEFORE
        base = len(out)
        fragment = re.sub(r"\s", " ", text[start:end])
        marks += [
            (base + max(h.start, start) - start, base + min(h.end, end) - start)
            for h in hits
            if h.start < end and h.end > start
        ]
        out += fragment
        if end < window.end:
            out += _CUT_AFTER
        last_end = end
    return Excerpt(out, _merged(marks))


def _fitted(text: str, window: _Window, hits: Sequence[Hit], room: int) -> Span:
    """The window, cut at word borders if it is longer than there is room.

    A word that alone is longer than the room is cut all the same.
    """
    start, end = window.start, window.end
    if end - start <= room:
        return start, end
    room -= len(_CUT_BEFORE) + len(_CUT_AFTER)
    first = min((h.start for h in hits if start <= h.start < end), default=start)
    if first - start > room // 2:
        word = _WORD_START.search(text, first - room // 3, first)
        start = word.start() if word else first
    limit = start + room
    # What stands behind the limit shows which word it goes through.
    ends = [start + word.end for word in tokens(text[start : limit + 40])]
    return start, max((e for e in ends if first < e <= limit), default=limit)


def _merged(marks: Sequence[Span]) -> tuple[Span, ...]:
    """Overlapping marks become one, in order."""
    out: list[Span] = []
    for start, end in sorted(set(marks)):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return tuple(out)


def title_marks(hits: Sequence[Hit]) -> tuple[Span, ...]:
    """The spans of a title that the rules hit."""
    return _merged([(h.start, h.end) for h in hits if h.field == "title"])
