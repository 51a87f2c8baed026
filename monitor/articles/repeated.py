"""Find the lines that an outlet puts into many of its articles. Pure.

A line that stood in two other articles of the feed is furniture, unless so much of the
text repeats that the article itself does.
"""

import hashlib
from collections.abc import Collection
from dataclasses import replace

from monitor.articles.lines import normal
from monitor.models import Article, PageState

SHORTEST = 40
"""Shorter lines repeat by chance."""

_MOST_REPEATED = 0.35
_MOST_LINES = 1_000


def line_hash(line: str) -> int:
    """A line as 63 bits, whatever its case and punctuation."""
    digest = hashlib.blake2b(normal(line).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def long_lines(body: str) -> dict[int, str]:
    """The lines of a text that can tell, by their hashes."""
    lines = [line for line in body.split("\n") if len(line) >= SHORTEST]
    return {line_hash(line): line for line in lines[:_MOST_LINES]}


def set_aside(article: Article, repeated: Collection[int]) -> Article:
    """The article with its repeated lines beside the text."""
    lines = article.body.split("\n")
    again = [
        line for line in lines if len(line) >= SHORTEST and line_hash(line) in repeated
    ]
    size = sum(map(len, again))
    if not again or size > _MOST_REPEATED * sum(map(len, lines)):
        return article
    kept = [line for line in lines if line not in again]
    return replace(
        article,
        body="\n".join(kept),
        aside="\n".join(filter(None, (article.aside, *again))),
    )


def is_whole(body: str, repeated: Collection[int]) -> bool:
    """Whether all of a text repeats, as that of a wall before every article does."""
    lines = long_lines(body)
    return bool(lines) and lines.keys() <= set(repeated)


def as_wall(article: Article) -> Article:
    """An article whose page was not its own: the text stands beside it."""
    return replace(
        article,
        state=PageState.WALL,
        body="",
        aside="\n".join(filter(None, (article.body, article.aside))),
    )
