"""How much of a body is read, and where it waits for its end."""

import asyncio
import gzip
import random
import tempfile
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.body import _USUAL as MOST
from monitor.body import read_body
from monitor.errors import FetchError, FetchTooLarge

MIB = 1 << 20
SPREAD = bytes(range(256)) * 50
TEXT = b"Syrian troops withdraw from Aleppo. " * 50
NOISE = random.Random(1).randbytes(MOST + 2)  # noqa: S311 - it only has to be long


class Pieces(httpx.AsyncByteStream):
    """A body in pieces, with a count of those that were asked for."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = pieces
        self.given = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            self.given += 1
            yield piece


def response(stream: Pieces, encoding: str = "") -> httpx.Response:
    headers = {"content-encoding": encoding} if encoding else {}
    return httpx.Response(200, headers=headers, stream=stream)


def read(*pieces: bytes, encoding: str = "", limit: int = 16 * MIB) -> bytes:
    async def scene() -> bytes:
        answer = response(Pieces(pieces), encoding)
        return await read_body(answer, limit)

    return asyncio.run(scene())


def gzipped(data: bytes, level: int = 9) -> bytes:
    return gzip.compress(data, level, mtime=0)


# --- limits ---


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("", TEXT),
        ("utf-8", TEXT),
        ("gzip", gzipped(TEXT)),
        ("gzip, utf-8", gzipped(TEXT)),
        ("gzip", gzipped(TEXT[:99]) + gzipped(TEXT[99:])),
        ("gzip", gzipped(TEXT) + b"\0" * 30),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", zlib.compress(TEXT)[2:-4]),
    ],
)
def test_a_body_of_just_the_limit_is_read(encoding: str, body: bytes) -> None:
    found = read(body, encoding=encoding, limit=len(TEXT))

    assert found == TEXT


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("", TEXT),
        ("gzip", gzipped(TEXT)),
        ("gzip", gzipped(TEXT[:99]) + gzipped(TEXT[99:])),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", zlib.compress(TEXT)[2:-4]),
    ],
)
def test_a_body_of_one_byte_more_is_refused(encoding: str, body: bytes) -> None:
    with pytest.raises(FetchTooLarge, match=r"^the body is larger than 1,799 bytes$"):
        read(body, encoding=encoding, limit=len(TEXT) - 1)


def test_what_comes_over_the_wire_counts_though_it_opens_to_nothing() -> None:
    with pytest.raises(FetchTooLarge):
        read(gzipped(b"") * 60, encoding="gzip", limit=1_000)


def test_reading_stops_where_the_limit_is_passed() -> None:
    async def scene() -> int:
        stream = Pieces([TEXT] * 10)
        with pytest.raises(FetchTooLarge):
            await read_body(response(stream), 2 * len(TEXT))
        return stream.given

    given_out = asyncio.run(scene())

    assert given_out == 3


@given(
    st.lists(st.binary(max_size=300), min_size=1, max_size=3),
    st.integers(1, 50),
    st.integers(0, 900),
)
def test_a_body_is_whole_or_too_large_however_it_is_cut(
    members: list[bytes], step: int, limit: int
) -> None:
    whole = b"".join(members)
    wire = b"".join(map(gzipped, members))
    pieces = [wire[at : at + step] for at in range(0, len(wire), step)]

    try:
        found = read(*pieces, encoding="gzip", limit=limit)
    except FetchTooLarge:
        assert limit < max(len(whole), len(wire))
    else:
        assert found == whole
        assert limit >= max(len(whole), len(wire))


# --- bombs ---


@pytest.mark.parametrize("step", [512, 1 << 20])
def test_a_small_bomb_is_given_up_long_before_the_limit(step: int) -> None:
    bomb = gzipped(b"\0" * (4 * MIB))
    pieces = [bomb[at : at + step] for at in range(0, len(bomb), step)]

    with pytest.raises(FetchTooLarge, match=r"^the body opens to over 100 times it"):
        read(*pieces, encoding="gzip", limit=64 * MIB)


def test_a_bomb_inside_a_bomb_is_no_more_than_its_bytes() -> None:
    bomb = gzipped(gzipped(b"\0" * (4 * MIB)))

    found = read(bomb, encoding="gzip")

    assert len(found) < MIB


@pytest.mark.parametrize(
    "body",
    [
        b"\0" * MOST,  # of a usual size it may open to anything
        TEXT[:36] * (3 * MIB // 36) + NOISE[:40_000],  # large, but a text
    ],
)
def test_a_body_that_packs_well_is_no_bomb(body: bytes) -> None:
    found = read(gzipped(body), encoding="gzip")

    assert found == body


# --- what cannot be decoded ---


@pytest.mark.parametrize(
    "body",
    [
        gzipped(TEXT)[:-1],
        gzipped(TEXT)[:12],
        gzipped(TEXT)[:1],
        gzipped(TEXT) + gzipped(TEXT)[:20],
    ],
)
@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_a_body_that_was_cut_off_is_an_error(body: bytes, step: int) -> None:
    pieces = [body[at : at + step] for at in range(0, len(body), step)]

    with pytest.raises(FetchError, match=r"^the compressed body was cut off$"):
        read(*pieces, encoding="gzip")


@pytest.mark.parametrize(
    "pieces", [[b"\xff" * 50], [gzipped(SPREAD)[:100], b"\xff" * 99]]
)
def test_a_body_that_is_not_what_it_says_is_an_error(pieces: list[bytes]) -> None:
    with pytest.raises(FetchError, match=r"^the body is not what it says: "):
        read(*pieces, encoding="gzip")


def test_raw_deflate_is_whole_whatever_its_size() -> None:
    bodies = [b"\0" * size for size in range(65_530, 65_560)]

    found = [read(zlib.compress(b)[2:-4], encoding="deflate") for b in bodies]

    assert found == bodies


def test_raw_deflate_is_whole_however_it_is_cut() -> None:
    body = zlib.compress(TEXT)[2:-4]

    found = read(*(body[at : at + 1] for at in range(len(body))), encoding="deflate")

    assert found == TEXT


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip, gzip"])
def test_an_encoding_we_did_not_ask_for_is_an_error(encoding: str) -> None:
    with pytest.raises(FetchError, match=rf"^unwanted content encoding {encoding}$"):
        read(TEXT, encoding=encoding)


@pytest.mark.parametrize("pieces", [[], [b""]])
@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_no_body_at_all_needs_no_decoding(encoding: str, pieces: list[bytes]) -> None:
    found = read(*pieces, encoding=encoding)

    assert found == b""


# --- large bodies ---


@pytest.mark.parametrize("size", [MOST, MOST + 1, MOST + 2])
def test_a_body_of_about_the_usual_size_is_whole(size: int) -> None:
    found = read(NOISE[: size - 9], NOISE[size - 9 : size])

    assert found == NOISE[:size]


def test_a_large_body_that_has_not_ended_takes_no_memory() -> None:
    async def scene() -> int:
        stream = Pieces(bytes(MIB) for _ in range(12))
        tracemalloc.start()
        with pytest.raises(FetchTooLarge):
            await read_body(response(stream), 8 * MIB)
        return tracemalloc.get_traced_memory()[1]

    try:
        peak = asyncio.run(scene())
    finally:
        tracemalloc.stop()

    assert peak < 4 * MIB


def test_a_large_body_for_which_there_is_no_room_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))

    with pytest.raises(FetchError, match=r"^no room for a large body: No such file"):
        read(NOISE)
