"""Which feeds carry whole articles."""

import pytest

from monitor.articles.complete import agree, is_complete, is_page_needed

PARAGRAPH = "The council met for three hours and agreed on nothing at all. " * 6
WHOLE = "\n".join((PARAGRAPH.strip(),) * 3)


@pytest.mark.parametrize(
    "content",
    [
        WHOLE,
        f"{WHOLE}\n© Outlet",
        WHOLE.replace(".", "。"),
        f"{WHOLE}\nHe said: “It is over.”",
    ],
)
def test_a_long_text_of_whole_sentences_is_complete(content: str) -> None:
    assert is_complete(content)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "A summary.",
        WHOLE.replace("\n", " "),
        f"{WHOLE}\nAnd then the chairman rose and…",
        f"{WHOLE} [...]",
        f"{WHOLE}\nContinue reading",
        f"{WHOLE}\nThe post appeared first. Читать далее",
        f"{WHOLE}\nاقرأ المزيد",
        WHOLE.replace(".", ""),
    ],
)
def test_what_is_short_or_cut_is_not(content: str) -> None:
    assert not is_complete(content)


def test_a_page_agrees_that_says_about_as_much() -> None:
    assert agree("x" * 1_000, "x" * 1_250)
    assert agree("x" * 1_250, "x" * 1_000)
    assert not agree("x" * 1_000, "x" * 1_251)
    assert not agree("x" * 1_000, "")


def test_pages_are_asked_for_until_three_have_agreed() -> None:
    names = [f"guid-{n}" for n in range(500)]

    assert all(is_page_needed(WHOLE, 2, name) for name in names)
    assert all(is_page_needed("A summary.", 3, name) for name in names)
    assert 1 <= sum(is_page_needed(WHOLE, 3, name) for name in names) <= 25
