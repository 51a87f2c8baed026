from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.errors import RuleError
from monitor.rules.syntax import caret, parse
from monitor.rules.tree import (
    And,
    Except,
    In,
    ListName,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Regex,
    Wildcard,
    Word,
    has_place,
    is_positive,
)
from tests.rules.trees import CHAINS, META_WORDS, crossed, placed, rules

LISTS = ["aleppo"]

PIECES = r"""
AND OR NOT - ( ) " “ ” « = @aleppo @ title: body: text: source: tag: x: NEAR NEAR/3 NEAR/x
ONEAR/2 ATLEAST/2 ATLEAST/0 2 OF 3 , * ? / /i + and && \ EXCEPT Alep* 阿勒* /a+/ /(/ \b
bbc.com . Aleppo 阿勒颇 ' ! é ́
"""
PIECES_AND_SPACES = [*PIECES.split(), " ", " ", " ", "\n"]
QUERIES = st.lists(st.sampled_from(PIECES_AND_SPACES) | st.text(max_size=3)).map(
    "".join
)


def read(query: str) -> Node | RuleError:
    try:
        return parse(query, LISTS)
    except RuleError as error:
        return error


def is_sound(query: str) -> bool:
    """Whether a text is a rule that prints well, or a mistake with a place."""
    found = read(query)
    if isinstance(found, RuleError):
        placed = 0 <= found.start < found.end and found.start <= len(query)
        inside = found.end <= max(len(query), 1)
        helpful = found.hint.startswith("Try: ")
        return placed and inside and helpful and caret(query, found).endswith("^")
    return is_positive(found) and parse(str(found), LISTS) == found


@settings(max_examples=300, deadline=None)
@given(QUERIES)
@example('a "b\\')
@example("=AND")
@example("\\")
@example("/\\")
@example("2 OF (")
def test_any_text_is_a_rule_or_a_mistake_with_a_place(query: str) -> None:
    sound = is_sound(query)

    assert sound


@pytest.mark.parametrize("seed", range(10))
def test_ten_thousand_texts_are_rules_or_mistakes(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - no secret
    lengths = [random.randint(1, 16) for _ in range(1_000)]
    queries = ["".join(random.choices(PIECES_AND_SPACES, k=n)) for n in lengths]

    unsound = [query for query in queries if not is_sound(query)]

    assert unsound == []


@pytest.mark.parametrize("seed", range(4))
def test_a_row_of_sensible_pieces_is_often_a_rule(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - no secret
    terms = ["a", '"b c"', "@aleppo", "Alep*", "/x/i", "title:d", "2 OF (a, b)", "=E"]
    joins = [" ", " AND ", " OR ", " NOT ", " NEAR/2 ", " ONEAR ", " EXCEPT "]
    queries = [
        "".join(f"{random.choice(terms)}{random.choice(joins)}" for _ in range(n)) + "z"
        for n in (1, 2, 3, 4) * 100
    ]

    found = [read(query) for query in queries]

    good = [tree for tree in found if not isinstance(tree, RuleError)]
    assert len(good) > 100
    assert all(parse(str(tree), LISTS) == tree for tree in good)


WORDS: st.SearchStrategy[Node] = st.one_of(
    st.builds(
        Word,
        st.sampled_from(["Aleppo", "F-16", "阿勒颇", "O'Brien", "And", "2", "a/b"]),
        st.booleans(),
    ),
    st.builds(
        Phrase,
        st.text("ab \"\\'()/\n", min_size=1).map(lambda t: f"{t}x"),
        st.booleans(),
    ),
    st.builds(Wildcard, st.sampled_from(["Alep*", "*strike", "wom?n", "Сир?я"])),
    st.just(ListName("aleppo")),
)
PATTERNS = st.lists(st.sampled_from(["a", "/", r"\\", " ", '"', ")", r"\)", "[/]"]))
REGEXES: st.SearchStrategy[Node] = st.builds(
    Regex,
    PATTERNS.map(lambda pieces: "x" + "".join(pieces).replace(")", "(b)")),
    st.booleans(),
).filter(lambda regex: "\\(b)" not in str(regex))
TREES = rules(WORDS, REGEXES, META_WORDS)


@settings(max_examples=600, deadline=None)
@given(TREES)
@example(And((Word("Aleppo"), In("title", Not(Word("Idlib"))))))
@example(And((Word("2"), Near(Word("2"), Word("3"), 0))))
@example(Except(Or((Word("a"), Word("b"))), Near(Word("c"), Word("d"), 1)))
@example(Near(Word("a"), Near(Word("b"), Word("c"), 1, ordered=True), 2))
def test_a_printed_rule_is_read_as_the_same_rule(tree: Node) -> None:
    text = str(tree)

    assert parse(text, LISTS) == tree


@settings(deadline=None)
@given(CHAINS.filter(has_place), placed(WORDS, REGEXES))
def test_a_printed_chain_is_read_as_the_same_chain(chain: Node, other: Node) -> None:
    texts = [chain, Except(chain, other), Except(other, chain), Near(other, chain)]

    again = [parse(str(tree), ["aleppo", "strikes", "nothing"]) for tree in texts]

    assert again == texts


@settings(deadline=None)
@given(TREES)
def test_a_rule_is_positive_unless_an_or_branch_only_forbids(tree: Node) -> None:
    positive = (
        is_positive(Not(tree)),
        is_positive(And((tree, Not(tree)))),
        is_positive(Or((tree, Not(tree)))),
    )

    assert positive == (False, True, False)


@settings(deadline=None)
@given(TREES, st.sampled_from(["title", "source"]))
def test_a_field_inside_another_field_is_refused(tree: Node, field: str) -> None:
    text = str(In(field, In("body", tree)))

    with pytest.raises(RuleError) as caught:
        parse(text, LISTS)

    assert caught.value.code == "E05"
    assert crossed(In(field, In("body", tree)))
