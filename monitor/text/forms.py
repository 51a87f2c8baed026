"""Say which forms are the same word, in the languages we know.

"Lemma, else stem", and asymmetric: a text word is reduced to a stem only when the
dictionary does not know it, a rule word always. So "Houthi" finds "Houthis", while
"authorities" is never cut down to "author". Where the dictionary is thin (Persian,
Ukrainian) or missing (Arabic), small tables of endings and clitics help.
"""

import re
from collections.abc import Collection, Iterator
from functools import cache, lru_cache

from monitor.text.words import fold, pieces, spelled, variants

LANGUAGES = {
    "ar": "arabic", "cs": "czech", "da": "danish", "de": "german", "en": "english",
    "es": "spanish", "fa": "", "fi": "finnish", "fr": "french", "hu": "hungarian",
    "it": "italian", "nb": "norwegian", "nl": "dutch", "pl": "polish",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sv": "swedish",
    "tr": "turkish", "uk": "",
}  # fmt: skip
"""Languages with inflection, and the name of their Snowball stemmer, if it has one."""

_WITHOUT_DICTIONARY = frozenset(("ar",))

# The dictionary takes these for pieces of "don't", "can't" and "gonna", and for "we".
_OWN_FORM = frozenset(("don", "ca", "na", "gon", "wan", "ll", "ve", "us"))

# Conjunctions, prepositions and the article that Arabic writes together with a word,
# and endings of number, gender and possession; of folded forms (ة is ه, أ is ا).
_ARABIC_FRONT = re.compile("^(?:[وف]?(?:[بك]?ال|لل)|[وف]?[بلك]|[وف])(?=.{3})")
_ARABIC_BACK = re.compile(
    "(?<=.{3})(?:هما|تين|تان|كم|هم|هن|نا|ها|ات|ون|ين|ان|ته|تي|ه|ي)$"
)
# Plurals, the indefinite and the link to what follows.
_PERSIAN_BACK = ("هايي", "هاي", "ها", "ان", "ات", "اي", "ي")
_UKRAINIAN_BACK = re.compile(
    "(?<=.{4})(?:ами|ями|ові|еві|єві|ого|ому|ої|ою|ею|єю|ах|ях|ам|ям|ом|ем|єм|ів|їв|ей"  # noqa: RUF001 - Ukrainian
    "|ий|им|их|а|я|у|ю|и|і|ї|е|є|о|ь)$"  # noqa: RUF001 - Ukrainian
)


def _arabic(word: str) -> Iterator[str]:
    """A folded word without what is written together with it, one thing at a time."""
    bare = {word}
    for _ in range(2):
        bare |= {_ARABIC_FRONT.sub("", form) for form in bare}
    yield from bare
    yield from (_ARABIC_BACK.sub("", form) for form in bare)


def _persian(word: str) -> Iterator[str]:
    for ending in _PERSIAN_BACK:
        if word.endswith(ending) and len(word) - len(ending) > 1:
            yield word.removesuffix(ending)


def _ukrainian(word: str) -> Iterator[str]:
    yield "~" + _UKRAINIAN_BACK.sub("", word)


_TABLES = {"ar": _arabic, "fa": _persian, "uk": _ukrainian}


class Analyser:
    """Which dictionary form, stems and bare forms a word of one language has.

    Loading a language takes about 0.1 s and some MB, so it is done when the first
    text in it comes.
    """

    def __init__(self, language: str) -> None:
        import Stemmer
        from simplemma.strategies import DictionaryLookupStrategy
        from simplemma.strategies.dictionaries import StreamDictionaryFactory

        self._language = language
        self._dictionary = DictionaryLookupStrategy(StreamDictionaryFactory())
        name = LANGUAGES[language]
        self._stemmer = Stemmer.Stemmer(name) if name else None
        self._table = _TABLES.get(language)

    def _lemma(self, word: str) -> str | None:
        folded = fold(word)
        if self._language == "en" and folded in _OWN_FORM:
            return folded
        if self._language in _WITHOUT_DICTIONARY:
            return None
        found = self._dictionary.get_lemma(spelled(word), self._language)
        return None if found is None else fold(found)

    def lemma(self, word: str) -> str:
        """The dictionary form of a word, as the dictionary writes it; else the word."""
        found = self._dictionary.get_lemma(spelled(word), self._language)
        return spelled(word) if found is None else found

    def _stems(self, *words: str) -> Iterator[str]:
        if self._stemmer:
            for word in dict.fromkeys(spelled(w).lower() for w in words):
                yield "~" + fold(self._stemmer.stemWord(word))

    def _bare(self, word: str) -> Iterator[str]:
        return self._table(fold(word)) if self._table else iter(())

    def text_keys(self, word: str) -> tuple[str, ...]:
        """The keys of a word in a text: a stem only for words nobody knows."""
        keys: list[str] = []
        for piece in pieces(word):
            lemma = self._lemma(piece)
            keys.append(fold(piece))
            if lemma:
                keys.append(lemma)
            else:
                keys += (*self._stems(piece, fold(piece)), *self._bare(piece))
        return tuple(dict.fromkeys(keys))

    def rule_keys(self, word: str) -> tuple[str, ...]:
        """The keys of a word in a rule: folded, dictionary form, and all stems."""
        folded = fold(word)
        lemma = self._lemma(word) or folded
        stems = self._stems(word, folded, lemma)
        return tuple(dict.fromkeys((folded, lemma, *stems, *self._bare(word))))


_load = cache(Analyser)


def analyser(language: str) -> Analyser | None:
    """The analyser of a language tag such as "en" or "en-GB"; None if we have none."""
    primary = language.partition("-")[0].lower()
    primary = "nb" if primary == "no" else primary
    return _load(primary) if primary in LANGUAGES else None


_DIGIT = re.compile(r"\d")


def text_keys(word: str, language: str) -> tuple[str, ...]:
    """The keys under which a word of a text is looked up; the folded form is first."""
    # Numbers and the marks of addresses hardly ever come again, and have no end.
    is_known = word.isalpha() or not _DIGIT.search(word)
    return (_known_text_keys if is_known else _text_keys)(word, language)


def _text_keys(word: str, language: str) -> tuple[str, ...]:
    found = analyser(language)
    return found.text_keys(word) if found else variants(word)


# A word is 0.7 kB. Few words make up most of a text: these are nine of ten in news of
# two or three languages, and those that are looked up again cost some microseconds.
_known_text_keys = lru_cache(maxsize=16_384)(_text_keys)


def rule_keys(word: str, language: str) -> tuple[str, ...]:
    """The keys under which a word of a rule waits; they match when two sets meet."""
    found = analyser(language)
    return found.rule_keys(word) if found else variants(word)[:1]


def other_forms(words: Collection[str], language: str) -> dict[str, tuple[str, ...]]:
    """In which other forms of the dictionary words of a rule are found, for people.

    Words that it does not have are found by their stems, so there may be more.
    """
    from simplemma.strategies.dictionaries import DefaultDictionaryFactory

    found: dict[str, dict[str, str]] = {word: {} for word in words}
    language = language.partition("-")[0].lower()
    known = analyser(language)
    if known and language not in _WITHOUT_DICTIONARY:
        by_lemma: dict[str, list[str]] = {}
        for word in words:
            for lemma in {known.lemma(word), spelled(word)}:
                by_lemma.setdefault(lemma, []).append(word)
        dictionary = DefaultDictionaryFactory().get_dictionary(language)
        for form, lemma in dictionary.items():
            for word in by_lemma.get(lemma, ()):
                found[word].setdefault(fold(form), form)
    return {
        word: tuple(f for key, f in sorted(forms.items()) if key != fold(word))
        for word, forms in found.items()
    }
