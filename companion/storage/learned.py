"""What was learned of a person that is more than words: how they usually sound, their mood.

Sealed (see ``sealing``), one row for each person and kind, gone with the person.
"""

from __future__ import annotations

import json

from sqlalchemy import Connection, delete, insert, select

from companion.domain import JsonObject
from companion.errors import StorageError
from companion.storage.sealing import seal, unseal
from companion.storage.tables import learned


def keep(
    connection: Connection, person_id: str, kind: str, state: JsonObject, *, at: float
) -> None:
    """Keep a state in place of the earlier one.

    Args:
        connection: of ``Database.begin()``.
        person_id: of whom it was learned.
        kind: what it is, such as ``feeling``.
        state: anything JSON can hold.
        at: now, seconds since 1970.
    """
    sealed = seal(connection, json.dumps(state).encode(), _bound(person_id, kind))
    forget(connection, person_id, kind)
    connection.execute(insert(learned).values(person_id=person_id, kind=kind, sealed=sealed, at=at))


def recall(connection: Connection, person_id: str, kind: str) -> JsonObject | None:
    """Return a state, or None when nothing was learned.

    Raises:
        StorageError: it was tampered with.
    """
    row = connection.execute(
        select(learned.c.sealed).where(learned.c.person_id == person_id, learned.c.kind == kind)
    ).first()
    if row is None:
        return None
    content = unseal(connection, row.sealed, _bound(person_id, kind))
    if content is None:
        raise StorageError(f"what was learned ({kind}) was tampered with; it begins anew")
    state: JsonObject = json.loads(content)
    return state


def forget(connection: Connection, person_id: str, kind: str) -> bool:
    """Remove a state; return whether there was one."""
    gone = connection.execute(
        delete(learned).where(learned.c.person_id == person_id, learned.c.kind == kind)
    )
    return gone.rowcount > 0


def _bound(person_id: str, kind: str) -> str:
    return f"learned:{person_id}:{kind}"


__all__ = ["forget", "keep", "recall"]
