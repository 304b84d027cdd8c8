"""How the C library keeps freed memory (glibc; elsewhere nothing is done)."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from typing import Final

_M_ARENA_MAX: Final = -8
"""Of glibc's ``malloc.h``."""
_ARENAS: Final = 2


def keep_little() -> bool:
    """Let threads share heaps, before any begins; return whether that is possible here.

    Each thread would have a heap of its own, and each would grow to the longest sound it ever held.
    """
    with suppress(OSError, AttributeError):
        return bool(ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS) == 1)
    return False


def give_back() -> None:
    """Give freed pages back to the kernel, wherever they lie.

    Takes some 10 ms, in which other threads wait for memory: for quiet moments.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


__all__ = ["give_back", "keep_little"]
