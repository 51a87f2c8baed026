from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.redirects import Course, course, rolls_back
from monitor.models import Feed, Fetched, Redirect
from tests.conftest import NOON

OLD = "https://wire.example/rss"
NEW = "https://news.wire.example/feed"
OTHER = "https://parking.example/feed"
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def feed(url: str = OLD, redirect: Redirect | None = None) -> Feed:
    return Feed(id=1, name="wire", url=url, redirect=redirect)


def led(url: str = NEW, *, permanent: bool = True) -> Fetched:
    """A good answer that came from an address."""
    return Fetched(status=200, url=url, body=b"<rss/>", permanent=permanent)


def polled(*polls: tuple[timedelta, Fetched]) -> list[Course]:
    """What each poll of a feed leads to; the times count from the first."""
    asked = feed()
    found = []
    for passed, fetched in polls:
        found.append(course(asked, fetched, NOON + passed))
        asked = replace(asked, redirect=found[-1].redirect)
    return found


# --- an address must lead elsewhere for good, and for long ---


def test_the_first_sighting_is_remembered_and_not_followed() -> None:
    found = course(feed(), led(), NOON)

    assert found == Course(Redirect(url=NEW, since=NOON, sightings=1), adopt=False)


def test_a_feed_that_answers_where_it_is_asked_stays_there() -> None:
    found = course(feed(), led(OLD, permanent=False), NOON)

    assert found == Course(None, adopt=False)


@pytest.mark.parametrize(
    ("sightings", "passed", "adopt"),
    [
        (5, 3 * DAY, True),
        (50, 3 * DAY, True),
        (5, 30 * DAY, True),
        (4, 3 * DAY, False),
        (4, 30 * DAY, False),
        (5, 3 * DAY - timedelta(seconds=1), False),
        (500, 2 * DAY, False),
    ],
)
def test_a_new_address_is_taken_after_five_sightings_in_three_days(
    sightings: int, passed: timedelta, *, adopt: bool
) -> None:
    before = Redirect(url=NEW, since=NOON, sightings=sightings - 1)

    found = course(feed(redirect=before), led(), NOON + passed)

    assert found == Course(replace(before, sightings=sightings), adopt=adopt)


def test_polls_in_a_row_are_counted_until_the_address_is_taken() -> None:
    found = polled(*((n * 18 * HOUR, led()) for n in range(6)))

    assert [c.redirect.sightings for c in found if c.redirect] == [1, 2, 3, 4, 5, 6]
    assert [c.redirect.since for c in found if c.redirect] == [NOON] * 6
    assert [c.adopt for c in found] == [False] * 4 + [True] * 2


@pytest.mark.parametrize(
    "interruption",
    [
        pytest.param(led(permanent=False), id="a temporary hop to the same place"),
        pytest.param(led(OTHER, permanent=False), id="a temporary hop elsewhere"),
        pytest.param(led(OLD, permanent=False), id="no redirect"),
        pytest.param(led(OLD), id="a round trip"),
    ],
)
def test_what_is_not_for_good_starts_the_count_anew(interruption: Fetched) -> None:
    found = polled(
        *((n * DAY, led()) for n in range(4)),
        (4 * DAY, interruption),
        (5 * DAY, led()),
    )

    assert found[4] == Course(None, adopt=False)
    assert found[5] == Course(Redirect(url=NEW, since=NOON + 5 * DAY), adopt=False)


def test_another_target_starts_the_count_anew() -> None:
    found = polled(*((n * DAY, led()) for n in range(4)), (4 * DAY, led(OTHER)))

    assert found[4] == Course(Redirect(url=OTHER, since=NOON + 4 * DAY), adopt=False)


def test_targets_that_alternate_are_never_taken() -> None:
    found = polled(*((n * DAY, led((NEW, OTHER)[n % 2])) for n in range(40)))

    assert not any(c.adopt for c in found)


@given(
    st.lists(
        st.tuples(
            st.timedeltas(timedelta(0), 2 * DAY),
            st.sampled_from([OLD, NEW, OTHER]),
            st.booleans(),
        ),
        max_size=20,
    )
)
def test_only_an_address_that_lasted_is_taken(
    polls: list[tuple[timedelta, str, bool]],
) -> None:
    at = NOON
    asked = feed()
    streak: list[tuple[str, datetime]] = []
    for passed, url, permanent in polls:
        at += passed
        if not permanent or url == OLD:
            streak = []
        elif streak and streak[-1][0] != url:
            streak = [(url, at)]
        else:
            streak.append((url, at))

        found = course(asked, led(url, permanent=permanent), at)

        asked = replace(asked, redirect=found.redirect)
        long_enough = len(streak) >= 5 and at - streak[0][1] >= 3 * DAY
        assert found.adopt == long_enough


# --- the same address over TLS ---


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("http://wire.example/rss", "https://wire.example/rss"),
        ("http://wire.example:80/rss", "https://wire.example/rss"),
        ("http://wire.example/rss", "https://wire.example:443/rss"),
        ("http://Wire.Example/rss", "https://wire.example/rss"),
        ("http://wire.example/rss?a=1&b=2", "https://wire.example/rss?a=1&b=2"),
        ("http://wire.example/", "https://wire.example/"),
    ],
)
def test_https_for_the_same_address_is_taken_at_once(old: str, new: str) -> None:
    found = course(feed(old), led(new), NOON)

    assert found == Course(Redirect(url=new, since=NOON), adopt=True)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("https://wire.example/rss", "http://wire.example/rss"),
        ("http://wire.example/rss", "https://www.wire.example/rss"),
        ("http://wire.example/rss", "https://wire.example.evil.example/rss"),
        ("http://wire.example/rss", "https://wire.example/feed"),
        ("http://wire.example/rss", "https://wire.example/rss/"),
        ("http://wire.example/rss", "https://wire.example/rss?a=1"),
        ("http://wire.example/rss?a=1", "https://wire.example/rss"),
        ("http://wire.example:8080/rss", "https://wire.example/rss"),
        ("http://wire.example/rss", "https://wire.example:8443/rss"),
        ("http://wire.example/rss", "http://wire.example:80/rss"),
    ],
)
def test_any_other_change_of_the_address_has_to_last(old: str, new: str) -> None:
    found = course(feed(old), led(new), NOON)

    assert found == Course(Redirect(url=new, since=NOON), adopt=False)


def test_https_by_way_of_a_temporary_redirect_is_not_taken() -> None:
    asked = feed("http://wire.example/rss")

    found = course(asked, led("https://wire.example/rss", permanent=False), NOON)

    assert found == Course(None, adopt=False)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("http://wire.example", "https://wire.example/"),
        ("http://wire.example/nachrichten/köln", "https://wire.example/nachrichten/k%C3%B6ln"),
    ],
)  # fmt: skip
def test_https_for_the_same_address_in_another_spelling_is_taken_at_once(
    old: str, new: str
) -> None:
    found = course(feed(old), led(new), NOON)

    assert found.adopt


# --- and back again ---


@pytest.mark.parametrize(
    ("moved", "failures", "back"),
    [
        (True, 4, False),
        (True, 5, True),
        (True, 50, True),
        (False, 5, False),
        (False, 50, False),
    ],
)
def test_a_new_address_that_fails_five_times_is_given_up(
    failures: int, *, moved: bool, back: bool
) -> None:
    asked = replace(feed(NEW), moved=moved)

    found = rolls_back(asked, failures)

    assert found == back
