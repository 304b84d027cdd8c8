"""Opens the hub's database, making or upgrading its tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from sqlalchemy import Connection, Engine, insert, inspect, select, update

from companion.care.hub import tables
from companion.errors import HubError, StorageError
from companion.storage.engines import server_engine
from companion.storage.trouble import explained

steps: Final[Mapping[int, Callable[[Connection], None]]] = {}
"""Version -> what brings the tables from the one before to it."""

_LOCK: Final = 7_265_830_492
"""Any number: two programs may open a new database at once."""


def open_hub(url: str) -> tuple[Engine, str]:
    """Open the hub's database.

    Returns:
        Its engine, and the server in words without a password.

    Raises:
        HubError: made by a newer version.
        StorageError: it cannot be reached or used.
    """
    try:
        engine, where = server_engine(url)
    except StorageError as error:
        raise StorageError(str(error).replace("storage.url", "--database")) from None
    try:
        with explained(where), engine.begin() as connection:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
            _bring_up(connection, where)
    except BaseException:
        engine.dispose()
        raise
    return engine, where


def _bring_up(connection: Connection, where: str) -> None:
    if not inspect(connection).has_table(tables.version.name):
        tables.metadata.create_all(connection)
        connection.execute(insert(tables.version).values(number=tables.VERSION))
        return
    here = connection.scalar(select(tables.version.c.number)) or 0
    if here > tables.VERSION:
        raise HubError(f"{where} was made by a newer version: install that version to use it")
    for number in range(here + 1, tables.VERSION + 1):
        steps[number](connection)
    connection.execute(update(tables.version).values(number=tables.VERSION))
