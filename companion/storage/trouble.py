"""What went wrong with a disk or a driver, as one plain line."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlcipher3 import dbapi2

from companion.errors import StorageCorruptError, StorageError, StorageFullError

_FULL_ERRNOS: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_READONLY_ERRNOS: Final = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})

# SQLite result codes: https://www.sqlite.org/rescode.html
_BUSY: Final = frozenset({5, 6})
_READONLY: Final = 8
_IOERR: Final = 10
_CORRUPT: Final = frozenset({11, 24, 26})
_FULL: Final = 13
_CANTOPEN: Final = 14
_REFUSED: Final = frozenset({18, 19, 20, 25})


class RecordError(StorageError):
    """The database is well, but will not have this record (a constraint, or unusable data)."""


def explain_os(error: OSError, where: str) -> StorageError:
    """Return the storage error for a failed file operation on ``where``."""
    if error.errno in _FULL_ERRNOS:
        return StorageFullError(f"no space left for {where}: free some disk space")
    if error.errno in _READONLY_ERRNOS:
        return StorageFullError(
            f"{where} cannot be written: the disk is read-only or it belongs to another user"
        )
    return StorageError(f"{where} cannot be used: {error.strerror or error}")


def explain(error: Exception, where: str) -> StorageError:
    """Return the storage error for an ``error`` of the driver or of a statement.

    The text never carries what was being stored.

    Args:
        error: raised by SQLAlchemy or by the driver itself.
        where: the file, or the server, in words.
    """
    original = error.orig if isinstance(error, StatementError) else error
    sqlite_code = getattr(original, "sqlite_errorcode", None)
    if isinstance(sqlite_code, int):
        return _explain_sqlite(sqlite_code, str(original), where)
    if isinstance(error, DBAPIError):
        return _explain_postgres(original, where)
    if isinstance(error, PoolTimeout):
        return StorageError(f"{where} is too busy: try again in a moment")
    if isinstance(error, dbapi2.Error):
        return StorageError(f"{where} cannot be used: {_line(error)}")
    if isinstance(original, (TypeError, ValueError, OverflowError)):
        return RecordError(f"a record for {where} cannot be stored: unusable data")
    return StorageError(f"{where} cannot be used: {type(error).__name__}")


@contextmanager
def explained(where: str) -> Iterator[None]:
    """Turn every driver error inside into a storage error.

    Raises:
        StorageError: one of the tree in ``companion.errors``; other exceptions pass through.
    """
    try:
        yield
    except (StatementError, PoolTimeout, dbapi2.Error) as error:
        # The cause is cut off: its text may hold what a person said.
        raise explain(error, where) from None


def damaged(where: str, how: str) -> StorageCorruptError:
    """Return the error for a file that is not, or no longer, a usable database of ours."""
    return StorageCorruptError(
        f"{where} {how}; it was left as it is: put a good copy in its place, "
        "or move it away to begin a new one"
    )


def _explain_sqlite(extended: int, text: str, where: str) -> StorageError:
    code = extended & 0xFF
    if code == _FULL:
        return StorageFullError(f"no space left for {where}: free some disk space")
    if code in (_READONLY, _CANTOPEN):
        return StorageFullError(
            f"{where} cannot be written: the disk is read-only or it belongs to another user"
        )
    if code == _IOERR:
        # The driver does not say which: a quota, a file-size limit, a disk that turned read-only
        # while the file was open, and a dying one all end here.
        return StorageFullError(
            f"{where} cannot be used: the disk is full, read-only or failing; look at the disk"
        )
    if code in _CORRUPT:
        return damaged(where, "is damaged")
    if code in _BUSY:
        return StorageError(f"{where} is held by another program: try again in a moment")
    if code in _REFUSED:
        return RecordError(f"{where} refused a record: {text}")
    return StorageError(f"{where} cannot be used: {text}")


def _explain_postgres(original: BaseException | None, where: str) -> StorageError:
    # https://www.postgresql.org/docs/current/errcodes-appendix.html
    state = getattr(original, "sqlstate", None) or ""
    if state == "53100":
        return StorageFullError(f"no space left for {where}: free some disk space there")
    if state == "25006":
        return StorageFullError(f"{where} is read-only now")
    if state.startswith("XX00") and state != "XX000":
        return damaged(where, "is damaged")
    if state in ("28P01", "28000"):
        return StorageError(f"{where} refuses this user or password")
    if state.startswith("3D"):
        return StorageError(f"{where} has no such database")
    if state[:2] in ("22", "23", "P0"):
        return RecordError(f"{where} refused a record (code {state})")
    if state[:2] in ("40", "55"):
        return StorageError(f"{where} is held by another program: try again in a moment")
    if not state or state[:2] in ("08", "57"):
        return StorageError(f"{where} cannot be reached: is the server running?")
    return StorageError(f"{where} cannot be used (code {state})")


def _line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
