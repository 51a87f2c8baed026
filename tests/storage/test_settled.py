"""What was settled long ago is not looked at again, and nothing else is passed over."""

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from monitor.models import DueMatch
from monitor.storage import digests, people, settled, story_lists, upkeep
from monitor.storage.database import Transaction
from monitor.storage.settled import UNSETTLED
from monitor.storage.upkeep import Mark
from tests.conftest import NOON, Caller
from tests.storage.builders import (
    add_entry,
    add_feed,
    follow,
    later,
    read,
    tell,
    telling,
)


def due(tx: Transaction, name: str = "desk") -> list[DueMatch]:
    found = digests.due_matches(tx, name, "story")
    settled.note_settled(tx, name, found)
    return found


def file(tx: Transaction, guid: str, at: datetime = NOON) -> int:
    """An article that meets the rule; the entry's id."""
    entry_id = add_entry(tx, add_feed(tx), guid, at=at)
    read(tx, entry_id, keys=[("url", f"bbc.com/{guid}")], words=["aleppo"])
    return entry_id


def number(tx: Transaction, entry_id: int, match_id: int) -> None:
    """Give the match of an entry another id, as if so many had come before."""
    values = {"new": match_id, "entry": entry_id}
    tx.run("UPDATE rule_match SET id = :new WHERE entry_id = :entry", **values)


def story_of(tx: Transaction, entry_id: int) -> int:
    line = story_lists.find_story(tx, f"story{entry_id}")
    assert line is not None
    return line.id


def tell_all(tx: Transaction) -> None:
    tell(tx, [telling([one]) for one in digests.due_matches(tx, "desk", "story")])


def busy(call: Caller) -> int:
    """A subscriber with a match that was told, and a new one long after it."""
    call(follow)
    first = call(file, "g1")
    call(tell_all)
    call(number, call(file, "g2"), UNSETTLED + 5_000)
    return first


def test_what_was_told_long_ago_is_not_looked_at_again(call: Caller) -> None:
    busy(call)

    (found,) = call(due)

    assert found.match_id == UNSETTLED + 5_000
    assert call(settled.settled_to, "desk") == 5_000
    assert call(due) == [found]


def test_what_is_not_told_yet_is_looked_at_until_it_is(call: Caller) -> None:
    call(follow)
    call(file, "g1")
    call(number, call(file, "g2"), UNSETTLED + 5_000)

    assert len(call(due)) == 2
    assert len(call(due)) == 2


def test_a_commit_that_comes_late_is_seen(call: Caller) -> None:
    busy(call)
    call(due)

    call(number, call(file, "late"), 5_001)

    assert [one.match_id for one in call(due)] == [5_001, UNSETTLED + 5_000]


def test_a_story_that_is_heard_again_is_due_again(call: Caller) -> None:
    call(follow)
    entry_id = call(file, "g1")
    story = call(story_of, entry_id)
    call(story_lists.mute_story, story, NOON)
    call(number, call(file, "g2"), UNSETTLED + 5_000)
    quiet = len(call(due))

    call(story_lists.mute_story, story, None)

    assert (quiet, len(call(due))) == (1, 2)


def test_a_story_that_somebody_hears_again_is_due_for_them(call: Caller) -> None:
    call(follow)
    entry_id = call(file, "g1")
    story = call(story_of, entry_id)
    call(people.mute, "desk", story, NOON)
    call(number, call(file, "g2"), UNSETTLED + 5_000)
    quiet = len(call(due))

    call(people.unmute, "desk", story)

    assert (quiet, len(call(due))) == (1, 2)


def test_ids_that_are_given_anew_are_looked_at(call: Caller) -> None:
    busy(call)
    call(tell_all)
    call(due)
    call(
        upkeep.forget_articles,
        matched_before=later(hours=1),
        unmatched_before=later(hours=1),
        after=Mark(),
        limit=10,
    )

    call(number, call(file, "new", later(hours=2)), 1)

    assert [one.match_id for one in call(due)] == [1]


@given(
    st.lists(st.integers(min_value=1, max_value=40_000), unique=True, min_size=1),
    st.data(),
)
def test_nobody_is_passed_over_whatever_was_told_before(
    ids: list[int], data: st.DataObject
) -> None:
    told = set(data.draw(st.lists(st.sampled_from(ids))))
    untold = sorted(set(ids) - told)

    floor = settled.floor(max(ids), untold[0] if untold else None)

    assert all(one > floor for one in untold)
    assert floor <= max(ids) - UNSETTLED
