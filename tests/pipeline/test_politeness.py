"""Nobody is asked too often, two at a time, or before it is time."""

import socket
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from monitor.cli import execute
from tests.conftest import StandingClock
from tests.desk import Desk
from tests.pipeline.polls import PATH, in_one_process, show
from tests.site import Answer, Item, Site, rss

NAMES = ("a", "b", "c", "d", "e", "f")


class _OneAtATime(Desk):
    """A desk that asks a host as the program does by default, but for the gap."""

    def text(self) -> str:
        return super().text().replace("at_once = 4", "at_once = 1")


@pytest.fixture
def patient(desk: Desk, site: Site) -> Desk:
    found = _OneAtATime(desk.folder, site, desk.clock, desk.database)
    found.articles = 'full_text = "never"'
    return found


class _Watched(dict[str, Answer]):
    """Answers that take a moment, and know how many were given at the same time."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._inside = 0
        self.most = 0

    def get(self, path: str, default: Answer | None = None) -> Answer:  # type: ignore[override]  # as the site calls it
        with self._lock:
            self._inside += 1
            self.most = max(self.most, self._inside)
        time.sleep(0.02)
        with self._lock:
            self._inside -= 1
        return super().get(path) or default or Answer(b"", 404)


def six_feeds(desk: Desk, site: Site) -> None:
    """Six feeds on one host."""
    desk.feeds = {name: f"{site.url}/{name}.xml" for name in NAMES}
    for name in NAMES:
        show(site, name, path=f"/{name}.xml")


# --- hosts ---


def test_polls_of_one_host_never_overlap(patient: Desk, site: Site) -> None:
    site.answers = watched = _Watched()
    six_feeds(patient, site)

    report = patient.run()

    assert report.baseline == 6
    assert watched.most == 1


def test_after_a_long_sleep_every_feed_is_polled_once(
    patient: Desk, site: Site, clock: StandingClock
) -> None:
    site.answers = watched = _Watched()
    six_feeds(patient, site)

    in_one_process(patient, lambda: None, lambda: clock.go_on(days=3))

    assert [site.hits(f"/{name}.xml") for name in NAMES] == [2] * 6
    assert watched.most == 1


class _Waiting(dict[str, Answer]):
    """Answers that are given only after something happened elsewhere."""

    def __init__(self, event: threading.Event) -> None:
        super().__init__()
        self._event = event

    def get(self, path: str, default: Answer | None = None) -> Answer:  # type: ignore[override]  # as the site calls it
        self._event.wait(1.5)
        return super().get(path) or default or Answer(b"", 404)


class _Announced(dict[str, Answer]):
    """Answers that make an event happen."""

    def __init__(self, event: threading.Event) -> None:
        super().__init__()
        self._event = event

    def get(self, path: str, default: Answer | None = None) -> Answer:  # type: ignore[override]  # as the site calls it
        self._event.set()
        return super().get(path) or default or Answer(b"", 404)


def test_a_slow_host_holds_up_no_other(patient: Desk, site: Site) -> None:
    other_was_asked = threading.Event()
    with Site() as slow:
        slow.answers = _Waiting(other_was_asked)
        site.answers = _Announced(other_was_asked)
        six_feeds(patient, slow)
        show(site, "old")
        patient.feeds["other"] = f"{site.url}{PATH}"

        report = patient.run()

    assert report.failing == ()
    assert report.baseline == 7


def test_a_broken_answer_is_not_asked_for_again_in_the_same_poll(desk: Desk) -> None:
    asked = []
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def hang_up() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    asked.append(connection.recv(4_096))
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<")

        threading.Thread(target=hang_up, daemon=True).start()
        desk.feeds = {"cut": f"http://127.0.0.1:{server.getsockname()[1]}/cut.xml"}
        report = desk.run()
        server.shutdown(socket.SHUT_RDWR)

    assert [bad.feed for bad in report.failing] == ["cut"]
    assert len(asked) == 1


# --- what they ask for ---


def seconds(wait: timedelta) -> str:
    return f"{wait.total_seconds():.0f}"


def date(wait: timedelta) -> str:
    """A time by the clock of the server, which is not that of the test."""
    return format_datetime(datetime.now(UTC) + wait, usegmt=True)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("form", [seconds, date])
def test_a_rest_that_a_host_asks_for_holds_for_all_its_feeds(
    patient: Desk, site: Site, clock: StandingClock, status: int, form: object
) -> None:
    assert callable(form)
    six_feeds(patient, site)
    headers = {"Retry-After": form(timedelta(minutes=10))}
    refusal = Answer(b"", status, headers=headers)
    good = dict(site.answers)
    site.answers.update(dict.fromkeys(good, refusal))
    patient.run()
    asked = len(site.requests)
    site.answers.update(good)

    clock.go_on(minutes=9)
    patient.run(all_feeds=True)
    meanwhile = len(site.requests)
    clock.go_on(minutes=2)
    report = patient.run(all_feeds=True)

    assert (asked, meanwhile) == (1, 1)
    assert report.baseline == 6


def test_too_many_requests_without_a_time_are_a_rest_of_an_hour_and_more(
    patient: Desk, site: Site, clock: StandingClock
) -> None:
    six_feeds(patient, site)
    good = dict(site.answers)
    site.answers.update(dict.fromkeys(good, Answer(b"", 429)))
    patient.run()
    first = site.requests[0][0]  # the order is free
    site.answers.update(good)

    clock.go_on(minutes=59)
    patient.run()
    early = len(site.requests)
    clock.go_on(minutes=2)
    patient.run()
    asked = [name for name in NAMES if site.hits(f"/{name}.xml")]
    clock.go_on(minutes=75)
    report = patient.run()

    assert early == 1
    assert asked == list(NAMES)
    assert report.failing == ()
    assert site.hits(first) >= 2


def test_a_restart_does_not_poll_early(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    desk.feeds = {"world.url": f"{site.url}{PATH}", "world.every": "1h"}
    show(site, "old")
    desk.run()

    clock.go_on(minutes=5)
    restarted = [desk.run().polled for _ in range(3)]

    assert restarted == [0, 0, 0]
    assert site.hits(PATH) == 1


def channel(extra: str) -> bytes:
    """A feed whose channel says something about its rhythm."""
    body = rss("World", [Item(guid="1", title="old")])
    return body.replace(b"<item>", extra.encode() + b"<item>", 1)


def test_the_hours_that_a_publisher_skips_are_left_out(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    desk.feeds = {"world.url": f"{site.url}{PATH}", "world.every": "1h"}
    hours = "".join(f"<hour>{hour}</hour>" for hour in range(12, 18))
    site.answers[PATH] = Answer(channel(f"<skipHours>{hours}</skipHours>"))
    desk.run()

    clock.go_on(hours=5, minutes=59)
    desk.run()
    early = site.hits(PATH)
    clock.go_on(hours=1, minutes=2)
    desk.run()

    assert (early, site.hits(PATH)) == (1, 2)


@pytest.mark.parametrize("period", ["monthly", "hourly", "always"])
def test_the_update_period_of_a_feed_is_no_floor(
    desk: Desk, site: Site, clock: StandingClock, period: str
) -> None:
    desk.feeds = {"world.url": f"{site.url}{PATH}", "world.every": "5m"}
    text = f"<sy:updatePeriod>{period}</sy:updatePeriod>"
    body = channel(f"{text}<sy:updateFrequency>0.1</sy:updateFrequency>")
    name = b'<rss xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" '
    site.answers[PATH] = Answer(body.replace(b"<rss ", name))
    desk.run()

    clock.go_on(minutes=6)
    desk.run()

    assert site.hits(PATH) == 2


def test_after_a_possible_gap_the_next_interval_is_half(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    desk.articles = 'full_text = "never"'
    desk.feeds = {"world.url": f"{site.url}{PATH}", "world.every": "4h"}
    show(site, "old")
    desk.run()
    show(site, *NAMES)
    clock.go_on(hours=5)
    desk.run()

    clock.go_on(hours=2, minutes=13)
    early = desk.run().polled
    clock.go_on(hours=2, minutes=13)
    once = desk.run().polled
    clock.go_on(hours=2, minutes=13)
    late = desk.run().polled

    assert (early, once, late) == (1, 0, 1)


# --- what people ask for ---


def test_a_paused_feed_is_not_asked_until_it_is_resumed(
    desk: Desk, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write()
    monkeypatch.chdir(desk.folder)
    show(site, "old")
    desk.run()

    paused = execute(("feeds", "pause", "world"))
    desk.run(all_feeds=True)
    desk.run(only_feed="world")
    while_paused = site.hits(PATH)
    resumed = execute(("feeds", "resume", "world"))
    desk.clock.at = datetime.now(UTC) + timedelta(seconds=1)  # the command's clock
    desk.run()

    assert (paused, resumed) == (0, 0)
    assert (while_paused, site.hits(PATH)) == (1, 2)


def test_a_program_is_polled_like_any_feed(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    desk.articles = 'full_text = "never"'
    desk.more = '\n[feeds.register]\ncommand = ["cat", "notices.xml"]\n'
    show(site, "old")
    notices = desk.folder / "notices.xml"
    notices.write_bytes(rss("Register", [Item(guid="1", title="Notice 1")]))
    first = desk.run()

    items = [Item(guid=str(n), title=f"Airstrikes hit Aleppo {n}") for n in (1, 2)]
    notices.write_bytes(rss("Register", items[1:]))
    clock.go_on(days=1)
    second = desk.run()
    notices.unlink()
    clock.go_on(days=1)
    third = desk.run()

    assert (first.baseline, second.new) == (2, 1)
    assert desk.stories() == ["Airstrikes hit Aleppo 2"]
    assert [bad.feed for bad in third.failing] == ["register"]
    assert (
        "the program failed with status 1: cat: notices.xml" in third.failing[0].error
    )
