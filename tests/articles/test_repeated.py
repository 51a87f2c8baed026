"""Lines that an outlet puts into all its articles are no part of them."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.articles.repeated import (
    as_wall,
    is_whole,
    line_hash,
    long_lines,
    set_aside,
)
from monitor.models import Article, PageState

FURNITURE = "Our reporters depend on the support of readers like you."
LINES = (
    "Syrian government troops have pulled out of Aleppo after three days of fighting.",
    "Hours later Russian airstrikes hit the western districts, the first in years.",
    "Hospitals asked for blood and fuel, while families packed what they could carry.",
    "The civil defence counted nine strikes before noon and warned of more to come.",
)


def article(*lines: str, aside: str = "") -> Article:
    return Article(
        title="Troops leave",
        summary="",
        body="\n".join(lines),
        aside=aside,
        language="en",
        state=PageState.OK,
        url="https://world.example/1",
    )


def test_a_repeated_line_goes_beside_the_text() -> None:
    found = set_aside(
        article(LINES[0], FURNITURE, *LINES[1:], aside="Post Comment"),
        {line_hash(FURNITURE)},
    )

    assert found.body == "\n".join(LINES)
    assert found.aside == f"Post Comment\n{FURNITURE}"


def test_where_much_repeats_the_article_itself_is_repeated() -> None:
    whole = article(*LINES)

    assert set_aside(whole, [line_hash(line) for line in LINES[:2]]) == whole


def test_what_nobody_repeats_stays_as_it_is() -> None:
    whole = article(*LINES)

    assert set_aside(whole, ()) == whole


def test_a_line_is_known_whatever_its_case_and_punctuation() -> None:
    assert line_hash("Our READERS, like you!") == line_hash("our readers like you")


def test_short_lines_do_not_count() -> None:
    assert long_lines(f"Share this\n{FURNITURE}") == {line_hash(FURNITURE): FURNITURE}
    assert not is_whole("Share this", {line_hash("Share this")})


def test_a_text_of_repeated_lines_is_a_wall() -> None:
    text = article(*LINES[:2])
    known = [line_hash(line) for line in LINES[:2]]

    found = as_wall(text)

    assert is_whole(text.body, known)
    assert not is_whole(f"{text.body}\n{LINES[3]}", known)
    assert (found.state, found.body, found.aside) == (PageState.WALL, "", text.body)


@given(st.lists(st.sampled_from((*LINES, FURNITURE, "Short.")), max_size=9), st.data())
def test_no_line_is_ever_lost(lines: list[str], data: st.DataObject) -> None:
    known = data.draw(st.sets(st.sampled_from([line_hash(line) for line in LINES])))

    found = set_aside(article(*lines), known)

    kept = [*found.body.split("\n"), *found.aside.split("\n")]
    assert sorted(filter(None, kept)) == sorted(lines)
