from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from monitor.digests.compose import Item, story
from monitor.digests.gather import gather
from monitor.models import (
    Article,
    ArticleMatch,
    Cause,
    DigestStory,
    DueMatch,
    Hit,
    Match,
    PageState,
    StoryMember,
    Via,
)
from tests.conftest import NOON

BODY = "Airstrikes hit eastern Aleppo before dawn. Two clinics were damaged."
ARTICLE = Article(
    title="Aleppo under fire",
    summary="Six strikes.",
    body=BODY,
    aside="",
    language="en",
    state=PageState.OK,
    url="https://wire.example/1",
    final_url="https://wire.example/1-aleppo",
    origin="bbc.com",
    published=NOON - timedelta(hours=1),
    feed="wire",
    source="Levant Wire",
)


def hit(form: str, field: str = "body") -> Hit:
    start = getattr(ARTICLE, field).index(form)
    return Hit(
        term=form,
        field=field,
        start=start,
        end=start + len(form),
        form=form,
        via=Via.EXACT,
    )


STRIKES, CITY, TITLE = hit("Airstrikes"), hit("Aleppo"), hit("Aleppo", "title")


def due(
    number: int = 1,
    *hits: Hit,
    rule: str = "aleppo",
    entry: int = 1,
    article: Article = ARTICLE,
    weak: bool = False,
) -> DueMatch:
    return DueMatch(
        match_id=number,
        match=Match(rule=rule, rule_hash="h", score=1.0, weak=weak, hits=hits),
        article_id=number,
        entry_id=entry,
        entry_revision=1,
        article=article,
        guid=f"g{entry}",
        first_seen=NOON,
        matched_at=NOON,
        unit="story:1",
        unit_id="7f3a",
        group_id=5,
        copy_of=None,
        told=0,
        told_at=None,
        entry_told=False,
        pair_told=False,
    )


def item(*matches: DueMatch, number: int = 0, cause: Cause | None = None) -> Item:
    return Item(
        unit="story:1",
        number=number,
        cause=cause,
        due=matches,
        rules=("aleppo",),
        lead=matches[0],
        priority="normal",
    )


def member(
    number: int = 1,
    *,
    guid: str = "g1",
    feed: str = "wire",
    group: int = 5,
    url: str = "https://wire.example/1",
    copy_of: str | None = None,
) -> StoryMember:
    return StoryMember(
        article_id=number,
        url=url,
        title="Title",
        source="Source",
        feed=feed,
        guid=guid,
        published=None,
        first_seen=NOON,
        copy_of=copy_of,
        group_id=group,
    )


COPY = member(2, guid="g2", feed="repost", url="https://repost.example/2")
OTHER = member(3, guid="g3", feed="courier", group=6, url="https://courier.example/3")


def told(
    one: Item, members: Iterable[StoryMember], now: datetime | None = None
) -> DigestStory:
    return story(one, gather(members, one.lead, {}), now)


def test_a_story_is_told_by_its_lead() -> None:
    found = told(item(due(1, STRIKES, CITY, TITLE)), [member()])

    assert (found.id, found.status, found.cause) == ("7f3a", "new", None)
    assert (found.title, found.url) == ("Aleppo under fire", "https://wire.example/1")
    assert (found.source, found.origin, found.language) == (
        "Levant Wire",
        "bbc.com",
        "en",
    )
    assert (found.published, found.first_seen) == (ARTICLE.published, NOON)
    assert (found.priority, found.rules) == ("normal", ("aleppo",))
    assert found.excerpt == "Airstrikes hit eastern Aleppo before dawn."
    assert [found.excerpt[a:b] for a, b in found.marks] == ["Airstrikes", "Aleppo"]
    assert [found.title[a:b] for a, b in found.title_marks] == ["Aleppo"]
    assert not found.summary_only


def test_a_later_telling_is_an_update_with_its_cause() -> None:
    found = told(item(due(), number=2, cause=Cause.REVISION), [member()])

    assert (found.status, found.cause) == ("update", Cause.REVISION)


@pytest.mark.parametrize(
    ("state", "summary_only"),
    [
        (PageState.OK, False),
        (PageState.FEED, False),
        (PageState.SUMMARY, True),
        (PageState.UNREACHABLE, True),
        (PageState.SHORT, True),
    ],
)
def test_a_story_without_its_text_says_so(
    state: PageState, *, summary_only: bool
) -> None:
    found = told(item(due(article=replace(ARTICLE, state=state))), [member()])

    assert found.summary_only == summary_only


@pytest.mark.parametrize(
    ("change", "title", "url"),
    [
        ({"title": ""}, "Six strikes.", "https://wire.example/1"),
        (
            {"title": "", "body": "", "summary": ""},
            "https://wire.example/1",
            "https://wire.example/1",
        ),
        ({"url": ""}, "Aleppo under fire", "https://wire.example/1-aleppo"),
    ],
)
def test_a_story_without_title_or_link_is_named_by_what_there_is(
    change: dict[str, str], title: str, url: str
) -> None:
    bare = replace(ARTICLE, **change)  # type: ignore[arg-type]  # only texts here

    found = told(item(due(1, TITLE, article=bare)), [member()])

    assert (found.title, found.url) == (title, url)
    assert bool(found.title_marks) == bool(bare.title)


def test_hits_of_all_rules_in_the_lead_are_marked_and_those_of_others_are_not() -> None:
    other = replace(ARTICLE, url="https://courier.example/3")
    matches = (
        due(1, STRIKES),
        due(1, CITY, rule="grain"),
        due(3, hit("clinics"), entry=3, article=other),
    )

    found = told(item(*matches), [member(), OTHER])

    assert [found.excerpt[a:b] for a, b in found.marks] == ["Airstrikes", "Aleppo"]


# --- the matches that are listed ---


def test_every_article_and_rule_has_its_match() -> None:
    other = replace(ARTICLE, url="", final_url="https://courier.example/3")
    matches = (
        due(1, STRIKES),
        due(1, CITY, rule="grain"),
        due(3, TITLE, entry=3, article=other, weak=True),
    )

    found = told(item(*matches), [member(), OTHER])

    wire = ArticleMatch(
        rule="aleppo",
        article="https://wire.example/1",
        weak=False,
        hits=(STRIKES,),
        source="Levant Wire",
    )
    courier = "https://courier.example/3"
    assert found.matches == (
        wire,
        replace(wire, rule="grain", hits=(CITY,)),
        replace(wire, article=courier, weak=True, hits=(TITLE,)),
    )


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_readings_of_one_entry_the_later_match_is_listed(
    *, turned: bool
) -> None:
    readings = [due(1, STRIKES), due(2, CITY)]

    found = told(item(*(reversed(readings) if turned else readings)), [member()])

    assert [match.hits for match in found.matches] == [(CITY,)]


def test_a_lead_that_was_read_again_keeps_its_own_marks() -> None:
    later = due(2, article=replace(ARTICLE, body="", state=PageState.ERROR_PAGE))

    found = told(item(due(1, STRIKES), later), [member(2)])

    assert [found.excerpt[a:b] for a, b in found.marks] == ["Airstrikes"]


# --- all articles of the story ---


def test_the_lead_stands_first_and_copies_are_seen_from_it() -> None:
    found = told(item(due()), [OTHER, member(), COPY])

    assert [(m.article_id, m.copy_of) for m in found.articles] == [
        (1, None),
        (2, "https://wire.example/1"),
        (3, None),
    ]


@pytest.mark.parametrize(
    "reading",
    [member(9), member(9, url="https://wire.example/moved")],
)
def test_a_later_reading_of_the_lead_is_no_copy_of_it(reading: StoryMember) -> None:
    found = told(item(due(1)), [COPY, reading])

    assert [(m.article_id, m.copy_of) for m in found.articles] == [
        (9, None),
        (2, "https://wire.example/1"),
    ]


def test_entries_without_guids_are_told_apart_by_their_links() -> None:
    bare = replace(due(1), guid="")
    twin = member(4, guid="", url="https://wire.example/4")

    found = told(item(bare), [twin, member(9, guid="")])

    assert [(m.article_id, m.copy_of) for m in found.articles] == [
        (9, None),
        (4, "https://wire.example/1"),
    ]


@pytest.mark.parametrize(
    ("members", "voices"),
    [([], 1), ([member()], 1), ([member(), COPY], 1), ([member(), COPY, OTHER], 2)],
)
def test_copies_are_one_voice(members: list[StoryMember], voices: int) -> None:
    found = told(item(due()), members)

    assert found.voices == voices


@pytest.mark.parametrize(
    ("groups", "age", "developing"),
    [
        ((1, 2, 3), timedelta(minutes=5), True),
        ((1, 2, 3), timedelta(hours=3), False),
        ((1, 2, 2), timedelta(minutes=5), False),
    ],
)
def test_a_story_develops_while_outlets_join_it(
    groups: tuple[int, ...], age: timedelta, *, developing: bool
) -> None:
    by = [
        member(n, group=group, url=f"https://outlet{group}.example/{n}", guid=f"g{n}")
        for n, group in enumerate(groups)
    ]

    found = told(item(due(1, STRIKES)), by, now=NOON + age)

    assert found.developing is developing
