"""Files written so that a power cut leaves the old one or the new one, never half of one."""

from __future__ import annotations

import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from companion.errors import StorageError
from companion.storage.trouble import explain_os

_LOCK_PATIENCE_S: Final = 60.0
_LOCK_STEP_S: Final = 0.02


def make_folder(folder: Path) -> None:
    """Make a folder that only its owner may enter; one that exists is left as it is.

    Raises:
        StorageFullError: the disk is full or read-only.
        StorageError: it cannot be made.
    """
    try:
        for missing in reversed([p for p in (folder, *folder.parents) if not p.exists()]):
            missing.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise explain_os(error, str(folder)) from error


def sync_folder(folder: Path) -> None:
    """Make a new or renamed entry of ``folder`` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_private(path: Path, content: bytes, *, replace: bool, shared: bool = False) -> bool:
    """Write a 0600 file in one step.

    Args:
        path: where.
        content: all of it.
        replace: whether a file that is there is replaced; if not, it is left alone.
        shared: whether other services of ours read it; see ``shared_mode``.

    Returns:
        Whether the file now holds ``content``; False only when one was there and was left alone.

    Raises:
        StorageFullError: the disk is full or read-only; what was there is untouched.
        StorageError: it cannot be written.
    """
    make_folder(path.parent)
    fresh = path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}")
    try:
        try:
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                if shared:
                    os.fchmod(handle, shared_mode(path.parent))
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if replace:
                fresh.replace(path)
            else:
                os.link(fresh, path)
            sync_folder(path.parent)
        finally:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
    except FileExistsError:
        return False
    except OSError as error:
        raise explain_os(error, str(path)) from error
    return True


def shared_mode(folder: Path) -> int:
    """Return the mode of a file that several services of ours write: 0600, or 0660.

    Its group may write it only where whoever set the device up gave the folder to the group (setgid
    and group-writable, closed to others), because the services run as different users.
    """
    with suppress(OSError):
        mode = folder.stat().st_mode
        given = stat.S_ISGID | stat.S_IWGRP
        if mode & given == given and not mode & 0o007:
            return 0o660
    return 0o600


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of ``path`` (a ``.lock`` file beside it) against other programs.

    Raises:
        StorageError: another program holds it for a minute, or the disk is full or read-only.
    """
    lock = path.with_name(path.name + ".lock")
    try:
        mode = shared_mode(path.parent)
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, mode)
        with suppress(OSError):  # the umask, or another service's file
            os.fchmod(handle, mode)
    except OSError as error:
        raise explain_os(error, str(lock)) from error
    try:
        patience = time.monotonic() + _LOCK_PATIENCE_S
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > patience:
                    raise StorageError(
                        f"another program is still preparing {path}: try again in a moment"
                    ) from None
                time.sleep(_LOCK_STEP_S)
        yield
    finally:
        os.close(handle)
