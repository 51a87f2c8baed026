"""Freed memory goes back to the system, where the system's library lets it."""

import ctypes
import gc
import weakref
from collections.abc import Iterator

import pytest

from monitor import memory


class Ring:
    """An object that holds itself, so that only a search frees it."""

    def __init__(self) -> None:
        self.self = self


@pytest.fixture(autouse=True)
def searched_as_before() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_rubbish_is_freed_at_once() -> None:
    ring = weakref.ref(Ring())

    memory.give_back()

    assert ring() is None


def test_what_a_start_brought_is_left_out_of_the_search_until_the_next_one() -> None:
    start = Ring()
    seen = weakref.ref(start)
    memory.keep()
    del start

    memory.give_back()
    left_out = seen() is not None
    memory.keep()

    assert left_out
    assert seen() is None


def test_memory_is_settled_and_given_back_as_often_as_anybody_likes() -> None:
    for _ in range(3):
        memory.settle()
        memory.give_back()


def test_where_there_is_no_glibc_nothing_happens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_library(_: object) -> object:
        raise OSError

    monkeypatch.setattr(ctypes, "CDLL", no_library)

    memory.settle()
    memory.give_back()
