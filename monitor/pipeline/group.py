"""Find the copies of an article: one serial step of the read stage, in its transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.models import Article, Cause, Sketch
from monitor.storage import articles, copies
from monitor.storage.articles import Placement
from monitor.storage.copies import Candidate, Neighbours
from monitor.storage.database import Transaction
from monitor.stories import near
from monitor.stories.near import Likeness, Segment

_FEWEST_WORDS = 20
_MOST_MEMBERS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """An article beside those that share its keys; ``best`` is the one it copies."""

    parts: Sequence[Segment]
    furniture: frozenset[int]
    sketch: Sketch
    neighbours: Neighbours
    best: tuple[Candidate, Likeness] | None


def segments_of(article: Article) -> Sequence[Segment]:
    """The sentences that an article is compared by; none if it has too few words."""
    parts = near.segments(article.body or article.summary)
    words = sum(len(part.words) for part in parts)
    return parts if words >= _FEWEST_WORDS else ()


def compare(
    tx: Transaction, article: Article, parts: Sequence[Segment], now: datetime
) -> Compared:
    """Hold an article against those that share keys with it; the best match counts.

    Only the best: whoever joins all that are alike ends with one group of everything.
    """
    furniture = copies.furniture(tx, {part.hash for part in parts})
    sketch = near.sketch(
        article.title, parts, source=article.source, boilerplate=furniture
    )
    neighbours = copies.neighbours(tx, sketch.keys, now)
    alike = [
        (candidate, found)
        for candidate in neighbours.candidates
        if (found := near.likeness(sketch, candidate.sketch))
    ]
    return Compared(
        parts=parts,
        furniture=furniture,
        sketch=sketch,
        neighbours=neighbours,
        best=max(alike, key=_containment, default=None),
    )


def _containment(found: tuple[Candidate, Likeness]) -> tuple[float, int]:
    candidate, alike = found
    return alike.containment, -candidate.article_id


def place(
    tx: Transaction,
    compared: Compared,
    *,
    entry_id: int,
    keys: Sequence[articles.Key],
    first_seen: datetime,
    public_id: str,
) -> Placement:
    """The group of an article: that of its entry, of its address, its text, or its copy."""
    known = articles.placement_of(tx, entry_id) or articles.find_copy(tx, keys)
    if known:
        return known
    if compared.best:
        candidate, alike = compared.best
        return Placement(
            group_id=candidate.group_id,
            copy_of=candidate.article_id,
            copy_kind="near",
            containment=round(alike.containment, 3),
        )
    return Placement(group_id=articles.open_group(tx, public_id, first_seen))


def news_of(
    tx: Transaction, article: Article, compared: Compared, placement: Placement
) -> Cause | None:
    """What a copy says that its group did not; None for what is no copy."""
    if placement.copy_of is None or not compared.parts:
        return None
    texts = copies.texts_of(tx, placement.group_id, _MOST_MEMBERS)
    return near.news(
        article.title,
        compared.parts,
        known=[(title, near.segments(body)) for title, body in texts],
        containment=compared.best[1].containment if compared.best else 0.0,
        boilerplate=compared.furniture,
    )


def remember(
    tx: Transaction,
    article_id: int,
    group_id: int,
    compared: Compared,
    now: datetime,
) -> None:
    """Let later articles find this one."""
    if not compared.parts:
        return
    copies.add_sketch(
        tx,
        article_id,
        group_id,
        compared.sketch,
        near=compared.neighbours,
        now=now,
    )
    copies.add_segments(tx, {part.hash for part in compared.parts}, group_id, now)
