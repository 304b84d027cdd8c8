"""The database's history: one small file for every change of the tables.

Each is applied inside one transaction, so a power cut leaves the old tables or the new ones.
Alembic itself is only loaded when there is something to do.
"""

from __future__ import annotations

import logging
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, inspect, text

from companion.errors import StorageError

if TYPE_CHECKING:
    from alembic.config import Config

HEAD: Final = "0011"
"""The newest revision; a test holds it to the files."""

_one_at_a_time: Final = Lock()
"""Alembic keeps what it works on in globals."""


def current(connection: Connection) -> str | None:
    """Return the revision a database is at; None if it never had one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return None if found is None else str(found)


def upgrade(connection: Connection, where: str, revision: str = HEAD) -> None:
    """Bring the tables to ``revision`` inside the caller's transaction.

    Args:
        connection: in a transaction that writes.
        where: the database in words, for an error.
        revision: the newest, unless a test wants an older one.

    Raises:
        StorageError: the database was made by a newer version of this program.
    """
    from alembic import command
    from alembic.script import ScriptDirectory

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = _config()
    here = current(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if here is not None and here not in known:
        raise StorageError(
            f"{where} was made by a newer version of companion: install that version to use it"
        )
    config.attributes["connection"] = connection
    with _one_at_a_time:
        command.upgrade(config, revision)


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    # A percent sign in the path would be taken for interpolation.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
