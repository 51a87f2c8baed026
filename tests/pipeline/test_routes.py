"""Channels of one way: what trouble with one message means for the others."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.channels import Send, email, file
from monitor.channels.relay import Smtp
from monitor.daemon import Daemon
from monitor.models import DeliveryState, Digest, Part, Receipt, Target
from monitor.pipeline.digest import make_digests
from monitor.pipeline.read import read_entries
from monitor.pipeline.send import Route, routes, send_by
from monitor.pipeline.visit import visit_hosts
from monitor.storage import deliveries, feeds, outbox
from tests.desk import Desk
from tests.pipeline.test_digests import tell
from tests.site import Site

PEOPLE = tuple(f"p{number:02}" for number in range(12))  # more than one claim takes


async def take(_: Part) -> None:
    """Take a message as it comes."""


@dataclass(slots=True, kw_only=True)
class Shared:
    """A channel of several people whose far side does with a part as a test says."""

    gap = patience = timedelta(0)
    way = "a server"
    threads = False
    connections: int = 1
    does: Callable[[Part], Awaitable[None]] = take
    came: list[str] = field(default_factory=list)

    def problem(self) -> str:
        return ""

    def targets(self) -> tuple[str, ...]:
        return PEOPLE

    def render(self, digest: Digest, target: Target) -> list[Part]:
        payload = digest.id.encode()
        return [Part(id=target.id, target=target.address, payload=payload)]

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Send]:
        yield self.send

    async def send(self, part: Part, thread: str | None = None) -> Receipt:
        del thread
        await self.does(part)
        self.came.append(part.target)
        return Receipt(text="ok")


def with_channel(
    desk: Desk, channel: Shared, work: Callable[[Daemon], Coroutine[Any, Any, None]]
) -> None:
    """Do some work on a desk that has messages to all people in its outbox."""

    async def run() -> None:
        daemon = desk.daemon()
        await daemon.open()
        channels = {**daemon.context.config.channels, "log": channel}
        config = replace(daemon.context.config, channels=channels)
        daemon.context = replace(daemon.context, config=config)
        stopping, context = daemon.stopping, daemon.context
        try:
            await context.database.call(feeds.make_due, context.now(), "")
            await visit_hosts(context, stopping=stopping, done=_nothing)
            await read_entries(context)
            await make_digests(context)
            await work(daemon)
        finally:
            await daemon.close()

    asyncio.run(run())


async def _nothing() -> None:
    """After each visit."""


ROUTE = Route(name="a server", channels=("log",))


@pytest.fixture
def desk(site: Site, desk: Desk) -> Desk:
    desk.articles = 'full_text = "never"'
    tell(site, "old")
    desk.run()
    tell(site, "old", "Airstrikes hit Aleppo")
    return desk


async def waiting(daemon: Daemon) -> list[str]:
    """To whom something may be sent now."""
    found = await daemon.context.database.call(
        deliveries.claim_deliveries,
        ["log"],
        token="test",
        now=daemon.context.now(),
        lease=timedelta(minutes=1),
        limit=len(PEOPLE),
    )
    return sorted(one.part.target for one in found)


def test_a_send_that_is_cut_off_is_free_for_the_next_start(desk: Desk) -> None:
    asked = asyncio.Event()

    async def think(_: Part) -> None:
        asked.set()
        await asyncio.Event().wait()

    async def cut_off(daemon: Daemon) -> None:
        sending = asyncio.create_task(send_by(daemon.context, ROUTE, daemon.stopping))
        await asked.wait()
        sending.cancel()
        await asyncio.wait([sending])
        assert await waiting(daemon) == list(PEOPLE)

    with_channel(desk, Shared(does=think), cut_off)


def test_a_mistake_with_one_message_keeps_no_other_back(desk: Desk) -> None:
    async def stumble(part: Part) -> None:
        if part.target == "p01":
            raise ZeroDivisionError

    channel = Shared(does=stumble)

    async def send(daemon: Daemon) -> None:
        await send_by(daemon.context, ROUTE, daemon.stopping)
        (late,) = await daemon.context.database.call(
            outbox.list_deliveries, [DeliveryState.IN_DOUBT]
        )
        assert "ZeroDivisionError" in late.last_text

    with_channel(desk, channel, send)

    assert channel.came == [PEOPLE[0], *PEOPLE[2:]]


def test_trouble_on_one_connection_ends_no_message_on_another(desk: Desk) -> None:
    asked, failed = asyncio.Event(), asyncio.Event()

    async def wait_for_the_other(part: Part) -> None:
        if part.target == "p00":
            await asked.wait()
        elif part.target == "p10":
            asked.set()
            await failed.wait()

    def fail() -> None:
        if not failed.is_set():
            failed.set()
            raise ZeroDivisionError

    channel = Shared(does=wait_for_the_other, connections=2)

    async def send(daemon: Daemon) -> None:
        with pytest.raises(ZeroDivisionError):
            await send_by(daemon.context, ROUTE, daemon.stopping, fail)

    with_channel(desk, channel, send)

    assert sorted(channel.came) == list(PEOPLE)


def test_channels_that_share_a_mail_server_share_a_route() -> None:
    mail = email.Config(to=("a@example.org",), smtp=Smtp(host="mail.example.org"))
    log = file.Config(path=Path("told.jsonl"))

    found = routes({"email:a": mail, "log": log, "email:b": mail, "other": log})

    assert [route.channels for route in found] == [
        ("email:a", "email:b"),
        ("log",),
        ("other",),
    ]
    assert [route.name for route in found] == [
        "mail server mail.example.org:25",
        "log",
        "other",
    ]


def test_a_channel_with_the_name_of_a_mail_server_does_not_send_by_it() -> None:
    mail = email.Config(to=("a@example.org",), smtp=Smtp(host="mail.example.org"))
    log = file.Config(path=Path("told.jsonl"))

    found = routes({mail.way: log, "email:a": mail})

    assert [route.channels for route in found] == [(mail.way,), ("email:a",)]
