"""How much of a body is read, and how many large ones at once."""

import asyncio
import gzip
import random
import zlib
from collections.abc import AsyncIterator, Iterable

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
    """A body in pieces; after each it waits until it may go on, if it has to."""

    def __init__(self, pieces: Iterable[bytes], *, holds: bool = False) -> None:
        self._pieces = list(pieces)
        self._go = asyncio.Event()
        self.given = 0
        if not holds:
            self._go.set()

    def go_on(self) -> None:
        self._go.set()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            self.given += 1
            yield piece
            await self._go.wait()


def response(stream: Pieces, encoding: str = "") -> httpx.Response:
    headers = {"content-encoding": encoding} if encoding else {}
    return httpx.Response(200, headers=headers, stream=stream)


def read(*pieces: bytes, encoding: str = "", limit: int = 16 * MIB) -> bytes:
    """The whole body, with room for one large one."""

    async def scene() -> bytes:
        answer = response(Pieces(pieces), encoding)
        return await read_body(answer, limit, asyncio.Semaphore(1))

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
            await read_body(response(stream), 2 * len(TEXT), asyncio.Semaphore(1))
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


# --- large bodies wait for each other ---

USUAL = [NOISE[:MOST]]
LARGE = [NOISE[: MOST + 1], b"the rest"]


async def settled() -> None:
    """Everybody has gone as far as they can."""
    for _ in range(20):
        await asyncio.sleep(0)


class Readers:
    """Bodies that are read at the same time, with room for so many large ones."""

    def __init__(self, room: int) -> None:
        self.big = asyncio.Semaphore(room)

    def begin(
        self, *pieces: bytes, holds: bool = False, limit: int = 16 * MIB
    ) -> tuple[Pieces, asyncio.Task[bytes]]:
        stream = Pieces(pieces, holds=holds)
        work = read_body(response(stream), limit, self.big)
        return stream, asyncio.create_task(work)


@pytest.mark.parametrize("room", [1, 2])
def test_a_large_body_waits_with_what_it_has_until_there_is_room(room: int) -> None:
    async def scene() -> tuple[bool, int, list[bytes]]:
        readers = Readers(room)
        first = [readers.begin(*LARGE, holds=True) for _ in range(room)]
        await settled()
        stream, late = readers.begin(*LARGE)
        await settled()
        waited, given_out = not late.done(), stream.given
        for held, _ in first:
            held.go_on()
        bodies = await asyncio.gather(late, *(task for _, task in first))
        return waited, given_out, bodies

    waited, given_out, bodies = asyncio.run(scene())

    assert waited
    assert given_out == 1  # no more of it was asked for
    assert bodies == [b"".join(LARGE)] * (room + 1)


def test_bodies_of_a_usual_size_do_not_wait_for_large_ones() -> None:
    async def scene() -> list[bytes]:
        readers = Readers(1)
        _, large = readers.begin(*LARGE, holds=True)
        await settled()
        usual = [readers.begin(*USUAL)[1] for _ in range(3)]
        await settled()
        found = [task.result() for task in usual]
        large.cancel()
        await asyncio.gather(large, return_exceptions=True)
        return found

    found = asyncio.run(scene())

    assert found == [b"".join(USUAL)] * 3


def test_a_large_body_takes_one_room_however_many_pieces_it_has() -> None:
    async def scene() -> tuple[bytes, bool]:
        readers = Readers(1)
        _, task = readers.begin(*LARGE, *LARGE, *LARGE)
        body = await task
        return body, readers.big.locked()

    body, taken = asyncio.run(scene())

    assert body == b"".join(LARGE) * 3
    assert not taken


@pytest.mark.parametrize("end", ["cancelled", "too large"])
def test_a_large_body_that_is_given_up_makes_room(end: str) -> None:
    async def scene() -> bytes:
        readers = Readers(1)
        stream, first = readers.begin(*LARGE, holds=True, limit=MOST + 2)
        await settled()
        _, second = readers.begin(*LARGE)
        await settled()
        if end == "cancelled":
            first.cancel()
        stream.go_on()
        await asyncio.gather(first, return_exceptions=True)
        async with asyncio.timeout(1):
            return await second

    body = asyncio.run(scene())

    assert body == b"".join(LARGE)


def test_a_large_body_that_gives_up_waiting_harms_nobody() -> None:
    async def scene() -> tuple[bytes, bool]:
        readers = Readers(1)
        held, first = readers.begin(*LARGE, holds=True)
        await settled()
        _, second = readers.begin(*LARGE)
        await settled()
        second.cancel()
        held.go_on()
        body, _ = await asyncio.gather(first, second, return_exceptions=True)
        assert isinstance(body, bytes)
        return body, readers.big.locked()

    body, taken = asyncio.run(scene())

    assert body == b"".join(LARGE)
    assert not taken
