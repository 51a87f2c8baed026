"""db backup, restore, vacuum, export."""

import json
import sqlite3
from pathlib import Path

import pytest

from monitor.storage.migrate import steps
from tests.cli.conftest import Monitor, answer
from tests.desk import Desk
from tests.pipeline.test_digests import tell
from tests.site import Site

AT = ("--at", "2026-11-22T12:30:00Z")


@pytest.fixture
def told(desk: Desk, site: Site) -> Desk:
    """A desk that was told one story."""
    tell(site, "old")
    desk.write()
    desk.run()
    tell(site, "old", "Airstrikes hit Aleppo")
    desk.run(all_feeds=True)
    return desk


def test_a_backup_restored_tells_nothing_again(
    monitor: Monitor, desk: Desk, site: Site, tmp_path: Path
) -> None:
    tell(site, "old")
    desk.write()
    desk.run()
    backup = tmp_path / "backup.db"
    made = monitor(*AT, "db", "backup", str(backup))
    tell(site, "old", "Airstrikes hit Aleppo")
    desk.clock.go_on(minutes=10)
    desk.run(all_feeds=True)

    restored = monitor(
        "--at", "2026-11-22T12:30:00Z",
        "db", "restore", str(backup), "--mark-sent-before", "now",
    )  # fmt: skip
    desk.clock.go_on(hours=2)
    tell(site, "old", "Airstrikes hit Aleppo", "More airstrikes on Aleppo airport")
    desk.run(all_feeds=True)
    desk.run(all_feeds=True)

    assert made.output.startswith(f"Wrote {backup}, ")
    assert restored.output.startswith(f"Restored {backup}; told up to 2026-11-22 12:30")
    assert desk.stories().count("Airstrikes hit Aleppo") == 1


def test_a_restore_without_a_mark_asks_for_one(
    monitor: Monitor, told: Desk, tmp_path: Path
) -> None:
    backup = tmp_path / "backup.db"
    monitor(*AT, "db", "backup", str(backup))

    result = monitor(*AT, "db", "restore", str(backup))

    assert result.exit_code == 2
    assert "up to when was all told?" in result.stderr
    assert told.stories() == ["Airstrikes hit Aleppo"]


def test_a_restore_may_mark_nothing_or_a_time(
    monitor: Monitor, told: Desk, tmp_path: Path
) -> None:
    backup = tmp_path / "backup.db"
    monitor(*AT, "db", "backup", str(backup))

    never = monitor(*AT, "db", "restore", str(backup), "--mark-sent-before", "never")
    noon = monitor(
        *AT, "--json", "db", "restore", str(backup),
        "--mark-sent-before", "2026-11-22T12:00:00",
    )  # fmt: skip

    assert "nothing is marked" in never.output
    assert answer(noon)["told_before"] == "2026-11-22T12:00:00+00:00"
    assert Path(answer(noon)["kept"]).is_file()
    assert told.stories() == ["Airstrikes hit Aleppo"]


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("kind", ["text", "other", "newer", "missing", "damaged"])
def test_what_is_no_backup_of_ours_is_refused_and_nothing_changes(
    monitor: Monitor, desk: Desk, tmp_path: Path, kind: str
) -> None:
    backup = tmp_path / "backup.db"
    monitor(*AT, "db", "backup", str(backup))
    said = spoil(backup, kind)
    before = (tmp_path / "monitor.db").read_bytes()

    result = monitor(*AT, "db", "restore", str(backup), "--mark-sent-before", "never")

    assert result.exit_code == 4
    assert said in result.stderr
    assert (tmp_path / "monitor.db").read_bytes() == before
    assert desk.stories() == ["Airstrikes hit Aleppo"]


def spoil(backup: Path, kind: str) -> str:
    """Make a backup useless; what is said of it."""
    if kind == "missing":
        backup.unlink()
        return "there is no such file"
    if kind == "text":
        backup.write_text("no database\n" * 200)
        return "not a database"
    if kind == "damaged":
        content = bytearray(backup.read_bytes())
        content[4096 * 3 : 4096 * 40] = b"\xff" * (4096 * 37)
        backup.write_bytes(content)
        return "database: "
    connection = sqlite3.connect(backup)
    with connection:
        if kind == "newer":
            last = steps()[-1][0]
            connection.execute("INSERT INTO schema_step VALUES (?)", (last + 1,))
        else:
            connection.execute("DROP TABLE schema_step")
    connection.close()
    return "a newer monitor" if kind == "newer" else "this is no database of monitor"


def test_a_vacuum_gives_room_back_and_files_the_articles(
    monitor: Monitor, told: Desk
) -> None:
    result = monitor(*AT, "--json", "db", "vacuum")

    assert answer(result)["articles"] == 1
    assert 0 < answer(result)["bytes"] <= answer(result)["bytes_before"]
    found = monitor(*AT, "--json", "search", "Aleppo AND airstrike")
    assert found.exit_code == 0
    assert told.stories()


@pytest.mark.usefixtures("told")
def test_an_export_is_lines_of_json(monitor: Monitor, tmp_path: Path) -> None:
    result = monitor(*AT, "db", "export", str(tmp_path / "all.jsonl"))

    rows = [json.loads(x) for x in (tmp_path / "all.jsonl").read_text().splitlines()]
    assert result.output.endswith(f": {len(rows)} rows.\n")
    assert [row["title"] for row in rows if row["table"] == "article"] == [
        "Airstrikes hit Aleppo"
    ]


def test_postgresql_has_programs_of_its_own(
    monitor: Monitor, desk: Desk, tmp_path: Path
) -> None:
    desk.database = "postgresql://monitor:secret@127.0.0.1:9/news"
    desk.write()

    result = monitor(
        *AT, "db", "restore", str(tmp_path / "x"), "--mark-sent-before", "now"
    )

    assert result.exit_code == 2
    assert "pg_restore" in result.stderr
