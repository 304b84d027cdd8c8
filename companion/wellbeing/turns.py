"""What is known of turns from the events: when, how it seemed, about what; never words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of the owner, as the event ``turn`` has it."""

    at: float
    """Seconds since 1970."""
    seconds: float = 0.0
    """How long they spoke."""
    valence: float | None = None
    """-1 to 1; None when it was unsure."""
    topics: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    """Words of kinship or role, never names."""
    prompted: bool = False
    """It answered something the companion said first."""


def turn_of(at: float, data: Mapping[str, object]) -> Turn:
    """Return a turn from an event's data; what is missing or odd is left out."""
    valence, seconds = data.get("valence"), data.get("seconds")
    known = isinstance(valence, (int, float)) and not data.get("unsure")
    return Turn(
        at,
        float(seconds) if isinstance(seconds, (int, float)) else 0.0,
        float(valence) if known and isinstance(valence, (int, float)) else None,
        _words(data.get("topics")),
        _words(data.get("people")),
        bool(data.get("prompted")),
    )


def read_turns(
    connection: Connection, since: float, person_id: str | None = None
) -> tuple[Turn, ...]:
    """Return the turns since a time, oldest first.

    Args:
        connection: of ``Database.read()``.
        since: seconds since 1970.
        person_id: whose; an event about nobody in particular is the owner's. None is all.
    """
    from companion.storage.records import events

    return tuple(
        turn_of(one.at, one.data)
        for one in events(connection, "turn", since=since)
        if person_id is None or one.person_id in (None, person_id)
    )


def read_deaf(connection: Connection, since: float) -> tuple[tuple[float, float], ...]:
    """Return spans in which the device could not hear, oldest first; seconds since 1970."""
    from companion.storage.records import events

    found = []
    for one in events(connection, "listening", since=since):
        start, end = one.data.get("from"), one.data.get("to")
        if one.data.get("why") in ("muted", "fault", "off") and isinstance(start, (int, float)):
            found.append((float(start), float(end) if isinstance(end, (int, float)) else one.at))
    return tuple(sorted(found))


def _words(value: object) -> tuple[str, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        return ()
    return tuple(one for one in value if isinstance(one, str))


__all__ = ["Turn", "read_deaf", "read_turns", "turn_of"]
