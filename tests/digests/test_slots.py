from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.digests.slots import (
    Schedule,
    due_slot,
    in_words,
    is_quiet,
    next_slot,
    parse,
    slot_id,
)

BERLIN = ZoneInfo("Europe/Berlin")
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

# Where clocks are or were changed, and a day on which that happened.
CHANGES = [
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("Europe/Istanbul", date(2016, 3, 27)),
    ("Europe/Istanbul", date(2026, 10, 25)),
    ("Asia/Tehran", date(2022, 3, 22)),
    ("Asia/Tehran", date(2022, 9, 21)),
    ("Africa/Casablanca", date(2026, 2, 15)),
    ("Africa/Casablanca", date(2026, 3, 22)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Asia/Damascus", date(2022, 3, 25)),
    ("Asia/Damascus", date(2021, 10, 28)),
    ("Asia/Damascus", date(2022, 10, 28)),
    ("UTC", date(2026, 3, 29)),
]
WORDS = ["daily 00:00", "daily 00:30, 12:00", "daily 02:15", "weekdays 02:30",
         "Sun 01:45", "hourly", "every 15m", "every 2h", "weekends 23:30",
         "cron 5 */6 * * *", "cron 0 2 1,15,25-29 * *"]  # fmt: skip
# Any time, and often one near a change of the clocks.
MOMENTS = st.builds(
    lambda day, minutes: datetime.combine(day, time(0), UTC) + minutes * MINUTE,
    st.dates(date(2021, 1, 1), date(2027, 12, 31))
    | st.sampled_from([day for _, day in CHANGES]),
    st.integers(-1_440, 1_440),
)
ZONES = st.sampled_from([ZoneInfo(name) for name, _ in CHANGES])
SCHEDULES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(parse)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]  # year, month, day ...


def slots_of(schedule: Schedule, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    while (slot := next_slot(schedule, zone, after)) is not None:
        yield slot
        after = slot


def around(words: str, zone: str, day: date, count: int) -> list[str]:
    """The first slots of a day of the given zone."""
    there = ZoneInfo(zone)
    start = datetime.combine(day, time(0), there) - MINUTE
    found = slots_of(parse([words]), there, start)
    return [next(found).strftime("%m-%d %H:%M %z") for _ in range(count)]


def test_cron_days_count_from_sunday() -> None:
    start = utc(2026, 11, 22)  # a Sunday

    found = slots_of(parse(["cron 0 8 * * 1-5"]), ZoneInfo("UTC"), start)

    days = [f"{next(found):%a}" for _ in range(6)]
    assert days == ["Mon", "Tue", "Wed", "Thu", "Fri", "Mon"]


# --- both edges of daylight saving time ---


@pytest.mark.parametrize(
    ("words", "zone", "day", "slots"),
    [
        ("daily 02:30", "Europe/Berlin", date(2026, 3, 29),
         ["03-29 03:00 +0200", "03-30 02:30 +0200"]),
        ("daily 02:30", "Europe/Berlin", date(2026, 10, 25),
         ["10-25 02:30 +0200", "10-26 02:30 +0100"]),
        ("daily 02:10, 02:40", "Europe/Berlin", date(2026, 3, 29),
         ["03-29 03:00 +0200", "03-30 02:10 +0200"]),
        ("daily 03:30", "Europe/Istanbul", date(2016, 3, 27),
         ["03-27 04:00 +0300", "03-28 03:30 +0300"]),
        ("daily 03:30", "Europe/Istanbul", date(2026, 10, 25),
         ["10-25 03:30 +0300", "10-26 03:30 +0300"]),
        ("daily 00:15", "Asia/Tehran", date(2022, 3, 22),
         ["03-22 01:00 +0430", "03-23 00:15 +0430"]),
        ("daily 23:30", "Asia/Tehran", date(2022, 9, 21),
         ["09-21 23:30 +0430", "09-22 23:30 +0330"]),
        ("daily 02:30", "Africa/Casablanca", date(2026, 2, 15),
         ["02-15 02:30 +0100", "02-16 02:30 +0000"]),
        ("daily 02:30", "Africa/Casablanca", date(2026, 3, 22),
         ["03-22 03:00 +0100", "03-23 02:30 +0100"]),
        ("daily 01:45", "Australia/Lord_Howe", date(2026, 4, 5),
         ["04-05 01:45 +1100", "04-06 01:45 +1030"]),
        ("daily 02:15", "Australia/Lord_Howe", date(2026, 10, 4),
         ["10-04 02:30 +1100", "10-05 02:15 +1100"]),
        ("daily 00:00", "Asia/Damascus", date(2022, 3, 25),
         ["03-25 01:00 +0300", "03-26 00:00 +0300"]),
        ("daily 23:30", "Asia/Damascus", date(2021, 10, 28),
         ["10-28 23:30 +0300", "10-29 23:30 +0200"]),
        ("daily 00:30", "Asia/Damascus", date(2022, 10, 28),
         ["10-28 00:30 +0300", "10-29 00:30 +0300"]),
        ("Fri 00:00", "Asia/Damascus", date(2022, 3, 25),
         ["03-25 01:00 +0300", "04-01 00:00 +0300"]),
    ],
)  # fmt: skip
def test_a_daily_slot_comes_once_at_the_first_minute_there_is(
    words: str, zone: str, day: date, slots: list[str]
) -> None:
    found = around(words, zone, day, len(slots))

    assert found == slots


def test_slots_on_the_clock_come_in_both_passes_of_a_fold() -> None:
    day = date(2026, 10, 25)

    hourly = around("hourly", "Europe/Berlin", day, 5)
    half_hours = around("every 30m", "Australia/Lord_Howe", date(2026, 4, 5), 6)

    assert [slot[6:] for slot in hourly] == [
        "00:00 +0200", "01:00 +0200", "02:00 +0200", "02:00 +0100", "03:00 +0100",
    ]  # fmt: skip
    assert [slot[6:] for slot in half_hours] == [
        "00:00 +1100", "00:30 +1100", "01:00 +1100", "01:30 +1100", "01:30 +1030",
        "02:00 +1030",
    ]  # fmt: skip


@pytest.mark.parametrize(("zone", "day"), CHANGES)
@pytest.mark.parametrize("hour", [0, 1, 2, 3, 12, 23])
@pytest.mark.parametrize("minute", [0, 15, 45])
def test_every_day_has_its_slot(zone: str, day: date, hour: int, minute: int) -> None:
    there = ZoneInfo(zone)
    start = datetime.combine(day - 2 * DAY, time(0), there) - MINUTE
    found = slots_of(parse([f"daily {hour}:{minute:02}"]), there, start)

    days = [next(found) for _ in range(5)]

    assert [slot.date() for slot in days] == [day + n * DAY for n in range(-2, 3)]
    for slot in days:
        wanted = datetime.combine(slot.date(), time(hour, minute), there)
        exists = wanted.astimezone(UTC).astimezone(there).time() == time(hour, minute)
        assert slot == wanted if exists else slot.time() > wanted.time()


@pytest.mark.parametrize(("zone", "day"), CHANGES)
@pytest.mark.parametrize("minutes", [15, 30, 60])
def test_a_rhythm_is_kept_to_whatever_the_clocks_do(
    zone: str, day: date, minutes: int
) -> None:
    there = ZoneInfo(zone)
    start = datetime.combine(day - DAY, time(12), there).astimezone(UTC)

    slots = slots_of(parse([f"every {minutes}m"]), there, start)
    found = [next(slots).astimezone(UTC) for _ in range(150)]

    moments = [start + n * MINUTE for n in range(1, 151 * minutes)]
    local = [(m, m.astimezone(there)) for m in moments]
    on_clock = [m for m, at in local if at.minute % minutes == 0]
    assert found == on_clock[:150]


def test_a_start_in_the_second_pass_of_a_fold_does_not_lead_back() -> None:
    second_pass = utc(2026, 10, 25, 1, 45)

    found = next_slot(parse(["daily 02:50"]), BERLIN, second_pass)

    assert found == utc(2026, 10, 26, 1, 50)


@given(SCHEDULES, ZONES, MOMENTS)
def test_the_next_slot_is_always_later(
    schedule: Schedule, zone: ZoneInfo, after: datetime
) -> None:
    slot = next_slot(schedule, zone, after)

    assert slot is not None
    assert slot.astimezone(UTC) > after
    assert slot.tzinfo is zone
    assert slot.second == slot.microsecond == 0


# --- what is due ---


@settings(deadline=None)
@given(SCHEDULES, ZONES, MOMENTS, st.timedeltas(timedelta(0), 40 * DAY))
def test_the_due_slot_is_the_latest_one_and_never_later_than_now(
    schedule: Schedule, zone: ZoneInfo, before: datetime, downtime: timedelta
) -> None:
    first = next_slot(schedule, zone, before)
    assert first is not None
    now = first.astimezone(UTC) + downtime

    slot = due_slot(schedule, zone, first, now)

    following = next_slot(schedule, zone, slot)
    assert first <= slot.astimezone(UTC) <= now
    assert following is not None
    assert following.astimezone(UTC) > now


@pytest.mark.parametrize(
    ("words", "first", "now", "due"),
    [
        ("daily 08:00", utc(2026, 11, 22, 7), utc(2026, 11, 22, 7), "2026-11-22T08:00"),
        ("daily 08:00", utc(2026, 11, 22, 7), utc(2026, 11, 22, 9), "2026-11-22T08:00"),
        ("daily 08:00", utc(2026, 11, 20, 7), utc(2026, 11, 22, 9), "2026-11-22T08:00"),
        ("daily 08:00", utc(2026, 11, 20, 7), utc(2026, 11, 22, 6), "2026-11-21T08:00"),
        ("daily 08:00", utc(2020, 11, 20, 7), utc(2026, 11, 22, 6), "2026-11-21T08:00"),
        ("Sun 09:00", utc(2026, 10, 4, 7), utc(2026, 11, 21), "2026-11-15T09:00"),
        ("cron 0 8 1 1 *", utc(2024, 1, 1, 7), utc(2026, 11, 21), "2026-01-01T08:00"),
        ("cron 0 8 29 2 *", utc(2020, 2, 29, 7), utc(2026, 11, 21), "2024-02-29T08:00"),
        ("cron 0 8 29 2 *", utc(2024, 2, 29, 7), utc(2026, 11, 21), "2024-02-29T08:00"),
    ],
)
def test_downtime_over_several_slots_gives_the_latest_of_them(
    words: str, first: datetime, now: datetime, due: str
) -> None:
    found = due_slot(parse([words]), BERLIN, first, now)

    assert found.strftime("%Y-%m-%dT%H:%M") == due


def test_a_slot_that_was_moved_is_due_as_it_was_stored() -> None:
    stored = utc(2026, 11, 22, 7)

    found = due_slot(parse(["daily 09:30"]), BERLIN, stored, utc(2026, 11, 22, 8))

    assert found.isoformat() == "2026-11-22T08:00:00+01:00"


def test_years_of_downtime_are_no_work() -> None:
    now = utc(2026, 11, 22, 6, 0, 30)

    found = due_slot(parse(["every 1m"]), BERLIN, utc(2020, 1, 1), now)

    assert found == utc(2026, 11, 22, 6)


# --- identity ---


@pytest.mark.parametrize(
    ("words", "identity"),
    [
        (["daily 08:00"], "2026-10-25T02:00"),
        (["cron 0 2 * * *", "instant"], "2026-10-25T02:00"),
        (["hourly"], "2026-10-25T02:00+0100"),
        (["every 15m"], "2026-10-25T02:00+0100"),
        (["every 2h"], "2026-10-25T02:00+0100"),
        (["cron */30 2 * * *"], "2026-10-25T02:00+0100"),
        (["daily 08:00", "hourly"], "2026-10-25T02:00+0100"),
    ],
)
def test_a_slot_is_named_by_its_local_time_and_its_offset_if_it_comes_twice(
    words: list[str], identity: str
) -> None:
    slot = utc(2026, 10, 25, 1).astimezone(BERLIN)

    found = slot_id(parse(words), slot)

    assert found == identity


@settings(deadline=None)
@given(SCHEDULES, st.sampled_from(CHANGES), st.timedeltas(-2 * DAY, 2 * DAY))
def test_no_two_slots_have_one_name(
    schedule: Schedule, change: tuple[str, date], shift: timedelta
) -> None:
    zone = ZoneInfo(change[0])
    found = slots_of(schedule, zone, datetime.combine(change[1], time(0), UTC) + shift)

    slots = [next(found) for _ in range(40)]

    names = {slot_id(schedule, slot) for slot in slots}
    assert len(names) == len({slot.astimezone(UTC) for slot in slots})


def test_no_slot_is_lost_behind_a_gap_of_half_an_hour() -> None:
    zone = ZoneInfo("Australia/Lord_Howe")
    schedule = parse(["cron 5 */6 * * *"])
    behind = datetime(2026, 10, 3, 15, 59, tzinfo=UTC)

    slot = next(slots_of(schedule, zone, behind))

    assert slot.isoformat() == "2026-10-04T06:05:00+11:00"


@settings(deadline=None)
@given(SCHEDULES, ZONES, MOMENTS)
@example(
    parse(["cron 5 */6 * * *"]),
    ZoneInfo("Australia/Lord_Howe"),
    datetime(2026, 10, 3, 17, 59, tzinfo=UTC),
)
def test_a_clock_that_is_set_back_finds_the_same_names_again(
    schedule: Schedule, zone: ZoneInfo, moment: datetime
) -> None:
    early = slots_of(schedule, zone, moment - timedelta(hours=2))
    late = slots_of(schedule, zone, moment)

    known = {slot_id(schedule, next(early)) for _ in range(100)}

    assert {slot_id(schedule, next(late)) for _ in range(10)} <= known


@pytest.mark.parametrize(
    ("clock", "start", "end", "quiet"),
    [
        ("23:30", "23:00", "06:30", True),
        ("06:29", "23:00", "06:30", True),
        ("06:30", "23:00", "06:30", False),
        ("22:59", "23:00", "06:30", False),
        ("13:00", "12:00", "14:00", True),
        ("14:00", "12:00", "14:00", False),
        ("12:00", "12:00", "12:00", False),
    ],
)
def test_quiet_hours_may_go_over_midnight(
    clock: str,
    start: str,
    end: str,
    quiet: bool,
) -> None:
    at, first, last = map(time.fromisoformat, (clock, start, end))

    assert is_quiet(at, first, last) is quiet


def test_a_schedule_is_said_as_it_is_written_and_crons_are_explained() -> None:
    assert in_words(["weekdays 07:30", "cron 0 8 * * 1-5"]) == (
        "weekdays 07:30, cron 0 8 * * 1-5 (At 08:00 on Monday through Friday)"
    )
