"""Stories as people look at them: listed, shown, muted, split."""

from monitor.storage import digests, story_lists
from monitor.storage.database import Transaction
from monitor.storage.story_lists import StoryLine
from tests.conftest import NOON, Caller
from tests.storage.builders import (
    ARTICLE,
    add_entry,
    add_feed,
    follow,
    later,
    read,
    row_of,
    tell,
    telling,
)


def file(tx: Transaction, guid: str, key: str = "", hours: float = 0) -> int:
    """An article of its own entry, a copy of those with its key; its entry."""
    entry = add_entry(tx, add_feed(tx), guid, at=later(hours=hours))
    read(tx, entry, keys=[("url", key or guid)], at=later(hours=hours))
    return entry


def join(tx: Transaction, entry: int, other: int) -> int:
    """Fold the groups of two entries into one story; its id."""
    groups = [
        tx.one("SELECT group_id AS id FROM article WHERE entry_id = :id", id=one)
        for one in (entry, other)
    ]
    ids = [int(row["id"]) for row in groups if row]
    story = int(row_of(tx, "copy_group", ids[0])["story_id"])
    tx.run("UPDATE copy_group SET story_id = :s WHERE id = :g", s=story, g=ids[1])
    return story


def listed(call: Caller, least: int = 1, hours: float = -9) -> list[StoryLine]:
    found: list[StoryLine] = call(
        story_lists.list_stories, since=later(hours=hours), least=least, limit=9
    )
    return found


def story(call: Caller, text: str) -> StoryLine:
    found: StoryLine | None = call(story_lists.find_story, text)
    assert found
    return found


def test_stories_are_listed_newest_first_with_what_tells_them(call: Caller) -> None:
    one, other = call(file, "g1"), call(file, "g2", hours=1)
    call(file, "g3", "g1")
    call(join, one, other)

    (line,) = listed(call)

    assert (line.title, line.articles, line.voices) == (ARTICLE.title, 3, 2)
    assert (line.first_seen, line.muted_at) == (NOON, None)


def test_stories_of_few_articles_and_old_ones_are_left_out(call: Caller) -> None:
    call(file, "g1")

    assert len(listed(call)) == 1
    assert listed(call, least=2) == []
    assert listed(call, hours=1) == []


def test_a_story_is_found_by_its_name_and_by_an_address(call: Caller) -> None:
    entry = call(file, "g1")

    by_name = story(call, f"story{entry}")
    by_url = story(call, ARTICLE.url)

    assert by_name == by_url
    assert by_name.story == f"story{entry}"
    assert call(story_lists.find_story, "none") is None


def test_the_articles_of_a_story_are_shown_with_what_they_copy(call: Caller) -> None:
    entry = call(file, "g1")
    call(file, "g2", "g1", hours=1)
    there = story(call, f"story{entry}")

    one, copy = call(story_lists.articles_of, there.id)

    assert (one.copy_of, one.copy_kind, one.rules) == (None, None, ("aleppo",))
    assert (copy.copy_of, copy.copy_kind) == (ARTICLE.source, "url")
    assert one.first_seen < copy.first_seen


def test_a_muted_story_is_due_for_nobody_until_it_is_let_in_again(call: Caller) -> None:
    call(follow)
    entry = call(file, "g1")
    there = story(call, f"story{entry}")

    call(story_lists.mute_story, there.id, NOON)
    muted = call(digests.due_matches, "desk", "story")
    at = story(call, f"story{entry}").muted_at
    call(story_lists.mute_story, there.id, None)

    assert (muted, at) == ([], NOON)
    assert len(call(digests.due_matches, "desk", "story")) == 1


def test_a_split_story_was_told_to_whom_the_old_one_was(call: Caller) -> None:
    call(follow)
    one, other = call(file, "g1"), call(file, "g2")
    joined = call(join, one, other)
    due = call(digests.due_matches, "desk", "story")
    call(tell, [telling(due[:1])])
    group = call(story_lists.articles_of, joined)[1].group_id

    call(story_lists.split_story, joined, group, "new", later(hours=1))

    new = story(call, "new")
    assert (new.articles, story(call, f"story{one}").articles) == (
        1,
        1,
    )
    (left,) = call(digests.due_matches, "desk", "story")
    assert (left.unit, left.told) == (f"story:{new.id}", 1)
