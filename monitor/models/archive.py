"""What is asked of the archive, and what it answers."""

from dataclasses import dataclass
from datetime import datetime

from monitor.models.articles import Article


@dataclass(frozen=True, slots=True)
class WordKey:
    """One key of a word stands in the article; ``begins``: a key begins with it."""

    text: str
    begins: bool = False


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part is met."""

    parts: tuple["Wanted", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part is met."""

    parts: tuple["Wanted", ...]


Wanted = WordKey | AllOf | AnyOf
"""Which word keys an article must have to be worth a closer look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """An article of the archive: the last reading of its entry.

    ``number`` says how far a search has come; ``group`` and ``story`` are the public
    names of its copies and of what is told about it.
    """

    number: int
    entry_id: int
    first_seen: datetime
    group: str
    story: str
    article: Article


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCount:
    """How often a rule was met: articles, their stories, and matches that were told.

    ``settled`` are the articles that met it so long ago that they should be told.
    """

    rule: str
    articles: int
    stories: int
    settled: int
    told: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """How many articles met both of two rules."""

    first: str
    second: str
    articles: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedCount:
    """How many articles of a feed were read, and how many of them met a rule."""

    feed: str
    articles: int
    met: int
