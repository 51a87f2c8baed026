"""Articles: placed among their copies, stored once, with what they matched."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from monitor.models import Hit, Match, PageState, Via
from monitor.storage import articles
from monitor.storage.articles import (
    Placement,
    Reading,
    StoredReading,
    hits_from_json,
    hits_to_json,
)
from monitor.storage.database import Transaction
from tests.conftest import NOON, Caller
from tests.storage.builders import (
    ARTICLE,
    add_entry,
    add_feed,
    count,
    later,
    match,
    open_group,
    read,
    row_of,
)

URL = ("url", "bbc.com/1")
TEXT = ("text", "0123abc")


def entry(tx: Transaction, guid: str = "g1") -> int:
    return add_entry(tx, add_feed(tx), guid)


def place(
    tx: Transaction, entry_id: int, *keys: tuple[str, str], public_id: str = "p"
) -> Placement:
    return (
        articles.placement_of(tx, entry_id)
        or articles.find_copy(tx, keys)
        or Placement(group_id=open_group(tx, public_id))
    )


def reading(
    entry_id: int,
    placement: Placement,
    *,
    number: int = 0,
    matches: Sequence[Match] = (),
) -> Reading:
    return Reading(
        entry_id=entry_id,
        revision=0,
        number=number,
        article=ARTICLE,
        note="a note",
        placement=placement,
        news=None,
        keys=[URL],
        words=("strike",),
        series=7,
        matches=matches,
        now=NOON,
    )


# --- among copies ---


def test_an_article_unlike_all_others_opens_a_group_and_a_story(call: Caller) -> None:
    call(read, call(entry, "g1"), keys=[URL])

    placement = call(place, call(entry, "g2"), ("url", "other.example/2"))

    assert (placement.copy_of, placement.copy_kind) == (None, None)
    assert call(count, "copy_group") == call(count, "story") == 2


def test_an_article_at_a_known_address_joins_its_group(call: Caller) -> None:
    original = call(read, call(entry, "g1"), keys=[URL])

    placement = call(place, call(entry, "g2"), ("url", "other.example/2"), URL)

    assert (placement.copy_of, placement.copy_kind) == (original, "url")
    assert placement.group_id == call(row_of, "article", original)["group_id"]


def test_an_article_with_a_known_text_joins_its_group(call: Caller) -> None:
    original = call(read, call(entry, "g1"), keys=[URL, TEXT])

    placement = call(place, call(entry, "g2"), ("url", "other.example/2"), TEXT)

    assert (placement.copy_of, placement.copy_kind) == (original, "text")


def test_the_first_key_decides_where_two_groups_are_met(call: Caller) -> None:
    by_url = call(read, call(entry, "g1"), keys=[URL])
    by_text = call(read, call(entry, "g2"), keys=[TEXT])

    placement = call(place, call(entry, "g3"), URL, TEXT)

    assert by_url != by_text
    assert placement.copy_of == by_url


def test_a_key_of_one_kind_is_no_key_of_another(call: Caller) -> None:
    call(read, call(entry, "g1"), keys=[("url", "same")])

    placement = call(place, call(entry, "g2"), ("text", "same"))

    assert placement.copy_of is None


def test_an_article_without_keys_is_no_copy_by_them(call: Caller) -> None:
    call(read, call(entry, "g1"), keys=[URL])

    assert call(articles.find_copy, []) is None


def test_a_copy_of_a_copy_names_the_one_that_had_the_key_first(call: Caller) -> None:
    original = call(read, call(entry, "g1"), keys=[URL])
    call(read, call(entry, "g2"), keys=[URL, TEXT])

    placement = call(place, call(entry, "g3"), URL)

    assert placement.copy_of == original


def test_a_later_reading_stays_in_the_group_of_the_first(call: Caller) -> None:
    call(read, call(entry, "g1"), keys=[URL])
    entry_id = call(entry, "g2")
    call(read, entry_id, keys=[TEXT])
    first = call(place, entry_id, TEXT)

    again = call(place, entry_id, URL)

    assert again == first


# --- stored once ---


def test_a_reading_is_stored_with_its_keys_and_matches(call: Caller) -> None:
    entry_id = call(entry)
    placement = call(place, entry_id, URL)

    article_id = call(
        articles.add_article,
        reading(entry_id, placement, matches=[match("aleppo"), match("grain")]),
    )

    assert article_id is not None
    assert call(articles.matches_of, article_id) == (match("aleppo"), match("grain"))
    assert call(place, call(entry, "g2"), URL).copy_of == article_id


def test_the_same_reading_twice_is_stored_once(call: Caller) -> None:
    entry_id = call(entry)
    placement = call(place, entry_id, URL)
    call(articles.add_article, reading(entry_id, placement, matches=[match()]))

    again = call(articles.add_article, reading(entry_id, placement, matches=[match()]))

    assert again is None
    assert call(count, "article") == call(count, "rule_match") == 1


def test_another_reading_of_the_same_text_is_stored_beside_it(call: Caller) -> None:
    entry_id = call(entry)
    placement = call(place, entry_id, URL)
    call(articles.add_article, reading(entry_id, placement))

    again = call(articles.add_article, reading(entry_id, placement, number=1))

    assert again is not None
    assert call(count, "article") == 2


def test_an_article_without_matches_has_none(call: Caller) -> None:
    article_id = call(read, call(entry), rules=())

    assert call(articles.matches_of, article_id) == ()


# --- hits ---

HITS = st.lists(
    st.builds(
        Hit,
        term=st.text(),
        field=st.sampled_from(["title", "summary", "body"]),
        start=st.integers(0, 100_000),
        end=st.integers(0, 100_000),
        form=st.text(),
        via=st.sampled_from(Via),
    )
)


@given(HITS)
def test_hits_come_back_as_they_were_stored(hits: list[Hit]) -> None:
    text = hits_to_json(hits)

    assert hits_from_json(text) == tuple(hits)


def test_a_weak_match_stays_weak(call: Caller) -> None:
    article_id = call(read, call(entry), weak=True)

    assert call(articles.matches_of, article_id) == (match(weak=True),)


# --- readings, for why ---


def test_a_reading_is_shown_as_it_was(call: Caller) -> None:
    entry_id = call(entry)
    text = replace(
        ARTICLE, state=PageState.SHORT, published=later(hours=-1), origin="bbc.com"
    )

    article_id = call(read, entry_id, text=text, at=later(minutes=1))

    (shown,) = call(articles.readings, entry_id)
    assert shown == StoredReading(
        article_id=article_id,
        revision=0,
        read_at=later(minutes=1),
        note="",
        article=replace(text, feed="world"),
        story=f"story{entry_id}",
        members=1,
        placement=shown.placement,
        copy_of=None,
        matches=(match(),),
    )


def test_readings_come_in_the_order_they_were_made(call: Caller) -> None:
    entry_id = call(entry)
    call(read, entry_id, rules=())
    call(read, entry_id, number=1)
    call(read, entry_id, revision=1)

    shown = call(articles.readings, entry_id)

    assert [(r.revision, len(r.matches)) for r in shown] == [(0, 0), (0, 1), (1, 1)]


def test_a_copy_names_its_original_and_counts_the_members(call: Caller) -> None:
    original, copy = call(entry, "g1"), call(entry, "g2")
    call(read, original, keys=[URL])
    call(read, original, keys=[URL], number=1)
    call(read, copy, keys=[URL])

    (shown,) = call(articles.readings, copy)

    assert shown.copy_of == 'World News "Strike on Aleppo"'
    assert (shown.placement.copy_kind, shown.members) == ("url", 2)
    assert shown.story == f"story{original}"


def test_an_entry_that_was_not_read_has_no_readings(call: Caller) -> None:
    assert call(articles.readings, call(entry)) == []
