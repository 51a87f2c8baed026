"""A story in plain words, for chat."""

from dataclasses import replace

from monitor.digests.brief import briefs
from tests.digests.digest_samples import DIGEST, STORIES, STRIKES, match, story


def shown(*stories: object) -> list[str]:
    found = briefs(replace(DIGEST, stories=stories, shown=len(stories)))  # type: ignore[arg-type]  # stories
    return [brief.why for brief in found]


def test_a_rule_without_words_takes_every_article() -> None:
    every = story(matches=(match("https://courier.example/grain/1"),))

    assert shown(every) == ["the rule takes every article"]
    assert shown(replace(every, correction="its page is gone")) == [
        "it met the rule before it was corrected"
    ]


def test_a_brief_says_who_tells_it_and_who_else() -> None:
    (brief,) = briefs(replace(DIGEST, stories=STORIES[:1], shown=1))

    assert brief.byline == "Levant Wire · 4 outlets"
    assert brief.also == (
        "Also in 4 sources: Northern Herald, Orient Daily, World Mirror, … (1 copy)"
    )
    assert brief.why == "Aleppo, Airstrikes, air strike (airstrike)"
    assert brief.url == STRIKES
    assert [text for text, marked in brief.excerpt if marked] == [
        "Aleppo",
        "airstrikes",
    ]
    assert brief.urgent


def test_what_a_story_does_not_carry_is_counted_too() -> None:
    large = replace(STORIES[0], more_copies=6, more_sources=("Quiet Times",))

    (brief,) = briefs(replace(DIGEST, stories=(large,), shown=1))

    assert brief.also == (
        "Also in 5 sources: Northern Herald, Orient Daily, World Mirror, … (7 copies)"
    )


def test_a_rule_is_named_where_a_story_has_several() -> None:
    url = "https://courier.example/grain/1"
    two = story(
        rules=("aleppo-strikes", "corridors"),
        matches=(match(url), match(url, rule="corridors", weak=True)),
    )

    assert shown(two) == [
        "Air strikes, Aleppo: the rule takes every article; "
        "Humanitarian corridors: the rule takes every article"
    ]
