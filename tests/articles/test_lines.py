"""Which lines of an extracted text are the article."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.articles.lines import normal, separate

LONG = "Syrian troops have left Aleppo after rebel fighters came into the city"
OTHER = "Hospitals asked for blood and fuel while families waited at the gate"
THIRD = "The civil defence counted nine strikes before noon in two of the streets"


def test_furniture_goes_aside_and_everything_keeps_its_order() -> None:
    text = "Post Comment\nOne.\n\n  Two.  \nSource: bbc.com\nThree.\n"

    found = separate(text, ["Title"])

    assert found == ("One.\nTwo.\nThree.", "Post Comment\nSource: bbc.com")


@pytest.mark.parametrize(
    ("line", "aside"),
    [
        ("Troops withdraw from Aleppo", True),
        ("TROOPS WITHDRAW FROM ALEPPO", True),
        ("Truce in Idlib", True),
        ("Troops withdraw from", True),
        ("Troops withdraw", False),
        ("Troops withdraw from Aleppo, sources say", False),
    ],
)
def test_a_title_repeated_on_top_goes_aside(line: str, *, aside: bool) -> None:
    titles = ["", " Troops withdraw from Aleppo ", "Truce in Idlib"]

    found = separate(f"By Ana\n{line}\nText.", titles)

    assert found[1] == (line if aside else "")


def test_a_title_further_down_is_text() -> None:
    found = separate("One.\nTwo.\nThree.\nTitle", ["Title"])

    assert found == ("One.\nTwo.\nThree.\nTitle", "")


@given(
    st.lists(st.sampled_from(["Post Comment", "Text.", "Title", " ", "", "Share"])),
    st.lists(st.sampled_from(["Title", "", "Text."]), max_size=3),
)
def test_no_line_is_lost_and_none_is_made_up(
    text: list[str], titles: list[str]
) -> None:
    body, aside = separate("\n".join(text), titles)

    kept = [line for line in (*body.split("\n"), *aside.split("\n")) if line]
    assert sorted(kept) == sorted(line for line in map(str.strip, text) if line)


# --- a stricter extraction confirms lines ---


def test_a_line_that_the_stricter_extraction_has_not_goes_aside() -> None:
    found = separate(f"{LONG}\n{OTHER}\nBuy our mug", [], voter=f"{LONG}\n{OTHER}")

    assert found == (f"{LONG}\n{OTHER}", "Buy our mug")


def test_most_of_a_long_line_is_enough() -> None:
    voter = f"{OTHER} {LONG.removesuffix(' the city')} their town"

    assert separate(f"{OTHER}\n{LONG}", [], voter=voter) == (f"{OTHER}\n{LONG}", "")


def test_a_few_lines_between_confirmed_ones_are_text() -> None:
    between = "\n".join(f"A list item {n}" for n in range(3))

    found = separate(f"{LONG}\n{between}\n{OTHER}", [], voter=f"{LONG}\n{OTHER}")

    assert found == (f"{LONG}\n{between}\n{OTHER}", "")


def test_many_lines_between_confirmed_ones_are_another_thing() -> None:
    between = "\n".join(f"A list item {n}" for n in range(4))

    found = separate(f"{LONG}\n{between}\n{OTHER}", [], voter=f"{LONG}\n{OTHER}")

    assert found == (f"{LONG}\n{OTHER}", between)


def test_a_voter_that_saw_something_else_is_no_witness() -> None:
    found = separate(f"{LONG}\n{OTHER}\nPost Comment", [], voter=THIRD)

    assert found == (f"{LONG}\n{OTHER}", "Post Comment")


def test_furniture_is_no_text_whoever_confirms_it() -> None:
    text = f"{LONG}\nPost Comment\n{OTHER}"

    assert separate(text, [], voter=text) == (f"{LONG}\n{OTHER}", "Post Comment")


def test_a_line_that_is_a_link_on_the_page_goes_aside() -> None:
    line = "- Wheat is dearer again in the north"

    found = separate(f"{LONG}\n{line}", [], links={normal(line)})

    assert found == (LONG, line)
