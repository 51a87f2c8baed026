"""What copies and stories are recognised by."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

Vector = Mapping[int, float]
"""Weights of terms, by the hash of the term."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """A text for comparing: some of its shingles in their order, keys, facts.

    ``hashes`` have 32 bits and ``keys`` 61; ``title``, ``figures`` and ``names`` are
    folded words.
    """

    hashes: tuple[int, ...]
    keys: tuple[int, ...]
    title: frozenset[str]
    figures: frozenset[str]
    names: frozenset[str]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A story so far; ``centroid`` is the sum of its articles' vectors.

    ``names`` are the lists of rules that its articles named something of, ``figures``
    the numbers that they tell, years left out.
    """

    id: int
    language: str
    centroid: Vector
    names: frozenset[int]
    figures: frozenset[str]
    age: timedelta
    silence: timedelta
