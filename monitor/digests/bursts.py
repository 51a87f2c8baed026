"""Decide which rules must collect what they find, because they alert too often. Pure.

An alert may lie ahead, where a clock was set back: far ahead it holds up nothing.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from monitor.models import Alert

BURST = timedelta(minutes=10)
HOUR = timedelta(hours=1)
MOST_MESSAGES = 5
"""So many alerts of a rule within ten minutes; what comes then is collected."""

MOST_STORIES = 100
"""A rule that tells more than that in an hour speaks once an hour."""


def collecting(alerts: Iterable[Alert], now: datetime) -> frozenset[str]:
    """The rules of a subscriber that may not alert now."""
    messages: dict[str, set[int]] = defaultdict(set)
    last: dict[str, datetime] = {}
    seen = list(alerts)
    for alert in seen:
        for rule in alert.rules:
            last[rule] = max(alert.at, last.get(rule, alert.at))
            if abs(now - alert.at) < BURST:
                messages[rule].add(alert.message)
    many = {rule for rule, found in messages.items() if len(found) >= MOST_MESSAGES}
    loud = {rule for rule in flooding(seen, now) if abs(now - last[rule]) < HOUR}
    return frozenset(many | loud)


def flooding(alerts: Iterable[Alert], now: datetime) -> frozenset[str]:
    """The rules that told too much within the hour."""
    counts: dict[str, int] = defaultdict(int)
    for alert in alerts:
        if abs(now - alert.at) <= HOUR:
            for rule in alert.rules:
                counts[rule] += 1
    return frozenset(rule for rule, count in counts.items() if count > MOST_STORIES)
