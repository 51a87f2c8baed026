"""Find the copies of an article and its story.

One serial step of the read stage, inside its transaction.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.models import Article, Cause, Sketch, Vector
from monitor.storage import articles, copies, stories
from monitor.storage.articles import Placement
from monitor.storage.copies import Candidate, Neighbours
from monitor.storage.database import Transaction
from monitor.storage.stories import Known
from monitor.stories import cluster, near
from monitor.stories.near import Likeness, Segment

_FEWEST_WORDS = 20
_MOST_MEMBERS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """An article beside those that share its keys; ``best`` is the one it copies.

    ``siblings`` are the groups of reports from one template: the same words about
    something else; ``series`` is the key of its title's series.
    """

    parts: Sequence[Segment]
    series: int
    furniture: frozenset[int]
    sketch: Sketch
    neighbours: Neighbours
    best: tuple[Candidate, Likeness] | None
    siblings: frozenset[int]


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
    Grouping is serial from here on, so that two nodes, each blind to what the other is
    about to store, cannot open two groups for one text.
    """
    tx.serialise("grouping")
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
        series=near.series(article.title, article.source),
        furniture=furniture,
        sketch=sketch,
        neighbours=neighbours,
        best=max((a for a in alike if a[1].copy), key=_containment, default=None),
        siblings=frozenset(c.group_id for c, a in alike if not a.copy),
    )


def _containment(found: tuple[Candidate, Likeness]) -> tuple[float, int]:
    candidate, alike = found
    return alike.containment, -candidate.article_id


def place(
    tx: Transaction,
    article: Article,
    compared: Compared,
    *,
    entry_id: int,
    keys: Sequence[articles.Key],
    names: Collection[str],
    first_seen: datetime,
    public_id: str,
    window: timedelta,
    now: datetime,
) -> Placement:
    """The group of an article: that of its entry, of its address, its text, or its copy.

    What is no copy opens a group, in the story that it tells. ``names`` are the lists
    of rules that named something in it.
    """
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
    story_id = _story(
        tx,
        article,
        compared,
        names,
        first_seen=first_seen,
        public_id=public_id,
        window=window,
        now=now,
    )
    return Placement(group_id=articles.open_group(tx, public_id, story_id, first_seen))


def _story(
    tx: Transaction,
    article: Article,
    compared: Compared,
    names: Collection[str],
    *,
    first_seen: datetime,
    public_id: str,
    window: timedelta,
    now: datetime,
) -> int:
    """The story that an article tells, which knows it from now on."""
    text = article.body or article.summary
    parts = compared.parts or near.segments(text)
    found = cluster.features(
        near.segment(article.title),
        [part for part in parts if part.hash not in compared.furniture],
        article.language,
    )
    counts, total = stories.count_terms(tx, found)
    stories.add_terms(tx, found)
    own = cluster.vector(found, counts, total)
    named = {near.word_hash(name) for name in names}
    language = article.language.partition("-")[0]
    terms = (*cluster.strongest(own, cluster.TERMS_OF_ARTICLE), *sorted(named))
    found_there = stories.find_stories(tx, terms, now, window)
    others = stories.stories_of(tx, compared.siblings) | _serials(
        tx, article, compared.series, [told.id for told in found_there]
    )
    there = {told.id: told for told in found_there if told.id not in others}
    figures = cluster.telling(compared.sketch.figures)
    chosen = cluster.choose(
        own, language, there.values(), names=named, figures=figures, window=window
    )
    if chosen is None:
        known = _known(own, named, figures, language)
        return stories.open_story(tx, public_id, first_seen, known, now)
    told = there[chosen]
    same = told.language == language or not told.language
    centroid = cluster.joined(told.centroid, own) if same else told.centroid
    known = _known(
        centroid, told.names | named, told.figures | figures, told.language or language
    )
    stories.know_story(tx, chosen, known, now)
    return chosen


def _serials(
    tx: Transaction, article: Article, series: int, ids: Sequence[int]
) -> set[int]:
    """The stories in which its source has another number of the same series."""
    return {
        row["story_id"]
        for row in stories.titles_of(tx, series, ids)
        if near.is_serial(article.title, row["title"])
    }


def _known(
    centroid: Vector, names: Collection[int], figures: Collection[str], language: str
) -> Known:
    terms = (*cluster.strongest(centroid, cluster.TERMS_OF_STORY), *sorted(names))
    return Known(
        centroid=centroid, terms=terms, names=names, figures=figures, language=language
    )


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
