"""Several nodes on one database at the same time."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TypeVar

from monitor.models import EntryState
from monitor.storage import (
    digests,
    entries,
    feeds,
    hosts,
    open_database,
    subscribers,
    unread,
)
from monitor.storage.database import Database, Transaction
from tests.conftest import NOON, Caller, fresh_postgresql
from tests.storage.builders import (
    LEASE,
    add_entry,
    add_feed,
    claim,
    claim_mail,
    follow,
    host_id,
    later,
    post,
    read,
    tell,
    telling,
)

T = TypeVar("T")
NODES = 4


@asynccontextmanager
async def nodes(url: str) -> AsyncIterator[list[Database]]:
    databases = [open_database(url) for _ in range(NODES)]
    try:
        await databases[0].migrate()
        yield databases
    finally:
        for database in databases:
            await database.close()


def taken_by_all(
    url: str,
    prepare: Callable[[Transaction], object],
    take: Callable[[Transaction, str], list[T]],
) -> list[T]:
    """What the nodes got together when all took until there was nothing left."""

    async def node(database: Database, name: str) -> list[T]:
        got: list[T] = []
        while batch := await database.call(take, f"{name} {len(got)}"):
            got += batch
        return got

    async def race() -> list[T]:
        async with nodes(url) as databases:
            await databases[0].call(prepare)
            work = (node(d, f"node {n}") for n, d in enumerate(databases))
            return [one for got in await asyncio.gather(*work) for one in got]

    return asyncio.run(race())


# --- each thing once ---


def test_each_host_goes_to_one_node(database_url: str) -> None:
    names = [f"feed{n:03}" for n in range(200)]

    def prepare(tx: Transaction) -> None:
        urls = {name: f"https://{name}.example/feed" for name in names}
        feeds.sync_feeds(tx, urls, NOON)

    claims = taken_by_all(
        database_url, prepare, lambda tx, token: claim(tx, by=token, limit=7)
    )

    assert sorted(c.name for c in claims) == [f"{name}.example" for name in names]


def test_each_entry_is_read_by_one_node(database_url: str) -> None:
    guids = [f"g{n:03}" for n in range(100)]

    def prepare(tx: Transaction) -> None:
        feed_id = add_feed(tx)
        for guid in guids:
            add_entry(tx, feed_id, guid)

    def take(tx: Transaction, token: str) -> list[str]:
        batch = unread.claim_entries(tx, token=token, now=NOON, lease=LEASE, limit=7)
        return [waiting.entry.guid for waiting in batch]

    taken = taken_by_all(database_url, prepare, take)

    assert sorted(taken) == guids


def test_each_entry_that_a_dead_node_held_is_read_by_one_node(
    database_url: str,
) -> None:
    guids = [f"g{n:03}" for n in range(20)]

    def prepare(tx: Transaction) -> None:
        feed_id = add_feed(tx)
        for guid in guids:
            add_entry(tx, feed_id, guid)
        unread.claim_entries(tx, token="dead", now=NOON, lease=LEASE, limit=99)

    def take(tx: Transaction, token: str) -> list[str]:
        now = later(minutes=30)
        batch = unread.claim_entries(tx, token=token, now=now, lease=LEASE, limit=7)
        return [waiting.entry.guid for waiting in batch]

    taken = taken_by_all(database_url, prepare, take)

    assert sorted(taken) == guids


def test_each_delivery_is_sent_by_one_node(database_url: str) -> None:
    targets = [f"reader{n:03}@example.org" for n in range(100)]

    taken = taken_by_all(
        database_url,
        lambda tx: post(tx, *targets),
        lambda tx, token: claim_mail(tx, by=token, limit=7),
    )

    assert sorted(d.part.target for d in taken) == targets


def test_a_subscriber_is_taken_by_one_node(database_url: str) -> None:
    def take(tx: Transaction, token: str) -> list[str]:
        claimed = subscribers.claim_subscriber(
            tx, "desk", token=token, now=NOON, lease=LEASE
        )
        return [token] if claimed else []

    taken = taken_by_all(database_url, follow, take)

    assert len(taken) == 1


def test_a_story_is_told_by_one_node(database_url: str) -> None:
    """Even if a lease ran out and several nodes make the same digest."""

    def prepare(tx: Transaction) -> None:
        follow(tx)
        read(tx, add_entry(tx, add_feed(tx)))

    async def race() -> list[int | BaseException | None]:
        async with nodes(database_url) as databases:
            await databases[0].call(prepare)
            due = await databases[0].call(digests.due_matches, "desk", "story")
            work = (
                d.call(tell, [telling(due)], slot=f"slot {n}")
                for n, d in enumerate(databases)
            )
            return await asyncio.gather(*work, return_exceptions=True)

    made = asyncio.run(race())

    told = [outcome for outcome in made if isinstance(outcome, int)]
    assert len(told) == 1


# --- no wake-up is lost ---


def test_a_page_that_is_let_in_while_its_host_is_given_back_is_not_forgotten(
    postgresql_server: str,
) -> None:
    url = fresh_postgresql(postgresql_server)
    let_in, given_back = threading.Event(), threading.Event()

    def prepare(tx: Transaction) -> hosts.HostClaim:
        feed_id = add_feed(tx)
        add_entry(tx, feed_id, state=EntryState.BASELINE, page="pages.example")
        hosts.bring_forward(tx, host_id(tx, "pages.example"), NOON)
        (claimed,) = (c for c in claim(tx) if c.name == "pages.example")
        return claimed

    def backfill(tx: Transaction) -> None:
        entries.backfill(tx, now=NOON, reach=timedelta(days=1))
        let_in.set()
        # Commit when the other node waits for us, or needed not to.
        while not given_back.is_set():
            if tx.all("SELECT 1 FROM pg_locks WHERE NOT granted"):
                return

    def give_back(tx: Transaction, claimed: hosts.HostClaim) -> None:
        let_in.wait(timeout=10)
        hosts.release_host(tx, claimed, now=NOON, allowed_at=NOON)

    async def both() -> None:
        async with nodes(url) as databases:
            claimed = await databases[0].call(prepare)
            letting_in = asyncio.create_task(databases[0].call(backfill))
            await databases[1].call(give_back, claimed)
            given_back.set()
            await letting_in

    asyncio.run(both())

    caller = Caller(url)
    claims = caller(claim, by="b")
    caller.close()
    assert [c.name for c in claims] == ["pages.example"]
