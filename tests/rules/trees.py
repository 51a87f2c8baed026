"""Small random rules and articles, in which words are often found."""

from collections.abc import Callable

from hypothesis import strategies as st

from monitor.models import Article, PageState
from monitor.rules.tree import (
    And,
    AtLeast,
    Except,
    In,
    ListName,
    Near,
    Node,
    Not,
    Of,
    Or,
    Phrase,
    Regex,
    Site,
    Wildcard,
    Word,
    is_positive,
)

Trees = st.SearchStrategy[Node]


def _list(words: str) -> list[str]:
    return words.split()


_TYPED = _list("""
Aleppo airstrike air-strike strike F-16 US us O'Brien Élan حلب 阿勒 シリア raid war
therapist Sanaa
""")
_PHRASES = [
    "air strike",
    "Aleppo war",
    "the US",
    "civil wars",
    "air raid war",
    "war us",
]
_WILD = ["Alep*", "*strike*", "*epp?", "wa?s", "r*ds", "شغب*", "F16*"]
_PATTERNS = [
    r"\bwar\b",
    r"\b(air|airstrikes?)\b",
    "[Ww]ars?",
    "Aleppo",
    "^Aleppo",
    r"\d+",
    r"U\.?S",
    "حلب",
    "[.-]",
    "ar s",
]
_META = ["source", "feed", "tag", "author", "lang", "url", "origin"]
_SITES = ["bbc.co.uk", "co.uk", "news.bbc.co.uk", "example.com", "ample.com", "BBC.com"]

WORDS: Trees = st.one_of(
    st.builds(Word, st.sampled_from(_TYPED), st.booleans()),
    st.builds(Phrase, st.sampled_from(_PHRASES), st.booleans()),
    st.builds(ListName, st.sampled_from(["aleppo", "strikes", "nothing"])),
    st.builds(Wildcard, st.sampled_from(_WILD)),
)
REGEXES: Trees = st.builds(Regex, st.sampled_from(_PATTERNS), st.booleans())
META_WORDS: Trees = st.one_of(
    st.builds(
        Word, st.sampled_from(["bbc", "BBC", "war", "en", "ar", "Jane", "sport"])
    ),
    st.builds(Phrase, st.sampled_from(["BBC News", "Jane Doe"]), st.booleans()),
    st.builds(Wildcard, st.sampled_from(["spor*", "*news"])),
    st.builds(Regex, st.just("^[Jbw]")),
)


def joined(kind: Callable[..., Node], children: Trees) -> Trees:
    """AND or OR of what is not the same again, as the parser joins it."""
    others = children.filter(lambda child: type(child) is not kind)
    several = st.lists(others, min_size=2, max_size=3)
    return several.map(lambda found: kind(tuple(found)))


def of(children: Trees) -> Trees:
    several = st.lists(children, min_size=1, max_size=3)
    return several.flatmap(
        lambda found: st.builds(Of, st.integers(1, len(found)), st.just(tuple(found)))
    )


def near(sides: Trees) -> Trees:
    return st.builds(Near, sides, sides, st.integers(0, 3), st.booleans())


def about(words: Trees) -> Trees:
    """What metadata must be."""
    site: Trees = st.builds(Site, st.sampled_from(_SITES))
    sites = words | site | joined(Or, words | site)
    return st.one_of(
        st.builds(In, st.sampled_from(_META), words | joined(Or, words)),
        st.builds(In, st.sampled_from(["source", "origin"]), sites),
        st.builds(In, st.just("tag"), near(words)),
    )


def placed(words: Trees, regexes: Trees) -> Trees:
    """What stands somewhere in the text: terms, ORs of them, EXCEPT."""
    leaves = words | regexes
    simple = leaves | joined(Or, leaves)
    return simple | st.builds(Except, simple, leaves | joined(Or, leaves))


def rules(words: Trees, regexes: Trees, metadata: Trees) -> Trees:
    """Rules of every kind of node, as the parser could have read them."""
    standing = placed(words, regexes)
    parts = st.one_of(
        words | regexes,
        standing,
        near(standing),
        st.builds(AtLeast, st.integers(1, 3), standing),
        about(metadata),
    )
    fields = st.sampled_from(["title", "summary", "body", "text"])
    return st.recursive(
        parts,
        lambda children: st.one_of(
            joined(And, children),
            joined(Or, children),
            of(children),
            st.builds(Not, children),
            st.builds(In, fields, children),
        ),
        max_leaves=5,
    ).filter(lambda tree: is_positive(tree) and not crossed(tree))


def crossed(node: Node, field: str = "") -> bool:
    """Whether a field stands inside another one, which the parser refuses."""
    match node:
        case In():
            inside = bool(field) and node.field != field
            return inside or crossed(node.child, node.field)
        case Not():
            return crossed(node.child, field)
        case And() | Or() | Of():
            return any(crossed(child, field) for child in node.children)
        case _:
            return False


TREES = rules(WORDS, REGEXES, META_WORDS)
_PLACED = placed(WORDS, REGEXES)
_NEAR = near(_PLACED)
CHAINS = st.one_of(
    _NEAR,
    near(_PLACED | _NEAR),
    st.builds(Except, _PLACED | _NEAR, _PLACED | _NEAR),
)
COUNTED: Trees = st.builds(AtLeast, st.integers(1, 3), near(placed(WORDS, WORDS)))

# --- articles ---

_WORDS = _list("""
Aleppo Aleppo's ALEPPO air strike strikes airstrikes F 16 F16 US us U.S. O’Brien elan
Élan حلب 阿 勒 颇 シリア シリアル raids war wars civil the rapist Sana'a
""")
_GAPS = [" ", " ", " ", "-", ". ", "\n", ""]
_TEXTS = st.lists(
    st.tuples(st.sampled_from(_WORDS), st.sampled_from(_GAPS)), max_size=7
).map(lambda pairs: "".join(word + gap for word, gap in pairs))
_URLS = ["https://example.com/a", "https://news.bbc.co.uk/sport/1", "https://x.bbc.com"]

ARTICLES = st.builds(
    Article,
    title=_TEXTS,
    summary=_TEXTS,
    body=_TEXTS,
    aside=_TEXTS,
    language=st.sampled_from(["en", "en", "en-GB", "ar", ""]),
    state=st.just(PageState.OK),
    url=st.sampled_from(_URLS),
    final_url=st.sampled_from(["", *_URLS]),
    canonical_url=st.sampled_from(["", *_URLS]),
    origin=st.sampled_from(["", "www.bbc.com", "BBC News"]),
    feed=st.sampled_from(["", "bbc-world", "war"]),
    source=st.sampled_from(["", "BBC News", "Jane's war news", "bbc"]),
    author=st.sampled_from(["", "Jane Doe", "O'Brien"]),
    tags=st.sampled_from([(), ("war",), ("BBC", "sport news"), ("civil war", "US")]),
)
