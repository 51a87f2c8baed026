"""Polls: what each of them leaves in the row of its feed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from monitor.models import Feed, FeedLine, Redirect, Skips, Trouble
from monitor.storage import polls
from monitor.storage.database import Transaction
from monitor.storage.polls import Answer, Contents
from tests.conftest import NOON, Caller
from tests.storage.builders import (
    ANSWER,
    CONTENTS,
    PULSE,
    add_feed,
    count,
    failed_poll,
    feed_of,
    good_poll,
    later,
    line_of,
    row_of,
)
from tests.storage.polling import due

Poll = Callable[[Transaction], None]

CONFIGURED = "https://world.example/feed"
MOVED = "https://new.example/feed"
NOT_MODIFIED = replace(
    ANSWER,
    at=later(minutes=30),
    status=304,
    etag='"e2"',
    last_modified=None,
    variant="v2",
    pulse=replace(PULSE, rate=11.0),
    fresh_for=None,
    next_poll_at=later(minutes=45),
)
LONG_AFTER = later(days=30)
LED = Redirect(url=MOVED, since=later(days=-2), sightings=4)


@pytest.fixture
def feed(call: Caller) -> Feed:
    """A configured feed that was never polled."""
    call(add_feed, "world", CONFIGURED)
    return call(feed_of)


def good(
    tx: Transaction, answer: Answer = ANSWER, contents: Contents = CONTENTS
) -> None:
    """A poll that found a document which was not known."""
    good_poll(tx, feed_of(tx), answer, contents)


def unchanged(tx: Transaction, answer: Answer = NOT_MODIFIED) -> None:
    good_poll(tx, feed_of(tx), answer, None)


def failed(
    tx: Transaction,
    at: datetime = NOON,
    trouble: Trouble = Trouble.FAILING,
    *,
    counted: bool = True,
) -> None:
    failed_poll(tx, feed_of(tx), at, trouble=trouble, counted=counted)


def asked(tx: Transaction, at: datetime = LONG_AFTER) -> Feed:
    """The one feed as a node gets it that claims every host."""
    (only,) = due(tx, at)
    return only


# --- a good answer ---


def test_a_good_poll_is_remembered_with_its_validators(
    call: Caller, feed: Feed
) -> None:
    call(good)

    found = call(asked)

    assert found == Feed(
        due_at=found.due_at,
        id=feed.id,
        name="world",
        url=CONFIGURED,
        etag='"e1"',
        last_modified="yesterday",
        body_hash="h1",
        variant="v1",
        full_at=NOON,
        baseline_at=NOON,
        last_polled_at=NOON,
        last_good_at=NOON,
        pulse=PULSE,
        fresh_for=timedelta(minutes=5),
        ttl=timedelta(minutes=60),
        skips=Skips(hours=(0, 1), days=(5, 6)),
    )


@pytest.mark.usefixtures("feed")
def test_a_good_poll_is_listed(call: Caller) -> None:
    call(good)

    assert call(line_of) == FeedLine(
        name="world",
        url=CONFIGURED,
        title="World News",
        last_polled_at=NOON,
        last_good_at=NOON,
        last_new_at=NOON,
        next_poll_at=later(minutes=15),
        entries=25,
        old_ignored=3,
        rate=12.5,
    )


@pytest.mark.usefixtures("feed")
def test_an_unchanged_document_is_a_success_that_keeps_what_is_known(
    call: Caller,
) -> None:
    call(good)
    call(failed, later(minutes=15))

    call(unchanged)

    found = call(asked)
    assert (found.etag, found.last_modified, found.variant) == ('"e2"', None, "v2")
    assert (found.failures, found.failing_since) == (0, None)
    assert found.pulse == replace(PULSE, rate=11.0)
    assert (found.fresh_for, found.ttl) == (None, timedelta(minutes=60))
    assert (found.body_hash, found.skips) == ("h1", CONTENTS.skips)
    assert found.last_good_at == later(minutes=30)
    assert call(line_of).entries == 25


@pytest.mark.usefixtures("feed")
@pytest.mark.parametrize(
    ("status", "full_at"), [(304, NOON), (200, later(minutes=30)), (226, later(minutes=30))]
)  # fmt: skip
def test_a_whole_answer_is_remembered_and_a_304_is_none(
    call: Caller, status: int, full_at: datetime
) -> None:
    call(good)

    call(unchanged, replace(NOT_MODIFIED, status=status))

    assert call(asked).full_at == full_at


def test_a_first_answer_without_a_body_leaves_the_feed_without_a_baseline(
    call: Caller, feed: Feed
) -> None:
    call(unchanged)

    row = call(row_of, "feed", feed.id)
    assert (row["full_at"], row["baseline_at"], row["last_status"]) == (None, None, 304)


@pytest.mark.usefixtures("feed")
def test_a_feed_without_a_pulse_or_any_validator_has_none(call: Caller) -> None:
    call(
        good,
        replace(ANSWER, pulse=None, etag=None, last_modified=None),
        replace(CONTENTS, ttl=None),
    )

    found = call(asked)
    assert (found.pulse, found.etag, found.last_modified) == (None, None, None)
    assert found.ttl is None
    assert call(line_of).rate is None


@pytest.mark.usefixtures("feed")
def test_a_good_poll_ends_a_failure(call: Caller) -> None:
    call(failed)

    call(good)

    line = call(line_of)
    assert (line.failures, line.failing_since) == (0, None)
    assert (line.error, line.trouble) == ("", Trouble.NONE)


# --- a redirect ---


@pytest.mark.usefixtures("feed")
def test_a_permanent_redirect_is_remembered(call: Caller) -> None:
    call(good, replace(ANSWER, redirect=LED))

    assert call(asked).redirect == LED
    assert call(line_of).redirect_url == MOVED


@pytest.mark.usefixtures("feed")
def test_an_answer_without_a_redirect_forgets_it(call: Caller) -> None:
    call(good, replace(ANSWER, redirect=LED))

    call(unchanged)

    assert call(asked).redirect is None
    assert call(line_of).redirect_url == ""


@pytest.mark.usefixtures("feed")
def test_a_failure_leaves_a_redirect_as_it_was(call: Caller) -> None:
    call(good, replace(ANSWER, redirect=LED))

    call(failed, later(minutes=15))

    assert call(asked).redirect == LED


# --- a document ---


@pytest.mark.usefixtures("feed")
def test_the_first_good_poll_stays_the_baseline(call: Caller) -> None:
    call(good)

    call(good, replace(ANSWER, at=later(hours=1)))

    found = call(asked)
    assert (found.baseline_at, found.last_good_at) == (NOON, later(hours=1))


@pytest.mark.usefixtures("feed")
def test_old_entries_add_up_over_the_polls(call: Caller) -> None:
    call(good)
    call(good)

    assert call(line_of).old_ignored == 6


@pytest.mark.usefixtures("feed")
@pytest.mark.parametrize(("new", "at"), [(0, NOON), (1, later(hours=1))])
def test_only_new_entries_make_a_document_news(
    call: Caller, new: int, at: datetime
) -> None:
    call(good)

    call(good, replace(ANSWER, at=later(hours=1)), replace(CONTENTS, new=new))

    assert call(line_of).last_new_at == at


@pytest.mark.usefixtures("feed")
def test_a_feed_without_any_news_is_quiet_since_its_first_poll(call: Caller) -> None:
    call(good, contents=replace(CONTENTS, new=0, entries=0))

    assert call(line_of).last_new_at == NOON


@pytest.mark.usefixtures("feed")
@pytest.mark.parametrize(
    ("gap", "found"), [(True, (later(hours=1), 30)), (False, (None, 0))]
)
def test_a_gap_is_remembered_with_the_number_of_its_entries(
    call: Caller, found: tuple[datetime | None, int], *, gap: bool
) -> None:
    call(good)

    call(good, replace(ANSWER, at=later(hours=1)), replace(CONTENTS, new=30, gap=gap))

    line = call(line_of)
    assert (line.gap_at, line.gap_entries) == found


@pytest.mark.usefixtures("feed")
def test_a_gap_is_still_known_after_the_next_polls(call: Caller) -> None:
    call(good, contents=replace(CONTENTS, new=30, gap=True))

    call(good, replace(ANSWER, at=later(hours=1)), replace(CONTENTS, new=2))
    call(unchanged, replace(NOT_MODIFIED, at=later(hours=2)))

    line = call(line_of)
    assert (line.gap_at, line.gap_entries) == (NOON, 30)


@pytest.mark.usefixtures("feed")
def test_what_a_document_says_of_its_guids_is_there_at_the_next_poll(
    call: Caller,
) -> None:
    call(good, contents=replace(CONTENTS, identity="link", churns=3, distrusted=True))

    found = call(asked)
    assert (found.identity, found.churns, found.distrusted) == ("link", 3, True)
    assert call(line_of).by_link


@pytest.mark.usefixtures("feed")
def test_what_a_document_no_longer_says_is_forgotten(call: Caller) -> None:
    call(good, contents=replace(CONTENTS, identity="link", churns=3, distrusted=True))

    call(
        good,
        contents=replace(
            CONTENTS, identity="", churns=0, distrusted=False, skips=Skips(), ttl=None
        ),
    )

    found = call(asked)
    assert (found.identity, found.churns, found.distrusted) == ("", 0, False)
    assert (found.skips, found.ttl) == (Skips(), None)
    assert not call(line_of).by_link


@pytest.mark.usefixtures("feed")
def test_an_unchanged_document_leaves_the_judgement_of_its_guids(call: Caller) -> None:
    call(good, contents=replace(CONTENTS, identity="link", churns=3, distrusted=True))

    call(unchanged)

    found = call(asked)
    assert (found.identity, found.churns, found.distrusted) == ("link", 3, True)


# --- a failure ---


@pytest.mark.usefixtures("feed")
def test_failures_are_counted_from_the_first_one(call: Caller) -> None:
    call(good)

    call(failed, later(minutes=15))
    call(failed, later(minutes=75), Trouble.BLOCKED)

    line = call(line_of)
    assert (line.failures, line.failing_since) == (2, later(minutes=15))
    assert (line.error, line.trouble) == ("HTTP 404", Trouble.BLOCKED)
    assert (line.last_polled_at, line.last_good_at) == (later(minutes=75), NOON)
    assert line.next_poll_at == later(minutes=135)


@pytest.mark.usefixtures("feed")
def test_a_failure_keeps_what_is_known_of_the_document(call: Caller) -> None:
    call(good)
    before = call(asked)

    call(failed, later(minutes=15))

    found = call(asked, later(days=60))
    assert found == replace(
        before,
        due_at=found.due_at,
        failures=1,
        failing_since=later(minutes=15),
        last_polled_at=later(minutes=15),
    )


@pytest.mark.parametrize("status", [404, None])
def test_the_status_of_a_failure_is_stored_if_there_was_one(
    call: Caller, feed: Feed, status: int | None
) -> None:
    call(good)

    call(failed_poll, feed, later(minutes=15), status=status)

    assert call(row_of, "feed", feed.id)["last_status"] == status


@pytest.mark.usefixtures("feed")
def test_a_fault_of_our_own_network_is_not_counted(call: Caller) -> None:
    call(good)

    call(failed, later(minutes=15), counted=False)

    line = call(line_of)
    assert (line.failures, line.failing_since) == (0, None)
    assert (line.error, line.last_polled_at) == ("HTTP 404", later(minutes=15))
    assert line.next_poll_at == later(minutes=75)


@pytest.mark.usefixtures("feed")
def test_a_fault_of_our_own_network_leaves_the_count_of_a_failing_feed(
    call: Caller,
) -> None:
    call(failed)

    call(failed, later(hours=1), counted=False)
    call(failed, later(hours=2))

    line = call(line_of)
    assert (line.failures, line.failing_since) == (2, NOON)


@pytest.mark.usefixtures("feed")
@pytest.mark.parametrize("trouble", [t for t in Trouble if t])
def test_the_kind_of_trouble_is_remembered(call: Caller, trouble: Trouble) -> None:
    call(failed, NOON, trouble)

    line = call(line_of)
    assert line.trouble is trouble
    assert line.gone_at == (NOON if trouble is Trouble.GONE else None)


@pytest.mark.usefixtures("feed")
def test_a_feed_is_gone_since_the_first_410_in_a_row(call: Caller) -> None:
    for hour in range(3):
        call(failed, later(hours=hour), Trouble.GONE)

    assert call(line_of).gone_at == NOON
    assert call(asked).gone_at == NOON


@pytest.mark.usefixtures("feed")
@pytest.mark.parametrize("between", [failed, good, unchanged])
def test_any_other_answer_means_that_a_feed_is_not_gone(
    call: Caller, between: Poll
) -> None:
    call(failed, NOON, Trouble.GONE)

    call(between)

    assert call(line_of).gone_at is None


@pytest.mark.usefixtures("feed")
def test_a_feed_that_is_gone_again_is_so_since_the_new_410(call: Caller) -> None:
    call(failed, NOON, Trouble.GONE)
    call(failed, later(hours=1))

    call(failed, later(hours=2), Trouble.GONE)

    line = call(line_of)
    assert (line.gone_at, line.failing_since) == (later(hours=2), NOON)


# --- what the operator knows ---


def test_the_state_that_the_operator_knows_of_is_remembered(
    call: Caller, feed: Feed
) -> None:
    call(polls.note_told, feed.id, "failing")

    assert call(asked).told == "failing"


def test_a_poll_leaves_it_to_others_to_say_what_was_told(
    call: Caller, feed: Feed
) -> None:
    call(polls.note_told, feed.id, "failing")

    call(good)
    call(failed, later(hours=1))

    assert call(asked).told == "failing"


# --- one feed alone ---


@pytest.mark.usefixtures("feed")
@pytest.mark.parametrize("poll", [good, unchanged, failed])
def test_a_poll_of_one_feed_leaves_every_other_alone(call: Caller, poll: Poll) -> None:
    other = call(add_feed, "local")
    before = call(row_of, "feed", other)

    call(poll)

    assert call(row_of, "feed", other) == before
    assert call(count, "feed") == 2
