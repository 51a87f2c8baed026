"""The archive: articles found by the keys of their words, newest first."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from monitor.models import AllOf, AnyOf, Filed, Wanted, WordKey
from monitor.storage import archive
from monitor.storage.database import Transaction
from monitor.storage.words import fts5, tsquery
from tests.conftest import NOON, Caller
from tests.storage.builders import ARTICLE, add_entry, add_feed, later, read

ALEPPO, STRIKE, RAID = WordKey("aleppo"), WordKey("~strik"), WordKey("raid")


def file(tx: Transaction, guid: str, *words: str, hours: float = 0) -> int:
    """Store an article of its own entry under these words."""
    entry = add_entry(tx, add_feed(tx), guid, at=later(hours=hours))
    return read(tx, entry, words=words, at=later(hours=hours))


def find(
    tx: Transaction, wanted: Wanted | None = None, *, before: int = 1000, limit: int = 9
) -> list[Filed]:
    within = archive.reach(tx, NOON, later(hours=9))
    return archive.find_articles(tx, within, before=before, wanted=wanted, limit=limit)


def numbers(call: Caller, wanted: Wanted | None = None) -> list[int]:
    return [filed.number for filed in call(find, wanted)]


def test_an_article_is_found_by_a_key_of_its_words(call: Caller) -> None:
    one = call(file, "g1", "aleppo", "~strik")
    call(file, "g2", "grain")

    assert numbers(call, STRIKE) == [one]


def test_all_of_several_keys_have_to_be_there(call: Caller) -> None:
    call(file, "g1", "aleppo")
    both = call(file, "g2", "aleppo", "~strik")

    assert numbers(call, AllOf((ALEPPO, STRIKE))) == [both]


def test_one_of_several_keys_is_enough(call: Caller) -> None:
    first, second = call(file, "g1", "aleppo"), call(file, "g2", "raid")
    call(file, "g3", "grain")

    assert numbers(call, AnyOf((ALEPPO, RAID))) == [second, first]


def test_alternatives_stand_inside_of_what_is_needed(call: Caller) -> None:
    call(file, "g1", "~strik", "raid")
    good = call(file, "g2", "aleppo", "raid")

    assert numbers(call, AllOf((ALEPPO, AnyOf((STRIKE, RAID))))) == [good]


def test_a_key_may_be_known_by_its_beginning_only(call: Caller) -> None:
    good = call(file, "g1", "airstrikes")
    call(file, "g2", "strike")

    assert numbers(call, WordKey("airstr", begins=True)) == [good]


def test_a_word_of_another_script_is_found(call: Caller) -> None:
    good = call(file, "g1", "حلب")

    assert numbers(call, WordKey("حلب")) == [good]


def test_a_word_with_an_apostrophe_or_a_quote_is_found_and_breaks_nothing(
    call: Caller,
) -> None:
    good = call(file, "g1", "o'brien", "\0", 'a"b', "")

    assert numbers(call, AllOf((WordKey("o'brien"), WordKey('a"b')))) == [good]


def test_without_wanted_words_every_article_is_given_newest_first(call: Caller) -> None:
    first, second = call(file, "g1", "aleppo"), call(file, "g2")

    assert numbers(call) == [second, first]


def test_only_the_last_reading_of_an_entry_is_given(call: Caller) -> None:
    entry = call(add_entry, call(add_feed), "g1")
    call(read, entry, words=["aleppo"])
    last = call(read, entry, words=["aleppo"], number=1)

    assert numbers(call, ALEPPO) == [last]


def test_what_an_article_once_said_is_not_what_it_says(call: Caller) -> None:
    entry = call(add_entry, call(add_feed), "g1")
    call(read, entry, words=["aleppo"])
    call(read, entry, words=["grain"], number=1)

    assert numbers(call, ALEPPO) == []


def test_a_search_goes_on_below_the_number_it_has_come_to(call: Caller) -> None:
    first, second = call(file, "g1", "aleppo"), call(file, "g2", "aleppo")

    page = call(find, ALEPPO, limit=1)
    rest = call(find, ALEPPO, before=page[-1].number)

    assert [[f.number for f in page], [f.number for f in rest]] == [[second], [first]]


def test_what_was_read_before_the_time_is_left_out(call: Caller) -> None:
    call(file, "g1", "aleppo", hours=-1)
    new = call(file, "g2", "aleppo")

    assert numbers(call, ALEPPO) == [new]


def test_what_was_read_after_the_time_is_left_out(call: Caller) -> None:
    call(file, "g1", "aleppo", hours=10)

    assert call(archive.reach, NOON, later(hours=9)).articles == 0


def test_an_entry_that_was_first_seen_before_the_time_is_left_out(call: Caller) -> None:
    entry = call(add_entry, call(add_feed), "g1", at=later(hours=-1))
    call(read, entry, words=["aleppo"])

    assert numbers(call) == []


def test_an_article_comes_with_its_feed_its_story_and_when_it_was_seen(
    call: Caller,
) -> None:
    call(file, "g1", "aleppo")

    (found,) = call(find, ALEPPO)

    assert found.article == replace(ARTICLE, feed="world")
    assert (found.first_seen, found.story) == (NOON, f"story{found.entry_id}")


def test_the_reach_of_a_time_counts_an_article_once(call: Caller) -> None:
    entry = call(add_entry, call(add_feed), "g1")
    first = call(read, entry)
    last = call(read, entry, number=1)

    found = call(archive.reach, NOON, later(hours=9))

    assert (found.articles, found.first, found.last) == (1, first, last)


def test_an_empty_archive_has_no_reach(call: Caller) -> None:
    found = call(archive.reach, NOON, later(hours=9))

    assert found.articles == 0
    assert found.last < found.first


def test_the_languages_of_the_archive_are_known(call: Caller) -> None:
    for guid, language in (("g1", "en"), ("g2", "ar"), ("g3", "en")):
        entry = call(add_entry, call(add_feed), guid)
        call(read, entry, text=replace(ARTICLE, language=language))

    assert call(archive.languages) == ["ar", "en"]


def test_an_article_of_a_hundred_thousand_words_is_filed(call: Caller) -> None:
    words = ["a0", *(f"longer{n:012d}" for n in range(100_000))]
    good = call(file, "g1", *words)

    assert numbers(call, WordKey("a0")) == [good]


@given(st.text(max_size=20))
def test_no_word_has_a_meaning_of_its_own_in_a_query(text: str) -> None:
    asked = fts5(WordKey(text)), tsquery(WordKey(text))

    assert all(not set(one[1:-1]) & set("\"'\\&|!:*() \0") for one in asked)
