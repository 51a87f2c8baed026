"""Say which words an article must hold to be worth a closer look. Pure.

The archive is asked for these words, and the engine then judges what it gives. So what
is asked for here may be too much, but never too little.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cache

from monitor.models import AllOf, AnyOf, Article, Wanted, WordKey
from monitor.rules.index import Chance, Index
from monitor.rules.vocabulary import Reading
from monitor.text.forms import text_keys
from monitor.text.words import before_apostrophe

MOST_KEYS = 5_000
"""Asking for more costs more than looking at every article."""

# The rest of a compound may be inflected, but a shorter one would fit half the words.
_SHORTEST_BEGINNING = 3


def word_keys(article: Article) -> frozenset[str]:
    """The keys of all words of an article, what is known about it included."""
    reading = Reading(article)
    surfaces = {word.surface for words in reading.words.values() for word in words}
    # A part of a compound may have an ending that only the whole compound loses.
    parts = {part for word in surfaces for part in before_apostrophe(word)}
    return frozenset(
        key for word in surfaces | parts for key in text_keys(word, article.language)
    )


def narrow(
    index: Index, names: Iterable[str], languages: Collection[str]
) -> Wanted | None:
    """What an article in one of the languages has if it meets one of the rules.

    None means that words do not tell: every article has to be looked at.
    """

    @cache
    def single(number: int) -> Wanted | None:
        return _single(index, number, languages)

    trees = {index.rules[name].tree for name in names}
    found = [_of_chance(index.chance(tree), single) for tree in trees]
    wanted = _any(found)
    return None if wanted and _size(wanted) > MOST_KEYS else wanted


def _of_chance(chance: Chance, single: Callable[[int], Wanted | None]) -> Wanted | None:
    """Where several of a set are needed, one of them is asked for."""
    some = [_any([single(n) for n in sorted(singles)]) for _, singles in chance.some]
    groups = [
        _any([_of_chance(one, single) for one in chances])
        for _, chances in chance.groups
    ]
    needed = [single(number) for number in sorted(chance.needed)]
    found = tuple(one for one in (*needed, *some, *groups) if one)
    return AllOf(found) if len(found) > 1 else next(iter(found), None)


def _any(found: Collection[Wanted | None]) -> Wanted | None:
    """One of several; None if one of them may be anything."""
    known = tuple(dict.fromkeys(one for one in found if one))
    if not known or len(known) < len(set(found)):
        return None
    return AnyOf(known) if len(known) > 1 else known[0]


def _single(index: Index, number: int, languages: Collection[str]) -> Wanted | None:
    vocabulary = index.vocabulary
    if vocabulary.is_wild(number):
        pattern = vocabulary.word(number)
        start = pattern[: min(at for at, c in enumerate(pattern) if c in "*?")]
        return WordKey(start, begins=True) if start else None
    keys = {key: None for one in languages for key in vocabulary.keys(number, one)}
    bare = {key.removeprefix("~"): None for key in keys}
    halves = (half for key in bare for half in _halves(key))
    return _any([*map(WordKey, keys), *halves])


def _halves(word: str) -> Iterator[Wanted]:
    """The two words that a compound may be written as."""
    for at in range(1, len(word)):
        first, rest = word[:at], word[at:]
        begins = len(rest) >= _SHORTEST_BEGINNING
        yield AllOf((WordKey(first), WordKey(rest, begins=begins)))


def _size(wanted: Wanted) -> int:
    return 1 if isinstance(wanted, WordKey) else sum(map(_size, wanted.parts))
