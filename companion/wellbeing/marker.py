"""Whether a database holds a made-up life, so that nobody takes it for a real one."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, func, insert, select

from companion.errors import WellbeingError
from companion.storage.tables import alerts, contacts, events, learned, meta, voiceprints

_KEY: Final = "simulated"
_REAL: Final = (events, alerts, contacts, learned, voiceprints)


def is_simulated(connection: Connection) -> bool:
    """Tell whether the database was filled by a simulation.

    Raises:
        StorageError: the database cannot be read.
    """
    return connection.scalar(select(meta.c.value).where(meta.c.key == _KEY)) is not None


def mark_simulated(connection: Connection, how: str) -> None:
    """Mark a database as made up, for good; only an empty one, or one already marked, can be.

    Args:
        connection: of ``Database.begin()``.
        how: what was simulated, such as the seed.

    Raises:
        WellbeingError: it holds records of somebody real.
    """
    if is_simulated(connection):
        return
    if any(connection.scalar(select(func.count()).select_from(table)) for table in _REAL):
        raise WellbeingError(
            "this database holds real records: simulate into another folder with --to"
        )
    connection.execute(insert(meta).values(key=_KEY, value=how))
