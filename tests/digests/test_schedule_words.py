from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from monitor.digests.slots import EXAMPLES, Schedule, next_slot, parse


@pytest.mark.parametrize(
    ("words", "crons"),
    [
        ("daily 07:30", ["30 7 * * *"]),
        ("Daily  7:05", ["5 7 * * *"]),
        ("daily 08:00, 18:00", ["0 8 * * *", "0 18 * * *"]),
        ("weekdays 08:00", ["0 8 * * 1-5"]),
        ("weekends 10:00", ["0 10 * * 0,6"]),
        ("Sun 09:00", ["0 9 * * 0"]),
        ("saturday 09:00", ["0 9 * * 6"]),
        ("Mondays 09:00", ["0 9 * * 1"]),
        ("Mon,Thurs 23:59", ["59 23 * * 1,4"]),
        ("mon-wed,fri 00:00", ["0 0 * * 1-3,5"]),
        ("fri-mon 09:00", ["0 9 * * 5-6,0-1"]),
        ("sat-sun 09:00", ["0 9 * * 6-6,0-0"]),
        ("hourly", ["0 * * * *"]),
        ("every 1m", ["* * * * *"]),
        ("every 15m", ["*/15 * * * *"]),
        ("every 20 min", ["*/20 * * * *"]),
        ("every 60m", ["0 */1 * * *"]),
        ("every 6h", ["0 */6 * * *"]),
        ("every 24h", ["0 0 * * *"]),
        ("cron 0 8 * * 1-5", ["0 8 * * 1-5"]),
        ("CRON 0 8 L * MON", ["0 8 l * mon"]),
    ],
)
def test_words_become_crons(words: str, crons: list[str]) -> None:
    found = parse([words])

    assert found == Schedule(instant=False, crons=tuple(crons), text=words)


@pytest.mark.parametrize("word", ["instant", " Instant "])
def test_instant_stands_alone_or_beside_slots(word: str) -> None:
    alone, beside = parse([word]), parse(["daily 08:00", word])

    assert alone == Schedule(instant=True, crons=(), text=word)
    assert (beside.instant, beside.crons) == (True, ("0 8 * * *",))
    assert next_slot(alone, ZoneInfo("UTC"), datetime(2026, 1, 1, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    "words",
    ["", "daily", "07:30", "daily 24:00", "daily 7:5", "daily 07:30,", "dayly 07:30",
     "monkey 09:00", "mo 09:00", "mon- 09:00", "mon-tue-wed 09:00", "every 15 minutes",
     "every", "cron", "hourly 07:30", "daily 07:30 16:00", "daily at 07:30"],
)  # fmt: skip
def test_what_is_no_schedule_is_answered_with_examples(words: str) -> None:
    with pytest.raises(ValueError, match="no schedule") as caught:
        parse(["daily 08:00", words])

    assert str(caught.value) == f"no schedule: {words!r}. Write {EXAMPLES}"


def test_no_schedule_at_all_is_answered_with_examples() -> None:
    with pytest.raises(ValueError, match=r"^no schedule at all\. Write \"daily"):
        parse([])


def test_the_examples_are_schedules() -> None:
    quoted = EXAMPLES.split('"')[1::2]

    found = parse(quoted)

    assert (len(quoted), found.instant, len(found.crons)) == (7, True, 7)


@pytest.mark.parametrize("words", ["every 7m", "every 0m", "every 90m", "every 25h",
                                   "every 48h", "every 5h"])  # fmt: skip
def test_a_rhythm_must_divide_an_hour_or_a_day(words: str) -> None:
    with pytest.raises(ValueError, match="divides neither") as caught:
        parse([words])

    assert str(caught.value) == (
        f"{words!r} divides neither an hour nor a day: write every 15m or 6h"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("cron * * * *", "a cron expression has five fields"),
        ("cron 0 * * * * *", "a cron expression has five fields"),
        ("cron @daily", "a cron expression has five fields"),
        ("cron 61 * * * *", "Bad minute"),
        ("cron 0 8 30 2 *", "Bad day-of-month"),
        ("cron 0 8 * * 1-8", "Bad day-of-week"),
        ("cron 0 8 */28 * mon#2", "no day is like that"),
    ],
)
def test_a_bad_cron_is_answered_with_what_is_wrong_and_an_example(
    words: str, said: str
) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        parse([words])

    assert repr(words) in str(caught.value)
    assert '"cron 0 8 * * 1-5"' in str(caught.value)
