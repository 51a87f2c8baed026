"""E-mail: one message a recipient, frozen to bytes before it is sent."""

import asyncio
import base64
import hashlib
import quopri
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr, quote
from typing import Any

from monitor.channels import Send
from monitor.channels.handing import hand_in
from monitor.channels.relay import Smtp, certificate_ends_at, connect, connection
from monitor.models import Digest, Part, Probe, Receipt, Target
from monitor.text.mail import ascii_address, encoding_of
from monitor.text.words import one_line


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
            return f"mail server {self.smtp.where}"
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
        client = await connect(self.smtp)
        ends_at = certificate_ends_at(client)
        client.close()
        who = f", signed in as {self.smtp.user}" if self.smtp.user else ""
        text = f"{self.smtp.where} takes mail ({self.smtp.tls}{who})"
        return Probe(text=text, ends_at=ends_at)

    @property
    def connections(self) -> int:
        """How many connections the mail server gets from us at once."""
        return self.smtp.max_connections if self.smtp.transport == "smtp" else 1

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Send]:
        """One connection for all messages of the block, whoever gets them."""
        if self.smtp.transport == "smtp":
            async with connection(self.smtp) as kept:
                yield kept.send
        else:
            yield self._hand_in

    async def send(self, part: Part, thread: str | None = None) -> Receipt:
        async with self.session() as send:
            return await send(part, thread)

    async def _hand_in(self, part: Part, thread: str | None) -> Receipt:  # noqa: ARG002 - threads come by headers
        return await asyncio.to_thread(
            hand_in,
            self.smtp.transport,
            self.smtp.path,
            part.payload,
            self.smtp.envelope_sender,
            ascii_address(parseaddr(part.target)[1]),
        )


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


def message_id(delivery_id: str) -> str:
    """The local part of a Message-ID: 32 base32 characters, the same on every retry."""
    digest = hashlib.sha256(delivery_id.encode()).digest()
    return base64.b32encode(digest).decode()[:32].lower()


def _boundary(delivery_id: str) -> str:
    return f"=_{hashlib.sha256(delivery_id.encode()).hexdigest()[:40]}"
