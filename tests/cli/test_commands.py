"""Every command, as a person and as a program use it."""

import asyncio
import re
import socket
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.cli.group import _COMMANDS
from monitor.storage import settings
from tests.cli.conftest import Monitor, answer
from tests.desk import Desk, mail_server
from tests.pipeline.test_digests import tell
from tests.site import Answer, Item, Site

ROOT = Path(__file__).parents[2]


@pytest.fixture
def told(desk: Desk, site: Site) -> Desk:
    """A desk that has told one story and holds one that does not match."""
    tell(site, "old")
    desk.write()
    desk.run()
    items = [
        Item(guid="1", title="Airstrikes hit Aleppo", link="https://example.org/1"),
        Item(guid="2", title="Aleppo soap sells well", link="https://example.org/2"),
    ]
    desk.articles = 'full_text = "never"'
    desk.write()
    site.feed("/feed.xml", "World News", items)
    desk.run(all_feeds=True)
    return desk


def test_help_names_every_command(monitor: Monitor) -> None:
    text = monitor("--help").output

    assert all(re.search(rf"^  {name} ", text, re.MULTILINE) for name in _COMMANDS)


@pytest.mark.parametrize("name", _COMMANDS)
def test_every_command_has_help_with_examples(name: str, monitor: Monitor) -> None:
    result = monitor(name, "--help")

    assert result.exit_code == 0
    assert "Examples:" in result.output or "Commands:" in result.output


def test_a_mistyped_command_is_corrected(monitor: Monitor) -> None:
    result = monitor("staus")

    assert result.exit_code == 2
    assert "Did you mean status?" in result.stderr


def test_a_new_user_gets_a_configuration_that_checks(monitor: Monitor) -> None:
    written = monitor("init")
    checked = monitor("check-config")
    again = monitor("init")

    assert "2 feeds, 1 rule, 1 subscriber" in written.output
    assert checked.output.startswith("config.toml: OK. 2 feeds, 1 rule, 1 subscriber.")
    assert again.exit_code == 2
    assert "--force" in again.stderr


def test_init_says_where_it_may_not_write(monitor: Monitor) -> None:
    result = monitor("--config", "no/such/folder.toml", "init")

    assert result.exit_code == 2
    assert "No such file or directory" in result.stderr


def test_a_missing_configuration_names_the_way_out(monitor: Monitor) -> None:
    result = monitor("check-once")

    assert result.exit_code == 2
    assert "monitor init" in result.stderr


def test_rule_tests_are_counted_and_next_digests_are_told(
    monitor: Monitor, desk: Desk
) -> None:
    desk.digest = "weekdays 07:30"
    desk.rules = (
        '[rules.soap]\nquery = "soap"\ntests = { match = ["Soap!"], skip = ["Hope"] }'
    )
    desk.write()

    result = monitor("--at", "2026-11-22T12:00:00Z", "check-config")

    assert "2 rules (2 tests pass)" in result.output
    assert "Next digest: Mon 23 Nov 07:30 +00:00, Tue 24 Nov" in result.output


def test_a_first_run_says_that_it_stays_silent(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    tell(site, "one", "two")
    desk.write()

    result = monitor("check-once")

    assert result.exit_code == 0
    assert result.output == (
        "1 feed read, 2 articles remembered as the starting point, 0 alerts "
        "(first run stays silent; --backfill 24h to include them)\n"
    )


def test_a_failing_feed_is_named_and_the_status_is_1(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    site.answers["/feed.xml"] = Answer(b"", 404)
    desk.write()

    result = monitor("check-once")
    listed = monitor("feeds", "list")

    assert result.exit_code == 1
    assert "feed world: HTTP 404: the address may have changed" in result.output
    assert listed.exit_code == 1
    assert "failing since" in listed.output


def test_a_dry_run_shows_what_would_be_sent_and_stores_nothing(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    tell(site, "old")
    desk.write()
    monitor("check-once")
    tell(site, "old", "Airstrikes hit Aleppo")

    dry = monitor("check-once", "--all", "--dry-run")
    real = monitor("--json", "check-once", "--all")

    assert "would go to desk through log" in dry.output
    assert "Airstrikes" in dry.output
    assert "Nothing was stored, nothing was sent." in dry.output
    assert answer(real)["stories"] == 1
    assert desk.stories() == ["Airstrikes hit Aleppo"]


def test_an_unknown_feed_is_answered_with_those_that_are_there(
    monitor: Monitor, desk: Desk
) -> None:
    desk.write()

    result = monitor("check-once", "--feed", "bbc")

    assert result.exit_code == 2
    assert "the feeds are world" in result.stderr


def test_a_database_that_is_locked_ends_with_status_4(
    monitor: Monitor, desk: Desk, tmp_path: Path
) -> None:
    (tmp_path / "monitor.db").write_bytes(b"this is no database" * 100)
    desk.write()

    result = monitor("check-once")

    assert result.exit_code == 4
    assert "not a database" in result.stderr


def test_a_second_copy_ends_with_status_3(monitor: Monitor, desk: Desk) -> None:
    import fcntl

    desk.write()
    with (desk.folder / "monitor.db.lock").open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        result = monitor("check-once")

    assert result.exit_code == 3
    assert "another monitor is running" in result.stderr


@pytest.mark.usefixtures("told")
def test_status_shows_the_whole_on_one_screen(monitor: Monitor) -> None:
    text = monitor("status").output

    assert "1 of 1 read" in text
    assert "1 baseline" in text
    assert "1 sent" in text
    assert "desk: as soon as something matches" in text


@pytest.mark.usefixtures("told")
def test_health_is_bad_while_no_service_runs(monitor: Monitor) -> None:
    result = monitor("status", "--health")

    assert result.exit_code == 1
    assert "no sign of life" in result.output


def beats(desk: Desk, **ago: int) -> None:
    """Let nodes have given a sign of life so many minutes ago."""

    async def run() -> None:
        daemon = desk.daemon()
        await daemon.open(lock=False)
        for name, minutes in ago.items():
            at = datetime.now(UTC) - timedelta(minutes=minutes)
            machine = socket.gethostname() if name == "here" else name
            await daemon.context.database.call(settings.beat, at, machine)
        await daemon.close()

    asyncio.run(run())


def test_status_names_the_node_that_is_silent(monitor: Monitor, desk: Desk) -> None:
    desk.write()
    beats(desk, there=90, here=0)

    text = monitor("status").output

    assert f"1 of 2 alive: {socket.gethostname()}\n" in text
    assert "  there: no sign of life since " in text


@pytest.mark.parametrize(("here", "there", "status"), [(5, 0, 1), (0, 5, 0)])
def test_each_node_is_asked_for_its_own_health(
    monitor: Monitor, desk: Desk, here: int, there: int, status: int
) -> None:
    desk.write()
    beats(desk, here=here, there=there)

    assert monitor("--json", "status", "--health").exit_code == status


def test_status_names_failing_feeds_and_floods(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    desk.feeds = {"a": f"{site.url}/feed.xml", "b": f"{site.url}/b.xml"}
    desk.articles = "flood_limit = 2"
    tell(site, "old")
    desk.write()
    desk.run()
    tell(site, *map(str, range(20)))
    desk.run(all_feeds=True)

    text = monitor("status").output
    floods = monitor("floods", "list")
    dropped = monitor("floods", "drop", "1")
    again = monitor("floods", "release", "1")

    assert "b: failing since" in text
    assert "flood 1: 20 entries of a" in text
    assert "20" in floods.output
    assert "20 entries dropped" in dropped.output
    assert again.exit_code == 2


@pytest.mark.usefixtures("told")
def test_why_tells_the_life_of_a_told_article(monitor: Monitor) -> None:
    text = monitor("why", "https://example.org/1").output

    assert text.startswith("Airstrikes hit Aleppo — world, first seen Sun 22 Nov 12:00")
    assert 'MATCH   airstrike (inflection, form "Airstrikes", title)' in text
    assert "AND Aleppo (exact, title)" in text
    assert re.search(r"desk +SENT Sun 22 Nov 12:00 \+00:00 +sent log", text)


@pytest.mark.usefixtures("told")
def test_why_says_what_was_missing(monitor: Monitor) -> None:
    text = monitor("why", "soap sells").output

    assert "rule aleppo no      needs airstrike" in text


@pytest.mark.usefixtures("told")
def test_why_knows_what_the_first_run_remembered(monitor: Monitor) -> None:
    text = monitor("why", "old").output

    assert "silent first run" in text


@pytest.mark.usefixtures("told")
def test_why_of_an_unknown_article_is_status_1(monitor: Monitor) -> None:
    result = monitor("why", "https://nowhere.example/")

    assert result.exit_code == 1
    assert "No article is known" in result.output


@pytest.mark.usefixtures("told")
def test_why_and_status_speak_json(monitor: Monitor) -> None:
    life = answer(monitor("why", "https://example.org/1", "--json"))["articles"][0]
    state = answer(monitor("--json", "status"))

    assert life["readings"][0]["rules"] == ["aleppo"]
    assert state["deliveries"] == {"sent": 1}


def test_a_preview_shows_the_next_digest_and_sends_nothing(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    desk.digest = "daily 23:00"
    tell(site, "old")
    desk.write()
    desk.run()
    tell(site, "old", "Airstrikes hit Aleppo")
    desk.run(all_feeds=True)

    shown = monitor("--at", "2026-11-22T13:00:00Z", "preview", "desk")
    written = monitor(
        "--at", "2026-11-22T13:00:00Z", "preview", "desk", "--html", "d.html"
    )
    nobody = monitor("preview", "nobody")

    assert shown.output.startswith("Subject: ")
    assert "*Airstrikes*" in shown.output
    assert "Wrote d.html" in written.output
    assert "Airstrikes" in (desk.folder / "d.html").read_text("utf-8")
    assert nobody.exit_code == 2
    assert desk.told() == []


@pytest.mark.usefixtures("told")
def test_a_preview_of_nothing_says_so(monitor: Monitor) -> None:
    assert monitor("preview", "desk").output == "Nothing is waiting for desk.\n"


def test_rules_are_listed_and_shown_as_their_query(
    monitor: Monitor, desk: Desk
) -> None:
    desk.rules = (
        '[rules.grain]\nall = ["grain"]\nany = ["port", "@place"]\nnone = ["airport"]'
    )
    desk.more = '[lists]\nplace = ["Odesa", "Tartus"]\n'
    desk.write()

    listed = monitor("rules", "list").output
    shown = monitor("rules", "show", "grain").output
    unknown = monitor("rules", "show", "gran")

    assert "nobody" in listed
    assert "grain AND (port OR @place) AND NOT airport" in shown
    assert "Odesa, Tartus" in shown
    assert "  grain     also grained, graining, grains\n" in shown
    assert unknown.exit_code == 2


def test_a_feed_is_tested_by_name_and_by_url(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    tell(site, "One", "Two")
    desk.write()

    by_name = monitor("feeds", "test", "world")
    by_url = monitor("feeds", "test", f"{site.url}/feed.xml")
    bad = monitor("feeds", "test", f"{site.url}/nothing")
    unknown = monitor("feeds", "test", "wrold")

    assert "World: rss20, 2 entries" in by_name.output
    assert "Two" in by_url.output
    assert (bad.exit_code, unknown.exit_code) == (1, 2)


def test_try_matches_feeds_without_storing(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    desk.write()
    tell(site, "Airstrikes hit Aleppo", "Other news")

    found = monitor("try", "Aleppo AND airstrike", f"{site.url}/feed.xml")
    failed = monitor("try", "Aleppo", f"{site.url}/nothing")
    wrong = monitor("try", "Aleppo AND", f"{site.url}/feed.xml")

    assert "Read 1 feed, 2 articles" in found.output
    assert "1 match\n" in found.output
    assert "[Airstrikes] hit [Aleppo]" in found.output
    assert failed.exit_code == 1
    assert wrong.exit_code == 2
    assert "^^^" in wrong.stderr
    assert not (desk.folder / "monitor.db").exists()


def test_a_test_is_sent_through_every_channel(monitor: Monitor, desk: Desk) -> None:
    with mail_server() as (mailbox, port):
        desk.subscriber = 'email = "ana@example.org"'
        desk.more = (
            f'[smtp]\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\n'
            'from = "Monitor <m@example.org>"\n'
        )
        desk.write()
        good = monitor("send-test", "desk")
        nobody = monitor("send-test", "nobody")
    refused = monitor("send-test", "desk", "--json")

    assert "desk: log" in good.output
    assert "ana@example.org  accepted" in good.output
    assert mailbox.subjects("ana@example.org")[0].startswith("Test: ")
    assert nobody.exit_code == 2
    assert refused.exit_code == 1
    assert [r["accepted"] for r in answer(refused)["results"]] == [True, False]


def test_the_outbox_is_listed_shown_retried_and_dropped(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    with mail_server() as (mailbox, port):
        mailbox.refused["ana@example.org"] = "550 no such user"
        desk.subscriber = 'email = "ana@example.org"'
        desk.more = (
            f'[smtp]\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\n'
            'from = "Monitor <m@example.org>"\n'
        )
        tell(site, "old")
        desk.write()
        desk.run()
        tell(site, "old", "Airstrikes hit Aleppo")
        desk.run(all_feeds=True)
        listed = monitor("outbox", "list", "--dead")
        number = re.findall(r"^(\d+)", listed.output, re.MULTILINE)[0]
        shown = monitor("outbox", "show", number)
        retried = monitor("outbox", "retry", number)
        waiting = monitor("outbox", "list")
        dropped = monitor("outbox", "drop", number)
        again = monitor("outbox", "drop", number)
    sent = monitor("outbox", "list", "--sent")

    assert "550 no such user" in listed.output
    assert "Airstrikes" in shown.output
    assert "will be tried again" in retried.output
    assert "pending" in waiting.output
    assert "is dropped" in dropped.output
    assert again.exit_code == 2
    assert "sent" in sent.output
    assert monitor("outbox", "show", "999").exit_code == 2


def test_an_empty_outbox_and_no_floods_are_said(monitor: Monitor, desk: Desk) -> None:
    desk.write()

    assert "Nothing is waiting" in monitor("outbox", "list").output
    assert "No flood is held" in monitor("floods", "list").output


def test_a_migration_can_be_asked_for(monitor: Monitor, desk: Desk) -> None:
    desk.write()

    result = monitor("db", "migrate")

    assert result.output == "The database is up to date.\n"
    with sqlite3.connect(desk.folder / "monitor.db") as database:
        assert database.execute("SELECT COUNT(*) FROM schema_step").fetchone()[0] >= 1
    database.close()


def test_a_time_that_is_none_is_refused(monitor: Monitor, desk: Desk) -> None:
    desk.write()

    assert monitor("--at", "yesterday", "status").exit_code == 2


@pytest.mark.timeout(60)
def test_the_demo_tells_each_story_once_and_writes_the_pages(
    monitor: Monitor, tmp_path: Path
) -> None:
    result = monitor("demo", "--folder", str(tmp_path / "demo"), "--json")

    found = answer(result)
    html = (tmp_path / "demo" / "digest.html").read_text("utf-8")
    text = (tmp_path / "demo" / "digest.txt").read_text("utf-8")
    assert (found["baseline"], found["new"], found["repeated"]) == (38, 12, 0)
    assert (found["stories"], found["updates"]) == (3, 2)
    assert "Toll of" in (tmp_path / "demo" / "update.html").read_text("utf-8")
    assert "حلب" in html
    assert "Newswire 24" in text
    assert "Post Comment" not in html


@pytest.mark.timeout(60)
def test_the_demo_speaks_to_a_person(monitor: Monitor, tmp_path: Path) -> None:
    text = monitor("demo", "--folder", str(tmp_path / "demo")).output

    assert "SYRIA DESK" in text
    assert "monitor init" in text
