"""Forward-only migrations, each file once, all under one lock."""

import re
from collections.abc import Mapping
from importlib import resources

from monitor.errors import SchemaTooNew
from monitor.storage.database import Transaction


def steps() -> list[tuple[int, str]]:
    """The numbered files of ``migrations/`` with their text, in order."""
    folder = resources.files("monitor.storage") / "migrations"
    found = [
        (int(file.name[:4]), file.read_text("utf-8"))
        for file in folder.iterdir()
        if file.name.endswith(".sql")
    ]
    return sorted(found)


def steps_done(tx: Transaction) -> list[int]:
    """The steps that a database has seen; none if it is new."""
    tx.run("CREATE TABLE IF NOT EXISTS schema_step (number BIGINT PRIMARY KEY)")
    return [row["number"] for row in tx.all("SELECT number FROM schema_step")]


def check_known(tx: Transaction) -> frozenset[int]:
    """The steps that a database has seen, all of which this program knows.

    Raises:
        SchemaTooNew: It does not know some.
    """
    done = frozenset(steps_done(tx))
    if done - {number for number, _ in steps()}:
        text = "a newer monitor has used this database: upgrade this program"
        raise SchemaTooNew(text)
    return done


def migrate(tx: Transaction, fragments: Mapping[str, str]) -> int:
    """Apply the steps that this database has not seen; how many those were.

    Raises:
        SchemaTooNew: The database has seen steps that this program does not know.
    """
    tx.serialise("migrate")
    done = check_known(tx)
    todo = [(number, sql) for number, sql in steps() if number not in done]
    for number, sql in todo:
        for mark, text in fragments.items():
            sql = sql.replace(mark, text)
        for statement in re.split(r";\s*\n", re.sub(r"--[^\n]*", "", sql)):
            if statement.strip():
                tx.run(statement)
        tx.run("INSERT INTO schema_step (number) VALUES (:number)", number=number)
    return len(todo)
