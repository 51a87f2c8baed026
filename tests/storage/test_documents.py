"""The last document of each feed: remembered whole, one at a time."""

import pytest

from monitor.models import Key, Kind, Remembered
from monitor.storage import documents
from monitor.storage.documents import LastDocument
from tests.conftest import Caller
from tests.storage.builders import add_feed, count


def remembered(number: int) -> Remembered:
    return Remembered(
        span=f"{number:016x}",
        entry_id=number,
        keys=(Key(Kind.GUID, f"g{number}"), Key(Kind.TEXT, f"t{number}")),
    )


def test_nothing_is_remembered_of_a_feed_that_was_never_read(call: Caller) -> None:
    feed_id = call(add_feed)

    assert call(documents.last_document, feed_id) == LastDocument()


def test_a_document_is_remembered_as_it_was(call: Caller) -> None:
    feed_id = call(add_feed)
    entries = (remembered(2), remembered(1), remembered(2**60))

    call(documents.remember_document, feed_id, changes=7, entries=entries)

    last = call(documents.last_document, feed_id)
    assert last == LastDocument(changes=7, entries=entries)


@pytest.mark.parametrize("kind", Kind)
def test_a_key_of_any_kind_is_the_same_key_afterwards(call: Caller, kind: Kind) -> None:
    feed_id = call(add_feed)
    key = Key(kind, "0123456789abcdef")

    call(
        documents.remember_document,
        feed_id,
        changes=0,
        entries=[Remembered(span="s", entry_id=1, keys=(key,))],
    )

    (entry,) = call(documents.last_document, feed_id).entries
    assert entry.keys == (key,)
    assert entry.keys[0].kind is kind


def test_an_entry_without_keys_can_be_remembered(call: Caller) -> None:
    feed_id = call(add_feed)
    entry = Remembered(span="s", entry_id=1, keys=())

    call(documents.remember_document, feed_id, changes=0, entries=[entry])

    assert call(documents.last_document, feed_id).entries == (entry,)


def test_a_document_takes_the_place_of_the_one_before(call: Caller) -> None:
    feed_id = call(add_feed)
    call(
        documents.remember_document,
        feed_id,
        changes=3,
        entries=[remembered(1), remembered(2)],
    )

    call(documents.remember_document, feed_id, changes=4, entries=[remembered(3)])

    last = call(documents.last_document, feed_id)
    assert last == LastDocument(changes=4, entries=(remembered(3),))
    assert call(count, "feed_document") == 1


def test_a_document_without_entries_makes_forget_all_but_the_changes(
    call: Caller,
) -> None:
    feed_id = call(add_feed)
    call(documents.remember_document, feed_id, changes=3, entries=[remembered(1)])

    call(documents.remember_document, feed_id, changes=-1, entries=())

    last = call(documents.last_document, feed_id)
    assert last == LastDocument(changes=-1, entries=())


def test_each_feed_has_its_own_document(call: Caller) -> None:
    one, other, silent = (call(add_feed, name) for name in ("one", "other", "silent"))

    call(documents.remember_document, one, changes=1, entries=[remembered(1)])
    call(documents.remember_document, other, changes=2, entries=[remembered(2)])

    found = [call(documents.last_document, id_) for id_ in (one, other, silent)]
    assert found == [
        LastDocument(changes=1, entries=(remembered(1),)),
        LastDocument(changes=2, entries=(remembered(2),)),
        LastDocument(),
    ]


def test_the_largest_document_is_remembered_in_one_piece(call: Caller) -> None:
    feed_id = call(add_feed)
    entries = tuple(remembered(n) for n in range(2_000))

    call(documents.remember_document, feed_id, changes=0, entries=iter(entries))

    assert call(documents.last_document, feed_id).entries == entries
