"""Run a program of the operator's, such as one that prints a feed or a token.

No shell, no input, nearly no environment: what the service knows from its own
environment may be secret. Time and output are bounded, and so is the program's
offspring.
"""

import asyncio
import os
import re
import signal
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from monitor.errors import ProgramError, ProgramTimeout, ProgramTooLarge
from monitor.text.words import clean

_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR")
_ERRORS = 2_000
_TOKEN, _TOKEN_BYTES = timedelta(seconds=30), 16_384
# RFC 6750, 2.1: one word of these characters.
_TOKEN_LINE = re.compile(rb"\s*([A-Za-z0-9._~+/=-]+)\s*")


async def output(
    words: Sequence[str], folder: Path, *, deadline: timedelta, max_bytes: int
) -> bytes:
    """What a program prints that runs in ``folder``.

    Raises:
        ProgramTimeout: It took longer than ``deadline`` and was killed.
        ProgramTooLarge: It printed more than ``max_bytes`` and was killed.
        ProgramError: It could not be started, failed, or printed nothing; ``said`` is
            the last line of its errors.
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
        raise ProgramError(f"{words[0]}: {reason}") from error
    try:
        async with asyncio.timeout(deadline.total_seconds()):
            body, errors = await asyncio.gather(
                _read(process.stdout, max_bytes), _read(process.stderr, None)
            )
            status = await process.wait()
    except TimeoutError as error:
        text = f"the program did not end within {deadline.total_seconds():g} s"
        raise ProgramTimeout(text) from error
    finally:
        await _end(process)
    if status:
        last = clean(errors.decode("utf-8", "replace")).strip().rpartition("\n")[2]
        raise ProgramError(f"the program failed with status {status}", last[:200])
    if not body.strip():
        raise ProgramError("the program printed nothing")
    return body


async def token(words: Sequence[str]) -> str:
    """The access token that a program prints.

    Raises:
        ProgramError: There was none. What the program said may be secret and is not told.
    """
    name = Path(words[0]).name
    try:
        printed = await output(
            words, Path("/"), deadline=_TOKEN, max_bytes=_TOKEN_BYTES
        )
    except ProgramError as error:
        raise ProgramError(f"{name}: {error}") from None  # it holds what was said
    if not (found := _TOKEN_LINE.fullmatch(printed)):
        raise ProgramError(f"{name}: what it printed is no token")
    return found[1].decode()


async def _read(stream: asyncio.StreamReader | None, limit: int | None) -> bytes:
    """Read to the end; past a limit it is an error, without one the rest is dropped."""
    found = bytearray()
    while stream and (chunk := await stream.read(65_536)):
        if limit is None:
            found = (found + chunk)[-_ERRORS:]
            continue
        found += chunk
        if len(found) > limit:
            raise ProgramTooLarge(f"the program printed more than {limit:,} bytes")
    return bytes(found)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Let nothing that the program started live on, and no pipe stay open."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    # Only the transport lets go of a pipe that somebody else still holds, or that was
    # not read to its end.
    process._transport.close()  # type: ignore[attr-defined]
    await process.wait()
