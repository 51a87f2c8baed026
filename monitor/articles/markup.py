"""Bound the HTML of a stranger before a parser sees it. Pure.

libxml2 holds a tag with ninety thousand attributes for fifteen seconds, and drops text
below too many elements silently. Everything here takes linear time.
"""

import re
from itertools import islice

MAX_CHARACTERS = 2 << 20
_MOST_ELEMENTS = 50_000

_ELEMENT = re.compile(r"<[a-zA-Z]")
_HUGE_TAG = re.compile(r"<([a-zA-Z][\w:-]{0,40})[^<>]{65536,}")
_SKIPPED = re.compile(r"<!--|<(script|style|svg)\b([^>]{0,2000})", re.IGNORECASE)
_ENDS = {
    "": re.compile("-->"),
    "script": re.compile(r"</script\b[^>]{0,100}>", re.IGNORECASE),
    "style": re.compile(r"</style\b[^>]{0,100}>", re.IGNORECASE),
    "svg": re.compile(r"</svg\b[^>]{0,100}>", re.IGNORECASE),
}
_DATA = re.compile(r"ld\+json", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,2000}>")


def bounded(html: str) -> tuple[str, bool]:
    """A page that a parser can be trusted with, and whether it had to be cut.

    Scripts (but structured data), styles, drawings and comments are taken out, tags of
    more than 64 KB lose their attributes, and what follows the 50,000th element or the
    two millionth character is left away.
    """
    text = _HUGE_TAG.sub(r"<\1", _stripped(html))
    cut = len(text) > MAX_CHARACTERS
    text = text[:MAX_CHARACTERS]
    last = next(islice(_ELEMENT.finditer(text), _MOST_ELEMENTS, None), None)
    return (text[: last.start()], True) if last else (text, cut)


def _stripped(html: str) -> str:
    kept = []
    at = 0
    missing: set[str] = set()
    for found in _SKIPPED.finditer(html):
        kind = (found[1] or "").lower()
        if found.start() < at or kind in missing:
            continue
        if kind == "script" and _DATA.search(found[2]):
            continue
        end = _ENDS[kind].search(html, found.end())
        if end is None:
            missing.add(kind)  # nor does a later one end; looking again is quadratic
            continue
        kept.append(html[at : found.start()])
        at = end.end()
    kept.append(html[at:])
    return " ".join(kept)


def plain_text(html: str) -> str:
    """The text of a page without its tags, for where a parser gives nothing."""
    return " ".join(_TAG.sub(" ", _stripped(html)).split())
