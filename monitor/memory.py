"""Let memory that was freed go back to the system.

Python frees what it no longer needs, but glibc keeps it: it raises the size from which it
asks the system for a block of its own after each large document, and gives each thread a
heap. Measured over eight hours of polling: Python held 12 MB all the time, and the process
grew from 126 to 171 MB. See mallopt(3) and malloc_trim(3).

Python itself waits with a full search for rubbish until a quarter as many objects came as
there are, and half a million are there from the start. What is there stays, so it is kept
out of the search: that is a hundredth of a second then, and done each minute.
"""

import contextlib
import ctypes
import gc

_ARENA_MAX, _MMAP_THRESHOLD, _TRIM_THRESHOLD = -8, -3, -1
_BLOCK = 128 * 1_024


def settle() -> None:
    """Keep few heaps, and give large blocks back at once; nothing where there is no glibc."""
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_ARENA_MAX, 2)
        library.mallopt(_MMAP_THRESHOLD, _BLOCK)
        library.mallopt(_TRIM_THRESHOLD, _BLOCK)


def keep() -> None:
    """Keep what has come up by now out of the search for rubbish."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def give_back() -> None:
    """Free rubbish, and give back what is free in the heaps; takes some milliseconds."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
