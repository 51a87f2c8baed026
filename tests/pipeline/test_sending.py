"""Deliveries: to a real SMTP server, with refusals, retries and dead letters."""

import pytest

from tests.conftest import StandingClock
from tests.desk import Desk, mail_server
from tests.pipeline.test_digests import tell
from tests.site import Site

TO = ("ana@example.org", "sami@example.org")


def mail(desk: Desk, port: int) -> None:
    """Let the desk get its digests by mail as well."""
    desk.send_to = ("mail", "log")
    desk.more = (
        f'[channels.mail]\ntype = "email"\nto = ["{TO[0]}", "{TO[1]}"]\n'
        f'[smtp]\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\n'
        'from = "News monitor <monitor@example.org>"\n'
    )


@pytest.fixture
def desk(site: Site, desk: Desk) -> Desk:
    tell(site, "old")
    desk.run()
    return desk


def test_each_recipient_gets_a_message_of_its_own(desk: Desk, site: Site) -> None:
    with mail_server() as (mailbox, port):
        mail(desk, port)
        tell(site, "old", "Airstrikes hit Aleppo")
        desk.run(all_feeds=True)

    assert [to for to, _ in mailbox.messages] == list(TO)
    assert len(set(mailbox.ids())) == 2
    assert mailbox.subjects(TO[0]) == ["Airstrikes hit Aleppo · aleppo"]


def test_a_refused_recipient_is_a_dead_letter_and_the_other_is_served(
    desk: Desk, site: Site
) -> None:
    with mail_server() as (mailbox, port):
        mail(desk, port)
        mailbox.refused[TO[0]] = "550 5.1.1 no such user"
        tell(site, "old", "Airstrikes hit Aleppo")
        report = desk.run(all_feeds=True)
        desk.run(all_feeds=True)

    assert [to for to, _ in mailbox.messages] == [TO[1]]
    assert [late.to for late in report.undelivered] == [f"mail {TO[0]}"]
    assert desk.notices()[0].startswith(f"a delivery to {TO[0]} failed for good")


def test_a_server_that_is_away_delays_mail_and_nothing_else(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    with mail_server() as (mailbox, port):
        pass
    mail(desk, port)
    tell(site, "old", "Airstrikes hit Aleppo")
    desk.run(all_feeds=True)
    by_file = desk.stories()

    desk.run(all_feeds=True)
    with mail_server() as (mailbox, port):
        mail(desk, port)
        clock.go_on(minutes=2)
        desk.run()

    assert by_file == ["Airstrikes hit Aleppo"]
    assert sorted(to for to, _ in mailbox.messages) == list(TO)
    assert desk.stories() == by_file


def test_a_mail_server_that_is_away_is_told_once_for_all_who_get_mail(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    with mail_server() as (mailbox, port):
        pass
    mail(desk, port)
    tell(site, "old", "Airstrikes hit Aleppo")
    for _ in range(8):
        desk.run(all_feeds=True)
        clock.go_on(minutes=20)
    with mail_server(port) as (mailbox, _):
        clock.go_on(hours=3)
        desk.run()

    away, back = desk.notices()
    assert away.startswith(f"mail server 127.0.0.1:{port} does not work")
    assert back.startswith(f"mail server 127.0.0.1:{port} works again")
    # Each address waits a little longer or less, so either may be first.
    assert sorted(to for to, _ in mailbox.messages) == sorted(TO)


def test_a_refused_password_costs_no_message_however_long_it_lasts(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    with mail_server() as (mailbox, port):
        mail(desk, port)
        mailbox.refused_sender = "530 5.7.0 authentication required"
        tell(site, "old", "Airstrikes hit Aleppo")
        desk.run(all_feeds=True)
        clock.go_on(days=5)
        desk.run()
        mailbox.refused_sender = ""
        clock.go_on(hours=2)
        desk.run()

    assert sorted(to for to, _ in mailbox.messages) == sorted(TO)
    assert "530 5.7.0" in desk.notices()[0]
    assert len(desk.notices()) == 2


def test_an_address_that_does_not_exist_on_three_days_is_written_to_no_more(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    titles: list[str] = []
    with mail_server() as (mailbox, port):
        mail(desk, port)
        mailbox.refused[TO[0]] = "550 5.1.1 no such user"
        for day in range(4):
            titles.append(f"Airstrikes hit Aleppo again, day {day}")
            tell(site, "old", *titles)
            desk.run(all_feeds=True)
            clock.go_on(days=1)

    assert [to for to, _ in mailbox.messages] == [TO[1]] * 4
    first, second, third = desk.notices()
    assert "failed for good" in first
    assert "failed for good" in second
    assert third.startswith(f"{TO[0]} gets no mail any more")


def test_a_mail_server_gets_no_more_messages_a_minute_than_it_wants(
    desk: Desk, site: Site, clock: StandingClock
) -> None:
    with mail_server() as (mailbox, port):
        mail(desk, port)
        desk.more += "max_per_minute = 1\n"
        tell(site, "old", "Airstrikes hit Aleppo")
        desk.run(all_feeds=True)
        at_first = len(mailbox.messages)
        clock.go_on(seconds=61)
        desk.run()

    assert at_first == 1
    assert len(mailbox.messages) == 2
