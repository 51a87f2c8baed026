"""A connection to a mail server that serves one message after another."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from monitor.channels.email import Config
from monitor.channels.relay import Smtp
from monitor.errors import DeliveryDeferred, DeliveryError, DeliveryRejected
from monitor.models import Part
from tests.channels.test_smtp import SENDER, TO, Mailbox, listening, part

Between = Callable[[Mailbox], Awaitable[None]]


async def nothing(_: Mailbox) -> None:
    """Between two messages."""


def sent(
    mailbox: Mailbox,
    parts: Sequence[Part],
    *,
    most: int = 100,
    between: Between = nothing,
) -> list[DeliveryError | None]:
    """Send by one session; what became of each."""

    async def send() -> list[DeliveryError | None]:
        found: list[DeliveryError | None] = []
        async with listening(mailbox) as port:
            smtp = Smtp(
                host="127.0.0.1", port=port, sender=SENDER, max_per_connection=most
            )
            async with Config(to=(TO,), smtp=smtp).session() as hand_over:
                for one in parts:
                    try:
                        await hand_over(one, None)
                    except DeliveryError as error:
                        found.append(error)
                    else:
                        found.append(None)
                    await between(mailbox)
        return found

    return asyncio.run(send())


def test_messages_go_over_one_connection_one_after_another() -> None:
    mailbox = Mailbox()

    assert sent(mailbox, [part()] * 5) == [None] * 5
    assert len(mailbox.mails) == 5
    assert len(mailbox.lines) == 1


def test_the_mail_server_is_told_goodbye() -> None:
    mailbox = Mailbox()

    sent(mailbox, [part()] * 2)

    assert mailbox.goodbyes == 1


def test_a_session_without_a_message_makes_no_connection() -> None:
    mailbox = Mailbox()

    sent(mailbox, [])

    assert mailbox.lines == []


def test_a_connection_carries_no_more_messages_than_it_may() -> None:
    mailbox = Mailbox()

    sent(mailbox, [part()] * 5, most=2)

    assert len(mailbox.mails) == 5
    assert len(mailbox.lines) == 3


def test_a_connection_that_the_server_closed_meanwhile_is_made_anew() -> None:
    async def hang_up(mailbox: Mailbox) -> None:
        mailbox.lines[-1].close()

    mailbox = Mailbox()

    assert sent(mailbox, [part()] * 3, between=hang_up) == [None] * 3
    assert len(mailbox.mails) == 3


class Short(Mailbox):
    """Takes one message a connection, and says so, or hangs up, at the next."""

    word: str | None = None

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:  # fmt: skip
        if len(self.mails) >= len(self.lines):
            if self.word is None:
                server.transport.close()
            return self.word or "250 OK"
        return await super().handle_MAIL(server, session, envelope, address, options)


@pytest.mark.parametrize(
    "word",
    [
        None,
        "421 4.7.0 too many messages",
        "450 too many in this session",
        "550 too many in this session",
        "530 5.7.0 the session is over",
    ],
)
def test_a_server_with_a_limit_of_its_own_is_called_again(word: str | None) -> None:
    mailbox = Short()
    mailbox.word = word

    assert sent(mailbox, [part()] * 3) == [None] * 3
    assert len(mailbox.lines) == 3


def test_what_a_new_connection_says_too_counts() -> None:
    async def tire(mailbox: Mailbox) -> None:
        mailbox.replies["MAIL"] = "421 4.7.0 come back later"

    mailbox = Mailbox()

    first, second = sent(mailbox, [part()] * 2, between=tire)

    assert first is None
    assert isinstance(second, DeliveryDeferred)
    assert (second.code, second.whole_channel) == (421, True)


def test_a_mailbox_that_is_busy_is_not_asked_twice() -> None:
    async def fill(mailbox: Mailbox) -> None:
        mailbox.replies["RCPT"] = "452 4.2.2 mailbox full"

    mailbox = Mailbox()

    _, second = sent(mailbox, [part()] * 2, between=fill)

    assert isinstance(second, DeliveryDeferred)
    assert len(mailbox.lines) == 1


def test_a_server_that_refuses_a_message_is_told_goodbye_too() -> None:
    mailbox = Mailbox(replies={"RCPT": "550 5.1.1 no such user"})

    sent(mailbox, [part()])

    assert mailbox.goodbyes == 1


def test_a_refused_message_does_not_keep_the_next_one_back() -> None:
    async def forgive(mailbox: Mailbox) -> None:
        mailbox.replies.clear()

    mailbox = Mailbox(replies={"RCPT": "550 5.1.1 no such user"})

    first, second = sent(mailbox, [part()] * 2, between=forgive)

    assert isinstance(first, DeliveryRejected)
    assert second is None
    assert len(mailbox.mails) == 1


@pytest.mark.parametrize(
    ("reply", "slow"),
    [
        ("421 4.3.2 too many connections", True),
        ("451 4.7.0 too many messages", True),
        ("450 4.2.1 mailbox busy", False),
    ],
)
def test_a_server_that_wants_fewer_messages_is_understood(
    reply: str, *, slow: bool
) -> None:
    (error,) = sent(Mailbox(replies={"RCPT": reply}), [part()])

    assert isinstance(error, DeliveryDeferred)
    assert error.slow_down is slow


class Thinking(Mailbox):
    """Says nothing to the first message, once it has it."""

    asked: asyncio.Event

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if len(self.lines) == 1:
            self.asked.set()
            await asyncio.Event().wait()
        return await super().handle_DATA(server, session, envelope)


def test_a_connection_that_was_given_up_on_is_not_used_again() -> None:
    mailbox = Thinking()

    async def send() -> None:
        mailbox.asked = asyncio.Event()
        async with listening(mailbox) as port:
            smtp = Smtp(host="127.0.0.1", port=port, sender=SENDER)
            async with Config(to=(TO,), smtp=smtp).session() as hand_over:
                first = asyncio.ensure_future(hand_over(part(), None))
                await mailbox.asked.wait()
                first.cancel()
                await asyncio.wait([first])
                async with asyncio.timeout(15):  # the old one would take a minute
                    await hand_over(part(), None)

    asyncio.run(send())

    assert len(mailbox.lines) == 2
    assert len(mailbox.mails) == 1
