"""What a poll leaves in its feed's row."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.models import Feed, Pulse, Redirect, Skips, Trouble
from monitor.storage.database import Transaction
from monitor.storage.feeds import micros, pulse_to, skips_to
from monitor.storage.hosts import bring_forward, ensure_host
from monitor.text.urls import host_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What every good answer leaves: a document, a 304, the same body again."""

    at: datetime
    status: int
    etag: str | None
    last_modified: str | None
    variant: str
    pulse: Pulse | None
    fresh_for: timedelta | None
    next_poll_at: datetime
    redirect: Redirect | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a document that was not seen before leaves as well.

    ``new`` counts the entries that were not known; with ``gap`` none was.
    """

    body_hash: str
    ttl: timedelta | None
    skips: Skips
    title: str
    language: str
    entries: int
    new: int
    old: int
    gap: bool
    identity: str
    churns: int
    distrusted: bool


def record_answer(tx: Transaction, feed: Feed, answer: Answer) -> None:
    """Store a success: it clears failures and renews the schedule."""
    redirect = answer.redirect
    tx.run(
        """
        UPDATE feed
           SET etag = :etag,
               last_modified = :last_modified,
               variant = :variant,
               full_at = CASE WHEN :status = 304 THEN full_at ELSE :at END,
               pulse = :pulse,
               fresh_for = :fresh_for,
               next_poll_at = :next_poll_at,
               last_polled_at = :at,
               last_good_at = :at,
               failures = 0,
               failing_since = NULL,
               trouble = '',
               error = NULL,
               gone_at = NULL,
               last_status = :status,
               redirect_url = :redirect_url,
               redirect_since = :redirect_since,
               redirects = :redirects
         WHERE id = :id
        """,
        id=feed.id,
        at=answer.at,
        status=answer.status,
        etag=answer.etag,
        last_modified=answer.last_modified,
        variant=answer.variant,
        pulse=pulse_to(answer.pulse),
        fresh_for=micros(answer.fresh_for),
        next_poll_at=answer.next_poll_at,
        redirect_url=redirect.url if redirect else None,
        redirect_since=redirect.since if redirect else None,
        redirects=redirect.sightings if redirect else 0,
    )


def record_contents(
    tx: Transaction, feed: Feed, contents: Contents, now: datetime
) -> None:
    """Store what a new document says of its feed, beside its entries."""
    tx.run(
        """
        UPDATE feed
           SET body_hash = :body_hash,
               ttl = :ttl,
               skips = :skips,
               title = :title,
               language = :language,
               baseline_at = COALESCE(baseline_at, :now),
               last_entries = :entries,
               last_new_at = CASE WHEN :new > 0 OR baseline_at IS NULL
                                  THEN :now ELSE last_new_at END,
               old_ignored = old_ignored + :old,
               gap_at = CASE WHEN :gap = 1 THEN :now ELSE gap_at END,
               gap_entries = CASE WHEN :gap = 1 THEN :new ELSE gap_entries END,
               identity = :identity,
               churns = :churns,
               distrusted = :distrusted
         WHERE id = :id
        """,
        id=feed.id,
        now=now,
        body_hash=contents.body_hash,
        ttl=micros(contents.ttl),
        skips=skips_to(contents.skips),
        title=contents.title,
        language=contents.language,
        entries=contents.entries,
        new=contents.new,
        old=contents.old,
        gap=contents.gap,
        identity=contents.identity,
        churns=contents.churns,
        distrusted=contents.distrusted,
    )


def record_failure(
    tx: Transaction,
    feed: Feed,
    *,
    at: datetime,
    error: str,
    trouble: Trouble,
    status: int | None,
    counted: bool,
    next_poll_at: datetime,
) -> None:
    """Store a poll that gave nothing; the feed is never given up.

    What is not ``counted`` was the fault of our own network.
    """
    tx.run(
        """
        UPDATE feed
           SET failures = failures + :counted,
               failing_since = CASE WHEN :counted = 1
                                    THEN COALESCE(failing_since, :at)
                                    ELSE failing_since END,
               trouble = CASE WHEN :counted = 1 THEN :trouble ELSE trouble END,
               gone_at = CASE WHEN :counted = 0 THEN gone_at
                              WHEN :trouble = 'gone' THEN COALESCE(gone_at, :at) END,
               error = :error,
               last_status = :status,
               last_polled_at = :at,
               next_poll_at = :next_poll_at
         WHERE id = :id
        """,
        id=feed.id,
        at=at,
        error=error,
        trouble=trouble,
        status=status,
        counted=counted,
        next_poll_at=next_poll_at,
    )


def move_feed(
    tx: Transaction, feed: Feed, url: str | None, *, now: datetime, due_at: datetime
) -> None:
    """Ask a feed at another address from now on; None is the configured one again."""
    target = url or configured_url(tx, feed)
    host_id = ensure_host(tx, host_of(target) or target, now)
    tx.run(
        """
        UPDATE feed
           SET moved_url = :url,
               host_id = :host_id,
               redirect_url = NULL,
               redirects = 0
         WHERE id = :id
        """,
        id=feed.id,
        url=url,
        host_id=host_id,
    )
    bring_forward(tx, host_id, due_at)


def owner_of(tx: Transaction, url: str, feed: Feed) -> str | None:
    """Another feed that is configured with an address or moved there, if one is."""
    row = tx.one(
        """
        SELECT name
          FROM feed
         WHERE (url = :url OR moved_url = :url)
           AND id <> :id
           AND configured = 1
         ORDER BY name
        """,
        url=url,
        id=feed.id,
    )
    return row["name"] if row else None


def configured_url(tx: Transaction, feed: Feed) -> str:
    """The address of a feed as it is configured."""
    row = tx.one("SELECT url FROM feed WHERE id = :id", id=feed.id)
    return str(row["url"]) if row else ""


_IN_OUTAGE = """
         WHERE last_polled_at >= :since
           AND (failing_since IS NULL OR failing_since >= :since)
           AND error IS NOT NULL
           AND last_status IS NULL
           AND configured = 1
"""


def forgive(tx: Transaction, since: datetime) -> None:
    """Blame no feed that began to fail in an outage of our own network."""
    tx.run(
        f"""
        UPDATE feed
           SET failures = 0,
               failing_since = NULL,
               trouble = ''
        {_IN_OUTAGE}
        """,  # noqa: S608 - only our own text is put in
        since=since,
    )


def ask_again(tx: Transaction, since: datetime, now: datetime) -> None:
    """Let the feeds that could not be reached in an outage come due."""
    rows = tx.all(
        f"SELECT DISTINCT host_id FROM feed {_IN_OUTAGE} ORDER BY host_id",  # noqa: S608 - our own text
        since=since,
    )
    tx.run(
        f"UPDATE feed SET next_poll_at = :now, error = NULL {_IN_OUTAGE}",  # noqa: S608 - our own text
        since=since,
        now=now,
    )
    for row in rows:
        bring_forward(tx, row["host_id"], now)


def note_told(tx: Transaction, feed_id: int, told: str) -> None:
    """Remember which state of a feed the operator knows of."""
    tx.run("UPDATE feed SET told = :told WHERE id = :id", id=feed_id, told=told)
