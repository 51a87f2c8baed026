"""A file: one JSON object a delivery, appended."""

import asyncio
import errno
import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from monitor.channels.payload import payload
from monitor.errors import DeliveryDeferred
from monitor.models import Digest, Part, Receipt, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """``path`` is made if it is not there; its folder must be."""

    path: Path

    gap = timedelta(0)
    way = ""
    patience = timedelta(hours=72)
    threads = False

    def problem(self) -> str:
        """What is wrong with the settings together; "" if nothing."""
        return ""

    def targets(self) -> tuple[str, ...]:
        return (str(self.path),)

    def render(self, digest: Digest, target: Target) -> list[Part]:
        line = payload(digest, target.id) + b"\n"
        return [Part(id=target.id, target=target.address, payload=line)]

    async def send(self, part: Part, thread: str | None = None) -> Receipt:  # noqa: ARG002 - a file has no threads
        try:
            await asyncio.to_thread(self._append, part.payload)
        except OSError as error:
            raise DeliveryDeferred(f"{self.path}: {error.strerror}") from error
        return Receipt(text="written")

    def _append(self, line: bytes) -> None:
        # One write, so that lines of two writers never mix; synced, because "sent"
        # must survive a power cut.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        descriptor = os.open(self.path, flags, 0o640)
        try:
            written = os.write(descriptor, line)
            if written < len(line):
                # Half a line would be glued to the next one.
                os.ftruncate(descriptor, os.fstat(descriptor).st_size - written)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
