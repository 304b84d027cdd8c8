"""Files beside the database that the talk leaves in its state folder, and how they go."""

from __future__ import annotations

import glob
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final

from companion.storage.disk import sync_folder
from companion.storage.trouble import explain_os

LEARNED: Final = ("llm", "patience.json", "patience.new")
"""What a talk keeps in the state folder: the language model's state for its prompt, and how long
somebody pauses. A room that keeps something new there adds it here."""

KEPT: Final = ("care",)
"""Ours as well, and about nobody: the certificate of the dashboard."""

_DATABASES: Final = ("", ".new", ".next", ".next.new")
_SIDES: Final = ("", "-wal", "-shm", "-journal")

_BLOCK: Final = 1 << 20


def database_files(path: Path) -> tuple[Path, ...]:
    """Return every file that the database at ``path`` may consist of, also half-made ones."""
    return tuple(path.with_name(path.name + own + side) for own in _DATABASES for side in _SIDES)


def half_written(path: Path) -> tuple[Path, ...]:
    """Return what a killed ``write_private`` may have left beside ``path``."""
    with suppress(OSError):
        return tuple(path.parent.glob(f".{glob.escape(path.name)}.*-*"))
    return ()


def remove_learned(state_dir: Path) -> int:
    """Remove all that was learned or cached from talks.

    Returns:
        How many files went.

    Raises:
        StorageError: one of them cannot be removed.
    """
    gone = 0
    for name in LEARNED:
        path = state_dir / name
        try:
            if path.is_dir() and not path.is_symlink():
                gone += sum(1 for file in path.rglob("*") if not file.is_dir())
                shutil.rmtree(path)
            elif path.is_symlink() or path.exists():
                path.unlink()
                gone += 1
        except OSError as error:
            raise explain_os(error, str(path)) from error
    if gone:
        with suppress(OSError):
            sync_folder(state_dir)
    return gone


def strangers(state_dir: Path, path: Path | None, *known: Path) -> tuple[str, ...]:
    """Return names in the state folder that are neither ours nor learned; they are left alone."""
    ours = {*known}
    if path is not None:
        ours |= {*database_files(path), path.with_name(f"{path.name}.lock")}
    with suppress(OSError):
        return tuple(
            sorted(
                entry.name
                for entry in state_dir.iterdir()
                if entry.name not in (*LEARNED, *KEPT) and entry not in ours
            )
        )
    return ()


def wipe(path: Path) -> None:
    """Overwrite a file and remove it; nothing is done when there is none.

    On flash memory and on copy-on-write disks the old blocks may live on out of reach.

    Raises:
        OSError: it cannot be removed.
    """
    with suppress(OSError):
        handle = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
        try:
            left = os.fstat(handle).st_size
            while left > 0:
                left -= os.write(handle, bytes(min(left, _BLOCK)))
            os.fsync(handle)
        finally:
            os.close(handle)
    path.unlink(missing_ok=True)
