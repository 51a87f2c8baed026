from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.keys import hash_of, keys_of, normal, text_hash, title_hash, twin
from monitor.models import Entry, Key, Kind
from tests.conftest import NOON
from tests.feeds.memory import FULL, TEXT, key

WHOLE = replace(FULL, url=f"{FULL.url}#part-2")


# --- which keys there are ---


@pytest.mark.parametrize(
    ("entry", "missing"),
    [
        (WHOLE, set()),
        (FULL, {Kind.ANCHOR}),
        (replace(WHOLE, guid=""), {Kind.GUID, Kind.PATH}),
        (replace(WHOLE, guid="12"), {Kind.PATH}),
        (replace(WHOLE, url=""), {Kind.ANCHOR, Kind.LINK, Kind.NUMBER}),
        (replace(WHOLE, url="https://a.example/slug#c"), {Kind.NUMBER}),
        (replace(WHOLE, summary="short"), {Kind.BODY}),
        (replace(WHOLE, published=None), {Kind.TITLE}),
        (replace(WHOLE, title="Aleppo  falls"), set()),
        (replace(WHOLE, title="Aleppo  fell"), {Kind.TITLE}),
        (
            Entry(),
            {*Kind} - {Kind.TEXT, Kind.NTH},
        ),
    ],
)
def test_an_entry_has_the_keys_for_which_it_has_enough(
    entry: Entry, missing: set[Kind]
) -> None:
    (keys,) = keys_of([entry])

    every = [kind for kind in Kind if kind is not Kind.TWIN]
    assert [key.kind for key in keys] == [k for k in every if k not in missing]


@given(st.lists(st.builds(Entry, guid=st.text(), url=st.text(), title=st.text())))
def test_any_entry_whatsoever_has_keys(entries: list[Entry]) -> None:
    found = keys_of(entries)

    assert len(found) == len(entries)
    for keys in found:
        assert {Kind.TEXT, Kind.NTH} <= {key.kind for key in keys}
        assert {len(key.hash) for key in keys} == {16}


def test_halves_of_an_emoji_can_be_hashed() -> None:
    assert hash_of("\ud83d") != hash_of("\ude00")


# --- guids ---


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1122", "1123"),
        ("a", "A"),
        ("https://a.example/1", "http://a.example/1"),
        ("https://a.example/1", "https://a.example/1#c2"),
        ("x 1", "x  1"),
        ("é", "e\u0301"),
    ],
)
def test_guids_are_compared_to_the_letter(one: str, other: str) -> None:
    found = [key(Entry(guid=guid), Kind.GUID) for guid in (one, other)]

    assert None not in found
    assert found[0] != found[1]


@pytest.mark.parametrize(
    "guid",
    [
        *("", "N/A", "n/a", "0", "-", "null", "None", "undefined", "false"),
        "https://a.example/feed.xml",
        "http://www.a.example/feed.xml/",
        "https://a.example",
        "http://a.example/?utm_source=rss",
    ],
)
def test_a_guid_that_names_nothing_is_none(guid: str) -> None:
    (keys,) = keys_of(
        [Entry(guid=guid)], ["https://a.example/feed.xml", "https://a.example/", ""]
    )

    assert {Kind.GUID, Kind.PATH}.isdisjoint(key.kind for key in keys)


@pytest.mark.parametrize("guid", ["00", "tag:a.example,2026:1", "https://a.example/1"])
def test_a_guid_is_one_though_the_feed_has_no_address(guid: str) -> None:
    assert key(Entry(guid=guid), Kind.GUID, ["", "https://a.example/"])


@pytest.mark.parametrize(
    "guid",
    [
        "http://a.example/?p=12",
        "https://b.example/?p=12",
        "https://me:secret@a.example:8080/?p=12",
        "//a.example/?p=12",
    ],
)
def test_the_path_of_a_guid_stays_when_scheme_and_host_change(guid: str) -> None:
    assert key(Entry(guid=guid), Kind.PATH) == key(FULL, Kind.PATH)


@pytest.mark.parametrize(
    "guid",
    [
        "12",
        "tag:a.example,2026:12",
        "urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a",
        "https://a.example",
        "https://a.example/",
        "http://[broken/12",
        "/12",
    ],
)
def test_a_guid_without_host_or_without_more_has_no_path(guid: str) -> None:
    assert key(Entry(guid=guid), Kind.PATH) is None


@pytest.mark.parametrize("rest", ["/?p=13", "/#12", "/p=12", "/?P=12"])
def test_guids_with_other_paths_have_other_paths(rest: str) -> None:
    other = Entry(guid=f"https://a.example{rest}")

    assert key(other, Kind.PATH) != key(FULL, Kind.PATH)


# --- texts ---


@pytest.mark.parametrize(
    "other",
    [
        replace(FULL, title="aleppo HAS  fallen "),
        replace(FULL, summary=f"\n{TEXT.upper()}"),
        replace(FULL, summary="", content=TEXT),
        replace(FULL, summary="a summary", content=TEXT),
    ],
    ids=["title", "text", "content", "content over summary"],
)
@pytest.mark.parametrize("kind", [Kind.TEXT, Kind.BODY, Kind.TITLE])
def test_texts_are_compared_without_case_and_space(other: Entry, kind: Kind) -> None:
    assert key(other, kind) == key(FULL, kind)


@pytest.mark.parametrize("kind", [Kind.TEXT, Kind.BODY])
def test_texts_are_compared_by_their_beginning(kind: Kind) -> None:
    long = replace(FULL, summary="word " * 1_000)
    longer = replace(long, summary=long.summary + "end")
    other = replace(long, summary="end " + long.summary)

    found = [key(entry, kind) for entry in (long, longer, other)]

    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        (Kind.TEXT, replace(FULL, title="Aleppo stands")),
        (Kind.TEXT, replace(FULL, summary="short")),
        (Kind.BODY, replace(FULL, summary=f"{TEXT} more")),
        (Kind.TITLE, replace(FULL, title="Aleppo stands")),
        (Kind.TITLE, replace(FULL, published=NOON + timedelta(seconds=1))),
    ],
)
def test_another_text_is_another_key(kind: Kind, change: Entry) -> None:
    assert key(change, kind) != key(FULL, kind)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        (Kind.TEXT, replace(FULL, published=None)),
        (Kind.BODY, replace(FULL, title="", published=None)),
        (Kind.TITLE, replace(FULL, summary="")),
    ],
)
def test_a_key_does_not_depend_on_what_it_was_not_made_of(
    kind: Kind, change: Entry
) -> None:
    assert key(change, kind) == key(FULL, kind)


@pytest.mark.parametrize(
    ("text", "found"), [("x" * 120, True), ("x" * 119, False), ("x " * 60, False)]
)
def test_a_text_tells_from_120_characters_on(text: str, *, found: bool) -> None:
    assert (key(Entry(summary=text), Kind.BODY) is not None) == found


def test_entries_that_are_alike_are_counted() -> None:
    first, *others = keys_of([Entry(title="x")] * 3)

    assert len({keys[-1] for keys in (first, *others)}) == 3
    assert keys_of([Entry(title="x")]) == [first]


@pytest.mark.parametrize(
    "other",
    [
        replace(FULL, title="Idlib"),
        replace(FULL, summary="x"),
        replace(FULL, published=None),
        replace(FULL, url="https://a.example/2"),
        replace(FULL, url=f"{FULL.url}#c"),
        replace(FULL, guid="g2"),
        replace(FULL, guid=""),
    ],
    ids=["title", "text", "date", "link", "fragment", "guid", "no guid"],
)
def test_entries_that_differ_are_counted_apart(other: Entry) -> None:
    alone = key(other, Kind.NTH)

    after = keys_of([FULL, other])[1][-1]

    assert after == alone != key(FULL, Kind.NTH)


@pytest.mark.parametrize(
    "other",
    [
        replace(FULL, url=f"{FULL.url}?utm_campaign=7"),
        replace(FULL, url=FULL.url.replace("https://", "http://www.")),
        replace(FULL, title="ALEPPO has  fallen"),
        replace(FULL, author="Ana", tags=("x",)),
    ],
    ids=["campaign", "scheme", "case", "author and tag"],
)
def test_what_says_nothing_of_an_entry_does_not_set_it_apart(other: Entry) -> None:
    assert key(other, Kind.NTH) == key(FULL, Kind.NTH)
    assert keys_of([FULL, FULL])[1][-1] == keys_of([FULL, other])[1][-1]


# --- twins, and what changes ---


def test_a_twin_is_marked_under_the_hash_of_its_key() -> None:
    assert twin(Key(Kind.LINK, "h")) == Key(Kind.TWIN, "h")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Aleppo falls", " ALEPPO  falls\n"),
        ("Aleppo falls (12)", "Aleppo falls (13)"),
        ("Aleppo falls (12)", "Aleppo falls"),
        ("[3 comments] Aleppo falls", "[ 12 Comments ] Aleppo falls"),
    ],
)
def test_case_space_and_counters_do_not_change_a_title(one: str, other: str) -> None:
    assert title_hash(one) == title_hash(other)
    assert text_hash(Entry(title=one)) == text_hash(Entry(title=other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("12 dead in Aleppo", "15 dead in Aleppo"),
        ("Aleppo (12 dead or missing)", "Aleppo (15 dead or missing)"),
        ("Aleppo falls", "Aleppo fell"),
        ("Aleppo (north)", "Aleppo (south)"),
    ],
)
def test_numbers_and_words_change_a_title(one: str, other: str) -> None:
    assert title_hash(one) != title_hash(other)
    assert text_hash(Entry(title=one)) != text_hash(Entry(title=other))


@pytest.mark.parametrize("field", ["title", "summary", "content"])
def test_title_summary_and_content_are_the_text(field: str) -> None:
    entry = Entry(title="Aleppo", summary="22", content="22")

    changed = replace(entry, **{field: "32"})  # type: ignore[arg-type]  # only texts here

    assert text_hash(changed) != text_hash(entry)


def test_a_counter_in_the_text_is_part_of_it() -> None:
    assert text_hash(Entry(summary="(12)")) != text_hash(Entry(summary="(15)"))


def test_dates_links_authors_and_tags_are_no_text() -> None:
    touched = replace(
        FULL, published=None, url="http://b/", author="Ana", tags=("x",), language="en"
    )

    assert text_hash(touched) == text_hash(FULL)


@given(st.text())
def test_evened_out_twice_is_evened_out_once(text: str) -> None:
    assert normal(normal(text)) == normal(text)
