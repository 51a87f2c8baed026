"""What happens when a claim is lost, a channel is missing, a host asks for rest."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from monitor.channels import Channel
from monitor.config import loads
from monitor.daemon import Daemon, build
from monitor.models import Digest, Part, Receipt, Target
from monitor.storage import deliveries, feeds
from monitor.storage.database import Transaction
from tests.conftest import StandingClock
from tests.desk import Desk
from tests.pipeline.test_digests import tell
from tests.site import Answer, Item, Site


def steal(tx: Transaction, table: str) -> None:
    """Play another node that took everything over."""
    tx.run(f"UPDATE {table} SET token = 'stolen'")  # noqa: S608 - a test's own names


class _Thieves:
    """A database where, right before one function, another node takes a table over."""

    def __init__(self, daemon: Daemon, victim: str, table: str) -> None:
        self._inner = daemon.context.database
        self._victim, self._table = victim, table

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    async def call(
        self, function: Callable[..., object], *args: object, **kw: object
    ) -> object:
        if function.__name__ == self._victim:
            await self._inner.call(steal, self._table)
        return await self._inner.call(function, *args, **kw)

    call_lightly = call


def run_with_thief(desk: Desk, victim: str, table: str) -> None:
    async def run() -> None:
        daemon = desk.daemon()
        await daemon.open()
        thieves = _Thieves(daemon, victim, table)
        daemon.context = replace(daemon.context, database=thieves)  # type: ignore[arg-type]  # stands in for one
        await daemon.check_once(all_feeds=True)
        await daemon.close()

    asyncio.run(run())


def fresh(desk: Desk, site: Site) -> None:
    """A desk after its silent run, with one matching entry in the feed."""
    desk.articles = 'full_text = "never"'
    tell(site, "old")
    desk.run()
    tell(site, "old", "Airstrikes hit Aleppo")


def test_a_poll_whose_host_was_taken_over_stores_nothing(
    desk: Desk, site: Site
) -> None:
    fresh(desk, site)

    run_with_thief(desk, "_commit_poll", "host")

    assert desk.stories() == []


def test_an_unchanged_poll_whose_host_was_taken_over_stores_nothing(
    desk: Desk, site: Site
) -> None:
    fresh(desk, site)
    desk.run(all_feeds=True)

    run_with_thief(desk, "_unchanged", "host")

    assert desk.stories() == ["Airstrikes hit Aleppo"]


def test_a_failed_poll_whose_host_was_taken_over_counts_no_failure(
    desk: Desk, site: Site
) -> None:
    fresh(desk, site)
    site.answers["/feed.xml"] = Answer(b"", 500)

    run_with_thief(desk, "_commit_failure", "host")

    async def failures() -> int:
        daemon = desk.daemon()
        await daemon.context.database.migrate()
        (line,) = await daemon.context.database.call(feeds.list_feeds)
        await daemon.close()
        return line.failures

    assert asyncio.run(failures()) == 0


def test_a_reading_whose_entry_was_taken_over_is_done_again_later(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    fresh(desk, site)
    run_with_thief(desk, "_commit_articles", "entry")
    early = desk.stories()

    clock.go_on(hours=1)
    desk.run()

    assert early == []
    assert desk.stories() == ["Airstrikes hit Aleppo"]


def test_a_digest_whose_subscriber_was_taken_over_is_made_again_later(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    fresh(desk, site)
    run_with_thief(desk, "_commit_digest", "subscriber")
    early = desk.stories()

    clock.go_on(hours=1)
    desk.run()

    assert early == []
    assert desk.stories() == ["Airstrikes hit Aleppo"]


def test_a_delivery_that_another_node_took_over_is_not_sent(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    fresh(desk, site)
    run_with_thief(desk, "_take_turn", "delivery")
    early = desk.stories()

    clock.go_on(hours=1)
    desk.run()

    assert early == []
    assert desk.stories() == ["Airstrikes hit Aleppo"]


def test_a_channel_that_is_gone_keeps_its_deliveries(desk: Desk, site: Site) -> None:
    fresh(desk, site)
    run_with_thief(desk, "_take_turn", "delivery")
    desk.clock.go_on(hours=1)
    text = desk.text().replace("[channels.log]", "[channels.other]")
    desk.more = ""

    config = loads(
        text.replace('send_to = ["log"]', 'send_to = ["other"]'),
        desk.folder / "config.toml",
    )

    async def run() -> int:
        daemon = build(config, desk.clock)
        await daemon.open()
        await daemon.check_once()
        waiting = await daemon.context.database.call(
            deliveries.waiting_channels, desk.clock.now()
        )
        await daemon.close()
        return len(waiting)

    assert asyncio.run(run()) == 1


def test_without_an_operator_a_flood_is_only_logged(desk: Desk, site: Site) -> None:
    desk.articles = 'full_text = "never"\nflood_limit = 2'
    tell(site, "old")
    config = replace(desk.config(), service=replace(desk.config().service, operator=""))

    async def run() -> None:
        daemon = build(config, desk.clock)
        await daemon.open()
        await daemon.check_once(all_feeds=True)
        tell(site, *map(str, range(30)))
        desk.clock.go_on(minutes=30)
        await daemon.check_once(all_feeds=True)
        await daemon.close()

    asyncio.run(run())

    assert desk.notices() == []


def test_a_host_that_asks_for_rest_gets_no_request_for_a_page(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    tell(site, "old")
    desk.run()
    links = [
        Item(guid=str(n), title=f"Airstrikes hit Aleppo {n}", link=f"{site.url}/p/{n}")
        for n in range(6)
    ]
    for n in range(6):
        site.answers[f"/p/{n}"] = Answer(b"", 429, headers={"Retry-After": "120"})
    site.feed("/feed.xml", "World", links)

    desk.run(all_feeds=True)

    asked = sum(path.startswith("/p/") for path, _ in site.requests)
    assert asked <= 4  # those that were under way at once
    assert len(desk.stories()) == 6
    clock.go_on(minutes=1)
    desk.run(all_feeds=True)
    assert sum(path.startswith("/p/") for path, _ in site.requests) == asked


def test_a_page_that_is_too_large_or_no_page_is_matched_on_its_summary(
    desk: Desk, site: Site
) -> None:
    desk.articles = 'merge = "copies"'
    tell(site, "old")
    desk.run()
    site.answers["/large"] = Answer(b"x" * (6 << 20))
    site.answers["/pdf"] = Answer(b"%PDF-1.7", content_type="application/pdf")
    site.feed(
        "/feed.xml",
        "World",
        [
            Item(guid=p, title=f"Airstrikes hit Aleppo, {p}", link=f"{site.url}/{p}")
            for p in ("large", "pdf")
        ],
    )

    desk.run(all_feeds=True)

    assert len(desk.stories()) == 2
    assert site.hits("/large") == 1


def test_a_bug_on_one_host_does_not_stop_the_others(desk: Desk, site: Site) -> None:
    desk.feeds = {"good": f"{site.url}/feed.xml", "bad": "http://127.0.0.2:9/x"}
    tell(site, "old")

    async def run() -> int:
        daemon = desk.daemon()
        await daemon.open()
        real = daemon.context.client.get

        async def get(request: object) -> object:
            if "127.0.0.2" in request.url:  # type: ignore[attr-defined]  # a Request
                raise ZeroDivisionError
            return await real(request)  # type: ignore[arg-type]  # a Request

        client = _Client(get, daemon.context.client.aclose)
        daemon.context = replace(daemon.context, client=client)  # type: ignore[arg-type]  # stands in for one
        report = await daemon.check_once()
        await daemon.close()
        return report.baseline

    assert asyncio.run(run()) == 1


@dataclass(frozen=True, slots=True)
class _Client:
    get: Callable[[object], Awaitable[object]]
    aclose: Callable[[], Awaitable[None]]


def test_a_stop_gives_back_what_was_claimed_and_not_sent(
    desk: Desk, site: Site
) -> None:
    desk.subscriber = ""
    fresh(desk, site)
    sent: list[str] = []

    async def run() -> None:
        daemon = desk.daemon()
        await daemon.open()

        @dataclass(frozen=True, slots=True, kw_only=True)
        class Stopping:
            gap = patience = timedelta(0)
            way = ""
            threads = False

            def problem(self) -> str:
                return ""

            def targets(self) -> tuple[str, ...]:
                return ("a", "b", "c")

            def render(self, digest: Digest, target: Target) -> list[Part]:
                return [
                    Part(
                        id=target.id, target=target.address, payload=digest.id.encode()
                    )
                ]

            async def send(self, part: Part, thread: str | None = None) -> Receipt:
                del thread
                sent.append(part.target)
                daemon.stopping.set()
                return Receipt(text="ok")

        channels: dict[str, Channel] = {
            **daemon.context.config.channels,
            "log": Stopping(),
        }
        config = replace(daemon.context.config, channels=channels)
        daemon.context = replace(daemon.context, config=config)
        await daemon.check_once(all_feeds=True)
        daemon.stopping.clear()
        await daemon.check_once()
        await daemon.close()

    asyncio.run(run())

    assert sent[:2] == ["a", "b"]


def test_two_urgent_rules_are_told_by_the_higher_priority(
    desk: Desk, site: Site
) -> None:
    desk.rules = '[rules.strikes]\nquery = "airstrike"\npriority = "urgent"'
    desk.follows = ("aleppo", "strikes")
    fresh(desk, site)

    desk.run(all_feeds=True)

    (story,) = desk.told()[0]["stories"]
    assert (story["priority"], story["rules"]) == ("urgent", ["aleppo", "strikes"])
