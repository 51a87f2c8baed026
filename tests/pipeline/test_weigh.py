"""How often words stand in articles, for the index of many rules."""

import asyncio

import pytest

from monitor.models import Article, PageState
from monitor.pipeline.context import Context
from monitor.pipeline.weigh import ENOUGH_RULES, shares_of, weighed
from tests.desk import Desk
from tests.pipeline.test_digests import tell
from tests.site import Site


def article(title: str, body: str = "") -> Article:
    return Article(
        title=title,
        summary="",
        body=body,
        aside="",
        language="en",
        state=PageState.OK,
        url="",
    )


def weigh(desk: Desk) -> tuple[Context, Context]:
    """What a service works with before and after it has looked at its articles."""

    async def work() -> tuple[Context, Context]:
        daemon = desk.daemon()
        try:
            await daemon.open()
            return daemon.context, await weighed(daemon.context)
        finally:
            await daemon.close()

    return asyncio.run(work())


@pytest.fixture
def busy(desk: Desk, site: Site) -> Desk:
    """A desk with many rules that has read two articles."""
    desk.articles = 'full_text = "never"'
    desk.rules = "\n".join(f'r{n} = "Aleppo AND word{n}"' for n in range(ENOUGH_RULES))
    tell(site, "old")
    desk.write()
    desk.run()
    tell(site, "old", "Aleppo one", "Aleppo word7")
    desk.run(all_feeds=True)
    return desk


def test_the_share_of_a_word_counts_each_article_once() -> None:
    articles = [article("Aleppo", "Aleppo strikes"), article("Aleppo"), article("x")]

    shares = shares_of(articles)

    assert shares["aleppo"] == pytest.approx(2 / 3)
    assert shares["strikes"] == pytest.approx(1 / 3)


def test_many_rules_wait_for_the_word_that_is_rarer_in_articles(busy: Desk) -> None:
    before, after = weigh(busy)

    anchors = [len(context.config.index.anchored) for context in (before, after)]
    # By their length most wait for "aleppo", but that stands in every article.
    assert anchors[0] < anchors[1] == ENOUGH_RULES + 1
    (match,) = after.config.index.match(article("Aleppo word7"))
    assert match.rule == "r7"


def test_few_rules_are_left_as_they_are(desk: Desk) -> None:
    before, after = weigh(desk)

    assert after is before


def test_many_rules_without_articles_are_left_as_they_are(desk: Desk) -> None:
    desk.rules = "\n".join(f'r{n} = "word{n}"' for n in range(ENOUGH_RULES))

    before, after = weigh(desk)

    assert after is before
