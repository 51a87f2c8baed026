"""Decide when a digest is due. Pure.

Schedules are words ("weekdays 07:30") that become cron expressions; cronsim knows
both edges of daylight saving time: a slot in the gap comes at the first minute after
it, one in the fold comes once.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

INSTANT = "instant"
_DAYS = (
    "sundays",
    "mondays",
    "tuesdays",
    "wednesdays",
    "thursdays",
    "fridays",
    "saturdays",
)
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
# To find the latest slot, so many days are walked through at most if there is one.
_HOURS_BEHIND_GAP = 24
_LOOK_BACK = (2, 32, 366)
_EVERY = re.compile(r"every (\d{1,4})\s*(m|min|h)")
EXAMPLES = (
    '"daily 07:30", "weekdays 08:00, 16:00", "Sun 09:00", "hourly", "every 15m", '
    '"instant" or "cron 0 8 * * 1-5"'
)
_CRON = 'Write for example "cron 0 8 * * 1-5": minute, hour, day, month, weekday'


@dataclass(frozen=True, slots=True)
class Schedule:
    """When one subscriber gets digests: at once, at the times of crons, or both."""

    instant: bool
    crons: tuple[str, ...]
    text: str


def parse(texts: Sequence[str]) -> Schedule:
    """Read the words of a ``digest`` key.

    Raises:
        ValueError: A text is no schedule; the message says what one looks like.
    """
    if not texts:
        raise ValueError(f"no schedule at all. Write {EXAMPLES}")
    slotted = [text for text in texts if text.strip().lower() != INSTANT]
    crons = tuple(cron for text in slotted for cron in _cron(text))
    instant = len(slotted) < len(texts)
    return Schedule(instant=instant, crons=crons, text=", ".join(texts))


def _cron(text: str) -> list[str]:
    words = " ".join(text.split()).lower()
    if words == "hourly":
        return ["0 * * * *"]
    if words.startswith("cron "):
        return [_checked(words.removeprefix("cron "), text)]
    if match := _EVERY.fullmatch(words):
        return [_aligned(int(match[1]), match[2][0], text)]
    days, _, times = words.partition(" ")
    found = [_TIME.fullmatch(t.strip()) for t in times.split(",")]
    if not all(found) or (fields := _day_field(days)) is None:
        raise ValueError(f"no schedule: {text!r}. Write {EXAMPLES}")
    return [f"{int(m[2])} {int(m[1])} * * {fields}" for m in found if m]


def _checked(expression: str, text: str) -> str:
    # Six fields would mean seconds to cronsim.
    if len(expression.split()) != 5:
        raise ValueError(f"a cron expression has five fields: {text!r}. {_CRON}")
    try:
        first = next(CronSim(expression, datetime(2026, 1, 1, tzinfo=UTC)), None)
    except CronSimError as error:
        raise ValueError(f"{error} in {text!r}. {_CRON}") from error
    if first is None:
        raise ValueError(f"no day is like that: {text!r}. {_CRON}")
    return expression


def _aligned(number: int, unit: str, text: str) -> str:
    minutes = number * (60 if unit == "h" else 1)
    if minutes and minutes < 60 and 60 % minutes == 0:
        return f"*/{minutes} * * * *" if minutes > 1 else "* * * * *"
    if minutes and minutes % 60 == 0 and 1440 % minutes == 0:
        return f"0 */{minutes // 60} * * *" if minutes < 1440 else "0 0 * * *"
    raise ValueError(
        f"{text!r} divides neither an hour nor a day: write every 15m or 6h"
    )


def _day_field(days: str) -> str | None:
    named = {"daily": "*", "weekdays": "1-5", "weekends": "0,6"}
    if days in named:
        return named[days]
    fields = []
    for part in days.split(","):
        names = part.split("-")
        ends = [number for number in map(_day, names) if number is not None]
        if len(ends) < len(names) or len(ends) > 2:
            return None
        first, last = ends[0], ends[-1]
        wrapped = f"{first}-6,0-{last}" if first > last else f"{first}-{last}"
        fields.append(wrapped if len(ends) == 2 else str(first))
    return ",".join(fields)


def _day(name: str) -> int | None:
    """The number of a day that is written out or cut: "sun", "sunday", "sundays"."""
    found = [n for n, day in enumerate(_DAYS) if len(name) > 2 and day.startswith(name)]
    return found[0] if found else None


def next_slot(schedule: Schedule, zone: ZoneInfo, after: datetime) -> datetime | None:
    """The first slot later than ``after``, in the subscriber's zone; None if there is none."""
    found = [_first(cron, zone, after) for cron in schedule.crons]
    return min(filter(None, found), key=lambda s: s.astimezone(UTC), default=None)


def _first(cron: str, zone: ZoneInfo, after: datetime) -> datetime | None:
    """The first slot of one cron later than ``after``.

    cronsim started inside a fold's second pass can return an earlier instant, which is
    passed over. Across a gap of half an hour (Lord Howe) it leaves slots out, so behind
    a change of the offset it is asked again from every hour.
    """
    slot = _from(cron, zone, after, after)
    if slot is None or not _is_changed(zone, after, slot):
        return slot
    starts = (after + timedelta(hours=n) for n in range(1, _HOURS_BEHIND_GAP))
    others = (_from(cron, zone, start, after) for start in starts)
    return min([slot, *filter(None, others)], key=lambda s: s.astimezone(UTC))


def _from(
    cron: str, zone: ZoneInfo, start: datetime, after: datetime
) -> datetime | None:
    slots = CronSim(cron, start.astimezone(zone))
    return next((s for s in slots if s.astimezone(UTC) > after), None)


def _is_changed(zone: ZoneInfo, after: datetime, slot: datetime) -> bool:
    """Whether the clocks of a zone are changed up to a slot, or just were."""
    before = (after - timedelta(hours=3)).astimezone(zone)
    return before.utcoffset() != slot.utcoffset()


def due_slot(
    schedule: Schedule, zone: ZoneInfo, first: datetime, now: datetime
) -> datetime:
    """The latest slot up to ``now``, starting at one that is due.

    Downtime over several slots gives one digest, not one a slot.
    """
    slot = first
    for days in _LOOK_BACK:
        start = now - timedelta(days=days)
        recent = next_slot(schedule, zone, start) if start > first else None
        if recent is not None and recent <= now:
            slot = recent
            break
    while (later := next_slot(schedule, zone, slot)) is not None and later <= now:
        slot = later
    return slot.astimezone(zone)


def slot_id(schedule: Schedule, slot: datetime) -> str:
    """The identity of a slot: its local time, so that no clock step repeats it.

    Where slots come in both passes of a fold, the offset tells them apart.
    """
    local = slot.strftime("%Y-%m-%dT%H:%M")
    return f"{local}{slot:%z}" if any(map(_repeats, schedule.crons)) else local


def _repeats(cron: str) -> bool:
    """Whether cronsim lets a cron come in both passes of a fold, as Debian's cron does."""
    minute, hour, *_ = cron.split()
    return minute.startswith("*") or hour.startswith("*")


def is_quiet(local: time, start: time, end: time) -> bool:
    """Whether a local time lies within quiet hours, which may go over midnight."""
    if start <= end:
        return start <= local < end
    return local >= start or local < end


def in_words(texts: Sequence[str]) -> str:
    """The words of a ``digest`` key, with crons explained."""
    return ", ".join(map(_explained, texts))


def _explained(text: str) -> str:
    cron = text.strip().removeprefix("cron ")
    if cron == text.strip():
        return text
    # It wants a time to begin at, which does not change what it says.
    return f"{text} ({CronSim(cron, datetime(2000, 1, 1, tzinfo=UTC)).explain()})"
