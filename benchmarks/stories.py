"""Which documents the pipeline folds into one group, and which copies it calls updates.

    python -m benchmarks.stories --documents FILE --out PRED.jsonl
        [--level copies|stories] [--shuffle SEED]

A document is a line of JSON: id, title, text, url, source, lang, published. They arrive in
the order given, or shuffled. A line of the result is {"id", "group", "update"}. The CPU an
article takes is printed.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from monitor.articles.assemble import assemble
from monitor.models import Article, Entry, EntryState, Page, PageState, WaitingEntry
from monitor.pipeline import group
from monitor.storage import articles, entries, feeds, open_database
from monitor.storage.articles import Placement
from monitor.storage.database import Transaction
from monitor.stories import cluster
from monitor.stories.fingerprint import copy_keys
from monitor.text.dates import feed_date

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def article_of(document: dict[str, Any], number: int, when: datetime) -> Article:
    """The article that a feed with this whole text would give."""
    entry = Entry(
        guid=document["id"],
        url=document.get("url") or f"https://documents.example/{number}",
        title=document.get("title", ""),
        content=document.get("text", ""),
        summary=document.get("summary", ""),
        published=when,
    )
    waiting = WaitingEntry(
        id=number,
        feed_id=1,
        feed="documents",
        feed_title=document.get("source") or "",
        revision=0,
        first_seen=when,
        tries=0,
        token="",
        entry=entry,
    )
    return assemble(
        waiting,
        Page(state=PageState.SUMMARY),
        source=document.get("source") or "",
        final_url="",
        language=document.get("lang") or "en",
    )


def seen_at(document: dict[str, Any], level: str) -> datetime:
    """When a document came: for stories when it was published, else all at one time."""
    if level == "copies":
        return NOW
    if "seen" in document:
        return datetime.fromtimestamp(document["seen"], UTC)
    return feed_date(str(document.get("published") or "")) or NOW


def fold(
    tx: Transaction, documents: list[dict[str, Any]], level: str
) -> list[dict[str, Any]]:
    """Let documents arrive one after the other, as the read stage does."""
    feeds.sync_feeds(tx, {"documents": "https://documents.example/feed"}, NOW)
    row = tx.one("SELECT id FROM feed")
    feed_id = int(row["id"]) if row else 0
    return [_filed(tx, feed_id, n, d, level) for n, d in enumerate(documents, 1)]


def _filed(
    tx: Transaction, feed_id: int, number: int, document: dict[str, Any], level: str
) -> dict[str, Any]:
    now = seen_at(document, level)
    article = article_of(document, number, now)
    (entry_id,) = entries.add_entries(
        tx,
        [
            entries.Stored(
                feed_id=feed_id,
                entry=Entry(guid=document["id"], url=article.url),
                keys=[],
                text_hash=str(number),
                title_hash="",
                state=EntryState.READ,
                published=None,
                now=now,
                page_host_id=None,
                flood_id=None,
            )
        ],
    )
    keys = copy_keys(article)
    parts = group.segments_of(article)
    compared = group.compare(tx, article, parts, now)
    placement = group.place(
        tx,
        article,
        compared,
        entry_id=entry_id,
        keys=keys,
        names=(),
        first_seen=now,
        public_id=str(number),
        window=cluster.WINDOW,
        now=now,
    )
    news = group.news_of(tx, article, compared, placement)
    article_id = articles.add_article(
        tx,
        articles.Reading(
            entry_id=entry_id,
            revision=0,
            number=0,
            article=article,
            note="",
            placement=placement,
            news=news,
            keys=keys,
            words=(),
            series=compared.series,
            matches=(),
            now=now,
        ),
    )
    if article_id is not None:
        group.remember(tx, article_id, placement.group_id, compared, now)
    folded = placement.group_id if level == "copies" else _story_of(tx, placement)
    return {"id": document["id"], "group": folded, "update": news is not None}


def _story_of(tx: Transaction, placement: Placement) -> int:
    row = tx.one(
        "SELECT story_id FROM copy_group WHERE id = :id", id=placement.group_id
    )
    return int(row["story_id"]) if row else 0


async def run(documents: list[dict[str, Any]], level: str) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:{folder}/stories.db")
        try:
            await database.migrate()
            return await database.call(fold, documents, level)
        finally:
            await database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--documents", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--level", choices=("copies", "stories"), default="copies")
    parser.add_argument("--shuffle", type=int)
    options = parser.parse_args()
    lines = options.documents.read_text("utf-8").splitlines()
    documents = [json.loads(line) for line in lines if line.strip()]
    if options.shuffle is not None:
        random.Random(options.shuffle).shuffle(documents)  # noqa: S311 - a benchmark
    started = time.process_time()
    found = asyncio.run(run(documents, options.level))
    spent = (time.process_time() - started) / max(1, len(documents)) * 1000
    options.out.write_text("".join(f"{json.dumps(one)}\n" for one in found), "utf-8")
    sys.stdout.write(
        f"stories: {len(documents):,} documents, "
        f"{len({one['group'] for one in found}):,} groups, {spent:.2f} ms CPU each\n"
    )


if __name__ == "__main__":
    main()
