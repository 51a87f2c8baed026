"""The page about rules is true: its examples come out as it says, its errors too."""

import re
from pathlib import Path

import pytest

from monitor.errors import RuleError
from monitor.models import Article, PageState
from monitor.rules.index import Index, Rule
from monitor.rules.syntax import parse

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text("utf-8")
EXAMPLES = re.findall(r"```rule\n(.+)\n((?:[+-] .+\n)+)```", PAGE)
ERRORS = [
    (code, query)
    for code, examples in re.findall(r"^\| (E\d\d) \|[^|]*\| (.+) \|$", PAGE, re.M)
    for query in re.findall(r"`([^`]+)`", examples)
]


def meets(query: str, text: str) -> bool:
    article = Article(
        title=text,
        summary="",
        body="",
        aside="",
        language="de" if text.startswith("Der ") else "en",
        state=PageState.OK,
        url="",
    )
    return bool(Index([Rule(name="r", tree=parse(query))], {}).match(article))


@pytest.mark.parametrize(("query", "texts"), EXAMPLES, ids=lambda value: value[:30])
def test_an_example_comes_out_as_the_page_says(query: str, texts: str) -> None:
    for line in texts.splitlines():
        assert meets(query, line[2:]) == (line[0] == "+"), line


@pytest.mark.parametrize(("code", "query"), ERRORS)
def test_a_mistake_on_the_page_has_the_code_that_it_says(code: str, query: str) -> None:
    with pytest.raises(RuleError) as raised:
        parse(query, ["aleppo"])

    assert raised.value.code == code


def test_the_page_has_ten_examples_and_every_error() -> None:
    assert len(EXAMPLES) == 10
    assert {code for code, _ in ERRORS} == {f"E{n:02}" for n in range(2, 14)}
