import tomllib
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from monitor.text.toml import (
    Path,
    Span,
    characters,
    line_column,
    locate,
    nearest,
    unquoted,
)
from tests.text.toml_documents import STRINGS, documents


def parsed(text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        assume(False)
        raise


def paths(value: object, base: Path = ()) -> Iterator[tuple[Path, object]]:
    """Every path of a document with its value, as tomllib reads it."""
    if base:
        yield base, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, (*base, key))
    if isinstance(value, list):
        for number, inner in enumerate(value):
            yield from paths(inner, (*base, number))


def shown(text: str, path: Path) -> tuple[str, str]:
    """What stands at the places of a key and its value."""
    span = locate(text)[path]
    return text[slice(*span.key)], text[slice(*span.value)]


@settings(deadline=None, max_examples=200)
@given(documents())
def test_every_key_and_value_of_a_document_has_its_place_and_no_other(
    text: str,
) -> None:
    tables = parsed(text)

    found = locate(text)

    assert set(found) == {path for path, _ in paths(tables)}


@settings(deadline=None, max_examples=200)
@given(documents())
def test_the_places_point_at_the_keys_and_values_themselves(text: str) -> None:
    tables = parsed(text)

    found = locate(text)

    for path, value in paths(tables):
        key, shown = (text[slice(*s)] for s in (found[path].key, found[path].value))
        if isinstance(path[-1], str):
            assert tomllib.loads(f"{key} = 1") == {path[-1]: 1}
        if not isinstance(value, dict | list):
            assert repr(tomllib.loads(f"x = {shown}")["x"]) == repr(value)


@settings(deadline=None)
@given(documents(), st.integers(0, 300), st.text("a.=[]{}\"'#\n", max_size=2))
def test_no_valid_document_confuses_the_scanner(text: str, at: int, more: str) -> None:
    text = text[:at] + more + text[at:]
    tables = parsed(text)

    found = locate(text)

    assert set(found) >= {path for path, _ in paths(tables)}


@pytest.mark.parametrize(
    ("text", "path", "key", "value"),
    [
        ("a = 1 # b = 2", ("a",), "a", "1"),
        ("a = 1979-05-27 07:32:00 # x", ("a",), "a", "1979-05-27 07:32:00"),
        ('"a b".c = "x"', ("a b",), '"a b"', '"a b"'),
        ('"a b".c = "x"', ("a b", "c"), "c", '"x"'),
        ("a={b=[1, 2] ,c='}'}", ("a", "c"), "c", "'}'"),
        ("a={b=[1, 22]}", ("a", "b", 1), "", "22"),
        ("a = [\n  1, # ]\n  '''x''',\n]", ("a", 1), "", "'''x'''"),
        ("a = '''x''''\nb = 1", ("a",), "a", "'''x''''"),
        ("[a.'b']\nc = 1", ("a", "b"), "'b'", "[a.'b'"),
        ("[a.b]\n[a]\nx = 1", ("a",), "a", "[a"),
        ("[[a]]\n[[a]]\nx = 1", ("a",), "a", "a"),
        ("[[a]]\n[[a]]\nx = 1", ("a", 1), "a", "[[a"),
        ("[[a]]\n[a.b]\n[[a]]\n[a.b]\nx=3", ("a", 1, "b", "x"), "x", "3"),
    ],
)
def test_places_of_all_kinds(text: str, path: Path, key: str, value: str) -> None:
    found = shown(text, path)

    assert found == (key, value)


@pytest.mark.parametrize("text", ["", "\n", "# only a comment", " \t\r\n# x\n"])
def test_a_document_without_keys_has_no_places(text: str) -> None:
    found = locate(text)

    assert found == {}


# --- quoted strings ---


@given(STRINGS)
def test_the_characters_of_a_string_are_its_value_and_stand_where_they_say(
    raw: str,
) -> None:
    value = tomllib.loads(f"x = {raw}")["x"]

    found = list(characters(raw))

    assert "".join(char for char, _ in found) == value == unquoted(raw)
    assert all(a < b for (_, a), (_, b) in pairwise(found))
    assert all(raw[at] in (char, "\\") for char, at in found)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ('"ab"', [("a", 1), ("b", 2)]),
        ("'a\\b'", [("a", 1), ("\\", 2), ("b", 3)]),
        (r'"\"\\\t\u00e9\U0001F600x"',
         [('"', 1), ("\\", 3), ("\t", 5), ("é", 7), ("😀", 13), ("x", 23)]),
        ('"""\na\n"""', [("a", 4), ("\n", 5)]),
        ("'''\n\na'''", [("\n", 4), ("a", 5)]),
        ('"""a\\ \n  \n b"""', [("a", 3), ("b", 11)]),
        ('""', []),
        ("''", []),
    ],
)  # fmt: skip
def test_every_character_has_its_offset(
    raw: str, expected: list[tuple[str, int]]
) -> None:
    found = list(characters(raw))

    assert found == expected


# --- finding the way ---


@pytest.mark.parametrize(
    ("offset", "place"),
    [(0, (1, 1)), (2, (1, 3)), (3, (2, 1)), (5, (3, 1)), (7, (3, 3))],
)
def test_lines_and_columns_count_from_one(offset: int, place: tuple[int, int]) -> None:
    found = line_column("ab\nc\nde", offset)

    assert found == place


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (("feeds", "bbc"), ("feeds", "bbc")),
        (("feeds", "bbc", "url"), ("feeds", "bbc")),
        (("feeds", "missing"), ("feeds",)),
        (("rules", "x", "FunctionAfter", "feeds", 1), ("rules", "x", "feeds", 1)),
        (("nowhere",), ()),
        ((), ()),
    ],
)
def test_a_path_that_is_not_there_leads_to_the_nearest(
    wanted: Path, found: Path
) -> None:
    text = "[feeds]\nbbc = 'u'\n[rules.x]\nfeeds = ['a', 'b']"

    nearby = nearest(locate(text), wanted)

    assert nearby == found


def test_a_span_holds_offsets() -> None:
    found = locate("key = 'v'")

    assert found == {("key",): Span((0, 3), (6, 9))}
