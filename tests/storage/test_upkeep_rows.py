"""Forgetting what is old, on both engines: all of it, and never what is needed."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.models import EntryState, Remembered
from monitor.rules.narrow import word_keys
from monitor.storage import (
    archive,
    digests,
    documents,
    export,
    people,
    settings,
    upkeep,
)
from monitor.storage.database import Row, Transaction
from monitor.storage.upkeep import Mark, Swept
from tests.conftest import NOON, Caller
from tests.storage.builders import (
    add_entry,
    add_feed,
    count,
    follow,
    following,
    guid_key,
    later,
    post,
    read,
    row_of,
    telling,
)

DAY = timedelta(days=1)


def all_rows(tx: Transaction, table: str) -> list[Row]:
    return tx.all(f"SELECT * FROM {table}")  # noqa: S608 - our own names


def sweep(tx: Transaction, *, matched: int, unmatched: int, limit: int = 100) -> int:
    """Forget articles older than so many days at noon in a year; how many."""
    gone, mark = 0, Mark()
    now = later(days=365)
    while True:
        found = upkeep.forget_articles(
            tx,
            matched_before=now - matched * DAY,
            unmatched_before=now - unmatched * DAY,
            after=mark,
            limit=limit,
        )
        gone += found.articles
        if found.mark is None:
            return gone
        mark = found.mark


def told_story(tx: Transaction) -> int:
    """An article that was told, muted and called of no use; the entry's id."""
    follow(tx, following())
    entry_id = add_entry(tx, add_feed(tx))
    read(tx, entry_id, keys=[("url", "bbc.com/1")], words=["aleppo"])
    post(
        tx,
        "a@example.org",
        tellings=[telling(digests.due_matches(tx, "desk", "story"))],
    )
    story = people.told_story(tx, "desk", f"story{entry_id}")
    assert story is not None
    people.mute(tx, "desk", story.id, NOON)
    people.note_irrelevant(tx, "desk", story, NOON)
    return entry_id


def test_an_old_story_goes_with_all_that_points_to_it(call: Caller) -> None:
    entry_id = call(told_story)

    gone = call(sweep, matched=180, unmatched=30)

    assert gone == 1
    for table in (
        "article", "rule_match", "told", "told_match", "copy_key", "copy_group",
        "story", "muted", "irrelevant", "sketch",
    ):  # fmt: skip
        assert call(count, table) == 0, table
    assert call(row_of, "entry", entry_id)["guid"] == "g1"
    assert call(count, "entry_key") == 1


def test_what_was_told_with_an_old_article_is_not_told_again_without_it(
    call: Caller,
) -> None:
    def told_together(tx: Transaction) -> None:
        follow(tx, following())
        feed, copies = add_feed(tx), [("url", "bbc.com/1")]
        read(tx, add_entry(tx, feed, "old"), keys=copies)
        read(tx, add_entry(tx, feed, "young"), keys=copies, at=later(days=300))
        due = digests.due_matches(tx, "desk", "story")
        post(tx, "a@example.org", tellings=[telling(due)])

    call(told_together)
    gone = call(sweep, matched=180, unmatched=30)

    assert (gone, call(count, "article")) == (1, 1)
    assert call(digests.due_matches, "desk", "story") == []


def test_the_text_of_a_forgotten_article_goes_and_its_title_stays(call: Caller) -> None:
    call(told_story)
    call(sweep, matched=180, unmatched=30)

    (row,) = call(all_rows, "entry_text")

    assert (row["title"], row["summary"], row["content"]) == ("Title of g1", "", "")


@pytest.mark.parametrize(
    ("rules", "kept_for", "left"),
    [(("aleppo",), (400, 30), 1), ((), (400, 30), 0), ((), (400, 400), 1)],
)
def test_what_met_no_rule_goes_sooner(
    call: Caller, rules: tuple[str, ...], kept_for: tuple[int, int], left: int
) -> None:
    call(lambda tx: read(tx, add_entry(tx, add_feed(tx)), rules=rules))

    call(sweep, matched=kept_for[0], unmatched=kept_for[1])

    assert call(count, "article") == left


def test_a_copy_outlives_its_original(call: Caller) -> None:
    def store(tx: Transaction) -> int:
        feed = add_feed(tx)
        read(tx, add_entry(tx, feed, "g1"), rules=(), keys=[("url", "bbc.com/1")])
        copy = read(tx, add_entry(tx, feed, "g2"), keys=[("url", "bbc.com/1")])
        tx.run(
            "UPDATE article SET copy_of = (SELECT MIN(id) FROM article) WHERE id = :i",
            i=copy,
        )
        return copy

    copy = call(store)

    call(sweep, matched=400, unmatched=30)

    assert call(row_of, "article", copy)["copy_of"] is None
    assert call(count, "story") == 1


@given(
    ages=st.lists(st.integers(0, 365), max_size=6),
    unmatched=st.integers(1, 365),
    limit=st.integers(1, 4),
)
def test_whatever_the_batches_what_is_kept_is_what_is_young(
    sqlite_call: Caller, ages: list[int], unmatched: int, limit: int
) -> None:
    def store(tx: Transaction) -> None:
        for table in (
            "sketch", "copy_key", "article", "copy_group", "story", "entry_text",
            "entry_key", "entry",
        ):  # fmt: skip
            tx.run(f"DELETE FROM {table}")  # noqa: S608 - our own names
        feed = add_feed(tx)
        for number, age in enumerate(ages):
            entry = add_entry(tx, feed, f"g{number}")
            read(tx, entry, rules=(), at=later(days=365 - age))

    sqlite_call(store)

    sqlite_call(sweep, matched=400, unmatched=unmatched, limit=limit)

    left = sqlite_call(count, "article")
    assert left == sum(age <= unmatched for age in ages)


# --- entries ---


def _entries(tx: Transaction, *shown: str) -> int:
    """A feed with two old entries whose articles are gone; those shown are in it."""
    feed = add_feed(tx)
    ids = {g: add_entry(tx, feed, g, state=EntryState.READ) for g in ("g1", "g2")}
    documents.remember_document(
        tx,
        feed,
        changes=0,
        entries=[
            Remembered(span=g, entry_id=ids[g], keys=(guid_key(g),)) for g in shown
        ],
    )
    return feed


def forget(tx: Transaction, feed: int, full_at: int) -> int:
    """Forget what the feed has not shown for 90 days before its last whole answer."""
    tx.run(
        "UPDATE feed SET full_at = :at WHERE id = :id", id=feed, at=later(days=full_at)
    )
    return upkeep.forget_entries(
        tx, feed, now=later(days=365), reach=90 * DAY, limit=10
    )


def test_entries_that_their_feed_dropped_long_ago_are_forgotten(call: Caller) -> None:
    feed = call(_entries)

    assert call(forget, feed, 300) == 2
    assert [call(count, t) for t in ("entry", "entry_key", "entry_text")] == [0, 0, 0]


def test_what_stands_in_the_last_document_is_never_forgotten(call: Caller) -> None:
    feed = call(_entries, "g2")

    assert call(forget, feed, 300) == 1
    assert [row["guid"] for row in call(all_rows, "entry")] == ["g2"]


def test_a_feed_that_has_not_changed_for_a_year_loses_nothing(call: Caller) -> None:
    feed = call(_entries)

    assert call(forget, feed, 2) == 0


def test_a_removed_feed_is_counted_from_now(call: Caller) -> None:
    feed = call(_entries)
    call(lambda tx: tx.run("UPDATE feed SET configured = 0"))

    assert call(forget, feed, 2) == 2
    assert call(upkeep.feed_ids) == [feed]


@pytest.mark.parametrize("state", [EntryState.WAITING, EntryState.HELD])
def test_what_waits_is_never_forgotten(call: Caller, state: EntryState) -> None:
    feed = call(_entries)
    call(lambda tx: tx.run("UPDATE entry SET state = :s", s=state))

    assert call(forget, feed, 300) == 0


# --- deliveries ---


def test_done_messages_go_with_their_digests_and_open_ones_stay(call: Caller) -> None:
    def store(tx: Transaction) -> None:
        post(tx, "a@example.org", slot="sent")
        tx.run("UPDATE delivery SET state = 'sent'")
        post(tx, "a@example.org", slot="waits")

    call(store)

    gone = call(upkeep.forget_deliveries, later(days=1), 10)

    assert gone == 2
    assert [row["state"] for row in call(all_rows, "delivery")] == ["pending"]
    assert call(count, "digest") == 1


def test_a_digest_stays_while_its_stories_are_known(call: Caller) -> None:
    call(told_story)
    call(lambda tx: tx.run("UPDATE delivery SET state = 'sent'"))

    call(upkeep.forget_deliveries, later(days=1), 10)

    assert [call(count, t) for t in ("delivery", "digest", "told")] == [0, 1, 1]


def test_the_tables_are_looked_after_once_in_an_hour(call: Caller) -> None:
    hour = timedelta(hours=1)

    found = [
        call(upkeep.take_turn, later(minutes=minutes), hour)
        for minutes in (0, 10, 61, 62, 30)
    ]

    assert found == [True, False, True, False, True]  # the clock was set back


# --- words, export, restore ---


def test_words_are_filed_anew(call: Caller) -> None:
    call(lambda tx: read(tx, add_entry(tx, add_feed(tx)), words=["gone"]))

    assert call(archive.refile, word_keys) == 1

    assert call(count, "article_words") == 1


def test_an_export_holds_all_rows_and_no_payload(call: Caller) -> None:
    call(told_story)
    call(settings.instance_key)

    found = [json.loads(line) for line in call(lambda tx: list(export.lines(tx)))]

    tables = {row["table"] for row in found}
    assert {"article", "told", "delivery", "feed", "story"} <= tables
    assert "setting" not in tables
    assert not [row for row in found if "payload" in row or "token" in row]
    assert next(r for r in found if r["table"] == "told")["at"] == NOON.isoformat()


def test_after_a_restore_nothing_from_before_is_told_again(call: Caller) -> None:
    def store(tx: Transaction) -> None:
        follow(tx, following())
        read(tx, add_entry(tx, add_feed(tx)))
        post(tx, "a@example.org")

    call(store)
    before = call(digests.due_matches, "desk", "story")

    call(settings.mark_told, later(hours=1))

    assert len(before) == 1
    assert call(digests.due_matches, "desk", "story") == []
    assert [row["state"] for row in call(all_rows, "delivery")] == ["superseded"]
    assert call(settings.told_before) == later(hours=1)


def test_a_sweep_over_nothing_is_over(call: Caller) -> None:
    found = call(
        upkeep.forget_articles,
        matched_before=NOON,
        unmatched_before=NOON,
        after=Mark(),
        limit=10,
    )

    assert found == Swept(articles=0, mark=None)
