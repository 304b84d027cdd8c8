"""The marker of an erase that is under way, and the lock on it."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from companion.errors import StorageError
from companion.storage.disk import sync_folder, write_private
from companion.storage.trouble import explain_os

MARKER: Final = "erasing.json"

LONGEST_S: Final = 40.0
"""How long somebody in the way is waited for."""
_STEP_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Place:
    """Where everything lies."""

    state_dir: Path
    path: Path | None
    """The encrypted file; None with PostgreSQL."""
    key_path: Path

    @property
    def marker(self) -> Path:
        """The file that is there while an erase is under way."""
        return self.state_dir / MARKER


def read_order(place: Place) -> dict[str, object] | None:
    """Return what the marker says; None when there is none.

    Raises:
        StorageError: it cannot be read.
    """
    try:
        found = json.loads(place.marker.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise explain_os(error, str(place.marker)) from error
    except ValueError:
        found = None
    if not isinstance(found, dict) or found.get("format") != 1:
        raise StorageError(
            f"{place.marker} cannot be read, so an erase is not complete: "
            "run companion data erase again"
        )
    return found


@contextmanager
def marked(place: Place, order: Mapping[str, object]) -> Iterator[None]:
    """Mark that an erase has begun, and hold the mark.

    Raises:
        StorageError: it cannot be written, or another program holds it for long.
    """
    while True:
        write_private(place.marker, json.dumps(order).encode(), replace=True, shared=True)
        with held(place, wait_s=LONGEST_S) as mine:
            if mine:
                yield
                return


@contextmanager
def held(place: Place, wait_s: float) -> Iterator[bool]:
    """Hold the marker; gives False when it is gone, or (without waiting) held by another.

    Raises:
        StorageError: another program holds it longer than ``wait_s``.
    """
    try:
        handle = os.open(place.marker, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield False
        return
    except OSError as error:
        raise explain_os(error, str(place.marker)) from error
    try:
        patience = time.monotonic() + wait_s
        while not _lock(handle):
            if not wait_s:
                yield False
                return
            if time.monotonic() > patience:
                raise StorageError("another program is still erasing: try again in a moment")
            time.sleep(_STEP_S)
        with suppress(OSError):
            if os.path.samestat(os.fstat(handle), place.marker.stat()):
                yield True
                return
        yield False
    finally:
        os.close(handle)


def _lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def unmark(place: Place) -> None:
    """Take the marker away: the erase is complete, or was never begun.

    Raises:
        StorageError: the file cannot be removed.
    """
    try:
        place.marker.unlink(missing_ok=True)
        sync_folder(place.state_dir)
    except OSError as error:
        raise explain_os(error, str(place.marker)) from error
