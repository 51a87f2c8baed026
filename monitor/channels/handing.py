"""Hand a mail in on this machine: to a maildir, a mailbox file or a sendmail command."""

import mailbox
import subprocess
from pathlib import Path
from typing import Literal

from monitor.errors import DeliveryDeferred, DeliveryError, DeliveryRejected
from monitor.models import Receipt
from monitor.text.words import one_line

Transport = Literal["smtp", "maildir", "file", "sendmail"]

_SENDMAIL = "/usr/sbin/sendmail"
_DEADLINE_SECONDS = 60
# sysexits.h: what may pass, and what is wrong with the machine and not with the message.
_PASSING = (69, 70, 71, 72, 73, 74, 75, 77, 78)


def hand_in(
    transport: Transport, path: Path | None, message: bytes, sender: str, to: str
) -> Receipt:
    """Hand one message in; blocks, so call it in a thread.

    Raises:
        DeliveryDeferred: Not now: no room, no such command, a temporary failure.
        DeliveryRejected: The command refused it for good.
    """
    try:
        if transport == "sendmail":
            return _sendmail(str(path or _SENDMAIL), message, sender, to)
        where = path or Path("mail")
        box: mailbox.Mailbox[mailbox.Message] = (
            mailbox.Maildir(where, create=True)
            if transport == "maildir"
            else mailbox.mbox(where, create=True)
        )
        box.lock()
        try:
            key = box.add(message)
            box.flush()
        finally:
            box.close()
    except (OSError, mailbox.Error) as error:
        raise DeliveryDeferred(f"{transport} {path}: {error}") from error
    return Receipt(text=f"put into {where}", remote_id=str(key))


def _sendmail(command: str, message: bytes, sender: str, to: str) -> Receipt:
    try:
        done = subprocess.run(  # noqa: S603 - no shell; the address is checked and comes after --
            [command, "-i", "-f", sender, "--", to],
            input=message.replace(b"\r\n", b"\n"),
            capture_output=True,
            timeout=_DEADLINE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise DeliveryDeferred(f"{command}: it took too long") from error
    if done.returncode:
        raise _refusal(command, done.returncode, done.stderr)
    return Receipt(text=f"taken by {command}", code=0)


def _refusal(command: str, code: int, said: bytes) -> DeliveryError:
    text = one_line(said.decode("utf-8", "replace"), 200)
    message = f"{command}: status {code} {text}".strip()
    kind = DeliveryDeferred if code in _PASSING else DeliveryRejected
    return kind(message, code=code)
