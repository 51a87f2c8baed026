"""What several entries of a document share names none of them."""

from dataclasses import replace
from datetime import datetime
from itertools import permutations

import pytest

from monitor.feeds.identity import read_document
from monitor.models import Entry
from tests.conftest import NOON
from tests.feeds.memory import (
    LINKED,
    TEXT,
    Memory,
    ids,
    remembering,
    stories,
    story,
    titles,
)

# --- twins ---


SHARED = [
    ({"guid": "same"}, "guid"),
    ({"guid": "https://a.example/same"}, "guid with a path"),
    ({"guid": "", "url": "https://a.example/same"}, "link"),
    ({"url": "https://a.example/same"}, "link beside guids"),
]


@pytest.fixture(
    params=[change for change, _ in SHARED], ids=[name for _, name in SHARED]
)
def shared(request: pytest.FixtureRequest) -> list[Entry]:
    """Entries that have a guid or a link in common."""
    return [replace(story(number), **request.param) for number in range(4)]


def test_what_several_entries_share_names_none_of_them(shared: list[Entry]) -> None:
    memory = remembering(*shared[:2])

    found = memory.take(shared[:3])

    assert (titles(found), ids(found)) == ([shared[2].title], [1, 2])
    assert found.changed == ()


def test_what_several_entries_share_is_no_sign_of_a_reissue(
    shared: list[Entry],
) -> None:
    memory = remembering(*shared)

    found = memory.take(shared)

    assert (found.reissued, found.churned, len(found.known)) == (0, False, 4)


def test_what_several_entries_shared_once_names_none_ever_after(
    shared: list[Entry],
) -> None:
    memory = remembering(*shared[:2])

    found = memory.take([shared[2]])

    assert (titles(found), ids(found)) == ([shared[2].title], [])


def test_what_several_entries_begin_to_share_names_none_from_then_on(
    shared: list[Entry],
) -> None:
    memory = remembering(shared[0], *stories(9)[5:])
    memory.take([*shared[:2], *stories(9)[5:]])

    found = memory.take([shared[2], *stories(9)[5:]])

    assert titles(found) == [shared[2].title]


def test_the_path_of_a_shared_guid_names_no_entry_either() -> None:
    guid = "https://a.example/same"
    one, two = (replace(story(n), guid=guid) for n in (1, 2))
    near = replace(story(3), guid=guid, published=one.published)
    memory = remembering(one)
    memory.take([one, two])

    found = memory.take([near])

    assert (titles(found), ids(found)) == ([near.title], [])


def test_entries_with_one_guid_and_one_link_are_one_and_the_first_wins() -> None:
    first = replace(story(1), title="First")
    second = replace(story(1), title="Second")
    memory = remembering(replace(story(2)))

    new = memory.take([first, second, story(2)])
    again = memory.take([first, second, story(2)])

    assert titles(new) == ["First"]
    assert (titles(again), ids(again), again.changed) == ([], [1, 2], ())


def test_posts_of_a_live_blog_that_have_one_link_stay_apart() -> None:
    posts = [
        Entry(guid=f"p{n}", url="https://a.example/live", title="Live", published=NOON)
        for n in range(4)
    ]
    memory = remembering(*posts[:2])

    found = memory.take(posts[:3])
    later = memory.take([posts[3]])

    assert [new.entry.guid for new in found.new] == ["p2"]
    assert [new.entry.guid for new in later.new] == ["p3"]


@pytest.mark.parametrize("by_guid", [True, False])
def test_a_new_post_with_the_link_of_one_that_was_not_parsed_is_new(
    *, by_guid: bool
) -> None:
    known = [LINKED, *stories(3)]
    post = replace(LINKED, guid="g2", title="Idlib holds")
    memory = Memory()
    memory.take(known, by_guid=by_guid)

    found = memory.take([post], known, by_guid=by_guid)
    again = memory.take([post, *known], by_guid=by_guid)

    assert titles(found) == ["Idlib holds"]
    assert (titles(again), ids(again)) == ([], [1, 2, 3, 4, 5])


# --- a link that several entries without guids have ---


def post(number: int, url: str = "https://a.example/live") -> Entry:
    """An entry without a guid; its link is that of all others."""
    return Entry(url=url, title=f"Post {number}", summary=f"What {number} says.")


def in_campaign(entry: Entry, number: int) -> Entry:
    return replace(entry, url=f"{entry.url}?utm_campaign={number}")


@pytest.mark.parametrize("guids", [0, 1, 3, 9])
def test_posts_without_guids_stay_the_same_in_another_campaign(guids: int) -> None:
    def document(posts: int, campaign: int) -> list[Entry]:
        found = [in_campaign(post(number), campaign) for number in range(posts)]
        return [*stories(guids), *found]

    memory = remembering(*document(2, 1))

    again = memory.take(document(2, 2))
    more = memory.take(document(3, 3))

    assert (again.new, again.changed, len(again.known)) == ((), (), guids + 2)
    assert (titles(more), more.changed, len(more.known)) == (["Post 2"], (), guids + 2)


@pytest.mark.parametrize("guids", [0, 1, 9])
def test_twins_without_guids_stay_the_same_in_another_campaign(guids: int) -> None:
    def document(count: int, campaign: int) -> list[Entry]:
        found = [in_campaign(replace(post(1), summary=text), campaign) for text in "ab"]
        return [*stories(guids), *found[:count]]

    memory = remembering(*document(2, 1))

    fewer = memory.take(document(1, 2))
    again = memory.take(document(2, 3))

    assert (fewer.new, fewer.changed, len(fewer.known)) == ((), (), guids + 1)
    assert (again.new, again.changed, len(again.known)) == ((), (), guids + 2)


@pytest.mark.parametrize("guid", ["", "g"], ids=["without guids", "with guids"])
@pytest.mark.parametrize("at", [None, NOON], ids=["undated", "dated"])
@pytest.mark.parametrize("others", [0, 5])
@pytest.mark.parametrize("order", [1, -1])
def test_an_entry_whose_link_a_second_begins_to_share_is_not_told_again(
    guid: str, at: datetime | None, others: int, order: int
) -> None:
    first, second = (
        replace(post(number), guid=guid and f"{guid}{number}", published=at)
        for number in (1, 2)
    )
    memory = remembering(first, *stories(others))
    now = [*[second, first][::order], *stories(others)]

    found = memory.take(now)
    again = memory.take(now)
    alone = memory.take([first])

    assert (titles(found), found.changed) == (["Post 2"], ())
    assert (again.new, again.changed, len(again.known)) == ((), (), others + 2)
    assert (alone.new, alone.changed, ids(alone)) == ((), (), [1])


@pytest.mark.parametrize("others", [0, 5])
def test_a_second_with_the_link_of_an_entry_without_guid_is_new_past_the_gate(
    others: int,
) -> None:
    memory = remembering(post(1), *stories(others))
    now = [post(2), post(1), *stories(others)]

    found = memory.poll(now)
    whole = memory.take(now)

    assert (titles(found), found.changed) == (["Post 2"], ())
    assert (whole.new, whole.changed, len(whole.known)) == ((), (), others + 2)


# --- what a document proves of its guids and links ---


@pytest.mark.parametrize("field", ["guid", "url"])
@pytest.mark.parametrize(
    ("own", "shared", "without", "trusted"),
    [
        (3, 0, 3, True),
        (3, 0, 4, False),
        (18, 2, 0, True),
        (17, 2, 0, False),
        (0, 0, 3, False),
        (0, 0, 0, False),
    ],
)
def test_guids_and_links_are_trusted_when_half_have_them_and_nine_tenths_differ(
    field: str, own: int, shared: int, without: int, *, trusted: bool
) -> None:
    values = [f"https://a.example/{n}" for n in range(own)]
    values += ["https://a.example/same"] * shared + [""] * without

    other = "url" if field == "guid" else "guid"

    document = read_document(
        [
            (Entry(**{field: value, other: f"https://b.example/{n}"}), "")  # type: ignore[arg-type]  # only texts here
            for n, value in enumerate(values)
        ]
    )

    found = document.guids_trusted if field == "guid" else document.links_trusted
    assert found == trusted


@pytest.mark.parametrize(
    ("other", "distinct"),
    [
        (story(2), True),
        (replace(story(2), guid=""), True),
        (replace(story(2), url=""), True),
        (replace(story(2), guid=story(1).guid), True),
        (replace(story(2), guid="", url=""), False),
        (replace(story(2), guid="", url=story(1).url), False),
        (replace(story(2), guid=story(1).guid, url=""), False),
        (story(1), False),
    ],
    ids=[
        "both",
        "link",
        "guid",
        "link beside a shared guid",
        "neither",
        "shared link",
        "shared guid",
        "the same entry",
    ],
)
def test_a_document_is_distinct_if_each_entry_has_a_guid_or_link_of_its_own(
    other: Entry, *, distinct: bool
) -> None:
    document = read_document([(story(1), ""), (other, "")])

    assert document.distinct == distinct


# --- entries without guid and link ---


def bare(title: str, at: datetime | None = None) -> Entry:
    return Entry(title=title, published=at)


@pytest.mark.parametrize("at", [None, NOON])
def test_an_entry_without_guid_and_link_is_known_by_its_text(
    at: datetime | None,
) -> None:
    memory = remembering(bare("Siren"), bare("Test", at))

    found = memory.take([bare("All clear"), bare("Test", at), bare("Siren")])

    assert (titles(found), ids(found)) == (["All clear"], [1, 2])


def test_a_known_text_without_guid_link_and_date_needs_its_title() -> None:
    memory = remembering(replace(bare("Siren"), summary=TEXT))

    found = memory.take([replace(bare("All clear"), summary=TEXT)])

    assert titles(found) == ["All clear"]


def test_twins_without_guid_and_link_are_never_told_again() -> None:
    memory = remembering(*[bare("Siren")] * 3, bare("Test"))

    again = memory.take([bare("Siren")] * 3)
    fewer = memory.take([bare("Siren")] * 2)
    more = memory.take([bare("Siren")] * 4)

    assert [len(found.new) for found in (again, fewer, more)] == [0, 0, 1]
    assert ids(more) == [1, 2, 3]


@pytest.mark.parametrize("at", [None, NOON])
@pytest.mark.parametrize("url", ["", "https://a.example/live"])
def test_twins_with_and_without_guids_may_stand_in_any_order(
    at: datetime | None, url: str
) -> None:
    siren = replace(bare("Siren", at), url=url)
    # Where they have a link, entries that say the same are one.
    without = [siren] if url else [siren, siren]
    entries = [*without, replace(siren, guid="g1"), replace(siren, guid="g2")]
    orders = list(permutations(entries))

    for before in orders[::5]:
        memory = remembering(*before)
        for now in orders:
            found = memory.take(now)

            assert (found.new, found.changed) == ((), ())
            assert len(found.known) == len(entries)


@pytest.mark.parametrize("before", [True, False])
def test_a_new_twin_with_a_guid_does_not_shift_those_without(*, before: bool) -> None:
    memory = remembering(bare("Siren"), bare("Siren"))
    other = replace(bare("Siren"), guid="g1")
    now = [bare("Siren"), bare("Siren")]
    now.insert(0 if before else 2, other)

    found = memory.take(now)
    left = memory.take(now[1:])

    assert ([new.entry for new in found.new], ids(found)) == ([other], [1, 2])
    assert (left.new, left.changed) == ((), ())


def test_a_thousand_entries_without_guid_and_link_are_all_known() -> None:
    entries = [bare(f"Siren {n % 700}") for n in range(1_046)]
    memory = remembering(*entries)

    found = memory.take(entries)

    assert (len(found.new), len(found.known)) == (0, 1_046)
