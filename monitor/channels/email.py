"""E-mail: one message a recipient, frozen to bytes before it is sent."""

import asyncio
import base64
import hashlib
import quopri
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr, quote
from pathlib import Path
from typing import Any, Literal

import aiosmtplib

from monitor import program
from monitor.channels.handing import Transport, hand_in
from monitor.errors import (
    DeliveryDeferred,
    DeliveryError,
    DeliveryInDoubt,
    DeliveryRejected,
    DestinationFault,
    ProgramError,
)
from monitor.models import Digest, Part, Probe, Receipt, Secret, Target
from monitor.text.dates import certificate_end
from monitor.text.mail import encoding_of
from monitor.text.words import one_line

_CONNECT_SECONDS = 30.0
_SEND_SECONDS = 120.0
# A wrong password or an account out of order is no fault of the message (RFC 4954).
_ACCOUNT_FAULTS = (530, 534, 535, 538)
_SERVICE_CLOSING = 421
_QUOTA_EXCEEDED = 552
_LOCAL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}", re.ASCII)
_DOMAIN = re.compile(r"[\w-]+(?:\.[\w-]+)*", re.ASCII)
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Smtp:
    """The mail server. ``explicit`` is False when the configuration has none.

    With ``max_per_minute`` 0 it takes as many messages as come.
    """

    host: str = "localhost"
    port: int | None = None
    tls: Literal["starttls", "implicit", "none"] = "none"
    user: str = ""
    password: Secret = Secret("")  # noqa: RUF009 - frozen, so it may be shared
    token_command: tuple[str, ...] = ()
    sender: str = "News monitor <monitor@localhost>"
    reply_to: str = ""
    transport: Transport = "smtp"
    path: Path | None = None
    max_per_minute: int = 0
    explicit: bool = False

    @property
    def real_port(self) -> int:
        """The port, or the usual one for the kind of TLS."""
        usual = {"starttls": 587, "implicit": 465, "none": 25}
        return self.port or usual[self.tls]

    @property
    def domain(self) -> str:
        """The domain of the sender: never the name of this machine."""
        return ascii_address(parseaddr(self.sender)[1]).rpartition("@")[2]


def ascii_address(address: str) -> str:
    """An address with its domain in IDNA, as envelopes and headers need it.

    Raises:
        ValueError: It is no address, or its local part is not ASCII.
    """
    local, _, domain = address.rpartition("@")
    if not _LOCAL.fullmatch(local):
        raise ValueError(f"not an e-mail address we can send to: {address!r}")
    try:
        name = domain.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise ValueError(f"not an e-mail address: {address!r}") from error
    if not _DOMAIN.fullmatch(name):
        raise ValueError(f"not an e-mail address: {address!r}")
    return f"{local}@{name}"


class _Policy(EmailPolicy):
    """Headers go out as we encoded them.

    The stdlib policy turns a long List-Unsubscribe URL into encoded words, which no
    mailbox provider reads, and with longer lines breaks RFC 2047's 75 columns.
    """

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:  # noqa: ANN401 - as the base class has it
        if _is_mime(name):
            return super().header_store_parse(name, value)
        return name, value

    def _fold(self, name: str, value: Any, refold_binary: bool = False) -> str:  # noqa: ANN401, FBT001, FBT002 - as the base class has it
        if _is_mime(name):
            folded: str = super()._fold(name, value, refold_binary)  # type: ignore[misc]  # not in typeshed
            return folded
        return f"{name}: {value}{self.linesep}"

    def fold_binary(self, name: str, value: Any) -> bytes:  # noqa: ANN401 - as the base class has it
        return self._fold(name, value).encode("ascii", "surrogateescape")


def _is_mime(name: str) -> bool:
    return name.lower().startswith(("content-type", "content-transfer", "mime-"))


_POLICY = _Policy(linesep="\r\n", max_line_length=78, cte_type="7bit")


def _encoded(text: str, name: str) -> str:
    """A header's text: as it is, or in encoded words of at most 75 columns."""
    text = one_line(text, 900)
    plain = text.isascii() and "=?" not in text  # else it would be decoded
    if plain and len(text) + len(name) < 76:
        return text
    charset = "us-ascii" if plain else "utf-8"
    header = Header(text, charset, maxlinelen=75, header_name=name)
    return header.encode(linesep="\r\n")


def _mailbox(text: str, name: str) -> str:
    display, address = parseaddr(text)
    address = ascii_address(address)
    if not display:
        return address
    if display.isascii():
        return str(Address(display_name=one_line(display, 200), addr_spec=address))
    return f"{_encoded(display, name)} <{address}>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """``to``: each address has its own delivery record."""

    to: tuple[str, ...]
    smtp: Smtp = field(default_factory=Smtp)

    patience = timedelta(hours=72)
    threads = False

    @property
    def gap(self) -> timedelta:
        """How far apart two messages to the mail server are, whoever gets them."""
        most = self.smtp.max_per_minute
        return timedelta(minutes=1) / most if most else timedelta(0)

    @property
    def way(self) -> str:
        """The mail server, or the way around one."""
        if self.smtp.transport == "smtp":
            return f"mail server {self._where}"
        return f"mail by {self.smtp.transport}"

    def problem(self) -> str:
        """What is wrong with the settings together; "" if nothing."""
        return ""

    def targets(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.to))

    def render(self, digest: Digest, target: Target) -> list[Part]:
        message = EmailMessage(policy=_POLICY)
        for name, value in self._headers(digest, target):
            message[name] = value
        message["MIME-Version"] = "1.0"
        message.make_alternative()
        message.attach(_text_part(digest.text, "plain"))
        message.attach(_text_part(digest.html, "html"))
        message.set_boundary(_boundary(target.id))
        # Set before, it would go with the first part.
        message["Content-Language"] = digest.language
        return [Part(id=target.id, target=target.address, payload=message.as_bytes())]

    def _headers(self, digest: Digest, target: Target) -> list[tuple[str, str]]:
        domain = self.smtp.domain
        slug = "".join(
            c if c.isascii() and c.isalnum() else "-" for c in digest.subscriber
        )
        own = f"<{slug.strip('-') or 'digest'}.{domain}>"
        reply_to = self.smtp.reply_to
        return [
            ("Date", format_datetime(digest.now)),
            ("From", _mailbox(self.smtp.sender, "From")),
            *([("Reply-To", _mailbox(reply_to, "Reply-To"))] if reply_to else []),
            ("To", _mailbox(target.address, "To")),
            ("Subject", _encoded(digest.subject, "Subject")),
            ("Message-ID", f"<{message_id(target.id)}@{domain}>"),
            *_thread(digest, target, domain),
            ("List-Id", f"{_phrase(digest.name)} {own}"),
            ("Auto-Submitted", "auto-generated"),
            ("X-Auto-Response-Suppress", "All"),
            *_unsubscribe(digest, target),
        ]

    async def probe(self) -> Probe:
        """Connect, encrypt and sign in as for a message, and send none."""
        if self.smtp.transport != "smtp":
            return Probe(text=f"mail is handed in by {self.smtp.transport}")
        client = self._client()
        try:
            await self._connect(client)
            ends_at = _certificate_end(client)
        finally:
            client.close()
        who = f", signed in as {self.smtp.user}" if self.smtp.user else ""
        text = f"{self._where} takes mail ({self.smtp.tls}{who})"
        return Probe(text=text, ends_at=ends_at)

    async def send(self, part: Part, thread: str | None = None) -> Receipt:  # noqa: ARG002 - threads come by headers
        if self.smtp.transport != "smtp":
            return await asyncio.to_thread(
                hand_in,
                self.smtp.transport,
                self.smtp.path,
                part.payload,
                ascii_address(parseaddr(self.smtp.sender)[1]),
                ascii_address(parseaddr(part.target)[1]),
            )
        client = self._client()
        try:
            await self._connect(client)
            return await self._hand_over(client, part)
        finally:
            client.close()

    def _client(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self.smtp.host,
            port=self.smtp.real_port,
            use_tls=self.smtp.tls == "implicit",
            # Required, never opportunistic: the default would send in clear when a
            # server offers no STARTTLS.
            start_tls=self.smtp.tls == "starttls",
            timeout=_CONNECT_SECONDS,
        )

    async def _connect(self, client: aiosmtplib.SMTP) -> None:
        try:
            await client.connect()
            if self.smtp.token_command:
                token = await program.token(self.smtp.token_command)
                await client.auth_xoauth2(self.smtp.user, token)
            elif self.smtp.user:
                await client.login(self.smtp.user, self.smtp.password.reveal())
        except aiosmtplib.SMTPResponseException as error:
            where = f"{self._where}: "
            raise _trouble_of_server(error.code, error.message, where) from error
        except (aiosmtplib.SMTPException, ProgramError, OSError, ValueError) as error:
            text = f"{self._where}: {error}{self._advice}"
            raise DeliveryDeferred(text, whole_channel=True) from error

    @property
    def _where(self) -> str:
        return f"{self.smtp.host}:{self.smtp.real_port}"

    @property
    def _advice(self) -> str:
        if self.smtp.explicit:
            return ""
        return (
            "\n  No mail server is configured and none listens here. Add for example:"
            '\n    [smtp]\n    host = "smtp.example.org"\n    tls = "starttls"'
            '\n    user = "monitor"\n    password = { env = "SMTP_PASSWORD" }'
            '\n    from = "News monitor <monitor@example.org>"'
        )

    async def _hand_over(self, client: aiosmtplib.SMTP, part: Part) -> Receipt:
        sender = ascii_address(parseaddr(self.smtp.sender)[1])
        recipient = ascii_address(parseaddr(part.target)[1])
        try:
            # send_message() would flatten again, with the policy that breaks headers.
            _, text = await client.sendmail(
                sender, [recipient], part.payload, timeout=_SEND_SECONDS
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            refused = error.recipients[0]
            raise _refusal(refused.code, refused.message) from error
        except aiosmtplib.SMTPSenderRefused as error:
            raise _trouble_of_server(error.code, error.message) from error
        except aiosmtplib.SMTPResponseException as error:
            raise _refusal(error.code, error.message) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            text = f"{self._where}: the connection was lost before the answer: {error}"
            raise DeliveryInDoubt(text) from error
        return Receipt(text=text, code=250)


def _certificate_end(client: aiosmtplib.SMTP) -> datetime | None:
    """When the certificate of a connected server ends; None without TLS."""
    shown = client.transport and client.transport.get_extra_info("peercert")
    return certificate_end(shown) if shown else None


def _phrase(name: str) -> str:
    """A name before an id or an address."""
    text = one_line(name, 60)
    if not text.isascii() or "=?" in text:
        return _encoded(text, "List-Id")
    return '"' + quote(text) + '"'


def _thread(digest: Digest, target: Target, domain: str) -> list[tuple[str, str]]:
    """Alerts about one story point to one root, so that mail programs thread them.

    So do the digests of a month, where that is wanted.
    """
    if digest.kind == "instant" and len(digest.stories) == 1:
        of = digest.stories[0].id
    elif digest.kind == "digest" and digest.monthly_thread:
        of = f"{digest.subscriber} {digest.slot or digest.now:%Y-%m}"
    else:
        return []
    root = f"<{message_id(f'{of} {target.address}')}@{domain}>"
    return [("In-Reply-To", root), ("References", root)]


def _text_part(text: str, subtype: str) -> EmailMessage:
    """A text as a part; encoded by C, as the library's own way takes ten times as long."""
    raw = text.encode("utf-8", "replace")
    encoding = encoding_of(text)
    encoded = (
        base64.encodebytes(raw)
        if encoding == "base64"
        else quopri.encodestring(raw, quotetabs=False)
    )
    part = EmailMessage(policy=_POLICY)
    part["Content-Type"] = f'text/{subtype}; charset="utf-8"'
    part["Content-Transfer-Encoding"] = encoding
    part.set_payload(encoded.decode("ascii"))
    return part


def _unsubscribe(digest: Digest, target: Target) -> list[tuple[str, str]]:
    """The headers of one-click unsubscribing (RFC 8058), which takes HTTPS."""
    if not digest.base_url.startswith("https://") or not target.token:
        return []
    return [
        ("List-Unsubscribe", f"<{digest.base_url}/unsubscribe/{target.token}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    ]


def _trouble_of_server(code: int, text: str, where: str = "") -> DeliveryError:
    """A reply that concerns all messages: the account or the sender is refused."""
    text = f"{where}{code} {text}"
    if code < 500:
        return DeliveryDeferred(text, code=code, whole_channel=True)
    return DestinationFault(text, code=code, whole_channel=True)


def _refusal(code: int, text: str) -> DeliveryError:
    """A reply as an error: 4xx may pass, 5xx do not, some concern all messages."""
    if code == _SERVICE_CLOSING or code in _ACCOUNT_FAULTS:
        return _trouble_of_server(code, text)
    if code < 500 or code == _QUOTA_EXCEEDED:
        return DeliveryDeferred(f"{code} {text}", code=code)
    # No such address, in the enhanced codes of RFC 3463.
    unknown = text.startswith("5.1.")
    return DeliveryRejected(f"{code} {text}", code=code, unknown_target=unknown)


def message_id(delivery_id: str) -> str:
    """The local part of a Message-ID: 32 base32 characters, the same on every retry."""
    digest = hashlib.sha256(delivery_id.encode()).digest()
    return base64.b32encode(digest).decode()[:32].lower()


def _boundary(delivery_id: str) -> str:
    return f"=_{hashlib.sha256(delivery_id.encode()).hexdigest()[:40]}"
