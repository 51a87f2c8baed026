"""rules audit: which rules do not do what they were written for."""

from datetime import timedelta

import click

from monitor.cli.group import with_globals
from monitor.cli.output import count, emit, table
from monitor.cli.past import in_words, since_option
from monitor.cli.session import opened, run
from monitor.rules import audit
from monitor.rules.audit import Fault, Finding
from monitor.storage import audit as counts
from monitor.storage import people, settings

_ADVICE = {
    Fault.DEAD: "is a word misspelt? monitor rules explain RULE --article URL",
    Fault.NOISY: "add a word, NEAR or NOT; try it: monitor backtest",
    Fault.IRRELEVANT: "what did they get? monitor backtest",
    Fault.OVERLAPPING: "one of the two may go",
    Fault.UNDELIVERED: "put it into the rules of a subscriber, or delete it",
    Fault.FEED: "is it wanted?",
}


@click.command("audit")
@since_option("30d")
@with_globals
def audit_command(since: timedelta) -> None:
    r"""Find rules that are dead, noisy, overlap or reach nobody, and idle feeds.

    Dead: met no article. Noisy: more than 20 stories a day, or a quarter of all
    articles. Irrelevant: who got its stories called some of no use. Overlapping: four fifths of what it met another rule met as well.
    Undelivered: nobody follows it, or nothing that it met was told.

    \b
    Exit status: 0, whatever is found.

    \b
    Examples:
      monitor rules audit
      monitor rules audit --since 7d
    """
    found, rules, articles = run(_audit(since))
    facts = {"articles": articles, "rules": rules, "findings": found}
    emit(facts, lambda: _text(found, rules, articles, since))


async def _audit(since: timedelta) -> tuple[list[Finding], int, int]:
    """What was found, among how many rules, by how many articles."""
    async with opened() as daemon:
        config, database = daemon.context.config, daemon.context.database
        now = daemon.context.now()
        start = now - since
        began = await database.call(settings.rules_since)
        feeds = await database.call(counts.count_feeds, start)
        followers = {
            rule: [n for n, one in config.subscribers.items() if rule in one.rules]
            for rule in config.rules
        }
        found = audit.audit(
            followers,
            await database.call(counts.count_rules, start, now - audit.SETTLED),
            await database.call(counts.count_overlaps, start, audit.FEW),
            feeds,
            since,
            [rule for rule in config.rules if began.get(rule, now) > start],
            await database.call(people.count_irrelevant, start),
        )
        return found, len(followers), sum(feed.articles for feed in feeds)


def _text(found: list[Finding], rules: int, articles: int, since: timedelta) -> str:
    basis = (
        f"{count(rules, 'rule')}, by {count(articles, 'article')} of the last "
        f"{in_words(since)}"
    )
    if not found:
        return f"Nothing stands out among {basis}."
    rows = [(one.fault, one.name, one.facts) for one in found]
    advice = [
        f"  {fault}: {_ADVICE[fault]}"
        for fault in Fault
        if any(one.fault is fault for one in found)
    ]
    head = f"{count(len(found), 'finding')} among {basis}:"
    return "\n".join([head, "", table(("", "name", "what"), rows), "", *advice])
