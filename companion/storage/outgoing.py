"""What leaves the house beside alerts, kept until it has arrived.

Every row carries a ``mark`` that says what it is about; a mark goes once. Whoever works on a row
moves its ``due_at`` ahead: that is the lease, and the proof of holding it. A process killed
meanwhile leaves ``began_at``, so the next try knows that the last one may have arrived.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update

from companion.errors import StorageError
from companion.storage.sealing import seal, unseal
from companion.storage.tables import meta, outgoing

CONTACT: Final = "contact"
HUB: Final = "hub"
WAITING: Final = "waiting"
FAR_S: Final = 2 * 86_400.0
"""No ``due_at`` is ever this far ahead; one that is was written under a wrong clock: it is due."""

_NUMBER: Final = "hub-number"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One thing that leaves."""

    id: str
    lane: str
    kind: str
    mark: str
    number: int | None
    person_id: str | None
    contact_id: str | None
    state: str
    """waiting, sent, failed or cancelled."""
    at: float
    """Seconds since 1970, as all times here."""
    due_at: float
    attempts: int
    began_at: float | None
    sent_at: float | None
    event_id: int | None
    full: bool | None
    digest: str | None
    error: str | None
    expires_at: float | None


def add(
    connection: Connection,
    *,
    lane: str,
    kind: str,
    mark: str,
    at: float,
    due_at: float | None = None,
    content: Mapping[str, object] | None = None,
    person_id: str | None = None,
    event_id: int | None = None,
    expires_at: float | None = None,
    numbered: bool = False,
) -> Outgoing | None:
    """Put something in; None when its mark is there already.

    Args:
        connection: of ``Database.begin()``.
        lane: ``CONTACT`` or ``HUB``.
        kind: what it is.
        mark: what it is about.
        at: now, seconds since 1970.
        due_at: when it may go; None is now.
        content: its words, kept sealed until it is sent.
        person_id: to whom.
        event_id: the stored summary it tells of.
        expires_at: when the row is removed, whatever became of it.
        numbered: give it the next number of the lane, without gaps.
    """
    # Holds back a second program on a server; in the file the transaction itself does.
    connection.execute(select(meta).where(meta.c.key == "canary").with_for_update()).all()
    if connection.scalar(select(outgoing.c.id).where(outgoing.c.mark == mark)):
        return None
    row_id = secrets.token_hex(16)
    sealed = None
    if content is not None:
        sealed = seal(connection, json.dumps(dict(content)).encode(), _bound(row_id))
    connection.execute(
        insert(outgoing).values(
            id=row_id,
            lane=lane,
            kind=kind,
            mark=mark,
            number=_next_number(connection) if numbered else None,
            person_id=person_id,
            state=WAITING,
            at=at,
            due_at=at if due_at is None else due_at,
            attempts=0,
            event_id=event_id,
            sealed=sealed,
            expires_at=expires_at,
        )
    )
    return get(connection, row_id)


def get(connection: Connection, row_id: str) -> Outgoing | None:
    """Return one row."""
    return next(iter(_rows(connection, outgoing.c.id == row_id)), None)


def listed(
    connection: Connection,
    lane: str,
    *,
    state: str | None = None,
    kind: str | None = None,
    person_id: str | None = None,
) -> tuple[Outgoing, ...]:
    """Return rows, oldest first."""
    where = [outgoing.c.lane == lane]
    if state is not None:
        where.append(outgoing.c.state == state)
    if kind is not None:
        where.append(outgoing.c.kind == kind)
    if person_id is not None:
        where.append(outgoing.c.person_id == person_id)
    return _rows(connection, *where)


def due(connection: Connection, lane: str, now: float, limit: int = 100) -> tuple[Outgoing, ...]:
    """Return what is to be looked at, oldest first; by number where there is one."""
    return _rows(
        connection,
        outgoing.c.lane == lane,
        outgoing.c.state == WAITING,
        or_(outgoing.c.due_at <= now, outgoing.c.due_at > now + FAR_S),
        limit=limit,
    )


def next_due(connection: Connection, lane: str) -> float | None:
    """Return when the next row is due, or None."""
    where = (outgoing.c.lane == lane, outgoing.c.state == WAITING)
    found: float | None = connection.scalar(select(func.min(outgoing.c.due_at)).where(*where))
    return found


def hold(connection: Connection, row: Outgoing, until: float) -> bool:
    """Take a due row until a time; False when somebody else has it or it is settled."""
    return _change(connection, row, due_at=until, attempts=row.attempts + 1)


def begin(connection: Connection, row: Outgoing, now: float, contact_id: str) -> bool:
    """Write down that a try begins, by which way; False when the row is no longer held."""
    return _change(connection, row, began_at=now, contact_id=contact_id)


def settle(connection: Connection, row: Outgoing, **values: object) -> bool:
    """Write what became of a held row; False when it was settled or taken meanwhile.

    Args:
        connection: of ``Database.begin()``.
        row: as it was held.
        values: columns of ``outgoing``; a closed state also drops the words.
    """
    if values.get("state", WAITING) != WAITING:
        values["sealed"] = None
    return _change(connection, row, **values)


def cancel(connection: Connection, row_id: str) -> bool:
    """Stop something that waits and was never tried; return whether it was stopped."""
    done = connection.execute(
        update(outgoing)
        .where(outgoing.c.id == row_id, outgoing.c.state == WAITING, outgoing.c.began_at.is_(None))
        .values(state="cancelled", sealed=None)
    )
    return done.rowcount == 1


def postpone(connection: Connection, ids: Sequence[str], until: float) -> None:
    """Look at rows again at a time, counting a try."""
    for start in range(0, len(ids), 500):
        connection.execute(
            update(outgoing)
            .where(outgoing.c.id.in_(ids[start : start + 500]), outgoing.c.state == WAITING)
            .values(due_at=until, attempts=outgoing.c.attempts + 1)
        )


def receipted(
    connection: Connection, numbers: Sequence[int], now: float, *, passing: Sequence[str] = ()
) -> int:
    """Close numbered rows that have arrived.

    Args:
        connection: of ``Database.begin()``.
        numbers: of the rows; unknown ones are passed over.
        now: seconds since 1970.
        passing: kinds of which nothing is kept.

    Returns:
        How many were closed.
    """
    closed = 0
    for start in range(0, len(numbers), 500):
        chosen = outgoing.c.number.in_(numbers[start : start + 500])
        for row in _rows(connection, chosen, outgoing.c.state == WAITING):
            closed += 1
            if row.kind in passing:
                remove(connection, row.id)
                continue
            words = json.dumps(content(connection, row.id), sort_keys=True)
            connection.execute(
                update(outgoing)
                .where(outgoing.c.id == row.id)
                .values(state="sent", sent_at=now, digest=digest(words), sealed=None)
            )
    return closed


def has_mark(connection: Connection, beginning: str) -> bool:
    """Return whether anything was put in whose mark begins so."""
    like = outgoing.c.mark.startswith(beginning, autoescape=True)
    return connection.scalar(select(outgoing.c.id).where(like).limit(1)) is not None


def replace_content(
    connection: Connection, row_id: str, kind: str, content: Mapping[str, object]
) -> None:
    """Put other words into a row that waits, keeping its number."""
    sealed = seal(connection, json.dumps(dict(content)).encode(), _bound(row_id))
    connection.execute(
        update(outgoing)
        .where(outgoing.c.id == row_id, outgoing.c.state == WAITING)
        .values(kind=kind, sealed=sealed)
    )


def remove(connection: Connection, row_id: str) -> None:
    """Remove a row."""
    connection.execute(delete(outgoing).where(outgoing.c.id == row_id))


def content(connection: Connection, row_id: str) -> dict[str, Any] | None:
    """Return the words of a row that waits, or None when there are none.

    Raises:
        StorageError: they were tampered with.
    """
    sealed = connection.scalar(select(outgoing.c.sealed).where(outgoing.c.id == row_id))
    if sealed is None:
        return None
    plain = unseal(connection, sealed, _bound(row_id))
    if plain is None:
        raise StorageError("a message that waits was tampered with; it is not sent")
    found: dict[str, Any] = json.loads(plain)
    return found


def digest(*texts: str) -> str:
    """Return the SHA-256 by which it can be shown what was sent."""
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def _change(connection: Connection, row: Outgoing, **values: object) -> bool:
    done = connection.execute(
        update(outgoing)
        .where(
            outgoing.c.id == row.id,
            outgoing.c.state == WAITING,
            outgoing.c.due_at == row.due_at,
        )
        .values(**values)
    )
    return done.rowcount == 1


def _next_number(connection: Connection) -> int:
    here = connection.scalar(select(meta.c.value).where(meta.c.key == _NUMBER))
    number = int(here or 0) + 1
    connection.execute(delete(meta).where(meta.c.key == _NUMBER))
    connection.execute(insert(meta).values(key=_NUMBER, value=str(number)))
    return number


def _rows(connection: Connection, *where: Any, limit: int | None = None) -> tuple[Outgoing, ...]:
    columns = [column for column in outgoing.columns if column.name != "sealed"]
    query = select(*columns).where(*where)
    query = query.order_by(outgoing.c.number, outgoing.c.at, outgoing.c.id).limit(limit)
    return tuple(_outgoing(row) for row in connection.execute(query))


def _outgoing(row: Row[Any]) -> Outgoing:
    return Outgoing(**row._mapping)


def _bound(row_id: str) -> str:
    return f"outgoing:{row_id}"
