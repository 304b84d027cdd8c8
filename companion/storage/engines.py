"""SQLAlchemy engines: for the encrypted file with its transactions, and for PostgreSQL."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool, QueuePool
from sqlcipher3 import dbapi2

from companion.errors import StorageError
from companion.storage.cipher import connect
from companion.storage.keys import Key

READ: Final = "companion_read"
"""Execution option of a transaction in the file that only looks."""

_CONNECTIONS: Final = 4
_MORE_CONNECTIONS: Final = 16
_POOL_S: Final = 30.0
_strict_json: Final = partial(json.dumps, allow_nan=False)


def file_engine(path: Path, key: Key, *, fresh: bool = False) -> Engine:
    """Return an engine for the encrypted file; connections are made when used.

    Args:
        path: the file; it must exist.
        key: the database's key.
        fresh: the file is new and may be empty; connections are not kept then.
    """

    def creator() -> dbapi2.Connection:
        return connect(path, key, fresh=fresh)

    if fresh:
        engine = create_engine(
            "sqlite://", module=dbapi2, creator=creator, poolclass=NullPool, hide_parameters=True
        )
    else:
        engine = create_engine(
            "sqlite://",
            module=dbapi2,
            creator=creator,
            poolclass=QueuePool,
            pool_size=_CONNECTIONS,
            max_overflow=_MORE_CONNECTIONS,
            pool_timeout=_POOL_S,
            hide_parameters=True,
            json_serializer=_strict_json,
        )

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # The driver is in autocommit mode: a write takes the lock at once, so that it cannot fail
        # half-way because another program wrote in between.
        reads = connection.get_execution_options().get(READ, False)
        connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if reads else 'OFF'}")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    @event.listens_for(engine, "connect")
    def _remember(_driver: object, record: ConnectionPoolEntry) -> None:
        record.info["file"] = _identity(path)

    @event.listens_for(engine, "checkout")
    def _same_file(_driver: object, record: ConnectionPoolEntry, _proxy: object) -> None:
        # Another program may have erased the file and begun a new one: never write to the old.
        if record.info.get("file") != _identity(path):
            raise DisconnectionError

    return engine


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def server_engine(url: str) -> tuple[Engine, str]:
    """Return an engine for a PostgreSQL URL, and the server in words without a password.

    Raises:
        StorageError: not such a URL, or the driver is not installed.
    """
    try:
        address = make_url(url)
    except ArgumentError:
        raise StorageError("storage.url is not a URL like postgresql://user@host/name") from None
    if address.get_backend_name() not in ("postgresql", "postgres"):
        raise StorageError("storage.url must begin with postgresql://")
    try:
        import psycopg  # noqa: F401
    except ImportError as error:
        raise StorageError(
            "PostgreSQL needs a driver: pip install 'companion[postgres]'"
        ) from error
    where = f"the database {address.database or ''} on {address.host or 'this machine'}"
    engine = create_engine(
        address.set(drivername="postgresql+psycopg"),
        pool_size=_CONNECTIONS,
        max_overflow=_MORE_CONNECTIONS,
        pool_timeout=_POOL_S,
        pool_pre_ping=True,
        hide_parameters=True,
        json_serializer=_strict_json,
        connect_args={"connect_timeout": 10},
    )
    return engine, where
