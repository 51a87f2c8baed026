"""The command line at its edges: failures, terminals, odd words."""

import asyncio
import io
import json
import shlex
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import click
import pytest

from monitor.cli import execute, main
from monitor.cli.failures import exit_code
from monitor.cli.group import Settings, cli
from monitor.cli.output import progress, table
from monitor.clock import SystemClock
from monitor.config import load
from monitor.errors import (
    AlreadyRunning,
    ConfigError,
    FeedError,
    Problem,
    StorageError,
    root_of,
)
from monitor.rules.syntax import parse
from monitor.storage import settings as service
from tests.cli.conftest import Monitor, answer
from tests.desk import Desk, mail_server
from tests.pipeline.test_digests import tell
from tests.site import Item, Site


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ConfigError([Problem(message="x")]), 2),
        (AlreadyRunning("x"), 3),
        (StorageError("x"), 4),
        (FeedError("x"), 1),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
        (BrokenPipeError(), 1),
        (click.exceptions.Exit(7), 7),
        (ExceptionGroup("many", [StorageError("x"), StorageError("y")]), 4),
    ],
)
def test_every_failure_has_its_status(error: BaseException, status: int) -> None:
    with redirect_stderr(io.StringIO()) as said:
        found = exit_code(error)

    assert found == status
    assert "Traceback" not in said.getvalue()


def test_a_bug_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        exit_code(ZeroDivisionError())


def test_what_a_task_group_raised_is_found_inside() -> None:
    inner = StorageError("away")

    assert root_of(ExceptionGroup("a", [ExceptionGroup("b", [inner])])) is inner


def test_the_console_script_exits_with_the_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["monitor", "--version"])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 0
    assert "0." in capsys.readouterr().out


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_progress_bar_and_a_pipe_none() -> None:
    def bar(stream: io.StringIO) -> str:
        with redirect_stderr(stream), click.Context(cli, obj=Settings()):
            with progress("Reading feeds", 3) as advance:
                advance()
            return stream.getvalue()

    assert "Reading feeds" in bar(_Terminal())
    assert bar(io.StringIO()) == ""


def test_a_table_is_cut_to_its_columns_and_says_nothing_when_empty() -> None:
    text = table(("name", "what"), [("x" * 80, "last\x1b[31m word")])

    assert "…" in text
    assert "\x1b" not in text
    assert table(("name",), []) == ""


def test_headings_are_bold_on_a_terminal_only(desk: Desk, site: Site) -> None:
    tell(site, "old")
    config = desk.write()
    desk.run()
    with redirect_stdout(_Terminal()) as screen, redirect_stderr(io.StringIO()):
        execute(["--config", str(config), "status"])
    with redirect_stdout(io.StringIO()) as pipe, redirect_stderr(io.StringIO()):
        execute(["--config", str(config), "status"])

    assert "\x1b[1m" in screen.getvalue()
    assert "\x1b" not in pipe.getvalue()


def test_options_stand_before_or_after_the_command(
    monitor: Monitor, desk: Desk
) -> None:
    config = desk.write()
    moved = desk.folder / "elsewhere.toml"
    config.rename(moved)

    before = monitor("--config", str(moved), "--json", "check-config")
    after = monitor("check-config", "--json", "--config", str(moved))

    assert answer(before) == answer(after)


def test_logs_are_as_loud_as_asked_and_never_on_stdout(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    tell(site, "old")
    desk.write()

    loud = monitor("-vv", "check-once", "--all", "--json")
    quiet = monitor("-q", "check-once", "--all", "--json")

    assert "feed.polled" in loud.stderr
    assert quiet.stderr == ""
    assert json.loads(loud.output)["polled"] == 1


def test_the_systems_configuration_is_used_where_there_is_no_other() -> None:
    assert Settings(config="x.toml").config_path == Path("x.toml")
    assert Settings().config_path.name == "config.toml"


def test_a_time_without_a_zone_is_utc(monitor: Monitor, desk: Desk) -> None:
    desk.digest = "daily 07:30"
    desk.write()

    text = monitor("--at", "2026-11-22T12:00", "check-config").output

    assert "Next digest: Mon 23 Nov 07:30 +00:00" in text


@pytest.mark.parametrize("rule", ["it's Aleppo", 'Aleppo "air strike"'])
def test_a_rule_that_is_kept_can_be_pasted(
    rule: str, monitor: Monitor, desk: Desk, site: Site
) -> None:
    desk.write()
    tell(site, "It's an air strike on Aleppo, it's said")

    text = monitor("try", rule, f"{site.url}/feed.xml").output
    offer = shlex.split(text.strip().splitlines()[-1].removeprefix("Keep it?  "))
    monitor(*offer[1:])

    saved = load(desk.folder / "config.toml")
    assert str(parse(rule)) in saved.queries.values()


def test_try_shows_where_the_words_stand(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    desk.write()
    entry = Item(guid="1", title="Airstrikes hit Aleppo", link="https://example.org/1")
    site.feed("/feed.xml", "World", [entry])

    text = monitor("try", "Aleppo airstrike", f"{site.url}/feed.xml").output

    assert "https://example.org/1" in text
    assert "no date" in text


def test_why_tells_of_copies_changes_and_rules_that_are_gone(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    desk.articles = 'full_text = "never"'
    desk.feeds = {"a": f"{site.url}/a.xml", "b": f"{site.url}/b.xml"}
    for name in ("a", "b"):
        site.feed(f"/{name}.xml", name, [])
    desk.write()
    desk.run()
    link = "https://example.org/1"
    site.feed(
        "/a.xml", "A", [Item(guid="a1", title="Airstrikes hit Aleppo", link=link)]
    )
    desk.run(all_feeds=True)
    site.feed(
        "/b.xml", "B", [Item(guid="b1", title="Airstrikes hit Aleppo", link=link)]
    )
    site.feed(
        "/a.xml", "A", [Item(guid="a1", title="Airstrikes hit Aleppo now", link=link)]
    )
    desk.run(all_feeds=True)
    text = desk.text().replace('aleppo = "Aleppo AND airstrike"', 'other = "airstrike"')
    (desk.folder / "config.toml").write_text(text.replace('["aleppo"]', '["other"]'))

    told = monitor("why", "a1").output
    copied = monitor("why", "b1").output

    assert "1 time by its publisher" in told
    assert "the rule is gone now" in told
    assert 'same address as A "Airstrikes hit Aleppo"' in copied
    assert "2 articles" in copied
    assert "not sent again: its story was sent" in copied


def test_why_says_who_will_be_told_next(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    desk.digest = "daily 23:00"
    tell(site, "old")
    desk.write()
    desk.run()
    tell(site, "old", "Airstrikes hit Aleppo")
    desk.run(all_feeds=True)

    text = monitor("--at", "2026-11-22T13:00:00Z", "why", "hit Aleppo").output

    assert "desk        not told yet: waits for its next digest" in text


def test_a_test_goes_to_everybody_when_nobody_is_named(
    monitor: Monitor, desk: Desk
) -> None:
    desk.write()

    result = monitor("send-test")

    assert "desk: log" in result.output
    assert "ops: ops-log" in result.output


def test_a_dry_run_under_json_is_one_object(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    tell(site, "old")
    desk.write()
    monitor("check-once")
    tell(site, "old", "Airstrikes hit Aleppo")

    found = answer(monitor("check-once", "--all", "--dry-run", "--json"))

    assert found["dry_run"] is True
    assert "Airstrikes" in found["output"][0].replace("*", "")


def test_a_summary_counts_what_is_held(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    desk.articles = "flood_limit = 2"
    tell(site, "old")
    desk.write()
    monitor("check-once")
    tell(site, *map(str, range(20)))

    text = monitor("check-once", "--all").output

    assert "20 articles are held as a flood: monitor floods list" in text


def test_a_failure_under_json_is_an_object_as_well(
    monitor: Monitor, desk: Desk
) -> None:
    (desk.folder / "config.toml").write_text('[feeds]\na = "ftp://x"\n', "utf-8")
    wrong = monitor("--json", "check-config")
    desk.write()
    unknown = monitor("outbox", "show", "99", "--json")

    problem = answer(wrong)["problems"][0]
    assert (wrong.exit_code, problem["line"], problem["column"]) == (2, 2, 5)
    assert "there is no delivery 99" in answer(unknown)["error"]


def test_a_message_that_did_not_leave_is_not_called_sent(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    with mail_server() as (_, port):
        pass  # nobody listens any more
    desk.subscriber = ""
    desk.more = (
        '[channels.mail]\ntype = "email"\nto = ["ana@example.org"]\n'
        f'[smtp]\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\n'
        'from = "Monitor <m@example.org>"\n'
    )
    text = desk.text().replace('send_to = ["log"]', 'send_to = ["mail"]')
    tell(site, "old")
    (desk.folder / "config.toml").write_text(text, "utf-8")
    monitor("check-once")
    tell(site, "old", "Airstrikes hit Aleppo")
    monitor("check-once", "--all")

    waiting = monitor("why", "hit Aleppo").output
    monitor("outbox", "drop", "1")
    dropped = monitor("why", "hit Aleppo").output
    listed = monitor("outbox", "list", "--dead").output
    again = monitor("outbox", "retry", "1")

    assert "desk        WAITING TO BE SENT" in waiting
    assert "desk        NOT SENT" in dropped
    assert "dropped" in listed
    assert again.exit_code == 0


def test_a_service_that_stopped_in_order_is_not_called_alive(
    monitor: Monitor, desk: Desk
) -> None:
    async def beat_and_stop() -> None:
        daemon = desk.daemon()
        await daemon.open()
        now = SystemClock().now()
        await daemon.context.database.call(service.beat, now, "here")
        await daemon.context.database.call(service.stopped, now, "here")
        await daemon.close()

    desk.write()
    asyncio.run(beat_and_stop())

    text = monitor("status").output
    health = monitor("status", "--health")

    assert "stopped in order" in text
    assert health.exit_code == 1


def test_a_run_with_nothing_due_says_when_there_will_be(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    tell(site, "old")
    desk.write()
    monitor("check-once")

    text = monitor("check-once").output

    assert "no feed is due before" in text
    assert "--all polls now" in text


def test_a_look_leaves_the_tables_as_they_were(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    tell(site, "old")
    desk.write()
    monitor("check-once")
    desk.feeds = {"other": f"{site.url}/other.xml"}
    desk.write()

    seen = monitor("feeds", "list").output
    desk.feeds = {"world": f"{site.url}/feed.xml"}
    desk.write()
    again = monitor("feeds", "list").output

    assert "other" in seen
    assert "not read yet" not in again


def test_why_says_when_there_is_more(monitor: Monitor, desk: Desk, site: Site) -> None:
    tell(site, *(f"Airstrike {n}" for n in range(9)))
    desk.write()
    monitor("check-once")

    assert "Only the newest 5 are shown" in monitor("why", "airstrike").output


SECRETS = """
[channels.hook]
type = "webhook"
url = "https://h.example/x"
secret = "canary-secret"
"""


def test_the_configuration_is_shown_with_stars_for_secrets(
    monitor: Monitor, desk: Desk
) -> None:
    desk.more = SECRETS
    desk.write()

    result = monitor("check-config", "--show")

    assert 'url = "https://h.example/x"' in result.output
    assert "canary-secret" not in result.output + result.stderr
    assert "*************" in result.output


@pytest.mark.parametrize(("mode", "warned"), [(0o644, True), (0o640, False)])
def test_a_secret_that_everybody_may_read_is_warned_of(
    monitor: Monitor, desk: Desk, mode: int, *, warned: bool
) -> None:
    desk.more = SECRETS
    desk.write().chmod(mode)

    result = monitor("check-config")

    assert result.exit_code == 0
    assert ("everybody here may read it" in result.stderr) is warned
