"""What copies are recognised by."""

from dataclasses import dataclass


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
