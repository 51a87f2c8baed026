"""Finding an entry again by what a person has of it, for ``why``."""

from dataclasses import replace

import pytest

from monitor.models import EntryState
from monitor.storage import articles
from monitor.storage.articles import Life
from monitor.storage.database import Transaction
from tests.conftest import NOON, Caller
from tests.storage.builders import (
    ARTICLE,
    add_entry,
    add_feed,
    later,
    read,
    revise,
)


def titled(tx: Transaction, *titles: str) -> None:
    """Entries with these titles, a minute after each other."""
    feed_id = add_feed(tx)
    for n, title in enumerate(titles):
        add_entry(tx, feed_id, f"g{n}", title=title, at=later(minutes=n))


def found(tx: Transaction, text: str, limit: int = 5) -> list[str]:
    return [life.title for life in articles.find_lives(tx, text, limit)]


@pytest.fixture
def told(call: Caller) -> Caller:
    """An entry whose page moved, beside another one."""
    feed_id = call(add_feed)
    text = replace(
        ARTICLE,
        final_url="https://world.example/moved",
        canonical_url="https://bbc.example/original",
    )
    call(read, call(add_entry, feed_id, "tag:g1", title="Strike"), text=text)
    call(add_entry, feed_id, "tag:g2", title="Harvest")
    return call


@pytest.mark.parametrize(
    "text",
    [
        "https://world.example/tag:g1",
        "tag:g1",
        "https://world.example/moved",
        "https://bbc.example/original",
        "strike",
    ],
)
def test_an_entry_is_found_by_url_guid_page_or_title(told: Caller, text: str) -> None:
    assert told(found, text) == ["Strike"]


def test_a_life_says_what_is_known(call: Caller) -> None:
    feed_id = call(add_feed)
    entry_id = call(
        add_entry, feed_id, "g1", state=EntryState.OLD, published=later(days=-9)
    )
    call(revise, feed_id, "g1", later(minutes=1))

    (life,) = call(articles.find_lives, "g1")

    assert life == Life(
        entry_id=entry_id,
        feed="world",
        guid="g1",
        url="https://world.example/g1",
        title="New title of g1",
        state="old",
        first_seen=NOON,
        published=later(days=-9),
        revision=1,
        deaths=0,
        flood_id=None,
    )


def test_an_exact_address_is_worth_more_than_a_title(call: Caller) -> None:
    feed_id = call(add_feed)
    call(add_entry, feed_id, "g1", title="About tag:x")
    call(add_entry, feed_id, "tag:x", title="Exactly")

    assert call(found, "tag:x") == ["Exactly"]


def test_nothing_is_found_by_what_nobody_wrote(call: Caller) -> None:
    call(titled, "Strike on Aleppo")

    assert call(found, "harvest") == []


def test_the_newest_come_first_and_not_too_many(call: Caller) -> None:
    call(titled, "Strike one", "Strike two", "Strike three")

    assert call(found, "strike", limit=2) == ["Strike three", "Strike two"]


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("100%", ["Turnout of 100% reported"]),
        ("%", ["Turnout of 100% reported"]),
        ("snake_case", ["On snake_case names"]),
        ("_", ["On snake_case names"]),
        ("!", ["Stop! Now"]),
        ("\\", ["A \\ stroke"]),
        ("l'été", ["Dans l'été"]),
    ],
)
def test_a_part_of_a_title_stands_for_nothing_but_itself(
    call: Caller, text: str, titles: list[str]
) -> None:
    call(
        titled,
        "Turnout of 100% reported",
        "Turnout of 1000 reported",
        "On snake_case names",
        "On snakes in a suitcase",
        "Stop! Now",
        "A \\ stroke",
        "Dans l'été",
    )

    assert call(found, text) == titles


@pytest.mark.parametrize(
    "text", ["алеппо", "АЛЕППО", "Алеппо", "über", "ÜBER", "ΑΘΉΝΑ", "حلب"]
)
def test_small_and_big_letters_are_the_same_in_every_script(
    call: Caller, text: str
) -> None:
    call(titled, "Удар по Алеппо", "Über Aleppo", "Αθήνα", "غارة على حلب")

    assert len(call(found, text)) == 1
