"""The schema: each step once, on both engines the same."""

import asyncio
import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta

import pytest

from monitor.errors import SchemaTooNew
from monitor.feeds.keys import keys_of, text_hash
from monitor.models import Entry, EntryState, Feed, Key, Kind, KnownEntry
from monitor.storage import documents, entries, feeds, open_database
from monitor.storage.database import Transaction
from monitor.storage.migrate import migrate, steps
from monitor.storage.postgresql import FRAGMENTS as POSTGRESQL
from monitor.storage.sqlite import FRAGMENTS as SQLITE
from tests.conftest import NOON, Caller, fresh_postgresql
from tests.storage.builders import (
    add_entry,
    claim,
    count,
    feed_of,
    good_poll,
    guid_key,
    line_of,
    row_of,
)

Columns = Mapping[str, list[str]]


def migrations_of(url: str, openers: int) -> list[int]:
    """How many steps each of several openers took that migrate at the same time."""

    async def all_() -> list[int]:
        databases = [open_database(url) for _ in range(openers)]
        try:
            return await asyncio.gather(*(d.migrate() for d in databases))
        finally:
            for database in databases:
                await database.close()

    return asyncio.run(all_())


def columns_in_sqlite(tx: Transaction) -> Columns:
    # The index of words is each engine's own, here and below.
    tables = tx.all(
        """
        SELECT name
          FROM sqlite_master
         WHERE type = 'table'
           AND name NOT LIKE 'article_words%'
        """
    )
    return {
        table["name"]: [
            row["name"] for row in tx.all(f"PRAGMA table_info({table['name']})")
        ]
        for table in tables
    }


def columns_in_postgresql(tx: Transaction) -> Columns:
    rows = tx.all(
        """
        SELECT table_name, column_name
          FROM information_schema.columns
         WHERE table_schema = 'public'
           AND table_name <> 'article_words'
         ORDER BY table_name, ordinal_position
        """
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["table_name"], []).append(row["column_name"])
    return found


# --- when ---


def test_the_first_opener_takes_all_steps_and_the_next_none(database_url: str) -> None:
    first = migrations_of(database_url, 1)
    second = migrations_of(database_url, 1)

    assert (first, second) == ([len(steps())], [0])


def test_openers_at_the_same_time_do_not_clash(database_url: str) -> None:
    taken = migrations_of(database_url, 4)

    assert sorted(taken) == [0, 0, 0, len(steps())]


def test_the_schema_of_a_newer_program_is_refused_and_left_alone(
    database_url: str,
) -> None:
    caller = Caller(database_url)
    caller(lambda tx: tx.run("INSERT INTO schema_step (number) VALUES (9999)"))

    with pytest.raises(SchemaTooNew, match="upgrade this program"):
        caller(migrate, SQLITE)

    rows = caller(lambda tx: tx.all("SELECT number FROM schema_step ORDER BY number"))
    caller.close()
    assert [row["number"] for row in rows] == [*(n for n, _ in steps()), 9999]


# --- what ---


def test_both_engines_get_the_same_tables_and_columns(
    sqlite_url: str, postgresql_server: str
) -> None:
    sqlite = Caller(sqlite_url)
    postgresql = Caller(fresh_postgresql(postgresql_server))

    found = sqlite(columns_in_sqlite), postgresql(columns_in_postgresql)

    sqlite.close()
    postgresql.close()
    assert found[0] == found[1]
    assert {"feed", "entry", "article", "told", "delivery"} <= found[0].keys()


def test_the_steps_are_numbered_without_a_gap() -> None:
    numbers = [number for number, _ in steps()]

    assert numbers == list(range(1, len(numbers) + 1))


def test_every_mark_of_a_step_is_known_to_both_engines() -> None:
    marks = {mark for _, sql in steps() for mark in re.findall(r"/\*.*?\*/", sql)}

    assert marks
    assert marks <= SQLITE.keys()
    assert marks <= POSTGRESQL.keys()


def test_both_engines_know_the_same_marks() -> None:
    assert SQLITE.keys() == POSTGRESQL.keys()


def test_an_id_is_given_by_the_database(call: Caller) -> None:
    def ids(tx: Transaction) -> list[int]:
        sql = "INSERT INTO host (name, due_at) VALUES (:name, 0) RETURNING id"
        return [(tx.one(sql, name=name) or {"id": 0})["id"] for name in "abc"]

    given = call(ids)

    assert len(set(given)) == 3
    assert min(given) > 0


# --- from step 1 to step 2 ---

STORY = Entry(
    guid="https://world.example/?p=1", title="Strike on Aleppo", summary="Ten dead."
)
# Two that begin alike are one from now on; there is no telling which.
ALIKE = [hashlib.sha256(b"g").hexdigest()[:16] + half * 16 for half in "ab"]


def old_hash(text: str) -> str:
    """The 32 digits that step 1 knew a key by."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def first_step(tx: Transaction, fragments: Mapping[str, str]) -> None:
    """Make the schema that a database of step 1 has, as its program made it."""
    sql = dict(steps())[1]
    for mark, text in fragments.items():
        sql = sql.replace(mark, text)
    for statement in re.split(r";\s*\n", re.sub(r"--[^\n]*", "", sql)):
        if statement.strip():
            tx.run(statement)
    tx.run("CREATE TABLE schema_step (number BIGINT PRIMARY KEY)")
    tx.run("INSERT INTO schema_step (number) VALUES (1)")


def first_rows(tx: Transaction) -> None:
    """A feed with three entries and a feed that was never read, as step 1 held them."""
    tx.run("INSERT INTO host (name, due_at) VALUES ('world.example', 0)")
    feed = """
        INSERT INTO feed (name, url, host_id, next_poll_at, last_good_at,
                          baseline_at, etag, body_hash)
        VALUES (:name, :url, 1, :noon, :good, :good, '"e1"', 'h1')
    """
    for name, good in [("world", NOON), ("silent", None)]:
        url = f"https://world.example/{name}"
        tx.run(feed, name=name, url=url, noon=NOON, good=good)
    entry = """
        INSERT INTO entry (feed_id, state, guid, url, revision, text_hash,
                           first_seen, last_seen, eligible_at)
        VALUES (1, 'read', :guid, '', 3, :hash, :noon, :noon, :noon)
    """
    text = old_hash("strike on aleppo ten dead.")
    for guid in (STORY.guid, "a", "b"):
        tx.run(entry, guid=guid, hash=text, noon=NOON)
    key = """
        INSERT INTO entry_key (feed_id, kind, hash, entry_id)
        VALUES (1, :kind, :hash, :id)
    """
    keys = [
        ("guid", old_hash(STORY.guid), 1),
        ("twin", old_hash(STORY.guid), 1),
        ("text", old_hash("strike on aleppo ten dead."), 1),
        ("link", ALIKE[0], 2),
        ("link", ALIKE[1], 3),
        ("text", ALIKE[1], 3),
    ]
    for kind, hash_, id_ in keys:
        tx.run(key, kind=kind, hash=hash_, id=id_)


@pytest.fixture
def upgraded(database_url: str) -> Iterator[Caller]:
    """``call(f, ...)`` on a database that began with step 1 and has rows of then."""
    fragments = SQLITE if database_url.startswith("sqlite:") else POSTGRESQL

    async def begin() -> None:
        database = open_database(database_url)
        try:
            await database.call(first_step, fragments)
            await database.call(first_rows)
        finally:
            await database.close()

    asyncio.run(begin())
    caller = Caller(database_url)
    try:
        yield caller
    finally:
        caller.close()


def test_an_entry_is_still_known_by_the_first_half_of_its_keys(
    upgraded: Caller,
) -> None:
    (keys,) = keys_of([STORY])

    known = upgraded(entries.known_entries, 1, keys)

    found = KnownEntry(
        entry_id=1, revision=3, text_hash=text_hash(STORY), state=EntryState.READ
    )
    guid, text = (old_hash(t)[:16] for t in (STORY.guid, "strike on aleppo ten dead."))
    assert known == {
        Key(Kind.GUID, guid): found,
        Key(Kind.TWIN, guid): found,
        Key(Kind.TEXT, text): found,
    }


def test_keys_that_begin_alike_become_one(upgraded: Caller) -> None:
    key = Key(Kind.LINK, ALIKE[0][:16])

    known = upgraded(entries.known_entries, 1, [key])

    assert upgraded(count, "entry_key") == 5
    assert known[key].entry_id in (2, 3)
    assert known[Key(Kind.TEXT, key.hash)].entry_id == 3


def test_every_entry_has_a_short_hash_of_its_text(upgraded: Caller) -> None:
    rows = upgraded(lambda tx: tx.all("SELECT text_hash, title_hash FROM entry"))

    assert [row["text_hash"] for row in rows] == [text_hash(STORY)] * 3
    assert {row["title_hash"] for row in rows} == {""}


def test_a_feed_that_was_read_is_known_whole_and_with_news_since_then(
    upgraded: Caller,
) -> None:
    (claimed,) = upgraded(claim)

    world, silent = upgraded(feeds.due_feeds, claimed, now=NOON, limit=9)

    assert world == Feed(
        id=1,
        name="world",
        url="https://world.example/world",
        etag='"e1"',
        body_hash="h1",
        full_at=NOON,
        baseline_at=NOON,
        last_good_at=NOON,
        due_at=NOON,
    )
    assert upgraded(line_of).last_new_at == NOON
    assert (silent.full_at, silent.last_good_at) == (None, None)
    assert upgraded(line_of, "silent").last_new_at is None


def test_an_upgraded_database_goes_on_with_polls_and_entries(upgraded: Caller) -> None:
    entry_id = upgraded(add_entry, 1, "g1")

    upgraded(good_poll, upgraded(feed_of))
    upgraded(entries.add_keys, 1, [(Key(Kind.NUMBER, "n"), entry_id)])
    upgraded(documents.remember_document, 1, changes=1, entries=())

    known = upgraded(entries.known_entries, 1, [guid_key("g1"), Key(Kind.NUMBER, "n")])
    assert {entry.entry_id for entry in known.values()} == {entry_id}
    assert upgraded(line_of).next_poll_at == NOON + timedelta(minutes=15)


def test_an_upgraded_database_has_the_tables_of_a_new_one(
    upgraded: Caller, database_url: str, sqlite_url: str
) -> None:
    columns = (
        columns_in_sqlite
        if database_url.startswith("sqlite:")
        else columns_in_postgresql
    )
    new = Caller(f"{sqlite_url}.new")

    found = upgraded(columns), new(columns_in_sqlite)

    new.close()
    assert found[0] == found[1]
    assert upgraded(row_of, "feed", 1)["skips"] == "[[],[]]"


def test_an_upgraded_database_keeps_a_key_to_one_entry(upgraded: Caller) -> None:
    keys = [(guid_key("x"), 2), (guid_key("x"), 3)]

    upgraded(entries.add_keys, 1, keys)

    known = upgraded(entries.known_entries, 1, [guid_key("x")])
    assert known[guid_key("x")].entry_id == 3
    assert upgraded(count, "entry_key") == 6


def test_later_steps_only_add_so_that_an_old_node_goes_on_beside_a_new_one() -> None:
    may = ("CREATE TABLE", "CREATE INDEX", "CREATE UNIQUE INDEX", "UPDATE", "/*WORDS")
    for number, sql in steps():
        if number < 3:
            continue
        bare = re.sub(r"--[^\n]*", "", sql)
        for statement in filter(str.strip, re.split(r";\s*\n", bare)):
            text = " ".join(statement.split()).upper()
            adds = text.startswith("ALTER TABLE") and " ADD COLUMN " in text
            assert adds or text.startswith(may), (number, text)
