"""Every distinct word of all rules, and where they stand in an article. Pure.

A dictionary leads from the keys of a word in a text to the words of rules that wait
for it, so that reading an article costs one look-up a word, however many rules there
are.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from monitor.models import Article, Via
from monitor.rules.tree import Leaf, Wildcard
from monitor.text.forms import rule_keys, text_keys
from monitor.text.words import Token, fold, may_join, spelled, tokens, variants

MAIN_FIELDS = ("title", "summary", "body")
ALL_FIELDS = (*MAIN_FIELDS, "aside")
_MOST_SEEN = 8_192
# No article says a word so often; a hostile one must not make NEAR and phrases slow.
_MOST_SPOTS = 1_000
_EDGE = 3

Way = tuple[int, ...]
"""The singles that stand in a row where a term is found."""


_Seen = tuple[str, tuple[tuple[int, Via], ...]]
"""A word of a text, folded, and the singles that it is."""


class Single(NamedTuple):
    """One word of a rule: as typed, inflected, or with wildcards."""

    text: str
    exact: bool = False
    wild: bool = False


@dataclass(slots=True)
class _Lexicon:
    """All singles as one language sees them."""

    language: str
    waiting: dict[str, list[int]]
    beginnings: set[str]
    wild: dict[str, list[int]]
    seen: dict[str, _Seen] = field(default_factory=dict)


class Reading:
    """An article as the rules see it: its words, and where singles stand.

    ``places`` keeps where terms were found that several rules share.
    """

    def __init__(self, article: Article) -> None:
        self.article = article
        self.text = {name: getattr(article, name) for name in ALL_FIELDS} | {
            "source": article.source,
            "feed": article.feed,
            "tag": "\n".join(article.tags),
            "author": article.author,
            "lang": article.language.partition("-")[0],
            "url": article.final_url or article.url,
            "origin": article.origin,
        }
        self.words = {name: tokens(text) for name, text in self.text.items()}
        self.words["tag"] = _apart(article.tags)
        self.spots: dict[int, list[tuple[str, int, int, Via]]] = defaultdict(list)
        self.places: dict[tuple[int, Sequence[str]], list[Any]] = {}


def _apart(tags: Sequence[str]) -> list[Token]:
    """The words of several tags, with something between that no phrase spans."""
    found: list[Token] = []
    start = 0
    for tag in tags:
        found += [
            Token(start + w.start, start + w.end, w.surface, w.gap) for w in tokens(tag)
        ]
        start += len(tag) + 1
        found.append(Token(start - 1, start, "\0", "."))
    return found


class Vocabulary:
    """The singles of all rules; made once, and then only read."""

    def __init__(self) -> None:
        self._numbers: dict[Single, int] = {}
        self._singles: list[Single] = []
        self._ways: dict[int, tuple[Leaf, tuple[Way, ...]]] = {}
        self._lexicons: dict[str, _Lexicon] = {}

    def ways(self, leaf: Leaf) -> tuple[Way, ...]:
        """The ways to find a term: its words in a row, or two of them as one word."""
        # By identity: rules share their terms, and hashing one costs more than this.
        known = self._ways.get(id(leaf))
        if known is None:
            known = self._ways[id(leaf)] = (leaf, tuple(self._found(leaf)))
        return known[1]

    def word(self, single: int) -> str:
        """A single, folded."""
        return fold(self._singles[single].text)

    def is_wild(self, single: int) -> bool:
        """Whether a single has wildcards."""
        return self._singles[single].wild

    def keys(self, single: int, language: str) -> tuple[str, ...]:
        """The keys under which a single without wildcards waits for words of a text."""
        typed = self._singles[single]
        if typed.exact:
            return (fold(typed.text),)
        return rule_keys(typed.text, language)

    def _found(self, leaf: Leaf) -> Iterator[Way]:
        if isinstance(leaf, Wildcard):
            yield (self._number(Single(leaf.text, wild=True)),)
            return
        words = tokens(leaf.text)
        yield tuple(self._number(Single(w.surface, exact=leaf.exact)) for w in words)
        if len(words) == 2 and _closes(words):
            joined = words[0].surface + words[1].surface
            yield (self._number(Single(joined, exact=leaf.exact)),)

    def _number(self, single: Single) -> int:
        if single not in self._numbers:
            self._numbers[single] = len(self._singles)
            self._singles.append(single)
        return self._numbers[single]

    def knows(self, language: str) -> bool:
        """Whether a language was learned already."""
        return _primary(language) in self._lexicons

    def learn(self, language: str) -> None:
        """Make the words ready for a language; a second for ten thousand rules.

        May run in a thread beside readers of other languages.
        """
        self._lexicon(language)

    def read(self, article: Article) -> Reading:
        """Find every single of the rules in an article, in one pass."""
        lexicon = self._lexicon(article.language)
        reading = Reading(article)
        for name, words in reading.words.items():
            taken: Counter[int] = Counter()
            before = ""
            for at, word in enumerate(words):
                folded, singles = self._look_up(lexicon, word.surface)
                for single, via in singles:
                    taken[single] += 1
                    if taken[single] <= _MOST_SPOTS:
                        reading.spots[single].append((name, at, at + 1, via))
                # Most pairs are the beginning of no word of a rule.
                if at and before + folded[:1] in lexicon.beginnings:
                    self._join(lexicon, reading, name, at - 1)
                before = folded
        return reading

    def _join(self, lexicon: _Lexicon, reading: Reading, name: str, at: int) -> None:
        first, second = reading.words[name][at : at + 2]
        if not may_join(first.surface, second.surface, second.gap):
            return
        for single, _ in self._look_up(lexicon, first.surface + second.surface)[1]:
            if not self._singles[single].wild:
                reading.spots[single].append((name, at, at + 2, Via.COMPOUND))

    def _look_up(self, lexicon: _Lexicon, surface: str) -> _Seen:
        found = lexicon.seen.get(surface)
        if found is None:
            found = (fold(surface), self._find(lexicon, surface))
            if len(lexicon.seen) > _MOST_SEEN:
                lexicon.seen.clear()
            lexicon.seen[surface] = found
        return found

    def _find(self, lexicon: _Lexicon, surface: str) -> tuple[tuple[int, Via], ...]:
        keys = text_keys(surface, lexicon.language)
        found: dict[int, Via] = {}
        for key in keys:
            for number in lexicon.waiting.get(key, ()):
                single = self._singles[number]
                if not single.exact or _as_typed(single.text, surface):
                    found[number] = _via(single.text, surface)
        for number in _wild(lexicon, fold(surface)):
            if glob(fold(self._singles[number].text), fold(surface)):
                found[number] = Via.WILDCARD
        return tuple(found.items())

    def _lexicon(self, language: str) -> _Lexicon:
        language = _primary(language)
        if language not in self._lexicons:
            waiting: dict[str, list[int]] = defaultdict(list)
            beginnings: set[str] = set()
            wild: dict[str, list[int]] = defaultdict(list)
            for number, single in enumerate(self._singles):
                if single.wild:
                    wild[_edge(fold(single.text))].append(number)
                    continue
                for key in self.keys(number, language):
                    waiting[key].append(number)
                word = fold(single.text)
                beginnings.update(word[:n] for n in range(2, len(word) + 1))
            self._lexicons[language] = _Lexicon(
                language, dict(waiting), beginnings, dict(wild)
            )
        return self._lexicons[language]


def _primary(language: str) -> str:
    return language.partition("-")[0].lower()


def _edge(pattern: str) -> str:
    """By what wildcards are looked up: the letters at one end, if there are enough."""
    start = pattern[:_EDGE]
    if len(start) == _EDGE and not set(start) & {"*", "?"}:
        return f"{start}*"
    end = pattern[-_EDGE:]
    return f"*{end}" if not set(end) & {"*", "?"} else "*"


def _wild(lexicon: _Lexicon, word: str) -> Iterator[int]:
    if lexicon.wild:
        for key in (f"{word[:_EDGE]}*", f"*{word[-_EDGE:]}", "*"):
            yield from lexicon.wild.get(key, ())


def glob(pattern: str, word: str) -> bool:
    """Whether a word fits: ``*`` is any letters, ``?`` one; linear but for the stars."""
    at = start = 0
    star, mark = -1, 0
    while at < len(word):
        if start < len(pattern) and pattern[start] in ("?", word[at]):
            at, start = at + 1, start + 1
        elif start < len(pattern) and pattern[start] == "*":
            star, mark = start, at
            start += 1
        elif star >= 0:
            mark += 1
            at, start = mark, star + 1
        else:
            return False
    return not pattern[start:].strip("*")


def _closes(words: Sequence[Token]) -> bool:
    return may_join(words[0].surface, words[1].surface, words[1].gap)


def _via(typed: str, surface: str) -> Via:
    forms = variants(surface)
    if fold(typed) == forms[0]:
        return Via.EXACT
    return Via.CLITIC if fold(typed) in forms else Via.INFLECTION


def _as_typed(typed: str, surface: str) -> bool:
    """Capitals and accents that were typed are required; plain letters take any."""
    typed, surface = spelled(typed), spelled(surface)
    return len(typed) == len(surface) and all(
        s == t or (t.isascii() and not t.isupper() and fold(s) == t)
        for t, s in zip(typed, surface, strict=True)
    )
