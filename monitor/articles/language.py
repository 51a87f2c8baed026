"""Which language a text is in; runs in a worker process.

The model takes 70 MB, so it is asked only when neither the configuration nor the
feed nor the page says anything.
"""

import re

_SHORTEST = 20


def detect(text: str) -> str:
    """The language as a two-letter code; "" for a text too short to tell."""
    if len(text) < _SHORTEST:
        return ""
    import py3langid

    return str(py3langid.classify(text[:3_000])[0])


def primary(tag: str) -> str:
    """The primary part of a language tag, lower case: "en" of "en-GB"; "" for junk."""
    match = re.match(r"\s*([A-Za-z]{2,3})(?![A-Za-z])", tag)
    return match[1].lower() if match else ""
