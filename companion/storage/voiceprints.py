"""How people sound: biometric data, kept only with consent, sealed, gone with the person.

The numbers are sealed with AES-256-GCM under a key of their own, bound to the row, the person and
the microphone, so that neither a server's administrator nor an export can read them, and no print
can be put in another's place.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from companion.errors import StorageError
from companion.storage import consents
from companion.storage.sealing import seal, unseal
from companion.storage.tables import people, voiceprints

SUBJECT: Final = "voiceprint"
"""Of the consent."""

_LONGEST: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class KeptPrint:
    """One person's voice through one microphone."""

    person_id: str
    name: str
    """Of the person."""
    device: str
    model: str
    seconds: int
    """Of speech it was made from."""
    vectors: bytes = field(repr=False)
    """What ``hearing`` wrote; only it knows the form."""
    made_at: float
    """Seconds since 1970."""


def store_print(
    connection: Connection,
    *,
    person_id: str,
    device: str,
    model: str,
    seconds: float,
    vectors: bytes,
    at: float,
) -> None:
    """Keep a print in place of an earlier one of the same person and microphone.

    Args:
        connection: of ``Database.begin()``.
        person_id: whose voice.
        device: the microphone.
        model: the network that made it.
        seconds: of speech it was made from.
        vectors: the numbers, in any form.
        at: now, seconds since 1970.

    Raises:
        StorageError: the person did not agree to it.
        RecordError: there is no such person (when the database is told).
    """
    agreed = consents.current(connection, person_id, SUBJECT)
    if agreed is None or not agreed.granted:
        raise StorageError("a voiceprint is kept only with that person's consent")
    if len(vectors) > _LONGEST:
        raise StorageError("that is too large for a voiceprint")
    row_id = secrets.token_hex(16)
    mine = (voiceprints.c.person_id == person_id) & (voiceprints.c.device == device)
    connection.execute(delete(voiceprints).where(mine))
    connection.execute(
        insert(voiceprints).values(
            id=row_id,
            person_id=person_id,
            device=device,
            model=model,
            seconds=round(seconds),
            sealed=seal(connection, vectors, _bound(row_id, person_id, device)),
            made_at=at,
        )
    )


def prints(connection: Connection, person_id: str | None = None) -> tuple[KeptPrint, ...]:
    """Return the prints of one person, or of all who still agree, oldest first.

    Raises:
        StorageError: one of them was tampered with.
    """
    query = (
        select(voiceprints, people.c.name)
        .join(people, people.c.id == voiceprints.c.person_id)
        .order_by(voiceprints.c.made_at, voiceprints.c.id)
    )
    if person_id is not None:
        query = query.where(voiceprints.c.person_id == person_id)
    return tuple(
        KeptPrint(
            row.person_id,
            row.name,
            row.device,
            row.model,
            row.seconds,
            _opened(connection, row.sealed, _bound(row.id, row.person_id, row.device)),
            row.made_at,
        )
        for row in connection.execute(query)
        if (word := consents.current(connection, row.person_id, SUBJECT)) and word.granted
    )


def forget_prints(connection: Connection, person_id: str) -> int:
    """Remove all prints of a person; return how many there were."""
    return connection.execute(
        delete(voiceprints).where(voiceprints.c.person_id == person_id)
    ).rowcount


def forget_withdrawn(connection: Connection) -> int:
    """Remove the prints of everybody who does not agree (any more); return how many went."""
    owners = connection.scalars(select(voiceprints.c.person_id).distinct()).all()
    return sum(
        forget_prints(connection, person_id)
        for person_id in owners
        if not ((word := consents.current(connection, person_id, SUBJECT)) and word.granted)
    )


def _bound(row_id: str, person_id: str, device: str) -> str:
    return f"{row_id}:{person_id}:{device}"


def _opened(connection: Connection, sealed: bytes, bound: str) -> bytes:
    content = unseal(connection, sealed, bound)
    if content is None:
        raise StorageError(
            "a voiceprint was tampered with: forget it with companion people forget-voice NAME"
        )
    return content
