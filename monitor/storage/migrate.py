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


def migrate(tx: Transaction, fragments: Mapping[str, str]) -> int:
    """Apply the steps that this database has not seen; how many those were.

    Raises:
        SchemaTooNew: The database has seen steps that this program does not know.
    """
    tx.serialise("migrate")
    tx.run("CREATE TABLE IF NOT EXISTS schema_step (number BIGINT PRIMARY KEY)")
    done = {row["number"] for row in tx.all("SELECT number FROM schema_step")}
    known = steps()
    if done - {number for number, _ in known}:
        text = "a newer monitor has used this database: upgrade this program"
        raise SchemaTooNew(text)
    todo = [(number, sql) for number, sql in known if number not in done]
    for number, sql in todo:
        for mark, text in fragments.items():
            sql = sql.replace(mark, text)
        for statement in re.split(r";\s*\n", re.sub(r"--[^\n]*", "", sql)):
            if statement.strip():
                tx.run(statement)
        tx.run("INSERT INTO schema_step (number) VALUES (:number)", number=number)
    return len(todo)
