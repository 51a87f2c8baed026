"""What stands out among rules: dead, noisy, overlapping, undelivered, idle feeds."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from monitor.models import FeedCount, Overlap, RuleCount
from monitor.rules.audit import Fault, Finding, audit

MONTH = timedelta(days=30)
FEED = FeedCount(feed="bbc", articles=1000, met=50)


def met(
    rule: str, articles: int = 10, *, stories: int | None = None, told: int = 1
) -> RuleCount:
    stories = articles if stories is None else stories
    return RuleCount(
        rule=rule, articles=articles, stories=stories, settled=articles, told=told
    )


def found(
    *counts: RuleCount,
    overlaps: Sequence[Overlap] = (),
    feeds: Sequence[FeedCount] = (FEED,),
    others: Sequence[str] = (),
    nobody: Sequence[str] = (),
    young: Sequence[str] = (),
) -> list[Finding]:
    """The findings over a month; a desk follows all rules but those of ``nobody``."""
    names = [*(count.rule for count in counts), *others]
    followers = {name: () if name in nobody else ("desk",) for name in names}
    return audit(followers, counts, overlaps, feeds, MONTH, young)


def said(findings: Sequence[Finding]) -> list[str]:
    return [f"{one.fault} {one.name}: {one.facts}" for one in findings]


def test_rules_that_do_their_work_do_not_stand_out() -> None:
    assert found(met("aleppo"), met("grain", 20)) == []


def test_a_rule_that_met_nothing_is_dead() -> None:
    assert said(found(others=["old"])) == ["dead old: met none of 1,000 articles"]


def test_a_rule_that_is_young_is_not_yet_dead() -> None:
    assert found(others=["new"], young=["new"]) == []


def test_no_rule_is_dead_before_anything_was_read() -> None:
    assert found(others=["new"], feeds=()) == []


def test_a_rule_with_too_many_stories_is_noisy() -> None:
    busy = FeedCount(feed="wire", articles=10_000, met=700)

    findings = said(found(met("all", 700, stories=660), feeds=[busy]))

    assert findings == ["noisy all: 22.0 stories a day, 7% of all articles"]


def test_twenty_stories_a_day_are_not_yet_too_many() -> None:
    busy = FeedCount(feed="wire", articles=10_000, met=700)

    assert found(met("all", 700, stories=600), feeds=[busy]) == []


def test_a_rule_that_meets_more_than_a_quarter_is_noisy() -> None:
    assert [f.fault for f in found(met("broad", 251))] == [Fault.NOISY]
    assert found(met("narrow", 250)) == []


def test_the_rarer_of_two_rules_that_find_the_same_is_named() -> None:
    pair = Overlap(first="aleppo", second="syria", articles=8)

    findings = said(found(met("aleppo", 10), met("syria", 90), overlaps=[pair]))

    assert findings == [
        'overlapping aleppo: 8 of the 10 articles that it met met "syria" as well'
    ]


@pytest.mark.parametrize("both", [7, 4])
def test_rules_that_share_less_do_not_overlap(both: int) -> None:
    pair = Overlap(first="aleppo", second="syria", articles=both)

    assert found(met("aleppo", 10), met("syria", 90), overlaps=[pair]) == []


def test_a_pair_with_a_rule_that_is_gone_is_left_out() -> None:
    pairs = [
        Overlap(first="aleppo", second="gone", articles=10),
        Overlap(first="also gone", second="aleppo", articles=10),
    ]

    assert found(met("aleppo", 10), overlaps=pairs) == []


def test_a_rule_that_nobody_follows_reaches_nobody() -> None:
    findings = said(found(met("grain"), nobody=["grain"]))

    assert findings == ["undelivered grain: nobody follows it"]


def test_a_rule_of_which_nothing_was_told_reaches_nobody() -> None:
    findings = said(found(met("grain", 12, told=0)))

    assert findings == [
        "undelivered grain: 12 articles met it a week ago, none was told"
    ]


def test_what_waits_for_its_digest_is_not_undelivered() -> None:
    waiting = RuleCount(rule="grain", articles=12, stories=9, settled=0, told=0)

    assert found(waiting) == []


def test_a_few_matches_may_still_wait_to_be_told() -> None:
    assert found(met("grain", 4, told=0)) == []


def test_a_feed_of_which_no_article_met_a_rule_is_named() -> None:
    idle = FeedCount(feed="partner", articles=5, met=0)
    new = FeedCount(feed="new", articles=4, met=0)

    findings = said(found(met("aleppo"), feeds=[FEED, idle, new]))

    assert findings == ["feed partner: none of its 5 articles met any rule"]


def test_findings_come_by_what_is_wrong() -> None:
    idle = FeedCount(feed="partner", articles=500, met=0)

    findings = found(met("grain", 3), feeds=[FEED, idle], others=["x"], nobody=["x"])

    assert [one.fault for one in findings] == [
        Fault.DEAD,
        Fault.UNDELIVERED,
        Fault.FEED,
    ]


def test_rules_whose_stories_were_of_no_use_are_named() -> None:
    found = audit(
        {"aleppo": ("desk",), "grain": ("desk",)},
        [met("aleppo"), met("grain")],
        (),
        (FEED,),
        MONTH,
        irrelevant={"aleppo": 3, "grain": 1, "gone": 9},
    )

    assert said(found) == [
        "irrelevant aleppo: 3 stories of it called not relevant",
        "irrelevant grain: a story of it called not relevant",
    ]
