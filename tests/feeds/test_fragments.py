"""An entry may be a place on a page: a release in a changelog, a post in a live blog."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.feeds.identity import Sorted
from monitor.models import Entry
from tests.conftest import NOON
from tests.feeds.memory import FAR, Memory, ids, remembering, stories, titles

PAGE = "https://a.example/changes"

Taking = Callable[[Memory, Sequence[Entry]], Sorted]


def release(number: int, *, dated: bool = True) -> Entry:
    """An entry without a guid that stands on a page with others."""
    return Entry(
        url=f"{PAGE}#v{number}",
        title=f"Version {number}",
        summary=f"What was mended in version {number}.",
        published=NOON + timedelta(days=9 * number) if dated else None,
    )


def releases(*numbers: int, dated: bool = True) -> list[Entry]:
    return [release(number, dated=dated) for number in numbers]


@pytest.fixture(params=[Memory.take, Memory.poll], ids=["whole", "through the gate"])
def taking(request: pytest.FixtureRequest) -> Taking:
    """How the documents after the first are read."""
    found: Taking = request.param
    return found


# --- a changelog without guids ---


@pytest.mark.parametrize("dated", [True, False])
def test_the_same_changelog_again_brings_nothing(
    taking: Taking, *, dated: bool
) -> None:
    memory = remembering(*releases(3, 2, 1, dated=dated))

    found = taking(memory, releases(3, 2, 1, dated=dated))

    assert (found.new, found.changed) == ((), ())


def test_releases_that_were_read_need_not_be_parsed_again() -> None:
    memory = remembering(*releases(3, 2, 1))

    assert memory.readable(releases(4, 3, 2, 1)) == releases(3, 2, 1)


@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize("change", [{"summary": "Mended."}, {"title": "The second"}])
def test_a_corrected_release_is_a_change_told_once(
    taking: Taking, change: dict[str, str], *, dated: bool
) -> None:
    now = releases(3, 2, 1, dated=dated)
    memory = remembering(*now)
    now[1] = replace(now[1], **change)  # type: ignore[arg-type]  # only texts here

    found = taking(memory, now)
    again = taking(memory, now)

    assert [(c.known.entry_id, c.entry) for c in found.changed] == [(2, now[1])]
    assert found.new == ()
    assert (again.new, again.changed) == ((), ())


@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize("left", [(3, 2, 1), (3, 2), (3,), ()])
def test_a_release_is_new_once_however_many_of_the_others_are_left(
    taking: Taking, left: tuple[int, ...], *, dated: bool
) -> None:
    memory = remembering(*releases(3, 2, 1, dated=dated))
    now = releases(4, *left, dated=dated)

    found = taking(memory, now)
    again = taking(memory, now)

    assert titles(found) == ["Version 4"]
    assert (found.changed, again.new, again.changed) == ((), (), ())


@pytest.mark.parametrize("dated", [True, False])
def test_a_second_fragment_does_not_make_the_first_new(
    taking: Taking, *, dated: bool
) -> None:
    memory = remembering(*releases(1, dated=dated))

    found = taking(memory, releases(2, 1, dated=dated))
    again = memory.take(releases(2, 1, dated=dated))

    assert (titles(found), found.changed) == (["Version 2"], ())
    assert (again.new, again.changed, ids(again)) == ((), (), [1, 2])


@pytest.mark.parametrize("dated", [True, False])
def test_releases_that_are_told_among_stories_are_told_once(
    taking: Taking, *, dated: bool
) -> None:
    memory = remembering(*stories(9), *releases(2, 1, dated=dated))
    now = [*stories(9), *releases(3, 2, 1, dated=dated)]

    found = taking(memory, now)
    again = taking(memory, now)

    assert titles(found) == ["Version 3"]
    assert (again.new, again.changed) == ((), ())


# --- what a fragment names ---


@pytest.mark.parametrize("before", ["", "#v1"])
@pytest.mark.parametrize("after", ["#v1", "#top"])
def test_another_fragment_with_another_title_is_another_entry(
    before: str, after: str
) -> None:
    entry = replace(release(1), title="The Version 1", url=PAGE + before)
    memory = remembering(entry)

    now = replace(entry, url=PAGE + after, title="Another headline", summary="Mended.")
    found = memory.take([now])

    same = before == after
    assert titles(found) == ([] if same else ["Another headline"])


@pytest.mark.parametrize("before", ["", "#v1"])
@pytest.mark.parametrize("after", ["", "#v1", "#top"])
@pytest.mark.parametrize(
    "change",
    [
        {"published": FAR},
        {"title": "The VERSION 1 (12)", "published": None},
    ],
    ids=["date", "counter, no date"],
)
def test_another_fragment_is_the_same_entry_if_the_title_agrees(
    before: str, after: str, change: dict[str, object]
) -> None:
    entry = replace(release(1), title="The Version 1", url=PAGE + before)
    memory = remembering(entry)

    now = replace(entry, url=PAGE + after, summary="Mended.", **change)  # type: ignore[arg-type]  # only fields here
    found = memory.take([now])

    assert (titles(found), ids(found)) == ([], [1])


@pytest.mark.parametrize("before", ["", "#v1"])
@pytest.mark.parametrize(
    ("after", "same"),
    [("", True), ("#v2", False)],
    ids=["without a fragment", "with a fragment"],
)
@pytest.mark.parametrize("published", [None, FAR])
def test_a_link_alone_names_no_entry_with_another_fragment(
    before: str, after: str, published: object, *, same: bool
) -> None:
    memory = remembering(replace(release(1), url=PAGE + before))
    now = replace(release(2), url=PAGE + after, published=published)  # type: ignore[arg-type]  # a date or none

    found = memory.take([now])

    assert titles(found) == ([] if same else ["Version 2"])


@pytest.mark.parametrize(
    ("title", "same"), [("Version 1", True), ("Another headline", False)]
)
def test_beside_guids_a_fragment_needs_the_same_title_or_a_date_near_by(
    title: str, *, same: bool
) -> None:
    memory = remembering(replace(release(1), guid="g1"), *stories(3))
    now = replace(release(1), guid="g2", title=title, summary="x", published=FAR)

    found = memory.take([now, *stories(3)])

    assert titles(found) == ([] if same else [title])


@pytest.mark.parametrize("before", [1, 2])
def test_a_fragment_that_two_entries_shared_names_none_ever_after(before: int) -> None:
    one, two, three = (replace(release(n), url=f"{PAGE}#v1") for n in (1, 2, 3))
    memory = remembering(*[one, two][:before])
    memory.take([one, two])

    found = memory.take([three])

    assert (titles(found), ids(found)) == (["Version 3"], [])


def test_releases_with_one_text_on_one_page_are_several() -> None:
    same = replace(release(1), title="Bug fixes", summary="Various fixes.")
    first = replace(same, url=PAGE + "#v1")
    second = replace(same, url=PAGE + "#v2", published=NOON + timedelta(days=1))
    memory = remembering(first)

    found = memory.take([second, first])

    assert [new.entry.url for new in found.new] == [PAGE + "#v2"]
