"""Backups: one sealed file with the database and its key, made while the companion runs.

The copy is SQLite's own online backup, so it is of one moment. A restore first proves the whole
file, opens the copy and looks through it; only then does it take the place of what is there, which
is kept beside it.
"""

from __future__ import annotations

import io
import os
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, cast

from companion.errors import KeyMissingError, StorageCorruptError, StorageError
from companion.storage import migrations
from companion.storage.cipher import connect
from companion.storage.database import Database, check, open_database
from companion.storage.disk import locked, make_folder, sync_folder, write_private
from companion.storage.keys import KEY_BYTES, SHORTEST_PASSPHRASE, Key
from companion.storage.leftovers import wipe
from companion.storage.sealed_stream import SealedReader, SealedWriter
from companion.storage.trouble import explain_os, explained

FORMAT: Final = "companion-backup-1"
SUFFIX: Final = ".companion"
REPLACED: Final = ".replaced"
"""Suffix of what a restore put aside."""
_DATABASE: Final = "companion.db"
_KEY: Final = "key"
_STAGED: Final = ".restored"
_SIDES: Final = ("", "-wal", "-shm", ".lock")
_BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back."""

    made_at: float
    """Seconds since 1970."""
    replaced: Path | None
    """What was there before; None when nothing was."""
    new_key: bool
    """The key file was replaced as well."""


def back_up(
    database: Database,
    key: Key,
    file: Path,
    passphrase: str,
    now: float,
    *,
    cost: tuple[int, int, int] | None = None,
) -> int:
    """Write a backup in one step; a file that is there is replaced only by a whole one.

    Args:
        database: open; it may be in use.
        key: of the database; it goes into the backup, which is worthless without.
        file: where.
        passphrase: opens it.
        now: seconds since 1970.
        cost: of Argon2id, for tests.

    Returns:
        Bytes of the file.

    Raises:
        KeyMissingError: the passphrase is too short.
        StorageError: it cannot be made or written; nothing is left behind.
    """
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise KeyMissingError(f"a passphrase has at least {SHORTEST_PASSPHRASE} characters")
    if database.path is None:
        raise StorageError("a PostgreSQL server is backed up by its own pg_dump")
    copy = database.path.with_name(f"{database.path.name}.backup-{os.getpid()}")
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    make_folder(file.absolute().parent)
    try:
        _copy(database, key, copy)
        about: dict[str, Any] = {"format": FORMAT, "made_at": now, "revision": migrations.HEAD}
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as out:
            sealed = SealedWriter(out, passphrase, about, *((cost,) if cost else ()))
            with tarfile.open(fileobj=cast("IO[bytes]", sealed), mode="w|") as tar:
                _add(tar, _KEY, io.BytesIO(key.raw), KEY_BYTES, now)
                with copy.open("rb") as content:
                    _add(tar, _DATABASE, content, copy.stat().st_size, now)
            sealed.close()
            out.flush()
            os.fsync(out.fileno())
        size = fresh.stat().st_size
        fresh.replace(file)
        sync_folder(file.absolute().parent)
        return size
    except OSError as error:
        raise explain_os(error, str(file)) from error
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        for side in ("", "-wal", "-shm", "-journal"):
            with suppress(OSError):
                copy.with_name(copy.name + side).unlink(missing_ok=True)


def rotate(folder: Path, keep: int) -> tuple[Path, ...]:
    """Remove all but the newest backups of a folder; return what went.

    Only files that ``name_of`` named are looked at.

    Raises:
        StorageError: one cannot be removed.
    """
    old = sorted(folder.glob(f"companion-*{SUFFIX}"))[: -max(keep, 1)]
    try:
        for one in old:
            one.unlink(missing_ok=True)
    except OSError as error:
        raise explain_os(error, str(folder)) from error
    return tuple(old)


def name_of(now: float) -> str:
    """Return the name of a backup made now; names sort by time."""
    return f"companion-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(now))}{SUFFIX}"


def restore(file: Path, passphrase: str, path: Path, key_path: Path) -> Restored:
    """Put a backup in the place of what is there. The companion must not run.

    Args:
        file: the backup.
        passphrase: that it was made with.
        path: of the database.
        key_path: of the key file; it is replaced when the backup was made under another key.

    Raises:
        KeyMissingError: the passphrase is wrong.
        StorageCorruptError: the file is no backup, was cut or was changed.
        StorageError: it cannot be read, or what is there cannot be put aside. Whatever is raised,
            what is there is as it was.
    """
    path = path.absolute()
    make_folder(path.parent)
    staged = path.with_name(path.name + _STAGED)
    try:
        with _emptied(staged):
            key, made_at = _unpack(file, passphrase, staged)
            _prove(staged, key, file)
            old = _key_there(key_path)
            with locked(path):
                aside = _put_aside(path)
                new_key = old != key
                if new_key:
                    make_folder(key_path.parent)
                    if old is not None:
                        _link(key_path, key_path.with_name(key_path.name + REPLACED))
                    write_private(key_path, key.hex.encode() + b"\n", replace=True)
                for side in ("-wal", "-shm"):
                    path.with_name(path.name + side).unlink(missing_ok=True)
                staged.replace(path)
                sync_folder(path.parent)
    except OSError as error:
        raise explain_os(error, str(path)) from error
    return Restored(made_at, aside, new_key)


def _copy(database: Database, key: Key, copy: Path) -> None:
    assert database.path is not None
    os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with explained(str(database.path)):
        source = connect(database.path, key)
        try:
            target = connect(copy, key, fresh=True)
            try:
                source.backup(target)
                target.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                target.close()
        finally:
            source.close()


def _add(tar: tarfile.TarFile, name: str, content: Any, size: int, now: float) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, 0o600, int(now)
    tar.addfile(info, content)


def _unpack(file: Path, passphrase: str, staged: Path) -> tuple[Key, float]:
    """Write the database of a backup to ``staged``; return its key, and when it was made."""
    try:
        source = file.open("rb")
    except OSError as error:
        raise StorageError(f"cannot read the backup {file}: {error.strerror}") from error
    broken = StorageCorruptError(f"{file} is not a backup of companion; nothing was changed")
    raw: bytes | None = None
    with source:
        sealed = SealedReader(source, passphrase, str(file))
        if sealed.header.get("format") != FORMAT:
            raise broken
        try:
            with tarfile.open(fileobj=cast("IO[bytes]", sealed), mode="r|") as tar:
                for entry in tar:
                    content = tar.extractfile(entry)
                    if content is None:
                        raise broken
                    if entry.name == _KEY:
                        raw = content.read(KEY_BYTES + 1)
                    elif entry.name == _DATABASE:
                        with os.fdopen(
                            os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"
                        ) as out:
                            while block := content.read(_BLOCK):
                                out.write(block)
                            out.flush()
                            os.fsync(out.fileno())
            # What follows the archive's end is authenticated as well, up to the last chunk.
            while sealed.read(_BLOCK):
                pass
        except tarfile.TarError as error:
            raise broken from error
    if raw is None or len(raw) != KEY_BYTES or not staged.exists():
        raise broken
    return Key(raw), float(sealed.header.get("made_at", 0.0))


def _prove(staged: Path, key: Key, file: Path) -> None:
    """Open the copy, upgrade its tables if it is older, and look through it."""
    database = open_database(staged, key)
    try:
        wrong = check(database)
        if wrong:
            raise StorageCorruptError(f"the database in {file} is damaged: {wrong[0]}")
        if not database.checkpoint():
            raise StorageError(f"{staged} is in use: try again in a moment")
    finally:
        database.close()


def _key_there(key_path: Path) -> Key | None:
    """Return the key in force; None when there is none that can be read without a passphrase."""
    with suppress(OSError, ValueError, KeyMissingError):
        return Key(bytes.fromhex(key_path.read_text(encoding="ascii").strip()))
    return None


def _put_aside(path: Path) -> Path | None:
    """Give what is there another name as well, with what its journal still holds."""
    if not path.exists():
        return None
    aside = path.with_name(path.name + REPLACED)
    for side in ("", "-wal"):
        here, there = path.with_name(path.name + side), aside.with_name(aside.name + side)
        there.unlink(missing_ok=True)
        if here.exists():
            _link(here, there)
    return aside


def _link(here: Path, there: Path) -> None:
    there.unlink(missing_ok=True)
    os.link(here, there)


@contextmanager
def _emptied(staged: Path) -> Iterator[None]:
    """Leave nothing of a restore that was given up, now or earlier."""
    _clear(staged)
    try:
        yield
    finally:
        with suppress(OSError):
            _clear(staged)


def _clear(staged: Path) -> None:
    for side in _SIDES:
        wipe(staged.with_name(staged.name + side))


__all__ = ["Restored", "back_up", "name_of", "restore", "rotate"]
