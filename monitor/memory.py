"""Let memory that was freed go back to the system.

Python frees what it no longer needs, but glibc keeps it: it raises the size from which it
asks the system for a block of its own after each large document, and gives each thread a
heap. Measured over eight hours of polling: Python held 12 MB all the time, and the process
grew from 126 to 171 MB. See mallopt(3) and malloc_trim(3).
"""

import contextlib
import ctypes

_ARENA_MAX, _MMAP_THRESHOLD, _TRIM_THRESHOLD = -8, -3, -1
_BLOCK = 128 * 1_024


def settle() -> None:
    """Keep few heaps, and give large blocks back at once; nothing where there is no glibc."""
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_ARENA_MAX, 2)
        library.mallopt(_MMAP_THRESHOLD, _BLOCK)
        library.mallopt(_TRIM_THRESHOLD, _BLOCK)


def give_back() -> None:
    """Give back what is free inside of the heaps; takes some milliseconds."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
