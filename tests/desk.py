"""A news desk for tests: a configuration around a test site, and runs of it."""

import asyncio
import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from monitor.config import Config, loads
from monitor.daemon import Daemon, build
from monitor.storage.database import Database
from monitor.storage.overview import Report
from tests.conftest import StandingClock
from tests.site import Site

CONFIG = """
[service]
database = "{database}"
operator = "ops"
{service}

[fetch]
private_networks = true
per_host = {{ at_once = 4, gap = "0s" }}
timeout = "2s"

[articles]
{articles}

[feeds]
{feeds}

[rules]
aleppo = "Aleppo AND airstrike"
{rules}

[subscribers.desk]
rules = [{follows}]
digest = "{digest}"
send_to = [{send_to}]
{subscriber}

[subscribers.ops]
rules = []
send_to = ["ops-log"]

[channels.log]
type = "file"
path = "told.jsonl"

[channels.ops-log]
type = "file"
path = "ops.jsonl"
"""


@dataclass(slots=True)
class Desk:
    """Where a test's configuration, database and file channels live."""

    folder: Path
    site: Site
    clock: StandingClock
    database: str
    service: str = ""
    articles: str = ""
    rules: str = ""
    follows: tuple[str, ...] = ("aleppo",)
    digest: str = "instant"
    send_to: tuple[str, ...] = ("log",)
    subscriber: str = ""
    more: str = ""
    feeds: dict[str, str] = field(default_factory=dict)

    def text(self) -> str:
        feeds = self.feeds or {"world": f"{self.site.url}/feed.xml"}
        return (
            CONFIG.format(
                database=self.database,
                service=self.service,
                articles=self.articles,
                feeds="\n".join(f'{name} = "{url}"' for name, url in feeds.items()),
                rules=self.rules,
                follows=", ".join(f'"{name}"' for name in self.follows),
                digest=self.digest,
                send_to=", ".join(f'"{name}"' for name in self.send_to),
                subscriber=self.subscriber,
            )
            + self.more
        )

    def write(self) -> Path:
        path = self.folder / "config.toml"
        path.write_text(self.text(), "utf-8")
        return path

    def config(self) -> Config:
        return loads(self.text(), self.folder / "config.toml")

    def daemon(
        self, database: Database | None = None, *, rehearsal: bool = False
    ) -> Daemon:
        return build(self.config(), self.clock, database=database, rehearsal=rehearsal)

    def run(self, **options: Any) -> Report:
        """One check-once, in this process."""
        return asyncio.run(self._run(options))

    async def _run(self, options: dict[str, Any]) -> Report:
        daemon = self.daemon(rehearsal=options.pop("rehearsal", False))
        try:
            await daemon.open()
            return await daemon.check_once(**options)
        finally:
            await daemon.close()
            self.clock.go_on(seconds=1)  # what is counted as new begins anew

    def told(self, name: str = "told.jsonl") -> list[dict[str, Any]]:
        """What the file channel holds: one object a delivery."""
        path = self.folder / name
        if not path.exists():
            return []
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]

    def stories(self, status: str = "new") -> list[str]:
        """The titles told with a status, in order."""
        return [
            story["title"]
            for delivery in self.told()
            for story in delivery["stories"]
            if story["status"] == status
        ]

    def notices(self) -> list[str]:
        return [line["notice"] for line in self.told("ops.jsonl")]


class Mailbox:
    """What a real SMTP server on loopback took; recipients can be refused.

    ``calls`` is how often it was connected to, ``most_at_once`` how many held the line.
    """

    def __init__(self) -> None:
        self.calls = 0
        self.at_once = 0
        self.most_at_once = 0
        self.messages: list[tuple[str, Message]] = []
        self.refused: dict[str, str] = {}
        self.refused_sender = ""

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        del server, session, options
        envelope.mail_from = address
        return self.refused_sender or "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        del server, session, options
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        del server, session
        message = message_from_bytes(envelope.content or b"")  # type: ignore[arg-type]  # bytes, as decode_data is off
        self.messages += [(address, message) for address in envelope.rcpt_tos]
        return "250 queued as 1"

    def subjects(self, address: str) -> list[str]:
        return [
            str(make_header(decode_header(message["Subject"])))
            for to, message in self.messages
            if to == address
        ]

    def ids(self) -> list[str]:
        return [str(message["Message-ID"]) for _, message in self.messages]

    def texts(self) -> list[str]:
        parts = [
            next(m.walk()) if not m.is_multipart() else m.get_payload(0)
            for _, m in self.messages
        ]
        return [p.get_payload(decode=True).decode() for p in parts]  # type: ignore[union-attr]  # a text part


class _Line(SMTP):
    """A connection, counted."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        box = self.event_handler
        box.calls += 1
        box.at_once += 1
        box.most_at_once = max(box.most_at_once, box.at_once)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.event_handler.at_once -= 1
        super().connection_lost(error)


class _Server(Controller):
    def factory(self) -> SMTP:
        return _Line(self.handler, **self.SMTP_kwargs)


@contextmanager
def mail_server(
    port: int = 0, tls: ssl.SSLContext | None = None
) -> Iterator[tuple[Mailbox, int]]:
    """A real SMTP server on loopback: its mailbox and its port."""
    if not port:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    mailbox = Mailbox()
    controller = _Server(mailbox, hostname="127.0.0.1", port=port, tls_context=tls)
    controller.start()
    mailbox.calls = 0  # starting calls it once
    try:
        yield mailbox, port
    finally:
        controller.stop()
