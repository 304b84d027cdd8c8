"""What a person agreed to, and what they took back: every word of it is kept, the newest counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, insert, select

from companion.errors import StorageError
from companion.storage.tables import consents

SUBJECTS: Final = (
    *("alerts", "evening", "full_text", "hub", "memory", "mood", "sharing", "summary"),
    *("transcripts", "voiceprint"),
)
"""What can be agreed to."""

_HOW: Final = ("spoken", "typed")


@dataclass(frozen=True, slots=True)
class Consent:
    """One yes or no."""

    person_id: str
    subject: str
    granted: bool
    how: str
    """``spoken`` or ``typed``."""
    version: str
    """Of the text that was agreed to."""
    at: float
    """Seconds since 1970."""


def give(
    connection: Connection, *, person_id: str, subject: str, how: str, version: str, at: float
) -> Consent:
    """Record that a person agrees.

    Raises:
        StorageError: an unknown subject or way.
        RecordError: there is no such person (when the database is told).
    """
    return _record(connection, Consent(person_id, subject, True, how, version, at))


def withdraw(
    connection: Connection, *, person_id: str, subject: str, how: str, version: str, at: float
) -> Consent:
    """Record that a person does not, or no longer, agree.

    Raises:
        StorageError: an unknown subject or way.
        RecordError: there is no such person (when the database is told).
    """
    return _record(connection, Consent(person_id, subject, False, how, version, at))


def current(connection: Connection, person_id: str, subject: str) -> Consent | None:
    """Return the word that counts; None if the person was never asked, which is a no."""
    found = history(connection, person_id, subject)
    return found[-1] if found else None


def history(
    connection: Connection, person_id: str, subject: str | None = None
) -> tuple[Consent, ...]:
    """Return all a person said about a subject, or about everything, oldest first."""
    # In the order it was recorded: a device without a battery clock may be wrong about the time.
    query = select(consents).where(consents.c.person_id == person_id).order_by(consents.c.id)
    if subject is not None:
        query = query.where(consents.c.subject == subject)
    return tuple(
        Consent(row.person_id, row.subject, row.granted, row.how, row.version, row.at)
        for row in connection.execute(query)
    )


def _record(connection: Connection, consent: Consent) -> Consent:
    if consent.subject not in SUBJECTS:
        raise StorageError(f"no consent is known for {consent.subject}: use {', '.join(SUBJECTS)}")
    if consent.how not in _HOW:
        raise StorageError(f"consent is spoken or typed, not {consent.how}")
    connection.execute(
        insert(consents).values(
            person_id=consent.person_id,
            subject=consent.subject,
            granted=consent.granted,
            how=consent.how,
            version=consent.version,
            at=consent.at,
        )
    )
    return consent
