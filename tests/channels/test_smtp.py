"""Sending mail to a real SMTP server on loopback."""

import asyncio
import base64
import shutil
import socket
import ssl
import subprocess
import textwrap
import tomllib
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from monitor.channels.email import Config
from monitor.channels.relay import Smtp
from monitor.digests.render import render
from monitor.errors import (
    DeliveryDeferred,
    DeliveryError,
    DeliveryInDoubt,
    DeliveryRejected,
    DestinationFault,
)
from monitor.models import Part, Receipt, Secret, Target
from tests.digests.digest_samples import DIGEST

TO = "ana@example.org"
SENDER = "Новости <monitor@example.org>"
NO_PASSWORD = Secret("")
BLOCK = """
    [smtp]
    host = "smtp.example.org"
    tls = "starttls"
    user = "monitor"
    password = { env = "SMTP_PASSWORD" }
    from = "News monitor <monitor@example.org>\"""".rstrip()


def bearer(user: str, token: str) -> bytes:
    """What a client shows: https://developers.google.com/gmail/imap/xoauth2-protocol."""
    return f"user={user}\1auth=Bearer {token}\1\1".encode()


@dataclass(slots=True)
class Mailbox:
    """Takes mail as the test says: a reply for a step, or a lost connection.

    ``lines`` are the connections that were made, ``goodbyes`` how many said QUIT.

    aiosmtpd calls its methods by these names and with these arguments.
    """

    replies: dict[str, str] = field(default_factory=dict)
    raw: dict[str, bytes] = field(default_factory=dict)
    dropped: str = ""
    password: str = ""
    mails: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    signed_in: int = 0
    token: str = ""
    lines: list[asyncio.BaseTransport] = field(default_factory=list)
    goodbyes: int = 0

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, _envelope: Any, name: str, words: list[str]
    ) -> list[str]:  # fmt: skip
        session.host_name = name
        if server.transport not in self.lines:
            self.lines.append(server.transport)
        return words

    async def handle_QUIT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, _envelope: Any
    ) -> str:
        self.goodbyes += 1
        return "221 Bye"

    async def auth_XOAUTH2(  # noqa: N802 - aiosmtpd's name
        self, server: Any, words: list[str]
    ) -> AuthResult:
        if base64.b64decode(words[1]) == bearer("monitor@example.org", self.token):
            return AuthResult(success=True, auth_data="monitor@example.org")
        # What Google and Microsoft do: the reason as a challenge, then 535.
        await server.challenge_auth('{"status":"401"}')
        return AuthResult(success=False, handled=False)

    def _step(self, name: str, server: Any) -> str | None:
        if self.dropped == name:
            server.transport.abort()
        if name in self.raw:
            server.transport.write(self.raw[name])
        return self.replies.get(name)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:  # fmt: skip
        envelope.mail_from = address
        return self._step("MAIL", server) or "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:  # fmt: skip
        reply = self._step("RCPT", server)
        if reply is None:
            envelope.rcpt_tos.append(address)
        return reply or "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: Any, _session: Any, envelope: Any
    ) -> str:  # fmt: skip
        reply = self._step("DATA", server)
        if reply is None:
            mail = (envelope.mail_from, envelope.rcpt_tos, envelope.original_content)
            self.mails.append(mail)
        return reply or "250 OK queued as 4711"

    def authenticate(
        self, _server: Any, _session: Any, _envelope: Any, _way: str, login: Any
    ) -> AuthResult:  # fmt: skip
        self.signed_in += 1
        return AuthResult(
            success=login.password.decode() == self.password, handled=False
        )


@asynccontextmanager
async def listening(
    mailbox: Mailbox, tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """A server for a mailbox; the port that it listens on."""

    def session() -> SMTP:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of AUTH without TLS
            return SMTP(
                mailbox,
                hostname="mail.example.org",
                authenticator=mailbox.authenticate,
                auth_require_tls=False,
                tls_context=tls,
            )

    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


def part() -> Part:
    config = Config(to=(TO,), smtp=Smtp(sender=SENDER))
    (found,) = config.render(render(DIGEST), Target(address=TO, id="d1"))
    return found


def send(
    mailbox: Mailbox,
    certificate: ssl.SSLContext | None = None,
    *,
    kind: str = "none",
    user: str = "",
    password: Secret = NO_PASSWORD,
    token_command: tuple[str, ...] = (),
) -> Receipt:
    async def sent() -> Receipt:
        async with listening(mailbox, certificate) as port:
            server = Smtp(
                host="127.0.0.1",
                port=port,
                tls=kind,  # type: ignore[arg-type]  # one of three
                user=user,
                password=password,
                token_command=token_command,
                sender=SENDER,
                explicit=True,
            )
            return await Config(to=(TO,), smtp=server).send(part())

    return asyncio.run(sent())


# --- what the server says ---


def test_an_accepted_mail_arrives_byte_for_byte_with_the_servers_word() -> None:
    mailbox = Mailbox()

    receipt = send(mailbox)

    assert receipt == Receipt(text="OK queued as 4711", code=250)
    assert mailbox.mails == [("monitor@example.org", [TO], part().payload)]


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("450 4.2.1 mailbox busy", DeliveryDeferred),
        ("451 4.7.1 try again later", DeliveryDeferred),
        ("452 4.2.2 mailbox full", DeliveryDeferred),
        ("421 4.3.2 going down", DeliveryDeferred),
        ("552 5.2.2 quota exceeded", DeliveryDeferred),
        ("530 5.7.0 authentication required", DestinationFault),
        ("535 5.7.8 bad credentials", DestinationFault),
        ("550 5.1.1 no such user", DeliveryRejected),
        ("553 5.1.3 bad address", DeliveryRejected),
        ("554 5.7.1 rejected as spam", DeliveryRejected),
    ],
)
def test_a_refusal_is_for_now_or_for_good(
    step: str, reply: str, kind: type[DeliveryError]
) -> None:
    mailbox = Mailbox(replies={step: reply})

    with pytest.raises(kind) as caught:
        send(mailbox)

    assert type(caught.value) is kind
    assert (str(caught.value), caught.value.code) == (reply, int(reply[:3]))
    assert mailbox.mails == []


def test_a_refused_sender_is_no_fault_of_the_message() -> None:
    mailbox = Mailbox(replies={"MAIL": "550 5.7.1 not your domain"})

    with pytest.raises(DestinationFault, match="not your domain") as caught:
        send(mailbox)

    assert caught.value.whole_channel


@pytest.mark.parametrize("reply", ["451 4.3.0 try later", "552 5.2.2 try later"])
def test_a_sender_that_is_refused_for_now_waits(reply: str) -> None:
    mailbox = Mailbox(replies={"MAIL": reply})

    with pytest.raises(DeliveryDeferred, match="try later") as caught:
        send(mailbox)

    assert caught.value.whole_channel


def test_a_connection_that_is_lost_before_the_answer_leaves_a_doubt() -> None:
    mailbox = Mailbox(dropped="DATA")

    with pytest.raises(DeliveryInDoubt, match="the connection was lost"):
        send(mailbox)


@pytest.mark.parametrize(("step", "everybody"), [("MAIL", True), ("RCPT", False)])
def test_a_connection_that_is_lost_before_the_message_leaves_no_doubt(
    step: str, *, everybody: bool
) -> None:
    mailbox = Mailbox(dropped=step)

    with pytest.raises(DeliveryDeferred) as caught:
        send(mailbox)

    assert type(caught.value) is DeliveryDeferred
    assert caught.value.whole_channel is everybody


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
def test_a_reply_that_is_no_utf_8_can_be_stored(step: str) -> None:
    mailbox = Mailbox(raw={step: b"550 5.1.1 Empf\xe4nger unbekannt\r\n"})

    with pytest.raises(DeliveryRejected) as caught:
        send(mailbox)

    assert str(caught.value).encode().startswith(b"550 5.1.1 Empf")


# --- signing in ---


def test_the_password_is_sent_where_it_is_wanted() -> None:
    mailbox = Mailbox(password="hunter2")

    receipt = send(mailbox, user="monitor", password=Secret("hunter2"))

    assert receipt.code == 250
    assert len(mailbox.mails) == 1


def test_a_wrong_password_is_no_fault_of_the_mail() -> None:
    mailbox = Mailbox(password="other")

    with pytest.raises(DestinationFault) as caught:
        send(mailbox, user="monitor", password=Secret("hunter2"))

    assert (caught.value.code, caught.value.whole_channel) == (535, True)
    assert "hunter2" not in f"{caught.value!r} {caught.value}"
    assert mailbox.mails == []


# --- a token instead of a password ---


def test_a_token_that_a_program_prints_signs_us_in() -> None:
    mailbox = Mailbox(token="ya29.a0-t_k~n")

    send(mailbox, user="monitor@example.org", token_command=("echo", "ya29.a0-t_k~n"))

    assert len(mailbox.mails) == 1


def test_a_token_that_does_not_count_is_no_fault_of_the_mail() -> None:
    mailbox = Mailbox(token="other")

    with pytest.raises(DestinationFault) as caught:
        send(mailbox, user="monitor@example.org", token_command=("echo", "secret9"))

    assert (caught.value.code, caught.value.whole_channel) == (535, True)
    assert "secret9" not in f"{caught.value!r} {caught.value}"
    assert mailbox.mails == []


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("false",), "false: the program failed with status 1"),
        (("sh", "-c", "echo secret9 >&2; exit 3"), "sh: the program failed with statu"),
        (("echo", "secret9 of two words"), "echo: what it printed is no token"),
        (("/nowhere/token",), "token: /nowhere/token: No such file or directory"),
    ],
)
def test_without_a_token_mail_waits_and_no_secret_is_told(
    words: tuple[str, ...], reason: str
) -> None:
    mailbox = Mailbox(token="x")

    with pytest.raises(DeliveryDeferred) as caught:
        send(mailbox, user="monitor@example.org", token_command=words)

    assert reason in str(caught.value)
    assert caught.value.whole_channel
    assert "secret9" not in f"{caught.value!r} {caught.value}"


# --- no mail in clear ---


@pytest.fixture(scope="module")
def self_signed(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A certificate that nobody vouches for."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "cert.pem"
    words = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 "
        f"-keyout {key} -out {certificate}"
    )
    subprocess.run(words.split(), check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_server_that_cannot_encrypt_gets_neither_mail_nor_password(tls: str) -> None:
    mailbox = Mailbox(password="hunter2")

    with pytest.raises(DeliveryDeferred, match=r"^127\.0\.0\.1:") as caught:
        send(mailbox, kind=tls, user="monitor", password=Secret("hunter2"))

    assert caught.value.code is None
    assert (mailbox.mails, mailbox.signed_in) == ([], 0)


def test_a_certificate_that_nobody_vouches_for_is_refused(
    self_signed: ssl.SSLContext,
) -> None:
    mailbox = Mailbox(password="hunter2")

    with pytest.raises(DeliveryDeferred, match="certificate"):
        send(
            mailbox, self_signed, kind="starttls", user="m", password=Secret("hunter2")
        )

    assert (mailbox.mails, mailbox.signed_in) == ([], 0)


# --- no server at all ---


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("explicit", [False, True])
def test_where_nothing_listens_the_error_shows_the_block_to_add(
    *, explicit: bool
) -> None:
    port = free_port()
    smtp = Smtp(host="127.0.0.1", port=port, explicit=explicit)

    with pytest.raises(DeliveryDeferred) as caught:
        asyncio.run(Config(to=(TO,), smtp=smtp).send(part()))

    text = str(caught.value)
    assert text.startswith(f"127.0.0.1:{port}: ")
    assert ("No mail server is configured" in text) is not explicit
    assert (BLOCK in text) is not explicit


def test_the_block_to_add_is_a_configuration() -> None:
    block = textwrap.dedent(BLOCK)

    found = tomllib.loads(block)

    assert set(found["smtp"]) == {"host", "tls", "user", "password", "from"}
