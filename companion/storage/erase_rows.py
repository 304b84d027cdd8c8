"""The rows that an erase takes away."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from typing import Final

from sqlalchemy import Connection, Table, delete, func, not_, or_, select, update

from companion.errors import StorageError
from companion.storage import audit
from companion.storage.database import Database
from companion.storage.naming import Naming, fold
from companion.storage.people import Person, list_people
from companion.storage.tables import (
    alerts,
    carers,
    consents,
    contacts,
    deliveries,
    events,
    learned,
    memories,
    meta,
    metadata,
    outgoing,
    people,
    sessions,
    sharing,
    voiceprints,
)
from companion.storage.tables import audit as audit_table
from companion.storage.trouble import explained

COUNT: Final = "count:"
"""Yearly counts say nothing about anybody and outlive an erase."""

_PEOPLE: Final = (
    *(outgoing, deliveries, alerts, events, memories, learned, voiceprints),
    *(sharing, sessions, carers, consents, contacts, people),
)
"""Tables about people, those that point to others first."""
_KEPT_META: Final = ("canary", "audit-head", "audit-start")
_BATCH: Final = 500
_LOCK_S: Final = 20
_AFTER_ALL: Final = 1e300


def planned(connection: Connection, person: Person | None) -> dict[str, int]:
    """Return how many rows of each table would go; tables without any are left out."""
    if person is None:
        found = {table.name: _count(connection, table) for table in _PEOPLE}
    else:
        mine = person.id
        found = {
            "people": 1,
            "contacts": _count(connection, contacts, mine),
            "consents": _count(connection, consents, mine),
            "voiceprints": _count(connection, voiceprints, mine),
            "learned": _count(connection, learned, mine),
            "memories": _count(connection, memories, mine),
            "carers": _count(connection, carers, mine),
            "events": len(_events_of(connection, person)),
            "alerts": _count(connection, alerts, mine),
            "outgoing": _count(connection, outgoing, mine),
        }
    return {name: count for name, count in found.items() if count}


def erase_all(connection: Connection) -> None:
    """Delete every row about people, and the audit; a new one follows."""
    for table in _PEOPLE:
        connection.execute(delete(table))
    facts = or_(meta.c.key.in_(_KEPT_META), meta.c.key.startswith(COUNT, autoescape=True))
    connection.execute(delete(meta).where(not_(facts)))
    audit.drop_before(connection, _AFTER_ALL)


def erase_person(connection: Connection, person: Person) -> dict[str, int]:
    """Delete all about one person, and every event that names them.

    An alert about somebody else stays, without their name: it may still have to reach help.

    Returns:
        Rows by table, as ``planned``.
    """
    gone = planned(connection, person)
    naming = _naming(connection, person)
    _clear_deliveries(connection, person, naming)
    for batch in _batches(_events_of(connection, person)):
        connection.execute(delete(events).where(events.c.id.in_(batch)))
    connection.execute(delete(alerts).where(alerts.c.person_id == person.id))
    for row in connection.execute(select(alerts)).all():
        accused = [name for name in row.accused if not naming.in_name(name)]
        by = row.acknowledged_by
        if by and (naming.in_name(by) or by == person.id):
            by = "somebody"
        if accused != list(row.accused) or by != row.acknowledged_by:
            changed = update(alerts).where(alerts.c.id == row.id)
            connection.execute(changed.values(accused=accused, acknowledged_by=by))
    connection.execute(delete(people).where(people.c.id == person.id))
    _clear_audit(connection, naming)
    return gone


def rewrite(database: Database) -> bool:
    """Rewrite a server's tables so that deleted rows leave its files.

    Returns:
        False when that failed, such as because others used the tables all the time.
    """
    try:
        with explained(database.where), database.engine.connect() as connection:
            bare = connection.execution_options(isolation_level="AUTOCOMMIT")
            bare.exec_driver_sql(f"SET lock_timeout = '{_LOCK_S}s'")
            try:
                for table in metadata.sorted_tables:
                    bare.exec_driver_sql(f"VACUUM (FULL) {table.name}")
            finally:
                bare.exec_driver_sql("RESET lock_timeout")
    except StorageError:
        return False
    return True


def _events_of(connection: Connection, person: Person) -> list[int]:
    """Return ids of the events about a person, or that name them.

    An event about nobody in particular is the owner's.
    """
    naming = _naming(connection, person)
    query = select(events.c.id, events.c.person_id, events.c.data).order_by(events.c.id)
    owner = person.role == "owner"
    return [
        row.id
        for row in connection.execute(query)
        if row.person_id == person.id
        or (owner and row.person_id is None)
        or naming.in_data(row.data)
        or person.id in str(row.data)
    ]


def _clear_deliveries(connection: Connection, person: Person, naming: Naming) -> None:
    mine = set(connection.scalars(select(contacts.c.id).where(contacts.c.person_id == person.id)))
    rows = select(deliveries).where(deliveries.c.error.is_not(None))
    hidden = [
        row.id
        for row in connection.execute(rows)
        if row.contact_id in mine or naming.in_text(row.error)
    ]
    for batch in _batches(hidden):
        changed = update(deliveries).where(deliveries.c.id.in_(batch))
        connection.execute(changed.values(error=""))


def _clear_audit(connection: Connection, naming: Naming) -> None:
    """Drop the front of the audit up to the last row that names the person; usually none does."""
    last = None
    for row in connection.execute(select(audit_table).order_by(audit_table.c.id)):
        if naming.in_text(row.actor) or naming.in_data(row.data):
            last = row.id
    if last is not None:
        newest = select(func.max(audit_table.c.at)).where(audit_table.c.id <= last)
        audit.drop_before(connection, math.nextafter(connection.scalar(newest), math.inf))


def _naming(connection: Connection, person: Person) -> Naming:
    others = [other.name for other in list_people(connection) if other.id != person.id]
    # "owner" is what a nameless owner is called, and no name.
    name = person.name if fold(person.name) != "owner" else person.id
    return Naming(name, others)


def _count(connection: Connection, table: Table, person_id: str | None = None) -> int:
    query = select(func.count()).select_from(table)
    if person_id is not None:
        query = query.where(table.c.person_id == person_id)
    return connection.scalar(query) or 0


def _batches(ids: Collection[int]) -> Iterator[list[int]]:
    found = list(ids)
    for start in range(0, len(found), _BATCH):
        yield found[start : start + _BATCH]
