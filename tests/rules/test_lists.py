from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import RuleError
from monitor.rules.syntax import Lists, item, parse, parse_lists
from monitor.rules.tree import ListName, Node, Phrase, Wildcard, Word

LISTS = ["aleppo"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Aleppo", Word("Aleppo")),
        (" Aleppo ", Word("Aleppo")),
        ("=US", Word("US", exact=True)),
        ("air strike", Phrase("air strike")),
        ("=Air Strike", Phrase("Air Strike", exact=True)),
        ("@aleppo", ListName("aleppo")),
        ("F-16", Word("F-16")),
        ("AND", Phrase("AND")),
        ("or", Phrase("or")),
        ("(left", Phrase("(left")),
        ("-minus", Phrase("-minus")),
        ("title:x", Phrase("title:x")),
        ('say "no"', Phrase('say "no"')),
        ("Alep*", Wildcard("Alep*")),
        ("wom?n", Wildcard("wom?n")),
        ("NEAR/3", Phrase("NEAR/3")),
        ("/war/", Phrase("/war/")),
    ],
)
def test_an_item_of_a_list_is_a_word_or_a_phrase(text: str, expected: Node) -> None:
    node = item(text, LISTS)

    assert node == expected
    assert parse(str(node), LISTS) == node


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "E06"),
        ("=", "E06"),
        ("--", "E06"),
        ("@homs", "E10"),
        ("A*", "E11"),
        ("=wom?n", "E11"),
        ("Alep* war", "E11"),
    ],
)
def test_an_item_that_finds_nothing_is_a_mistake(text: str, code: str) -> None:
    with pytest.raises(RuleError) as raised:
        item(text, LISTS)

    assert raised.value.code == code
    assert raised.value.hint.startswith("Try: ")


@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        ({"all": ["Aleppo"]}, "Aleppo"),
        ({"any": ["Aleppo"]}, "Aleppo"),
        ({"all": ["@aleppo", "airstrike"]}, "@aleppo AND airstrike"),
        ({"any": ["Russia", "Syrian army"]}, 'Russia OR "Syrian army"'),
        ({"any": ["a", "b", "c"], "at_least": 2}, "2 OF (a, b, c)"),
        ({"any": ["a", "b"], "at_least": 1}, "a OR b"),
        (
            {"all": ["Aleppo"], "any": ["Russia", "=US"], "none": ["football", "AND"]},
            'Aleppo AND (Russia OR =US) AND NOT football AND NOT "AND"',
        ),
        ({"all": ["Aleppo", "jet"], "near": 5}, "Aleppo NEAR/5 jet"),
        ({"all": ["a", "b", "c"], "near": 0}, "a NEAR/0 b NEAR/0 c"),
        ({"all": ["Aleppo"], "near": 5}, "Aleppo"),
        ({"any": ["a", "b"], "near": 5}, "a OR b"),
        ({"all": ["a", "b"], "inside": ["title"]}, "title:a AND title:b"),
        (
            {"any": ["a", "b"], "inside": ["title", "summary"]},
            "title:a OR summary:a OR title:b OR summary:b",
        ),
        (
            {"all": ["a", "b"], "near": 3, "inside": ["body"], "none": ["c"]},
            "body:(a NEAR/3 b) AND NOT c",
        ),
        (
            {"any": ["a", "b"], "at_least": 2, "inside": ["title"]},
            "2 OF (title:a, title:b)",
        ),
        (
            {"all": ["a"], "about": {"lang": ["en", "ar"], "tag": ["war"], "url": []}},
            "a AND (lang:en OR lang:ar) AND tag:war",
        ),
        (
            {"about": {"source": ["bbc.com", "BBC News", "BBC"]}},
            'source:bbc.com OR source:"BBC News" OR source:BBC',
        ),
        ({"about": {"url": ["bbc.com"]}, "none": ["a"]}, "url:bbc.com AND NOT a"),
    ],
)
def test_lists_compile_to_the_query_that_means_the_same(
    lists: dict[str, Any], expected: str
) -> None:
    tree = parse_lists(Lists(**lists), LISTS)

    assert str(tree) == expected
    assert parse(expected, LISTS) == tree


@pytest.mark.parametrize(
    ("lists", "code"),
    [
        ({}, "E06"),
        ({"none": ["football"]}, "E06"),
        ({"all": [], "any": []}, "E06"),
        ({"about": {"lang": []}}, "E06"),
        ({"any": ["a", "b"], "at_least": 3}, "E08"),
        ({"all": ["@homs"]}, "E10"),
        ({"all": ["a"], "none": [" "]}, "E06"),
        ({"all": ["a"], "about": {"tag": ["="]}}, "E06"),
    ],
)
def test_lists_that_cannot_be_met_are_a_mistake(
    lists: dict[str, Any], code: str
) -> None:
    with pytest.raises(RuleError) as raised:
        parse_lists(Lists(**lists), LISTS)

    assert raised.value.code == code
    assert raised.value.hint.startswith("Try: ")


ITEMS = st.lists(
    st.text(max_size=8) | st.text(' ab"\\()-+:=@*?./ANDor', max_size=8), max_size=3
)


@settings(deadline=None)
@given(
    ITEMS,
    ITEMS,
    ITEMS,
    st.none() | st.integers(0, 99),
    st.lists(st.sampled_from(["title", "summary", "body"]), max_size=2, unique=True),
    st.dictionaries(
        st.sampled_from(["source", "lang", "tag", "feed", "author", "url"]), ITEMS
    ),
)
def test_any_lists_are_refused_or_print_a_query_that_means_the_same(
    needed: Sequence[str],
    some: Sequence[str],
    unwanted: Sequence[str],
    near: int | None,
    inside: Sequence[str],
    about: dict[str, Sequence[str]],
) -> None:
    lists = Lists(
        all=needed, any=some, none=unwanted, near=near, inside=inside, about=about
    )
    try:
        tree = parse_lists(lists, LISTS)
    except RuleError:
        return

    assert parse(str(tree), LISTS) == tree


@pytest.mark.parametrize("count", [40, 41, 1_000])
def test_many_items_that_must_be_near_are_refused_or_can_be_printed(
    count: int,
) -> None:
    try:
        tree = parse_lists(Lists(all=["a"] * count, near=3))
    except RuleError:
        return

    assert parse(str(tree)) == tree
