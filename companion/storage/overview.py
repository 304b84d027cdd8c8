"""What is kept, for whoever asks: how much, how long, where, and with whose consent."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, Table, func, not_, select, true

from companion.storage import audit as audit_chain
from companion.storage import consents as agreed
from companion.storage.database import Database
from companion.storage.leftovers import LEARNED, database_files
from companion.storage.people import list_people
from companion.storage.retention import CLASSES, DAY_S, OTHER, Retention
from companion.storage.tables import (
    alerts,
    audit,
    carers,
    contacts,
    events,
    memories,
    outgoing,
    voiceprints,
)


@dataclass(frozen=True, slots=True)
class Kept:
    """One class of what is kept."""

    name: str
    rows: int
    oldest: float | None
    """Seconds since 1970, as all times here."""
    newest: float | None
    days: float | None
    """How long it is kept; None is until it is erased."""
    next_expiry: float | None
    """When the oldest goes."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """A consent that is in force, or was taken back."""

    person: str
    subject: str
    granted: bool
    how: str
    version: str
    at: float


@dataclass(frozen=True, slots=True)
class File:
    """A file, or a folder with its content, where something is kept."""

    path: str
    bytes: int
    private: bool
    """Whether only its owner can read it."""


@dataclass(frozen=True, slots=True)
class Overview:
    """All of it."""

    where: str
    encrypted: bool
    kept: tuple[Kept, ...]
    people: Mapping[str, int]
    """By role."""
    contacts: int
    consents: tuple[Agreement, ...]
    files: tuple[File, ...]
    audit_broken_at: int | None
    """Id of the first audit row that was tampered with; None when the chain is whole."""
    voiceprints: int = 0
    carers: int = 0
    """Accounts on the dashboard."""


def overview(
    database: Database, now: float, retention: Retention, files: tuple[Path, ...] = ()
) -> Overview:
    """Look at everything without changing anything.

    Args:
        database: an open one.
        now: seconds since 1970.
        retention: the settings in force.
        files: other places to look at, such as the key and the state folder's learned files.

    Raises:
        StorageError: the database cannot be read.
    """
    with database.read() as connection:
        everybody = list_people(connection)
        roles: dict[str, int] = {}
        for person in everybody:
            roles[person.role] = roles.get(person.role, 0) + 1
        words = tuple(
            Agreement(person.name, subject, word.granted, word.how, word.version, word.at)
            for person in everybody
            for subject in agreed.SUBJECTS
            if (word := agreed.current(connection, person.id, subject)) is not None
        )
        kept = _kept(connection, now, retention)
        ways = connection.scalar(select(func.count()).select_from(contacts)) or 0
        voices = connection.scalar(select(func.count()).select_from(voiceprints)) or 0
        accounts = connection.scalar(select(func.count()).select_from(carers)) or 0
        broken = audit_chain.verify(connection)
    own = database_files(database.path) if database.path else ()
    found = tuple(file for path in (*own, *files) if (file := _file(path)) is not None)
    return Overview(
        where=database.where,
        encrypted=database.is_sqlite,
        kept=kept,
        people=roles,
        contacts=ways,
        consents=words,
        files=found,
        audit_broken_at=broken,
        voiceprints=voices,
        carers=accounts,
    )


def learned_files(state_dir: Path) -> tuple[Path, ...]:
    """Return what a talk learned or cached."""
    return tuple(path for name in LEARNED if (path := state_dir / name).exists())


def _kept(connection: Connection, now: float, retention: Retention) -> tuple[Kept, ...]:
    found = [
        _class(connection, name, events, events.c.kind.in_(kinds), retention.days(name), now)
        for name, kinds in CLASSES.items()
    ]
    known = [kind for kinds in CLASSES.values() for kind in kinds]
    other = _class(connection, OTHER, events, not_(events.c.kind.in_(known)), None, now)
    found += [other] * bool(other.rows)
    found.append(_class(connection, "memories", memories, true(), None, now))
    found.append(_class(connection, "alerts", alerts, true(), retention.safety, now))
    found.append(_class(connection, "outgoing", outgoing, true(), None, now))
    found.append(_class(connection, "audit", audit, true(), retention.audit, now))
    return tuple(found)


def _class(
    connection: Connection,
    name: str,
    table: Table,
    where: ColumnElement[bool],
    days: float | None,
    now: float,
) -> Kept:
    at = table.c.at
    look = select(func.count(), func.min(at), func.max(at)).where(where)
    rows, oldest, newest = connection.execute(look).one()
    ends = []
    if "expires_at" in table.c:
        ends.append(connection.scalar(select(func.min(table.c.expires_at)).where(where)))
    if rows and days is not None:
        ends.append(oldest + days * DAY_S)
    ends = [end for end in ends if end is not None]
    return Kept(name, rows, oldest, newest, days, max(now, min(ends)) if ends else None)


def _file(path: Path) -> File | None:
    with suppress(OSError):
        inside = [path, *path.rglob("*")] if path.is_dir() else [path]
        size = sum(file.stat().st_size for file in inside if not file.is_dir())
        return File(str(path), size, not path.stat().st_mode & 0o077)
    return None
