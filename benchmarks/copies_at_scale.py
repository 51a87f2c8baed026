"""What finding copies and stories costs with 10,000 and with a million articles stored.

    python -m benchmarks.copies_at_scale [--articles 1000000] [--postgresql URL]

The rows are synthetic: as many keys, segments, terms and stories as that many articles of
ten days leave. Milliseconds of wall time a look-up, in one transaction.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from monitor.storage import copies, open_database, stories
from monitor.storage.database import Database, Transaction

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEYS = 28
TERMS = 12
SEGMENTS = 25
LOOKUPS = 200
_BATCH = 20_000
_BITS = 61


def _rows(first: int, count: int) -> Iterator[tuple[int, int, random.Random]]:
    for number in range(first, first + count):
        day = copies.day_of(NOW) - number % copies.REACH_DAYS
        yield number, day, random.Random(number)  # noqa: S311 - synthetic rows


def fill(tx: Transaction, first: int, count: int) -> None:
    """Store what so many articles leave in the indexes."""
    if first == 0:
        tx.run("INSERT INTO story (id, public_id, first_seen) VALUES (1, 's', 0)")
        tx.run(
            "INSERT INTO copy_group (id, public_id, story_id, first_seen)"
            " VALUES (1, 'g', 1, 0)"
        )
    tx.many(
        "INSERT INTO near_key (day, hash, article_id) VALUES (:day, :hash, :id)",
        [
            {"day": day, "hash": chance.getrandbits(_BITS), "id": number}
            for number, day, chance in _rows(first, count)
            for _ in range(KEYS)
        ],
    )
    tx.many(
        "INSERT INTO story_term (day, term, story_id) VALUES (:day, :term, :id)"
        " ON CONFLICT DO NOTHING",
        [
            {"day": day, "term": int(chance.paretovariate(0.6)) % 400_000, "id": number}
            for number, day, chance in _rows(first, count)
            for _ in range(TERMS)
        ],
    )
    tx.many(
        "INSERT INTO segment (hash, day, first_group) VALUES (:hash, :day, :id)",
        [
            {"hash": chance.getrandbits(_BITS), "day": day, "id": number}
            for number, day, chance in _rows(first, count)
            for _ in range(SEGMENTS)
        ],
    )


def look_up(tx: Transaction, seed: int) -> dict[str, float]:
    """Milliseconds of each look-up, for articles that were not there."""
    chance = random.Random(-seed)  # noqa: S311 - a benchmark
    spent = dict.fromkeys(("copies", "furniture", "stories"), 0.0)
    for _ in range(LOOKUPS):
        keys = [chance.getrandbits(_BITS) for _ in range(KEYS)]
        terms = [int(chance.paretovariate(0.6)) % 400_000 for _ in range(TERMS)]
        for name, ask in (
            ("copies", lambda keys=keys: copies.neighbours(tx, keys, NOW)),
            ("furniture", lambda keys=keys: copies.furniture(tx, keys[:SEGMENTS])),
            ("stories", lambda terms=terms: stories.find_stories(tx, terms, NOW)),
        ):
            started = time.perf_counter()
            ask()
            spent[name] += (time.perf_counter() - started) * 1000 / LOOKUPS
    return spent


async def measure(database: Database, most: int) -> bool:
    await database.migrate()
    stored = 0
    base: dict[str, float] = {}
    flat = True
    for count in (10_000, most):
        for first in range(stored, count, _BATCH):
            await database.call(fill, first, min(_BATCH, count - first))
        stored = count
        await database.call(look_up, 1)
        spent = await database.call(look_up, 2)
        base = base or spent
        flat &= all(spent[name] < 3 * base[name] + 0.5 for name in spent)
        said = ", ".join(f"{name} {ms:.2f} ms" for name, ms in spent.items())
        sys.stdout.write(f"  {count:10,} articles: {said}\n")
        sys.stdout.flush()
    return flat


async def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--articles", type=int, default=1_000_000)
    parser.add_argument("--postgresql", metavar="URL", default="")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = options.postgresql or f"sqlite:{folder}/scale.db"
        sys.stdout.write(f"copies on {url.partition(':')[0]}\n")
        database = open_database(url)
        try:
            return 0 if await measure(database, options.articles) else 1
        finally:
            await database.close()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
