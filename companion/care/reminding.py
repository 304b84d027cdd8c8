"""What the dashboard needs of reminders; ``companion/app`` fits their store to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol

KINDS: Final = ("medicine", "appointment", "other")
LONGEST_TEXT: Final = 120
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True, slots=True)
class Reminder:
    """Something the companion says at its hour."""

    id: str
    """Empty for one that is not stored yet."""
    kind: str
    text: str
    """As it will be spoken, such as "take your heart tablet"."""
    clock: str
    """Local "HH:MM"."""
    day: date | None = None
    """Once, on this day; None with ``weekdays``."""
    weekdays: tuple[int, ...] = ()
    """0 is Monday; all seven is daily."""


class ReminderStore(Protocol):
    """Keeps reminders; may block.

    Each method may raise ``CompanionError`` with a line that is shown.
    """

    def list(self) -> tuple[Reminder, ...]:
        """Return all that will still be spoken, in the order of the clock."""
        ...

    def save(self, reminder: Reminder) -> str:
        """Add one, or replace the one of the same id; return its id."""
        ...

    def remove(self, reminder_id: str) -> bool:
        """Remove one; return whether there was one."""
        ...


def mistakes(reminder: Reminder, today: date) -> dict[str, str]:
    """Return what is wrong: field -> ``missing``, ``long``, ``unknown``, ``clock`` or ``past``."""
    found: dict[str, str] = {}
    if not reminder.text.strip():
        found["text"] = "missing"
    elif len(reminder.text) > LONGEST_TEXT or not reminder.text.isprintable():
        found["text"] = "long"
    if reminder.kind not in KINDS:
        found["kind"] = "unknown"
    if not _CLOCK.fullmatch(reminder.clock):
        found["clock"] = "clock"
    if reminder.day is None and not reminder.weekdays:
        found["when"] = "missing"
    elif reminder.day is not None and reminder.day < today:
        found["when"] = "past"
    return found
