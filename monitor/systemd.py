"""Tell systemd how the service is doing: the datagrams of sd_notify(3).

A library for nine lines would be longer than they are. Without ``NOTIFY_SOCKET`` in the
environment nothing is sent.
"""

import os
import socket
import time

_MICROS = 1_000_000


def notify(**facts: object) -> bool:
    """Send facts such as ``READY=1``; whether anybody wants to hear them.

    Trouble with the socket is not the service's: it is not told.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address[:1] not in ("/", "@"):
        return False
    if address[0] == "@":  # the abstract namespace of Linux
        address = "\0" + address[1:]
    text = "\n".join(
        f"{name}={str(value).splitlines()[0]}" for name, value in facts.items()
    )
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.connect(address)
            out.sendall(text.encode())
    except OSError:
        return False
    return True


def reloading() -> None:
    """Say that a reload begins; ``READY=1`` ends it. The stamp is asked for since 253."""
    notify(RELOADING=1, MONOTONIC_USEC=time.monotonic_ns() // 1_000)


def watchdog_seconds() -> float | None:
    """After how many seconds of silence systemd restarts us; None if it does not."""
    ours = os.environ.get("WATCHDOG_PID", "") in ("", str(os.getpid()))
    micros = os.environ.get("WATCHDOG_USEC", "")
    return int(micros) / _MICROS if ours and micros.isdigit() and int(micros) else None
