"""Run a program that prints a feed, for sources that have none.

No shell, no input, nearly no environment: what the service knows from its own
environment may be secret. Time and output are bounded, and so is the program's
offspring.
"""

import asyncio
import os
import shlex
import signal
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from monitor.errors import FetchError, FetchTimeout, FetchTooLarge
from monitor.models import Fetched
from monitor.text.words import clean

SCHEME = "command:"
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR")
_ERRORS = 2_000


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
        process = await asyncio.create_subprocess_exec(
            *words,
            cwd=folder,
            env={name: os.environ[name] for name in _KEPT if name in os.environ},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FetchError(f"{words[0]}: {reason}") from error
    try:
        async with asyncio.timeout(deadline.total_seconds()):
            body, errors = await asyncio.gather(
                _read(process.stdout, max_bytes), _read(process.stderr, None)
            )
            status = await process.wait()
    except TimeoutError as error:
        text = f"the program did not end within {deadline.total_seconds():g} s"
        raise FetchTimeout(text) from error
    finally:
        await _end(process)
    if status:
        last = clean(errors.decode("utf-8", "replace")).strip().rpartition("\n")[2]
        text = f"the program failed with status {status}"
        raise FetchError(f"{text}: {last[:200]}" if last else text)
    if not body.strip():
        raise FetchError("the program printed nothing")
    return Fetched(status=200, url=address(words), body=body)


async def _read(stream: asyncio.StreamReader | None, limit: int | None) -> bytes:
    """Read to the end; past a limit it is an error, without one the rest is dropped."""
    found = bytearray()
    while stream and (chunk := await stream.read(65_536)):
        if limit is None:
            found = (found + chunk)[-_ERRORS:]
            continue
        found += chunk
        if len(found) > limit:
            raise FetchTooLarge(f"the program printed more than {limit:,} bytes")
    return bytes(found)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Let nothing that the program started live on, and no pipe stay open."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    # Only the transport lets go of a pipe that somebody else still holds, or that was
    # not read to its end.
    process._transport.close()  # type: ignore[attr-defined]
    await process.wait()
