"""livez, readyz, healthz and metrics."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from monitor import metrics
from monitor.daemon import Daemon
from monitor.storage import settings
from monitor.web.app import app
from tests.conftest import StandingClock
from tests.desk import Desk
from tests.pipeline.test_digests import tell
from tests.site import Site


@pytest.fixture
def desk(site: Site, tmp_path: Path, clock: StandingClock, database_url: str) -> Desk:
    desk = Desk(folder=tmp_path, site=site, clock=clock, database=database_url)
    desk.feeds = {"world": f"{site.url}/feed.xml"}
    return desk


async def asked(daemon: Daemon, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=app(daemon.context))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:8787"
    ) as client:
        return await client.get(path)


def get(desk: Desk, path: str, *, beats: bool = True) -> httpx.Response:
    async def run() -> httpx.Response:
        daemon = desk.daemon()
        await daemon.open(lock=False)
        if beats:
            await daemon.context.database.call(settings.beat, desk.clock.now(), "here")
        try:
            return await asked(daemon, path)
        finally:
            await daemon.close()

    return asyncio.run(run())


def test_a_living_service_says_so(desk: Desk) -> None:
    assert get(desk, "/livez").text == "ok\n"
    assert get(desk, "/readyz").text == "ok\n"


def test_a_database_that_is_away_makes_it_unready_with_the_reason(
    desk: Desk, tmp_path: Path
) -> None:
    desk.database = f"sqlite:{tmp_path}/gone/monitor.db"

    async def run() -> list[httpx.Response]:
        daemon = desk.daemon()
        try:
            return [
                await asked(daemon, path) for path in ("/readyz", "/healthz", "/livez")
            ]
        finally:
            await daemon.close()

    ready, health, live = asyncio.run(run())

    assert (ready.status_code, health.status_code, live.status_code) == (503, 503, 200)
    assert "unable to open database file" in ready.text
    assert "unable to open" in health.json()["database"]


def test_every_check_has_its_figure(desk: Desk, site: Site) -> None:
    tell(site, "old")
    desk.run()

    found = get(desk, "/healthz")

    assert found.status_code == 200
    checks: dict[str, Any] = found.json()["checks"]
    assert all(check["ok"] for check in checks.values())
    assert checks["feeds"] == {"ok": True, "feeds": 1, "failing": 0}
    assert checks["outbox"]["waiting"] == 0


def test_a_service_without_a_sign_of_life_is_unwell(desk: Desk, site: Site) -> None:
    tell(site, "old")
    desk.run()
    desk.clock.go_on(hours=3)

    found = get(desk, "/healthz", beats=False)

    assert found.status_code == 503
    checks = found.json()["checks"]
    assert [n for n, c in checks.items() if not c["ok"]] == ["service", "polls"]


def test_a_clock_that_was_set_back_is_said(desk: Desk, site: Site) -> None:
    tell(site, "old")
    desk.run()
    get(desk, "/livez")
    desk.clock.go_on(minutes=-30)

    found = get(desk, "/healthz", beats=False)

    assert not found.json()["checks"]["clock"]["ok"]


def test_a_refused_configuration_makes_it_unwell(desk: Desk, site: Site) -> None:
    tell(site, "old")
    desk.run()

    async def run() -> httpx.Response:
        daemon = desk.daemon()
        await daemon.open(lock=False)
        now = desk.clock.now()
        await daemon.context.database.call(settings.beat, now, "here")
        await daemon.context.database.call(settings.refuse_config, "a secret?", now)
        found = await asked(daemon, "/healthz")
        await daemon.close()
        return found

    found = asyncio.run(run())

    assert not found.json()["checks"]["configuration"]["ok"]
    assert "secret" not in found.text


def test_metrics_are_those_that_the_documentation_names(desk: Desk, site: Site) -> None:
    tell(site, "old")
    desk.run()
    tell(site, "old", "Airstrikes hit Aleppo")
    desk.run(all_feeds=True)

    families = {
        f.name: f for f in text_string_to_metric_families(get(desk, "/metrics").text)
    }

    names = {
        "monitor_feeds", "monitor_polls", "monitor_poll_duration_seconds",
        "monitor_poll_lag_seconds", "monitor_articles", "monitor_matches",
        "monitor_stories_active", "monitor_digests", "monitor_deliveries",
        "monitor_delivery_duration_seconds", "monitor_delivery_latency_seconds",
        "monitor_outbox_size", "monitor_outbox_oldest_seconds",
        "monitor_last_success_timestamp_seconds", "monitor_event_loop_lag_seconds",
        "monitor_db_size_bytes", "monitor_build_info",
    }  # fmt: skip
    assert names <= set(families)
    well = [
        s.value
        for s in families["monitor_feeds"].samples
        if s.labels["state"] == "well"
    ]
    assert well == [1.0]
    assert families["monitor_db_size_bytes"].samples[0].value > 1_000


def test_very_many_rules_share_a_label() -> None:
    for number in range(600):
        metrics.count_matches(f"many{number}")

    labels = {
        s.labels["rule"]
        for f in metrics.registry.collect()
        for s in f.samples
        if "rule" in s.labels
    }

    assert "other" in labels
    assert len(labels) <= 501
