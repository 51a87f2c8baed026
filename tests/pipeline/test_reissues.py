"""Nothing is told twice, whatever publishers do; and what was read is not parsed again."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor import log
from tests.conftest import NOON
from tests.desk import Desk
from tests.pipeline.polls import PATH, RSS, in_one_process, line_of, stored, subjects
from tests.site import Answer, Item, Site, rss

NEWS = "Airstrikes hit Aleppo"
RECEIPT = 'feed "world" came under other identifiers'


@pytest.fixture(autouse=True)
def _no_pages(desk: Desk) -> None:
    desk.articles = 'full_text = "never"'


def story(number: int) -> Item:
    """An entry that matches, with everything that publishers give."""
    return Item(
        guid=f"https://world.example/?p={number}",
        title=f"{NEWS}, report {number}",
        summary=f"Report {number} of our correspondent.",
        link=f"https://world.example/news/{number}",
        published=NOON - timedelta(hours=number),
    )


STORIES = [story(number) for number in range(8)]


def publish(site: Site, items: list[Item]) -> None:
    """Show these entries, without validators: the body alone tells of a change."""
    site.answers[PATH] = Answer(rss("World", items), 200, RSS)


def told_after(
    desk: Desk, site: Site, first: list[Item], *others: list[Item]
) -> list[str]:
    """What is told when a feed shows these documents one after the other."""
    steps: list[Callable[[], None]] = [lambda: publish(site, [])]
    steps += [lambda items=items: publish(site, items) for items in (first, *others)]  # type: ignore[misc]  # one lambda a document
    in_one_process(desk, *steps, all_feeds=True)
    return desk.stories()


# --- other identifiers ---


def reguided(item: Item) -> Item:
    return replace(item, guid=f"urn:uuid:{item.guid[-1]}")


def on_another_host(item: Item) -> Item:
    guid, link = (text.replace("world.", "globe.") for text in (item.guid, item.link))
    return replace(item, guid=guid, link=link)


def relinked(item: Item) -> Item:
    """Guid and link are new; texts and dates are what stayed."""
    return replace(item, guid=f"post-{item.guid[-1]}", link=f"{item.link}-again.html")


def nameless(item: Item) -> Item:
    return replace(item, guid="")


@pytest.mark.parametrize("change", [reguided, on_another_host, relinked, nameless])
def test_entries_under_other_identifiers_are_told_once(
    desk: Desk, site: Site, change: Callable[[Item], Item]
) -> None:
    changed = [*map(change, STORIES[:5]), *STORIES[5:]]

    told = told_after(desk, site, STORIES, changed, [*changed, story(8)], changed)

    assert sorted(told) == [item.title for item in [*STORIES, story(8)]]


@pytest.mark.parametrize("change", [reguided, relinked])
def test_the_operator_gets_one_receipt_for_a_reissue(
    desk: Desk, site: Site, change: Callable[[Item], Item]
) -> None:
    changed = [*map(change, STORIES[:5]), *STORIES[5:]]

    told_after(desk, site, STORIES, changed, [*changed, story(8)])

    assert subjects(desk) == [RECEIPT]
    assert "showed 5 known entries" in desk.notices()[0]


def test_a_few_entries_with_other_guids_are_worth_no_receipt(
    desk: Desk, site: Site
) -> None:
    changed = [*map(reguided, STORIES[:2]), *STORIES[2:]]

    told = told_after(desk, site, STORIES, changed)

    assert len(told) == 8
    assert desk.notices() == []


def at_random(salt: int) -> list[Item]:
    """The same entries with guids of this poll alone, and the news of the day."""
    items = [story(number) for number in range(6 + salt)]
    return [replace(one, guid=f"{salt}-{n}") for n, one in enumerate(items)]


def test_guids_that_are_new_at_every_poll_tell_nothing_twice(
    desk: Desk, site: Site
) -> None:
    told = told_after(desk, site, *map(at_random, range(5)))

    assert sorted(told) == sorted(story(number).title for number in range(10))
    assert subjects(desk) == [RECEIPT]


def test_a_feed_with_worthless_guids_is_known_by_its_links_after_two_polls(
    desk: Desk, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    log.set_up(0)
    told_after(desk, site, at_random(0), at_random(1))
    after_one = line_of(desk).by_link

    told_after(desk, site, at_random(2), at_random(3))

    assert (after_one, line_of(desk).by_link) == (False, True)
    assert capsys.readouterr().err.count("feed.guids-worthless") == 1


def test_where_guids_count_by_configuration_no_feed_is_said_to_be_known_by_links(
    desk: Desk, site: Site
) -> None:
    desk.feeds = {"world.url": f"{site.url}{PATH}", "world.identity": "guid"}

    told = told_after(desk, site, *map(at_random, range(4)))

    assert len(told) == 9
    assert not line_of(desk).by_link


# --- silence at the start ---


@pytest.mark.parametrize(("days", "told"), [(31, []), (29, [story(8).title])])
def test_a_feed_that_was_away_for_a_month_begins_with_silence(
    desk: Desk, site: Site, days: int, told: list[str]
) -> None:
    publish(site, STORIES)
    desk.run()
    desk.feeds = {"other": f"{site.url}/other.xml"}
    desk.run()

    fresh = replace(story(8), published=NOON + timedelta(days=days))
    publish(site, [*STORIES, fresh])
    desk.feeds = {}
    desk.clock.go_on(days=days)
    report = desk.run()

    assert desk.stories() == told
    assert report.baseline == (0 if told else 1)


# --- the gate ---


def parsed(text: str) -> list[tuple[int, int]]:
    """How many entries each poll parsed, and how many it passed over."""
    polled = [line for line in text.splitlines() if "feed.polled" in line]
    found = [re.search(r"parsed=(\d+).*unchanged=(\d+)", line) for line in polled]
    return [(int(one[1]), int(one[2])) for one in found if one]


def test_an_unchanged_body_is_not_parsed(
    desk: Desk, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(site, STORIES)
    log.set_up(1)

    in_one_process(desk, *[lambda: None] * 3, all_feeds=True)

    assert site.hits(PATH) == 3
    assert parsed(capsys.readouterr().err) == [(8, 0)]


def test_of_a_changed_document_only_the_new_entry_is_parsed(
    desk: Desk, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    log.set_up(1)

    told = told_after(desk, site, STORIES, [story(8), *STORIES[:-1]])

    assert parsed(capsys.readouterr().err) == [(0, 0), (8, 0), (1, 7)]
    assert story(8).title in told


def test_a_change_in_an_old_entry_is_seen_past_the_gate(
    desk: Desk, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    log.set_up(1)
    before = replace(STORIES[5], title="Explosions heard in the north")
    others = [replace(one, title=f"Soap {one.guid[-1]}") for one in STORIES]

    told = told_after(
        desk,
        site,
        [*others[:5], before, *others[6:]],
        [*others[:5], replace(before, title=NEWS), *others[6:]],
    )

    assert parsed(capsys.readouterr().err)[-1] == (1, 7)
    assert told == [NEWS]


def test_every_twentieth_change_is_parsed_whole(
    desk: Desk, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    log.set_up(1)
    documents = [STORIES[:3]]
    documents += [[story(8 + n), *STORIES[:2]] for n in range(21)]

    told_after(desk, site, *documents)

    numbers = parsed(capsys.readouterr().err)[1:]
    assert numbers[0] == (3, 0)
    assert numbers[1:20] == [(1, 2)] * 19
    assert numbers[20:] == [(3, 0), (1, 2)]
    assert stored(desk, "SELECT changes FROM feed_document") == [(1,)]
