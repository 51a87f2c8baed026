"""The words of articles, as each database's own full-text index holds them.

Both are handed finished keys, and neither cuts or changes words: which forms are the
same word is not theirs to say.
"""

import re
from collections.abc import Collection

from monitor.models import AnyOf, Wanted, WordKey
from monitor.storage.database import Transaction

# PostgreSQL takes a megabyte an article and two kilobytes a word.
_MOST_BYTES = 500_000
_LONGEST_KEY = 64
_UNSAFE = re.compile(r"[^\w~]")


def add_words(tx: Transaction, article_id: int, keys: Collection[str]) -> None:
    """File an article under its word keys; a monstrous one under its first."""
    tx.run(
        """
        INSERT INTO article_words (rowid, words)
        VALUES (:article_id, /*vector(*/ :words /*)*/)
        """,
        article_id=article_id,
        words=_bounded(" ".join(sorted({_safe(key) for key in keys} - {""}))),
    )


def _bounded(words: str) -> str:
    """The words that fit, none of them cut."""
    if len(words.encode()) <= _MOST_BYTES:
        return words
    return words.encode()[:_MOST_BYTES].decode("utf-8", "ignore").rpartition(" ")[0]


def _safe(key: str) -> str:
    """A key without what has a meaning in a query; those of rules and texts alike."""
    return _UNSAFE.sub("_", key)[:_LONGEST_KEY]


def fts5(wanted: Wanted) -> str:
    """What is wanted as SQLite asks for it."""
    if isinstance(wanted, WordKey):
        return f'"{_safe(wanted.text)}"' + ("*" if wanted.begins else "")
    sign = " OR " if isinstance(wanted, AnyOf) else " AND "
    return f"({sign.join(map(fts5, wanted.parts))})"


def tsquery(wanted: Wanted) -> str:
    """What is wanted as PostgreSQL asks for it."""
    if isinstance(wanted, WordKey):
        return f"'{_safe(wanted.text)}'" + (":*" if wanted.begins else "")
    sign = " | " if isinstance(wanted, AnyOf) else " & "
    return f"({sign.join(map(tsquery, wanted.parts))})"
