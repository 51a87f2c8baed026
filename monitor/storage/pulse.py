"""The service's last signs of life in an SQLite file, read without anything else of ours."""

import sqlite3
from contextlib import closing
from pathlib import Path


def last_signs(database: Path) -> tuple[int, int]:
    """When it gave a sign of life and when it stopped last, in microseconds; 0 for never.

    Raises:
        sqlite3.Error: It is no database of ours, or cannot be read now.
    """
    address = f"{database.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as connection:
        rows = dict(
            connection.execute(
                """
                SELECT name, value
                  FROM setting
                 WHERE name IN ('heartbeat', 'stopped')
                """
            ).fetchall()
        )
    return int(rows.get("heartbeat", 0)), int(rows.get("stopped", 0))
