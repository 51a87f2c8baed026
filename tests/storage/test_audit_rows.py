"""What is counted of rules and feeds."""

from monitor.models import FeedCount, Overlap, RuleCount
from monitor.storage import audit, digests
from monitor.storage.database import Transaction
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


def file(
    tx: Transaction, guid: str, *rules: str, feed: str = "world", hours: float = 0
) -> int:
    """Store an article of its own entry that met these rules; its entry."""
    entry = add_entry(tx, add_feed(tx, feed), guid)
    read(tx, entry, rules=rules, at=later(hours=hours))
    return entry


def test_a_rule_is_counted_by_articles_and_stories(call: Caller) -> None:
    call(file, "g1", "aleppo")
    call(file, "g2", "aleppo", "grain")

    assert call(audit.count_rules, NOON, later(hours=1)) == [
        RuleCount(rule="aleppo", articles=2, stories=2, settled=2, told=0),
        RuleCount(rule="grain", articles=1, stories=1, settled=1, told=0),
    ]


def test_what_was_met_lately_is_not_settled(call: Caller) -> None:
    call(file, "g1", "aleppo")
    call(file, "g2", "aleppo", hours=1)

    (count,) = call(audit.count_rules, NOON, later(hours=1))

    assert (count.articles, count.settled) == (2, 1)


def test_two_readings_of_an_entry_are_one_article(call: Caller) -> None:
    entry = call(file, "g1", "aleppo")
    call(read, entry, number=1)

    (count,) = call(audit.count_rules, NOON, later(hours=1))

    assert count.articles == 1


def test_copies_are_one_story(call: Caller) -> None:
    for guid in ("g1", "g2"):
        entry = call(add_entry, call(add_feed), guid)
        call(read, entry, keys=[("url", "same")])

    (count,) = call(audit.count_rules, NOON, later(hours=1))

    assert (count.articles, count.stories) == (2, 1)


def test_what_was_told_is_counted_and_what_was_passed_over_is_not(call: Caller) -> None:
    call(follow)
    call(file, "g1", "aleppo")
    call(file, "g2", "aleppo")
    first, second = call(digests.due_matches, "desk", "story")
    call(tell, [telling([first])])
    call(digests.settle, "desk", [second.match_id], None)

    (count,) = call(audit.count_rules, NOON, later(hours=1))

    assert count.told == 1


def test_only_what_happened_since_is_counted(call: Caller) -> None:
    call(file, "g1", "aleppo", "grain", hours=-1)

    assert call(audit.count_rules, NOON, later(hours=1)) == []
    assert call(audit.count_overlaps, NOON, 1) == []
    assert call(audit.count_feeds, NOON) == []


def test_a_pair_of_rules_is_counted_once(call: Caller) -> None:
    call(file, "g1", "aleppo", "grain")
    call(file, "g2", "grain", "aleppo")
    call(file, "g3", "aleppo")

    assert call(audit.count_overlaps, NOON, 2) == [
        Overlap(first="aleppo", second="grain", articles=2)
    ]
    assert call(audit.count_overlaps, NOON, 3) == []


def test_a_feed_is_counted_by_what_was_read_and_what_met_a_rule(call: Caller) -> None:
    call(file, "g1", "aleppo")
    call(file, "g2")
    call(file, "g3", feed="other")

    assert call(audit.count_feeds, NOON) == [
        FeedCount(feed="other", articles=1, met=0),
        FeedCount(feed="world", articles=2, met=1),
    ]


def test_a_feed_that_is_no_longer_configured_is_left_out(call: Caller) -> None:
    call(file, "g1", feed="old")
    call(lambda tx: tx.run("UPDATE feed SET configured = 0"))

    assert call(audit.count_rules, NOON, later(hours=1)) == []
    assert call(audit.count_feeds, NOON) == []
