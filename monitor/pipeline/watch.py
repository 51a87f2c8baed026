"""Watch over the feeds: the operator hears once of trouble, and once of its end."""

from datetime import datetime, timedelta

from monitor.feeds import health
from monitor.feeds.health import Health, State
from monitor.models import Feed, FeedLine
from monitor.pipeline.context import Context
from monitor.pipeline.notices import notify_operator
from monitor.storage import feeds, polls
from monitor.storage.database import Transaction
from monitor.text.urls import redacted


def watch(
    tx: Transaction, context: Context, feed: Feed, interval: timedelta, now: datetime
) -> None:
    """Judge a feed after a poll, and say what changed for the worse or the better.

    Called with the poll's own transaction: a notice is as sure as what it is about.
    """
    config = context.config.feeds.get(feed.name)
    line = feeds.feed_line(tx, feed.id)
    found = health.judge(line, now, config.quiet_after if config else None)
    told = State(feed.told) if feed.told else State.OK
    # Told once, however a failure changes its kind; but an end is news.
    news = found.state != told and (not told.is_bad or found.state is State.GONE)
    ends = told.is_bad or found.state is not State.QUIET
    if news and health.is_worth_telling(found, now, interval):
        _tell(tx, context, line, _worse(line, found), now)
        polls.note_told(tx, feed.id, found.state)
    elif feed.told and ends and not found.state.is_bad:
        _tell(tx, context, line, _better(line, told), now)
        polls.note_told(tx, feed.id, "")


def _better(line: FeedLine, told: State) -> str:
    return (
        f'feed "{line.name}" is well again\n\n'
        f'Feed "{line.name}" ({redacted(line.url)}) was {told}. It is read again.'
    )


def _worse(line: FeedLine, found: Health) -> str:
    since = f" since {found.since:%Y-%m-%d %H:%M} UTC" if found.since else ""
    facts = f"\nIt says:     {found.facts}" if found.facts else ""
    return (
        f'feed "{line.name}" is {found.state}\n\n'
        f'Feed "{line.name}" ({redacted(line.url)}) is {found.state}{since}.\n'
        f"{facts}\n"
        f"What to do:  {found.advice.replace('NAME', line.name)}\n\n"
        "It is asked again from time to time, and you hear when it is back."
    )


def report_reissue(
    tx: Transaction, context: Context, feed: Feed, count: int, now: datetime
) -> None:
    """One receipt for a publisher who gave known entries other identifiers."""
    text = (
        f'feed "{feed.name}" came under other identifiers\n\n'
        f'Feed "{feed.name}" showed {count} known entries under guids that were not '
        "known. They were recognised by their links and texts: nothing is told twice. "
        "There is nothing to do."
    )
    notify_operator(tx, context, key=f"reissue:{feed.name}:{now:%Y-%m-%d}", text=text)


def report_move(
    tx: Transaction, context: Context, feed: Feed, url: str, owner: str | None
) -> None:
    """Say once that a feed is asked elsewhere from now on.

    Or that it is paused, because ``owner`` already is the feed of that address.
    """
    if owner:
        first = f'feeds "{feed.name}" and "{owner}" are the same'
        rest = (
            f'"{feed.name}" leads for good to the address of "{owner}", and is paused '
            "now, because nothing should be asked twice. Remove one of them."
        )
    else:
        first = f'feed "{feed.name}" has moved'
        rest = (
            f'"{feed.name}" is asked at {redacted(url)} from now on. Write that '
            "address into the configuration; until then the old one is kept in case."
        )
    key = f"moved:{feed.name}:{url}"
    notify_operator(tx, context, key=key, text=f"{first}\n\n{rest}")


def report_wall(tx: Transaction, context: Context, feed: str, now: datetime) -> None:
    """Say, once a month, that the articles of a feed all have the same page."""
    text = (
        f'the pages of feed "{feed}" are all the same\n\n'
        f'Three articles of feed "{feed}" with different titles have one text: a wall '
        "stands before them, which asks to log in, to consent or to prove to be human. "
        "Such articles are searched by title and summary only.\n\n"
        f"See one:     monitor feeds test {feed}\n"
        'What to do:  give the feed what its site asks for ("headers", "auth"), or set '
        'articles.full_text = "never".'
    )
    notify_operator(tx, context, key=f"wall:{feed}:{now:%Y-%m}", text=text)


def report_outage(
    tx: Transaction, context: Context, since: datetime, now: datetime
) -> None:
    """One notice for all the feeds that could not be reached, when they can again."""
    polls.forgive(tx, since)
    polls.ask_again(tx, since, now)
    text = (
        "the network was away\n\n"
        f"No host could be reached from {since:%Y-%m-%d %H:%M} to {now:%H:%M} UTC. "
        "No feed was blamed for it, and all are asked again now."
    )
    notify_operator(tx, context, key=f"outage:{since:%Y-%m-%dT%H:%M:%S}", text=text)


def _tell(
    tx: Transaction, context: Context, line: FeedLine, text: str, now: datetime
) -> None:
    key = f"health:{line.name}:{now:%Y-%m-%dT%H:%M:%S}"
    notify_operator(tx, context, key=key, text=text)
