"""Up to which match nothing is left to tell somebody, so that it is not looked at again.

What is due is found by absence, and after half a year a busy rule has a hundred thousand
matches that were told long ago: see decision 28.
"""

from collections.abc import Sequence

from monitor.models import DueMatch
from monitor.storage.database import Transaction

# So many of the newest matches are always looked at: more than can be made while one
# node's commit is on its way.
UNSETTLED = 10_000
_STEP = 1_000


def settled_to(tx: Transaction, subscriber: str) -> int:
    """The match up to which nothing is left to tell a subscriber; 0 if none is known."""
    row = tx.one(
        "SELECT settled_to FROM subscriber WHERE name = :subscriber",
        subscriber=subscriber,
    )
    return int(row["settled_to"]) if row else 0


def note_settled(tx: Transaction, subscriber: str, due: Sequence[DueMatch]) -> None:
    """Remember up to which match nothing is left to tell, now that ``due`` is known.

    What is muted or ineligible counts as settled: whoever changes that calls
    :func:`look_again`.
    """
    settled = floor(_newest(tx), due[0].match_id if due else None)
    if settled >= settled_to(tx, subscriber) + _STEP:
        tx.run(
            "UPDATE subscriber SET settled_to = :settled WHERE name = :subscriber",
            settled=settled,
            subscriber=subscriber,
        )


def look_again(tx: Transaction) -> None:
    """Let every kept match be looked at once more, for each subscriber."""
    tx.run("UPDATE subscriber SET settled_to = 0 WHERE settled_to > 0")


def matches_went(tx: Transaction) -> None:
    """Matches were forgotten; SQLite gives the ids of the newest ones anew."""
    tx.run(
        "UPDATE subscriber SET settled_to = 0 WHERE settled_to > :newest",
        newest=_newest(tx),
    )


def floor(newest: int, first: int | None) -> int:
    """The match up to which all is settled, if ``first`` is the first that is due."""
    return newest - UNSETTLED if first is None else min(newest - UNSETTLED, first - 1)


def _newest(tx: Transaction) -> int:
    row = tx.one("SELECT MAX(id) AS id FROM rule_match")
    return int(row["id"] or 0) if row else 0
