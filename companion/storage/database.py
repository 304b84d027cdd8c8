"""The database: one encrypted file on the device, or a PostgreSQL server by URL.

Any number of threads and programs may use the same file at once. A record is safe on disk when
``begin`` has ended without an error, whatever happens to the power after that.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, insert, select

from companion.errors import (
    KeyMissingError,
    StorageCorruptError,
    StorageError,
    StorageFullError,
)
from companion.storage import audit, migrations, sealing
from companion.storage.disk import locked, make_folder, shared_mode, sync_folder
from companion.storage.engines import READ, file_engine, server_engine
from companion.storage.keys import Key, derive
from companion.storage.tables import meta
from companion.storage.trouble import RecordError, damaged, explain_os, explained

_CANARY: Final = "canary"
_SIDE_FILES: Final = ("-wal", "-shm")


class Database:
    """An open database; ``open_database`` makes one."""

    def __init__(self, engine: Engine, key: Key, path: Path | None, where: str) -> None:
        self.engine: Final = _signing(engine, key)
        self.path: Final = path
        """The file; None on a server."""
        self.where: Final = where
        """The file or server in words, without a password."""

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the encrypted file and not a server."""
        return self.path is not None

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction that writes: committed at the end, undone if anything is raised.

        Raises:
            StorageError: one of the tree in ``companion.errors``; then nothing was stored.
        """
        with self._explained(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A look at one moment of the database; a write inside is refused.

        Raises:
            StorageError: one of the tree in ``companion.errors``.
        """
        reader = self.engine.execution_options(
            **({READ: True} if self.is_sqlite else {"postgresql_readonly": True})
        )
        with self._explained(), reader.connect() as connection:
            yield connection

    def checkpoint(self) -> bool:
        """Move all that is in the WAL into the file and empty the WAL.

        Returns:
            False when a reader was in the way for long: the WAL still holds something.

        Raises:
            StorageError: one of the tree in ``companion.errors``.
        """
        if not self.is_sqlite:
            return True
        row = self._bare("PRAGMA wal_checkpoint(TRUNCATE)")
        return row is not None and row[0] == 0

    def vacuum(self) -> bool:
        """Rewrite the file without the room of deleted records, and empty the WAL.

        Returns:
            As ``checkpoint``.

        Raises:
            StorageFullError: no room for the second copy this needs; nothing changed.
            StorageError: one of the tree in ``companion.errors``.
        """
        if self.is_sqlite:
            self._bare("VACUUM")
            return self.checkpoint()
        with self._explained(), self.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM")
        return True

    def close(self) -> None:
        """Give all connections back. May be repeated; a later use connects again."""
        with suppress(Exception):
            self.engine.dispose()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            with explained(self.where):
                yield
        except RecordError:
            raise
        except StorageError:
            # SQLCipher keeps a connection that met a bad page in its error state.
            self.close()
            raise

    def _bare(self, statement: str) -> tuple[int, ...] | None:
        with self._explained():
            connection = self.engine.raw_connection()
            try:
                cursor = connection.cursor()
                cursor.execute("PRAGMA query_only = OFF")
                cursor.execute(statement)
                row: tuple[int, ...] | None = cursor.fetchone()
                cursor.close()
                return row
            finally:
                connection.close()


def open_database(path: Path | None, key: Key | None, *, url: str | None = None) -> Database:
    """Open the database, making or upgrading it as needed.

    A new file is prepared under another name and appears at ``path`` complete, so a power cut
    leaves all of it or nothing. A file that is there is never replaced.

    Args:
        path: the encrypted file; its folder is made (0700) if missing. Not used with ``url``.
        key: from ``load_key``. It encrypts the file, and signs the audit on a server too.
        url: ``postgresql://...`` instead of a file. One device needs one database (or schema).

    Raises:
        KeyMissingError: no key, or not the one the database was made with.
        StorageCorruptError: the file is empty, foreign or damaged; it is left as it is.
        StorageFullError: the disk is full or read-only.
        StorageError: made by a newer version, held by another program, or a server trouble.
    """
    if key is None:
        raise KeyMissingError("the database needs its key: give a key file or a credential")
    if url is not None:
        return _open_server(url, key)
    if path is None:
        raise StorageError("the database needs a file or a PostgreSQL URL")
    path = path.absolute()
    make_folder(path.parent)
    if not _exists(path):
        with locked(path):
            if not _exists(path):
                _create(path, key)
    with suppress(OSError):
        path.chmod(shared_mode(path.parent))
    return _ready(Database(file_engine(path, key), key, path, str(path)), key)


def check(database: Database) -> tuple[str, ...]:
    """Look through the whole database for damage.

    Returns:
        What is wrong, in at most 20 lines; empty when all is well. On a server only whether the
        key fits is looked at: the rest is PostgreSQL's own business.

    Raises:
        StorageError: it cannot be read at all (but not because it is damaged).
    """
    try:
        with database.read() as connection:
            if not database.is_sqlite:
                connection.execute(select(meta)).all()
                return ()
            found = [
                str(row[0])
                for pragma in ("cipher_integrity_check", "integrity_check(20)")
                for row in connection.exec_driver_sql(f"PRAGMA {pragma}")
                if row[0] != "ok"
            ]
            found += [
                f"a row of {row[0]} points to nothing in {row[2]}"
                for row in connection.exec_driver_sql("PRAGMA foreign_key_check")
            ]
    except StorageCorruptError as error:
        return (str(error),)
    return tuple(found[:20])


def _ready(database: Database, key: Key) -> Database:
    """Upgrade if needed and prove the key."""
    try:
        with database.read() as connection:
            revision = migrations.current(connection)
        if revision != migrations.HEAD:
            _upgrade(database, key)
        with database.read() as connection:
            canary = connection.scalar(select(meta.c.value).where(meta.c.key == _CANARY))
        if canary is None:
            raise damaged(database.where, "is not a database of ours")
        if not hmac.compare_digest(canary, _canary(key)):
            raise KeyMissingError(
                f"the key is not the one {database.where} was made with: put that one back"
            )
    except BaseException:
        database.close()
        raise
    return database


def _upgrade(database: Database, key: Key) -> None:
    if database.path is not None:
        with locked(database.path), database.begin() as connection:
            if migrations.current(connection) is None:
                raise damaged(database.where, "is not a database of ours")
            migrations.upgrade(connection, database.where)
        return
    with database.begin() as connection:
        # Two programs may open a new server database at once; any number will do.
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7265830491)")
        new = migrations.current(connection) is None
        migrations.upgrade(connection, database.where)
        if new:
            _found(connection, key)


def _signing(engine: Engine, key: Key) -> Engine:
    return engine.execution_options(
        **{
            audit.SECRET: audit.Secret(derive(key, "audit")),
            sealing.SECRET: sealing.Secret(derive(key, "voiceprints")),
        }
    )


def _found(connection: Connection, key: Key) -> None:
    connection.execute(insert(meta).values(key=_CANARY, value=_canary(key)))
    audit.begin(connection)


def _canary(key: Key) -> str:
    return hmac.digest(derive(key, "canary"), b"companion", "sha256").hex()


def _exists(path: Path) -> bool:
    try:
        path.stat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise explain_os(error, str(path)) from error
    return True


def _create(path: Path, key: Key) -> None:
    wal = path.with_name(path.name + "-wal")
    if _size(wal):
        raise damaged(str(wal), f"holds records, but {path.name} is missing")
    fresh = path.with_name(path.name + ".new")
    try:
        _remove(fresh)
        handle = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        os.fchmod(handle, shared_mode(path.parent))
        os.close(handle)
        engine = file_engine(fresh, key, fresh=True)
        try:
            with explained(str(path)), _signing(engine, key).begin() as connection:
                migrations.upgrade(connection, str(path))
                _found(connection, key)
        finally:
            # Closing the last connection moves the WAL into the file and removes it.
            engine.dispose()
        if _size(fresh.with_name(fresh.name + "-wal")):
            raise StorageFullError(f"no space left for {path}: free some disk space")
        handle = os.open(fresh, os.O_RDWR)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        fresh.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            _remove(fresh)
        raise explain_os(error, str(path)) from error
    except BaseException:
        with suppress(OSError):
            _remove(fresh)
        raise


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _remove(path: Path) -> None:
    for suffix in ("", *_SIDE_FILES):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _open_server(url: str, key: Key) -> Database:
    engine, where = server_engine(url)
    return _ready(Database(engine, key, None, where), key)
