"""What a person told of their life, kept only while they agree; found by words.

A row is one plain sentence and what it is about. What is forgotten is deleted at once. On the
device an FTS5 index follows the table by triggers (migration 0011); a server compares the words.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Row, delete, func, insert, or_, select, text, update

from companion.errors import StorageError
from companion.storage import consents
from companion.storage.tables import memories

SUBJECT: Final = "memory"
"""What a person must have agreed to."""

NEEDS_CONSENT: Final = (
    "nothing is remembered without consent; to give it: companion data consent give memory"
)
_WORD: Final = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Memory:
    """One kept fact; only what is read from the table is ever one."""

    id: str
    person_id: str
    kind: str
    """``people``, ``place``, ``date``, ``like``, ``pet``, ``work``, ``life``, ``health`` ..."""
    subject: str
    """Whom it is about, folded: ``me``, ``daughter``, ``daughter/anna``."""
    relation: str
    """``name``, ``lives``, ``birthday``, ``work`` ..., or ``said``."""
    value: str
    sentence: str
    """The fact as it is spoken to the person: "Your daughter Anna lives in Leeds."."""
    day: str
    """A date in it, ``MM-DD`` or ``YYYY-MM-DD``; empty when there is none."""
    told_at: float
    """When the person said it; seconds since 1970."""
    at: float
    """When the row was written; seconds since 1970."""
    vector: bytes
    """Embedding of the sentence, float32; empty when none was made."""


def agreed(connection: Connection, person_id: str) -> bool:
    """Return whether things may be remembered of a person."""
    word = consents.current(connection, person_id, SUBJECT)
    return word is not None and word.granted


def remember(
    connection: Connection,
    *,
    person_id: str,
    kind: str,
    subject: str,
    relation: str,
    value: str,
    sentence: str,
    told_at: float,
    at: float,
    day: str = "",
    vector: bytes = b"",
) -> Memory:
    """Keep a fact.

    Args:
        connection: of ``Database.begin()``.
        person_id: who told it, and whom it belongs to.
        kind: as in ``Memory``, as the other texts.
        subject: whom it is about.
        relation: what is said of them.
        value: the object of it.
        sentence: the fact as it is spoken.
        told_at: when it was said, seconds since 1970.
        at: now, seconds since 1970.
        day: a date in it.
        vector: embedding of the sentence.

    Raises:
        StorageError: the person does not agree.
        RecordError: there is no such person (when the database is told).
    """
    if not agreed(connection, person_id):
        raise StorageError(NEEDS_CONSENT)
    made = Memory(
        secrets.token_hex(16),
        *(person_id, kind, subject, relation, value, sentence, day, told_at, at, vector),
    )
    connection.execute(
        insert(memories).values({name: getattr(made, name) for name in Memory.__slots__})
    )
    return made


def recite(connection: Connection, person_id: str) -> tuple[Memory, ...]:
    """Return everything kept of a person, oldest first."""
    query = select(memories).where(memories.c.person_id == person_id).order_by(memories.c.number)
    return tuple(map(_memory, connection.execute(query)))


def state(connection: Connection, person_id: str) -> tuple[int, int, float]:
    """Return what changes whenever a memory does: newest number, how many, newest writing."""
    look = select(
        func.coalesce(func.max(memories.c.number), 0),
        func.count(),
        func.coalesce(func.max(memories.c.at), 0.0),
    ).where(memories.c.person_id == person_id)
    newest, rows, at = connection.execute(look).one()
    return int(newest), int(rows), float(at)


def search(
    connection: Connection, person_id: str, words: Iterable[str], limit: int = 20
) -> tuple[str, ...]:
    """Return ids of memories that hold one of the words, the best match first."""
    wanted = sorted({found for word in words for found in _WORD.findall(word.lower())})
    if not wanted:
        return ()
    if connection.dialect.name == "sqlite":
        found = connection.execute(
            text(
                "SELECT m.id FROM memory_words JOIN memories m ON m.number = memory_words.rowid"
                " WHERE memory_words MATCH :words AND m.person_id = :person"
                " ORDER BY memory_words.rank LIMIT :most"
            ),
            {
                "words": " OR ".join(f'"{word}"' for word in wanted),
                "person": person_id,
                "most": limit,
            },
        )
        return tuple(row.id for row in found)
    holds = [memories.c.sentence.icontains(word, autoescape=True) for word in wanted]
    query = select(memories.c.id, memories.c.sentence).where(
        memories.c.person_id == person_id, or_(*holds)
    )
    rows = connection.execute(query).all()
    ranked = sorted(rows, key=lambda row: -sum(word in row.sentence.lower() for word in wanted))
    return tuple(row.id for row in ranked[:limit])


def reword(connection: Connection, memory_id: str, sentence: str, **changed: object) -> None:
    """Change a kept sentence, and other columns by name, such as after a corrected name."""
    values = {"sentence": sentence, **changed}
    connection.execute(update(memories).where(memories.c.id == memory_id).values(**values))


def forget(connection: Connection, ids: Sequence[str]) -> int:
    """Delete memories; return how many there were."""
    return connection.execute(delete(memories).where(memories.c.id.in_(list(ids)))).rowcount


def forget_unagreed(connection: Connection) -> int:
    """Delete the memories of everybody who does not agree (any more); return how many went."""
    owners = connection.scalars(select(memories.c.person_id).distinct()).all()
    unwanted = [person_id for person_id in owners if not agreed(connection, person_id)]
    if not unwanted:
        return 0
    gone = connection.execute(delete(memories).where(memories.c.person_id.in_(unwanted)))
    return gone.rowcount


def _memory(row: Row[tuple[object, ...]]) -> Memory:
    return Memory(**{name: getattr(row, name) for name in Memory.__slots__})


__all__ = [
    "NEEDS_CONSENT",
    "SUBJECT",
    "Memory",
    "agreed",
    "forget",
    "forget_unagreed",
    "recite",
    "remember",
    "reword",
    "search",
    "state",
]
