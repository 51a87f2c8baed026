"""Who waits for whom at a host, and what is remembered of it."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.rooms import Rooms


class Guests:
    """Callers that stay inside until they are let go; who is inside, and the most."""

    def __init__(self, at_once: int) -> None:
        self.rooms = Rooms(at_once)
        self.inside: list[str] = []
        self.most = 0
        self._go = asyncio.Event()

    async def visit(self, host: str) -> None:
        async with self.rooms.enter(host):
            self.inside.append(host)
            self.most = max(self.most, self.inside.count(host))
            try:
                await self._go.wait()
            finally:
                self.inside.remove(host)

    def come(self, *hosts: str) -> list[asyncio.Task[None]]:
        return [asyncio.create_task(self.visit(host)) for host in hosts]

    def let_go(self) -> None:
        self._go.set()


async def settled() -> None:
    """Everybody has gone as far as they can."""
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_so_many_and_no_more_are_inside_at_once(at_once: int) -> None:
    async def scene() -> tuple[int, int, list[str]]:
        guests = Guests(at_once)
        tasks = guests.come(*["a.example"] * 5)
        await settled()
        entered = len(guests.inside)
        guests.let_go()
        await asyncio.gather(*tasks)
        return entered, guests.most, guests.inside

    entered, most, left = asyncio.run(scene())

    assert (entered, most, left) == (at_once, at_once, [])


def test_a_host_does_not_wait_for_another() -> None:
    async def scene() -> list[str]:
        guests = Guests(1)
        tasks = guests.come("a.example", "a.example", "b.example", "a.example:8080")
        await settled()
        inside = list(guests.inside)
        guests.let_go()
        await asyncio.gather(*tasks)
        return inside

    inside = asyncio.run(scene())

    assert inside == ["a.example", "b.example", "a.example:8080"]


def test_those_who_wait_enter_in_the_order_they_came() -> None:
    order: list[int] = []

    async def visit(rooms: Rooms, number: int) -> None:
        async with rooms.enter("a.example"):
            order.append(number)
            await asyncio.sleep(0)

    async def scene() -> None:
        rooms = Rooms(1)
        await asyncio.gather(*(visit(rooms, number) for number in range(5)))

    asyncio.run(scene())

    assert order == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("cancelled", [0, 1, 2])
def test_one_who_is_cancelled_harms_nobody(cancelled: int) -> None:
    async def scene() -> tuple[list[str], list[str], int]:
        guests = Guests(1)
        tasks = guests.come(*["a.example"] * 4)
        await settled()
        tasks[cancelled].cancel()
        await settled()
        before = list(guests.inside)
        guests.let_go()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        ended = [type(one).__name__ for one in done if one is not None]
        return before, ended, len(guests.rooms._rooms)

    before, ended, remembered = asyncio.run(scene())

    assert before == ["a.example"]
    assert ended == ["CancelledError"]
    assert remembered == 0


def test_one_who_is_cancelled_just_as_there_is_room_leaves_it_to_the_next() -> None:
    async def scene() -> list[str]:
        guests = Guests(1)
        first, second, third = guests.come(*["a.example"] * 3)
        await settled()
        first.cancel()
        await asyncio.sleep(0)  # the room is the second's now, who has not noticed
        second.cancel()
        guests.let_go()
        done = await asyncio.gather(first, second, third, return_exceptions=True)
        return [type(one).__name__ for one in done]

    ended = asyncio.run(scene())

    assert ended == ["CancelledError", "CancelledError", "NoneType"]


def test_one_who_fails_inside_makes_room_for_the_next() -> None:
    async def scene() -> bool:
        rooms = Rooms(1)
        with pytest.raises(ZeroDivisionError):
            async with rooms.enter("a.example"):
                raise ZeroDivisionError
        async with asyncio.timeout(1), rooms.enter("a.example"):
            return True

    entered = asyncio.run(scene())

    assert entered


def test_nothing_is_remembered_of_a_host_that_nobody_is_at() -> None:
    async def scene() -> tuple[list[str], list[str]]:
        guests = Guests(2)
        tasks = guests.come("a.example", "a.example", "a.example", "b.example")
        await settled()
        during = sorted(guests.rooms._rooms)
        guests.let_go()
        await asyncio.gather(*tasks)
        return during, sorted(guests.rooms._rooms)

    during, after = asyncio.run(scene())

    assert (during, after) == (["a.example", "b.example"], [])


@given(
    st.integers(1, 3),
    st.lists(st.tuples(st.sampled_from("ab"), st.booleans()), max_size=12),
)
def test_whoever_comes_and_gives_up_nobody_is_stuck_and_nothing_stays(
    at_once: int, visits: list[tuple[str, bool]]
) -> None:
    async def scene() -> tuple[int, int, int]:
        guests = Guests(at_once)
        tasks = guests.come(*(host for host, _ in visits))
        await settled()
        for task, (_, gives_up) in zip(tasks, visits, strict=True):
            if gives_up:
                task.cancel()
        guests.let_go()
        async with asyncio.timeout(1):
            done = await asyncio.gather(*tasks, return_exceptions=True)
        return guests.most, done.count(None), len(guests.rooms._rooms)

    most, through, remembered = asyncio.run(scene())

    assert most <= at_once
    assert through == sum(not gives_up for _, gives_up in visits)
    assert remembered == 0
