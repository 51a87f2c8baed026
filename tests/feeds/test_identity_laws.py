"""What is true of the entries of every document, whatever it shows."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.identity import read_document
from monitor.models import Entry, Kind
from tests.conftest import NOON
from tests.feeds.memory import FAR, TEXT, Memory, ids, remembering

# Few values each, so that entries meet in one key and differ in others.
ENTRIES = st.builds(
    Entry,
    guid=st.sampled_from(
        ["", "0", "g1", "G1", "g2", "https://a.example/?p=1", "https://b.example/?p=1"]
    ),
    url=st.sampled_from(
        [
            "",
            "https://a.example/1",
            "https://www.a.example/1?utm_source=x",
            "https://a.example/1#c",
            "https://a.example/1#d",
            "https://a.example/1#!/c",
            "https://a.example/2",
            "https://a.example/slug-1234567",
            "https://b.example/other-1234567",
        ]
    ),
    title=st.sampled_from(["", "Aleppo has fallen", "aleppo has  fallen (3)", "Idlib"]),
    summary=st.sampled_from(["", "one", "two", TEXT]),
    published=st.sampled_from([None, NOON, NOON - timedelta(hours=30), FAR]),
)
DOCUMENTS = st.lists(ENTRIES, max_size=8)


def are_apart(entries: list[Entry]) -> bool:
    """Whether no two are one: which of those comes first decides what it says."""
    return len(read_document([(entry, "") for entry in entries]).shown) == len(entries)


def have_own_guids(entries: list[Entry]) -> bool:
    """Whether no guid is on two hosts: on a third it could be either."""
    shared = read_document([(entry, "") for entry in entries]).shared
    return Kind.PATH not in {key.kind for key in shared}


UNHEARD = Entry(
    guid="https://a.example/?p=99",
    url="https://a.example/unheard-of",
    title="Never heard of before",
    summary="A text that no other entry has.",
    published=NOON - timedelta(hours=1),
)


@given(DOCUMENTS, st.booleans())
def test_the_same_document_again_brings_nothing(
    entries: list[Entry], by_guid: bool
) -> None:
    memory = Memory()
    memory.take(entries, by_guid=by_guid)

    found = memory.take(entries, by_guid=by_guid)

    assert (found.new, found.changed) == ((), ())


@given(DOCUMENTS, st.data())
def test_the_same_document_brings_nothing_however_little_of_it_is_parsed(
    entries: list[Entry], data: st.DataObject
) -> None:
    memory = remembering(*entries)
    readable = memory.readable(entries)
    read = data.draw(st.lists(st.sampled_from(readable))) if readable else []

    found = memory.take([entry for entry in entries if entry not in read], read)
    again = memory.take(entries)

    assert (found.new, found.changed) == ((), ())
    assert (again.new, again.changed) == ((), ())


@given(DOCUMENTS, st.integers(0, 8), st.data())
def test_what_is_really_new_is_new_however_little_is_parsed(
    entries: list[Entry], place: int, data: st.DataObject
) -> None:
    memory = remembering(*entries)
    readable = memory.readable(entries)
    read = data.draw(st.lists(st.sampled_from(readable))) if readable else []
    now = [*entries[:place], UNHEARD, *entries[place:]]

    found = memory.take([entry for entry in now if entry not in read], read)

    assert [new.entry for new in found.new] == [UNHEARD]


@given(DOCUMENTS, st.integers(0, 8), st.booleans())
def test_what_is_really_new_is_new_and_nothing_else_is(
    entries: list[Entry], place: int, by_guid: bool
) -> None:
    memory = Memory()
    memory.take(entries, by_guid=by_guid)

    found = memory.take([*entries[:place], UNHEARD, *entries[place:]], by_guid=by_guid)

    assert [new.entry for new in found.new] == [UNHEARD]


@given(DOCUMENTS.filter(are_apart), st.data())
def test_the_order_of_a_document_makes_nothing_new(
    entries: list[Entry], data: st.DataObject
) -> None:
    memory = remembering(*entries)

    found = memory.take(data.draw(st.permutations([*entries, UNHEARD])))

    assert [new.entry for new in found.new] == [UNHEARD]


@given(DOCUMENTS.filter(are_apart), st.data())
def test_fewer_entries_in_any_order_bring_nothing_new(
    entries: list[Entry], data: st.DataObject
) -> None:
    memory = remembering(*entries)
    left = data.draw(st.integers(0, len(entries)))

    found = memory.take(data.draw(st.permutations(entries))[:left])

    assert found.new == ()


@given(DOCUMENTS.filter(have_own_guids))
def test_another_scheme_makes_nothing_new(entries: list[Entry]) -> None:
    memory = remembering(*entries)

    found = memory.take(
        [
            replace(
                entry,
                guid=entry.guid.replace("https:", "http:"),
                url=entry.url.replace("https:", "http:"),
            )
            for entry in entries
        ]
    )

    assert found.new == ()


@given(DOCUMENTS, st.sampled_from(["?utm_source=y", "?fbclid=1&at_medium=RSS"]))
def test_another_campaign_and_scheme_of_links_bring_nothing(
    entries: list[Entry], campaign: str
) -> None:
    memory = remembering(*entries)

    found = memory.take(
        [replace(entry, url=in_campaign(entry.url, campaign)) for entry in entries]
    )

    assert (found.new, found.changed) == ((), ())


def in_campaign(url: str, campaign: str) -> str:
    page, mark, fragment = url.partition("#")
    page = page.partition("?")[0].replace("https:", "http:")
    return f"{page}{campaign}{mark}{fragment}" if url else ""


@given(DOCUMENTS, DOCUMENTS, st.booleans(), st.booleans())
def test_every_entry_is_new_or_known_and_none_is_claimed_twice(
    before: list[Entry], now: list[Entry], by_guid: bool, moved: bool
) -> None:
    memory = Memory()
    memory.take(before, by_guid=by_guid)

    found = memory.take(now, by_guid=by_guid, moved=moved)

    shown = read_document([(entry, "") for entry in now], by_guid=by_guid).shown
    assert len(found.new) + len(found.known) == len(shown)
    assert len(set(ids(found))) == len(found.known)
    assert {change.known.entry_id for change in found.changed} <= set(ids(found))
