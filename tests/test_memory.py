"""Freed memory goes back to the system, where the system's library lets it."""

import ctypes

import pytest

from monitor import memory


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
