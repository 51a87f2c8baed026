"""Say whether a feed carries whole articles, so that pages need not be asked for. Pure."""

import re
import zlib

FEWEST_AGREEMENTS = 3
"""So many pages in a row that said no more than the feed."""

_LEAST_LENGTH = 1_000
_LEAST_PARAGRAPHS = 3
_MOST_APART = 1.25
_ONE_IN = 50
_LAST_LINES = 3
_SENTENCE_END = re.compile(r"[.!?。！？؟۔।][\"'”’»)\]]{0,3}$")  # noqa: RUF001 - other scripts' full stops
_CUT = re.compile(
    r"(?:…|\.\.\.|\[…\]|\[\.\.\.\]|\[&hellip;\])\W{0,3}$"
    r"|\b(?:read more|continue reading|keep reading|read the (?:full|whole|rest)"
    r"|weiterlesen|mehr lesen|lire la suite|leer más|seguir leyendo|leia mais"
    r"|continua a leggere|leggi tutto|lees verder|devamını oku|читать далее"
    r"|читати далі)\b|اقرأ المزيد",
    re.IGNORECASE,
)


def is_complete(content: str) -> bool:
    """Whether what a feed gives of an article looks like all of it."""
    lines = [line.strip() for line in content.split("\n") if line.strip()]
    if len(content) < _LEAST_LENGTH or len(lines) < _LEAST_PARAGRAPHS:
        return False
    end = lines[-_LAST_LINES:]
    return not any(map(_CUT.search, end)) and any(map(_SENTENCE_END.search, end))


def agree(content: str, body: str) -> bool:
    """Whether a page says about as much as its feed did."""
    short, long = sorted((len(content), len(body)))
    return short > 0 and long <= _MOST_APART * short


def is_page_needed(content: str, agreements: int, name: str) -> bool:
    """Whether an entry's page is worth a request.

    Not where a feed gives whole articles, as so many of its pages in a row showed; one
    in fifty is asked for even then, chosen by the ``name`` of the entry.
    """
    if agreements < FEWEST_AGREEMENTS or not is_complete(content):
        return True
    return zlib.crc32(name.encode("utf-8", "replace")) % _ONE_IN == 0
