"""Texts and rules made to hang: every one of them ends."""

import pytest

from monitor.rules.index import Index, Rule
from monitor.rules.syntax import parse
from tests.rules.trying import article

TEXT = "aaaa!" * 40_000
TEXTS = [TEXT, f"{TEXT} b"]

RULES = {
    "word": "aaaa",
    "unknown word": "aaab",
    "exact": "=aaaa",
    "phrase": '"aaaa aaaa aaaa b"',
    "long phrase": '"' + "aaaa " * 30 + 'b"',
    "wildcard": "a*a*a*b",
    "wildcard that fits": "a*a*a*",
    "regex": "/(a+)+$/",
    "other regex": "/(a|aa)*b/",
    "bordered regex": r"/\b(a+)+b\b/",
    "near": "aaaa NEAR/99 b",
    "near itself": "aaaa NEAR/99 aaaa",
    "chain": "aaaa NEAR/9 aaaa NEAR/9 aaaa NEAR/9 aaaa",
    "except": 'aaaa EXCEPT "aaaa aaaa"',
    "atleast": "ATLEAST/99 (aaaa OR a*a*a*)",
    "of": "2 OF (aaaa, b, NOT a*a*a*)",
}


@pytest.mark.parametrize("text", TEXTS, ids=["all the same", "with another end"])
@pytest.mark.parametrize("query", RULES.values(), ids=RULES.keys())
def test_no_rule_hangs_on_an_evil_text(query: str, text: str) -> None:
    index = Index([Rule(name="r", tree=parse(query))], {})

    matches = index.match(article(text, language=""))

    assert all(len(match.hits) <= 50 for match in matches)


@pytest.mark.parametrize("query", ["/(a+)+$/", "/(a|aa)*b/", r"/(\w+\s?)*!b/"])
def test_no_regex_hangs_on_one_long_word(query: str) -> None:
    index = Index([Rule(name="r", tree=parse(query))], {})

    matches = index.match(article("a" * 200_000 + "!", language=""))

    assert matches == []
