"""Tell lines that stand beside an article from the article itself. Pure.

The patterns are data, a file a language, each bounded and anchored to the line, so
that no line of the text proper is lost to a word in its middle.
"""

import re
from collections.abc import Iterable
from functools import cache
from importlib import resources

_LONGEST = 300


@cache
def _patterns() -> re.Pattern[str]:
    """All languages together: a page's furniture is often not in its language."""
    folder = resources.files("monitor.articles") / "boilerplate"
    lines = [
        line.strip()
        for file in sorted(folder.iterdir(), key=lambda f: f.name)
        if file.name.endswith(".txt")
        for line in file.read_text("utf-8").splitlines()
    ]
    kept = [f"(?:{line})" for line in lines if line and not line.startswith("#")]
    return re.compile("|".join(kept), re.IGNORECASE)


def is_boilerplate(line: str) -> bool:
    """Whether a line is page furniture: share buttons, sign-up boxes, sources."""
    return len(line) <= _LONGEST and _patterns().fullmatch(line.strip()) is not None


def separate(text: str, titles: Iterable[str]) -> tuple[str, str]:
    """Split an extracted text into the article's lines and those beside it.

    A title repeated on top counts as beside: it is matched as title. ``titles`` are
    those of the entry, the page and its first heading.
    """
    known = [title.strip().casefold() for title in titles if title.strip()]
    body: list[str] = []
    aside: list[str] = []
    for number, line in enumerate(filter(None, map(str.strip, text.split("\n")))):
        repeated = number < 3 and _repeats(line.casefold(), known)
        (aside if repeated or is_boilerplate(line) else body).append(line)
    return "\n".join(body), "\n".join(aside)


def _repeats(line: str, titles: Iterable[str]) -> bool:
    """Whether a line is a title, or a long beginning of one ("Title | Outlet")."""
    return any(
        line == title or (len(line) >= 20 and title.startswith(line))
        for title in titles
    )
