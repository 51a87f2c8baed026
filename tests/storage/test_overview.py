"""Counts over everything, since a time."""

from dataclasses import replace
from datetime import timedelta

from monitor.models import DeliveryState, EntryState, Receipt
from monitor.storage import deliveries, digests, entries, feeds, overview
from monitor.storage.database import Transaction
from monitor.storage.overview import BadFeed, Report
from tests.conftest import NOON, Caller
from tests.storage.builders import (
    ANSWER,
    add_entry,
    add_feed,
    claim_mail,
    failed_poll,
    feed_of,
    follow,
    good_poll,
    later,
    post,
    read,
    tell,
    telling,
)

NOTHING = Report(
    polled=0,
    first_polls=0,
    baseline=0,
    new=0,
    held=0,
    matches=0,
    stories=0,
    sent=0,
    next_poll_at=None,
    failing=(),
    undelivered=(),
)


def fail(tx: Transaction, name: str) -> None:
    failed_poll(tx, feed_of(tx, name), next_poll_at=NOON)


def a_full_run(tx: Transaction) -> None:
    """Something of everything, at noon."""
    follow(tx)
    feed_id = add_feed(tx, "world")
    good_poll(tx, feed_of(tx, "world"))
    for state in EntryState:
        add_entry(tx, feed_id, state.value, state=state)
    read(tx, add_entry(tx, feed_id, "g1", state=EntryState.READ))
    tell(tx, [telling(digests.due_matches(tx, "desk", "story"))])


def counted(found: Report) -> Report:
    """A report without the time of the next poll, which no count is."""
    return replace(found, next_poll_at=None)


def test_where_nothing_happened_everything_is_zero(call: Caller) -> None:
    assert call(overview.report, NOON) == NOTHING


def test_what_happened_is_counted(call: Caller) -> None:
    call(a_full_run)

    report = counted(call(overview.report, NOON))

    assert report == replace(
        NOTHING,
        polled=1,
        first_polls=1,
        baseline=1,
        new=3,
        held=1,
        matches=1,
        stories=1,
    )


def test_what_happened_before_is_not_counted(call: Caller) -> None:
    call(a_full_run)

    assert counted(call(overview.report, later(seconds=1))) == NOTHING


def test_a_second_poll_is_no_first_poll(call: Caller) -> None:
    call(a_full_run)
    call(good_poll, call(feed_of), replace(ANSWER, at=later(hours=1)))

    report = call(overview.report, later(hours=1))

    assert (report.polled, report.first_polls) == (1, 0)


def test_what_was_let_in_counts_as_new(call: Caller) -> None:
    call(a_full_run)
    call(entries.backfill, now=later(hours=1), reach=timedelta(days=1))

    report = call(overview.report, later(hours=1))

    assert (report.new, report.baseline) == (1, 0)


def test_failing_feeds_are_named_by_name(call: Caller) -> None:
    for name in ("b", "a", "good", "gone"):
        call(add_feed, name)
    for name in ("b", "a", "gone"):
        call(fail, name)
    urls = {name: f"https://{name}.example/feed" for name in ("a", "b", "good")}
    call(feeds.sync_feeds, urls, NOON)

    report = counted(call(overview.report, NOON))

    assert report.failing == (
        BadFeed(feed="a", error="HTTP 404"),
        BadFeed(feed="b", error="HTTP 404"),
    )
    assert report.polled == 2


def test_what_was_sent_is_counted_and_what_was_not_is_named(call: Caller) -> None:
    call(post, "ana@example.org", "sami@example.org", "", "fresh@example.org")
    first, second, third = call(claim_mail, limit=3)
    for delivery in (first, second, third):
        call(deliveries.renew, delivery, now=NOON, lease=timedelta(minutes=1))
    call(deliveries.mark_sent, first, Receipt(text="ok"), NOON)
    for delivery, state in [
        (second, DeliveryState.PENDING),
        (third, DeliveryState.DEAD),
    ]:
        call(
            deliveries.mark_failed,
            delivery,
            state=state,
            due_at=NOON,
            code=550,
            text="no such user",
        )

    report = counted(call(overview.report, NOON))

    assert report.sent == 1
    assert [(late.id, late.to, late.state) for late in report.undelivered] == [
        (second.id, "mail sami@example.org", "waiting"),
        (third.id, "mail", "given up"),
    ]
    assert call(overview.report, later(hours=1)).undelivered == ()


def test_the_next_poll_is_none_of_a_paused_feed(call: Caller) -> None:
    call(add_feed, "paused")
    call(add_feed, "world", at=later(hours=1))
    call(feeds.pause_feed, "paused", NOON)

    report = call(overview.report, NOON)

    assert report.next_poll_at == later(hours=1)


def test_a_feed_that_only_our_network_failed_is_not_called_failing(
    call: Caller,
) -> None:
    call(add_feed)
    call(failed_poll, call(feed_of), counted=False)

    report = call(overview.report, NOON)

    assert (report.polled, report.failing) == (1, ())
