"""What every download shares: progress, hashing, room on the disk."""

from __future__ import annotations

import errno
import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from companion.errors import ModelCorruptError, ModelSourceError

Progress = Callable[[str, int, int], None]
"""Called with (what is being done, bytes done, bytes in all); often, from the same thread."""

CHUNK = 1 << 20
"""Bytes read at a time."""

SPARE_BYTES = 100_000_000
"""Left free on the disk, so that a download never fills a device that keeps a journal on it."""


def no_progress(what: str, done: int, total: int) -> None:
    """Ignore progress."""


def free_bytes(folder: Path) -> int:
    """Return the bytes free where a folder lies or will lie."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def require_space(folder: Path, needed: int, name: str) -> None:
    """Make sure a download fits before it starts.

    Raises:
        ModelSourceError: there is not enough room; says how much is missing.
    """
    free = free_bytes(folder)
    if needed + SPARE_BYTES > free:
        raise ModelSourceError(
            f"not enough room for {name}: it needs {_mb(needed + SPARE_BYTES)} MB in {folder}, "
            f"{_mb(free)} MB are free; free some space or set models.dir to another disk"
        )


def hash_file(path: Path, seen: Callable[[int], None] | None = None) -> str:
    """Return a file's SHA-256 as hex; ``seen`` is told the bytes read so far."""
    digest = hashlib.sha256()
    done = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            done += len(chunk)
            if seen is not None:
                seen(done)
    return digest.hexdigest()


def check_hash(what: str, found: str, expected: str) -> None:
    """Compare two hashes.

    Raises:
        ModelCorruptError: they differ.
    """
    if found != expected:
        raise ModelCorruptError(
            f"{what} has the wrong SHA-256 ({found[:12]}..., expected {expected[:12]}...); "
            "it was thrown away and nothing was installed; try again later"
        )


@contextmanager
def writing(name: str) -> Iterator[None]:
    """Turn a disk that fills up or refuses while writing into one plain line.

    Raises:
        ModelSourceError: the disk is full or cannot be written.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            text = f"the disk filled up while fetching {name}; free some space and run it again"
        else:
            text = f"cannot write {name}: {error.strerror or error}"
        raise ModelSourceError(text) from error


def _mb(size: int) -> int:
    return -(-size // 1_000_000)
