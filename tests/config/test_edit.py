"""Feeds that are written into a configuration: what is added, and what stays."""

import re
import stat
import string
import tomllib
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.config import load
from monitor.config.edit import ADDED, NewFeed, NewRule, add, begin, name_for
from monitor.errors import ConfigError

OWN = """\
# My desk.
[feeds]   # by hand
bbc = "http://127.0.0.1/bbc"

[rules]
aleppo = 'Aleppo AND airstrike'  # "both"
"""
SANA = NewFeed(name="sana", url="http://127.0.0.1/sana")
WAFA = NewFeed(name="wafa", url="http://127.0.0.1/wafa", groups=("syria", "wires"))
BROKEN = NewFeed(name="broken", url="ftp://127.0.0.1/feed")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(OWN, "utf-8")
    return path


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def include(config: Path, line: str) -> None:
    config.write_text(f"include = {line}\n\n{OWN}", "utf-8")


# --- where they go ---


def test_a_first_feed_makes_a_file_and_includes_it_before_the_rest(
    config: Path,
) -> None:
    written = add(config, [SANA])

    assert written == config.parent / "added.toml"
    assert written.read_text("utf-8") == (
        '[feeds.sana]\nurl = "http://127.0.0.1/sana"\n'
    )
    assert config.read_text("utf-8") == f'include = ["added.toml"]\n\n{OWN}'
    assert sorted(load(config).feeds) == ["bbc", "sana"]


def test_an_empty_configuration_takes_a_feed(config: Path) -> None:
    config.write_text("", "utf-8")

    add(config, [SANA])

    assert list(load(config).feeds) == ["sana"]


def test_a_relative_path_is_enough(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(config.parent)

    written = add(Path("config.toml"), [SANA])

    assert written == Path("added.toml")
    assert "sana" in load(config).feeds


def test_several_feeds_are_written_at_once_with_their_groups(config: Path) -> None:
    written = add(config, [SANA, WAFA])

    assert written.read_text("utf-8") == (
        '[feeds.sana]\nurl = "http://127.0.0.1/sana"\n'
        '\n[feeds.wafa]\nurl = "http://127.0.0.1/wafa"\ngroups = ["syria", "wires"]\n'
    )
    assert load(config).feeds["wafa"].groups == ("syria", "wires")


def test_further_feeds_are_appended_and_nothing_is_included_twice(
    config: Path,
) -> None:
    add(config, [SANA])
    before = files(config.parent)

    add(config, [WAFA])

    after = files(config.parent)
    assert after["config.toml"] == before["config.toml"]
    assert after["added.toml"].startswith(before["added.toml"] + b"\n[feeds.wafa]")
    assert sorted(load(config).feeds) == ["bbc", "sana", "wafa"]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('"mine.toml"', "mine.toml"),
        ('["mine.toml"]', "mine.toml"),
        ('["sub/mine.toml", "*.toml"]', "sub/mine.toml"),
        ('"*.toml"', "added.toml"),
        ('["sub/*.toml"]', "sub/added.toml"),
        ('["new/*.toml"]', "new/added.toml"),
        ('["./sub/add*.toml"]', "sub/added.toml"),
        ('["[ms]ine.toml", "?dd*"]', "added.toml"),
        ('["feeds-*.toml", "sub/*"]', "sub/added.toml"),
        ('["*/*.toml", "[ab]*.toml"]', "added.toml"),
    ],
)
def test_feeds_go_where_the_first_include_takes_them(
    config: Path, line: str, name: str
) -> None:
    (config.parent / "sub").mkdir()
    for there in ("mine.toml", "sub/mine.toml"):
        (config.parent / there).write_text("# mine\n", "utf-8")
    include(config, line)
    before = config.read_bytes()

    written = add(config, [SANA])

    assert written == config.parent / name
    assert config.read_bytes() == before
    assert "sana" in load(config).feeds


def test_an_include_by_its_whole_path_takes_them(config: Path) -> None:
    mine = config.parent / "mine.toml"
    mine.write_text("# mine\n", "utf-8")
    include(config, f'"{mine}"')

    written = add(config, [SANA])

    assert written == mine
    assert "sana" in load(config).feeds


@pytest.mark.parametrize(
    "line", ["[]", '["feeds-*.toml"]', '["*/*.toml"]', '["**/*.toml", "x?*.toml"]']
)
def test_includes_that_can_take_none_are_refused_with_the_way_out(
    config: Path, line: str
) -> None:
    include(config, line)
    before = files(config.parent)

    with pytest.raises(ConfigError) as raised:
        add(config, [SANA])

    said = str(raised.value)
    assert f"{config}  include: none of these can take added.toml" in said
    assert 'Try: include = ["added.toml", …]' in said
    assert files(config.parent) == before


def test_a_pattern_for_folders_is_not_taken_for_the_name_of_one(config: Path) -> None:
    (config.parent / "conf1").mkdir()
    include(config, '["conf[12]/*.toml", "*.toml"]')

    written = add(config, [SANA])

    assert written == config.parent / ADDED
    assert "sana" in load(config).feeds


# --- what a person wrote stays ---


def test_comments_and_text_of_the_included_file_stay(config: Path) -> None:
    mine = config.parent / "mine.toml"
    text = "# Wires.\n[feeds]\nreuters = 'http://127.0.0.1/r' # slow\n# no newline"
    mine.write_text(text, "utf-8")
    include(config, '"mine.toml"')

    add(config, [SANA])

    assert mine.read_text("utf-8").startswith(text + "\n[feeds.sana]\n")
    assert sorted(load(config).feeds) == ["bbc", "reuters", "sana"]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o664])
def test_the_rights_of_the_files_stay(config: Path, mode: int) -> None:
    config.chmod(mode)
    (config.parent / ADDED).write_text("# mine\n", "utf-8")
    (config.parent / ADDED).chmod(mode)

    written = add(config, [SANA])

    found = [stat.S_IMODE(path.stat().st_mode) for path in (config, written)]
    assert found == [mode, mode]


def test_nothing_is_left_beside_the_files(config: Path) -> None:
    add(config, [SANA])

    assert sorted(files(config.parent)) == ["added.toml", "config.toml"]


def test_a_link_to_the_configuration_stays_a_link(config: Path) -> None:
    real = config.rename(config.with_name("real.toml"))
    config.symlink_to(real)

    add(config, [SANA])

    assert config.is_symlink()
    assert real.read_text("utf-8").startswith('include = ["added.toml"]')


def test_a_file_with_a_byte_order_mark_takes_a_feed(config: Path) -> None:
    config.write_bytes(b"\xef\xbb\xbf" + OWN.encode())

    add(config, [SANA])

    assert "sana" in load(config).feeds


def test_the_ends_of_lines_stay(config: Path) -> None:
    config.write_bytes(OWN.replace("\n", "\r\n").encode())

    add(config, [SANA])

    assert config.read_bytes().endswith(OWN.replace("\n", "\r\n").encode())


# --- all or nothing ---


def test_a_configuration_that_is_wrong_already_is_left_alone(config: Path) -> None:
    config.write_text("[feeds]\nbbc = 1\n", "utf-8")
    before = files(config.parent)

    with pytest.raises(ConfigError, match=r"feeds\.bbc"):
        add(config, [SANA])

    assert files(config.parent) == before


@pytest.mark.parametrize("line", ["", '"mine.toml"', '["sub/*.toml"]'])
@pytest.mark.parametrize(
    "wrong",
    [
        BROKEN,
        NewFeed(name="", url="http://127.0.0.1/"),
        NewFeed(name="two\nlines", url="http://127.0.0.1/"),
        NewFeed(name="bbc", url="http://127.0.0.1/other"),
    ],
)
def test_everything_is_put_back_if_the_configuration_does_not_hold(
    config: Path, line: str, wrong: NewFeed
) -> None:
    (config.parent / "mine.toml").write_text("# mine\n", "utf-8")
    if line:
        include(config, line)
    before = files(config.parent)

    with pytest.raises(ConfigError, match="feeds"):
        add(config, [SANA, wrong])

    assert files(config.parent) == before
    assert "bbc" in load(config).feeds


def test_a_file_that_is_not_included_yet_and_is_wrong_is_put_back(
    config: Path,
) -> None:
    (config.parent / ADDED).write_text("[feeds.old]\nurl = 1\n", "utf-8")
    before = files(config.parent)

    with pytest.raises(ConfigError, match=r"feeds\.old"):
        add(config, [SANA])

    assert files(config.parent) == before


def block_config(config: Path) -> None:
    (config.parent / ".config.toml.new").mkdir()


def block_added(config: Path) -> None:
    (config.parent / f".{ADDED}.new").mkdir()


def block_reading(config: Path) -> None:
    (config.parent / ADDED).mkdir()


def block_folder(config: Path) -> None:
    (config.parent / "sub").write_text("# no folder\n", "utf-8")
    include(config, '["sub/*.toml"]')


@pytest.mark.parametrize(
    "obstacle", [block_config, block_added, block_reading, block_folder]
)
def test_everything_is_put_back_if_a_file_cannot_be_written(
    config: Path, obstacle: Callable[[Path], None]
) -> None:
    obstacle(config)
    before = files(config.parent)

    with pytest.raises((OSError, ConfigError), match=r"director|exists|no file"):
        add(config, [SANA])

    assert files(config.parent) == before


def test_what_is_no_text_is_refused_and_leaves_nothing(config: Path) -> None:
    odd = NewFeed(name="odd", url="http://127.0.0.1/", groups=("\udcff",))

    with pytest.raises(ConfigError):
        add(config, [odd])

    assert sorted(files(config.parent)) == ["config.toml"]


# --- how they are written ---

HOSTILE = "\"'\\\n\r\t\0\x07\x1b\x7f\x85\u2028\u202e#=[]{}.é\U0001f4f0 \\u0041 '''"


@given(
    st.text(max_size=30),
    st.text(max_size=60),
    st.lists(st.text(max_size=20)).map(tuple),
)
@example(HOSTILE, HOSTILE, (HOSTILE, ""))
@example('x"]\n[service]\ndatabase="', 'http://a/"\nevil = "', ('"]\nevil = ["',))
@example("a.b", "true", ("1",))
def test_what_was_written_is_read_back_as_it_was(
    name: str, url: str, groups: tuple[str, ...]
) -> None:
    new = NewFeed(name=name, url=url, groups=groups)

    found = tomllib.loads(new.lines)

    expected = {"url": url} | ({"groups": list(groups)} if groups else {})
    assert found == {"feeds": {name: expected}}


PRINTABLE = st.text(min_size=1, max_size=40).filter(
    lambda text: text.strip() and text.isprintable()
)
PATH = st.text(
    string.ascii_letters + "\"'\\#=[]{}.é\u2028\x7f\x85%20", max_size=20
).map("http://127.0.0.1/".__add__)


@settings(max_examples=50, deadline=None)
@given(
    st.dictionaries(
        PRINTABLE,
        st.tuples(PATH, st.lists(st.text(max_size=20))),
        min_size=1,
        max_size=4,
    )
)
@example({'x"]': ("http://127.0.0.1/", [HOSTILE])})
def test_feeds_are_loaded_as_they_were_added(
    wanted: dict[str, tuple[str, list[str]]],
) -> None:
    new = [
        NewFeed(name=name, url=url, groups=tuple(groups))
        for name, (url, groups) in wanted.items()
    ]
    with TemporaryDirectory() as folder:
        config = Path(folder) / "config.toml"
        config.touch()

        for one in new:
            add(config, [one])

        feeds = load(config).feeds
    found = {name: (feed.url, list(feed.groups)) for name, feed in feeds.items()}
    expected = {name: (url.strip(), groups) for name, (url, groups) in wanted.items()}
    assert found == expected


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("sana", "[feeds.sana]"),
        ("SANA_2-en", "[feeds.SANA_2-en]"),
        ("BBC News", '[feeds."BBC News"]'),
        ("bbc.co.uk", '[feeds."bbc.co.uk"]'),
        ("سانا", '[feeds."سانا"]'),
        ("²", '[feeds."²"]'),
        ('say "x"', r'[feeds."say \"x\""]'),
    ],
)
def test_a_name_is_quoted_where_it_has_to_be(name: str, written: str) -> None:
    lines = NewFeed(name=name, url="http://127.0.0.1/").lines

    assert lines.splitlines()[0] == written


# --- their names ---


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("BBC News", "bbc-news"),
        ("  Le Monde – À la une !  ", "le-monde-a-la-une"),
        ("bbc.co.uk", "bbc-co-uk"),
        ("ﬁnance ①", "finance-1"),
        ('<b>News</b> & "more"\n', "b-news-b-more"),
        ("a" * 39 + " bc", "a" * 39),
        ("a" * 60, "a" * 40),
        ("--__--", "feed"),
        ("", "feed"),
        ("سانا", "feed"),
    ],
)
def test_a_name_is_short_and_plain(title: str, name: str) -> None:
    assert name_for([title], ()) == name


def test_a_name_that_is_taken_gets_a_number() -> None:
    taken = {"bbc-news": 1, "bbc-news-2": 2}

    name = name_for(["BBC News"], taken)

    assert name == "bbc-news-3"


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text(max_size=80) | st.sampled_from("ab"), max_size=4))
def test_names_are_readable_and_each_is_another(titles: list[str]) -> None:
    taken: list[str] = []

    for title in titles:
        taken.append(name_for([title], taken))

    assert len(set(taken)) == len(titles)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in taken)
    assert max(map(len, taken), default=0) <= 42


def test_a_name_costs_no_more_than_the_names_that_are_tried() -> None:
    tracemalloc.start()

    name_for(["BBC News"], ())

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100_000


# --- rules ---


def test_a_rule_is_written_as_people_write_it(config: Path) -> None:
    written = add(config, [NewRule(name="soap", query='"Aleppo soap" OR savon')])

    assert written.read_text("utf-8") == (
        "[rules.soap]\nquery = '\"Aleppo soap\" OR savon'\n"
    )


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=8))
def test_every_query_is_read_as_it_was_written(text: str) -> None:
    lines = NewRule(name="odd", query=text).lines

    assert tomllib.loads(lines)["rules"]["odd"]["query"] == text


def test_a_first_configuration_has_a_subscriber_for_the_rule(tmp_path: Path) -> None:
    path = tmp_path / "syria.toml"

    begin(path, [SANA, NewRule(name="soap", query="soap")], "soap")

    made = load(path)
    assert list(made.feeds) == ["sana"]
    assert made.subscribers["me"].rules == ("soap",)


def test_a_first_configuration_that_would_not_hold_is_not_written(
    tmp_path: Path,
) -> None:
    with pytest.raises(ConfigError):
        begin(tmp_path / "new.toml", [BROKEN], "none")

    assert not files(tmp_path)


def test_a_folder_that_is_not_there_is_made(config: Path) -> None:
    include(config, '["no/such/*.toml"]')

    written = add(config, [SANA])

    assert written == config.parent / "no" / "such" / ADDED
