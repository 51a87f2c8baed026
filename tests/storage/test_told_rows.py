"""What was told: once, whole, and explained for ever."""

from dataclasses import replace

import pytest

from monitor.errors import StorageError
from monitor.models import (
    Cause,
    Coverage,
    DueMatch,
    FailingFeed,
    HeldFlood,
    Receipt,
    StoryMember,
)
from monitor.storage import deliveries, digests, feeds, floods, settings, subscribers
from monitor.storage.coverage import coverage
from monitor.storage.database import Transaction
from monitor.storage.digests import ToldLine
from tests.conftest import NOON, Caller
from tests.storage.builders import (
    ARTICLE,
    add_entry,
    add_feed,
    claim_mail,
    count,
    failed_poll,
    feed_of,
    follow,
    following,
    good_poll,
    later,
    post,
    read,
    row_of,
    tell,
    telling,
)

URL = ("url", "bbc.com/1")
WINDOW = (later(hours=-24), NOON)


def due(tx: Transaction, name: str = "desk", unit: str = "story") -> list[DueMatch]:
    return digests.due_matches(tx, name, unit)


def entry(tx: Transaction, guid: str = "g1") -> int:
    return add_entry(tx, add_feed(tx), guid)


def entry_due(tx: Transaction, guid: str = "g1", unit: str = "story") -> int:
    """An entry whose match is due for the desk; its id."""
    follow(tx, following(unit=unit))
    entry_id = entry(tx, guid)
    read(tx, entry_id)
    return entry_id


# --- a digest is stored whole, once ---


def test_a_digest_is_stored_with_what_it_tells(call: Caller) -> None:
    call(entry_due)
    found = call(due)

    digest_id = call(tell, [telling(found)], window=WINDOW)

    assert digest_id is not None
    digest = call(row_of, "digest", digest_id)
    assert (digest["subject"], digest["stories"]) == ("1 story", 1)
    assert call(subscribers.subscriber_state, "desk").told_until == NOON
    assert call(count, "told") == call(count, "told_match") == 1


def test_an_instant_digest_has_no_window_and_ends_none(call: Caller) -> None:
    call(entry_due)
    call(tell, slot="slot 1", window=WINDOW)

    call(tell, [telling(call(due))], slot="instant:1", kind="instant")

    assert call(subscribers.subscriber_state, "desk").told_until == NOON


def test_a_second_digest_for_a_slot_is_refused_and_tells_nothing(call: Caller) -> None:
    call(entry_due)
    found = call(due)
    call(tell, [telling(found)])

    again = call(tell, [telling(found, 1)], window=WINDOW)

    assert again is None
    assert call(count, "told") == 1
    assert call(subscribers.subscriber_state, "desk").told_until is None


def test_a_slot_of_one_subscriber_is_free_for_another(call: Caller) -> None:
    assert call(tell, name="desk") is not None
    assert call(tell, name="ana") is not None


def test_two_nodes_that_tell_the_same_clash_instead_of_telling_twice(
    call: Caller,
) -> None:
    call(entry_due)
    found = call(due)
    call(tell, [telling(found)], slot="slot 1")

    with pytest.raises(StorageError):
        call(tell, [telling(found)], slot="slot 2")

    assert call(count, "digest") == call(count, "told") == 1


def test_a_digest_may_tell_nothing(call: Caller) -> None:
    digest_id = call(tell)

    assert digest_id is not None
    assert call(row_of, "digest", digest_id)["stories"] == 0


# --- weak hits ---


def test_the_last_time_of_something_weak_is_known(call: Caller) -> None:
    call(entry_due, "g1")
    call(tell, [telling(call(due), weak=True)], at=later(minutes=1))
    call(entry_due, "g2")
    call(tell, [telling(call(due))], slot="slot 2", at=later(minutes=2))

    assert call(digests.last_weak_at, "desk", NOON) == later(minutes=1)
    assert call(digests.last_weak_at, "desk", later(minutes=2)) is None
    assert call(digests.last_weak_at, "ana", NOON) is None


# --- members of a story ---


def members(tx: Transaction, unit: str, met: str = "") -> list[StoryMember]:
    return list(digests.members(tx, unit, met))


def test_a_story_names_all_its_articles_matching_or_not(call: Caller) -> None:
    original, copy = call(entry, "g1"), call(entry, "g2")
    call(read, original, keys=[URL], text=replace(ARTICLE, url="https://bbc.example/1"))
    copy_id = call(
        read,
        copy,
        keys=[URL],
        rules=(),
        text=replace(ARTICLE, title="Copy", published=later(hours=-1)),
    )
    row = call(row_of, "article", copy_id)
    group = call(row_of, "copy_group", row["group_id"])

    for unit in (f"group:{group['id']}", f"story:{group['story_id']}"):
        found = call(members, unit)

        assert [member.guid for member in found] == ["g1", "g2"]
        assert found[1] == StoryMember(
            article_id=copy_id,
            url=ARTICLE.url,
            title="Copy",
            source="World News",
            feed="world",
            guid="g2",
            published=later(hours=-1),
            first_seen=NOON,
            group_id=group["id"],
        )


def test_the_articles_of_a_story_come_text_by_text(call: Caller) -> None:
    first, other, copy = (call(entry, name) for name in ("g1", "g2", "g3"))
    group = call(row_of, "article", call(read, first, keys=[URL]))["group_id"]
    call(read, other)
    call(read, copy, keys=[URL], rules=())
    story = call(row_of, "copy_group", group)["story_id"]
    call(lambda tx: tx.run("UPDATE copy_group SET story_id = :story", story=story))

    found = call(members, f"story:{story}")
    met = call(members, f"story:{story}", "aleppo")

    assert [member.guid for member in found] == ["g1", "g3", "g2"]
    assert [member.guid for member in met] == ["g1", "g2"]


def test_articles_name_the_rules_that_their_entries_met(call: Caller) -> None:
    entry_id = call(entry)
    old = call(read, entry_id, rules=("grain", "aleppo"))
    new = call(read, entry_id, revision=1, rules=("aleppo",))
    none = call(read, call(entry, "g2"), rules=())

    assert call(digests.rules_met, []) == {}
    assert call(digests.rules_met, [old, new, none]) == {
        old: ("aleppo", "grain"),
        new: ("aleppo", "grain"),
    }


def test_an_entry_is_shown_by_its_latest_reading(call: Caller) -> None:
    entry_id = call(entry)
    call(read, entry_id)
    call(read, entry_id, revision=1, text=replace(ARTICLE, title="Newer"))
    call(read, call(entry, "g2"))

    found = call(members, f"entry:{entry_id}")

    assert [member.title for member in found] == ["Newer"]


# --- coverage ---


def test_where_nothing_is_watched_the_coverage_is_empty(call: Caller) -> None:
    assert call(coverage, NOON) == Coverage()


def test_coverage_tells_silence_from_failure(call: Caller) -> None:
    for name in ("good", "new", "bad", "gone"):
        call(add_feed, name)
    call(good_poll, call(feed_of, "good"))
    for name in ("bad", "gone"):
        call(failed_poll, call(feed_of, name))
    flood = call(floods.hold_flood, call(feed_of, "good").id, 500, NOON)
    call(floods.hold_flood, call(feed_of, "good").id, 40, NOON)
    call(
        floods.drop_flood,
        call(floods.hold_flood, call(feed_of, "new").id, 9, NOON),
        NOON,
    )
    urls = {name: f"https://{name}.example/feed" for name in ("good", "new", "bad")}
    call(feeds.sync_feeds, urls, NOON)

    found = call(coverage, NOON)

    assert flood > 0
    assert found == Coverage(
        feeds=3,
        read=1,
        failing=(FailingFeed(feed="bad", since=NOON, error="HTTP 404"),),
        held=(HeldFlood(feed="good", items=540),),
    )


def test_coverage_names_a_time_when_nobody_watched(call: Caller) -> None:
    call(settings.note_downtime, later(hours=-41), later(hours=-2))

    assert call(coverage, later(hours=-3)).down == (later(hours=-41), later(hours=-2))
    assert call(coverage, later(hours=-1)).down is None


# --- alerts ---


def test_alerts_of_the_last_hour_are_known_by_rule_and_message(call: Caller) -> None:
    call(entry_due)
    call(tell, [telling(call(due))], kind="instant")

    (alert,) = call(digests.recent_alerts, "desk", later(minutes=-5))

    assert (alert.rules, alert.at) == (("aleppo",), NOON)
    assert call(digests.recent_alerts, "desk", later(minutes=5)) == []


def test_a_scheduled_digest_is_no_alert(call: Caller) -> None:
    call(entry_due)
    call(tell, [telling(call(due))])

    assert call(digests.recent_alerts, "desk", later(minutes=-5)) == []


# --- why ---


def test_a_telling_is_explained_with_its_deliveries(call: Caller) -> None:
    entry_id = call(entry_due)
    tellings = [telling(call(due))]
    call(post, "ana@example.org", "sami@example.org", tellings=tellings)
    (first, _) = call(claim_mail)
    call(deliveries.mark_sent, first, Receipt(text="ok"), NOON)

    (line,) = call(digests.told_of, entry_id)

    assert line == ToldLine(
        subscriber="desk",
        number=0,
        cause=None,
        at=NOON,
        slot="slot 1",
        kind="digest",
        by_this_entry=True,
        deliveries=("sent mail ana@example.org", "sending mail sami@example.org"),
    )


@pytest.mark.parametrize("unit", ["story", "group"])
def test_a_copy_is_explained_by_the_telling_of_its_original(
    call: Caller, unit: str
) -> None:
    call(follow, following(unit=unit))
    original, copy = call(entry, "g1"), call(entry, "g2")
    call(read, original, keys=[URL])
    call(read, copy, keys=[URL])
    (first, _) = call(due, "desk", unit)
    call(tell, [telling([first])])

    lines = [call(digests.told_of, id_) for id_ in (original, copy)]

    assert [line.by_this_entry for (line,) in lines] == [True, False]


def test_an_update_names_its_cause(call: Caller) -> None:
    entry_id = call(entry_due, unit="entry")
    call(tell, [telling(call(due, unit="entry"))])
    call(read, entry_id, revision=1)
    call(tell, [telling(call(due, unit="entry"))], slot="slot 2", at=later(hours=1))

    lines = call(digests.told_of, entry_id)

    assert [(line.number, line.cause) for line in lines] == [
        (0, None),
        (1, Cause.REVISION),
    ]
    assert [line.deliveries for line in lines] == [(), ()]


def test_an_entry_that_was_not_told_has_no_tellings(call: Caller) -> None:
    told = call(entry_due, "g1")
    call(tell, [telling(call(due))])

    other = call(entry_due, "g2")

    assert call(digests.told_of, told)
    assert call(digests.told_of, other) == []
