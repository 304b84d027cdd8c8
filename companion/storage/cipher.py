"""SQLCipher: connections to the encrypted file, and why one would not open.

The salt in the first 16 bytes of the file is derived from the key (with a raw key SQLCipher uses it
for page authentication only). So a file tells whether it was made with this key, and a wrong key is
never mistaken for a damaged file.
"""

from __future__ import annotations

import hashlib
import hmac
import sqlite3
from pathlib import Path
from typing import Final, cast
from urllib.parse import quote

from sqlcipher3 import dbapi2

from companion.errors import KeyMissingError, StorageError
from companion.storage.keys import Key, derive
from companion.storage.trouble import damaged, explain_os

PAGE: Final = 4096
"""Bytes; SQLCipher 4's default."""

_SALT: Final = 16
_TAG: Final = 64
_PLAIN_HEADER: Final = b"SQLite format 3\0"
_BUSY_S: Final = 15.0
_NOT_A_DATABASE: Final = 26
_PAGES_TRIED: Final = 64
"""How many pages are tried with the key before it is called the wrong one."""

_SETTINGS: Final = (
    "PRAGMA cipher_memory_security = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA foreign_keys = ON",
    "PRAGMA recursive_triggers = ON",
    "PRAGMA secure_delete = ON",
    # With WAL only FULL makes a committed record survive a power cut.
    "PRAGMA synchronous = FULL",
)


def connect(path: Path, key: Key, *, fresh: bool = False) -> sqlite3.Connection:
    """Open a connection in autocommit mode; transactions are begun by hand.

    Args:
        path: the file; it must exist.
        key: the database's key.
        fresh: the file is new and may be empty.

    Raises:
        KeyMissingError: the key is not the one that made the file.
        StorageCorruptError: the file is empty, foreign or damaged.
        StorageError: it is gone or cannot be read.
    """
    try:
        size = path.stat().st_size
    except FileNotFoundError as error:
        raise StorageError(f"the database {path} is gone") from error
    except OSError as error:
        raise explain_os(error, str(path)) from error
    if size == 0 and not fresh:
        # SQLite would take it for a new database and throw its journal away.
        raise damaged(str(path), "is empty")
    connection = dbapi2.connect(
        f"file:{quote(str(path.absolute()))}?mode=rw",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=_BUSY_S,
    )
    try:
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute(f"PRAGMA key = \"x'{key.hex}{_salt(key).hex()}'\"")
        for setting in _SETTINGS:
            connection.execute(setting)
        if fresh:
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except dbapi2.Error as error:
        connection.close()
        if getattr(error, "sqlite_errorcode", None) == _NOT_A_DATABASE:
            raise _why_closed(path, key) from None
        raise
    return cast("sqlite3.Connection", connection)


def _salt(key: Key) -> bytes:
    return derive(key, "database-salt")[:_SALT]


def _why_closed(path: Path, key: Key) -> StorageError:
    try:
        with path.open("rb") as file:
            head = file.read(PAGE * _PAGES_TRIED)
    except OSError as error:
        return explain_os(error, str(path))
    if head.startswith(_PLAIN_HEADER):
        return damaged(str(path), "is a database that is not encrypted, so not one of ours")
    if head[:_SALT] == _salt(key) or _any_page_fits(head, key):
        return damaged(str(path), "is damaged at its beginning")
    if len(head) % PAGE:
        return damaged(str(path), "is not a database of ours")
    return KeyMissingError(
        f"the key does not open {path}: put back the key it was made with "
        "(or, if the file is not ours, move it away)"
    )


def _any_page_fits(head: bytes, key: Key) -> bool:
    """Check page tags as SQLCipher 4 makes them (HMAC-SHA512 over page and page number)."""
    flipped = bytes(byte ^ 0x3A for byte in _salt(key))
    secret = hashlib.pbkdf2_hmac("sha512", key.raw, flipped, 2, 32)
    for number in range(1, len(head) // PAGE + 1):
        page = head[(number - 1) * PAGE : number * PAGE]
        body = page[_SALT if number == 1 else 0 : -_TAG] + number.to_bytes(4, "little")
        if hmac.compare_digest(hmac.digest(secret, body, "sha512"), page[-_TAG:]):
            return True
    return False
