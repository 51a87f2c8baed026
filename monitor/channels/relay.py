"""The mail server: a connection that serves one message after another (RFC 5321)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from pathlib import Path
from typing import Literal

import aiosmtplib

from monitor import program
from monitor.channels.handing import Transport
from monitor.errors import (
    DeliveryDeferred,
    DeliveryError,
    DeliveryInDoubt,
    DeliveryRejected,
    DestinationFault,
    ProgramError,
)
from monitor.models import Part, Receipt, Secret
from monitor.text.dates import certificate_end
from monitor.text.mail import ascii_address
from monitor.text.words import one_line

LOOPBACK = ("localhost", "127.0.0.1", "::1")

_CONNECT_SECONDS = 30.0
_COMMAND_SECONDS = 60.0
# A server that is given up on earlier may have taken the message (RFC 5321, 4.5.3.2.6).
_SEND_SECONDS = 600.0
_QUIT_SECONDS = 2.0
# A wrong password or an account out of order is no fault of the message (RFC 4954).
_ACCOUNT_FAULTS = (530, 534, 535, 538)
_SERVICE_CLOSING = 421
_QUOTA_EXCEEDED = 552
# Not allowed for now, in the enhanced codes of RFC 3463: what a relay says of one that
# sends too fast.
_NOT_NOW = "4.7."


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
    max_connections: int = 1
    max_per_connection: int = 100
    explicit: bool = False

    @property
    def real_port(self) -> int:
        """The port, or the usual one for the kind of TLS."""
        usual = {"starttls": 587, "implicit": 465, "none": 25}
        return self.port or usual[self.tls]

    @property
    def where(self) -> str:
        """Host and port."""
        return f"{self.host}:{self.real_port}"

    @property
    def envelope_sender(self) -> str:
        """The address that the mail server is given; where bounces go."""
        return ascii_address(parseaddr(self.sender)[1])

    @property
    def domain(self) -> str:
        """The domain of the sender: never the name of this machine."""
        return self.envelope_sender.rpartition("@")[2]


class Connection:
    """A connection that is made when there is a message, and kept for the next ones.

    One that anything went wrong with is not used again.
    """

    def __init__(self, smtp: Smtp) -> None:
        self._smtp = smtp
        self._client: aiosmtplib.SMTP | None = None
        self._left = 0

    async def send(self, part: Part, thread: str | None = None) -> Receipt:  # noqa: ARG002 - threads come by headers
        """Hand one message over.

        Raises:
            DeliveryError: The mail server did not take it, or may have.
        """
        try:
            client = await self._addressed(part)
            receipt = await _hand_over(client, self._smtp, part)
        except DeliveryError as error:
            if error.code is not None:
                await self.close()  # it was a reply: the server is there
            self._drop()
            raise
        except BaseException:
            self._drop()
            raise
        self._left -= 1
        return receipt

    async def close(self) -> None:
        """Take leave, if there is a connection."""
        try:
            if self._client is not None:
                with suppress(aiosmtplib.SMTPException, OSError):
                    await self._client.quit(timeout=_QUIT_SECONDS)
        finally:
            self._drop()

    async def _addressed(self, part: Part) -> aiosmtplib.SMTP:
        """A connection on which the server has taken the sender and the recipient.

        One that was kept may be closed meanwhile, or have carried all that the server
        allows: what it says of that counts only if a new one says the same.
        """
        if self._client is not None and self._left > 0:
            try:
                await _address(self._client, self._smtp, part)
            except DeliveryError as error:
                if error.code is not None and not error.whole_channel:
                    raise
                self._drop()
            else:
                return self._client
        await self.close()
        self._client = await connect(self._smtp)
        self._left = self._smtp.max_per_connection
        await _address(self._client, self._smtp, part)
        return self._client

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


@asynccontextmanager
async def connection(smtp: Smtp) -> AsyncIterator[Connection]:
    """A connection to a mail server, for as long as the block lasts."""
    found = Connection(smtp)
    try:
        yield found
    finally:
        await found.close()


async def connect(smtp: Smtp) -> aiosmtplib.SMTP:
    """Connect, encrypt and sign in.

    Raises:
        DeliveryError: It could not, which concerns all messages.
    """
    client = aiosmtplib.SMTP(
        hostname=smtp.host,
        port=smtp.real_port,
        use_tls=smtp.tls == "implicit",
        # Required, never opportunistic: the default would send in clear when a
        # server offers no STARTTLS.
        start_tls=smtp.tls == "starttls",
        timeout=_CONNECT_SECONDS,
    )
    try:
        await _sign_in(client, smtp)
    except BaseException:
        client.close()
        raise
    return client


async def _sign_in(client: aiosmtplib.SMTP, smtp: Smtp) -> None:
    try:
        await client.connect()
        if smtp.token_command:
            token = await program.token(smtp.token_command)
            await client.auth_xoauth2(smtp.user, token)
        elif smtp.user:
            await client.login(smtp.user, smtp.password.reveal())
    except aiosmtplib.SMTPResponseException as error:
        where = f"{smtp.where}: "
        raise _trouble_of_server(error.code, error.message, where) from error
    except (aiosmtplib.SMTPException, ProgramError, OSError, ValueError) as error:
        text = f"{smtp.where}: {error}{_advice(smtp)}"
        raise DeliveryDeferred(text, whole_channel=True) from error


async def _address(client: aiosmtplib.SMTP, smtp: Smtp, part: Part) -> None:
    """Say from whom and to whom; what fails here has put nothing on its way."""
    recipient = ascii_address(parseaddr(part.target)[1])
    try:
        await client.mail(smtp.envelope_sender, timeout=_COMMAND_SECONDS)
    except aiosmtplib.SMTPResponseException as error:
        raise _trouble_of_server(error.code, error.message) from error
    except (aiosmtplib.SMTPException, OSError) as error:
        text = f"{smtp.where}: {error}"
        raise DeliveryDeferred(text, whole_channel=True) from error
    try:
        await client.rcpt(recipient, timeout=_COMMAND_SECONDS)
    except aiosmtplib.SMTPResponseException as error:
        raise _refusal(error.code, error.message) from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise DeliveryDeferred(f"{smtp.where}: {error}") from error


async def _hand_over(client: aiosmtplib.SMTP, smtp: Smtp, part: Part) -> Receipt:
    try:
        # send_message() would flatten again, with the policy that breaks headers.
        reply = await client.data(part.payload, timeout=_SEND_SECONDS)
    except aiosmtplib.SMTPResponseException as error:
        raise _refusal(error.code, error.message) from error
    except (aiosmtplib.SMTPException, OSError) as error:
        text = f"{smtp.where}: the connection was lost before the answer: {error}"
        raise DeliveryInDoubt(text) from error
    return Receipt(text=_legible(reply.message), code=250)


def certificate_ends_at(client: aiosmtplib.SMTP) -> datetime | None:
    """When the certificate of a connected server ends; None without TLS."""
    shown = client.transport and client.transport.get_extra_info("peercert")
    return certificate_end(shown) if shown else None


def _advice(smtp: Smtp) -> str:
    if smtp.explicit:
        return ""
    return (
        "\n  No mail server is configured and none listens here. Add for example:"
        '\n    [smtp]\n    host = "smtp.example.org"\n    tls = "starttls"'
        '\n    user = "monitor"\n    password = { env = "SMTP_PASSWORD" }'
        '\n    from = "News monitor <monitor@example.org>"'
    )


def _trouble_of_server(code: int, text: str, where: str = "") -> DeliveryError:
    """A reply that concerns all messages: the account or the sender is refused."""
    said = f"{where}{code} {_legible(text)}"
    if code < 500 or code == _QUOTA_EXCEEDED:
        slow = _is_hasty(code, text)
        return DeliveryDeferred(said, code=code, whole_channel=True, slow_down=slow)
    return DestinationFault(said, code=code, whole_channel=True)


def _refusal(code: int, text: str) -> DeliveryError:
    """A reply as an error: 4xx may pass, 5xx do not, some concern all messages."""
    if code == _SERVICE_CLOSING or code in _ACCOUNT_FAULTS:
        return _trouble_of_server(code, text)
    said = f"{code} {_legible(text)}"
    if code < 500 or code == _QUOTA_EXCEEDED:
        slow = _is_hasty(code, text)
        return DeliveryDeferred(said, code=code, slow_down=slow)
    # No such address, in the enhanced codes of RFC 3463.
    unknown = text.startswith("5.1.")
    return DeliveryRejected(said, code=code, unknown_target=unknown)


def _is_hasty(code: int, text: str) -> bool:
    """Whether a reply asks for fewer messages."""
    return code == _SERVICE_CLOSING or text.startswith(_NOT_NOW)


def _legible(text: str) -> str:
    """A reply as text that can be stored: bytes that are no UTF-8 came as surrogates."""
    return one_line(text.encode("utf-8", "replace").decode(), 500)
