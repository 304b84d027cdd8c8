"""The memories of one person: what is kept, found by words and by meaning."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from companion.mind.memory.extract import Candidate
from companion.mind.memory.people import ME, Subject, person_of, resolve
from companion.storage import audit, consents, memories
from companion.storage.memories import Memory

if TYPE_CHECKING:
    from companion.storage.database import Database

Vectorise = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts to vectors of length 1, a row each."""

PAST: Final = "past."
"""Before the relation of what is no longer so."""
_VERSION: Final = "1"
_FOUND: Final = 30
_NAMES: Final = re.compile(r"(?:, |\band |\bcalled |\bnamed )([A-Z][a-z]+)\b")


class Memories(Protocol):
    """What the skill needs of a store."""

    def agreed(self) -> bool:
        """Return whether anything may be kept."""
        ...

    def agree(self, at: float) -> None:
        """Record a spoken yes."""
        ...

    def facts(self) -> tuple[Memory, ...]:
        """Return all that is so now, oldest first."""
        ...

    def everything(self) -> tuple[Memory, ...]:
        """Return all that is kept, also what was so once."""
        ...

    def keep(self, one: Candidate, told_at: float, at: float) -> None:
        """Keep a fact; what it contradicts becomes past."""
        ...

    def forget(self, ids: Sequence[str], at: float) -> int:
        """Delete facts for good; return how many there were."""
        ...

    def search(self, words: Sequence[str]) -> tuple[str, ...]:
        """Return ids by words, the best first."""
        ...

    def likeness(self, text: str) -> dict[str, float]:
        """Return id -> cosine of the meaning, -1 to 1; empty without the sentence model."""
        ...

    def alike(self, text: str, others: Sequence[str]) -> tuple[float, ...]:
        """Return the cosine of each other text; empty without the sentence model."""
        ...


@dataclass(slots=True)
class MemoryStore:
    """In the database; consent is asked of it each time. Used from one thread."""

    database: Database
    person_id: str
    vectorise: Vectorise | None = None
    _state: tuple[int, int, float] = field(default=(-1, -1, -1.0), init=False)
    _all: tuple[Memory, ...] = field(default=(), init=False)

    def agreed(self) -> bool:
        """As of ``Memories``.

        Raises:
            StorageError: the database cannot be read; as of the others.
        """
        with self.database.read() as connection:
            return memories.agreed(connection, self.person_id)

    def agree(self, at: float) -> None:
        """As of ``Memories``."""
        with self.database.begin() as connection:
            consents.give(
                connection,
                person_id=self.person_id,
                subject=memories.SUBJECT,
                how="spoken",
                version=_VERSION,
                at=at,
            )
            audit.append(
                connection,
                at,
                "owner",
                "consent given",
                {"person": self.person_id, "subject": memories.SUBJECT},
            )

    def facts(self) -> tuple[Memory, ...]:
        """As of ``Memories``; nothing while the person does not agree."""
        return tuple(one for one in self.everything() if not one.relation.startswith(PAST))

    def past(self) -> tuple[Memory, ...]:
        """Return what was so once, oldest first."""
        return tuple(one for one in self.everything() if one.relation.startswith(PAST))

    def everything(self) -> tuple[Memory, ...]:
        """As of ``Memories``."""
        with self.database.read() as connection:
            if not memories.agreed(connection, self.person_id):
                return ()
            state = memories.state(connection, self.person_id)
            if state != self._state:
                self._all = memories.recite(connection, self.person_id)
                self._state = state
        return self._all

    def keep(self, one: Candidate, told_at: float, at: float) -> None:
        """As of ``Memories``; what is kept already is not kept twice."""
        facts = self.facts()
        if any(kept.sentence.lower() == one.sentence.lower() for kept in facts):
            return
        old = conflict(one, facts)
        vector = b""
        if self.vectorise is not None:
            vector = np.asarray(self.vectorise([one.sentence])[0], np.float32).tobytes()
        with self.database.begin() as connection:
            if old is not None:
                memories.reword(
                    connection, old.id, old.sentence, relation=PAST + old.relation, at=at
                )
            memories.remember(
                connection,
                person_id=self.person_id,
                kind=one.kind,
                subject=one.subject.key,
                relation=one.relation,
                value=one.value,
                sentence=one.sentence,
                told_at=told_at,
                at=at,
                day=one.day,
                vector=vector,
            )

    def forget(self, ids: Sequence[str], at: float) -> int:
        """As of ``Memories``; the audit says how many, not what."""
        with self.database.begin() as connection:
            gone = memories.forget(connection, ids)
            if gone:
                audit.append(connection, at, "owner", "memories forgotten", {"rows": gone})
        return gone

    def search(self, words: Sequence[str]) -> tuple[str, ...]:
        """As of ``Memories``."""
        with self.database.read() as connection:
            return memories.search(connection, self.person_id, words, _FOUND)

    def likeness(self, text: str) -> dict[str, float]:
        """As of ``Memories``."""
        rows = [one for one in self.facts() if one.vector]
        if self.vectorise is None or not rows:
            return {}
        asked = np.asarray(self.vectorise([text])[0], np.float32)
        kept = np.stack([np.frombuffer(one.vector, np.float32) for one in rows])
        return {one.id: float(value) for one, value in zip(rows, kept @ asked, strict=True)}

    def alike(self, text: str, others: Sequence[str]) -> tuple[float, ...]:
        """As of ``Memories``."""
        if self.vectorise is None or not others:
            return ()
        rows = np.asarray(self.vectorise([text, *others]), np.float32)
        return tuple(float(value) for value in rows[1:] @ rows[0])


def known_people(facts: Sequence[Memory], genders: dict[str, str]) -> tuple[Subject, ...]:
    """Return everybody of whom something is kept.

    Args:
        facts: what is kept.
        genders: word of kinship -> ``she``, ``he``, ``it`` or ``they``.
    """
    found: dict[str, Subject] = {}
    for fact in facts:
        if fact.subject != ME:
            kin, _, _ = fact.subject.partition("/")
            name = person_of(fact.subject).name
            last = kin.rsplit("'s ", 1)[-1]
            kin = "'s ".join([*(part.title() for part in kin.split("'s ")[:-1]), last])
            found.setdefault(fact.subject, Subject(kin, name, genders.get(last, "")))
    named = {one.name.lower() for one in found.values()}
    for fact in facts:
        if fact.relation == "family":  # "has two boys, Liam and Josh"
            for name in _NAMES.findall(fact.sentence):
                if name.lower() not in named:
                    found.setdefault(f"/{name.lower()}", Subject("", name, "they"))
    return tuple(found.values())


def conflict(one: Candidate, facts: Sequence[Memory]) -> Memory | None:
    """Return what a new fact contradicts, or None: somebody has only one home, or birthday."""
    if not one.one:
        return None
    if one.relation == "name" and one.subject.kin != ME:
        return None  # a second sister
    topic = _topic(one.sentence) if one.relation == "favourite" else ""
    return next(
        (
            kept
            for kept in facts
            if kept.relation == one.relation
            and kept.subject == one.subject.key
            and kept.sentence.lower() != one.sentence.lower()
            and (not topic or _topic(kept.sentence) == topic)
        ),
        None,
    )


def _topic(sentence: str) -> str:
    """Return "colour" of "your favourite colour is blue"."""
    found = re.search(r"favou?rite (.+?) (?:is|was|has always been) ", sentence.lower())
    return found[1] if found else ""


def told_on(fact: Memory) -> str:
    """Return the day a fact was told, such as 2026-11-23, in UTC."""
    return datetime.fromtimestamp(fact.told_at, UTC).date().isoformat()


__all__ = [
    "PAST",
    "Memories",
    "MemoryStore",
    "Vectorise",
    "conflict",
    "known_people",
    "resolve",
    "told_on",
]
