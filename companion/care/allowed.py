"""Who may get the evening summary, and how much of it: the owner's word over everything."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, select

from companion.safety.alerts.names import Kin
from companion.storage import consents
from companion.storage.people import Person, list_people
from companion.storage.tables import alerts, meta
from companion.wellbeing.people_first import Known

SIMULATED: Final = "simulated"
"""Key in ``meta`` of a store that was filled for a demonstration: nothing ever leaves it."""


def agrees(connection: Connection, person_id: str, subject: str) -> bool:
    """Return whether somebody's newest word on a subject is a yes."""
    word = consents.current(connection, person_id, subject)
    return word is not None and word.granted


def is_simulated(connection: Connection) -> bool:
    """Return whether this store was filled by a simulation."""
    return connection.scalar(select(meta.c.value).where(meta.c.key == SIMULATED)) is not None


def the_owner(connection: Connection) -> Person | None:
    """Return the person it lives with, without making one."""
    return next((one for one in list_people(connection) if one.role == "owner"), None)


def may_get_summary(connection: Connection, person: Person, kin: Kin) -> bool:
    """Return whether somebody gets word of the evening summary now.

    The owner must agree to summaries, this person must be among those who get them, and nobody who
    is accused of harm in an alert that is kept gets anything.
    """
    owner = the_owner(connection)
    return (
        owner is not None
        and person.id != owner.id
        and agrees(connection, owner.id, "summary")
        and agrees(connection, person.id, "evening")
        and not is_accused(connection, person, kin)
    )


def may_read_in_full(connection: Connection, person: Person, kin: Kin) -> bool:
    """Return whether the whole text may be sent: this person also asked for it."""
    return may_get_summary(connection, person, kin) and agrees(connection, person.id, "full_text")


def is_accused(connection: Connection, person: Person | Known, kin: Kin) -> bool:
    """Return whether an alert that is kept may be about what this person does."""
    rows = connection.scalars(select(alerts.c.accused).where(alerts.c.state != "cancelled"))
    return any(kin.accuses(accused, person.name, person.role) for accused in rows if accused)
