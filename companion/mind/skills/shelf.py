"""Where reminders and timers lie, as the skills see it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from companion.storage.reminders import Reminder


class Shelf(Protocol):
    """Keeps reminders of the person; every method may raise ``StorageError``."""

    def listed(self) -> Sequence[Reminder]:
        """Return all, in the order of the clock."""
        ...

    def add(self, reminder: Reminder) -> Reminder | None:
        """Keep a new one; return it with its id, None when it could not be kept."""
        ...

    def change(self, reminder: Reminder) -> None:
        """Write one anew."""
        ...

    def remove(self, ids: Sequence[str]) -> None:
        """Delete some."""
        ...

    def due_medicines(self, now: datetime) -> Sequence[Reminder]:
        """Return the medicines that are due about now and not settled."""
        ...

    def taken(self, ids: Sequence[str], now: datetime) -> None:
        """Note that these were taken."""
        ...

    def last_taken(self, now: datetime) -> tuple[str, datetime] | None:
        """Return what became of today's newest medicine (done, refused), and when it was said."""
        ...


__all__ = ["Shelf"]
