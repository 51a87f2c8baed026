"""Read the body of an HTTP answer within bounds.

httpx decodes without a limit on what a compressed body opens to, and takes a cut-off
one for a whole; hence our own decoding of the two encodings we ask for.
"""

import tempfile
import zlib
from collections.abc import Iterator
from typing import IO

import httpx

from monitor.errors import FetchError, FetchTooLarge

_USUAL = 1 << 19
_MAX_RATIO = 100
_PIECE = 1 << 16
_HEAD = 2
"""So many bytes tell a zlib header from none."""


class _Gunzip:
    """Bounded decoding of gzip and deflate, several members included."""

    def __init__(self) -> None:
        self._z = zlib.decompressobj(47)
        self._first = True
        self._held = b""

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """What comes of the next bytes, in pieces that are never large."""
        data = self._held + data
        if self._first and len(data) < _HEAD:
            self._held = data
            return
        self._held = b""
        full = False
        while data or full:
            piece = self._decode(data)
            full = len(piece) == _PIECE  # then zlib may hold back more of it
            yield piece
            data = self._z.unconsumed_tail
            if self._z.eof:
                data = self._z.unused_data
                if data[:2] != b"\x1f\x8b":
                    return
                self._z = zlib.decompressobj(31)

    def _decode(self, data: bytes) -> bytes:
        first, self._first = self._first, False
        try:
            return self._z.decompress(data, _PIECE)
        except zlib.error as error:
            if not first:
                raise FetchError(f"the body is not what it says: {error}") from error
            self._z = zlib.decompressobj(-15)  # deflate without its zlib header
            return self._decode(data)

    @property
    def complete(self) -> bool:
        return self._z.eof


def _decoder(headers: httpx.Headers) -> _Gunzip | None:
    names = [n.strip().lower() for n in headers.get("content-encoding", "").split(",")]
    # Some servers write a charset here; it is no encoding, so it is ignored.
    known = [n for n in names if n in ("gzip", "x-gzip", "deflate")]
    refused = [n for n in names if n in ("br", "zstd", "compress")]
    if refused or len(known) > 1:
        raise FetchError(f"unwanted content encoding {', '.join(names)}")
    return _Gunzip() if known else None


async def read_body(response: httpx.Response, limit: int) -> bytes:
    """The whole body; both what comes over the wire and what it opens to is bounded.

    What grows past a usual size waits for its end in a file without a name, so that
    many bodies that never end take no memory.

    Raises:
        FetchTooLarge: It grew past ``limit`` bytes, or opened to absurdly more than
            came over the wire.
        FetchError: It cannot be decoded, was cut off, or there is no room for it.
    """
    try:
        with tempfile.SpooledTemporaryFile(max_size=_USUAL) as file:
            return await _spool(response, limit, file)
    except OSError as error:
        raise FetchError(f"no room for a large body: {error.strerror}") from error


async def _spool(response: httpx.Response, limit: int, file: IO[bytes]) -> bytes:
    decoder, size, wire = None, 0, 0
    async for chunk in response.stream:  # type: ignore[union-attr]  # always async
        if chunk and not wire:  # a 304 may name an encoding and have no body
            decoder = _decoder(response.headers)
        wire += len(chunk)
        for piece in decoder.pieces(chunk) if decoder else (chunk,):
            size += len(piece)
            _check(size, wire, limit)
            file.write(piece)
    if decoder and not decoder.complete:
        raise FetchError("the compressed body was cut off")
    file.seek(0)
    return file.read()


def _check(size: int, wire: int, limit: int) -> None:
    if max(size, wire) > limit:
        raise FetchTooLarge(f"the body is larger than {limit:,} bytes")
    if size > _USUAL and size > _MAX_RATIO * wire:
        raise FetchTooLarge(f"the body opens to over {_MAX_RATIO} times itself")
