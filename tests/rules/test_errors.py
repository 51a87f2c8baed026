from pathlib import Path

import pytest

from monitor.errors import RuleError
from monitor.rules.syntax import caret, parse

LISTS = ["aleppo"]

# Every mistake with its place and its way out. The second line is the rule.
GOLDEN = Path(__file__).with_name("errors.txt").read_text("utf-8")
BLOCKS = GOLDEN.strip().split("\n\n")

# The triggers of the language's reference, section 1.4.
TRIGGERS = {
    "E02": ['"Aleppo war', "Aleppo AND (airstrike", "/abc"],
    "E03": ["x and y", "x or y", "not y", "x near y", "x && y", "x || y", "+word"],
    "E04": ["Aleppo AND", "AND Aleppo", "Aleppo) x", "Aleppo -"],
    "E05": ["titel:Aleppo"],
    "E06": ["", "title: Aleppo", '""', "()", "tag:", "= x"],
    "E07": ["Aleppo airstrike OR strike", "a OR b AND c"],
    "E08": ["Aleppo NEAR/x war", "4 OF (a,b)"],
    "E09": ["/(/", "/a(?!b)/", r"/(a)\1/"],
    "E10": ["@alepo"],
    "E11": ["a*"],
    "E12": ["Aleppo NEAR/3 (a AND b)"],
    "E13": ["NOT soap", "Aleppo OR NOT soap", "Aleppo OR (war OR -soap)"],
}


def mistake(query: str) -> RuleError:
    with pytest.raises(RuleError) as raised:
        parse(query, LISTS)
    return raised.value


@pytest.mark.parametrize("block", BLOCKS)
def test_a_mistake_has_a_place_and_a_way_out(block: str) -> None:
    query = block.split("\n")[1][2:]

    error = mistake(query)

    assert f"{error}\n{caret(query, error)}\n  {error.hint}" == block
    assert error.hint.startswith("Try: ")


@pytest.mark.parametrize(
    ("code", "query"),
    [(code, q) for code, queries in TRIGGERS.items() for q in queries],
)
def test_a_mistake_has_the_code_of_the_reference(code: str, query: str) -> None:
    error = mistake(query)

    assert error.code == code


def test_every_code_of_the_reference_is_shown_with_its_caret() -> None:
    shown = {block[:3] for block in BLOCKS}

    assert shown == set(TRIGGERS)


@pytest.mark.parametrize("query", ["", "  \n "])
def test_an_empty_rule_is_a_mistake(query: str) -> None:
    error = mistake(query)

    assert error.code == "E06"
    assert error.hint.startswith("Try: ")


@pytest.mark.parametrize(
    "query",
    [
        "(" * 51 + "x" + ")" * 51,
        "NOT " * 51 + "x",
        "-" * 51 + "x",
        "title:" * 51 + "x",
        "1 OF (" * 51 + "x" + ")" * 51,
        "ATLEAST/2 (" * 51 + "x" + ")" * 51,
    ],
)
def test_what_is_nested_too_deep_is_refused(query: str) -> None:
    error = mistake(query)

    assert (error.code, error.message) == ("E02", "too deeply nested")


@pytest.mark.parametrize(
    "query",
    [
        "(" * 50 + "x" + ")" * 50,
        "x NOT " * 50 + "x",
        "title:" * 50 + "x",
        "1 OF (" * 50 + "x" + ")" * 50,
        "a NEAR " * 49 + "x",
    ],
)
def test_fifty_levels_are_allowed(query: str) -> None:
    tree = parse(query)

    assert parse(str(tree)) == tree


@pytest.mark.parametrize("operator", ["NEAR", "ONEAR/3", "EXCEPT"])
def test_a_long_row_of_operators_is_refused_or_can_be_printed(operator: str) -> None:
    query = "a" + f" {operator} a" * 1_000

    try:
        tree = parse(query)
    except RuleError:
        return

    assert parse(str(tree)) == tree


def test_a_rule_is_at_most_20_000_characters_long() -> None:
    longest = "x" * 20_000

    tree = parse(longest)
    error = mistake(longest + "x")

    assert str(tree) == longest
    assert (error.code, error.message) == ("E02", "the rule is too long")


@pytest.mark.parametrize(
    "query", ["AND " * 5_000, "Aleppo OR " * 2_000, "(" * 20_000, "2 OF (" * 3_000]
)
def test_a_long_row_of_mistakes_is_one_mistake(query: str) -> None:
    error = mistake(query)

    assert error.code in ("E02", "E04")


def test_an_unknown_field_before_a_group_offers_quotes_that_can_be_read() -> None:
    error = mistake("titel:(Aleppo war)")

    assert not error.hint.endswith('"titel:("')


def test_the_error_of_atleast_speaks_of_one_side() -> None:
    error = mistake("ATLEAST/2 (a AND b)")

    assert "both sides" not in error.message


@pytest.mark.parametrize("query", ["/war/g", "/war/I", "/usr/bin"])
def test_letters_right_behind_a_regex_are_a_mistake(query: str) -> None:
    error = mistake(query)

    assert error.hint.startswith("Try: ")


# --- carets count what a terminal shows ---


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("阿勒颇 and x", "  阿勒颇 and x\n         ^^^"),
        ("cafe\u0301 and x", "  cafe\u0301 and x\n       ^^^"),
        ("a\u200bb\u0e48 and x", "  a\u200bb\u0e48 and x\n     ^^^"),
        ("\uff17\uff18 NEAR/x c", "  \uff17\uff18 NEAR/x c\n       ^^^^^^"),
        (
            "空袭 NEAR/3 (阿 AND b)",
            "  空袭 NEAR/3 (阿 AND b)\n              ^^^^^^^^^^",
        ),
        ("\tx and y", "   x and y\n     ^^^"),
        ("one\ntwo and\nthree", "  two and\n      ^^^"),
        ("one\nNEAR/x\nthree", "  NEAR/x\n  ^^^^^^"),
        ("@阿勒颇", "  @阿勒颇\n  ^^^^^^^"),
        ("NOT one\nNOT two", "  NOT one\n  ^^^^^^^"),
        ("", "  \n  ^"),
    ],
)
def test_a_caret_stands_under_the_mistake(query: str, expected: str) -> None:
    error = mistake(query)

    assert caret(query, error) == expected
