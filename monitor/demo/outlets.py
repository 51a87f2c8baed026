"""Read the invented outlets and date what they have published so far.

Ages become times here, counted from the moment that is handed in, so that the
demo always looks fresh. Nothing in this module reads a clock or a network.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

CONTENT = Path(__file__).with_name("content")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An article as it was written; ``age`` counts back from its ``round``.

    In the file it has paragraphs of its own, the ``first`` so many of another article's
    (``text_of``), or both.

    ``tail`` stands in the article after the paragraphs without being part of it,
    as source lines and comment links do.
    """

    id: str
    title: str
    summary: str
    byline: str
    paragraphs: tuple[str, ...]
    tail: tuple[str, ...]
    age: timedelta
    round: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Furniture:
    """What stands around every article of an outlet."""

    menu: tuple[str, ...]
    cookies: str
    accept: str
    share: tuple[str, ...]
    related: str
    newsletter: str
    footer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """A publisher; ``host`` is the name on its pages, not where it is served."""

    key: str
    name: str
    host: str
    format: str
    language: str
    encoding: str
    description: str
    permalinks: bool
    furniture: Furniture
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """An entry that is out: where, and since when."""

    entry: Entry
    url: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """All that an outlet shows at one moment, newest first."""

    outlet: Outlet
    url: str
    feed_url: str
    published: tuple[Published, ...]

    @property
    def updated(self) -> datetime:
        return self.published[0].at


def article_path(entry: Entry) -> str:
    return f"/articles/{entry.id}"


def edition(
    outlet: Outlet, *, url: str, feed_path: str, rounds: Mapping[int, datetime]
) -> Edition:
    """Date the entries of the rounds that are out; the others stay hidden."""
    published = [
        Published(
            entry=entry,
            url=url + article_path(entry),
            at=rounds[entry.round] - entry.age,
        )
        for entry in outlet.entries
        if entry.round in rounds
    ]
    published.sort(key=lambda one: one.at, reverse=True)
    return Edition(
        outlet=outlet, url=url, feed_url=url + feed_path, published=tuple(published)
    )


def load_outlets(folder: Path = CONTENT) -> tuple[Outlet, ...]:
    """Read every outlet; the name of its file is its key."""
    tables = {
        path.stem: tomllib.loads(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.toml"))
    }
    texts = {
        f"{key}/{entry['id']}": entry["paragraphs"]
        for key, table in tables.items()
        for entry in table["entries"]
        if "paragraphs" in entry
    }
    return tuple(_outlet(key, table, texts) for key, table in tables.items())


def _outlet(key: str, table: dict[str, Any], texts: dict[str, list[str]]) -> Outlet:
    return Outlet(
        key=key,
        name=table["outlet"],
        host=table["host"],
        format=table["format"],
        language=table["language"],
        encoding=table.get("encoding", "utf-8"),
        description=table["description"],
        permalinks=table.get("permalinks", True),
        furniture=_furniture(table["page"]),
        entries=tuple(_entry(entry, texts) for entry in table["entries"]),
    )


def _furniture(table: dict[str, Any]) -> Furniture:
    return Furniture(
        menu=tuple(table["menu"]),
        cookies=table["cookies"],
        accept=table["accept"],
        share=tuple(table["share"]),
        related=table["related"],
        newsletter=table["newsletter"],
        footer=table["footer"],
    )


def _entry(table: dict[str, Any], texts: dict[str, list[str]]) -> Entry:
    copied = texts[table["text_of"]][: table.get("first")] if "text_of" in table else []
    return Entry(
        id=table["id"],
        title=table["title"],
        summary=table["summary"],
        byline=table["byline"],
        paragraphs=(*table.get("paragraphs", ()), *copied),
        tail=tuple(table.get("tail", ())),
        age=timedelta(minutes=table["minutes_ago"]),
        round=table.get("round", 1),
    )
