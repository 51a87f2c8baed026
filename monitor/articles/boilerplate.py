"""Know page furniture by its words: share buttons, sign-up boxes, credits. Pure.

The patterns are data, a file a language, each bounded and anchored to the line, so
that no line of the text proper is lost to a word in its middle.
"""

import re
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
