"""Feeds that are programs, for sources that have none."""

import shlex
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from monitor import program
from monitor.errors import (
    FetchError,
    FetchTimeout,
    FetchTooLarge,
    ProgramError,
    ProgramTimeout,
    ProgramTooLarge,
)
from monitor.models import Fetched

SCHEME = "command:"


def address(words: Sequence[str]) -> str:
    """What stands for a program where other feeds have a URL."""
    return SCHEME + shlex.join(words)


async def run(
    words: Sequence[str], folder: Path, *, deadline: timedelta, max_bytes: int
) -> Fetched:
    """Run a program in ``folder``; what it prints is the document.

    Raises:
        FetchTimeout: It took longer than ``deadline`` and was killed.
        FetchTooLarge: It printed more than ``max_bytes`` and was killed.
        FetchError: It could not be started, failed, or printed nothing.
    """
    try:
        body = await program.output(
            words, folder, deadline=deadline, max_bytes=max_bytes
        )
    except ProgramTimeout as error:
        raise FetchTimeout(str(error)) from error
    except ProgramTooLarge as error:
        raise FetchTooLarge(str(error)) from error
    except ProgramError as error:
        text = f"{error}: {error.said}" if error.said else str(error)
        raise FetchError(text) from error
    return Fetched(status=200, url=address(words), body=body)
