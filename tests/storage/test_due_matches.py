"""What is due: found by absence, for one subscriber, in one of three units."""

import pytest

from monitor.models import DueMatch, EntryState
from monitor.storage import digests, entries
from monitor.storage.database import Transaction
from tests.conftest import NOON, Caller
from tests.storage.builders import (
    ARTICLE,
    add_entry,
    add_feed,
    follow,
    following,
    later,
    match,
    read,
    row_of,
    tell,
    telling,
)

URL = ("url", "bbc.com/1")
BOTH = ("aleppo", "grain")


def due(tx: Transaction, unit: str = "story", name: str = "desk") -> list[DueMatch]:
    return digests.due_matches(tx, name, unit)


def entry(tx: Transaction, guid: str = "g1") -> int:
    return add_entry(tx, add_feed(tx), guid)


def tell_all(
    tx: Transaction, unit: str = "story", name: str = "desk", slot: str = "slot 1"
) -> None:
    """Tell every unit that is due."""
    units: dict[str, list[DueMatch]] = {}
    for one in due(tx, unit, name):
        units.setdefault(one.unit, []).append(one)
    tellings = [telling(matches) for matches in units.values()]
    assert tell(tx, tellings, name=name, slot=slot, at=later(hours=1)) is not None


# --- what it says ---


def test_a_due_match_comes_with_its_article(call: Caller) -> None:
    call(follow)
    entry_id = call(entry)
    article_id = call(read, entry_id, at=later(minutes=1))

    (found,) = call(due)

    row = call(row_of, "article", article_id)
    assert found.match == match()
    assert found.article.title == ARTICLE.title
    assert (found.article.feed, found.guid) == ("world", "g1")
    assert (found.article_id, found.entry_id) == (article_id, entry_id)
    assert (found.first_seen, found.matched_at) == (NOON, later(minutes=1))
    assert (found.entry_revision, found.copy_of) == (0, None)
    assert (found.group_id, found.unit_id) == (row["group_id"], f"story{entry_id}")
    assert (found.told, found.told_at) == (0, None)
    assert (found.entry_told, found.pair_told) == (False, False)


def test_what_is_due_comes_oldest_first(call: Caller) -> None:
    call(follow)
    for guid in ("g1", "g2", "g3"):
        call(read, call(entry, guid))

    assert [found.guid for found in call(due)] == ["g1", "g2", "g3"]


# --- since when ---


def test_what_was_first_seen_before_a_rule_was_followed_is_not_due(
    call: Caller,
) -> None:
    before = call(entry, "before")
    call(follow, at=later(minutes=1))
    call(read, before, at=later(minutes=2))
    later_id = call(add_entry, call(add_feed), "after", at=later(minutes=3))
    call(read, later_id, at=later(minutes=4))

    assert [found.guid for found in call(due)] == ["after"]


def test_what_a_person_let_in_is_due_though_it_was_seen_before(call: Caller) -> None:
    feed_id = call(add_feed)
    entry_id = call(add_entry, feed_id, "g1", state=EntryState.BASELINE)
    call(follow, at=later(minutes=1))
    call(entries.backfill, now=later(minutes=2), reach=later(days=1) - NOON)

    call(read, entry_id, at=later(minutes=3))

    assert [found.guid for found in call(due)] == ["g1"]


def test_only_the_rules_that_a_subscriber_follows_are_due(call: Caller) -> None:
    call(follow, following(rules=("grain",)), following("ana", BOTH))
    call(read, call(entry), rules=BOTH)

    assert [found.match.rule for found in call(due)] == ["grain"]
    assert len(call(due, name="ana")) == 2
    assert call(due, name="nobody") == []


# --- what is told once ---


def test_what_was_told_is_not_due_again(call: Caller) -> None:
    call(follow)
    call(read, call(entry))

    call(tell_all)

    assert call(due) == []


def test_what_one_subscriber_was_told_is_due_for_the_other(call: Caller) -> None:
    call(follow, following("desk"), following("ana"))
    call(read, call(entry))

    call(tell_all, name="desk")

    (found,) = call(due, name="ana")
    assert (found.told, found.entry_told) == (0, False)


def test_what_was_settled_without_a_word_is_not_due(call: Caller) -> None:
    call(follow)
    call(read, call(entry))
    (found,) = call(due)

    call(digests.settle, "desk", [found.match_id], None)
    call(digests.settle, "desk", [found.match_id], None)

    assert call(due) == []


def test_a_commit_that_appears_late_is_still_due(call: Caller) -> None:
    call(follow)
    early, late = call(entry, "early"), call(entry, "late")
    call(read, late, at=later(minutes=2))
    call(tell_all)

    call(read, early, at=later(minutes=1))

    assert [found.guid for found in call(due)] == ["early"]


@pytest.mark.parametrize(
    ("unit", "told"), [("story", [1, 1]), ("group", [1, 0]), ("entry", [0, 0])]
)
def test_the_unit_decides_what_was_told_before(
    call: Caller, unit: str, told: list[int]
) -> None:
    call(follow, following(unit=unit))
    original = call(entry, "original")
    first = call(read, original, keys=[URL])
    call(tell_all, unit)
    call(read, call(entry, "copy"), keys=[URL])
    call(read, call(entry, "report"))
    story = call(lambda tx: story_of(tx, first))
    call(lambda tx: tx.run("UPDATE copy_group SET story_id = :id", id=story))

    found = call(due, unit)

    assert [one.guid for one in found] == ["copy", "report"]
    assert [one.told for one in found] == told


def story_of(tx: Transaction, article_id: int) -> int:
    group = row_of(tx, "copy_group", row_of(tx, "article", article_id)["group_id"])
    return int(group["story_id"])


@pytest.mark.parametrize("unit", ["story", "group", "entry"])
def test_a_unit_is_named_by_its_kind_and_number(call: Caller, unit: str) -> None:
    call(follow, following(unit=unit))
    entry_id = call(entry)
    article_id = call(read, entry_id)

    (found,) = call(due, unit)

    number = {
        "story": call(story_of, article_id),
        "group": found.group_id,
        "entry": entry_id,
    }[unit]
    assert found.unit == f"{unit}:{number}"
    assert found.unit_id == f"story{entry_id}"


def test_tellings_of_a_unit_are_counted(call: Caller) -> None:
    call(follow)
    entry_id = call(entry)
    for number in range(3):
        call(read, entry_id, number=number)
        (found,) = call(due)
        assert found.told == number

        call(tell_all, slot=f"slot {number}")

    call(read, entry_id, number=3)
    (found,) = call(due)
    assert (found.told, found.told_at) == (3, later(hours=1))


def test_an_entry_told_for_one_rule_is_known_to_be_told_for_the_other(
    call: Caller,
) -> None:
    call(follow, following(rules=BOTH))
    entry_id = call(entry)
    call(read, entry_id, rules=["aleppo"])
    call(tell_all)

    call(read, entry_id, rules=BOTH, revision=1)

    found = {one.match.rule: one for one in call(due)}
    assert {rule: one.entry_told for rule, one in found.items()} == {
        "aleppo": True,
        "grain": True,
    }
    assert {rule: one.pair_told for rule, one in found.items()} == {
        "aleppo": True,
        "grain": False,
    }


def test_what_was_settled_without_a_word_does_not_count_as_told(call: Caller) -> None:
    call(follow)
    entry_id = call(entry)
    call(read, entry_id)
    call(digests.settle, "desk", [call(due)[0].match_id], None)

    call(read, entry_id, revision=1)

    (found,) = call(due)
    assert (found.told, found.entry_told, found.pair_told) == (0, False, False)
