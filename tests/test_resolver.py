"""Names become addresses; every lookup here is a fake one."""

import asyncio
import socket
import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from monitor.resolver import Resolver

NAME = "news.example"
Infos = Sequence[tuple[int, int, int, str, tuple[Any, ...]]]
V4 = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 0))
V6 = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("2001:db8::1", 0, 0, 0))
ON_LOOPBACK = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("fe80::1", 0, 0, 1))
UNKNOWN = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
BUSY = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


class Names:
    """Stands in for getaddrinfo: says what it is told, and waits while it is shut."""

    def __init__(self) -> None:
        self.says: Infos | Exception = [V4]
        self.open = threading.Event()
        self.open.set()
        self.begun = threading.Event()
        self.asked: list[str] = []
        self.options: tuple[int, ...] = ()

    def __call__(
        self, host: str, port: int, family: int, kind: int, protocol: int, flags: int
    ) -> Infos:
        self.asked.append(host)
        self.options = (port, family, kind, protocol, flags)
        self.begun.set()
        self.open.wait(10)
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


class Seconds:
    """A monotonic clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def names() -> Iterator[Names]:
    names = Names()
    yield names
    names.open.set()


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def resolver(names: Names, seconds: Seconds) -> Iterator[Resolver]:
    resolver = Resolver(lookup=names, now=seconds)
    yield resolver
    asyncio.run(resolver.close())


@pytest.fixture
def hasty(names: Names, seconds: Seconds) -> Iterator[Resolver]:
    """One that waits for 20 ms only."""
    resolver = Resolver(lookup=names, now=seconds, timeout=timedelta(milliseconds=20))
    yield resolver
    asyncio.run(resolver.close())


async def addresses(resolver: Resolver, name: str = NAME) -> list[str]:
    found = await resolver.resolve(name, 443, socket.AF_UNSPEC)
    return [address["host"] for address in found]


def resolve(resolver: Resolver, name: str = NAME) -> list[str]:
    return asyncio.run(addresses(resolver, name))


def failure(resolver: Resolver, name: str = NAME) -> Exception:
    with pytest.raises((OSError, UnicodeError)) as raised:
        resolve(resolver, name)
    return raised.value


# --- what is asked and what is told ---


def test_addresses_are_told_the_way_aiohttp_tells_them(
    resolver: Resolver, names: Names
) -> None:
    names.says = [V6, V4]
    numeric = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV

    found = asyncio.run(resolver.resolve(NAME, 443, socket.AF_UNSPEC))

    shared = {"hostname": NAME, "port": 443, "proto": 6, "flags": numeric}
    assert found == [
        shared | {"host": "2001:db8::1", "family": socket.AF_INET6},
        shared | {"host": "192.0.2.1", "family": socket.AF_INET},
    ]


def test_aiohttps_own_resolver_tells_the_same(
    resolver: Resolver, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    names.says = [V6, V4, ON_LOOPBACK]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: names.says)

    async def told(by: aiohttp.abc.AbstractResolver) -> list[dict[str, object]]:
        found = await by.resolve(NAME, 0, socket.AF_UNSPEC)
        return [dict(address) for address in found]

    async def theirs() -> list[dict[str, object]]:
        return await told(aiohttp.ThreadedResolver())

    assert asyncio.run(told(resolver)) == asyncio.run(theirs())


def test_only_kinds_of_addresses_that_this_machine_has_are_asked_for(
    resolver: Resolver, names: Names
) -> None:
    resolve(resolver)

    wanted = (0, socket.AF_UNSPEC, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG)
    assert names.options == wanted


def test_a_link_local_address_names_its_interface(
    resolver: Resolver, names: Names
) -> None:
    names.says = [ON_LOOPBACK]

    found = resolve(resolver)

    assert found == [f"fe80::1%{socket.if_indextoname(1)}"]


def test_aiohttp_reports_a_name_that_cannot_be_resolved(
    resolver: Resolver, names: Names
) -> None:
    names.says = UNKNOWN

    async def visit() -> None:
        connector = aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False)
        async with aiohttp.ClientSession(connector=connector) as session:
            await session.get(f"https://{NAME}/")

    with pytest.raises(aiohttp.ClientConnectorDNSError) as raised:
        asyncio.run(visit())

    assert raised.value.os_error.strerror == "Name or service not known"
    assert raised.value.os_error.errno == socket.EAI_NONAME


def test_a_name_that_cannot_be_written_in_dns_is_an_error(
    resolver: Resolver, names: Names
) -> None:
    names.says = UnicodeError("label empty or too long")

    error = failure(resolver, "a..b")

    assert isinstance(error, UnicodeError)
    assert str(error) == "label empty or too long"


# --- nobody waits for another one's name ---


def test_sixty_slow_names_do_not_wait_for_each_other() -> None:
    together = threading.Barrier(60, timeout=10)

    def slow(*_name: object, **_options: int) -> Infos:
        together.wait()  # until all sixty are being looked up at the same time
        return [V4]

    async def ask() -> list[list[str]]:
        resolver = Resolver(lookup=slow)
        asked = [addresses(resolver, f"{n}.example") for n in range(60)]
        found = await asyncio.gather(*asked)
        await resolver.close()
        return found

    assert asyncio.run(ask()) == [["192.0.2.1"]] * 60


def test_all_who_ask_for_a_name_share_one_lookup(
    resolver: Resolver, names: Names
) -> None:
    names.open.clear()

    async def ask() -> list[list[str]]:
        callers = [asyncio.create_task(addresses(resolver)) for _ in range(20)]
        await asyncio.to_thread(names.begun.wait, 10)
        names.open.set()
        return await asyncio.gather(*callers)

    assert asyncio.run(ask()) == [["192.0.2.1"]] * 20
    assert names.asked == [NAME]


def test_all_who_share_a_lookup_get_an_error_of_their_own(
    resolver: Resolver, names: Names
) -> None:
    names.says = UNKNOWN

    async def ask() -> list[BaseException | list[str]]:
        callers = [addresses(resolver) for _ in range(2)]
        return await asyncio.gather(*callers, return_exceptions=True)

    first, second = asyncio.run(ask())
    assert str(first) == str(second) == str(UNKNOWN)
    assert first is not second


def test_a_caller_who_gives_up_harms_nobody(resolver: Resolver, names: Names) -> None:
    names.open.clear()

    async def ask() -> tuple[bool, list[str]]:
        first = asyncio.create_task(addresses(resolver))
        second = asyncio.create_task(addresses(resolver))
        await asyncio.to_thread(names.begun.wait, 10)
        first.cancel()
        await asyncio.wait([first])
        names.open.set()
        return first.cancelled(), await second

    assert asyncio.run(ask()) == (True, ["192.0.2.1"])
    assert names.asked == [NAME]


def test_a_name_asked_for_by_nobody_any_more_is_remembered(
    resolver: Resolver, names: Names
) -> None:
    names.open.clear()

    async def ask() -> list[str]:
        caller = asyncio.create_task(addresses(resolver))
        await asyncio.to_thread(names.begun.wait, 10)
        caller.cancel()
        await asyncio.wait([caller])
        names.open.set()
        return await addresses(resolver)

    assert asyncio.run(ask()) == ["192.0.2.1"]
    assert names.asked == [NAME]


# --- too late ---


def test_an_answer_that_does_not_come_in_time_is_an_error(
    hasty: Resolver, names: Names
) -> None:
    names.open.clear()

    error = failure(hasty)

    assert isinstance(error, OSError)
    assert error.strerror == "the name could not be resolved in time"
    assert not isinstance(error, TimeoutError)


def test_an_answer_that_comes_too_late_is_remembered(
    hasty: Resolver, names: Names
) -> None:
    names.open.clear()

    async def ask() -> list[str]:
        with pytest.raises(OSError, match="in time"):
            await addresses(hasty)
        names.open.set()
        while True:
            try:
                return await addresses(hasty)
            except OSError:
                await asyncio.sleep(0.001)

    assert asyncio.run(ask()) == ["192.0.2.1"]
    assert names.asked == [NAME]


def test_a_name_that_is_late_is_not_asked_for_twice_at_a_time(
    hasty: Resolver, names: Names, seconds: Seconds
) -> None:
    names.open.clear()

    async def ask() -> None:
        for _ in range(3):
            with pytest.raises(OSError, match="in time"):
                await addresses(hasty)
            seconds.at += 31

    asyncio.run(ask())
    assert names.asked == [NAME]


def test_an_old_answer_stands_in_for_one_that_is_late(
    hasty: Resolver, names: Names, seconds: Seconds
) -> None:
    resolve(hasty)
    seconds.at += 301
    names.open.clear()

    found = resolve(hasty)

    assert found == ["192.0.2.1"]
    assert names.asked == [NAME, NAME]


# --- what is remembered, and for how long ---


@pytest.mark.parametrize(("later", "times"), [(0, 1), (299, 1), (300, 2)])
def test_an_answer_is_fresh_for_five_minutes(
    resolver: Resolver, names: Names, seconds: Seconds, later: float, times: int
) -> None:
    resolve(resolver)
    seconds.at += later

    found = resolve(resolver)

    assert found == ["192.0.2.1"]
    assert len(names.asked) == times


@pytest.mark.parametrize("error", [UNKNOWN, BUSY])
@pytest.mark.parametrize(("later", "times"), [(0, 1), (29, 1), (30, 2)])
def test_a_failure_is_remembered_for_thirty_seconds(
    resolver: Resolver,
    names: Names,
    seconds: Seconds,
    error: OSError,
    later: float,
    times: int,
) -> None:
    names.says = error
    failure(resolver)
    seconds.at += later

    again = failure(resolver)

    assert str(again) == str(error)
    assert len(names.asked) == times


def test_a_name_is_asked_for_again_after_a_failure(
    resolver: Resolver, names: Names, seconds: Seconds
) -> None:
    names.says = BUSY
    failure(resolver)
    names.says = [V4]
    seconds.at += 30

    found = resolve(resolver)

    assert found == ["192.0.2.1"]


@pytest.mark.parametrize("later", [300, 3_899])
def test_an_old_answer_stands_in_for_a_lookup_that_fails(
    resolver: Resolver, names: Names, seconds: Seconds, later: float
) -> None:
    resolve(resolver)
    names.says = BUSY
    seconds.at += later

    found = [resolve(resolver), resolve(resolver)]

    assert found == [["192.0.2.1"]] * 2
    assert names.asked == [NAME] * 2  # the failure is remembered too


def test_an_answer_of_more_than_an_hour_ago_stands_in_for_nothing(
    resolver: Resolver, names: Names, seconds: Seconds
) -> None:
    resolve(resolver)
    names.says = BUSY
    seconds.at += 3_899
    resolve(resolver)
    seconds.at += 1

    error = failure(resolver)

    assert str(error) == str(BUSY)


def test_a_name_that_is_gone_is_gone(
    resolver: Resolver, names: Names, seconds: Seconds
) -> None:
    resolve(resolver)
    names.says = UNKNOWN
    seconds.at += 300

    error = failure(resolver)

    assert str(error) == str(UNKNOWN)


def test_the_kinds_of_addresses_of_a_name_are_remembered_apart(
    resolver: Resolver, names: Names
) -> None:
    asyncio.run(resolver.resolve(NAME, 443, socket.AF_INET))
    asyncio.run(resolver.resolve(NAME, 443, socket.AF_INET6))

    assert names.asked == [NAME, NAME]


def test_the_ports_of_a_name_share_what_is_remembered(
    resolver: Resolver, names: Names
) -> None:
    found = [
        asyncio.run(resolver.resolve(NAME, port))[0]["port"] for port in (80, 8443)
    ]

    assert found == [80, 8443]
    assert names.asked == [NAME]


def test_no_more_names_are_remembered_than_allowed(names: Names) -> None:
    resolver = Resolver(lookup=names, max_names=2)

    for name in ("a.example", "b.example", "c.example"):
        resolve(resolver, name)
    for name in ("b.example", "c.example", "a.example"):
        resolve(resolver, name)
    asyncio.run(resolver.close())

    assert names.asked == ["a.example", "b.example", "c.example", "a.example"]


# --- the end ---


def test_closing_does_not_wait_for_a_name(hasty: Resolver, names: Names) -> None:
    names.open.clear()
    failure(hasty)

    asyncio.run(hasty.close())

    assert not names.open.is_set()
    with pytest.raises(RuntimeError):
        resolve(hasty, "other.example")
