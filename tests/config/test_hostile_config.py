"""Whatever stands in a file: it is a configuration, or all that is wrong is said."""

import random
import re
from pathlib import Path

import pytest

from monitor.config import Config, loads
from monitor.errors import ConfigError

EXAMPLE = (Path(__file__).parents[2] / "config.example.toml").read_text("utf-8")
LIVE = re.sub(r"^# (?=\[|[\w-]+ *= )", "", EXAMPLE, flags=re.MULTILINE).split("\n")
VALUES = [
    "5", "-1", "0", "true", "1.5", "nan", "1979-05-27", "9" * 30, "9" * 5_000,
    '""', '"x"', '"*"', '"@aleppo"', '"@"', '"(("', '"a AND AND b"', "'''\nAND\n'''",
    '"terminal"', '"email"', '"file"', '"a@b"', '"a@b.example"', '"http://["',
    '"http://a.example"', '"0s"', '"999999w"', '"1\\u0000"', '"\\uFFFF"', '"../x"',
    '"group:"', '"é\u2028\x85"', "[]", "[5]", '["x"]', '["x", 5]', '[["x"]]', "[{}]",
    '[{a=1}]', "{}", "{ a = 1 }", "{ a.b.c.d = 1 }", '{ env = "NOT_SET" }',
    '{ file = "/nope" }', '{ file = "a\\u0000b" }', '{ credential = "" }',
    '{ from = "x", to = "y" }', "[" * 20 + "]" * 20, "[" * 2_000,
]  # fmt: skip
KEYS = """
feeds rules subscribers lists channels smtp service web fetch articles include x url query
all any none tests match skip digest send_to email type to path quiet keep headers
password from timezone every priority private_networks per_host first_run merge
urgent_when operator groups
""".split()  # noqa: SIM905 - a list of words is read more easily so
MARKS = [*"[]{}=\"'#,.\\\n\t\x00é", '"""', "'''", "\r\n", "\ud800"]


def damaged(lines: list[str], dice: random.Random) -> list[str]:
    """The lines with one thing more that is wrong, or not."""
    number = dice.randrange(len(lines))
    line = lines[number]
    at = dice.randrange(len(line) + 1)
    key, other = dice.choice(KEYS), dice.choice(KEYS)
    value = dice.choice(VALUES)
    name = re.match(r"[\w. -]+=", line)
    replacement = dice.choice(
        [
            [f"{name[0]} {value}"] if name else [line, f"{key} = {value}"],
            [f"{key} = {value}", line],
            [f"{key}.{other} = {value}", line],
            [f"[{key}]", line],
            [f"[[{key}]]", line],
            [f"[{key}.{other}]", line],
            [line[:at] + dice.choice(MARKS) + line[at:]],
            [line[at:]],
            [],
        ]
    )
    return [*lines[:number], *replacement, *lines[number + 1 :]] or [""]


def outcome(text: str, path: Path) -> Config | ConfigError:
    try:
        return loads(text, path)
    except ConfigError as error:
        return error


@pytest.mark.parametrize("seed", range(12))
def test_no_text_ends_in_anything_but_a_configuration_or_its_mistakes(
    tmp_path: Path, seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311 - it breaks texts, and guards nothing
    for name in re.findall(r'file = "([\w-]+)"', EXAMPLE):
        (tmp_path / name).write_text("json://x")
    texts = []
    for _ in range(500):
        lines = LIVE if dice.random() < 0.9 else EXAMPLE.split("\n")
        for _ in range(dice.choice([0, 1, 1, 2, 3, 5])):
            lines = damaged(lines, dice)
        texts.append("\n".join(lines))

    found = [outcome(text, tmp_path / "config.toml") for text in texts]

    wrong = [error for error in found if isinstance(error, ConfigError)]
    assert 0 < len(wrong) < 500
    assert all(error.problems for error in wrong)
    assert all(str(error).endswith("Nothing was changed.") for error in wrong)
