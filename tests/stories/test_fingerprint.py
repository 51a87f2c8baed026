import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.models import Article, PageState
from monitor.stories.fingerprint import copy_keys, text_key

TEXT = (
    "Syrian troops have left Aleppo after rebel fighters came into the city from three "
    "sides, officers on both sides said on Sunday evening."
)
WORDS = [f"w{number}" for number in range(20)]


def article(
    *,
    url: str = "https://a.example/1",
    final_url: str = "",
    canonical_url: str = "",
    body: str = TEXT,
    title: str = "Title",
    aside: str = "",
) -> Article:
    return Article(
        title=title,
        summary="Summary",
        body=body,
        aside=aside,
        language="en",
        state=PageState.OK,
        url=url,
        final_url=final_url,
        canonical_url=canonical_url,
    )


def met(one: Article, other: Article) -> set[str]:
    """The kinds of key in which two articles meet."""
    return {kind for kind, _ in set(copy_keys(one)) & set(copy_keys(other))}


@pytest.mark.parametrize(
    "copy",
    [
        TEXT.upper(),
        TEXT.replace(" ", "\n\n"),
        TEXT.replace(",", " –"),
        f"“{TEXT}”",
        TEXT.replace("Aleppo", "Alép\u00adpo"),
    ],
)
def test_a_copy_may_differ_in_case_space_marks_and_accents(copy: str) -> None:
    found = text_key(copy)

    assert found == text_key(TEXT)


@pytest.mark.parametrize(
    "other",
    [
        TEXT.replace("three", "four"),
        TEXT.replace("Sunday", "Monday"),
        TEXT + " More.",
        TEXT.replace("rebel fighters", "fighters rebel"),
        TEXT.replace("left Aleppo", "leftAleppo"),
    ],
)
def test_a_text_with_other_words_is_no_copy(other: str) -> None:
    found = text_key(other)

    assert found not in (None, text_key(TEXT))


@pytest.mark.parametrize(("count", "tells"), [(0, False), (19, False), (20, True)])
def test_a_text_of_few_words_tells_nothing(count: int, *, tells: bool) -> None:
    found = text_key(" ".join(WORDS[:count]))

    assert (found is not None) == tells


@given(st.lists(st.sampled_from(["aleppo", "idlib", "حلب", "阿"]), min_size=20))
def test_a_key_follows_the_words_and_nothing_else(words: list[str]) -> None:
    found = {text_key(glue.join(words)) for glue in (" ", ", ", "\n")}

    assert len(found) == 1
    assert text_key(" ".join([*words, "end"])) not in found


def test_the_keys_are_the_same_in_every_process() -> None:
    program = (
        "from monitor.stories.fingerprint import text_key;"
        f"print(text_key({' '.join(WORDS)!r}))"
    )

    other = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert other.stdout.strip() == text_key(" ".join(WORDS))


# --- how copies find each other ---


def test_the_same_text_meets_under_another_address_and_title() -> None:
    copy = article(url="https://b.example/2", title="Another title", aside="Share")

    found = met(article(), copy)

    assert found == {"text"}


@pytest.mark.parametrize(
    "other",
    [
        {"url": "http://www.a.example/1/?utm_source=rss"},
        {"url": "https://short.example/x", "final_url": "https://a.example/1"},
        {"url": "https://b.example/2", "canonical_url": "https://a.example/1"},
        {"title": "TITLE!"},
    ],
)
def test_a_text_that_was_cut_meets_by_title_and_any_address(
    other: dict[str, str],
) -> None:
    found = met(article(), article(body="The lead alone.", **other))

    assert found == {"url"}


@pytest.mark.parametrize(
    "url",
    ["https://a.example/changelog", "https://a.example/", "https://a.example/live"],
)
def test_different_articles_with_one_address_do_not_meet(url: str) -> None:
    one = article(url=url, canonical_url=url, title="Version 1.2 is out")
    other = article(
        url=url, canonical_url=url, title="Version 1.3", body=TEXT + " Two."
    )

    found = met(one, other)

    assert found == set()


def test_articles_that_share_neither_text_nor_address_do_not_meet() -> None:
    other = article(url="https://a.example/2", body=TEXT + " And more.")

    found = met(article(), other)

    assert found == set()


def test_short_texts_and_missing_addresses_make_nobody_meet() -> None:
    bare = article(url="", body="Short.")

    found = copy_keys(bare)

    assert found == ()


def test_an_address_that_is_given_thrice_is_one_key() -> None:
    same = "https://a.example/1"

    found = copy_keys(article(url=same, final_url=same + "/", canonical_url=same))

    assert [kind for kind, _ in found] == ["url", "text"]


def test_a_hostile_text_has_keys_all_the_same() -> None:
    hostile = article(url="https://a.example/\ud800", body="\ud800 x " * 30)

    found = copy_keys(hostile)

    assert all(len(key) in (16, 32) for _, key in found)
