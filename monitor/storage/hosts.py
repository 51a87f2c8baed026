"""Hosts: the unit of politeness, and of claims for polls and pages."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.storage.database import Transaction, from_micros, maybe_time

_NEVER = timedelta(days=36_500)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostClaim:
    """A host that this node may talk to until ``until``; ``token`` proves it."""

    id: int
    name: str
    token: str
    until: datetime
    allowed_at: datetime


def ensure_host(tx: Transaction, name: str, now: datetime) -> int:
    """The id of a host row, made if it is not there."""
    tx.run(
        """
        INSERT INTO host (name, due_at)
        VALUES (:name, :due_at)
            ON CONFLICT (name) DO NOTHING
        """,
        name=name,
        due_at=now + _NEVER,
    )
    row = tx.one("SELECT id FROM host WHERE name = :name", name=name)
    return int(row["id"]) if row else 0


def claim_hosts(
    tx: Transaction,
    *,
    node: str,
    token: str,
    now: datetime,
    lease: timedelta,
    limit: int,
    only_feed: str = "",
) -> list[HostClaim]:
    """Take up to ``limit`` due hosts for ``node``; no other node gets the same.

    The lease is the due time itself: the hosts of a node that died come due again.
    With ``only_feed`` only hosts count where that feed or a page is due.
    """
    narrowed = """
           AND (id IN (SELECT host_id FROM feed
                        WHERE name = :feed AND next_poll_at <= :now)
                OR id IN (SELECT page_host_id FROM entry WHERE due_at <= :now))
    """
    values = {"feed": only_feed} if only_feed else {}
    rows = tx.all(
        f"""
        WITH due AS (
            SELECT id
              FROM host
             WHERE due_at <= :now {narrowed if only_feed else ""}
             ORDER BY due_at
             LIMIT :limit /*skip locked*/
        )
        UPDATE host
           SET due_at = :until,
               token = :token,
               node = :node
          FROM due
         WHERE host.id = due.id
     RETURNING host.id, host.name, host.allowed_at
        """,  # noqa: S608 - only our own text is put in
        now=now,
        limit=limit,
        until=now + lease,
        token=token,
        node=node,
        **values,
    )
    return [
        HostClaim(
            id=r["id"],
            name=r["name"],
            token=token,
            until=now + lease,
            allowed_at=from_micros(r["allowed_at"]),
        )
        for r in rows
    ]


def holds(tx: Transaction, claim: HostClaim) -> bool:
    """Whether the claim still stands; the row stays locked until the commit."""
    row = tx.one("SELECT token FROM host WHERE id = :id /*for update*/", id=claim.id)
    return row is not None and row["token"] == claim.token


def release_host(
    tx: Transaction, claim: HostClaim, *, now: datetime, allowed_at: datetime
) -> None:
    """Give a host back, due at its next poll or page, not before ``allowed_at``."""
    if not holds(tx, claim):
        return
    tx.run(
        """
        UPDATE host
           SET due_at = :due_at,
               allowed_at = :allowed_at,
               token = NULL,
               node = NULL
         WHERE id = :id
        """,
        id=claim.id,
        due_at=max(_next_work(tx, claim.id, now), allowed_at),
        allowed_at=allowed_at,
    )


def _next_work(tx: Transaction, host_id: int, now: datetime) -> datetime:
    row = tx.one(
        """
        SELECT (SELECT MIN(next_poll_at) FROM feed
                 WHERE host_id = :id AND configured = 1
                   AND paused_at IS NULL) AS poll,
               (SELECT MIN(due_at) FROM entry
                 WHERE page_host_id = :id AND due_at IS NOT NULL) AS page
        """,
        id=host_id,
    )
    times = [from_micros(t) for t in (row or {}).values() if t is not None]
    return min(times, default=now + _NEVER)


def bring_forward(tx: Transaction, host_id: int, at: datetime) -> None:
    """Let a host come due for new work, unless it is claimed or must rest.

    Under a lease the due time is left alone: lowered, it would hand the host to a
    second node. The holder finds the work when it gives the host back; so the row is
    locked even then, or the holder could look before the work is committed.
    """
    row = tx.one(
        "SELECT token, allowed_at FROM host WHERE id = :id /*for update*/", id=host_id
    )
    if row is not None and row["token"] is None:
        tx.run(
            "UPDATE host SET due_at = :at WHERE id = :id AND due_at > :at",
            id=host_id,
            at=max(at, from_micros(row["allowed_at"])),
        )


def next_gap(tx: Transaction, *, now: datetime, within: timedelta) -> datetime | None:
    """When the next host that has work and only rests between requests comes due."""
    row = tx.one(
        """
        SELECT MIN(due_at) AS at
          FROM host
         WHERE token IS NULL
           AND due_at > :now
           AND due_at <= :until
           AND due_at = allowed_at
        """,
        now=now,
        until=now + within,
    )
    return from_micros(row["at"]) if row and row["at"] is not None else None


def next_host_due(tx: Transaction) -> datetime | None:
    """When the next host comes due."""
    row = tx.one("SELECT MIN(due_at) AS at FROM host")
    return maybe_time(row["at"]) if row else None


def give_back(tx: Transaction, node: str, now: datetime) -> int:
    """Release the hosts that a node holds; how many. It must not be visiting any."""
    return tx.run(
        """
        UPDATE host
           SET due_at = :now, token = NULL
         WHERE node = :node
           AND token IS NOT NULL
        """,
        node=node,
        now=now,
    )


def release_leftovers(tx: Transaction, now: datetime) -> None:
    """Let everything that a dead process held come due at once.

    Only where a file lock proves that nobody holds it. The tokens stay, so that
    entries which killed the process are still recognised.
    """
    for table in ("host", "delivery", "subscriber"):
        tx.run(
            f"UPDATE {table} SET due_at = :now WHERE token IS NOT NULL AND due_at > :now",  # noqa: S608 - our own names
            now=now,
        )
    tx.run(
        """
        UPDATE entry
           SET due_at = :now
         WHERE token IS NOT NULL
           AND due_at > :now
           AND page_host_id IS NULL
        """,
        now=now,
    )
