"""Which texts are copies of one another, and what is new in a copy."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.models import Cause, Sketch
from monitor.stories import near

TITLE = "Syrian troops withdraw from Aleppo"
TEXT = """\
Syrian government troops have pulled out of Aleppo after rebel fighters pushed into the city.
Officers on both sides said on Sunday that 14 soldiers had died near the old citadel.
Hours later Russian airstrikes hit the western districts, the first in 8 years.
Residents described columns of smoke above the market and the covered streets.
Hospitals asked for blood and fuel while families packed what they could carry.
The civil defence counted 9 strikes before noon and warned of unexploded ordnance.
A spokesman in Damascus said that the army would regroup south of the river.
Turkey called on all sides to spare the roads that lead out of the city.
The governor asked shops to stay open so that bread could be sold until evening.
"""
OTHER = """\
Wheat is dearer again because the harvest in the north was poor, traders in Odesa said.
Ships wait for days at the port while insurers argue about who pays for the risk.
A corridor that was agreed in July has carried 33 million tonnes until today.
Ministers from Kyiv and Ankara will meet in Geneva to talk about another year of it.
"""
LINES = TEXT.splitlines()


def made(
    text: str, title: str = TITLE, source: str = "", furniture: Sequence[str] = ()
) -> Sketch:
    boilerplate = {part.hash for line in furniture for part in near.segments(line)}
    return near.sketch(
        title, near.segments(text), source=source, boilerplate=boilerplate
    )


def alike(one: Sketch, other: Sketch) -> float | None:
    found = near.likeness(one, other)
    assert found == near.likeness(other, one)
    return found.containment if found and found.copy else None


ORIGINAL = made(TEXT, source="BBC")


@pytest.mark.parametrize(
    "copy",
    [
        TEXT,
        TEXT.upper().replace("\n", " "),
        TEXT.replace(",", " –").replace("the", "THE"),
        "\n".join(LINES[:4]),
        "\n".join(reversed(LINES)),
        f"{OTHER}{TEXT}",
        f"{TEXT}Post Comment\nAll our papers are printed on recycled wood.\n",
        "\n".join(line for n, line in enumerate(LINES) if n % 3),
    ],
)
def test_a_copy_is_found_however_it_is_cut_and_dressed(copy: str) -> None:
    assert (alike(ORIGINAL, made(copy, "Another title", "Repost")) or 0) >= 0.5


def test_another_text_is_no_copy() -> None:
    assert alike(ORIGINAL, made(OTHER, TITLE)) is None


def test_the_first_lines_are_a_copy_and_the_last_ones_are_a_footer() -> None:
    lead = made("\n".join(LINES[:2]), "Lead", "Repost")
    footer = made("\n".join(LINES[-2:]), "Footer", "Repost")

    assert alike(ORIGINAL, lead) == 1.0
    assert alike(ORIGINAL, footer) is None


def test_the_last_lines_under_the_same_title_are_a_piece_of_the_article() -> None:
    piece = made("\n".join(LINES[-2:]), TITLE, "Repost")

    assert alike(ORIGINAL, piece) == 1.0


def test_furniture_does_not_make_two_texts_alike() -> None:
    footer = "\n".join(LINES[5:])
    one, other = f"{OTHER}{footer}", f"{footer}\n{''.join(LINES[:1])}"
    lines = footer.splitlines()

    found = alike(made(one, "One"), made(other, "Other"))
    without = alike(
        made(one, "One", furniture=lines), made(other, "Other", furniture=lines)
    )

    assert found
    assert without is None


def report(day: str, place: str, dead: int, hurt: int) -> str:
    return (
        f"At least {dead} people were killed and {hurt} others wounded when warplanes "
        f"struck a market in {place} on {day}, the monitor said. Rescue workers were "
        "digging through the rubble in search of survivors while ambulances took the "
        f"wounded to hospitals near {place}. The defence ministry did not comment."
    )


def test_reports_of_one_template_are_told_apart_by_their_facts() -> None:
    one = made(report("Monday", "Aleppo", 33, 87), "33 dead", "monitor")
    other = made(report("Friday", "Idlib", 12, 40), "12 dead", "monitor")

    found = near.likeness(one, other)
    assert found
    assert not found.copy


def test_a_text_full_of_other_names_is_another_text() -> None:
    common = (
        "The candidate thanked the crowd in the hall and promised better roads. "
        "She said that schools would open in the spring and that taxes would fall. "
    )
    people = "With her stood Anna Berg, Carl Dahl, Eva Falk and Gustav Holm."
    others = "With her stood Ida Juhl, Kai Lund, Maja Nord and Olga Palm."

    found = near.likeness(
        made(common + people, "speech", "a"), made(common + others, "speech", "b")
    )

    assert found
    assert not found.copy


def test_in_one_source_more_has_to_be_the_same() -> None:
    text = "\n".join((*LINES[:5], *OTHER.splitlines()))
    half, elsewhere = made(text, "Half", "BBC"), made(text, "Half", "Repost")

    assert alike(ORIGINAL, elsewhere)
    assert alike(ORIGINAL, half) is None


def test_a_follow_up_in_one_source_that_repeats_some_is_another_article() -> None:
    plain = [line for line in LINES if not any(c.isdigit() for c in line)]
    text = "\n".join(
        (
            *plain[:3],
            *(f"And {w} was asked to wait once more by them all" for w in "abcdefg"),
        )
    )

    follow_up = near.likeness(
        made("\n".join(plain), source="BBC"), made(text, source="BBC")
    )
    elsewhere = near.likeness(
        made("\n".join(plain), source="BBC"), made(text, source="X")
    )

    assert follow_up is None
    assert elsewhere
    assert elsewhere.copy


def test_a_text_without_spaces_is_compared_by_characters() -> None:
    text = "叙利亚政府军在反对派武装从三面进入城市后撤出阿勒颇双方军官周日表示老城堡附近有士兵死亡"

    assert alike(made(text, ""), made(text[:40], "", "b"))


def test_a_text_of_a_hundred_thousand_lines_has_few_segments() -> None:
    assert len(near.segments("\n".join(f"w{n}" for n in range(100_000)))) == 2_000


def test_empty_texts_are_no_copies() -> None:
    empty = made("", "")

    assert alike(empty, empty) is None
    assert alike(empty, ORIGINAL) is None


def test_a_sketch_has_few_keys_however_long_the_text() -> None:
    long = " ".join(f"word{n}" for n in range(5_000))

    assert len(made(long).keys) <= 28


@given(st.lists(st.sampled_from(LINES), min_size=1), st.lists(st.sampled_from(LINES)))
def test_a_text_is_as_like_another_as_that_is_like_it(
    one: list[str], other: list[str]
) -> None:
    found = alike(made("\n".join(one), "a"), made("\n".join(other), "b"))

    assert found is None or 0 < found <= 1


@given(st.lists(st.sampled_from(LINES), min_size=1, unique=True), st.text(max_size=30))
def test_every_text_is_a_copy_of_itself(lines: list[str], title: str) -> None:
    own = made("\n".join(lines), title)

    assert alike(own, own) == 1.0


# --- what is new ---


def news(
    text: str, *known: str, title: str = TITLE, containment: float = 0.9
) -> Cause | None:
    return near.news(
        title,
        near.segments(text),
        known=[(TITLE, near.segments(one)) for one in known or (TEXT,)],
        containment=containment,
    )


@pytest.mark.parametrize(
    "copy", [TEXT, "\n".join(LINES[:3]), "\n".join(reversed(LINES)), TEXT.upper()]
)
def test_a_plain_copy_says_nothing_new(copy: str) -> None:
    assert news(copy) is None


def test_two_new_sentences_are_news() -> None:
    assert news(f"{TEXT}{OTHER}") is Cause.NEW_SENTENCES


def test_one_new_sentence_is_not_enough() -> None:
    assert news(f"{TEXT}{OTHER.splitlines()[0]}") is None


def test_what_another_member_of_the_group_says_is_known() -> None:
    assert news(f"{TEXT}{OTHER}", TEXT, OTHER) is None


def test_a_new_toll_in_the_lead_is_news() -> None:
    changed = TEXT.replace("14 soldiers", "32 soldiers")

    assert news(changed) is Cause.FIGURE


def test_a_new_figure_in_the_headline_is_news() -> None:
    found = near.news(
        "Strike kills 32 in Aleppo market",
        near.segments(TEXT),
        known=[("Strike kills 22 in Aleppo market", near.segments(TEXT))],
        containment=1.0,
    )

    assert found is Cause.FIGURE


def test_a_figure_further_down_is_none() -> None:
    assert news(TEXT.replace("9 strikes", "11 strikes")) is None


def test_a_figure_of_a_text_that_is_mostly_another_is_none() -> None:
    assert news(TEXT.replace("14 soldiers", "32 soldiers"), containment=0.3) is None


def test_a_line_about_the_page_is_no_changed_figure() -> None:
    assert news(f"Read in 7 minutes by our desk\n{TEXT}") is None


def test_furniture_is_no_news() -> None:
    lines = OTHER.splitlines()
    boilerplate = {part.hash for line in lines for part in near.segments(line)}

    found = near.news(
        TITLE,
        near.segments(f"{TEXT}{OTHER}"),
        known=[(TITLE, near.segments(TEXT))],
        containment=0.9,
        boilerplate=boilerplate,
    )

    assert found is None


# --- numbers of a series ---


@pytest.mark.parametrize(
    ("one", "other", "serial"),
    [
        ("Version 3.1.0 released", "Version 3.1.1 released", True),
        ("Closing report 4 March", "Closing report 5 March", True),
        ("Episode 12", "Episode 12", False),
        ("Strike kills 22 in Aleppo", "22 killed in Aleppo strike, 40 hurt", False),
        ("Troops leave Aleppo", "Troops leave Aleppo", False),
    ],
)
def test_titles_that_differ_in_figures_only_are_a_series(
    one: str, other: str, serial: bool
) -> None:
    assert near.is_serial(one, other) == serial == near.is_serial(other, one)


TITLE_WORDS = ["Issue", "issue", "Week", "4", "5", "3.1.0", "covid-19"]


@given(
    one=st.lists(st.sampled_from(TITLE_WORDS), max_size=4),
    other=st.lists(st.sampled_from(TITLE_WORDS), max_size=4),
)
def test_titles_of_one_series_have_one_key(one: list[str], other: list[str]) -> None:
    titles = " ".join(one), " ".join(other)
    keys = [near.series(title, "Agency") for title in titles]

    assert keys[0] == keys[1] or not near.is_serial(*titles)


def test_the_series_of_two_sources_are_two() -> None:
    assert near.series("Issue 4", "Agency") != near.series("Issue 4", "Herald")
    assert near.series("Issue 4", "Agency") == near.series("Issue 15", "Agency")
    assert near.series("Issue 4", "Agency") != near.series("Number 4", "Agency")
