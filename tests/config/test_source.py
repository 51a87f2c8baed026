from pathlib import Path

import pytest

from monitor.config import load
from monitor.config.source import read, read_text
from monitor.errors import ConfigError
from tests.config.golden import SMALLEST, loaded, said

# May only be written, and that holds for root too.
UNREADABLE = Path("/proc/sys/net/ipv4/route/flush")


def write(folder: Path, **files: str) -> Path:
    """Write files; the path of the one that is called config."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder / "config.toml"


def complaint(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load(path)
    return str(caught.value).replace(f"{path.parent}/", "")


# --- reading files ---


def test_a_missing_file_is_said_with_the_way_out(tmp_path: Path) -> None:
    found = complaint(tmp_path / "config.toml")

    assert found == (
        "config.toml  cannot be read: No such file or directory\n"
        "  Try: monitor init, or --config FILE\n"
        "1 problem. Nothing was changed."
    )


@pytest.mark.skipif(not UNREADABLE.exists(), reason="needs a Linux kernel's files")
def test_a_file_that_only_others_may_read_is_said_with_the_way_out() -> None:
    found = complaint(UNREADABLE)

    assert "flush  cannot be read: Permission denied\n" in found
    assert "  Try: chmod a+r flush, and write a secret" in found


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()

    found = complaint(tmp_path / "config.toml")

    assert "config.toml  cannot be read: Is a directory\n" in found


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes("# Вестник".encode("cp1251"))

    found = complaint(path)

    assert "config.toml  is not UTF-8 at byte 2\n  Try: save it as UTF-8\n" in found


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_files_of_all_editors_are_read(tmp_path: Path, mark: bytes, end: str) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(mark + SMALLEST.replace("\n", end).encode())

    found = load(path)

    assert list(found.feeds) == ["bbc"]


def test_a_place_in_a_text_with_other_line_ends_is_right() -> None:
    text = "# \x85 and \u2028 are no line ends\r\n[feeds]\r\nbbc = 5\r\n"

    found = said(text)

    assert found.startswith("config.toml:3:7  feeds.bbc.url: ")
    assert "\n    bbc = 5\n          ^" in found


def test_tabs_do_not_move_the_caret() -> None:
    found = said("[feeds]\n\tbbc\t= 5")

    assert "\n     bbc = 5\n           ^" in found


# --- syntax ---


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (
            "[feeds]\nbbc = https://feeds.example/rss",
            "config.toml:2:7  this is no value; texts stand in quotes\n"
            "    bbc = https://feeds.example/rss\n"
            "          ^",
        ),
        (
            "[feeds\n\n[rules]\naleppo = 'Aleppo",
            "config.toml:1:7  Expected ']' at the end of a table declaration\n"
            "    [feeds\n"
            "          ^\n"
            "config.toml:4:10  this string is never closed\n"
            "    aleppo = 'Aleppo\n"
            "             ^",
        ),
        (
            '[feeds]\nbbc = "https://a.example"\nbbc = "https://b.example"',
            "config.toml:3:26  this name is defined twice\n"
            '    bbc = "https://b.example"\n'
            "                             ^",
        ),
        (
            "[rules.x]\n[rules.x]",
            "config.toml:2:9  this table is defined twice\n    [rules.x]\n            ^",
        ),
        (
            "title = '''\nabc\nb = 1",
            "config.toml:1:1  this string is never closed\n    title = '''\n    ^",
        ),
        (
            "password = '''\nhunter2",
            "config.toml:1:1  this string is never closed\n    password = '''\n    ^",
        ),
        ("x = [\n1\n", "config.toml:3:1  this list is never closed"),
        (
            "[web] listen",
            "config.toml:1:7  Expected newline or end of document after a statement\n"
            "    [web] listen\n"
            "          ^",
        ),
        ("x = " + "[" * 3_000, "config.toml  is nested too deeply"),
        ("x" + ".x" * 50 + " = 1", "config.toml  is nested too deeply"),
        ("x = '\ud800'", "config.toml  is no text at character 5"),
        (
            "x = " + "9" * 5_000,
            "config.toml  holds a number with too many digits",
        ),
    ],
)
def test_what_is_no_toml_is_said_with_its_place(text: str, problems: str) -> None:
    found = said(text)

    assert found == problems


def test_no_more_than_twenty_broken_lines_are_listed() -> None:
    found = said("x = \n" * 50)

    assert found.count("this is no value") == 20


# --- includes ---


def test_included_files_are_merged_in(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        config='include = "more.toml"\n' + SMALLEST,
        more='[feeds]\nsana = "https://sana.example"\n[service]\ntimezone="Asia/Aden"',
    )

    found = load(path)

    assert list(found.feeds) == ["bbc", "sana"]
    assert found.service.timezone == "Asia/Aden"


def test_a_pattern_includes_each_file_once_and_never_the_file_itself(
    tmp_path: Path,
) -> None:
    path = write(
        tmp_path,
        config='include = ["*.toml", "rules.d/*.toml", "rules.d/b.toml"]\n' + SMALLEST,
        rules__d="",
        rules_d="[rules]\nidlib = 'Idlib'",
    )
    write(tmp_path / "rules.d", a="[rules]\na = 'x'", b="[rules]\nb = 'y'")

    found = load(path)

    assert sorted(found.rules) == ["a", "aleppo", "b", "idlib"]


def test_a_file_outside_is_included_by_its_whole_path(tmp_path: Path) -> None:
    other = write(tmp_path / "other", config="[rules]\nidlib = 'AND'")
    path = write(tmp_path / "own", config=f'include = ["{other}"]\n' + SMALLEST)

    found = complaint(path)

    assert found.startswith(f'{other}:2:10  rule "idlib": ')


def test_a_mistake_in_an_included_file_names_that_file(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        config='include = ["rules.d/a.toml"]\n' + SMALLEST,
        rules__d="",
    )
    write(tmp_path / "rules.d", a="[rules.idlib]\nquery = 'Idlib AND'")

    found = complaint(path)

    assert found.startswith('rules.d/a.toml:2:16  rule "idlib": I expected a word')
    assert "    query = 'Idlib AND'\n" in found


def test_relative_paths_count_from_the_file_they_stand_in(tmp_path: Path) -> None:
    path = write(tmp_path, config='include = ["d/c.toml"]\n' + SMALLEST)
    channel = '[channels.log]\ntype = "file"\npath = "out.jsonl"\n'
    secret = '[feeds.p]\nurl = "https://p.example"\nheaders = {A = {file = "key"}}'
    write(tmp_path / "d", c=channel + secret)
    (tmp_path / "d" / "key").write_text("s\n")

    found = load(path)

    assert found.channels["log"].targets() == (str(tmp_path / "d" / "out.jsonl"),)
    assert found.feeds["p"].headers["A"].reveal() == "s"
    assert found.service.database == f"sqlite:{tmp_path / 'monitor.db'}"


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ('[feeds]\nbbc = "https://b.example"', "feeds.bbc"),
        ("[rules.aleppo]\nquery = 'x'", "rules.aleppo"),
        ('[service]\ntimezone = "UTC"', "service.timezone"),
    ],
)
def test_what_two_files_define_is_an_error_that_names_both(
    tmp_path: Path, more: str, name: str
) -> None:
    path = write(
        tmp_path,
        config='include = ["more.toml"]\n[service]\ntimezone = "UTC"\n' + SMALLEST,
        more=more,
    )

    found = complaint(path)

    first = {"feeds.bbc": 5, "rules.aleppo": 8, "service.timezone": 3}[name]
    assert f"  {name} is defined twice (first in config.toml:{first})\n" in found
    assert found.startswith("more.toml:")
    assert ("Try: another name" in found) is (name != "service.timezone")


def test_a_section_that_is_a_value_in_one_file_is_defined_twice(tmp_path: Path) -> None:
    path = write(
        tmp_path, config='include = ["more.toml"]\n' + SMALLEST, more="feeds = 5"
    )

    found = complaint(path)

    assert "more.toml:1:1  feeds is defined twice (first in config.toml:2)\n" in found


@pytest.mark.parametrize(
    ("include", "problem"),
    [
        ('"nothing.toml"', "include: there is no file nothing.toml"),
        ('["/nowhere/x.toml"]', "cannot be read: No such file or directory"),
        ('"**x"', "include: Invalid pattern"),
        ('""', "include: Unacceptable pattern"),
        ("5", "include: write a list here"),
        ("[5]", "include.0: write a text in quotes"),
    ],
)
def test_a_wrong_include_is_said(tmp_path: Path, include: str, problem: str) -> None:
    path = write(tmp_path, config=f"include = {include}\n" + SMALLEST)

    found = complaint(path)

    assert problem in found


def test_a_pattern_without_files_is_no_mistake(tmp_path: Path) -> None:
    path = write(tmp_path, config='include = ["rules.d/*.toml"]\n' + SMALLEST)

    found = load(path)

    assert list(found.rules) == ["aleppo"]


def test_an_included_file_includes_no_others(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        config='include = ["more.toml"]\n' + SMALLEST,
        more='include = ["config.toml", "more.toml"]',
    )

    found = complaint(path)

    assert found.startswith(
        "more.toml:1:1  include: only the main file may include others\n"
    )


def test_the_mistakes_of_all_files_come_at_once(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        config='include = ["*.toml"]\n' + SMALLEST,
        a="x = ",
        b="[rules]\n'",
        c="[feeds]\nbbc = 'https://c.example'",
    )

    found = complaint(path)

    assert found.endswith("\n3 problems. Nothing was changed.")
    assert [found.count(f"{name}.toml:") for name in "abc"] == [1, 1, 1]


def test_a_text_is_read_as_a_file_would_be(tmp_path: Path) -> None:
    path = write(tmp_path, config=SMALLEST)

    file, text = read(path), read_text(SMALLEST, path)

    assert file.tables == text.tables
    assert file.files == text.files
    assert loaded(SMALLEST, path).feeds == load(path).feeds
