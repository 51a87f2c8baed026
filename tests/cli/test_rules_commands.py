"""rules test and rules explain, as a person runs them."""

import json
from pathlib import Path

import pytest

from monitor.cli import execute
from tests.cli.conftest import Monitor
from tests.desk import Desk
from tests.pipeline.test_digests import tell
from tests.site import Site

CASE = {"id": "one", "query": "Aleppo", "text": {"title": "Aleppo"}, "expected": True}
TEXT = "Airstrikes hit eastern Aleppo\nJets bombed the eastern districts of Aleppo.\n"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def cases(*found: object) -> str:
    text = "\n".join(json.dumps(case) for case in found)
    Path("cases.jsonl").write_text(f"{text}\n\n", "utf-8")
    return "cases.jsonl"


def explain(query: str, text: str = TEXT) -> int:
    Path("text.txt").write_text(text, "utf-8")
    return execute(("rules", "explain", query, "--article", "text.txt"))


def test_solved_cases_need_no_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    status = execute(("rules", "test", "--cases", cases(CASE)))

    assert status == 0
    assert capsys.readouterr().out == "1 of 1 case right\n"


def test_a_case_that_differs_is_named_and_fails(
    capsys: pytest.CaptureFixture[str],
) -> None:
    missed = CASE | {"id": "two", "query": "Idlib"}
    false = CASE | {"id": 3, "expected": False}

    status = execute(("--json", "rules", "test", "--cases", cases(CASE, missed, false)))

    found = json.loads(capsys.readouterr().out)
    assert status == 1
    assert found == {"cases": 3, "right": 1, "missed": ["two"], "false": ["3"]}


def test_a_line_that_is_no_case_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    status = execute(("rules", "test", "--cases", cases({"query": "x"})))

    assert status == 2
    assert "cases.jsonl:1: this is no case" in capsys.readouterr().err


def test_the_tests_of_the_configuration_are_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("config.toml").write_text(
        '[rules.a]\nquery = "Aleppo"\n[rules.a.tests]\n'
        'match = ["Aleppo"]\nskip = ["Idlib"]\n[rules]\nb = "Homs"\n',
        "utf-8",
    )

    statuses = [execute(("rules", "test", *names)) for names in ((), ("b",), ("c",))]

    assert statuses == [0, 0, 2]
    out = capsys.readouterr().out
    assert out == "2 of 2 cases right\n0 of 0 cases right\n"


def test_an_explanation_shows_what_is_met_and_where(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status = explain("Aleppo AND airstrike NOT football")

    out = capsys.readouterr().out
    assert status == 0
    assert out.startswith("MATCH  score ")
    assert '+ airstrike  title 0-10 "Airstrikes" (inflection)' in out
    assert "+ NOT football  absent, as required" in out


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("Aleppo NEAR/3 jet", "closest pair is 5 words apart"),
        ("Aleppo ONEAR/9 jet", "only in the other order"),
        ("ATLEAST/3 Aleppo", "found 2 of 3"),
        ("2 OF (Aleppo, Idlib)", "found 1 of 2 (Aleppo)"),
        ("=aleppos", "needs =aleppos"),
        ("=airstrike", 'found "Airstrikes" (another form)'),
        ("jet NOT Aleppo", "excluded by NOT Aleppo, in title, at 23"),
        ("title:jet", "found, but not in title"),
        ("lang:fr jet", 'its lang is "en"'),
        ("Aleppo EXCEPT (districts NEAR/9 Aleppo OR hit NEAR Aleppo)", "stands inside"),
        ("Homs NEAR jet", "needs Homs"),
        ("hit NEAR jet", "never in one field"),
    ],
)
def test_a_miss_says_how_near_it_came(
    capsys: pytest.CaptureFixture[str], query: str, reason: str
) -> None:
    status = explain(query)

    assert status == 1
    assert reason in capsys.readouterr().out


def test_a_query_that_cannot_be_read_is_shown_with_a_caret(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status = explain("Aleppo or Idlib")

    assert status == 2
    assert "  Aleppo or Idlib\n         ^^\n" in capsys.readouterr().err


def test_a_page_is_read_as_an_article(capsys: pytest.CaptureFixture[str]) -> None:
    words = "Airstrikes hit eastern Aleppo on Sunday, the civil defence said. " * 12
    status = explain("Aleppo", f"<html><body><p>{words}</p></body></html>")

    assert status == 0
    assert "body" in capsys.readouterr().out


# --- audit ---


def test_an_audit_names_what_stands_out_and_what_to_do(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    desk.articles = 'full_text = "never"'
    desk.rules = 'soap = "soap"\nother = "zeppelin"'
    desk.follows = ("aleppo", "other")
    desk.write()
    tell(site, "old")
    desk.run()
    tell(site, "Airstrikes hit Aleppo", *(f"Soap number {n}" for n in range(6)))
    desk.run(all_feeds=True)

    result = monitor("--at", "2026-11-22T13:00:00Z", "rules", "audit")

    assert result.output == (
        "2 findings among 3 rules, by 7 articles of the last 30 days:\n"
        "\n"
        "             name  what\n"
        "noisy        soap  0.2 stories a day, 86% of all articles\n"
        "undelivered  soap  nobody follows it\n"
        "\n"
        "  noisy: add a word, NEAR or NOT; try it: monitor backtest\n"
        "  undelivered: put it into the rules of a subscriber, or delete it\n"
    )


def test_a_rule_that_has_met_nothing_for_the_whole_time_is_dead(
    monitor: Monitor, desk: Desk, site: Site
) -> None:
    desk.articles = 'full_text = "never"'
    desk.write()
    tell(site, "old")
    desk.run()
    desk.clock.go_on(days=3)
    tell(site, "Other news")
    desk.run(all_feeds=True)

    result = monitor("--at", "2026-11-25T13:00:00Z", "rules", "audit", "--since", "2d")

    assert "dead  aleppo  met none of 1 articles\n" in result.output


def test_an_audit_before_anything_happened_finds_nothing(
    monitor: Monitor, desk: Desk
) -> None:
    desk.write()

    result = monitor("rules", "audit", "--since", "7d")

    assert result.output == (
        "Nothing stands out among 1 rule, by 0 articles of the last 7 days.\n"
    )
