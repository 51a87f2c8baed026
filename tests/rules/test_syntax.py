from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.errors import RuleError
from monitor.rules.syntax import caret, item, parse, parse_lists
from monitor.rules.tree import (
    And,
    Everything,
    In,
    ListName,
    Node,
    Not,
    Or,
    Phrase,
    Word,
    is_positive,
)

LISTS = ["aleppo"]
ALEPPO, AIRSTRIKE, IDLIB = Word("Aleppo"), Word("airstrike"), Word("Idlib")

# Every mistake with its place and its way out. The second line is the rule.
GOLDEN = r"""
E02: this quote is never closed
  "Aleppo war
  ^
  Try: add " at the end

E02: this quote is never closed
  “Aleppo war
  ^
  Try: add ” at the end

E02: this quote was never opened
  Aleppo” war
        ^
  Try: remove it

E02: this parenthesis is never closed
  Aleppo AND (airstrike
             ^
  Try: add ) at the end of the group

E02: this parenthesis is never closed
  Aleppo (
         ^
  Try: add ) at the end of the group

E03: "and" is not an operator
  Aleppo and Idlib
         ^^^
  Try: write AND in capitals, or "and" in quotes to search for the word

E03: "or" is not an operator
  Aleppo or Idlib
         ^^
  Try: write OR in capitals, or "or" in quotes to search for the word

E03: "not" is not an operator
  not soap
  ^^^
  Try: write NOT in capitals, or "not" in quotes to search for the word

E03: "near" is not an operator
  Aleppo near Idlib
         ^^^^
  Try: write NEAR in capitals, or "near" in quotes to search for the word

E03: '&&' is not an operator
  Aleppo && war
         ^^
  Try: write AND in capitals

E03: '||' is not an operator
  Aleppo || Idlib
         ^^
  Try: write OR in capitals

E03: '+' is not an operator
  +Aleppo war
  ^
  Try: all words are needed anyway: write Aleppo

E04: I expected a word after AND
  Aleppo AND
         ^^^
  Try: 'Aleppo'

E04: I expected a word before AND
  AND Aleppo
  ^^^
  Try: 'Aleppo'

E04: this parenthesis was never opened
  Aleppo) x
        ^
  Try: remove it, or open it earlier

E04: I expected a word after -
  Aleppo -
         ^
  Try: write a word right behind the minus, or leave it out

E04: I expected a word after AND
  Aleppo AND AND airstrike
             ^^^
  Try: 'Aleppo AND airstrike'

E04: I expected a word after OR
  (Aleppo OR )
          ^^
  Try: '(Aleppo )'

E04: I expected a word after OR
  Aleppo OR )
         ^^
  Try: write a word, or leave the operator out

E04: I expected a word after NOT
  Aleppo NOT
         ^^^
  Try: write the word that must not be there

E04: I did not expect ',' here
  Aleppo, Idlib
        ^
  Try: remove it, or put it in quotes to search for it

E04: I did not expect ',' here
  (Aleppo, Idlib)
         ^
  Try: remove it, or put it in quotes to search for it

E04: I did not expect ')' here
  ) Aleppo
  ^
  Try: remove it, or put it in quotes to search for it

E04: I did not expect '-' here
  title:-Aleppo
        ^
  Try: remove it, or put it in quotes to search for it

E05: unknown field "titel:"
  titel:Aleppo
  ^^^^^^
  Try: did you mean title: ? To search for the characters themselves, put them in quotes: "titel:Aleppo"

E05: unknown field "titel:"
  titel:"Aleppo"
  ^^^^^^
  Try: did you mean title: ? To search for the characters themselves, put them in quotes: "titel:\"Aleppo\""

E05: unknown field "zzz:"
  zzz:Aleppo
  ^^^^
  Try: To search for the characters themselves, put them in quotes: "zzz:Aleppo"

E06: title: needs a word
  title: Aleppo
  ^^^^^^
  Try: write the word right behind the colon: title:Aleppo

E06: this phrase is empty
  Aleppo ""
         ^^
  Try: write words between the quotes, or leave them out

E06: nothing stands between the parentheses
  Aleppo ()
         ^^
  Try: write a word between the parentheses

E06: I expected a word right after =
  = Aleppo
  ^
  Try: write =Word without a space

E06: I expected a word right after =
  =(Aleppo)
  ^
  Try: write =Word without a space

E06: '!!!' has no words
  Aleppo !!!
         ^^^
  Try: leave it out, or put words beside it in quotes

E07: AND and OR are mixed without parentheses
  Aleppo airstrike OR strike
                   ^^
  Try: write (Aleppo AND airstrike) OR ... or group the other way

E07: AND and OR are mixed without parentheses
  Aleppo OR Idlib war
                  ^^^
  Try: a space means AND: write (Aleppo OR Idlib) AND ... or group the other way

E07: AND and OR are mixed without parentheses
  (a b) OR c AND d
             ^^^
  Try: write ((a AND b) OR c) AND ... or group the other way

E10: there is no list @alepo
  @alepo
  ^^^^^^
  Try: did you mean @aleppo ?

E10: there is no list @homs
  @homs
  ^^^^^
  Try: define it: [lists] homs = [...]

E13: a part of the rule only says what must not be there
  NOT soap
  ^^^^^^^^
  Try: say what the article must hold: word NOT other

E13: a part of the rule only says what must not be there
  Aleppo OR NOT soap
  ^^^^^^^^^^^^^^^^^^
  Try: say what the article must hold: word NOT other

E13: a part of the rule only says what must not be there
  title:(NOT soap)
  ^^^^^^^^^^^^^^^^
  Try: say what the article must hold: word NOT other

E00: tag: is not supported yet
  tag:war
  ^^^^
  Try: write words, phrases, AND, OR, NOT, @lists, title: summary: body:

E00: NEAR is not supported yet
  Aleppo NEAR/5 war
         ^^^^^^
  Try: write words, phrases, AND, OR, NOT, @lists, title: summary: body:

E00: OF is not supported yet
  3 OF (a, b)
    ^^
  Try: write words, phrases, AND, OR, NOT, @lists, title: summary: body:

E00: ATLEAST is not supported yet
  ATLEAST/3 Aleppo
  ^^^^^^^^^
  Try: write words, phrases, AND, OR, NOT, @lists, title: summary: body:

E00: EXCEPT is not supported yet
  Aleppo EXCEPT war
         ^^^^^^
  Try: write words, phrases, AND, OR, NOT, @lists, title: summary: body:

E00: a regular expression is not supported yet
  /Alep+o/
  ^^^^^^^^
  Try: write words, phrases, AND, OR, NOT, @lists, title: summary: body:

E00: a wildcard is not supported yet
  Alep*
  ^^^^^
  Try: write words, phrases, AND, OR, NOT, @lists, title: summary: body:

E03: "and" is not an operator
  阿勒颇 and war
         ^^^
  Try: write AND in capitals, or "and" in quotes to search for the word

E03: "and" is not an operator
  café and war
       ^^^
  Try: write AND in capitals, or "and" in quotes to search for the word

E03: "and" is not an operator
  ก่อน and war
      ^^^
  Try: write AND in capitals, or "and" in quotes to search for the word

E03: "or" is not an operator
  “Aleppo” (“حلب” or x)
                  ^^
  Try: write OR in capitals, or "or" in quotes to search for the word
"""


def mistake(query: str) -> RuleError:
    with pytest.raises(RuleError) as raised:
        parse(query, LISTS)
    return raised.value


def shown(query: str, error: RuleError) -> str:
    return f"{error}\n{caret(query, error)}\n  {error.hint}"


# --- what a query means ---


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Aleppo", ALEPPO),
        ("  Aleppo  ", ALEPPO),
        ("*", Everything()),
        (" * ", Everything()),
        ("Aleppo airstrike", And((ALEPPO, AIRSTRIKE))),
        ("Aleppo AND airstrike", And((ALEPPO, AIRSTRIKE))),
        ("Aleppo\nAND airstrike Idlib", And((ALEPPO, AIRSTRIKE, IDLIB))),
        ("Aleppo OR Idlib", Or((ALEPPO, IDLIB))),
        ("Aleppo NOT Idlib", And((ALEPPO, Not(IDLIB)))),
        ("Aleppo AND NOT Idlib", And((ALEPPO, Not(IDLIB)))),
        ("Aleppo -Idlib", And((ALEPPO, Not(IDLIB)))),
        ("Aleppo NOT NOT Idlib", And((ALEPPO, Not(Not(IDLIB))))),
        ("(Aleppo OR Idlib) airstrike", And((Or((ALEPPO, IDLIB)), AIRSTRIKE))),
        ("(Aleppo AND Idlib) airstrike", And((ALEPPO, IDLIB, AIRSTRIKE))),
        ("((Aleppo))", ALEPPO),
        ("title:Aleppo", In("title", ALEPPO)),
        ("summary:(Aleppo OR Idlib)", In("summary", Or((ALEPPO, IDLIB)))),
        ('body:"air strike"', In("body", Phrase("air strike"))),
        ("body:=US", In("body", Word("US", exact=True))),
        ("@aleppo -@aleppo", And((ListName("aleppo"), Not(ListName("aleppo"))))),
        ("=US", Word("US", exact=True)),
        ('="Al Aleppo"', Phrase("Al Aleppo", exact=True)),
        (
            "“White House” „Haus“ «дом»",
            And((Phrase("White House"), Phrase("Haus"), Phrase("дом"))),
        ),
        (r'"say \"no\" \\ now"', Phrase(r'say "no" \ now')),
        (r'"C:\dir"', Phrase(r"C:\dir")),
        (
            "F-16 U.S. O'Brien AT&T 12:30",
            And(
                (
                    Word("F-16"),
                    Word("U.S."),
                    Word("O'Brien"),
                    Word("AT&T"),
                    Word("12:30"),
                )
            ),
        ),
        ("https://example.com/a", Word("https://example.com/a")),
        ("And Or", And((Word("And"), Word("Or")))),
        ('"and"', Phrase("and")),
    ],
)
def test_a_query_becomes_a_tree(query: str, expected: Node) -> None:
    tree = parse(query, LISTS)

    assert tree == expected


# --- what is wrong, where, and what to write instead ---


@pytest.mark.parametrize("block", GOLDEN.strip().split("\n\n"))
def test_a_mistake_has_a_place_and_a_way_out(block: str) -> None:
    query = block.split("\n")[1][2:]

    error = mistake(query)

    assert shown(query, error) == block
    assert error.hint.startswith("Try: ")


@pytest.mark.parametrize("query", ["", "  \n "])
def test_an_empty_rule_is_a_mistake(query: str) -> None:
    error = mistake(query)

    assert error.code == "E06"
    assert error.hint.startswith("Try: ")


@pytest.mark.parametrize(
    "operator", ["NEAR", "NEAR/5", "NEAR/x", "ONEAR/2", "ATLEAST/3", "OF", "EXCEPT"]
)
def test_an_operator_of_later_versions_is_named(operator: str) -> None:
    error = mistake(f"Aleppo {operator} Idlib")

    assert error.code == "E00"
    assert error.message == f"{operator.partition('/')[0]} is not supported yet"


@pytest.mark.parametrize(
    "field", ["text", "source", "feed", "tag", "author", "lang", "url", "origin"]
)
def test_a_field_of_later_versions_is_named(field: str) -> None:
    error = mistake(f"{field}:x")

    assert (error.code, error.message) == ("E00", f"{field}: is not supported yet")


@pytest.mark.parametrize(
    "query", ["Alep*", "*strike", "organi?ation", "Aleppo * war", "(*)"]
)
def test_wildcards_are_of_later_versions(query: str) -> None:
    error = mistake(query)

    assert (error.code, error.message) == ("E00", "a wildcard is not supported yet")


@pytest.mark.parametrize(
    "query",
    ["(" * 51 + "x" + ")" * 51, "NOT " * 51 + "x", "-" * 51 + "x", "title:" * 51 + "x"],
)
def test_what_is_nested_too_deep_is_refused(query: str) -> None:
    error = mistake(query)

    assert (error.code, error.message) == ("E02", "too deeply nested")


@pytest.mark.parametrize(
    "query", ["(" * 50 + "x" + ")" * 50, "x NOT " * 50 + "x", "title:" * 50 + "x"]
)
def test_fifty_levels_are_allowed(query: str) -> None:
    tree = parse(query)

    assert parse(str(tree)) == tree


def test_a_rule_is_at_most_20_000_characters_long() -> None:
    longest = "x" * 20_000

    tree = parse(longest)
    error = mistake(longest + "x")

    assert tree == Word(longest)
    assert (error.code, error.message) == ("E02", "the rule is too long")


@pytest.mark.parametrize("query", ["AND " * 5_000, "Aleppo OR " * 2_000, "(" * 20_000])
def test_a_long_row_of_mistakes_is_one_mistake(query: str) -> None:
    error = mistake(query)

    assert error.code in ("E02", "E04")


# --- carets count what a terminal shows ---


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("阿勒颇 and x", "  阿勒颇 and x\n         ^^^"),
        ("cafe\u0301 and x", "  cafe\u0301 and x\n       ^^^"),
        ("a\u200bb\u0e48 and x", "  a\u200bb\u0e48 and x\n     ^^^"),
        ("\tx and y", "   x and y\n     ^^^"),
        ("one\ntwo and\nthree", "  two and\n      ^^^"),
        ("@阿勒颇", "  @阿勒颇\n  ^^^^^^^"),
        ("NOT one\nNOT two", "  NOT one\n  ^^^^^^^"),
        ("", "  \n  ^"),
    ],
)
def test_a_caret_stands_under_the_mistake(query: str, expected: str) -> None:
    error = mistake(query)

    assert caret(query, error) == expected


# --- simple lists ---


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
        ("Alep*", "E00"),
        ("wom?n", "E00"),
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
        (
            {"all": ["Aleppo"], "any": ["Russia", "=US"], "none": ["football", "AND"]},
            'Aleppo AND (Russia OR =US) AND NOT football AND NOT "AND"',
        ),
    ],
)
def test_lists_compile_to_the_query_that_means_the_same(
    lists: dict[str, list[str]], expected: str
) -> None:
    tree = parse_lists(**lists, lists=LISTS)

    assert str(tree) == expected
    assert parse(expected, LISTS) == tree


@pytest.mark.parametrize("lists", [{}, {"none": ["football"]}, {"all": [], "any": []}])
def test_lists_that_ask_for_nothing_are_a_mistake(lists: dict[str, list[str]]) -> None:
    with pytest.raises(RuleError) as raised:
        parse_lists(**lists)

    assert raised.value.code == "E06"


@given(
    st.lists(st.text(max_size=8), max_size=3),
    st.lists(st.text(' ab"\\()-+:=@ANDor', max_size=8), max_size=3),
)
def test_any_lists_are_refused_or_print_a_query_that_means_the_same(
    needed: list[str], unwanted: list[str]
) -> None:
    try:
        tree = parse_lists(all=needed, none=unwanted, lists=LISTS)
    except RuleError:
        return

    assert parse(str(tree), LISTS) == tree


# --- all rules ---

PIECES = r"""
AND OR NOT - ( ) " “ ” « = @aleppo @ title: body: tag: x: NEAR/3 OF , * ? / + and && \
Aleppo 阿勒颇 ' ! é
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
        helpful = found.hint.startswith("Try: ")
        return placed and helpful and caret(query, found).endswith("^")
    return is_positive(found) and parse(str(found), LISTS) == found


@given(QUERIES)
@example('a "b\\')
@example("=AND")
@example("\\")
def test_any_text_is_a_rule_or_a_mistake_with_a_place(query: str) -> None:
    sound = is_sound(query)

    assert sound


@settings(max_examples=100)
@given(st.randoms(use_true_random=True))
def test_ten_thousand_texts_are_rules_or_mistakes(random: Random) -> None:
    lengths = [random.randint(1, 16) for _ in range(100)]
    queries = ["".join(random.choices(PIECES_AND_SPACES, k=n)) for n in lengths]

    unsound = [query for query in queries if not is_sound(query)]

    assert unsound == []


LEAVES = st.one_of(
    st.builds(
        Word,
        st.sampled_from(["Aleppo", "F-16", "阿勒颇", "O'Brien", "And"]),
        st.booleans(),
    ),
    st.builds(
        Phrase,
        st.text("ab \"\\'()\n", min_size=1).map(lambda t: f"{t}x"),
        st.booleans(),
    ),
    st.just(ListName("aleppo")),
)


def joined(
    kind: type[And] | type[Or], children: st.SearchStrategy[Node]
) -> st.SearchStrategy[Node]:
    others = children.filter(lambda child: not isinstance(child, kind))
    return st.lists(others, min_size=2, max_size=3).map(
        lambda found: kind(tuple(found))
    )


def crossed(node: Node, field: str = "") -> bool:
    """Whether a field stands inside another one: nothing could ever meet that."""
    match node:
        case In():
            inside = bool(field) and node.field != field
            return inside or crossed(node.child, node.field)
        case Not():
            return crossed(node.child, field)
        case And() | Or():
            return any(crossed(child, field) for child in node.children)
        case _:
            return False


TREES: st.SearchStrategy[Node] = st.recursive(
    LEAVES,
    lambda children: st.one_of(
        joined(And, children),
        joined(Or, children),
        st.builds(Not, children),
        st.builds(In, st.sampled_from(["title", "summary", "body"]), children),
    ),
    max_leaves=8,
).filter(lambda tree: is_positive(tree) and not crossed(tree))


@settings(max_examples=300)
@given(TREES)
@example(And((ALEPPO, In("title", Not(IDLIB)))))
def test_a_printed_rule_is_read_as_the_same_rule(tree: Node) -> None:
    text = str(tree)

    assert parse(text, LISTS) == tree


@given(TREES)
def test_a_rule_is_positive_unless_an_or_branch_only_forbids(tree: Node) -> None:
    positive = (
        is_positive(Not(tree)),
        is_positive(And((tree, Not(tree)))),
        is_positive(Or((tree, Not(tree)))),
    )

    assert positive == (False, True, False)


def test_a_field_inside_a_field_is_refused() -> None:
    with pytest.raises(RuleError) as caught:
        parse("title:body:Aleppo")

    assert caught.value.code == "E05"
