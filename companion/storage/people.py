"""The owner, those who care, and how they are reached."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from companion.errors import AlertError, StorageError
from companion.storage.alert import Contact
from companion.storage.tables import contacts as contacts_table
from companion.storage.tables import meta
from companion.storage.tables import people as people_table

ROLES: Final = (
    *("owner", "family", "friend", "nurse", "therapist", "doctor", "carer", "neighbour", "visitor"),
    *("daughter", "son", "wife", "husband", "partner", "sister", "brother"),
    *("granddaughter", "grandson", "niece", "nephew", "cousin"),
)
"""Relations are kept exactly: an alert must not reach "my son" when he is the one accused."""

_LONGEST_NAME: Final = 100
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody the companion knows."""

    id: str
    name: str
    role: str
    created_at: float
    """Seconds since 1970."""


def owner(connection: Connection, *, at: float, name: str = "owner") -> Person:
    """Return the person it lives with; the first call makes them.

    Args:
        connection: of ``Database.begin()``.
        at: now, seconds since 1970.
        name: for a new owner.
    """
    # Holds back a second program on a server; in the file the transaction itself does.
    connection.execute(select(meta).where(meta.c.key == "canary").with_for_update()).all()
    found = connection.execute(
        select(people_table)
        .where(people_table.c.role == "owner")
        .order_by(people_table.c.created_at, people_table.c.id)
    ).first()
    return _person(found) if found else _insert(connection, name, "owner", at)


def add_person(connection: Connection, name: str, role: str, *, at: float) -> Person:
    """Add somebody.

    Raises:
        StorageError: an empty or taken name, an unknown role, or a second owner.
    """
    if role == "owner":
        raise StorageError("there is one owner only: rename them instead")
    if role not in ROLES:
        raise StorageError(f"no role is called {role}: use {', '.join(ROLES[1:])}")
    return _insert(connection, name, role, at)


def list_people(connection: Connection) -> tuple[Person, ...]:
    """Return everybody, oldest acquaintance first."""
    query = select(people_table).order_by(people_table.c.created_at, people_table.c.id)
    return tuple(_person(row) for row in connection.execute(query))


def find_person(connection: Connection, name: str) -> Person | None:
    """Return the person of that name or id (capitals and spacing do not matter), or None."""
    wanted = _folded(name)
    return next(
        (p for p in list_people(connection) if _folded(p.name) == wanted or p.id == wanted), None
    )


def rename_person(connection: Connection, person_id: str, name: str) -> Person:
    """Give a person another name.

    Raises:
        StorageError: no such person, or an empty or taken name.
    """
    name = _free_name(connection, name, person_id)
    connection.execute(update(people_table).where(people_table.c.id == person_id).values(name=name))
    found = connection.execute(select(people_table).where(people_table.c.id == person_id)).first()
    if found is None:
        raise StorageError("there is no such person")
    return _person(found)


def remove_person(connection: Connection, person_id: str) -> bool:
    """Remove a person with all that is kept about them: contacts, consents, events, alerts.

    Returns:
        Whether there was one.
    """
    return bool(
        connection.execute(delete(people_table).where(people_table.c.id == person_id)).rowcount
    )


def add_contact(
    connection: Connection,
    person_id: str,
    channel: str,
    *,
    at: float,
    position: int | None = None,
    quiet: tuple[str, str] | None = None,
    categories: Iterable[str] = (),
    lowest_tier: int = 3,
) -> Contact:
    """Add a way to reach a person.

    Args:
        connection: of ``Database.begin()``.
        person_id: whom it reaches.
        channel: an apprise URL; whether it works is for ``safety`` to say.
        at: now, seconds since 1970.
        position: 1 is told first, others move back; None is last.
        quiet: local "HH:MM" from and to; a tier 4 comes through all the same.
        categories: values of ``Danger`` to be told of; none means all.
        lowest_tier: 1-4; lower ones are not told.

    Raises:
        AlertError: a bad channel, quiet hour or tier.
        RecordError: there is no such person (when the database is told).
    """
    if not channel.strip():
        raise AlertError("a contact needs a channel, such as mailto://... or ntfy://...")
    if quiet is not None and not all(_CLOCK.fullmatch(hour) for hour in quiet):
        raise AlertError("quiet hours are written like 22:00 and 07:00")
    if lowest_tier not in (1, 2, 3, 4):
        raise AlertError("the lowest tier of a contact is 1, 2, 3 or 4")
    after = contacts_table.c.position
    end = (connection.scalar(select(func.max(after))) or 0) + 1
    place = end if position is None else min(max(position, 1), end)
    connection.execute(update(contacts_table).where(after >= place).values(position=after + 1))
    contact_id = secrets.token_hex(16)
    connection.execute(
        insert(contacts_table).values(
            id=contact_id,
            person_id=person_id,
            position=place,
            channel=channel.strip(),
            quiet_from=quiet[0] if quiet else None,
            quiet_to=quiet[1] if quiet else None,
            categories=sorted(set(categories)),
            lowest_tier=lowest_tier,
            created_at=at,
        )
    )
    return next(c for c in contacts(connection) if c.id == contact_id)


def contacts(connection: Connection, person_id: str | None = None) -> tuple[Contact, ...]:
    """Return the contacts of one person, or of all, in the order they are told."""
    query = (
        select(contacts_table, people_table.c.name, people_table.c.role)
        .join(people_table, people_table.c.id == contacts_table.c.person_id)
        .order_by(contacts_table.c.position, contacts_table.c.created_at)
    )
    if person_id is not None:
        query = query.where(contacts_table.c.person_id == person_id)
    return tuple(
        Contact(
            id=row.id,
            name=row.name,
            role=row.role,
            position=row.position,
            channel=row.channel,
            quiet_from=row.quiet_from,
            quiet_to=row.quiet_to,
            categories=tuple(row.categories),
            lowest_tier=row.lowest_tier,
        )
        for row in connection.execute(query)
    )


def remove_contact(connection: Connection, contact_id: str) -> bool:
    """Remove one way to reach somebody.

    Returns:
        Whether there was one.
    """
    return bool(
        connection.execute(delete(contacts_table).where(contacts_table.c.id == contact_id)).rowcount
    )


def _insert(connection: Connection, name: str, role: str, at: float) -> Person:
    person = Person(secrets.token_hex(16), _free_name(connection, name, None), role, at)
    connection.execute(
        insert(people_table).values(
            id=person.id, name=person.name, role=person.role, created_at=person.created_at
        )
    )
    return person


def _free_name(connection: Connection, name: str, person_id: str | None) -> str:
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise StorageError(f"a person needs a name of 1 to {_LONGEST_NAME} plain characters")
    other = find_person(connection, name)
    if other is not None and other.id != person_id:
        raise StorageError(f"there is already a person called {other.name}: add a second name")
    return name


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def _person(row: Row[tuple[object, ...]]) -> Person:
    return Person(row.id, row.name, row.role, row.created_at)
