"""search and backtest, over what a desk has read."""

from pathlib import Path

import pytest

from tests.cli.conftest import Monitor, answer
from tests.desk import Desk
from tests.site import Answer, Item, Site, article_page

AT = ("--at", "2026-11-22T12:30:00Z")
TITLES = (
    "Air-strikes hit Aleppo market",
    "Airstrikes hit Aleppo again",
    "Aleppo soap sells well",
)


@pytest.fixture
def archive(desk: Desk, site: Site) -> Desk:
    """A desk that remembers "Aleppo was quiet", and has read three articles."""
    desk.articles = 'full_text = "never"\nmerge = "copies"'
    items = [Item(guid="old", title="Aleppo was quiet", link="https://example.org/old")]
    site.feed("/feed.xml", "World News", items)
    desk.write()
    desk.run()
    items += [
        Item(guid=t, title=t, link=f"https://example.org/{number}")
        for number, t in enumerate(TITLES)
    ]
    site.feed("/feed.xml", "World News", items)
    desk.run(all_feeds=True)
    return desk


def titles(monitor: Monitor, *words: str) -> list[str]:
    found = answer(monitor(*AT, "--json", "search", *words))
    return [match["title"] for match in found["matches"]]


# --- search ---


@pytest.mark.usefixtures("archive")
def test_a_search_finds_other_forms_newest_first(monitor: Monitor) -> None:
    assert titles(monitor, "Aleppo AND airstrike") == list(TITLES[:2])


@pytest.mark.usefixtures("archive")
def test_what_was_only_remembered_is_found_too_and_said(monitor: Monitor) -> None:
    result = monitor(*AT, "search", "quiet")

    assert result.exit_code == 0
    assert result.output == (
        "1 match of the last 30 days (times in UTC)\n"
        "  22 Nov 12:00  World News: Aleppo was [quiet]\n"
        "                https://example.org/old"
        "  (remembered from the feed, never told)\n"
    )


@pytest.mark.usefixtures("archive")
def test_what_words_cannot_narrow_is_looked_at_whole(monitor: Monitor) -> None:
    assert titles(monitor, "/s[oa]+p/") == [TITLES[2]]


@pytest.mark.usefixtures("archive")
def test_the_name_of_a_rule_stands_for_its_query(monitor: Monitor) -> None:
    assert titles(monitor, "aleppo") == list(TITLES[:2])


@pytest.mark.usefixtures("archive")
def test_a_search_stops_at_its_limit_and_says_so(monitor: Monitor) -> None:
    result = monitor(*AT, "search", "title:Aleppo", "--limit", "2")

    assert result.output.startswith("2 matches of the last 30 days")
    assert result.output.endswith("There are more: --limit 10, or a shorter --since.\n")


@pytest.mark.usefixtures("archive")
def test_a_limit_ends_also_among_what_was_remembered(monitor: Monitor) -> None:
    assert len(titles(monitor, "title:Aleppo", "--limit", "3")) == 3


@pytest.mark.usefixtures("archive")
def test_what_lies_before_the_time_is_not_found(monitor: Monitor) -> None:
    result = monitor(
        "--at", "2026-11-25T12:00:00Z", "search", "title:Aleppo", "--since", "36h"
    )

    assert result.exit_code == 1
    assert result.output == "Nothing of the last 36 hours matches.\n"


@pytest.mark.usefixtures("archive")
def test_a_query_that_is_wrong_is_shown_with_a_caret(monitor: Monitor) -> None:
    result = monitor(*AT, "search", "Aleppo AND")

    assert result.exit_code == 2
    assert "^" in result.stderr


def test_a_search_shows_where_in_the_text_a_word_stands(
    monitor: Monitor, archive: Desk, site: Site
) -> None:
    archive.articles = ""
    archive.write()
    page = f"{site.url}/page"
    site.answers["/page"] = Answer(article_page("Troops withdraw"))
    site.feed("/feed.xml", "World News", [Item(guid="p", title="Troops", link=page)])
    archive.run(all_feeds=True)

    result = monitor(*AT, "search", "ordnance")

    assert "unexploded [ordnance] lay in two of the streets" in result.output


# --- backtest ---


@pytest.mark.usefixtures("archive")
def test_a_backtest_counts_hits_a_day_and_alerts(monitor: Monitor) -> None:
    result = monitor(*AT, "backtest", "aleppo", "--since", "2d")

    assert result.output.splitlines()[:4] == [
        "rule aleppo: 2 matches in 3 articles of the last 2 days; 2 alerts, 1 a day",
        "  Fri 20 Nov      0",
        "  Sat 21 Nov      0",
        f"  Sun 22 Nov      2  {'█' * 40}",
    ]
    assert f"World News: {'[Airstrikes] hit [Aleppo] again'}" in result.output


@pytest.mark.usefixtures("archive")
def test_a_backtest_of_what_never_stood_anywhere_shows_no_days(
    monitor: Monitor,
) -> None:
    result = monitor(*AT, "backtest", "zeppelin")

    assert result.output == (
        "query zeppelin: 0 matches in 3 articles of the last 30 days; 0 alerts, 0 a day\n"
    )


def test_a_backtest_against_the_old_file_shows_gained_and_lost(
    monitor: Monitor, archive: Desk
) -> None:
    text = archive.text()
    Path("old.toml").write_text(text.replace("AND airstrike", "AND (market OR soap)"))

    result = monitor(
        *AT, "backtest", "aleppo", "--against", "old.toml", "--since", "1d"
    )

    lines = result.output.splitlines()
    assert "Gained 1, lost 1 against old.toml; alerts a day: 2 before, 2 after" in lines
    assert "+ 22 Nov 12:00  World News: [Airstrikes] hit [Aleppo] again" in lines
    assert "- 22 Nov 12:00  World News: [Aleppo] [soap] sells well" in lines


@pytest.mark.parametrize(
    ("merge", "alerts"), [("stories", 1), ("copies", 1), ("nothing", 2)]
)
def test_an_alert_is_what_the_configuration_tells_once(
    monitor: Monitor, archive: Desk, site: Site, merge: str, alerts: int
) -> None:
    items = [
        Item(guid=f"grain {n}", title="Grain corridor opens", link="https://e.org/g")
        for n in range(2)
    ]
    site.feed("/feed.xml", "World News", items)
    archive.run(all_feeds=True)
    archive.articles = f'full_text = "never"\nmerge = "{merge}"'
    archive.write()

    found = answer(monitor(*AT, "--json", "backtest", "grain", "--since", "1d"))

    assert (found["matches"], found["alerts"]) == (2, alerts)
    assert found["days"] == {"2026-11-21": 0, "2026-11-22": 2}


def test_an_unknown_rule_of_the_old_file_is_said(
    monitor: Monitor, archive: Desk
) -> None:
    Path("old.toml").write_text(archive.text(), "utf-8")

    result = monitor(*AT, "backtest", "soap", "--against", "old.toml")

    assert result.exit_code == 2
    assert "old.toml has no rule 'soap'; its rules are aleppo" in result.stderr


def test_a_rule_that_is_gone_from_the_configuration_is_said(
    monitor: Monitor, archive: Desk
) -> None:
    Path("old.toml").write_text(archive.text().replace("aleppo", "gone"), "utf-8")

    result = monitor(*AT, "backtest", "gone", "--against", "old.toml")

    assert result.exit_code == 2
    assert "has no rule 'gone'; its rules are aleppo" in result.stderr


@pytest.mark.usefixtures("archive")
@pytest.mark.parametrize("command", ["search", "backtest"])
def test_a_query_that_is_no_text_is_refused(monitor: Monitor, command: str) -> None:
    result = monitor(*AT, command, "drones \udcff")

    assert result.exit_code == 2
    assert "no text in UTF-8" in result.stderr


@pytest.mark.usefixtures("archive")
def test_a_time_in_antiquity_is_refused(monitor: Monitor) -> None:
    result = monitor("--at", "0001-01-01T00:00:00Z", "search", "Aleppo")

    assert result.exit_code == 2
    assert "write a year from 1980" in result.stderr


@pytest.mark.usefixtures("archive")
def test_articles_of_the_future_are_not_of_the_last_days(monitor: Monitor) -> None:
    result = monitor("--at", "2026-01-01T00:00:00Z", "backtest", "aleppo")

    assert result.output.startswith("rule aleppo: 0 matches in 0 articles")


@pytest.mark.usefixtures("archive")
@pytest.mark.parametrize(
    ("since", "words"),
    [("10m", "10 minutes"), ("90m", "90 minutes"), ("2h", "2 hours")],
)
def test_a_short_time_is_said_as_it_is(
    monitor: Monitor, since: str, words: str
) -> None:
    result = monitor("--at", "2030-01-01T00:00:00Z", "search", "x", "--since", since)

    assert result.output == f"Nothing of the last {words} matches.\n"


def test_gained_and_lost_are_told_to_programs(monitor: Monitor, archive: Desk) -> None:
    text = archive.text()
    Path("old.toml").write_text(text.replace("AND airstrike", "AND market"))

    found = answer(
        monitor(*AT, "--json", "backtest", "aleppo", "--against", "old.toml")
    )

    assert [one["title"] for one in found["gained"]] == [TITLES[1]]
    assert found["lost"] == []
