"""Say which story an article tells. Pure.

A story is known by the words that its articles have in common, weighted by how rare they
are (TF-IDF), and fades with time. Whoever joins it folds under it and is counted; nothing
is hidden by it.
"""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from functools import cache
from importlib import resources

from monitor.models import Told, Vector
from monitor.stories.near import Segment, word_hash
from monitor.text.forms import text_keys
from monitor.text.words import fold

WINDOW = timedelta(hours=72)
"""A story that was silent for so long is over."""

_LONGER = timedelta(hours=24)
_SIGMA = timedelta(hours=72)
_THRESHOLD = 0.22
_THRESHOLD_OF_LONG = 0.35
_THRESHOLD_OF_BARE = 0.5
_BARE_TERMS, _FEW_TERMS, _SHORT_TERMS, _LONG_TERMS = 5, 10, 20, 50
_FIRST_WORDS = 200
_TITLE_WEIGHT = 2.0
_NAME_WEIGHT = 1.5
# As if so many other articles had been seen, and each term in a few of them: else the
# first articles of a story would make its own words seem common.
_UNSEEN = 1_000
_SEEN = 5
_MOST_TERMS = 60
TERMS_OF_ARTICLE = 12
TERMS_OF_STORY = 12
_FEWEST_SHARED = 2
_SHARE_OF_TERMS = 8

_YEAR = re.compile("(?:19|20)[0-9]{2}")
_OTHER_LANGUAGE_REACH = timedelta(hours=24)
_SHARED_NAMES = 2
_AGREEING = 0.5


@cache
def _common() -> frozenset[str]:
    """The words that every text of a language has, folded."""
    folder = resources.files("monitor.stories") / "common"
    return frozenset(
        fold(word)
        for file in folder.iterdir()
        if file.name.endswith(".txt")
        for word in file.read_text("utf-8").split()
    )


def features(
    title: Segment, parts: Iterable[Segment], language: str
) -> dict[int, float]:
    """The terms of an article with their weights before rarity counts."""
    counts: Counter[str] = Counter()
    for word in title.words:
        counts[word] += _TITLE_WEIGHT  # type: ignore[assignment]  # weights, not counts
    names = set(title.names) if len(title.names) < 0.6 * len(title.words) else set()
    left = _FIRST_WORDS
    for part in parts:
        words = part.words[:left]
        counts.update(words)
        names.update(part.names)
        left -= len(words)
        if left <= 0:
            break
    found: dict[int, float] = {}
    for word, count in counts.items():
        if len(word) > 1 and word not in _common():
            weight = (1 + math.log(count)) * (_NAME_WEIGHT if word in names else 1)
            term = word_hash(text_keys(word, language)[-1])
            found[term] = max(found.get(term, 0.0), weight)
    return found


def telling(figures: Iterable[str]) -> frozenset[str]:
    """The figures that may tell one event from another: no years, no single digits."""
    return frozenset(f for f in figures if len(f) > 1 and not _YEAR.fullmatch(f))


def vector(
    found: Mapping[int, float], articles: Mapping[int, int], total: int
) -> Vector:
    """An article by the rarity of its terms; ``articles`` says in how many each stands."""
    weighed = {
        term: weight * math.log((total + _UNSEEN) / (articles.get(term, 0) + _SEEN))
        for term, weight in found.items()
    }
    return _cut(weighed)


def _cut(weights: Mapping[int, float]) -> Vector:
    """The strongest terms, made of length 1."""
    strongest = dict(
        sorted(weights.items(), key=lambda one: (-one[1], one[0]))[:_MOST_TERMS]
    )
    length = math.sqrt(sum(weight**2 for weight in strongest.values()))
    return (
        {term: weight / length for term, weight in strongest.items()} if length else {}
    )


def strongest(weights: Vector, count: int) -> tuple[int, ...]:
    """The terms that say most of an article or a story."""
    ordered = sorted(weights, key=lambda term: (-weights[term], term))
    return tuple(ordered[:count])


def choose(
    own: Vector,
    language: str,
    stories: Iterable[Told],
    *,
    names: Collection[int] = (),
    figures: Collection[str] = (),
    window: timedelta = WINDOW,
) -> int | None:
    """The story that an article tells; None if it begins one.

    Two lists of a rule that name something in both ("@aleppo", "@strike") and a figure
    that both tell (16 dead) speak for the same event: half the likeness is enough then.
    A story is joined within the ``window`` after its last article, and a day longer
    after its first: what comes later is another. In another language, where words do not meet, they are all there is, for a day.
    """
    there = [
        told
        for told in stories
        if told.silence <= window and told.age <= window + _LONGER
    ]
    agreeing = [
        told
        for told in there
        if len(told.names & set(names)) >= _SHARED_NAMES and told.figures & set(figures)
    ]
    same = [told for told in there if _is_same(language, told.language)]
    scored = [(_score(own, told, agrees=told in agreeing), -told.id) for told in same]
    best, number = max(scored, default=(0.0, 0))
    if best >= needed(len(own)):
        return -number
    named = [
        (told.silence, told.id)
        for told in agreeing
        if told not in same and told.silence <= _OTHER_LANGUAGE_REACH
    ]
    return min(named)[1] if named else None


def _is_same(language: str, other: str) -> bool:
    """Whether words can meet: in one language, or where one is not known."""
    return language == other or not language or not other


def needed(terms: int) -> float:
    """How alike an article must be.

    Long texts share more by chance than short ones, and of a bare title two words in
    common say little.
    """
    if terms < _FEW_TERMS:
        part = (_FEW_TERMS - terms) / (_FEW_TERMS - _BARE_TERMS)
        return _THRESHOLD + min(1.0, part) * (_THRESHOLD_OF_BARE - _THRESHOLD)
    part = (terms - _SHORT_TERMS) / (_LONG_TERMS - _SHORT_TERMS)
    part = min(1.0, max(0.0, part))
    return _THRESHOLD + part * (_THRESHOLD_OF_LONG - _THRESHOLD)


def _score(own: Vector, told: Told, *, agrees: bool) -> float:
    """How alike an article is to a story; who agrees in names needs half of it."""
    part = _AGREEING if agrees else 1.0
    shared = [
        w * told.centroid[term] for term, w in own.items() if term in told.centroid
    ]
    if len(shared) < max(_FEWEST_SHARED, part * len(own) / _SHARE_OF_TERMS):
        return 0.0
    length = math.sqrt(sum(weight**2 for weight in told.centroid.values()))
    return sum(shared) / length / part * math.exp(-0.5 * (told.silence / _SIGMA) ** 2)


def joined(centroid: Vector, own: Vector) -> Vector:
    """A story with one more article."""
    terms = {*centroid, *own}
    summed = {t: centroid.get(t, 0.0) + own.get(t, 0.0) for t in terms}
    kept = strongest(summed, 2 * _MOST_TERMS)
    return {term: summed[term] for term in kept}
