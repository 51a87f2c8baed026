"""What a rule means, slow and obvious: the index must come to the same verdict.

Also small random rules and articles to try both on.
"""

from collections.abc import Mapping, Sequence

from hypothesis import strategies as st

from monitor.models import Article, PageState
from monitor.rules.syntax import item
from monitor.rules.tree import (
    And,
    Everything,
    In,
    Leaf,
    ListName,
    Node,
    Not,
    Or,
    Phrase,
    Word,
    is_positive,
)
from monitor.text.forms import rule_keys, text_keys
from monitor.text.words import (
    Token,
    fold,
    may_join,
    spelled,
    tokens,
)

Lists = Mapping[str, Sequence[str]]


def verdict(tree: Node, article: Article, lists: Lists) -> str:
    """Whether an article meets a rule: "full", "weak" or "none"."""
    if _meets(tree, article, ["title", "summary", "body"], lists):
        return "full"
    if _meets(tree, article, ["title", "summary", "body", "aside"], lists):
        return "weak"
    return "none"


def _meets(node: Node, article: Article, fields: list[str], lists: Lists) -> bool:
    match node:
        case Everything():
            met = True
        case And():
            met = all(_meets(c, article, fields, lists) for c in node.children)
        case Or():
            met = any(_meets(c, article, fields, lists) for c in node.children)
        case Not():
            met = not _meets(node.child, article, fields, lists)
        case In():
            inside = [field for field in fields if field == node.field]
            met = _meets(node.child, article, inside, lists)
        case ListName():
            items = [item(text) for text in lists[node.name]]
            met = any(_meets(i, article, fields, lists) for i in items)
        case _:
            texts = [str(getattr(article, field)) for field in fields]
            met = any(_holds(text, node, article.language) for text in texts)
    return met


def _holds(text: str, leaf: Leaf, language: str) -> bool:
    """Whether the words of a term stand in a text, in a row."""
    words = tokens(text)
    terms = tokens(leaf.text)
    rows = [[term.surface for term in terms]]
    if len(terms) == 2 and may_join(terms[0].surface, terms[1].surface, terms[1].gap):
        rows.append([terms[0].surface + terms[1].surface])
    return any(
        _stands(row, words[at:], leaf.exact, language)
        for row in rows
        for at in range(len(words))
    )


def _stands(row: list[str], words: list[Token], exact: bool, language: str) -> bool:
    """Whether a text begins with a row; two neighbours may count as one word."""
    if not row:
        return True
    alone = bool(words) and _same(row[0], words[0].surface, exact, language)
    if alone and _stands(row[1:], words[1:], exact, language):
        return True
    if len(words) < 2:
        return False
    first, second = words[0], words[1]
    joins = may_join(first.surface, second.surface, second.gap)
    joined = first.surface + second.surface
    one = joins and _same(row[0], joined, exact, language)
    return one and _stands(row[1:], words[2:], exact, language)


def _same(typed: str, surface: str, exact: bool, language: str) -> bool:
    if not exact:
        return not set(rule_keys(typed, language)).isdisjoint(
            text_keys(surface, language)
        )
    pairs = list(zip(spelled(typed), spelled(surface), strict=False))
    return len(spelled(typed)) == len(spelled(surface)) and all(
        there == asked
        or (asked in "abcdefghijklmnopqrstuvwxyz" and fold(there) == asked)
        for asked, there in pairs
    )


# --- rules and articles to try ---

LISTS = {
    "aleppo": ["Aleppo", "Halab", "حلب", "阿勒颇"],
    "strikes": ["airstrike", "=US", "air raid"],
    "nothing": [],
}

_TYPED = ["Aleppo", "airstrike", "air-strike", "strike", "F-16", "US", "us", "O'Brien"]
_TYPED += ["Élan", "حلب", "阿勒", "シリア", "raid", "war", "therapist", "Sanaa"]
_PHRASES = [
    "air strike",
    "Aleppo war",
    "the US",
    "civil wars",
    "air raid war",
    "war us",
]
_WORDS = ["Aleppo", "Aleppo's", "ALEPPO", "air", "strike", "strikes", "airstrikes", "F"]
_WORDS += [
    "16",
    "F16",
    "US",
    "us",
    "U.S.",
    "O’Brien",
    "elan",
    "Élan",
    "حلب",
    "阿",
    "勒",
]
_WORDS += [
    "颇",
    "シリア",
    "シリアル",
    "raids",
    "war",
    "civil",
    "the",
    "rapist",
    "Sana'a",
]
_GAPS = [" ", " ", " ", "-", ". ", "\n", ""]

LEAVES: st.SearchStrategy[Node] = st.one_of(
    st.builds(Word, st.sampled_from(_TYPED), st.booleans()),
    st.builds(Phrase, st.sampled_from(_PHRASES), st.booleans()),
    st.builds(ListName, st.sampled_from(sorted(LISTS))),
)


def _joined(
    kind: type[And] | type[Or], children: st.SearchStrategy[Node]
) -> st.SearchStrategy[Node]:
    return st.lists(children, min_size=2, max_size=3).map(lambda c: kind(tuple(c)))


TREES: st.SearchStrategy[Node] = st.recursive(
    LEAVES,
    lambda children: st.one_of(
        _joined(And, children),
        _joined(Or, children),
        st.builds(Not, children),
        st.builds(In, st.sampled_from(["title", "summary", "body"]), children),
    ),
    max_leaves=6,
).filter(is_positive)

_TEXTS = st.lists(
    st.tuples(st.sampled_from(_WORDS), st.sampled_from(_GAPS)), max_size=6
).map(lambda pairs: "".join(word + gap for word, gap in pairs))

ARTICLES = st.builds(
    Article,
    title=_TEXTS,
    summary=_TEXTS,
    body=_TEXTS,
    aside=_TEXTS,
    language=st.sampled_from(["en", "en", "en-GB", "ar", ""]),
    state=st.just(PageState.OK),
    url=st.just("https://example.com/a"),
)
