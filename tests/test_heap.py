"""Freed memory goes back to the kernel."""

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is spoken to")

HOLES = """
import ctypes, os
from companion import heap
from companion.service.metrics import rss_bytes

assert heap.keep_little()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
held = []
for _ in range(2000):  # 200 MB in pieces with something small behind each
    held.append(ctypes.c_void_p(libc.malloc(100_000)))
    ctypes.memset(held[-1], 1, 100_000)
    libc.malloc(64)
full = rss_bytes()
for one in held:
    libc.free(one)
scattered = rss_bytes()
heap.give_back()
print(full, scattered, rss_bytes())
"""


def test_scattered_memory_is_given_back() -> None:
    told = subprocess.run(
        [sys.executable, "-c", HOLES], capture_output=True, text=True, check=True, timeout=60
    )
    full, scattered, now = (float(word) for word in told.stdout.split())

    assert scattered > full - 100_000_000  # else there was nothing to do
    assert now < full - 150_000_000
