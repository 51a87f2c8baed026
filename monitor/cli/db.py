"""db: back up, restore, tidy up and export the database."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from monitor.cli.group import with_globals
from monitor.cli.output import count, emit
from monitor.cli.session import clock, configuration, opened, run
from monitor.rules.narrow import word_keys
from monitor.storage import archive, export, settings
from monitor.storage.database import Transaction
from monitor.storage.sqlite import Sqlite, restore

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group("db")
@with_globals
def db_command() -> None:
    """Look after the database."""


@db_command.command("migrate")
@with_globals
def db_migrate() -> None:
    r"""Bring the schema to this version; done at every start anyway.

    An SQLite file is copied before, beside itself, as FILE.before-NUMBER.

    \b
    Exit status: 0, 3 another copy is running, 4 the database is newer or away.

    \b
    Examples:
      monitor db migrate
    """
    run(_migrate())
    emit({"migrated": True}, "The database is up to date.")


async def _migrate() -> None:
    async with opened(lock=True):
        pass


@db_command.command("backup")
@click.argument("file", type=_FILE)
@with_globals
def db_backup(file: Path) -> None:
    r"""Copy the database as it is at this moment, beside a running service.

    With PostgreSQL the line for pg_dump is printed.

    \b
    Examples:
      monitor db backup /var/backups/monitor.db
    """
    run(_backup(file.absolute()))
    size = file.stat().st_size
    emit({"file": str(file), "bytes": size}, f"Wrote {file}, {size / 1e6:,.1f} MB.")


async def _backup(file: Path) -> None:
    async with opened() as daemon:
        await daemon.context.database.backup(file)


@db_command.command("restore")
@click.argument("file", type=_FILE)
@click.option(
    "--mark-sent-before",
    metavar="TIME",
    default="",
    help="Take all that came before it for told: now, never, or a time",
)
@with_globals
def db_restore(file: Path, mark_sent_before: str) -> None:
    r"""Put a backup in the place of the database; the service must not run.

    What was told after the backup was made is not in it, and would be told again:
    --mark-sent-before says up to when all was. The old database is kept beside.

    \b
    Exit status: 0, 3 the service is running, 4 the backup is newer or damaged.

    \b
    Examples:
      monitor db restore /var/backups/monitor.db --mark-sent-before now
      monitor db restore monitor.db.before-0008 --mark-sent-before 2026-11-22T08:00:00Z
    """
    url = configuration().service.database
    if not url.startswith("sqlite:"):
        line = "pg_restore --clean --if-exists --dbname=DATABASE FILE"
        raise click.UsageError(f"PostgreSQL has a program for that:\n    {line}")
    before = _told_before(mark_sent_before)
    path = Path(url.removeprefix("sqlite:"))
    kept = run(_restore(path, file, before))
    until = f"told up to {before:%Y-%m-%d %H:%M} UTC" if before else "nothing is marked"
    emit(
        {"restored": str(file), "kept": str(kept), "told_before": before},
        f"Restored {file}; {until}. The old database is {kept}.",
    )


def _told_before(text: str) -> datetime | None:
    if not text and sys.stdin.isatty():
        text = click.prompt(
            "What was told after the backup would be told again. "
            "Up to when was all told? (now, never, or a time)",
            default="now",
        )
    if text == "never":
        return None
    if text == "now":
        return clock().now()
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        message = (
            "up to when was all told? Write --mark-sent-before now, never, "
            "or a time such as 2026-11-22T07:30:00Z"
        )
        raise click.UsageError(message) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


async def _restore(path: Path, file: Path, before: datetime | None) -> Path:
    running = Sqlite(path)
    running.lock()
    try:
        kept = restore(path, file)
        restored = Sqlite(path)
        try:
            await restored.migrate()
            if before:
                await restored.call(settings.mark_told, before)
        finally:
            await restored.close()
    finally:
        await running.close()
    return kept


@db_command.command("vacuum")
@with_globals
def db_vacuum() -> None:
    r"""Give free room back to the disk, and file all articles anew for searches.

    The service must not run on an SQLite file meanwhile. Once a year is enough.

    \b
    Examples:
      monitor db vacuum
    """
    before, after, articles = run(_vacuum())
    emit(
        {"bytes_before": before, "bytes": after, "articles": articles},
        f"{count(articles, 'article')} filed, {before / 1e6:,.1f} MB before, "
        f"{after / 1e6:,.1f} MB now.",
    )


async def _vacuum() -> tuple[int, int, int]:
    async with opened(lock=True) as daemon:
        database = daemon.context.database
        before = await database.size()
        articles = await database.call(archive.refile, word_keys)
        await database.reclaim(whole=True)
        return before, await database.size(), articles


@db_command.command("export")
@click.argument("file", type=_FILE)
@with_globals
def db_export(file: Path) -> None:
    r"""Write all that is kept as lines of JSON, for other programs.

    A line is a row, with the name of its table. Payloads of messages are left out.

    \b
    Examples:
      monitor db export everything.jsonl
    """
    rows = run(_export(file))
    emit({"file": str(file), "rows": rows}, f"Wrote {file}: {count(rows, 'row')}.")


async def _export(file: Path) -> int:
    async with opened(rehearsal=True) as daemon:
        with file.open("w", encoding="utf-8") as out:
            return await daemon.context.database.call(_write, out.write)


def _write(tx: Transaction, write: Callable[[str], int]) -> int:
    rows = 0
    for line in export.lines(tx):
        write(line + "\n")
        rows += 1
    return rows
