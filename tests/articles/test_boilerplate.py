import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.articles.boilerplate import is_boilerplate, separate

FURNITURE = """
Post Comment
Leave a reply
12 Comments
Comments (3)
Original Source: www.bbc.com
Source: Reuters
SOURCE - Ministry of Health
Originally published at Courier.example
First appeared in The Courier
via Reuters
Read more: What we know about the truce
Read also
See also: Markets fall
Read this next
Watch this: the bridge from above
Related
Related stories
Related: Markets fall as traders wait
More on this story
More stories
Continue reading...
Click here
Click here to read the paper
Click to enlarge
Share this article
Share on Facebook
Share
Tweet this
Follow us on X and Mastodon
Follow us: @courier
Like us on Facebook
Sign up for our newsletter
Subscribe now and save
Get the latest news in your inbox
Newsletter
Our newsletters
ADVERTISEMENT
Sponsored content
All rights reserved.
Copyright 2026 The Courier. All rights reserved.
Copyright The Courier 2026 - ISSN 1234-5678
Copyright: The Courier
© 2026 The Courier
(c) The Courier
Photo: Ana Haddad / Levant Wire
Image credit: NASA
Picture by Bea Lind
Loading...
Please wait
Accept all cookies
"""

# What begins like furniture and is none.
SENTENCES = """
Comments by the minister angered the opposition.
Sources close to the talks said that a truce was near.
Source code of the program was leaked on Sunday.
Via Aurelia was closed to traffic after the storm, the mayor said.
Read the statement again, the minister told reporters.
See this as a warning, the general said.
Related protests took place in Idlib and Homs.
Images of the strike spread quickly.
Photos show smoke above the old citadel.
Picture a city without water, said the mayor.
Share prices fell by a tenth.
Like us, they are tired of the war, a resident said.
Find us a road out, the families asked.
Copyright law will change next year.
Get the wounded out first, the doctors asked.
Loading of grain began at dawn.
Advertisements for the new film were taken down.
Newsletters were the first victims of the new rules.
More stories of loss came from the villages.
He wrote: post comment
"""


def lines(text: str) -> list[str]:
    return text.strip().split("\n")


@pytest.mark.parametrize("line", lines(FURNITURE))
def test_page_furniture_is_told_from_the_text(line: str) -> None:
    found = [is_boilerplate(form) for form in (line, line.upper(), f"  {line} ")]

    assert found == [True, True, True]


@pytest.mark.parametrize("line", lines(SENTENCES))
def test_a_sentence_that_begins_like_furniture_is_text(line: str) -> None:
    found = is_boilerplate(line)

    assert not found


def test_a_long_line_is_never_furniture() -> None:
    found = [is_boilerplate("©" + "x" * n) for n in (160, 161, 300, 100_000)]

    assert found == [True, False, False, False]


@pytest.mark.parametrize(
    "line",
    ["copyright " + "a " * 140, "source" + " " * 290, "related" + "-" * 290, "a" * 300],
)
def test_no_line_holds_the_patterns_up(line: str) -> None:
    began = time.process_time()
    is_boilerplate(line)

    assert time.process_time() - began < 0.1


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
