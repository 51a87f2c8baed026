"""What the archive is asked for: sometimes too much, never too little."""

from collections.abc import Collection

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.models import AllOf, AnyOf, Article, Wanted, WordKey
from monitor.rules.index import Index, Rule
from monitor.rules.narrow import MOST_KEYS, narrow, word_keys
from monitor.rules.syntax import parse
from monitor.rules.tree import Node
from tests.rules.trees import ARTICLES, CHAINS, TREES
from tests.rules.trying import LISTS, article


def has(keys: Collection[str], wanted: Wanted) -> bool:
    """Whether an article with these keys is given by the archive."""
    match wanted:
        case WordKey(text, begins=True):
            return any(key.startswith(text) for key in keys)
        case WordKey(text):
            return text in keys
        case AllOf(parts):
            return all(has(keys, part) for part in parts)
        case AnyOf(parts):
            return any(has(keys, part) for part in parts)


def asked_for(*queries: str, languages: Collection[str] = ("en",)) -> Wanted | None:
    index = Index([Rule(name=q, tree=parse(q, LISTS)) for q in queries], LISTS)
    return narrow(index, queries, languages)


@settings(max_examples=500, deadline=None)
@given(st.lists(TREES | CHAINS, min_size=1, max_size=2), ARTICLES)
def test_an_article_that_meets_a_rule_is_always_asked_for(
    trees: list[Node], read: Article
) -> None:
    rules = [Rule(name=str(number), tree=tree) for number, tree in enumerate(trees)]
    index = Index(rules, LISTS)

    wanted = narrow(index, index.rules, [read.language, "fr"])

    if index.match(read):
        assert wanted is None or has(word_keys(read), wanted)


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("airstrike", "Air-striking distance"),
        ("airstrike", "Two air strikes on Aleppo"),
        ("F16", "An F-16 over Aleppo"),
        ("strik*", "Miners struck, then striking dockers"),
        ("source:bbc OR Aleppo", "Aleppo"),
        ("covid19", "COVID-19'un yayılması"),
        ("wifi", "Wi-Fi'nin hızı"),
    ],
)
def test_another_form_of_a_word_is_asked_for(query: str, title: str) -> None:
    wanted = asked_for(query)

    assert wanted
    assert has(word_keys(article(title)), wanted)


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("Aleppo airstrike", "Aleppo soap exports rise"),
        ("Aleppo OR Idlib", "A port strike"),
        ("2 OF (Aleppo, Idlib, Homs)", "A port strike"),
        ("Aleppo NEAR/3 (strike OR raid)", "A port strike"),
        ("strik*", "Aleppo soap exports rise"),
    ],
)
def test_an_article_without_the_words_is_not_asked_for(query: str, title: str) -> None:
    wanted = asked_for(query)

    assert wanted
    assert not has(word_keys(article(title)), wanted)


@pytest.mark.parametrize("query", ["/Alep+o/", "*", "*strike", "feed:bbc"])
def test_where_words_do_not_tell_everything_is_asked_for(query: str) -> None:
    assert asked_for(query) is None


def test_one_rule_that_words_do_not_tell_of_asks_for_everything() -> None:
    assert asked_for("Aleppo", "/Alep+o/") is None


def test_more_words_than_the_archive_likes_ask_for_everything() -> None:
    many = " OR ".join(f"word{number}" for number in range(MOST_KEYS))
    index = Index([Rule(name="r", tree=parse(many[:19_000].rpartition(" OR ")[0]))], {})

    assert narrow(index, ["r"], ["en"]) is None


def test_the_forms_of_every_language_are_asked_for() -> None:
    wanted = asked_for("élection", languages=["en", "fr"])

    assert wanted
    assert has({"~elect"}, wanted)
