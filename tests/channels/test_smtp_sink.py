"""Sending mail to Postfix's own test server, where it is installed."""

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.channels.email import Config
from monitor.channels.relay import Smtp
from monitor.errors import (
    DeliveryDeferred,
    DeliveryError,
    DeliveryInDoubt,
    DeliveryRejected,
    DestinationFault,
)
from monitor.models import Receipt
from tests.channels.test_smtp import SENDER, TO, free_port, part

_PLACES = ("smtp-sink", "/usr/sbin/smtp-sink")
SINK = next(filter(None, map(shutil.which, _PLACES)), "")
pytestmark = pytest.mark.skipif(not SINK, reason="Postfix's smtp-sink is not installed")


@contextlib.contextmanager
def sink(*options: str) -> Iterator[int]:
    """The port of a Postfix test server that behaves as its options say."""
    port = free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = [SINK, *user, *options, f"127.0.0.1:{port}", "10"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        _await_port(port)
        yield port
    finally:
        process.kill()
        process.wait()


def _await_port(port: int) -> None:
    for _ in range(200):
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", port)),
        ):
            return
        time.sleep(0.02)
    raise AssertionError("smtp-sink did not start")


def send(port: int) -> Receipt:
    smtp = Smtp(host="127.0.0.1", port=port, sender=SENDER, explicit=True)
    return asyncio.run(Config(to=(TO,), smtp=smtp).send(part()))


def test_postfix_takes_the_message_as_we_froze_it(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with sink("-R", str(tmp_path), "-D", "mail.") as port:
        receipt = send(port)

    (found,) = tmp_path.glob("mail.*")
    assert receipt.code == 250
    assert part().payload.replace(b"\r\n", b"\n") in found.read_bytes() + b"\n"


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        (("-r", "RCPT"), DeliveryDeferred),
        (("-r", "."), DeliveryDeferred),
        (("-f", "RCPT"), DeliveryRejected),
        (("-f", "."), DeliveryRejected),
        (("-f", "MAIL"), DestinationFault),
        (("-r", "MAIL"), DeliveryDeferred),
        (("-q", "DATA"), DeliveryInDoubt),
        (("-q", "."), DeliveryInDoubt),
        (("-Q", "RCPT"), DeliveryDeferred),
        (("-Q", "CONNECT"), DeliveryDeferred),
    ],
)
def test_what_postfix_refuses_is_for_now_or_for_good(
    options: tuple[str, str], kind: type[DeliveryError]
) -> None:
    with sink(*options) as port, pytest.raises(DeliveryError) as caught:
        send(port)

    assert type(caught.value) is kind
