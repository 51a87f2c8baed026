import re
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.digests.excerpt import LONGEST, Excerpt, excerpt, title_marks
from monitor.models import Article, Hit, PageState, Via
from monitor.text.words import tokens

FILLER = "Nothing of interest was said about anything at all in this place. "


def article(body: str = "", *, summary: str = "", aside: str = "") -> Article:
    return Article(
        title="Title",
        summary=summary,
        body=body,
        aside=aside,
        language="en",
        state=PageState.OK,
        url="https://a.example/1",
    )


def hit(text: str, form: str, term: str = "", field: str = "body") -> Hit:
    """A hit at the first place of a form."""
    start = text.index(form)
    end = start + len(form)
    return Hit(
        term=term or form, field=field, start=start, end=end, form=form, via=Via.EXACT
    )


def marked(found: Excerpt) -> list[str]:
    return [found.text[start:end] for start, end in found.marks]


# --- which part ---


def test_without_hits_the_first_two_sentences_are_shown() -> None:
    found = excerpt(article("One here. Two there. Three."), [])

    assert found == Excerpt("One here. Two there.")


@pytest.mark.parametrize(
    ("body", "summary", "text"),
    [
        ("Body.", "Summary.", "Summary."),
        ("Body.", "", "Body."),
        ("", "", ""),
        ("  \n ", "", ""),
    ],
)
def test_without_hits_the_summary_goes_before_the_text(
    body: str, summary: str, text: str
) -> None:
    found = excerpt(article(body, summary=summary), [])

    assert found == Excerpt(text)


def test_hits_in_the_text_go_before_those_in_the_summary_and_beside_the_text() -> None:
    shown = article("In Aleppo.", summary="Near Aleppo.", aside="Source: Aleppo")
    body = hit("In Aleppo.", "Aleppo")
    summary = hit("Near Aleppo.", "Aleppo", field="summary")
    aside = hit("Source: Aleppo", "Aleppo", field="aside")
    title = hit("Aleppo", "Aleppo", field="title")

    found = [
        excerpt(shown, hits)
        for hits in ([aside, summary, body], [aside, summary], [aside, title], [title])
    ]

    assert found == [
        Excerpt("In Aleppo.", ((3, 9),)),
        Excerpt("Near Aleppo.", ((5, 11),)),
        Excerpt("Source: Aleppo", ((8, 14),)),
        Excerpt("Near Aleppo."),
    ]


def test_the_sentences_with_most_terms_are_chosen() -> None:
    text = f"Aleppo is old. {FILLER}{FILLER}Then airstrikes hit Aleppo again. {FILLER}"
    hits = [
        hit(text, "Aleppo"),
        hit(text, "airstrikes", "airstrike"),
        Hit(term="Aleppo", field="body", start=text.rindex("Aleppo"),
            end=text.rindex("Aleppo") + 6, form="Aleppo", via=Via.EXACT),
    ]  # fmt: skip

    found = excerpt(article(text), hits)

    assert "Then airstrikes hit Aleppo again." in found.text
    assert marked(found) == ["airstrikes", "Aleppo"]


def test_terms_far_apart_are_shown_in_two_fragments_in_order() -> None:
    text = f"Aleppo is old. {FILLER * 8}Airstrikes came. {FILLER}"
    hits = [hit(text, "Airstrikes", "airstrike"), hit(text, "Aleppo")]

    found = excerpt(article(text), hits)

    assert re.fullmatch(r"Aleppo is old\..* … .*Airstrikes came\..*", found.text)
    assert marked(found) == ["Aleppo", "Airstrikes"]


def test_neighbouring_fragments_are_joined_without_an_ellipsis() -> None:
    text = f"Aleppo fell today. Idlib held.\nHoms waits. {FILLER}"
    hits = [hit(text, "Aleppo"), hit(text, "Idlib"), hit(text, "Homs")]

    found = excerpt(article(text), hits)

    assert found.text == (
        f"Aleppo fell today. Idlib held. Homs waits. {FILLER.strip()}"
    )
    assert marked(found) == ["Aleppo", "Idlib", "Homs"]


def test_a_second_fragment_that_finds_no_room_is_left_out() -> None:
    long = "Aleppo " + "word " * 58 + "end. "
    text = f"{long}{FILLER * 3}Airstrikes {'word ' * 20}end."
    hits = [hit(text, "Airstrikes"), hit(text, "Aleppo")]

    found = excerpt(article(text), hits)

    assert found.text == long.strip()
    assert marked(found) == ["Aleppo"]


# --- how it is cut ---


def test_a_long_sentence_is_cut_at_its_end() -> None:
    text = "Aleppo " + "word " * 100 + "end."

    found = excerpt(article(text), [hit(text, "Aleppo")])

    assert found.text.endswith("word …")
    assert 280 < len(found.text) <= LONGEST
    assert marked(found) == ["Aleppo"]


def test_a_long_sentence_with_a_late_hit_is_cut_at_both_ends() -> None:
    text = "word " * 100 + "Aleppo " + "word " * 100 + "end."

    found = excerpt(article(text), [hit(text, "Aleppo")])

    assert re.fullmatch(r"… word .*word Aleppo word .*word …", found.text)
    assert 280 < len(found.text) <= LONGEST


def test_a_late_hit_behind_a_giant_word_begins_the_excerpt() -> None:
    text = "x" * 500 + "-Aleppo " + "word " * 100

    found = excerpt(article(text), [hit(text, "Aleppo")])

    assert found.text.startswith("… Aleppo word ")
    assert marked(found) == ["Aleppo"]


def test_a_giant_word_is_cut_because_it_must() -> None:
    text = "x" * 1_000

    found = excerpt(article(text), [hit(text, text)])

    assert (len(found.text), found.text[-3:]) == (318, "x …")
    assert marked(found) == ["x" * 316]


def test_a_hit_across_what_looks_like_the_end_of_a_sentence_is_shown() -> None:
    text = f"{FILLER}In the U.S. Army it was said. {FILLER}"

    found = excerpt(article(text), [hit(text, "U.S. Army")])

    assert found == Excerpt("In the U.S. Army it was said.", ((7, 16),))


def test_a_hit_across_two_lines_stands_alone() -> None:
    text = "One\nair\nstrike\ntwo"

    found = excerpt(article(text), [hit(text, "One\nair\nstrike")])

    assert found == Excerpt("One air strike", ((0, 14),))


def test_white_space_is_folded_without_moving_the_marks() -> None:
    text = "An air\t\nstrike hit\u00a0Aleppo."

    found = excerpt(article(text), [hit(text, "air\t\nstrike"), hit(text, "Aleppo")])

    assert found.text == "An air  strike hit Aleppo."
    assert marked(found) == ["air  strike", "Aleppo"]


# --- properties ---

SEPARATORS = st.sampled_from(
    [" "] * 30 + [", ", ". ", "! ", "\n", ".\n", "\u00a0", "\t"]
)


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, list[Hit]]:
    """A text in which every word stands once, and hits of one to three words."""
    glue = draw(st.lists(SEPARATORS, max_size=160))
    width = draw(st.sampled_from([1, 5, 25, 80]))
    text = "".join(f"w{n}{'x' * (n % width)}{end}" for n, end in enumerate(glue))
    words = tokens(text)
    hits = []
    for first in draw(st.lists(st.integers(0, 159), max_size=6)):
        inside = words[first : first + draw(st.integers(1, 3))]
        if inside:
            form = text[inside[0].start : inside[-1].end]
            term = draw(st.sampled_from("abc"))
            hits.append(hit(text, form, term))
    return text, hits


def words_of(spans: Sequence[tuple[int, int]], text: str) -> set[str]:
    return {w.surface for a, b in spans for w in tokens(text[a:b])}


@settings(deadline=None, max_examples=300)
@given(texts())
def test_an_excerpt_is_short_and_never_cut_inside_a_word(
    made: tuple[str, list[Hit]],
) -> None:
    text, hits = made

    found = excerpt(article(text), hits)

    assert len(found.text) <= LONGEST
    assert {w.surface for w in tokens(found.text)} <= {w.surface for w in tokens(text)}


@settings(deadline=None, max_examples=300)
@given(texts())
def test_marks_cover_the_hits_that_are_shown_and_nothing_else(
    made: tuple[str, list[Hit]],
) -> None:
    text, hits = made

    found = excerpt(article(text), hits)

    wanted = {w.surface for h in hits for w in tokens(h.form)}
    shown = {w.surface for w in tokens(found.text)}
    assert words_of(found.marks, found.text) == wanted & shown
    assert bool(found.marks) == bool(hits)
    assert all(a < b < c < d for (a, b), (c, d) in pairwise(found.marks))
    assert all(0 <= a < b <= len(found.text) for a, b in found.marks)


@settings(deadline=None)
@given(st.text(max_size=900), st.data())
def test_no_text_does_any_harm(text: str, data: st.DataObject) -> None:
    words = tokens(text)
    chosen = data.draw(
        st.lists(st.sampled_from(words), max_size=3) if words else st.just([])
    )
    hits = [
        Hit(term="a", field="body", start=w.start, end=w.end, form="", via=Via.EXACT)
        for w in chosen
    ]  # fmt: skip

    found = excerpt(article(text), hits)

    assert len(found.text) <= LONGEST
    assert bool(found.marks) == bool(hits)


# --- titles ---


def test_the_marks_of_a_title_are_merged_and_in_order() -> None:
    title = "Airstrikes and air strikes hit Aleppo"
    hits = [
        hit(title, "Aleppo", field="title"),
        hit(title, "air strikes", field="title"),
        hit(title, "strikes hit", field="title"),
        hit(title, "Airstrikes", field="title"),
        hit(title, "Airstrikes", "again", field="title"),
        hit(title, "and", field="body"),
    ]

    found = title_marks(hits)

    assert [title[a:b] for a, b in found] == ["Airstrikes", "air strikes hit", "Aleppo"]
