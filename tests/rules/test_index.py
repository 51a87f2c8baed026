from dataclasses import replace
from typing import Any

import pytest

from monitor.errors import RuleError
from monitor.models import Via
from monitor.rules.index import Index, Rule
from monitor.rules.syntax import parse
from monitor.rules.tree import Node, Word, parts, with_parts
from monitor.rules.vocabulary import Reading
from tests.rules.trying import LISTS, article, found, hits, index

SEED_TITLE = "Syrian troops withdraw from Aleppo as rebels advance"
SEED_SUMMARY = (
    "Government soldiers have left the city. Russian airstrikes resumed over Aleppo "
    "for the first time since 2016."
)
SEED_BODY = (
    "Columns of lorries were seen on the road to Hama. Residents counted four Russian "
    "airstrikes before noon.\nThe civil war began in 2011; Aleppo’s airport is closed."
)

SEED = article(SEED_BODY, title=SEED_TITLE, summary=SEED_SUMMARY)


# --- verdicts ---


@pytest.mark.parametrize(
    "query",
    [
        "*",
        "Aleppo AND airstrike",
        'Aleppo AND "air strike"',
        "Aleppo air-strike",
        "@aleppo @strikes",
        "aleppo AIRSTRIKES",
        "title:Aleppo summary:Russian body:airport",
        "title:(Aleppo AND troop AND withdrew)",
        '"civil wars"',
        '"troops withdraw from Aleppo"',
        "Aleppo AND (earthquake OR airstrike)",
        "Aleppo NOT earthquake",
        "airstrike NOT title:airstrike",
        "Aleppo NOT (airstrike AND earthquake)",
        "=Aleppo",
    ],
)
def test_the_seed_article_is_found(query: str) -> None:
    match = found(query, SEED)

    assert match is not None
    assert not match.weak


@pytest.mark.parametrize(
    "query",
    [
        "Aleppo AND earthquake",
        "Aleppo AND airstrike NOT Russian",
        "title:Aleppo title:airstrike",
        "strike",
        "Syria",
        '"from rebels"',
        '"Aleppo Government"',
        '"advance government"',
        "title:(Aleppo AND airstrike)",
        "Aleppo -@strikes",
        "@nothing",
        "=aleppo AND =airstrike",
    ],
)
def test_the_seed_article_is_left_alone(query: str) -> None:
    match = found(query, SEED)

    assert match is None


@pytest.mark.parametrize(
    "text",
    [
        "airstrikes",
        "Airstrike",
        "air strikes",
        "AIR STRIKE",
        "air-strikes",
        "air\u2011strike",
    ],
)
@pytest.mark.parametrize(
    "term", ["airstrike", "airstrikes", "air-strike", '"air strike"']
)
def test_open_closed_and_hyphenated_compounds_are_one_term(
    text: str, term: str
) -> None:
    texts = f"Two {text} hit Aleppo.", f"Aleppo: {text}"

    matches = [found(f"Aleppo AND {term}", article(read)) for read in texts]

    assert None not in matches


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("therapist", "He is the rapist."),
        ("airstrike", "In the air. Strike called."),
        ("airstrike", "air and strike"),
        ("F-16", "F and 16"),
        ("airstrike", "air"),
        ('"the rapist"', "A therapist."),
    ],
)
def test_words_that_only_look_joined_are_not(query: str, text: str) -> None:
    match = found(query, article(text))

    assert match is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("قصف على حلب اليوم", "ar"),
        ("俄罗斯空袭阿勒颇", "zh"),
        ("Halab is burning", "en"),
    ],
)
def test_a_list_finds_every_name_of_a_place(text: str, language: str) -> None:
    found_hits = hits("@aleppo", article(text, language=language))

    assert [(hit.term, hit.via) for hit in found_hits] == [("@aleppo", Via.ALIAS)]


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ("=US", "The US said", True),
        ("=US", "The U.S. said", True),
        ("=US", "they told us", False),
        ("=Us", "US", True),
        ("US", "they told us", True),
        ("US", "we said", False),
        ("=Meta", "META PLATFORMS", True),
        ("=Meta", "meta", False),
        ("=organ", "organ", True),
        ("=organ", "Organs", False),
        ("=muller", "Müller", True),
        ("=Müller", "Muller", False),
        ("=Müller", "Mu\u0308ller", True),
        ("=O’Brien", "O'Brien", True),
        ("=O'Brien", "O’Brien", True),
        ("=Aleppo", "Aleppo's", False),
        ('="White House"', "the White House", True),
        ('="White House"', "the white house", False),
        ('="air strike"', "airstrike", True),
        ('="air strike"', "air strikes", False),
    ],
)
def test_an_exact_term_is_found_as_typed(query: str, text: str, expected: bool) -> None:
    match = found(query, article(text))

    assert (match is not None) is expected


def test_a_rule_may_watch_some_feeds_only() -> None:
    watching = index("Aleppo", "*", feeds=frozenset(["bbc"]))

    matches = [watching.match(article("Aleppo", feed=feed)) for feed in ("bbc", "tass")]

    assert [[match.rule for match in each] for each in matches] == [["Aleppo", "*"], []]


def test_matches_come_in_the_order_of_the_configuration() -> None:
    queries = ["airstrike", "earthquake", "*", "Aleppo NOT Idlib", "Aleppo"]

    matches = index(*queries).match(SEED)

    assert [match.rule for match in matches] == [
        q for q in queries if q != "earthquake"
    ]


def test_an_article_without_a_language_is_only_folded() -> None:
    plural = article("airstrikes over ALEPPO", language="")

    verdicts = [found(query, plural) is not None for query in ("airstrike", "aleppo")]

    assert verdicts == [False, True]


# --- beside the main text ---


@pytest.mark.parametrize(
    ("query", "weak"),
    [
        ("Aleppo", False),
        ("airstrike", True),
        ("Aleppo AND airstrike", True),
        ("Aleppo OR airstrike", False),
        ("Aleppo NOT airstrike", False),
        ("title:Aleppo airstrike", True),
    ],
)
def test_a_match_that_needs_lines_beside_the_text_is_weak(
    query: str, weak: bool
) -> None:
    read = article(title="Aleppo", aside="More on airstrikes")

    match = found(query, read)

    assert match is not None
    assert match.weak is weak


def test_lines_beside_the_text_belong_to_no_field() -> None:
    read = article(aside="Aleppo")

    matches = index("title:Aleppo", "body:Aleppo", "Aleppo NOT Aleppo").match(read)

    assert matches == []


# --- what a match remembers of its rule ---


def test_a_rule_has_another_hash_when_it_or_a_list_it_uses_changes() -> None:
    tree = parse("@aleppo NOT (title:war OR @strikes)", LISTS)

    def hash_of(tree: Node, **changed: list[str]) -> str:
        return Index([Rule(name="r", tree=tree)], {**LISTS, **changed}).hash_of("r")

    hashes = [
        hash_of(tree),
        hash_of(tree, nothing=["something"]),
        hash_of(tree, aleppo=["Aleppo"]),
        hash_of(tree, strikes=["airstrike"]),
        hash_of(parse("@aleppo", LISTS)),
    ]
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 4
    assert found("Aleppo", SEED) == found("Aleppo", SEED)


def test_a_list_whose_item_cannot_be_read_is_refused() -> None:
    with pytest.raises(RuleError) as raised:
        Index([], {"places": ["Aleppo", "@homs"]})

    assert raised.value.code == "E10"


# --- size ---


class CountingIndex(Index):
    """Counts how many trees it had to look at."""

    looked = 0

    def evaluate(
        self, node: Node, reading: Reading, fields: tuple[str, ...]
    ) -> list[Any] | None:
        self.looked += 1
        return super().evaluate(node, reading, fields)


@pytest.mark.parametrize(
    "query",
    [
        "word{n}",
        "word{n} AND Aleppo",
        "word{n} OR name{n}",
        "title:word{n} NOT Aleppo",
        '"word{n} Aleppo"',
    ],
)
def test_only_rules_whose_words_are_there_cost_anything(query: str) -> None:
    trees = [parse(query.format(n=n)) for n in range(100)]
    many = CountingIndex([Rule(name=str(t), tree=t) for t in trees], {})

    matches = many.match(article("Aleppo: word7, name8 and nothing else"))

    assert many.looked < 20
    assert len(matches) <= 2


def test_rules_with_the_same_tree_are_looked_at_once() -> None:
    rules = [Rule(name=f"user{n}", tree=parse("Aleppo AND war")) for n in range(50)]
    many = CountingIndex(
        [*rules, Rule(name="other", tree=parse("title:Aleppo AND soap"))], {}
    )

    matches = many.match(article("The war reaches Aleppo"))

    assert [m.rule for m in matches] == [rule.name for rule in rules]
    assert many.looked < 5


def test_of_rules_with_the_same_tree_each_keeps_its_feeds_and_score() -> None:
    tree = parse("Aleppo")
    rules = [
        Rule(name="all", tree=tree),
        Rule(name="elsewhere", tree=tree, feeds=frozenset({"other"})),
        Rule(name="high", tree=tree, min_score=99),
        Rule(name="here", tree=tree, feeds=frozenset({"bbc"}), min_score=0.5),
    ]

    matches = Index(rules, {}).match(replace(article("Aleppo"), feed="bbc"))

    assert [m.rule for m in matches] == ["all", "here"]


@pytest.mark.parametrize(
    ("shares", "expected"),
    [({"war": 0.9, "aleppo": 0.1}, "Aleppo"), ({"aleppo": 0.9, "war": 0.1}, "war")],
)
def test_a_rule_waits_for_the_word_that_is_rarest_in_articles(
    shares: dict[str, float], expected: str
) -> None:
    rules = [Rule(name="r", tree=parse("Aleppo AND war"))]
    one = Index(rules, {}, shares)
    other = Index([Rule(name="r", tree=parse(expected))], {})

    anchors = one.read(article(expected)).spots.keys() & one.anchored.keys()

    assert anchors
    assert len(one.anchored) == len(other.anchored) == 1


def test_two_of_three_words_is_not_looked_at_when_one_is_there() -> None:
    many = CountingIndex([Rule(name="r", tree=parse("2 OF (Aleppo, Idlib, Homs)"))], {})

    matches = many.match(article("Aleppo, and Aleppo again"))

    assert matches == []
    assert many.looked == 0


def test_an_endless_stream_of_new_words_changes_nothing() -> None:
    many = index("Aleppo")
    flood = article(" ".join(f"word{n}" for n in range(200_010)), language="")

    before = many.match(SEED)
    during = many.match(flood)
    after = many.match(SEED)

    assert during == []
    assert before == after != []


def test_a_term_made_of_no_parts_is_itself() -> None:
    term = Word("Aleppo")

    assert with_parts(term, parts(term)) is term
