"""Chat and webhooks: what is paused, told to the operator, threaded, and never lost."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from tests.channels.receiver import Receiver, receiver
from tests.conftest import StandingClock
from tests.desk import Desk
from tests.pipeline.test_digests import tell
from tests.site import Item, Site

BOT = """
[channels.chat]
type = "slack"
token = "xoxb"
channel = "#syria"
api = "{url}"

[channels.second]
type = "webhook"
url = "{url}/hook"
"""


@pytest.fixture
def far() -> Iterator[Receiver]:
    with receiver() as found:
        found.says((200, {"ok": True, "ts": "1.1"}))
        yield found


@pytest.fixture
def chat(desk: Desk, site: Site, far: Receiver) -> Desk:
    """A desk that is told by a bot, after its silent first run."""
    desk.more = BOT.format(url=far.url)
    desk.send_to = ("chat",)
    tell(site, "old")
    desk.run()
    return desk


def posted(far: Receiver) -> list[str]:
    """The texts that arrived in the room."""
    return [one.payload["text"] for one in far.requests if "chat." in one.path]


def test_an_alert_arrives_in_the_room(chat: Desk, site: Site, far: Receiver) -> None:
    tell(site, "old", "Airstrikes hit Aleppo")

    chat.run(all_feeds=True)

    (text,) = posted(far)
    assert text.startswith("Airstrikes hit Aleppo")


def test_a_room_that_is_gone_keeps_its_messages_and_the_operator_hears_once(
    chat: Desk, site: Site, far: Receiver
) -> None:
    far.says((200, {"ok": False, "error": "channel_not_found"}))
    for number in range(3):
        tell(site, "old", *[f"Airstrikes hit Aleppo {n}" for n in range(number + 1)])
        chat.run(all_feeds=True)
        chat.clock.go_on(minutes=40)
    asked = len(far.requests)
    far.says((200, {"ok": True, "ts": "1.1"}))

    for _ in range(3):
        chat.clock.go_on(minutes=70)
        chat.run()

    assert asked <= 2
    assert len(set(posted(far))) == 3
    first, last = chat.notices()
    assert "channel_not_found" in first
    assert "works again" in last


def test_a_target_that_had_too_many_rests_and_loses_no_attempt(
    chat: Desk, site: Site, far: Receiver
) -> None:
    far.says((429, {"headers": {"Retry-After": "600"}}))
    tell(site, "old", "Airstrikes hit Aleppo")
    chat.run(all_feeds=True)
    chat.clock.go_on(minutes=9)
    chat.run()
    early = len(far.requests)
    far.says((200, {"ok": True, "ts": "1.1"}))
    chat.clock.go_on(minutes=4)

    chat.run()

    assert early == 1
    assert len(far.requests) == 2
    assert chat.notices() == []


def test_one_failing_channel_delays_no_other(
    chat: Desk, site: Site, far: Receiver
) -> None:
    chat.send_to = ("chat", "second")
    far.says((503, ""), (204, ""))
    tell(site, "old", "Airstrikes hit Aleppo")

    chat.run(all_feeds=True)

    assert {one.path for one in far.requests} == {"/chat.postMessage", "/hook"}


def test_what_fails_for_an_hour_is_told_once(
    chat: Desk, site: Site, far: Receiver
) -> None:
    far.says((503, ""))
    tell(site, "old", "Airstrikes hit Aleppo")
    for _ in range(12):
        chat.run(all_feeds=True)
        chat.clock.go_on(minutes=30)

    (notice,) = chat.notices()
    assert "channel chat does not work" in notice
    assert "xoxb" not in notice


def test_an_update_goes_into_the_thread_of_its_story(
    chat: Desk, site: Site, far: Receiver
) -> None:
    chat.rules = '[rules.watch]\nquery = "Aleppo"\non_update = "always"\n'
    chat.follows = ("watch",)
    chat.run()
    for title in ("Airstrikes hit Aleppo", "Airstrikes hit Aleppo, 30 dead"):
        site.feed("/feed.xml", "World", [Item(guid="1", title=title)])
        chat.run(all_feeds=True)
        chat.clock.go_on(minutes=40)

    first, second = (one.payload for one in far.requests)
    assert "thread_ts" not in first
    assert second["thread_ts"] == "1.1"


HOOK = """
[channels.hook]
type = "webhook"
url = "{url}/hook"
"""


@pytest.fixture
def hooked(desk: Desk, site: Site, far: Receiver) -> Desk:
    """A desk that is told by a webhook, after its silent first run."""
    desk.more = HOOK.format(url=far.url)
    desk.send_to = ("hook",)
    tell(site, "old")
    desk.run()
    return desk


@pytest.mark.parametrize(
    "fault",
    [
        (0, ""),
        (500, ""),
        (503, ""),
        (408, ""),
        (429, {"headers": {"Retry-After": "9"}}),
    ],
    ids=["accept then drop", "500", "503", "408", "429"],
)
def test_whatever_a_far_side_does_the_message_arrives_under_one_id(
    hooked: Desk, site: Site, far: Receiver, fault: tuple[int, object]
) -> None:
    far.says(fault, fault, (204, ""))
    tell(site, "old", "Airstrikes hit Aleppo")
    hooked.run(all_feeds=True)
    for _ in range(4):
        hooked.clock.go_on(minutes=8)
        hooked.run()

    assert len(far.requests) == 3
    assert len({one.headers["webhook-id"] for one in far.requests}) == 1
    assert hooked.notices() == []


def test_a_far_side_that_refuses_one_message_for_good_is_told_to_the_operator(
    hooked: Desk, site: Site, far: Receiver
) -> None:
    far.says((422, "no such field"))
    tell(site, "old", "Airstrikes hit Aleppo")

    hooked.run(all_feeds=True)
    hooked.clock.go_on(hours=9)
    hooked.run()

    assert len(far.requests) == 1
    (notice,) = hooked.notices()
    assert "failed for good" in notice
    assert "no such field" in notice


def test_where_nobody_listens_the_message_waits_for_somebody(
    hooked: Desk, site: Site, far: Receiver
) -> None:
    with receiver() as gone:
        hooked.more = HOOK.format(url=gone.url)
    tell(site, "old", "Airstrikes hit Aleppo")
    hooked.run(all_feeds=True)
    hooked.more = HOOK.format(url=far.url)
    hooked.clock.go_on(minutes=5)

    hooked.run()

    assert len(far.requests) == 1


def test_one_run_sends_all_parts_of_a_long_digest(
    chat: Desk, site: Site, far: Receiver
) -> None:
    chat.articles = 'merge = "nothing"\nflood_limit = 500'
    chat.subscriber = "max_stories = 200"
    chat.clock = RunningClock()
    tell(site, "old", *[f"Airstrikes hit Aleppo {n}" for n in range(110)])

    chat.run(all_feeds=True, flush=True)

    assert len(far.requests) == 5
    threads = [one.payload.get("thread_ts") for one in far.requests]
    assert threads == [None, "1.1", "1.1", "1.1", "1.1"]


class RunningClock(StandingClock):
    """A clock that goes on by itself, ten times as fast."""

    def __init__(self) -> None:
        super().__init__()
        self._start = time.monotonic()

    def now(self) -> datetime:
        return super().now() + 10 * timedelta(seconds=time.monotonic() - self._start)
