import asyncio
import gc
import multiprocessing
import operator
import os
import pickle
import resource
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from itertools import repeat

import pytest

from monitor.errors import WorkerDied, WorkerError, WorkerTimeout
from monitor.workers import Workers, default_count

# Tasks are functions of the standard library, because a worker imports them by name.


@asynccontextmanager
async def pool(count: int | None = 1, seconds: float = 10) -> AsyncIterator[Workers]:
    opened = Workers(count, deadline=timedelta(seconds=seconds))
    try:
        yield opened
    finally:
        opened.close()


def is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def children() -> list[int | None]:
    return [child.pid for child in multiprocessing.active_children()]


def kill_and_wait(process: int) -> None:
    os.kill(process, signal.SIGKILL)
    os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)


@contextmanager
def no_more_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (4, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def eventually(condition: Callable[[], bool]) -> bool:
    for _ in range(500):
        if condition():
            return True
        await asyncio.sleep(0.01)
    return False


def test_a_result_comes_back_from_another_process() -> None:
    async def scene() -> tuple[int, int, str]:
        async with pool() as workers:
            process = await workers.run(os.getpid)
            again = await workers.run(os.getpid)
            return process, again, await workers.run(str.upper, "aleppo")

    process, again, text = asyncio.run(scene())

    assert process == again != os.getpid()
    assert text == "ALEPPO"


def test_an_exception_becomes_an_error_with_its_text_and_the_worker_lives() -> None:
    async def scene() -> tuple[str, bool]:
        async with pool() as workers:
            before = await workers.run(os.getpid)
            with pytest.raises(WorkerError) as raised:
                await workers.run(int, "Aleppo")
            assert type(raised.value) is WorkerError
            return str(raised.value), await workers.run(os.getpid) == before

    text, lives = asyncio.run(scene())

    assert "Traceback" in text
    assert "ValueError: invalid literal for int() with base 10: 'Aleppo'" in text
    assert lives


def test_an_answer_that_cannot_be_sent_is_an_error() -> None:
    async def scene() -> None:
        async with pool() as workers:
            await workers.run(threading.Lock)

    with pytest.raises(WorkerError, match="cannot pickle"):
        asyncio.run(scene())


@pytest.mark.parametrize(
    ("function", "argument", "code"),
    [
        (os._exit, 3, 3),
        (os.abort, None, -signal.SIGABRT),
        (signal.raise_signal, signal.SIGKILL, -9),
    ],
)
def test_a_worker_that_dies_costs_one_task(
    function: object, argument: int | None, code: int
) -> None:
    arguments = () if argument is None else (argument,)

    async def scene() -> int:
        async with pool() as workers:
            with pytest.raises(WorkerDied, match=f"^exit code {code}$"):
                await workers.run(function, *arguments)  # type: ignore[arg-type]  # any callable
            return await workers.run(operator.add, 20, 22)

    total = asyncio.run(scene())

    assert total == 42


def test_a_worker_that_is_killed_while_idle_costs_nothing() -> None:
    async def scene() -> tuple[int, int]:
        async with pool() as workers:
            before = await workers.run(os.getpid)
            kill_and_wait(before)
            return before, await workers.run(os.getpid)

    before, after = asyncio.run(scene())

    assert before != after


def test_a_worker_does_not_stop_at_the_signals_of_its_parent() -> None:
    async def scene() -> tuple[int, int]:
        async with pool() as workers:
            before = await workers.run(os.getpid)
            for number in (signal.SIGINT, signal.SIGTERM):
                os.kill(before, number)
            return before, await workers.run(os.getpid)

    before, after = asyncio.run(scene())

    assert before == after


def test_a_task_that_hangs_is_killed_at_its_deadline() -> None:
    async def scene() -> tuple[float, bool, int]:
        async with pool(seconds=2) as workers:
            await workers.run(os.getpid)
            (process,) = workers.processes()
            began = time.monotonic()
            with pytest.raises(WorkerTimeout, match=r"^no answer in 2 s$"):
                await workers.run(time.sleep, 60)
            took = time.monotonic() - began
            return took, is_there(process), await workers.run(operator.add, 20, 22)

    took, there, total = asyncio.run(scene())

    assert 1.99 < took < 5
    assert not there
    assert total == 42


def test_a_task_that_is_cancelled_takes_its_worker_with_it() -> None:
    async def scene() -> tuple[bool, int]:
        async with pool() as workers:
            await workers.run(os.getpid)
            (process,) = workers.processes()
            task = asyncio.create_task(workers.run(time.sleep, 60))
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return is_there(process), await workers.run(operator.add, 20, 22)

    there, total = asyncio.run(scene())

    assert not there
    assert total == 42


def test_an_answer_that_nobody_waits_for_is_no_complaint() -> None:
    complaints: list[object] = []

    async def scene() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: complaints.append(context))
        async with pool() as workers:
            await workers.run(os.getpid)
            task = asyncio.create_task(workers.run(time.sleep, 60))
            await asyncio.sleep(0.05)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            del task
            await workers.run(os.getpid)
            gc.collect()

    asyncio.run(scene())

    assert complaints == []


@pytest.mark.parametrize("pieces", [[2 << 30], repeat(1 << 24)], ids=["once", "slowly"])
def test_a_task_that_takes_too_much_memory_fails_and_the_worker_lives(
    pieces: Iterable[int],
) -> None:
    async def scene() -> bool:
        async with pool() as workers:
            before = await workers.run(os.getpid)
            with pytest.raises(WorkerError, match=r"^MemoryError: .* 1024 MB"):
                await workers.run(list, map(bytearray, pieces))
            return await workers.run(os.getpid) == before

    lives = asyncio.run(scene())

    assert lives


def test_a_worker_may_use_ten_seconds_of_cpu_for_each_task() -> None:
    async def scene() -> list[tuple[int, int]]:
        async with pool() as workers:
            return [
                await workers.run(resource.getrlimit, resource.RLIMIT_CPU)
                for _ in range(2)
            ]

    limits = asyncio.run(scene())

    assert [10 < soft < 60 for soft, _ in limits] == [True, True]
    assert [hard for _, hard in limits] == [
        resource.getrlimit(resource.RLIMIT_CPU)[1]
    ] * 2


def test_a_worker_is_replaced_after_many_tasks() -> None:
    async def scene() -> list[int]:
        async with pool() as workers:
            return [await workers.run(os.getpid) for _ in range(502)]

    processes = asyncio.run(scene())

    assert len(set(processes)) == 2
    assert processes.count(processes[0]) == 500


def test_at_most_as_many_tasks_run_at_once_as_there_are_workers() -> None:
    async def scene() -> set[int]:
        async with pool(2) as workers, asyncio.TaskGroup() as group:
            tasks = [group.create_task(workers.run(time.sleep, 0.02)) for _ in range(6)]
            seen: set[int] = set()

            def over() -> bool:
                seen.update(workers.processes())
                return all(task.done() for task in tasks)

            await eventually(over)
            return seen

    seen = asyncio.run(scene())

    assert 1 <= len(seen) <= 2


def test_closing_ends_what_runs_and_what_waits() -> None:
    async def scene() -> tuple[list[type], list[bool], float]:
        async with pool(2) as workers:
            tasks = [asyncio.create_task(workers.run(time.sleep, 60)) for _ in range(4)]
            await eventually(lambda: len(workers.processes()) == 2)
            processes = workers.processes()
            began = time.monotonic()
            workers.close()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
            took = time.monotonic() - began
            return [type(end) for end in ends], [is_there(p) for p in processes], took

    ends, there, took = asyncio.run(scene())

    assert ends == [WorkerDied] * 4
    assert there == [False, False]
    assert took < 2


def test_a_worker_that_starts_while_the_pool_closes_is_not_used() -> None:
    async def scene() -> tuple[list[type], list[int]]:
        async with pool() as workers:
            task = asyncio.create_task(workers.run(os.getpid))
            await asyncio.sleep(0)
            workers.close()
            ends = await asyncio.gather(task, return_exceptions=True)
            return [type(end) for end in ends], workers.processes()

    ends, processes = asyncio.run(scene())

    assert ends == [WorkerDied]
    assert processes == []


def test_a_closed_pool_has_no_workers_and_takes_no_tasks() -> None:
    async def scene() -> list[int]:
        async with pool() as workers:
            await workers.run(os.getpid)
            workers.close()
            with pytest.raises(WorkerDied, match=r"^the pool is closed$"):
                await workers.run(os.getpid)
            return workers.processes()

    processes = asyncio.run(scene())

    assert processes == []


def test_a_worker_ends_by_itself_when_its_pool_is_gone() -> None:
    async def scene() -> bool:
        workers = Workers(1)
        process = await workers.run(os.getpid)
        del workers
        gc.collect()
        return await eventually(lambda: process not in children())

    gone = asyncio.run(scene())

    assert gone


def test_a_pool_that_can_open_no_files_says_so() -> None:
    async def scene() -> int:
        async with pool() as workers:
            with no_more_files(), pytest.raises(WorkerDied, match="not be started"):
                await workers.run(os.getpid)
            return await workers.run(operator.add, 20, 22)

    total = asyncio.run(scene())

    assert total == 42


def test_a_function_without_a_name_is_refused_at_once() -> None:
    async def scene() -> None:
        async with pool() as workers:
            await workers.run(lambda: 1)

    with pytest.raises((pickle.PicklingError, AttributeError)):
        asyncio.run(scene())


def test_a_machine_gets_two_to_four_workers() -> None:
    count = default_count()

    assert 2 <= count <= 4


def test_a_pool_that_is_not_told_its_size_takes_the_usual_one() -> None:
    async def scene() -> int:
        async with pool(None) as workers, asyncio.TaskGroup() as group:
            for _ in range(6):
                group.create_task(workers.run(time.sleep, 0.3))
            await eventually(lambda: len(workers.processes()) == default_count())
            return len(workers.processes())

    count = asyncio.run(scene())

    assert count == default_count()
