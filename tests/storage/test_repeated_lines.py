"""Lines that several entries of one feed have in common."""

from monitor.storage import copies
from monitor.storage.database import Transaction
from monitor.storage.repeated import add_lines, repeated_lines, titles_of
from tests.conftest import NOON, Caller
from tests.storage.builders import add_entry, add_feed, later

LINE = (1 << 63) - 1


NOBODY = 0


def seen_in(
    tx: Transaction, *guids: str, feed: str = "world"
) -> tuple[int, tuple[int, ...]]:
    """Let a line stand in some entries; the ids of the feed and of these."""
    feed_id = add_feed(tx, feed)
    ids = tuple(add_entry(tx, feed_id, guid) for guid in guids)
    for entry in ids:
        add_lines(tx, feed_id, entry, {LINE}, NOON)
    return feed_id, ids


def test_a_line_repeats_when_two_other_entries_have_it(call: Caller) -> None:
    feed_id, ids = call(seen_in, "g1", "g2")

    assert call(repeated_lines, feed_id, NOBODY, {LINE, 5}) == {LINE: ids}


def test_one_other_entry_is_not_enough(call: Caller) -> None:
    feed_id, (_, second) = call(seen_in, "g1", "g2")

    assert call(repeated_lines, feed_id, second, {LINE}) == {}
    assert call(repeated_lines, feed_id, second, ()) == {}


def test_an_entry_read_again_counts_once(call: Caller) -> None:
    feed_id, (only,) = call(seen_in, "g1")
    for _ in range(3):
        call(add_lines, feed_id, only, {LINE}, NOON)

    assert call(repeated_lines, feed_id, NOBODY, {LINE}) == {}


def test_three_entries_are_remembered_and_no_more(call: Caller) -> None:
    feed_id, ids = call(seen_in, "g1", "g2", "g3", "g4")

    assert call(repeated_lines, feed_id, NOBODY, {LINE}) == {LINE: ids[:3]}


def test_the_lines_of_another_feed_are_its_own(call: Caller) -> None:
    call(seen_in, "g1", "g2")
    other, _ = call(seen_in, "g3", feed="courier")

    assert call(repeated_lines, other, NOBODY, {LINE}) == {}


def test_lines_are_forgotten_after_a_month(call: Caller) -> None:
    feed_id, _ = call(seen_in, "g1", "g2")

    call(copies.forget_traces, later(days=32), 9)

    assert call(repeated_lines, feed_id, NOBODY, {LINE}) == {}


def test_entries_are_known_by_their_titles(call: Caller) -> None:
    _, ids = call(seen_in, "g1", "g2")

    assert sorted(call(titles_of, ids)) == ["Title of g1", "Title of g2"]
