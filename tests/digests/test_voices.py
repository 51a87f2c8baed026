"""Copies of one text are one voice."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from types import MappingProxyType

from hypothesis import given
from hypothesis import strategies as st

from monitor.digests.voices import is_spread, texts
from monitor.models import StoryMember
from tests.conftest import NOON


def member(
    group: int,
    site: str,
    *,
    origin: str = "",
    feed: str = "world",
    minutes: float = 0,
) -> StoryMember:
    return StoryMember(
        article_id=group,
        url=f"https://{site}/{group}",
        title="Title",
        source="Source",
        feed=feed,
        guid="",
        published=None,
        first_seen=NOON + timedelta(minutes=minutes),
        group_id=group,
        origin=origin,
    )


_UNNAMED: Mapping[str, str] = MappingProxyType({})


def count(told: Iterable[StoryMember], outlets: Mapping[str, str] = _UNNAMED) -> int:
    return len({text.voice for text in texts(told, outlets)})


def test_copies_of_one_text_count_once() -> None:
    told = [member(1, "bbc.com"), member(1, "repost.example"), member(2, "sana.sy")]

    assert count(told) == 2


def test_two_texts_of_one_outlet_count_once() -> None:
    assert count([member(1, "bbc.com"), member(2, "www.bbc.co.uk")]) == 1


def test_a_text_speaks_with_the_voice_of_whom_it_credits() -> None:
    told = [member(1, "repost.example", origin="bbc.com"), member(2, "bbc.co.uk")]

    assert count(told) == 1


def test_feeds_of_one_configured_outlet_are_one_voice() -> None:
    told = [member(1, "a.example", feed="one"), member(2, "b.example", feed="two")]

    assert count(told, {"one": "SANA", "two": "Sana"}) == 1


def test_the_first_to_have_a_text_speaks_for_its_copies() -> None:
    told = [
        member(1, "early.example"),
        member(1, "late.example", minutes=9),
        member(2, "early.example"),
    ]

    assert count(told) == 1


WITHIN = timedelta(hours=2)


def spread(*minutes: float, count: int = 3) -> bool:
    told = [member(n, f"s{n}.example", minutes=m) for n, m in enumerate(minutes)]
    return is_spread(texts(told, {}), count=count, within=WITHIN)


def test_outlets_spread_a_story_when_they_tell_it_within_the_time() -> None:
    assert spread(0, 60, 120)
    assert not spread(0, 60, 121)
    assert spread(0, 300, 310, 330)
    assert not spread(0, 60)


def test_one_outlet_alone_spreads_nothing() -> None:
    told = [member(n, "bbc.com", minutes=n) for n in range(5)]

    assert not is_spread(texts(told, {}), count=2, within=WITHIN)


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 400)), max_size=9),
    st.integers(1, 5),
)
def test_a_story_spreads_when_some_two_hours_hold_enough_outlets(
    said: list[tuple[str, int]], count: int
) -> None:
    told = [member(n, f"{s}.example", minutes=m) for n, (s, m) in enumerate(said)]
    most = max(
        (len({s for s, m in said if 0 <= m - start <= 120}) for _, start in said),
        default=0,
    )

    assert is_spread(texts(told, {}), count=count, within=WITHIN) == (most >= count)


@given(st.lists(st.floats(0, 400), max_size=8), st.integers(1, 5))
def test_more_outlets_never_make_a_story_less_urgent(
    minutes: list[float], count: int
) -> None:
    if spread(*minutes, count=count):
        assert spread(*minutes, 50, count=count)
