"""The mail server of all people: how it meets what we send."""

from contextlib import closing

import pytest

from monitor.channels import email
from monitor.channels.relay import Smtp
from monitor.pipeline.send import next_turn
from monitor.storage import deliveries, destinations
from tests.conftest import NOON, Caller, StandingClock
from tests.desk import Desk, Mailbox, mail_server
from tests.pipeline.test_digests import tell
from tests.site import Site
from tests.storage.builders import later, post

PEOPLE = [f"p{number}@example.org" for number in range(24)]


def subscribe(desk: Desk, port: int, *, smtp: str = "", people: int = 24) -> None:
    """Let people follow the desk's rule, each with an address of their own."""
    desk.more = (
        f'[smtp]\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\n'
        f'from = "News monitor <monitor@example.org>"\n{smtp}\n'
    )
    for address in PEOPLE[:people]:
        name = address.partition("@")[0]
        desk.more += (
            f'[subscribers.{name}]\nemail = "{address}"\n'
            'rules = ["aleppo"]\ndigest = "instant"\n'
        )


@pytest.fixture
def desk(site: Site, desk: Desk) -> Desk:
    tell(site, "old")
    desk.run()
    tell(site, "old", "Airstrikes hit Aleppo")
    return desk


def served(mailbox: Mailbox) -> list[str]:
    return sorted(to for to, _ in mailbox.messages)


def test_all_people_are_served_over_one_connection(desk: Desk) -> None:
    with mail_server() as (mailbox, port):
        subscribe(desk, port)
        desk.run(all_feeds=True)

    assert served(mailbox) == sorted(PEOPLE)
    assert [to for to, _ in mailbox.messages] == [m["To"] for _, m in mailbox.messages]
    assert mailbox.calls == 1


def test_a_mail_server_meets_no_more_connections_than_it_may(desk: Desk) -> None:
    with mail_server() as (mailbox, port):
        subscribe(desk, port, smtp="max_connections = 3")
        desk.run(all_feeds=True)

    assert served(mailbox) == sorted(PEOPLE)
    assert 1 < mailbox.most_at_once <= 3


def test_a_refused_address_keeps_nobody_else_back(desk: Desk) -> None:
    with mail_server() as (mailbox, port):
        subscribe(desk, port)
        mailbox.refused[PEOPLE[3]] = "550 5.1.1 no such user"
        desk.run(all_feeds=True)

    assert served(mailbox) == sorted(set(PEOPLE) - {PEOPLE[3]})


def test_a_server_that_had_too_many_messages_gets_half_as_many_for_an_hour(
    desk: Desk, clock: StandingClock
) -> None:
    with mail_server() as (mailbox, port):
        subscribe(desk, port, smtp="max_per_minute = 12", people=4)
        mailbox.refused[PEOPLE[0]] = "451 4.7.0 too many messages"
        desk.run(all_feeds=True)
        mailbox.refused.clear()
        counts = []
        for seconds in (10, 6, 6, 6):
            clock.go_on(seconds=seconds - 1)  # a run takes one
            desk.run()
            counts.append(len(mailbox.messages))

    assert counts == [1, 1, 2, 2]


@pytest.mark.parametrize(
    ("reply", "rest"),
    [("530 5.7.0 sign in first", 3600), ("421 4.7.0 try again later", 30)],
)
def test_an_address_that_bars_the_way_is_not_the_first_one_for_ever(
    desk: Desk, clock: StandingClock, reply: str, rest: int
) -> None:
    with mail_server() as (mailbox, port):
        subscribe(desk, port, people=4)
        mailbox.refused[PEOPLE[0]] = reply
        desk.run(all_feeds=True)
        for seconds in (rest, 2, 2):  # one that is slow now gets two a run
            clock.go_on(seconds=seconds)
            desk.run()

    assert served(mailbox) == PEOPLE[1:4]


def waits(call: Caller, seconds: float, *, trouble: bool = False) -> bool:
    """Whether a single run waits for a message that is due in so many seconds."""
    mail = email.Config(to=("a@example.org",), smtp=Smtp(max_per_minute=12))
    call(post, "a@example.org")
    call(deliveries.postpone_all, ["mail"], token="t", at=later(seconds=seconds))
    if trouble:
        call(destinations.failed, mail.way, "", "away", NOON)
    return call(next_turn, [mail], NOON) is not None


@pytest.mark.parametrize(
    ("seconds", "expected"), [(5, True), (10, True), (11, False), (3600, False)]
)
def test_a_single_run_waits_as_long_as_messages_are_apart(
    sqlite_url: str, seconds: float, *, expected: bool
) -> None:
    with closing(Caller(sqlite_url)) as call:
        assert waits(call, seconds) is expected


@pytest.mark.parametrize(("seconds", "expected"), [(1, True), (5, False)])
def test_a_single_run_does_not_wait_for_the_end_of_trouble(
    sqlite_url: str, seconds: float, *, expected: bool
) -> None:
    with closing(Caller(sqlite_url)) as call:
        assert waits(call, seconds, trouble=True) is expected
