from datetime import datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.digests.compose import (
    COOLDOWN,
    WEAK_EVERY,
    Choice,
    Item,
    Occasion,
    RuleTerms,
    choose,
    lead,
)
from monitor.models import Article, Cause, DueMatch, Match, PageState
from tests.conftest import NOON

MINUTE = timedelta(minutes=1)
ALEPPO = RuleTerms(name="aleppo")
GRAIN = RuleTerms(name="grain")
URGENT = RuleTerms(name="urgent", priority="urgent")
LOW = RuleTerms(name="low", priority="low")
RULES = (ALEPPO, GRAIN, URGENT, LOW)

INSTANT = Occasion(now=NOON, instant=True)
SLOT = Occasion(now=NOON, instant=False, has_slots=True)
FLUSH = Occasion(now=NOON, instant=True, everything=True)


def due(
    number: int = 1,
    *,
    unit: str = "story:1",
    rule: str = "aleppo",
    entry: int | None = None,
    revision: int = 1,
    weak: bool = False,
    score: float = 1.0,
    told: int = 0,
    told_ago: timedelta = timedelta(hours=2),
    entry_told: bool = False,
    pair_told: bool = False,
    state: PageState = PageState.OK,
    published: datetime | None = NOON,
    first_seen: datetime = NOON,
    origin: str = "",
    url: str = "",
    news: Cause | None = None,
) -> DueMatch:
    """A match of an article of its own, if ``entry`` does not say otherwise."""
    article = Article(
        title=f"Article {number}",
        summary="",
        body="Text.",
        aside="",
        language="en",
        state=state,
        url=url or f"https://a.example/{number}",
        origin=origin,
        published=published,
    )
    return DueMatch(
        match_id=number,
        match=Match(rule=rule, rule_hash="h", score=score, weak=weak, hits=()),
        article_id=number,
        entry_id=number if entry is None else entry,
        entry_revision=revision,
        article=article,
        guid=str(number),
        first_seen=first_seen,
        matched_at=NOON,
        unit=unit,
        unit_id="7f3a",
        group_id=number,
        copy_of=None,
        told=told,
        told_at=NOON - told_ago if told else None,
        entry_told=entry_told,
        pair_told=pair_told,
        news=news,
    )


def told_before(number: int, **change: object) -> DueMatch:
    """A match of a revision of an entry that was told for another rule."""
    known = {"told": 1, "entry_told": True, **change}
    return due(number, **known)  # type: ignore[arg-type]  # names as above


def further(number: int, **change: object) -> DueMatch:
    """A match of another outlet's report of a story that was told."""
    return due(number, **{"told": 1, **change})  # type: ignore[arg-type]  # names as above


def chosen(
    *matches: DueMatch,
    occasion: Occasion = INSTANT,
    rules: tuple[RuleTerms, ...] = RULES,
) -> Choice:
    return choose(matches, rules, occasion)


def shown(choice: Choice) -> list[list[int]]:
    return [[d.match_id for d in item.due] for item in choice.items]


def only(choice: Choice) -> Item:
    (item,) = choice.items
    return item


# --- once as new, then as updates ---


@pytest.mark.parametrize("occasion", [INSTANT, SLOT, FLUSH])
def test_a_story_is_told_once_as_new_with_all_its_matches(occasion: Occasion) -> None:
    found = chosen(due(1), due(2, rule="grain"), occasion=occasion)

    item = only(found)
    assert (item.unit, item.number, item.cause) == ("story:1", 0, None)
    assert [d.match_id for d in item.due] == [1, 2]
    assert item.rules == ("aleppo", "grain")
    assert found.settled == ()


def test_stories_are_kept_apart_by_their_unit() -> None:
    found = chosen(due(1), due(2, unit="story:2"), due(3), occasion=SLOT)

    assert sorted(shown(found)) == [[1, 3], [2]]


def test_nothing_due_is_nothing_told() -> None:
    found = chosen()

    assert found == Choice(items=(), settled=())


def test_a_told_entry_that_meets_a_rule_anew_is_a_revision() -> None:
    found = chosen(told_before(1, told=3), further(2, told=3))

    item = only(found)
    assert (item.number, item.cause) == (3, Cause.REVISION)


def test_an_entry_that_was_not_told_is_a_further_report_of_a_told_story() -> None:
    found = chosen(further(1), further(2))

    assert only(found).cause is Cause.FURTHER_REPORT


# --- on_update ---


@pytest.mark.parametrize(
    ("policy", "new", "met_anew", "met_again", "reported"),
    [
        ("never", True, False, False, False),
        ("new-match", True, True, False, True),
        ("always", True, True, True, True),
    ],
)
def test_the_rule_says_which_updates_are_worth_a_word(
    policy: str, *, new: bool, met_anew: bool, met_again: bool, reported: bool
) -> None:
    rules = (RuleTerms(name="aleppo", on_update=policy),)
    cases = (due(1), told_before(1), told_before(1, pair_told=True), further(1))

    found = [chosen(match, rules=rules, occasion=FLUSH) for match in cases]

    assert [bool(choice.items) for choice in found] == [
        new,
        met_anew,
        met_again,
        reported,
    ]
    assert all(bool(choice.items) != bool(choice.settled) for choice in found)


def test_a_match_that_is_settled_does_not_keep_another_rule_from_telling() -> None:
    rules = (RuleTerms(name="aleppo", on_update="never"), GRAIN)

    found = chosen(told_before(1), told_before(2, rule="grain"), rules=rules)

    assert (shown(found), found.settled) == ([[2]], (1,))
    assert only(found).rules == ("grain",)


def test_an_entry_that_was_changed_before_it_was_told_is_new() -> None:
    again = due(2, entry=1, revision=2, entry_told=True, pair_told=True)

    found = chosen(due(1), again)

    assert (shown(found), only(found).cause) == ([[1, 2]], None)


# --- waiting ---


@pytest.mark.parametrize("make", [further, told_before])
@pytest.mark.parametrize(
    ("ago", "waits"),
    [(timedelta(0), True), (COOLDOWN - MINUTE, True), (COOLDOWN, False)],
)
def test_an_instant_update_waits_for_the_cooldown(
    make: object, ago: timedelta, *, waits: bool
) -> None:
    match = make(1, told_ago=ago)  # type: ignore[operator]  # one of two functions

    found = chosen(match)

    assert (not found.items, found.settled) == (waits, ())


@pytest.mark.parametrize("occasion", [SLOT, FLUSH])
def test_no_cooldown_holds_in_a_slot_or_when_everything_is_sent(
    occasion: Occasion,
) -> None:
    found = chosen(told_before(1, told_ago=MINUTE), occasion=occasion)

    assert shown(found) == [[1]]


def test_what_is_urgent_passes_the_cooldown() -> None:
    found = chosen(
        further(1, told_ago=MINUTE), further(2, rule="urgent", told_ago=MINUTE)
    )

    item = only(found)
    assert (item.priority, item.number) == ("urgent", 1)


@pytest.mark.parametrize(
    "news", [due(2, unit="story:2"), told_before(2, unit="story:2")]
)
def test_a_further_report_is_no_reason_for_a_scheduled_digest_but_joins_one(
    news: DueMatch,
) -> None:
    alone = chosen(further(1), further(3, unit="story:3"), occasion=SLOT)
    beside = chosen(further(1), news, occasion=SLOT)

    assert alone == Choice(items=(), settled=())
    assert sorted(shown(beside)) == [[1], [2]]


@pytest.mark.parametrize("occasion", [INSTANT, FLUSH])
def test_a_further_report_alone_is_told_at_once_or_when_everything_is_sent(
    occasion: Occasion,
) -> None:
    found = chosen(further(1), occasion=occasion)

    assert shown(found) == [[1]]


@pytest.mark.parametrize(
    ("has_slots", "last_weak", "waits"),
    [
        (False, None, False),
        (False, WEAK_EVERY, False),
        (False, WEAK_EVERY - MINUTE, True),
        (True, None, True),
    ],
)
def test_weak_hits_wait_for_a_slot_or_come_once_an_hour(
    last_weak: timedelta | None, *, has_slots: bool, waits: bool
) -> None:
    occasion = Occasion(
        now=NOON,
        instant=True,
        has_slots=has_slots,
        last_weak_at=None if last_weak is None else NOON - last_weak,
    )

    found = chosen(
        due(1, weak=True), due(2, rule="urgent", weak=True), occasion=occasion
    )
    strong = chosen(due(1, weak=True), due(2), occasion=occasion)

    assert (not found.items, found.settled) == (waits, ())
    assert shown(strong) == [[1, 2]]


def test_a_weak_update_waits_for_the_cooldown_too() -> None:
    found = chosen(further(1, weak=True, told_ago=MINUTE))

    assert found.items == ()


@pytest.mark.parametrize("occasion", [SLOT, FLUSH])
def test_weak_hits_go_into_slots_and_into_everything(occasion: Occasion) -> None:
    found = chosen(due(1, weak=True), occasion=occasion)

    assert only(found).weak


# --- order ---


def test_urgent_goes_first_then_the_rules_as_listed_then_the_score() -> None:
    matches = [
        due(1, unit="a", rule="low", score=9),
        due(2, unit="b", rule="grain", score=9),
        due(3, unit="c", rule="aleppo", score=1),
        due(4, unit="d", rule="aleppo", score=2),
        due(5, unit="e", rule="aleppo", score=9, weak=True),
        due(6, unit="f", rule="urgent", score=0),
    ]

    found = [chosen(*order, occasion=SLOT) for order in permutations(matches)]

    assert {str(shown(choice)) for choice in found} == {
        "[[6], [4], [3], [5], [2], [1]]"
    }


def test_a_story_has_the_place_of_its_first_rule_and_its_best_score() -> None:
    found = chosen(
        due(1, unit="a", rule="grain", score=5),
        due(2, unit="a", rule="aleppo", score=1),
        due(3, unit="b", rule="aleppo", score=3),
        due(4, unit="c", rule="low"),
        due(5, unit="c", rule="urgent"),
        occasion=SLOT,
    )

    assert shown(found) == [[4, 5], [1, 2], [3]]
    assert [item.rules for item in found.items] == [
        ("urgent", "low"),
        ("aleppo", "grain"),
        ("aleppo",),
    ]
    assert [item.priority for item in found.items] == ["urgent", "normal", "normal"]


# --- who stands for the story ---


@pytest.mark.parametrize(
    ("first", "better"),
    [
        ({"weak": True}, {"published": NOON + MINUTE}),
        ({"state": PageState.SUMMARY}, {"published": NOON + MINUTE}),
        ({"state": PageState.UNREACHABLE}, {"state": PageState.FEED}),
        ({}, {"published": NOON - MINUTE}),
        ({"published": NOON}, {"published": None, "first_seen": NOON - MINUTE}),
        (
            {"published": NOON - MINUTE, "first_seen": NOON},
            {"published": NOON + 600 * MINUTE, "first_seen": NOON - 2 * MINUTE},
        ),
        ({"entry": 1}, {"entry": 1, "revision": 2}),
        ({"entry": 1}, {"entry": 1}),
    ],
)
def test_the_earliest_full_text_stands_for_a_story(
    first: dict[str, object], better: dict[str, object]
) -> None:
    one = due(1, **first)  # type: ignore[arg-type]  # names as above
    other = due(2, **better)  # type: ignore[arg-type]  # names as above

    found = [lead([one, other]), lead([other, one])]

    assert [match.match_id for match in found] == [2, 2]


# --- nothing is lost ---

MATCHES = st.lists(
    st.builds(
        due,
        st.integers(1, 10_000),
        unit=st.sampled_from(["a", "b", "c"]),
        rule=st.sampled_from([rule.name for rule in RULES]),
        weak=st.booleans(),
        pair_told=st.booleans(),
        entry_told=st.booleans(),
    ),
    unique_by=lambda match: match.match_id,
    max_size=12,
)


@settings(deadline=None)
@given(MATCHES, st.booleans(), st.sampled_from(["never", "new-match", "always"]))
def test_every_match_of_a_new_story_is_told_in_a_slot(
    matches: list[DueMatch], everything: bool, policy: str
) -> None:
    rules = tuple(RuleTerms(name=r.name, on_update=policy) for r in RULES)
    occasion = Occasion(now=NOON, instant=False, everything=everything)

    found = choose(matches, rules, occasion)

    told = sorted(number for item in shown(found) for number in item)
    assert told == sorted(match.match_id for match in matches)
    assert len({item.unit for item in found.items}) == len(found.items)
    assert found.settled == ()


# --- who stands for a story ---


def test_the_original_that_others_credit_leads() -> None:
    early = due(1, origin="bbc.com", first_seen=NOON - MINUTE, published=None)
    rival = due(2, first_seen=NOON - MINUTE, published=None)
    original = due(3, url="https://www.bbc.co.uk/news/3")

    assert lead([early, rival, original]) is original


def test_who_credits_nobody_leads_before_who_does() -> None:
    early = due(1, origin="bbc.com", first_seen=NOON - MINUTE, published=None)
    own = due(2)

    assert lead([early, own]) is own


def test_a_withdrawn_article_leads_only_alone() -> None:
    gone = due(1, state=PageState.WITHDRAWN, first_seen=NOON - MINUTE, published=None)

    assert lead([gone, due(2)]).match_id == 2
    assert lead([gone]) is gone


def test_a_correction_stands_for_what_was_said_before() -> None:
    said = due(1, entry=7)
    corrected = due(2, entry=7, news=Cause.CORRECTION)

    assert lead([said, corrected]) is corrected


# --- corrections ---


def corrected(number: int, **change: object) -> DueMatch:
    known = {"told": 1, "entry_told": True, "pair_told": True, **change}
    return due(number, news=Cause.CORRECTION, **known)  # type: ignore[arg-type]  # names as above


def test_a_correction_is_told_to_whom_the_article_was_told() -> None:
    found = only(chosen(further(1), corrected(2), occasion=SLOT))

    assert found.cause is Cause.CORRECTION
    assert found.lead.match_id == 2


def test_a_correction_is_not_told_where_only_new_stories_count() -> None:
    never = RuleTerms(name="aleppo", on_update="never")

    found = chosen(corrected(1), rules=(never,))

    assert (found.items, found.settled) == ((), (1,))


# --- urgent by the number of outlets ---


@pytest.mark.parametrize(
    ("spreading", "priority"),
    [
        (("story:1", "aleppo"), "urgent"),
        (("story:1", "grain"), "normal"),
        (("story:2", "aleppo"), "normal"),
    ],
)
def test_a_story_that_spreads_by_a_rule_it_met_is_urgent(
    spreading: tuple[str, str], priority: str
) -> None:
    found = choose([due(1)], RULES, INSTANT, spreading={spreading})

    assert only(found).priority == priority


def test_a_told_story_that_becomes_urgent_does_not_wait() -> None:
    recent = further(2, told_ago=MINUTE)

    found = choose([recent], RULES, INSTANT, spreading={("story:1", "aleppo")})

    assert only(found).priority == "urgent"
