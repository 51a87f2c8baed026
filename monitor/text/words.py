"""Find the words of a text and say which forms are the same word.

A word is a run of letters, digits and their combining marks; everything else
separates. Scripts without spaces (Han, Hiragana, Thai, Lao, Khmer, Burmese) give
one position a character, Katakana one a run. Offsets are code points in the text
as it was given, so that they can be stored and shown later.
"""

import re
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

_SINGLE = (
    "\u0e00-\u0e7f\u0e80-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3005\u3007\u3041-\u309f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_KATAKANA = "\u30a1-\u30fa\u30fc-\u30ff\uff66-\uff9f"
_INVISIBLE = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_APOSTROPHES = "'\u2019\u02bc\u2018\u201b\uff07\u02bb"
_HYPHENS = "-\u2010\u2011\u2012\u2013\ufe63\uff0d"

# Function words never take part in an open compound: "the rapist" is no "therapist".
_GRAMMAR = """
the and for are but not you all any can had her was one our out has him his how its
may new now old see two way who did get let put say she too use with from that this
have will your they been were what when than then them these into over also only some
such very just more most
"""
_FUNCTION_WORDS = frozenset(_GRAMMAR.split())

# Before an apostrophe: elided articles and pronouns of French and Italian.
_ELIDED = """
l d j m n s t c qu jusqu lorsqu puisqu quoiqu un dell all nell sull dall quest
"""
_ELISIONS = frozenset(_ELIDED.split())


class Token(NamedTuple):
    """A word, and what stands between it and the word before.

    ``gap`` is "-" for a hyphen, " " for white space alone, "" for nothing at all,
    and "." for anything else.
    """

    start: int
    end: int
    surface: str
    gap: str


@cache
def _pattern() -> re.Pattern[str]:
    """Words of every script; built once, because listing all marks takes a while."""
    marks = "".join(
        chr(c)
        for c in (*range(0x300, 0x1E00), *range(0x20D0, 0x20F1), *range(0xA66F, 0xABEE))
        if unicodedata.category(chr(c)).startswith("M")
    )
    letter = rf"(?:(?![{_SINGLE}{_KATAKANA}])[^\W_])"
    inner = rf"(?:{letter}|[{marks}{_INVISIBLE}])"
    return re.compile(
        rf"(?:[^\W\d_]\.){{2,9}}(?![^\W_])"  # dotted acronyms; unbounded it is quadratic
        rf"|{letter}{inner}*(?:[{_APOSTROPHES}]{letter}{inner}*)*"
        rf"|[{_KATAKANA}]+"
        rf"|[{_SINGLE}][{marks}]*"
    )


def tokens(text: str) -> list[Token]:
    """Cut a text into words, in order."""
    found = []
    before = 0
    for match in _pattern().finditer(text):
        start, end = match.span()
        found.append(Token(start, end, match[0], _gap(text, before, start)))
        before = end
    return found


def _gap(text: str, start: int, end: int) -> str:
    if start == end:
        return ""
    between = text[start:end]
    if between.isspace():
        return " "
    return "-" if len(between) == 1 and between in _HYPHENS else "."


_ARABIC = str.maketrans(
    {"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي", "ة": "ه", "ک": "ك"}
)
_SPELLING: dict[int, str | None] = {ord("."): None, 0x0640: None, 0x0670: None}
_SPELLING |= dict.fromkeys(range(0x064B, 0x0660))
_SPELLING |= dict.fromkeys(map(ord, _APOSTROPHES), "'")
for _first, _last in re.findall(r"(.)(?:-(.))?", _INVISIBLE):
    _SPELLING |= dict.fromkeys(range(ord(_first), ord(_last or _first) + 1))


def spelled(word: str) -> str:
    """A word as it was typed, in one spelling: case and accents stay.

    Composed, of usual width, with plain apostrophes, without the dots of acronyms,
    invisible characters and Arabic vowel signs.
    """
    if word.isascii():
        return word.replace(".", "")
    return unicodedata.normalize("NFKC", word).translate(_SPELLING)


def fold(word: str) -> str:
    """Make forms equal that differ in case, accents or width only."""
    word = spelled(word)
    if word.isascii():
        return word.lower()
    word = word.casefold().replace("ı", "i").translate(_ARABIC)
    kept = []
    base = ""
    for char in unicodedata.normalize("NFD", word):
        if not unicodedata.combining(char):
            base = _digit(char)
            kept.append(base)
        elif not _drops(base, char):
            kept.append(char)
    return sys.intern(unicodedata.normalize("NFC", "".join(kept)))


def _digit(char: str) -> str:
    return str(unicodedata.decimal(char)) if char.isdecimal() else char


def _drops(base: str, mark: str) -> bool:
    """Latin and Greek lose their marks; Cyrillic keeps й and ї, but not ё and stress."""
    if "\u0400" <= base <= "\u04ff":
        return mark in "\u0300\u0301" or (base == "е" and mark == "\u0308")
    return base < "\u0400"


@lru_cache(maxsize=8_192)
def variants(word: str) -> tuple[str, ...]:
    """The folded word first, then what is left of it without clitics.

    "Aleppo's" gives "aleppo's" and "aleppo", "l'attaque" gives "attaque" as well;
    "O'Brien" and "don't" stay one word, and "Sana'a" is "sanaa" too.
    """
    return tuple(map(fold, pieces(word)))


def pieces(word: str) -> tuple[str, ...]:
    """The same with the case and accents that dictionaries want."""
    parts = re.split(f"[{_APOSTROPHES}]", word)
    if len(parts) == 1:
        return (word,)
    raw_head, raw_tail = parts[0], "'".join(parts[1:])
    head, tail = fold(raw_head), fold(raw_tail)
    if head in _ELISIONS and len(tail) > 1:
        return (word, raw_tail)
    turkish = word[0].isupper() and parts[1].islower() and len(head) > 2
    joined = "".join(parts)
    if tail == "s":
        return (word, raw_head)
    if turkish and tail not in ("t", "re", "ve", "ll", "d", "m"):
        return (word, raw_head, joined)
    return (word, joined) if len(parts) == 2 else (word,)


def before_apostrophe(word: str) -> tuple[str, ...]:
    """What stands before the first apostrophe of a word, if it has one."""
    parts = re.split(f"[{_APOSTROPHES}]", word, maxsplit=1)
    return (parts[0],) if len(parts) > 1 and parts[0] else ()


def may_join(first: str, second: str, gap: str) -> bool:
    """Whether two neighbouring words also count as one: "air strike", "air-strike"."""
    if gap == "-":
        return True
    words = (first.lower(), second.lower())
    return gap == " " and all(
        len(w) >= 3 and w.isalpha() and w not in _FUNCTION_WORDS for w in words
    )


_SENTENCE_END = re.compile(r"(?<=[.!?…؟。！？])([\"'”’»)]*)\s+|\n+")


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """The spans of the sentences of a text; a line break always ends one."""
    start = 0
    for match in _SENTENCE_END.finditer(text):
        end = match.start() + len(match[1] or "")
        if text[start:end].strip():
            yield start, end
        start = match.end()
    if text[start:].strip():
        yield start, len(text)


_BREAK = re.compile("[\x0b\x0c\x85\u2028\u2029]")
_CONTROL = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def clean(text: str) -> str:
    """Drop control characters, bidi overrides and lone surrogates.

    They have no place in titles and texts, and PostgreSQL refuses some of them. Odd
    line breaks become usual ones, so that the words beside them stay apart.
    """
    if text.isprintable():
        return text
    return _CONTROL.sub("", _BREAK.sub("\n", text))


def one_line(text: str, limit: int) -> str:
    """A cleaned text on one line, cut to ``limit`` characters with an ellipsis."""
    text = " ".join(clean(text).split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
