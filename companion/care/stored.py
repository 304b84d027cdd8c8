"""Summaries as they lie in the database, for whoever sends them on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import select

from companion.care.letters import DailySummary
from companion.storage.database import Database
from companion.storage.records import DAY_S, events
from companion.storage.tables import events as events_table

_KIND: Final = "summary"
_SAFETY: Final = "safety"
_LATE_DAYS: Final = 30
"""A summary may be made so long after its day."""


@dataclass(frozen=True, slots=True)
class StoredSummary:
    """A summary that may be sent."""

    day: date
    short: str
    lines: tuple[str, ...]
    safety: tuple[str, ...]


class StoredSummaries:
    """Finds summaries; one that is still open to the person's changes is not there yet."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_event(self, event_id: int) -> DailySummary | None:
        """Return the summary of an event.

        Raises:
            StorageError: the database cannot be read.
        """
        with self._database.read() as connection:
            data = connection.scalar(
                select(events_table.c.data).where(
                    events_table.c.id == event_id, events_table.c.kind == _KIND
                )
            )
        return None if data is None else read_summary(data)

    def of_day(self, day: date) -> tuple[int, DailySummary] | None:
        """Return the newest summary of a day, and the event that holds it.

        Raises:
            StorageError: the database cannot be read.
        """
        noon = datetime(day.year, day.month, day.day, 12).timestamp()
        with self._database.read() as connection:
            kept = events(connection, _KIND, noon - 2 * DAY_S, noon + _LATE_DAYS * DAY_S)
        for event in reversed(kept):
            if event.data.get("day") == day.isoformat():
                found = read_summary(event.data)
                if found is not None:
                    return event.id, found
        return None


def read_summary(data: Mapping[str, Any]) -> StoredSummary | None:
    """Return the summary in an event's data; None when it is open, simulated or unreadable."""
    if data.get("open") is True or data.get("simulated") is True:
        return None
    try:
        sections = [
            (str(section["name"]), [str(one["text"]) for one in section["sentences"]])
            for section in data["sections"]
        ]
        return StoredSummary(
            date.fromisoformat(data["day"]),
            str(data["title"]),
            (
                *(text for name, texts in sections if name != _SAFETY for text in texts),
                *(str(note) for note in data.get("notes", ())),
            ),
            tuple(text for name, texts in sections if name == _SAFETY for text in texts),
        )
    except (KeyError, TypeError, ValueError):
        return None
