"""A page that holds the extractor is cut short, and its entry is not lost."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from monitor.workers import Workers
from tests.desk import Desk
from tests.pipeline.test_digests import tell
from tests.site import Answer, Item, Site

# One start tag with very many attributes holds lxml for a long time.
_EVIL = b"<html><body><p " + b" ".join(b"a%d=1" % n for n in range(90_000)) + b">x</p>"


def test_a_page_that_hangs_the_extractor_is_matched_on_what_is_known(
    desk: Desk, site: Site
) -> None:
    tell(site, "old")
    desk.run()
    site.answers["/evil"] = Answer(_EVIL)
    entry = Item(guid="e", title="Airstrikes hit Aleppo", link=f"{site.url}/evil")
    site.feed("/feed.xml", "World", [entry])

    async def run() -> None:
        daemon = desk.daemon()
        daemon.context.workers.close()
        workers = Workers(1, deadline=timedelta(seconds=2))
        daemon.context = replace(daemon.context, workers=workers)
        await daemon.open()
        await daemon.check_once(all_feeds=True)
        await daemon.close()

    asyncio.run(run())

    assert desk.stories() == ["Airstrikes hit Aleppo"]
    assert desk.told()[0]["coverage"]["summary_only"] == 1
