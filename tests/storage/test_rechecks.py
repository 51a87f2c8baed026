"""What was told is read again three times, if it has a page."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from monitor.models import EntryState, PageState, WaitingEntry
from monitor.storage import articles, hosts, rechecks, unread
from monitor.storage.database import Transaction
from monitor.storage.rechecks import WAITS
from tests.conftest import NOON, Caller
from tests.storage.builders import (
    ARTICLE,
    add_entry,
    add_feed,
    claim,
    host_id,
    later,
    read,
    revise,
    row_of,
)

READ = replace(ARTICLE, state=PageState.OK, heading="Strike on Aleppo")


def told(
    tx: Transaction,
    *,
    page: str = "pages.example",
    state: PageState = PageState.OK,
    heading: str = "Strike on Aleppo",
) -> int:
    """An entry that was read and told at noon; its id."""
    entry = add_entry(tx, add_feed(tx), page=page, state=EntryState.READ)
    article_id = read(tx, entry, text=replace(READ, state=state, heading=heading))
    tx.run("UPDATE entry SET due_at = NULL WHERE id = :id", id=entry)
    rechecks.watch(tx, [article_id, article_id], NOON)
    return entry


def pages_at(tx: Transaction, hours: float) -> list[WaitingEntry]:
    """The pages that are to be asked for so long after noon."""
    at = later(hours=hours)
    found = []
    for host in claim(tx, by=f"t{hours}", at=at):
        found += unread.claim_pages(tx, host, now=at, limit=5)
        hosts.release_host(tx, host, now=at, allowed_at=at)
    return found


def test_a_told_article_is_due_again_after_an_hour(call: Caller) -> None:
    entry = call(told)

    assert call(pages_at, 0.9) == []
    (waiting,) = call(pages_at, 1)
    assert (waiting.id, waiting.recheck, waiting.missing) == (entry, 1, False)


def test_it_is_read_three_times_and_then_left_alone(call: Caller) -> None:
    entry = call(told)
    due = []
    for hour in range(40):
        for waiting in call(pages_at, hour):
            due.append((hour, waiting.recheck))
            rest = WAITS[waiting.recheck :]
            again_at = later(hours=hour) + rest[0] if rest else None
            call(
                rechecks.finish_recheck,
                waiting,
                again_at=again_at,
                number=waiting.recheck,
            )

    assert due == [(1, 1), (6, 2), (24, 3)]
    last = call(articles.readings, entry)[-1]
    call(rechecks.watch, [last.article_id], later(hours=40))
    assert call(row_of, "entry", entry)["recheck_at"] is None


@pytest.mark.parametrize(
    "change",
    [
        {"page": ""},
        {"heading": ""},
        {"state": PageState.ERROR_PAGE},
        {"state": PageState.PAYWALL},
    ],
)
def test_what_had_no_page_is_not_read_again(
    call: Caller, change: dict[str, Any]
) -> None:
    call(told, **change)

    assert call(pages_at, 2) == []


def test_a_page_that_was_missing_is_looked_for_once_more(call: Caller) -> None:
    call(told)
    (waiting,) = call(pages_at, 1)

    call(rechecks.look_for_again, waiting, later(hours=1, minutes=20))

    (waiting,) = call(pages_at, 1.5)
    assert (waiting.recheck, waiting.missing) == (1, True)


def test_a_revision_is_read_as_such_and_the_recheck_stays(call: Caller) -> None:
    entry = call(told)
    call(revise, call(add_feed), at=later(minutes=30))
    call(hosts.bring_forward, call(host_id, "pages.example"), later(minutes=30))

    (waiting,) = [w for w in call(pages_at, 0.5) if w.id == entry]
    call(unread.finish_entry, waiting, retry_at=None)

    assert (waiting.revision, waiting.recheck) == (1, 0)
    (again,) = call(pages_at, 1)
    assert again.recheck == 1


def test_the_waits_add_up_to_a_day() -> None:
    assert sum(WAITS, timedelta(0)) == timedelta(hours=24)
