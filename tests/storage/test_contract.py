"""What every database keeps: the contract of the seam."""

from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import StorageError
from monitor.storage import open_database, settings
from monitor.storage.database import (
    Row,
    Transaction,
    from_micros,
    maybe_time,
    parameters,
    to_micros,
)
from tests.conftest import NOON, Caller
from tests.storage.builders import count

SET = "INSERT INTO setting (name, value) VALUES (:name, :value)"
AWKWARD = [
    "100% of %s and %(name)s",
    "a::text and :name",
    "/*skip locked*/ -- ; DROP TABLE feed;\n",
    "'quoted' \"twice\" \\ and $1 ?",
    "حلب 阿勒颇 \U0001f30d e\u0301",
    "",
]


class Colour(StrEnum):
    RED = "red"


class Mishap(Exception):
    """Something went wrong inside a storage function."""


# --- the transaction ---


def test_what_a_function_wrote_is_there_for_the_next_one(call: Caller) -> None:
    call(settings.put, "colour", "red")

    value = call(settings.get, "colour")

    assert value == "red"


def test_a_function_that_raises_leaves_nothing(call: Caller) -> None:
    def half(tx: Transaction) -> None:
        settings.put(tx, "colour", "red")
        raise Mishap

    with pytest.raises(Mishap):
        call(half)

    assert call(settings.get, "colour") is None


def test_a_statement_that_fails_takes_the_earlier_ones_with_it(call: Caller) -> None:
    def twice(tx: Transaction) -> None:
        tx.run(SET, name="colour", value="red")
        tx.run(SET, name="colour", value="blue")

    with pytest.raises(StorageError, match=r"(?i)unique"):
        call(twice)

    assert call(settings.get, "colour") is None


def test_a_failed_call_does_not_hinder_the_next(call: Caller) -> None:
    with pytest.raises(StorageError):
        call(lambda tx: tx.run("INSERT INTO nowhere VALUES (1)"))

    call(settings.put, "colour", "red")

    assert call(settings.get, "colour") == "red"


def test_arguments_and_answer_pass_through(call: Caller) -> None:
    def glue(_tx: Transaction, first: str, *, second: str) -> str:
        return first + second

    answer = call(glue, "a", second="b")

    assert answer == "ab"


def test_a_closed_database_can_be_opened_again(database_url: str) -> None:
    first = Caller(database_url)
    first(settings.put, "colour", "red")
    first.close()

    second = Caller(database_url)
    value = second(settings.get, "colour")
    second.close()

    assert value == "red"


# --- statements ---


def test_run_says_how_many_rows_it_touched(call: Caller) -> None:
    def fill(tx: Transaction) -> int:
        tx.many(SET, ({"name": name, "value": ""} for name in "abc"))
        return tx.run("UPDATE setting SET value = 'x' WHERE name <> 'b'")

    touched = call(fill)

    assert touched == 2


def test_many_without_rows_does_nothing(call: Caller) -> None:
    call(lambda tx: tx.many(SET, []))

    assert call(count, "setting") == 0


def test_one_is_the_first_row_or_none(call: Caller) -> None:
    def ask(tx: Transaction) -> tuple[Row | None, Row | None]:
        tx.many(SET, [{"name": name, "value": ""} for name in "ba"])
        first = tx.one("SELECT name FROM setting ORDER BY name")
        return first, tx.one("SELECT name FROM setting WHERE name = 'c'")

    rows = call(ask)

    assert rows == ({"name": "a"}, None)


def test_all_gives_every_row_by_column(call: Caller) -> None:
    def ask(tx: Transaction) -> list[Row]:
        tx.many(SET, [{"name": name, "value": name.upper()} for name in "ab"])
        return tx.all("SELECT name, value AS big FROM setting ORDER BY name")

    rows = call(ask)

    assert rows == [{"name": "a", "big": "A"}, {"name": "b", "big": "B"}]


@pytest.mark.parametrize("text", AWKWARD)
def test_text_comes_back_as_it_was_put(call: Caller, text: str) -> None:
    call(settings.put, "text", text)

    assert call(settings.get, "text") == text


@pytest.mark.parametrize("text", AWKWARD)
def test_text_is_found_by_itself(call: Caller, text: str) -> None:
    call(settings.put, text, "here")

    assert call(settings.get, text) == "here"


def test_a_percent_sign_and_a_cast_may_stand_in_a_statement(call: Caller) -> None:
    def ask(tx: Transaction) -> Row | None:
        settings.put(tx, "100%", "")
        return tx.one(
            "SELECT CAST(:n AS BIGINT) % 4 AS rest FROM setting WHERE name LIKE '1%'",
            n=7,
        )

    assert call(ask) == {"rest": 3}


def test_times_enums_and_bools_are_plain_in_a_statement(call: Caller) -> None:
    at = NOON + timedelta(microseconds=1)

    def ask(tx: Transaction) -> Row | None:
        return tx.one(
            """
            SELECT CAST(:at AS BIGINT) AS at, CAST(:colour AS TEXT) AS colour,
                   CAST(:yes AS BIGINT) AS yes, CAST(:no AS BIGINT) AS no,
                   CAST(:none AS BIGINT) AS none
            """,
            at=at,
            colour=Colour.RED,
            yes=True,
            no=False,
            none=None,
        )

    row = call(ask)

    assert row == {
        "at": to_micros(at),
        "colour": "red",
        "yes": 1,
        "no": 0,
        "none": None,
    }


def test_serialising_twice_in_one_transaction_is_no_deadlock(call: Caller) -> None:
    def twice(tx: Transaction) -> str:
        tx.serialise("grouping")
        tx.serialise("grouping")
        return "through"

    assert call(twice) == "through"


# --- times ---

TIMES = st.datetimes(
    min_value=datetime(1900, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-9, minutes=-30))]),
)


@given(TIMES)
def test_a_time_and_its_number_mean_the_same(time: datetime) -> None:
    number = to_micros(time)

    assert from_micros(number) == time
    assert maybe_time(number) == time


@given(TIMES, TIMES)
def test_numbers_of_times_are_ordered_like_the_times(
    one: datetime, other: datetime
) -> None:
    numbers = to_micros(one), to_micros(other)

    assert (numbers[0] < numbers[1]) == (one < other)


def test_no_number_is_no_time() -> None:
    assert maybe_time(None) is None


def test_a_time_without_a_zone_is_refused() -> None:
    naive = NOON.replace(tzinfo=None)

    with pytest.raises(TypeError):
        parameters({"at": naive})


@pytest.mark.parametrize("value", ["a", 1, 1.5, b"\x00", None, bytearray(b"\x00")])
def test_what_a_database_takes_by_itself_is_left_as_it_is(value: object) -> None:
    assert parameters({"value": value})["value"] is value


# --- which database ---


@pytest.mark.parametrize("url", ["", "monitor.db", "mysql://h/d", "SQLITE:x"])
def test_another_kind_of_database_is_refused_with_the_way_out(url: str) -> None:
    with pytest.raises(StorageError) as caught:
        open_database(url)

    assert 'write "sqlite:FILE" or "postgresql://..."' in str(caught.value)
