"""A few worker processes for parsing and extraction, killed at their deadline.

``concurrent.futures`` cannot kill one task, and pebble loses its whole pool to a
worker that is killed while idle; hence one pipe and one thread a worker.
"""

import asyncio
import contextlib
import multiprocessing
import os
import pickle
import resource
import signal
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from multiprocessing.connection import Connection
from typing import Any, TypeVar, TypeVarTuple

from monitor.errors import WorkerDied, WorkerError, WorkerTimeout

Ts = TypeVarTuple("Ts")
R = TypeVar("R")

DEADLINE_SECONDS = 10.0
_CPU_SECONDS = 10
_MEMORY_BYTES = 1 << 30
_TASKS_A_WORKER = 500


def default_count() -> int:
    """How many workers a machine gets: its cores, but 2 to 4."""
    return max(2, min(os.cpu_count() or 2, 4))


def _limit(what: int, wanted: int) -> None:  # pragma: no cover - runs in the worker
    """Lower a limit of this process, unless it is as low already."""
    _, hard = resource.getrlimit(what)
    if hard == resource.RLIM_INFINITY or wanted < hard:
        resource.setrlimit(what, (wanted, hard))


def _limit_cpu() -> None:  # pragma: no cover - runs in the worker
    # The limit counts over the worker's life, so it moves with every task.
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + _CPU_SECONDS + 1
    _limit(resource.RLIMIT_CPU, seconds)


def _serve(pipe: Connection) -> None:  # pragma: no cover - runs in the worker
    """Answer questions until the parent closes the pipe; runs in the worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _limit(resource.RLIMIT_AS, _MEMORY_BYTES)
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            # Both ends of the pipe are ours; nothing from outside is unpickled.
            function, args = pickle.loads(pipe.recv_bytes())  # noqa: S301 - see above
            _limit_cpu()
            pipe.send_bytes(_answer(function, args))


def _answer(  # pragma: no cover - runs in the worker
    function: Callable[..., Any], args: tuple[Any, ...]
) -> bytes:
    try:
        return pickle.dumps((True, function(*args)))
    except MemoryError:  # a traceback would need memory, and hold what the task took
        problem = f"MemoryError: the task took more than {_MEMORY_BYTES >> 20} MB"
    except Exception:  # noqa: BLE001 - it is handed to the parent as text
        problem = traceback.format_exc(limit=-8)
    return pickle.dumps((False, problem))


class _Worker:
    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()
        self.tasks = 0

    def ask(self, question: bytes) -> tuple[bool, Any]:
        self.tasks += 1
        self.pipe.send_bytes(question)
        good, answer = pickle.loads(self.pipe.recv_bytes())  # noqa: S301 - our own worker
        return good, answer

    def kill(self) -> None:
        # The pipe closes itself with the last reference to it. Closed under a thread
        # that is about to read, its number could be another file's by then.
        self.process.kill()
        self.process.join()


class Workers:
    """The pool: at most ``count`` processes, started when first needed."""

    def __init__(
        self,
        count: int | None = None,
        deadline: timedelta = timedelta(seconds=DEADLINE_SECONDS),
    ) -> None:
        self._count = count or default_count()
        self._deadline = deadline.total_seconds()
        self._threads = ThreadPoolExecutor(self._count, thread_name_prefix="worker")
        self._idle: list[_Worker] = []
        self._busy: set[_Worker] = set()
        self._room = asyncio.Semaphore(self._count)
        self._closed = False

    async def run(self, function: Callable[[*Ts], R], *args: *Ts) -> R:
        """Call a module-level function in a worker.

        Raises:
            WorkerTimeout: It took longer than the deadline and was killed.
            WorkerDied: Its process went away, or could not be started.
            WorkerError: It raised; the text is the traceback.
        """
        async with self._room:  # who waits holds no second copy of what is asked
            good, answer = await self._ask(pickle.dumps((function, args)))
        if not good:
            raise WorkerError(answer)
        result: R = answer
        return result

    async def _ask(self, question: bytes) -> tuple[bool, Any]:
        worker = await self._worker()
        self._busy.add(worker)
        asked = asyncio.wrap_future(self._threads.submit(worker.ask, question))
        # Whoever waits may be cancelled; then nobody else looks at how it ended.
        asked.add_done_callback(_retrieve)
        keep = False
        try:
            async with asyncio.timeout(self._deadline):
                good, answer = await asyncio.shield(asked)
            keep = worker.tasks < _TASKS_A_WORKER and not self._closed
        except TimeoutError as error:
            raise WorkerTimeout(f"no answer in {self._deadline:g} s") from error
        except (EOFError, OSError) as error:
            worker.kill()
            raise WorkerDied(f"exit code {worker.process.exitcode}") from error
        finally:
            self._busy.discard(worker)
            if keep:
                self._idle.append(worker)
            else:
                worker.kill()  # the thread that waits on its pipe gets EOF
        return good, answer

    async def _worker(self) -> _Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.process.is_alive():
                return worker
        if self._closed:
            raise WorkerDied("the pool is closed")
        return await self._started()

    async def _started(self) -> _Worker:
        loop = asyncio.get_running_loop()
        try:
            worker = await loop.run_in_executor(self._threads, _Worker)
        except OSError as error:
            raise WorkerDied(f"it could not be started: {error}") from error
        if self._closed:  # while it started
            worker.kill()
            raise WorkerDied("the pool is closed")
        return worker

    def processes(self) -> list[int]:
        """The process ids of the workers that live now."""
        return [w.process.pid for w in (*self._idle, *self._busy) if w.process.pid]

    def close(self) -> None:
        """Kill all workers; tasks under way and later ones end with ``WorkerDied``."""
        self._closed = True
        for worker in (*self._idle, *self._busy):
            worker.kill()
        self._idle.clear()
        self._threads.shutdown(wait=False)


def _retrieve(done: asyncio.Future[Any]) -> None:
    if not done.cancelled():
        done.exception()
