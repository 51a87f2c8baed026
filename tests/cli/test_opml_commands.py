"""The opml commands: feeds from another reader, and back."""

import tomllib
from html import escape
from pathlib import Path

import pytest

from tests.cli.conftest import Monitor, answer
from tests.desk import Desk

LOCAL = "http://127.0.0.1:9"


def outline(path: str, title: str = "", more: str = "") -> str:
    url = path if "://" in path else f"{LOCAL}{path}"
    return f'<outline text="{escape(title)}" xmlUrl="{escape(url)}" {more}/>'


def folder(name: str, *inner: str) -> str:
    return f'<outline text="{escape(name)}">{"".join(inner)}</outline>'


def opml(*outlines: str) -> str:
    return f'<opml version="2.0"><body>{"".join(outlines)}</body></opml>'


@pytest.fixture
def own(desk: Desk) -> Desk:
    """A desk with one feed, which is not asked for anything."""
    desk.feeds = {"sana": f"{LOCAL}/sana"}
    desk.write()
    return desk


def save(desk: Desk, text: str | bytes, name: str = "list.opml") -> str:
    data = text if isinstance(text, bytes) else text.encode()
    (desk.folder / name).write_bytes(data)
    return name


def added(desk: Desk) -> dict[str, dict[str, object]]:
    """The feeds that were written down."""
    text = (desk.folder / "added.toml").read_text("utf-8")
    found: dict[str, dict[str, object]] = tomllib.loads(text)["feeds"]
    return found


# --- import ---


def test_folders_become_groups_and_what_is_there_is_left_out(
    monitor: Monitor, own: Desk
) -> None:
    save(
        own,
        opml(
            outline("/one", "Radio One"),
            folder("Syria", outline("/sana", "SANA"), outline("/two", "Two")),
            folder("World", folder("Wires", outline("/three", "Three"))),
        ),
    )

    result = monitor("opml", "import", "list.opml")

    assert result.exit_code == 0
    assert added(own) == {
        "radio-one": {"url": f"{LOCAL}/one"},
        "two": {"url": f"{LOCAL}/two", "groups": ["Syria"]},
        "three": {"url": f"{LOCAL}/three", "groups": ["World", "Wires"]},
    }
    assert result.output == (
        "3 feeds added, 1 there already.\n"
        f"  {'radio-one':40} {LOCAL}/one\n"
        f"  {'two':40} {LOCAL}/two\n"
        f"  {'three':40} {LOCAL}/three\n"
        "Written to added.toml.\n"
    )
    assert monitor("check-config").output.startswith("config.toml: OK. 4 feeds")


def test_a_group_for_all_is_added_to_their_own(monitor: Monitor, own: Desk) -> None:
    save(own, opml(outline("/one", "One"), folder("x", outline("/two", "Two"))))

    monitor("opml", "import", "list.opml", "--group", "new", "--group", "x")

    groups = {name: feed["groups"] for name, feed in added(own).items()}
    assert groups == {"one": ["new", "x"], "two": ["x", "new"]}


def test_a_feed_that_stands_there_twice_is_added_once_with_all_its_groups(
    monitor: Monitor, own: Desk
) -> None:
    save(
        own,
        opml(folder("a", outline("/one", "One")), folder("b", outline("/one", "Uno"))),
    )

    result = monitor("opml", "import", "list.opml")

    assert added(own) == {"one": {"url": f"{LOCAL}/one", "groups": ["a", "b"]}}
    assert result.output.startswith("1 feed added.\n")


def test_names_come_from_titles_or_hosts_and_each_is_another(
    monitor: Monitor, own: Desk
) -> None:
    save(
        own,
        opml(
            *(outline(f"/{n}", "SANA") for n in range(3)),
            outline("/host"),
            outline("/arabic", "سانا"),
        ),
    )

    monitor("opml", "import", "list.opml")

    assert list(added(own)) == [
        "sana-2",
        "sana-3",
        "sana-4",
        "127-0-0-1",
        "127-0-0-1-2",
    ]


def test_hostile_titles_groups_and_addresses_are_only_text(
    monitor: Monitor, own: Desk
) -> None:
    url = f"{LOCAL}/\"]'''\\x"
    group = "\"]\\n[service] ''' = { # ünï"
    save(own, opml(folder(group, outline(url, '"]\n[rules]\nx = "y"'))))

    result = monitor("opml", "import", "list.opml")

    assert result.exit_code == 0
    assert added(own) == {"rules-x-y": {"url": url, "groups": [group]}}


def test_a_list_without_anything_new_writes_nothing(
    monitor: Monitor, own: Desk
) -> None:
    save(own, opml(outline("/sana", "SANA")))
    before = (own.folder / "config.toml").read_bytes()

    result = monitor("opml", "import", "list.opml")
    again = monitor("opml", "import", save(own, opml(), "empty.opml"))

    assert result.output == "0 feeds added, 1 there already.\n"
    assert again.output == "0 feeds added.\n"
    assert (result.exit_code, again.exit_code) == (0, 0)
    assert (own.folder / "config.toml").read_bytes() == before
    assert not (own.folder / "added.toml").exists()


def test_a_second_import_adds_what_is_new_since(monitor: Monitor, own: Desk) -> None:
    save(own, opml(outline("/one", "One")))
    monitor("opml", "import", "list.opml")
    save(own, opml(outline("/one", "One"), outline("/two", "Two")))

    result = monitor("opml", "import", "list.opml")

    assert result.output.startswith("1 feed added, 1 there already.\n")
    assert list(added(own)) == ["one", "two"]


def test_of_a_long_list_the_first_are_printed(monitor: Monitor, own: Desk) -> None:
    save(own, opml(*(outline(f"/{n}", f"Feed {n}") for n in range(22))))

    lines = monitor("opml", "import", "list.opml").output.splitlines()

    assert lines[0] == "22 feeds added."
    assert len(lines) == 1 + 20 + 2
    assert lines[-2:] == ["  … and 2 more", "Written to added.toml."]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("", "this is no OPML: it has no <opml> element"),
        ("no list", "this is no OPML: it has no <opml> element"),
        ("<html><body/></html>", "this is a web page, no OPML"),
        ("<rss version='2.0'/>", "this is a feed, no OPML list of feeds"),
        (b"\x00\xff\xfe\x80", "this is no OPML: it has no <opml> element"),
    ],
)
def test_a_file_that_is_no_list_is_status_1_and_says_what_it_is(
    document: str | bytes, said: str, monitor: Monitor, own: Desk
) -> None:
    save(own, document)

    result = monitor("opml", "import", "list.opml")

    assert (result.exit_code, result.output) == (1, "")
    assert result.stderr.startswith(f"list.opml: {said}")
    assert result.stderr.count("\n") == 1
    assert not (own.folder / "added.toml").exists()


def test_a_list_that_is_not_there_is_status_2(monitor: Monitor, own: Desk) -> None:
    result = monitor("opml", "import", "nothing.opml")

    assert result.exit_code == 2
    assert "nothing.opml" in result.stderr
    assert own.told() == []


def test_a_configuration_that_does_not_hold_is_status_2(
    monitor: Monitor, own: Desk
) -> None:
    save(own, opml(outline("/one", "One")))
    path = own.folder / "config.toml"
    path.write_text(f'include = "feeds-*.toml"\n{own.text()}', "utf-8")

    result = monitor("opml", "import", "list.opml")

    assert result.exit_code == 2
    assert 'Try: include = ["added.toml", …]' in result.stderr


def test_an_address_that_cannot_be_asked_does_not_keep_the_others_out(
    monitor: Monitor, own: Desk
) -> None:
    save(
        own,
        opml(outline("http://127.0.0.1:99999/x", "Odd"), outline("/one", "One")),
    )

    result = monitor("opml", "import", "list.opml")

    assert result.exit_code == 0
    assert list(added(own)) == ["one"]


def test_a_password_in_a_list_is_kept_and_not_printed(
    monitor: Monitor, own: Desk
) -> None:
    url = "http://ana:s3cret@127.0.0.1:9/shut"
    save(own, opml(outline(url, "Shut")))

    plain = monitor("opml", "import", "list.opml")
    url_of = added(own)["shut"]["url"]
    (own.folder / "added.toml").write_text("", "utf-8")
    told = monitor("opml", "import", "list.opml", "--json")

    assert url_of == url
    assert f"{LOCAL}/shut" in plain.output
    assert "s3cret" not in plain.output + told.output


# --- export ---


def test_feeds_are_printed_with_their_groups_and_read_back(
    monitor: Monitor, own: Desk
) -> None:
    own.more = (
        f'[feeds.one]\nurl = "{LOCAL}/one"\ngroups = ["World", "Wires"]\n'
        f'outlet = "Radio & <One>"\n'
        f'[feeds."two \\"x\\""]\nurl = "{LOCAL}/two?a=1&b=2"\ngroups = "سوريا"\n'
    )
    own.write()

    save(own, monitor("opml", "export").output)
    own.more, own.feeds = "", {"other": f"{LOCAL}/other"}
    own.write()
    result = monitor("opml", "import", "list.opml")

    assert result.output.startswith("3 feeds added.\n")
    assert added(own) == {
        "sana": {"url": f"{LOCAL}/sana"},
        "radio-one": {"url": f"{LOCAL}/one", "groups": ["World", "Wires"]},
        "two-x": {"url": f"{LOCAL}/two?a=1&b=2", "groups": ["سوريا"]},
    }


def test_what_is_secret_and_programs_are_left_out(monitor: Monitor, own: Desk) -> None:
    own.feeds = {"shut": "http://ana:s3cret@127.0.0.1:9/shut?x=1"}
    own.more = (
        '[feeds.own]\ncommand = ["cat", "own.xml"]\n'
        f'[feeds.basic]\nurl = "{LOCAL}/basic"\n'
        'auth = { user = "ana", password = "s3cret" }\n'
        f'[feeds.header]\nurl = "{LOCAL}/header"\nheaders = {{ X-Key = "s3cret" }}\n'
    )
    own.write()

    result = monitor("opml", "export")

    assert result.exit_code == 0
    assert f'xmlUrl="{LOCAL}/shut?x=1"' in result.output
    assert result.output.count("xmlUrl=") == 3
    for hidden in ("s3cret", "ana", "own"):
        assert hidden not in result.output


def test_the_list_is_dated_by_the_clock(monitor: Monitor, own: Desk) -> None:
    text = monitor("--at", "2026-11-22T12:00:00Z", "opml", "export").output

    assert "<dateCreated>Sun, 22 Nov 2026 12:00:" in text
    assert own.told() == []


def test_a_list_can_be_written_to_a_file(monitor: Monitor, own: Desk) -> None:
    at = ("--at", "2026-11-22T12:00:00Z")
    result = monitor(*at, "opml", "export", "--output", "out.opml")

    text = (own.folder / "out.opml").read_text("utf-8")
    assert result.output == "Wrote 1 feed to out.opml.\n"
    assert f'xmlUrl="{LOCAL}/sana"' in text


def test_a_file_that_cannot_be_written_is_named(monitor: Monitor, own: Desk) -> None:
    result = monitor("opml", "export", "--output", "no/such/out.opml")

    assert result.exit_code == 2
    assert "No such file or directory" in result.stderr
    assert own.told() == []


# --- JSON ---


@pytest.mark.parametrize(
    ("words", "status", "keys"),
    [
        (("import", "list.opml"), 0, {"added", "there", "file"}),
        (("import", "known.opml"), 0, {"added", "there", "file"}),
        (("import", "odd.opml"), 1, {"error", "status"}),
        (("import", "nothing.opml"), 2, {"error", "status"}),
        (("export",), 0, {"opml", "feeds"}),
        (("export", "--output", "out.opml"), 0, {"opml", "feeds"}),
    ],
)
def test_every_answer_is_one_object(
    words: tuple[str, ...],
    status: int,
    keys: set[str],
    monitor: Monitor,
    own: Desk,
) -> None:
    save(own, opml(outline("/one", "One"), outline("/sana")))
    save(own, opml(outline("/sana")), "known.opml")
    save(own, "<html/>", "odd.opml")

    result = monitor("opml", *words, "--json")

    assert result.exit_code == status
    assert result.output.count("\n") == 1
    assert answer(result).keys() == keys


def test_an_import_in_json_names_what_was_added(monitor: Monitor, own: Desk) -> None:
    save(own, opml(outline("/one", "One"), outline("/sana")))

    first = answer(monitor("opml", "import", "list.opml", "--json"))
    again = answer(monitor("opml", "import", "list.opml", "--json"))

    assert first == {"added": ["one"], "there": 1, "file": "added.toml"}
    assert again == {"added": [], "there": 2, "file": ""}


def test_an_export_in_json_is_the_list(monitor: Monitor, own: Desk) -> None:
    found = answer(monitor("--json", "opml", "export"))

    assert found["feeds"] == 1
    assert found["opml"].startswith("<?xml")
    assert Path(own.folder / "config.toml").exists()
