"""What the person asked to be reminded of, and timers; the words are sealed."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from sqlalchemy import Connection, Row, delete, insert, select, update

from companion.errors import StorageError
from companion.storage.sealing import seal, unseal
from companion.storage.tables import reminders

KINDS: Final = ("medicine", "appointment", "other", "timer")
HOW: Final = ("spoken", "typed")


@dataclass(frozen=True, slots=True)
class Reminder:
    """Something that is said at its hour."""

    id: str
    """Empty for one that is not kept yet."""
    kind: str
    text: str
    """Such as "take my heart tablet", or what a timer is for; may be empty for a timer."""
    clock: str = ""
    """Local "HH:MM"; empty for a timer."""
    day: date | None = None
    """Once, on this day; None with ``weekdays``, and for a timer."""
    weekdays: tuple[int, ...] = ()
    """0 is Monday; all seven is daily."""
    due_at: float | None = None
    """When a timer ends, seconds since 1970."""
    how: str = "spoken"
    at: float = 0.0
    """When it was asked for, seconds since 1970."""
    settled_at: float = 0.0
    """All that came due up to then is settled; seconds since 1970."""


def add(connection: Connection, person_id: str, reminder: Reminder) -> Reminder:
    """Keep a new reminder; return it with its id.

    Args:
        connection: of ``Database.begin()``.
        person_id: who is reminded.
        reminder: its id is ignored.

    Raises:
        StorageError: an unknown kind or way it was given.
    """
    if reminder.kind not in KINDS or reminder.how not in HOW:
        raise StorageError(f"a reminder is one of {', '.join(KINDS)}, {' or '.join(HOW)}")
    made = replace(reminder, id=secrets.token_hex(16))
    connection.execute(
        insert(reminders).values(id=made.id, person_id=person_id, **_columns(connection, made))
    )
    return made


def change(connection: Connection, reminder: Reminder) -> bool:
    """Write a reminder anew; return whether it was there."""
    statement = update(reminders).where(reminders.c.id == reminder.id)
    return connection.execute(statement.values(**_columns(connection, reminder))).rowcount > 0


def settle(connection: Connection, reminder_id: str, at: float) -> None:
    """Note that all that came due up to a time is settled.

    Args:
        connection: of ``Database.begin()``.
        reminder_id: which.
        at: seconds since 1970.
    """
    newer = (reminders.c.id == reminder_id) & (reminders.c.settled_at < at)
    connection.execute(update(reminders).where(newer).values(settled_at=at))


def remove(connection: Connection, reminder_id: str) -> bool:
    """Delete a reminder; return whether it was there."""
    gone = connection.execute(delete(reminders).where(reminders.c.id == reminder_id))
    return gone.rowcount > 0


def listed(connection: Connection, person_id: str) -> tuple[Reminder, ...]:
    """Return all of a person, in the order of the clock; one that was tampered with is left out.

    Raises:
        StorageError: the database cannot be read.
    """
    query = select(reminders).where(reminders.c.person_id == person_id)
    query = query.order_by(reminders.c.clock, reminders.c.at)
    found = (_reminder(connection, row) for row in connection.execute(query).all())
    return tuple(one for one in found if one is not None)


def _columns(connection: Connection, one: Reminder) -> dict[str, object]:
    content = json.dumps({"text": one.text}).encode()
    return {
        "kind": one.kind,
        "clock": one.clock,
        "day": one.day.isoformat() if one.day else "",
        "weekdays": "".join(map(str, sorted(set(one.weekdays)))),
        "due_at": one.due_at,
        "how": one.how,
        "at": one.at,
        "settled_at": one.settled_at,
        "sealed": seal(connection, content, f"reminder:{one.id}"),
    }


def words(connection: Connection, reminder_id: str, sealed: bytes) -> str | None:
    """Return the words of a row; None when they were tampered with."""
    content = unseal(connection, sealed, f"reminder:{reminder_id}")
    return None if content is None else str(json.loads(content)["text"])


def _reminder(connection: Connection, row: Row[tuple[object, ...]]) -> Reminder | None:
    text = words(connection, row.id, row.sealed)
    if text is None:
        return None
    return Reminder(
        row.id,
        row.kind,
        text,
        row.clock,
        date.fromisoformat(row.day) if row.day else None,
        tuple(int(one) for one in row.weekdays),
        row.due_at,
        row.how,
        row.at,
        row.settled_at,
    )


__all__ = ["HOW", "KINDS", "Reminder", "add", "change", "listed", "remove", "settle", "words"]
