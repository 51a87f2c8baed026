"""Everything that is kept, for other programs: table by table, no secrets."""

import json
from collections.abc import Iterator
from typing import Any

from monitor.storage.database import Transaction, from_micros

TABLES = (
    "feed", "entry", "entry_text", "article", "rule_match", "story", "copy_group",
    "subscriber", "subscription", "digest", "told", "told_match", "delivery",
    "unsubscribed", "muted", "irrelevant", "flood",
)  # fmt: skip
_BATCH = 500


def lines(tx: Transaction) -> Iterator[str]:
    """Each row as a JSON object: its ``table`` first, times in RFC 3339.

    Payloads are left out, as far as they are bytes: they carry links that act.
    """
    for table in TABLES:
        offset = 0
        while rows := tx.all(
            f"SELECT * FROM {table} ORDER BY 1, 2 LIMIT {_BATCH} OFFSET :offset",  # noqa: S608 - our own names
            offset=offset,
        ):
            offset += len(rows)
            for row in rows:
                values = {name: _plain(name, value) for name, value in row.items()}
                kept = {name: v for name, v in values.items() if v is not ...}
                yield json.dumps({"table": table, **kept}, ensure_ascii=False)


def _plain(name: str, value: Any) -> Any:  # noqa: ANN401 - whatever a table holds
    if isinstance(value, bytes | memoryview) or name == "token":
        return ...
    is_time = name == "at" or name.endswith(("_at", "_seen", "_from", "_to", "_until"))
    if is_time and isinstance(value, int):
        return from_micros(value).isoformat()
    return value
