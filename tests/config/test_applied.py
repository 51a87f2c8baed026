"""What counts of a configuration: kept, read again, and held against another."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.config import loads
from monitor.config.applied import (
    NOTHING,
    Applied,
    applied,
    changes,
    from_json,
    to_json,
    touched,
)

TEXT = """
[feeds]
bbc = "https://user:hidden@bbc.example/feed"
sana = "https://sana.example/feed"

[lists]
aleppo = ["Aleppo", "Halab"]

[rules]
air = "@aleppo AND airstrike"
grain = { query = "grain", feeds = ["bbc"], min_score = 2.0 }
soap = "soap"

[subscribers.desk]
rules = ["air", "soap"]

[subscribers.night]
rules = ["grain"]
"""


def made(*edits: tuple[str, str]) -> Applied:
    """The configuration with some of its text replaced."""
    text = TEXT
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return applied(loads(text, Path("config.toml")))


def lines(before: Applied, after: Applied) -> list[str]:
    return [
        " ".join([c.sign, c.section, c.name, *c.facts]) for c in changes(before, after)
    ]


def test_what_is_kept_is_read_again() -> None:
    assert from_json(to_json(made())) == made()


@pytest.mark.parametrize("text", ["{}", '{"feeds": {"bbc": {}}}', "no JSON"])
def test_what_another_version_kept_is_nothing(text: str) -> None:
    assert from_json(text) == NOTHING


def test_no_secret_is_kept() -> None:
    assert "hidden" not in to_json(made())


def test_the_same_configuration_changes_nothing() -> None:
    assert changes(made(), made()) == []
    assert touched(made(), made()) == []


def test_at_first_all_of_it_is_new() -> None:
    found = lines(NOTHING, made())

    assert found[:3] == ["+ feeds bbc", "+ feeds sana", "+ lists aleppo"]
    assert touched(NOTHING, made()) == ["desk", "night"]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('sana = "https://sana.example/feed"\n', "", "- feeds sana"),
        (
            "sana.example/feed",
            "sana.example/rss",
            "~ feeds sana address https://sana.example/feed → https://sana.example/rss",
        ),
        ('"Halab"', '"Halep"', "~ lists aleppo items + Halep, - Halab"),
        ('"Aleppo", "Halab"', '"Halab", "Aleppo"', "~ lists aleppo items in another order"),
        (' = "soap"', ' = "savon"', "~ rules soap query soap → savon"),
        ('"bbc"]', '"sana"]', "~ rules grain feeds + sana, - bbc"),
        (', feeds = ["bbc"]', "", "~ rules grain feeds bbc → all"),
        ("score = 2.0", "score = 3.0", "~ rules grain min_score 2.0 → 3.0"),
        ('["grain"]', '["grain", "air"]', "~ subscribers night rules + air"),
        ("score = 2.0", 'score = 2.0, priority = "urgent"', "~ rules grain priority normal → urgent"),
        ("[feeds]", '[articles]\nmerge = "copies"\n[feeds]', "~ articles merge stories → copies"),
    ],
)  # fmt: skip
def test_a_change_is_said(old: str, new: str, line: str) -> None:
    assert lines(made(), made((old, new))) == [line]


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ('"Halab"', '"Halep"', ["desk"]),
        (' = "soap"', ' = "savon"', ["desk"]),
        ("score = 2.0", "score = 3.0", ["night"]),
        ('["grain"]', '["grain", "air"]', ["night"]),
        ('soap = "soap"', 'soap = "soap"\nwheat = "wheat"', []),
        ('bbc = "https', 'cnn = "https://cnn.example/"\nbbc = "https', []),
        ('sana = "https://sana.example/feed"\n', "", ["desk", "night"]),
        ("[feeds]", '[articles]\nmerge = "copies"\n[feeds]', ["desk", "night"]),
    ],
)
def test_who_may_get_something_else_is_known(
    old: str, new: str, names: Iterable[str]
) -> None:
    assert touched(made(), made((old, new))) == names


def test_a_subscriber_who_is_gone_gets_something_else() -> None:
    after = replace(made(), subscribers={})

    assert touched(made(), after) == ["desk", "night"]


def test_only_the_rules_that_are_asked_for_are_made_ready() -> None:
    index = made().index({"air"})

    assert list(index.rules) == ["air"]
