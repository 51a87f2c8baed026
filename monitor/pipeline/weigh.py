"""Let rules wait for the rarest of their words, by the articles that were read last."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta

from monitor.models import Article
from monitor.pipeline.context import Context
from monitor.rules.index import Index
from monitor.rules.vocabulary import ALL_FIELDS
from monitor.storage import archive
from monitor.text.words import fold, tokens

ENOUGH_RULES = 1_000
"""With fewer rules it costs more than it saves."""

_SAMPLE = 400
_REACH = timedelta(days=30)


async def weighed(context: Context) -> Context:
    """The same, with an index that knows how often words stand in articles.

    Without it long words pass for rare ones. It takes a second or two, in a thread.
    """
    config = context.config
    if len(config.rules) < ENOUGH_RULES:
        return context
    now = context.now()
    within = await context.database.call(archive.reach, now - _REACH, now)
    newest = await context.database.call(
        archive.find_articles,
        within,
        before=within.last + 1,
        wanted=None,
        limit=_SAMPLE,
    )
    articles = [filed.article for filed in newest]

    def index() -> Index:
        rules = config.index.rules.values()
        return Index(rules, config.lists, shares_of(articles))

    if not articles:
        return context
    return replace(
        context, config=replace(config, index=await asyncio.to_thread(index))
    )


def shares_of(articles: list[Article]) -> dict[str, float]:
    """The part of some articles in which each folded word stands."""
    counts: Counter[str] = Counter()
    for article in articles:
        text = "\n".join(getattr(article, name) for name in ALL_FIELDS)
        counts.update({fold(word.surface) for word in tokens(text)})
    return {word: count / len(articles) for word, count in counts.items()}
