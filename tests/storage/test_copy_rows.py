"""How texts find each other by their keys, and which segments are furniture."""

from monitor.models import Sketch
from monitor.storage import copies
from monitor.storage.copies import Neighbours
from monitor.storage.database import Transaction
from tests.conftest import NOON, Caller
from tests.storage.builders import (
    ARTICLE,
    add_entry,
    add_feed,
    count,
    later,
    read,
    row_of,
)

BIG = (1 << 61) - 2


def sketch(*keys: int, hashes: tuple[int, ...] = (1, 2, 0xFFFFFFFF)) -> Sketch:
    return Sketch(
        hashes=hashes,
        keys=keys,
        title=frozenset({"troops", "حلب"}),
        figures=frozenset({"14"}),
        names=frozenset({"aleppo"}),
        source="BBC",
    )


def file(
    tx: Transaction, guid: str, *keys: int, days: float = 0, copy_of: str = ""
) -> int:
    """Store the text of an article under keys; the article's id."""
    entry = add_entry(tx, add_feed(tx), guid)
    article_id = read(tx, entry, keys=[("url", copy_of or guid)])
    group = int(row_of(tx, "article", article_id)["group_id"])
    now = later(days=days)
    near = copies.neighbours(tx, keys, now)
    copies.add_sketch(tx, article_id, group, sketch(*keys), near=near, now=now)
    return article_id


def found(call: Caller, *keys: int, days: float = 0) -> list[int]:
    near: Neighbours = call(copies.neighbours, keys, later(days=days))
    return [candidate.article_id for candidate in near.candidates]


def test_texts_that_share_a_key_find_each_other(call: Caller) -> None:
    one = call(file, "g1", 7, BIG)
    call(file, "g2", 8)

    assert found(call, BIG, 9) == [one]


def test_a_text_without_keys_finds_nothing(call: Caller) -> None:
    call(file, "g1", 7)

    assert found(call) == []


def test_a_stored_text_comes_back_as_it_was(call: Caller) -> None:
    call(file, "g1", 7)

    (candidate,) = call(copies.neighbours, [7], NOON).candidates

    assert candidate.sketch == sketch()


def test_the_texts_with_most_keys_in_common_come_first_in_line(call: Caller) -> None:
    for n in range(14):
        call(file, f"few{n}", 100 + n, 1)
    most = call(file, "most", 1, 2, 3)

    ids = found(call, 1, 2, 3)

    assert most in ids
    assert len(ids) <= 12


def test_a_key_that_stands_in_many_groups_leads_nowhere(call: Caller) -> None:
    for n in range(13):
        call(file, f"g{n}", 1)

    assert found(call, 1) == []


def test_a_key_of_many_groups_is_stored_no_more(call: Caller) -> None:
    for n in range(15):
        call(file, f"g{n}", 1)

    assert call(count, "near_key") == 13


def test_a_key_is_stored_for_a_few_members_of_a_group_only(call: Caller) -> None:
    for n in range(5):
        call(file, f"g{n}", 1, copy_of="same")

    assert call(count, "near_key") == 3


def test_an_old_text_is_not_looked_for(call: Caller) -> None:
    one = call(file, "g1", 7)

    assert found(call, 7, days=9) == [one]
    assert found(call, 7, days=10) == []


def test_what_is_old_is_forgotten_a_table_at_a_time(call: Caller) -> None:
    call(file, "g1", 7, days=-11)
    call(file, "g2", 7)
    call(copies.add_segments, [1], 1, later(days=-31))
    call(copies.add_segments, [2], 1, later(days=-30))

    gone = [call(copies.forget_traces, NOON, 9) for _ in range(3)]

    assert gone == [1, 1, 0]
    assert (call(count, "near_key"), call(count, "segment")) == (1, 1)


def test_what_is_old_is_forgotten_a_few_rows_at_a_time(call: Caller) -> None:
    call(copies.add_segments, range(5), 1, later(days=-31))

    assert [call(copies.forget_traces, NOON, 2) for _ in range(4)] == [2, 2, 1, 0]


# --- furniture ---


def test_a_segment_in_three_groups_is_furniture(call: Caller) -> None:
    seen = []
    for group in (1, 2, 3):
        call(copies.add_segments, [5, BIG], group, NOON)
        seen.append(call(copies.furniture, [5, 6, BIG]))

    assert seen == [set(), set(), {5, BIG}]


def test_copies_do_not_make_their_own_text_furniture(call: Caller) -> None:
    for group in (1, 2, 1, 2, 2, 1):
        call(copies.add_segments, [5], group, NOON)

    assert call(copies.furniture, [5]) == set()


def test_furniture_stays_furniture(call: Caller) -> None:
    for group in (1, 2, 3, 4, 1):
        call(copies.add_segments, [5], group, NOON)

    assert call(copies.furniture, [5]) == {5}


def test_of_no_segments_none_is_furniture(call: Caller) -> None:
    assert call(copies.furniture, []) == set()


# --- texts of a group ---


def test_the_first_texts_of_a_group_and_the_last_are_given(call: Caller) -> None:
    ids = [
        call(read, call(add_entry, call(add_feed), f"g{n}"), keys=[("url", "same")])
        for n in range(4)
    ]
    group = call(row_of, "article", ids[0])["group_id"]

    assert call(copies.texts_of, group, 2) == [(ARTICLE.title, ARTICLE.body)] * 3
    assert len(call(copies.texts_of, group, 9)) == 4
