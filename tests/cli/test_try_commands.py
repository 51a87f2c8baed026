"""try --save: what was tried is kept in a file of its own, or begins one."""

from pathlib import Path

import pytest

from monitor.config import Config, load
from tests.cli.conftest import Monitor, Result, answer
from tests.desk import Desk
from tests.pipeline.test_digests import tell
from tests.site import Site

QUERY = "Aleppo AND soap"


@pytest.fixture
def feed(site: Site) -> str:
    """A feed with one article that meets the query and one that does not."""
    tell(site, "Aleppo soap sells well", "Other news")
    return f"{site.url}/feed.xml"


def saved() -> Config:
    return load(Path("config.toml"))


@pytest.fixture
def other(site: Site) -> str:
    """The same under an address that the desk does not know."""
    site.answers["/other.xml"] = site.answers["/feed.xml"]
    return f"{site.url}/other.xml"


def keep(monitor: Monitor, *words: str, file: str = "added.toml") -> Result:
    return monitor("try", "--save", file, *words)


def test_a_rule_that_is_kept_joins_the_configuration(
    monitor: Monitor, desk: Desk, feed: str
) -> None:
    desk.write()

    result = keep(monitor, QUERY, feed)

    assert saved().queries["aleppo-and-soap"] == QUERY
    assert Path("added.toml").read_text("utf-8") == (
        "[rules.aleppo-and-soap]\nquery = 'Aleppo AND soap'\n"
    )
    assert 'Nobody gets it yet: put "aleppo-and-soap"' in result.output


def test_a_feed_that_is_not_there_yet_is_kept_with_the_rule(
    monitor: Monitor, desk: Desk, feed: str, other: str
) -> None:
    desk.write()

    keep(monitor, QUERY, feed, other)

    assert {n: f.url for n, f in saved().feeds.items()} == {
        "world": feed,
        "world-2": other,
    }


def test_a_rule_of_the_configuration_is_not_kept_again(
    monitor: Monitor, desk: Desk, feed: str, other: str
) -> None:
    tell_rule = desk.write()

    result = keep(monitor, "aleppo", feed, other)

    assert list(load(tell_rule).rules) == ["aleppo"]
    assert "It counts from the next start of the service on." in result.output


def test_the_file_may_be_the_configuration_itself(
    monitor: Monitor, desk: Desk, feed: str
) -> None:
    path = desk.write()

    keep(monitor, QUERY, feed, file="config.toml")

    assert path.read_text("utf-8").startswith(desk.text())
    assert "aleppo-and-soap" in saved().rules


def test_a_file_that_is_not_included_is_refused_and_nothing_is_written(
    monitor: Monitor, desk: Desk, feed: str
) -> None:
    path = desk.write()
    Path("own.toml").write_text("", "utf-8")
    path.write_text(f'include = "own.toml"\n{desk.text()}', "utf-8")

    result = keep(monitor, QUERY, feed, file="kept.toml")

    assert result.exit_code == 2
    assert "include: kept.toml is not among these" in result.stderr
    assert not Path("kept.toml").exists()


def test_a_query_without_latin_letters_gets_a_plain_name(
    monitor: Monitor, desk: Desk, feed: str
) -> None:
    desk.write()

    keep(monitor, "حلب", feed)

    assert saved().queries["rule"] == "حلب"


def test_a_feed_that_cannot_be_read_is_not_kept(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    desk.write()

    result = keep(monitor, QUERY, f"{site.url}/nothing")

    assert result.exit_code == 1
    assert result.output.endswith("Nothing was written: no feed could be read.\n")
    assert not Path("added.toml").exists()


def test_what_was_kept_is_told_to_programs(
    monitor: Monitor, desk: Desk, feed: str
) -> None:
    desk.write()

    found = answer(keep(monitor, "--json", QUERY, feed))

    assert "Written to added.toml." in found["saved"]


def test_a_configured_rule_named_query_is_not_what_was_tried(
    monitor: Monitor, desk: Desk, feed: str
) -> None:
    desk.rules = 'query = "zeppelin"'
    desk.write()

    keep(monitor, QUERY, feed)

    assert saved().queries["aleppo-and-soap"] == QUERY


def test_what_is_there_already_is_not_written(
    monitor: Monitor, desk: Desk, feed: str
) -> None:
    path = desk.write()

    result = keep(monitor, "aleppo", feed)

    assert "there already; nothing was written" in result.output
    assert path.read_text("utf-8") == desk.text()


def test_a_pattern_is_no_file_to_keep_things_in(
    monitor: Monitor, desk: Desk, feed: str
) -> None:
    desk.write()

    result = keep(monitor, QUERY, feed, file="kept[1].toml")

    assert result.exit_code == 2
    assert "1 match" in result.output
    assert "is no file that can take feeds and rules" in result.stderr
