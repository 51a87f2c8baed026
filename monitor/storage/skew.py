"""Put right what a clock left in the tables that ran ahead and was set back."""

from datetime import datetime, timedelta

from monitor.storage.database import Transaction, maybe_time

# What has happened cannot lie ahead; left there, it would keep news silent.
_PAST = (
    ("feed", "last_polled_at"),
    ("feed", "last_good_at"),
    ("feed", "last_new_at"),
    ("feed", "full_at"),
    ("feed", "gone_at"),
    ("feed", "gap_at"),
    ("feed", "redirect_since"),
    ("subscription", "since_at"),
    ("subscriber", "told_until"),
)
# When something is to come next.
DUE = (
    ("host", "due_at"),
    ("host", "allowed_at"),
    ("feed", "next_poll_at"),
    ("entry", "due_at"),
    ("entry", "recheck_at"),
    ("delivery", "due_at"),
    ("destination", "allowed_at"),
    ("destination", "slow_until"),
    ("subscriber", "due_at"),
)


def ahead(tx: Transaction, now: datetime) -> timedelta:
    """How far the last poll of all lies ahead of the time; nothing if it is past."""
    row = tx.one("SELECT MAX(last_polled_at) AS at FROM feed")
    last = maybe_time(row["at"]) if row else None
    return max(timedelta(0), last - now) if last else timedelta(0)


def set_back(tx: Transaction, *, now: datetime, by: timedelta) -> None:
    """Let all that is to come, come as much earlier as the clock was set back.

    Without that nothing would be polled, read or sent until the clock is there again.
    """
    for table, column in DUE:
        tx.run(
            f"""
            UPDATE {table}
               SET {column} = CASE
                   WHEN {column} - :by > :now THEN {column} - :by
                   ELSE :now
               END
             WHERE {column} > :now
            """,  # noqa: S608 - our own names
            now=now,
            by=by // timedelta(microseconds=1),
        )


def bring_back(tx: Transaction, *, now: datetime, furthest: timedelta) -> None:
    """Repair due times that lie further ahead than they could.

    A clock that ran ahead, or a run ``--at`` a later time, leaves such rows.
    """
    before = now - timedelta(microseconds=1)  # it is nothing that this run did
    for table, column in _PAST:
        tx.run(
            f"UPDATE {table} SET {column} = :before WHERE {column} > :before",  # noqa: S608 - our own names
            before=before,
        )
    values = {"now": now, "limit": now + furthest}
    tx.run("UPDATE feed SET next_poll_at = :now WHERE next_poll_at > :limit", **values)
    for table in ("entry", "delivery", "subscriber"):
        tx.run(f"UPDATE {table} SET due_at = :now WHERE due_at > :limit", **values)  # noqa: S608 - our own names
    tx.run(
        """
        UPDATE host
           SET allowed_at = :now, due_at = :now
         WHERE due_at > :limit
           AND (allowed_at > :limit
                OR token IS NOT NULL
                OR id IN (SELECT host_id FROM feed
                            WHERE configured = 1 AND paused_at IS NULL)
                OR id IN (SELECT page_host_id FROM entry WHERE due_at IS NOT NULL))
        """,
        **values,
    )
