"""What each page costs with a million articles and 3,000 feeds; and a sweep of upkeep.

    python -m benchmarks.pages [--articles 1000000] [--feeds 3000] [--postgresql URL]

The rows are synthetic, and made by the database itself. Milliseconds of wall time from
the request to the whole answer, the median of several, and bytes.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from monitor import log
from monitor.clock import SystemClock
from monitor.config import loads
from monitor.daemon import Daemon, build
from monitor.pipeline.upkeep import ARTICLES
from monitor.storage import settings, upkeep
from monitor.storage.database import Transaction, to_micros
from monitor.storage.upkeep import Mark
from monitor.web.app import app

_PATHS = (
    "/", "/matches", "/matches?rule=rule7", "/matches?source=Source%2012", "/feeds",
    "/deliveries", "/rules", "/subscribers", "/healthz", "/metrics",
    "/api/v1/matches?since=1000",
)  # fmt: skip
_ROUNDS = 7
_RULES = 50
_CONFIG = """
[service]
database = "{database}"
[articles]
full_text = "never"
[feeds]
{feeds}
[rules]
{rules}
[subscribers.desk]
rules = ["rule1"]
digest = "daily 08:00"
"""
_NUMBERS = {
    "sqlite": "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s"
    " WHERE n < :count)",
    "postgresql": "WITH s AS (SELECT CAST(generate_series(1, :count) AS BIGINT) AS n)",
}
# Every tenth story has two articles, every twentieth article met a rule.
_FILL = (
    """INSERT INTO story (id, public_id, first_seen, last_seen)
       {numbers} SELECT n, 's' || n, :start + n * :step, :start + n * :step FROM s""",
    """INSERT INTO copy_group (id, public_id, story_id, first_seen)
       {numbers} SELECT n, 'g' || n, CASE WHEN n % 10 = 0 AND n > 1 THEN n - 1 ELSE n END,
              :start + n * :step FROM s""",
    """INSERT INTO entry (id, feed_id, state, guid, url, text_hash, first_seen,
                          last_seen, eligible_at)
       {numbers} SELECT n, 1 + n % :feeds, 'read', 'guid' || n,
              'https://feed.example/' || n, 'h', :start + n * :step,
              :start + n * :step, :start + n * :step FROM s""",
    """INSERT INTO article (id, entry_id, revision, reading, group_id, read_at, state,
                            title, summary, body, aside, language, url, final_url,
                            canonical_url, origin, source, author, tags)
       {numbers} SELECT n, n, 0, 0, n, :start + n * :step, 'ok', 'Report number ' || n,
              'A summary of the report.', 'A body.', '', 'en',
              'https://feed.example/' || n, '', '', '', 'Source ' || (n % 300), '', '[]'
       FROM s""",
    """INSERT INTO rule_match (article_id, entry_id, rule, rule_hash, score, weak, hits,
                               matched_at)
       {numbers} SELECT n, n, 'rule' || (n / 20 % 50), 'h', 1.0, 0, '[]',
              :start + n * :step FROM s WHERE n % 20 = 0""",
    """INSERT INTO digest (id, public_id, subscriber, slot, kind, subject, stories,
                           created_at)
       {numbers} SELECT n, 'd' || n, 'desk', 'slot' || n, 'digest', '3 stories · desk', 3,
              :start + n * 10 * :step FROM s WHERE n <= :count / 10""",
    """INSERT INTO delivery (public_id, digest_id, subscriber, channel, target, part,
                             payload, state, created_at, due_at, sent_at)
       {numbers} SELECT 'p' || n, n, 'desk', 'mail', 'ana@example.org', 0,
              CAST('payload' AS {blob}), 'sent', :start + n * 10 * :step, 0,
              :start + n * 10 * :step FROM s WHERE n <= :count / 10""",
)


def fill(tx: Transaction, engine: str, articles: int, feeds: int) -> None:
    """Store as many articles as that, spread over the last 200 days."""
    start = datetime.now(UTC) - timedelta(days=200)
    known = {
        "count": articles,
        "start": to_micros(start),
        "step": int(timedelta(days=200) / articles / timedelta(microseconds=1)),
        "feeds": feeds,
    }
    blob = "BLOB" if engine == "sqlite" else "BYTEA"
    for text in _FILL:
        sql = text.format(numbers=_NUMBERS[engine], blob=blob)
        used = {name: value for name, value in known.items() if f":{name}" in sql}
        tx.run(sql, **used)


def _batch(tx: Transaction, mark: Mark) -> Mark | None:
    now = datetime.now(UTC)
    return upkeep.forget_articles(
        tx,
        matched_before=now - timedelta(days=180),
        unmatched_before=now - timedelta(days=30),
        after=mark,
        limit=ARTICLES,
    ).mark


async def _sweep(daemon: Daemon) -> list[float]:
    """Milliseconds of the first batches that forget old articles."""
    mark, spent = Mark(), []
    for _ in range(200):
        started = time.perf_counter()
        found = await daemon.context.database.call(_batch, mark)
        spent.append((time.perf_counter() - started) * 1_000)
        if found is None:
            break
        mark = found
    return sorted(spent)


async def _measure(daemon: Daemon) -> bool:
    """Print each page with its time; whether all are quick and small."""
    good = True
    transport = httpx.ASGITransport(app=app(daemon.context))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:8787", timeout=60
    ) as web:
        for path in _PATHS:
            spent, size = [], 0
            for _ in range(_ROUNDS):
                started = time.perf_counter()
                answer = await web.get(path)
                spent.append((time.perf_counter() - started) * 1_000)
                size = len(answer.content)
            median = statistics.median(spent)
            quick = path != "/" or median < 100
            small = path.startswith("/api") or path == "/metrics" or size < 60_000
            good = good and quick and small
            sys.stdout.write(f"  {path:32} {median:7.1f} ms {size:8,} bytes\n")
    return good


async def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--articles", type=int, default=1_000_000)
    parser.add_argument("--feeds", type=int, default=3_000)
    parser.add_argument("--postgresql", metavar="URL", default="")
    asked = parser.parse_args()
    log.set_up(-1)
    engine = "postgresql" if asked.postgresql else "sqlite"
    with tempfile.TemporaryDirectory() as folder:
        text = _CONFIG.format(
            database=asked.postgresql or "sqlite:pages.db",
            feeds="\n".join(
                f'feed{n} = "https://f{n}.example/x"' for n in range(asked.feeds)
            ),
            rules="\n".join(f'rule{n} = "word{n}x"' for n in range(_RULES)),
        )
        daemon = build(loads(text, Path(folder) / "config.toml"), SystemClock())
        await daemon.open()
        call = daemon.context.database.call
        await call(fill, engine, asked.articles, asked.feeds)
        await daemon.context.database.reclaim(whole=engine == "postgresql")
        await call(settings.beat, datetime.now(UTC), "here")
        sys.stdout.write(
            f"pages: {engine}, {asked.articles:,} articles, {asked.feeds:,} feeds\n"
        )
        good = await _measure(daemon)
        spent = await _sweep(daemon)
        await daemon.close()
    late = spent[int(len(spent) * 0.99)]
    sys.stdout.write(
        f"  upkeep, {ARTICLES} articles a batch: median {statistics.median(spent):.1f} ms, "
        f"p99 {late:.1f} ms\n"
    )
    return 0 if good and late < 50 else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
