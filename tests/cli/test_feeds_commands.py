"""The feeds commands: list, health, pause, resume, test and add."""

import asyncio
import json
import re
import tomllib
from pathlib import Path

import pytest

from tests.cli.conftest import Monitor, answer
from tests.desk import Desk
from tests.pipeline.test_digests import tell
from tests.site import Answer, Item, Site, rss

NOW = ("--at", "2026-11-22T12:00:00Z")
RSS = "application/rss+xml"
ENTRIES = [Item(guid="1", title="One"), Item(guid="2", title="Two")]
FEED = Answer(rss("Radio Aleppo", ENTRIES), 200, RSS)


def page(*links: str) -> Answer:
    """A page that declares feeds under these addresses."""
    found = "".join(
        f'<link rel="alternate" type="{RSS}" href="{link}">' for link in links
    )
    return Answer(f"<html><head>{found}</head><body>News</body></html>".encode())


def with_user(site: Site, path: str = "") -> str:
    """An address of the site with a user name and a password in it."""
    return site.url.replace("://", "://ana:s3cret@") + path


def added(desk: Desk) -> dict[str, dict[str, object]]:
    """The feeds that were written down."""
    text = (desk.folder / "added.toml").read_text("utf-8")
    found: dict[str, dict[str, object]] = tomllib.loads(text)["feeds"]
    return found


@pytest.fixture
def well(desk: Desk, site: Site) -> Desk:
    """A desk whose only feed was read."""
    tell(site, "One", "Two")
    desk.write()
    desk.run()
    return desk


@pytest.fixture
def mixed(desk: Desk, site: Site) -> Desk:
    """A desk with a feed that is well, one that fails and one that is no feed."""
    desk.feeds = {
        "world": f"{site.url}/feed.xml",
        "gone": with_user(site, "/gone.xml"),
        "page": f"{site.url}/page",
    }
    tell(site, "One", "Two")
    site.page("/page", "A page")
    desk.write()
    desk.run()
    return desk


# --- list, health ---


def test_a_feed_is_listed_with_its_state_and_polls(
    monitor: Monitor, well: Desk
) -> None:
    result = monitor(*NOW, "feeds", "list")

    head, row = result.output.splitlines()
    assert result.exit_code == 0
    assert head.split("  ")[0] == "feed"
    assert row.startswith("world  ok")
    assert "Sun 22 Nov 12:00 +00:00" in row
    assert row.endswith("  2      World")
    assert well.told() == []


def test_a_list_without_feeds_says_so(monitor: Monitor, desk: Desk) -> None:
    text = desk.text().replace(f'world = "{desk.site.url}/feed.xml"', "")
    (desk.folder / "config.toml").write_text(text, "utf-8")

    listed = monitor("feeds", "list")
    judged = monitor("feeds", "health")

    assert listed.output == "No feeds are configured.\n"
    assert (listed.exit_code, judged.exit_code) == (0, 0)
    assert "are well" in judged.output


def test_a_list_says_what_is_wrong_since_when(monitor: Monitor, mixed: Desk) -> None:
    result = monitor(*NOW, "feeds", "list")

    rows = {line.split()[0]: line for line in result.output.splitlines()[1:]}
    assert result.exit_code == 1
    assert "failing since Sun 22 Nov 12:00 +00:00" in rows["gone"]
    assert rows["gone"].endswith("HTTP 404: the address may have changed")
    assert "not a feed since" in rows["page"]
    assert rows["world"].endswith("World")
    assert mixed.site.hits("/feed.xml") == 1  # to look polls nothing


@pytest.mark.parametrize("command", ["list", "health"])
@pytest.mark.parametrize(
    ("scene", "status"),
    [("unread", 0), ("well", 0), ("failing", 1), ("paused", 0), ("mended", 0)],
)
def test_the_status_is_1_only_when_a_feed_cannot_be_read(
    command: str, scene: str, status: int, monitor: Monitor, desk: Desk, site: Site
) -> None:
    desk.write()
    if scene != "unread":
        if scene == "well":
            tell(site, "One")
        desk.run()
    if scene == "paused":
        monitor("feeds", "pause", "world")
    if scene == "mended":
        tell(site, "One")
        desk.run(all_feeds=True)

    result = monitor(*NOW, "feeds", command)

    assert result.exit_code == status


def test_a_feed_that_is_asked_for_alone_decides_the_status(
    monitor: Monitor, mixed: Desk
) -> None:
    good = monitor(*NOW, "feeds", "health", "world")
    bad = monitor(*NOW, "feeds", "health", "world", "gone")

    assert mixed.feeds.keys() == {"world", "gone", "page"}
    assert (good.exit_code, bad.exit_code) == (0, 1)
    assert good.output.startswith("world: ok\n")
    assert "gone: failing" in bad.output
    assert "page" not in bad.output


def test_health_says_what_it_is_and_what_to_do(monitor: Monitor, mixed: Desk) -> None:
    result = monitor(*NOW, "feeds", "health")

    gone, odd = result.output.strip().split("\n\n")
    assert gone.startswith("gone: failing since Sun 22 Nov 12:00 +00:00\n")
    assert "  it says   HTTP 404: the address may have changed\n" in gone
    assert "monitor feeds add SITE" in gone
    assert "  polls     last read never, next poll Sun 22 Nov" in gone
    assert odd.startswith("page: not a feed")
    assert f"  address   {mixed.site.url}/page" in odd
    assert "world" not in result.output


def test_health_of_feeds_that_are_well_says_so(monitor: Monitor, well: Desk) -> None:
    result = monitor(*NOW, "feeds", "health")

    assert re.fullmatch(r"The only feed is well\.\n", result.output)
    assert well.site.hits("/feed.xml") == 1


def test_health_names_what_is_special_about_a_feed(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    desk.more = f'[feeds.odd]\nurl = "{site.url}/odd.xml"\nverify = false\n'
    tell(site, "One")
    site.answers["/odd.xml"] = FEED
    desk.write()
    desk.run()

    special = monitor(*NOW, "feeds", "health", "odd").output
    usual = monitor(*NOW, "feeds", "health", "world").output

    assert "any certificate is accepted (verify = false)" in special
    assert "new entries a day" in special
    assert "TLS" not in usual


@pytest.mark.parametrize(
    "words", [("health", "wrold"), ("pause", "wrold"), ("resume", "wrold")]
)
def test_an_unknown_feed_is_answered_with_those_that_are_there(
    words: tuple[str, ...], monitor: Monitor, well: Desk
) -> None:
    result = monitor("feeds", *words)

    assert result.exit_code == 2
    assert "there is no feed 'wrold'; the feeds are world" in result.stderr
    assert well.told() == []


# --- pause, resume ---


def test_a_paused_feed_is_shown_as_paused_until_it_is_resumed(
    monitor: Monitor, well: Desk
) -> None:
    paused = monitor(*NOW, "feeds", "pause", "world")
    listed = monitor(*NOW, "feeds", "list")
    judged = monitor(*NOW, "feeds", "health")
    resumed = monitor(*NOW, "feeds", "resume", "world")
    again = monitor(*NOW, "feeds", "health")

    assert paused.output == ("Feed world is paused (monitor feeds resume world).\n")
    assert "paused since Sun 22 Nov 12:00 +00:00" in listed.output
    assert listed.output.count("paused") == 2  # no next poll either
    assert "monitor feeds resume world polls it again" in judged.output
    assert "next poll when it is resumed" in judged.output
    assert resumed.output == "Feed world is polled again at the next run.\n"
    assert "world" not in again.output
    assert well.site.hits("/feed.xml") == 1


def test_pause_and_resume_reach_a_service_that_runs(
    monitor: Monitor, well: Desk
) -> None:
    async def scene() -> list[int]:
        hits = []
        daemon = well.daemon()
        await daemon.open()
        try:
            for command in ("pause", "resume"):
                done = await asyncio.to_thread(monitor, *NOW, "feeds", command, "world")
                assert done.exit_code == 0
                await daemon.check_once(all_feeds=True)
                hits.append(well.site.hits("/feed.xml"))
        finally:
            await daemon.close()
        return hits

    hits = asyncio.run(scene())

    assert hits == [1, 2]


@pytest.mark.parametrize("command", ["pause", "resume"])
def test_a_feed_that_the_database_does_not_know_yet_is_not_changed(
    command: str, monitor: Monitor, desk: Desk
) -> None:
    desk.write()

    result = monitor("feeds", command, "world")

    assert result.exit_code == 2
    assert "was not read yet: run check-once first" in result.stderr


# --- test ---


def test_a_feed_is_read_by_its_name_and_nothing_is_stored(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    tell(site, "One", "Two")
    desk.write()

    result = monitor("feeds", "test", "world")

    assert result.exit_code == 0
    assert result.output.startswith("World: rss20, 2 entries\n")
    assert not (desk.folder / "monitor.db").exists()


def test_a_feed_is_read_by_its_address(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    site.answers["/new.xml"] = FEED
    desk.write()

    result = monitor("feeds", "test", f"{site.url}/new.xml")

    assert result.output.startswith("Radio Aleppo: rss20, 2 entries\n")


def test_an_address_needs_no_configuration_but_private_networks_are_refused(
    monitor: Monitor, site: Site, tmp_path: Path
) -> None:
    site.answers["/new.xml"] = FEED

    result = monitor("feeds", "test", f"{site.url}/new.xml")

    assert list(tmp_path.iterdir()) == []
    assert result.exit_code == 1
    assert "127.0.0.1 is not a public address" in result.stderr
    assert site.requests == []


def test_a_feed_that_is_a_program_is_run_in_the_folder_of_the_configuration(
    monitor: Monitor, desk: Desk
) -> None:
    desk.more = '[feeds.own]\ncommand = ["cat", "own.xml"]\n'
    (desk.folder / "own.xml").write_bytes(FEED.body)
    desk.write()

    good = monitor("feeds", "test", "own")
    (desk.folder / "own.xml").unlink()
    bad = monitor("feeds", "test", "own")

    assert good.output.startswith("Radio Aleppo: rss20, 2 entries\n")
    assert bad.exit_code == 1
    assert "the program failed with status 1: cat: own.xml" in bad.stderr


def test_a_program_that_prints_no_feed_is_named(monitor: Monitor, desk: Desk) -> None:
    desk.more = '[feeds.own]\ncommand = ["echo", "no feed"]\n'
    desk.write()

    result = monitor("feeds", "test", "own")

    assert result.exit_code == 1
    assert result.stderr.startswith("echo: ")


def test_a_feed_with_a_password_is_asked_with_it(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    desk.more = (
        f'[feeds.shut]\nurl = "{site.url}/shut.xml"\n'
        'auth = { user = "ana", password = "s3cret" }\n'
    )
    site.answers["/shut.xml"] = FEED
    desk.write()

    result = monitor("feeds", "test", "shut")

    assert result.exit_code == 0
    assert "Authorization" in site.requests[-1][1]
    assert "s3cret" not in result.output + result.stderr


def test_a_feed_that_is_ill_formed_but_readable_is_called_so(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    body = rss("", ENTRIES).replace(b"</channel>", b"<oops></channel>")
    site.answers["/odd.xml"] = Answer(body, 200, RSS)
    desk.write()

    result = monitor("feeds", "test", f"{site.url}/odd.xml")

    assert "2 entries, ill-formed but readable" in result.output
    assert result.output.startswith(f"{site.url}/odd.xml: ")


@pytest.mark.parametrize(
    ("answered", "said"),
    [
        (Answer(b"", 404), "HTTP 404: the address may have changed"),
        (Answer(b"", 200), "the answer is empty"),
        (page(), "/new.xml: "),
    ],
)
def test_what_cannot_be_read_is_status_1_with_the_reason(
    answered: Answer, said: str, monitor: Monitor, desk: Desk, site: Site
) -> None:
    site.answers["/new.xml"] = answered
    desk.write()

    result = monitor("feeds", "test", f"{site.url}/new.xml")

    assert (result.exit_code, result.output) == (1, "")
    assert said in result.stderr


def test_a_name_without_a_configuration_or_of_no_feed_is_status_2(
    monitor: Monitor, desk: Desk
) -> None:
    alone = monitor("feeds", "test", "world")
    desk.write()
    unknown = monitor("feeds", "test", "wrold")

    assert alone.exit_code == 2
    assert "monitor init" in alone.stderr
    assert unknown.exit_code == 2
    assert "the feeds are world" in unknown.stderr


# --- add ---


def test_the_feed_of_a_site_is_found_on_its_page_and_written_down(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    desk.write()
    site.answers["/"] = page("/news/rss", "/sport/rss")
    site.answers["/news/rss"] = FEED

    result = monitor("feeds", "add", f"{site.url}/", "--group", "syria")
    checked = monitor("check-config")

    assert result.exit_code == 0
    assert result.output.startswith("Radio Aleppo: 2 entries\n")
    assert added(desk) == {
        "radio-aleppo": {"url": f"{site.url}/news/rss", "groups": ["syria"]}
    }
    assert "2 feeds" in checked.output


def test_what_was_written_and_the_other_feeds_are_printed(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    desk.write()
    site.answers["/"] = page(*(f"/{n}.xml" for n in range(9)))
    site.answers["/0.xml"] = FEED

    text = monitor("feeds", "add", f"{site.url}/").output

    assert (desk.folder / "added.toml").read_text("utf-8") in text
    assert "Written to added.toml. Its entries are the silent start" in text
    assert text.partition("The site has other feeds:\n")[2] == "".join(
        f"  {site.url}/{n}.xml\n" for n in range(1, 6)
    )


def test_a_feeds_own_address_is_taken_as_it_is(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    desk.write()
    site.answers["/mine.xml"] = FEED

    result = monitor("feeds", "add", f"{site.url}/mine.xml", "--name", "Radio")

    assert added(desk) == {"Radio": {"url": f"{site.url}/mine.xml"}}
    assert "other feeds" not in result.output
    assert [path for path, _ in site.requests] == ["/mine.xml"]


def test_an_address_that_leads_on_is_written_as_it_was_given(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    desk.write()
    site.answers["/feed"] = Answer(status=302, headers={"Location": "/new.xml"})
    site.answers["/new.xml"] = FEED

    monitor("feeds", "add", f"{site.url}/feed")

    assert added(desk)["radio-aleppo"]["url"] == f"{site.url}/feed"


def test_a_feed_without_a_title_is_called_after_its_host(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    desk.write()
    site.answers["/mine.xml"] = Answer(rss("", ENTRIES), 200, RSS)

    result = monitor("feeds", "add", f"{site.url}/mine.xml")

    assert list(added(desk)) == ["127-0-0-1"]
    assert result.output.startswith(f"{site.url}/mine.xml: 2 entries\n")


def test_a_name_that_is_taken_gets_a_number(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    desk.write()
    site.answers["/mine.xml"] = Answer(rss("World", ENTRIES), 200, RSS)

    monitor("feeds", "add", f"{site.url}/mine.xml")

    assert list(added(desk)) == ["world-2"]


def test_a_feed_that_was_added_is_read_at_the_next_run_in_silence(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    tell(site, "old")
    site.answers["/mine.xml"] = FEED
    desk.write()
    monitor("feeds", "add", f"{site.url}/mine.xml")

    result = monitor("--json", "check-once")

    assert answer(result)["polled"] == 2
    assert desk.told() == []


def test_a_name_that_is_there_already_is_refused_before_anything_is_asked(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    desk.write()

    result = monitor("feeds", "add", f"{site.url}/mine.xml", "--name", "world")

    assert result.exit_code == 2
    assert "there is a feed 'world' already" in result.stderr
    assert site.requests == []
    assert not (desk.folder / "added.toml").exists()


@pytest.mark.parametrize("path", ["/feed.xml", "/"])
def test_a_feed_that_is_there_already_is_refused(
    path: str, monitor: Monitor, desk: Desk, site: Site
) -> None:
    tell(site, "One")
    site.answers["/"] = page("/feed.xml")
    desk.write()

    result = monitor("feeds", "add", site.url + path)

    assert result.exit_code == 2
    assert "that feed is there already, as 'world'" in result.stderr
    assert not (desk.folder / "added.toml").exists()


def test_a_name_that_is_none_changes_nothing(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    site.answers["/mine.xml"] = FEED
    desk.write()

    result = monitor("feeds", "add", f"{site.url}/mine.xml", "--name", " ")

    assert result.exit_code == 2
    assert "is no name" in result.stderr
    assert sorted(path.name for path in desk.folder.iterdir()) == ["config.toml"]


def test_a_site_with_a_hostile_feed_writes_no_more_than_a_feed(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    title = '"]\n[service]\ndatabase = "sqlite:/dev/null"\n\u202e'
    site.answers["/"] = page("/a]\\x.xml?&#39;&#39;&#39;&#34;=")
    site.answers["/a]\\x.xml?'''%22="] = Answer(rss(title, ENTRIES), 200, RSS)
    desk.write()

    result = monitor("feeds", "add", f"{site.url}/", "--group", '"]\n[x]')

    feed = {"url": f"{site.url}/a]\\x.xml?'''\"=", "groups": ['"]\n[x]']}
    assert result.exit_code == 0
    assert added(desk) == {"service-database-sqlite-dev-null": feed}
    assert "\u202e" not in result.output


def test_an_include_that_can_take_no_feed_names_the_way_out(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    site.answers["/mine.xml"] = FEED
    path = desk.write()
    path.write_text(f'include = "feeds-*.toml"\n{desk.text()}', "utf-8")

    result = monitor("feeds", "add", f"{site.url}/mine.xml")

    assert result.exit_code == 2
    assert 'Try: include = ["added.toml", …]' in result.stderr


def test_a_file_that_cannot_be_written_is_named(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    site.answers["/mine.xml"] = FEED
    desk.write()
    (desk.folder / "added.toml").mkdir()

    result = monitor("feeds", "add", f"{site.url}/mine.xml")

    assert result.exit_code == 2
    assert "added.toml" in result.stderr


# --- secrets in addresses ---


@pytest.mark.parametrize("more", [(), ("--json",)])
@pytest.mark.parametrize(
    "words",
    [
        ("feeds", "list"),
        ("feeds", "health"),
        ("feeds", "health", "shut"),
        ("feeds", "test", "shut"),
        ("feeds", "test", "URL"),
        ("feeds", "add", "URL"),
        ("feeds", "add", "NOTHING"),
    ],
)
def test_a_password_in_an_address_is_never_printed(
    words: tuple[str, ...],
    more: tuple[str, ...],
    monitor: Monitor,
    desk: Desk,
    site: Site,
) -> None:
    url = with_user(site, "/shut.xml")
    desk.feeds = {"shut": url, "gone": with_user(site, "/gone.xml")}
    site.answers["/shut.xml"] = Answer(rss("", ENTRIES), 200, RSS)
    desk.write()
    desk.run()
    given = [
        {"URL": url, "NOTHING": with_user(site, "/nothing")}.get(w, w) for w in words
    ]

    result = monitor(*NOW, *given, *more)

    assert result.output + result.stderr
    assert "s3cret" not in result.output + result.stderr


@pytest.mark.parametrize(
    "more",
    [
        pytest.param(()),
        ("--json",),
    ],
)
@pytest.mark.parametrize("path", ["/", "/0.xml"])
def test_a_password_of_a_new_feed_is_written_down_and_not_printed(
    path: str, more: tuple[str, ...], monitor: Monitor, desk: Desk, site: Site
) -> None:
    site.answers["/"] = page("/0.xml", "/1.xml", "/2.xml")
    site.answers["/0.xml"] = FEED
    desk.write()

    result = monitor("feeds", "add", with_user(site, path), *more)

    assert added(desk)["radio-aleppo"]["url"] == with_user(site, "/0.xml")
    assert "s3cret" not in result.output + result.stderr


# --- JSON ---


@pytest.mark.parametrize(
    ("words", "status", "keys"),
    [
        (("list",), 1, {"feeds"}),
        (("health",), 1, {"feeds"}),
        (("health", "world"), 0, {"feeds"}),
        (("health", "wrold"), 2, {"error", "status"}),
        (("pause", "world"), 0, {"feed", "done"}),
        (("resume", "world"), 0, {"feed", "done"}),
        (("resume", "wrold"), 2, {"error", "status"}),
        (("test", "world"), 0, {"url", "title", "entries"}),
        (("test", "gone"), 1, {"error", "status"}),
        (("add", "NEW"), 0, {"feed", "url", "file", "others"}),
        (("add", "KNOWN"), 2, {"error", "status"}),
        (("add", "https://"), 1, {"error", "status"}),
    ],
)
def test_every_answer_is_one_object(
    words: tuple[str, ...],
    status: int,
    keys: set[str],
    monitor: Monitor,
    mixed: Desk,
    site: Site,
) -> None:
    site.answers["/new.xml"] = FEED
    urls = {"NEW": f"{site.url}/new.xml", "KNOWN": f"{site.url}/feed.xml"}
    given = [urls.get(word, word) for word in words]

    result = monitor(*NOW, "feeds", *given, "--json")

    assert result.exit_code == status
    assert mixed.told() == []
    assert result.output.count("\n") == 1
    assert answer(result).keys() == keys


def test_states_and_entries_are_told_in_json(monitor: Monitor, mixed: Desk) -> None:
    listed = answer(monitor(*NOW, "--json", "feeds", "list"))["feeds"]
    read = answer(monitor("--json", "feeds", "test", "world"))

    states = {feed["name"]: (feed["state"], feed["url"]) for feed in listed}
    assert states == {
        "gone": ("failing", f"{mixed.site.url}/gone.xml"),
        "page": ("not a feed", f"{mixed.site.url}/page"),
        "world": ("ok", f"{mixed.site.url}/feed.xml"),
    }
    assert [entry["title"] for entry in read["entries"]] == ["One", "Two"]
    assert json.dumps(listed)


def test_other_feeds_are_told_in_json(monitor: Monitor, desk: Desk, site: Site) -> None:
    desk.write()
    site.answers["/"] = page("/0.xml", "/1.xml")
    site.answers["/0.xml"] = FEED

    found = answer(monitor("feeds", "add", f"{site.url}/", "--json"))

    assert found == {
        "feed": "radio-aleppo",
        "url": f"{site.url}/0.xml",
        "file": "added.toml",
        "others": [f"{site.url}/1.xml"],
    }
