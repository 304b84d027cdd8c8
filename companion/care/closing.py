"""The end of the day: closes the page at its hour, and hands it to the evening's post."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from companion.care.allowed import may_get_summary
from companion.care.evening import Evening
from companion.care.stored import StoredSummaries
from companion.domain import Initiative
from companion.storage.people import contacts, list_people
from companion.wellbeing.sheets import Reader, Sheets
from companion.wellbeing.summary_talk import SummarySkill

ASK_EVERY_S: Final = 7 * 86_400.0 - 3_600.0
"""The person is asked once a week whether to hear the page first; by themselves they may always."""
ASK_BEFORE_S: Final = 1_800.0
"""So long before the page goes."""
_NOON: Final = 12


@dataclass(slots=True)
class Closing:
    """Call ``tick`` now and then, on one thread.

    Every method raises ``StorageError`` when the database fails; the next tick tries again.
    """

    sheets: Sheets
    evening: Evening
    stored: StoredSummaries
    hour: str
    """Local "HH:MM"."""
    emit: Callable[[Initiative], None] | None = None
    skill: SummarySkill | None = None
    """With ``emit``: asks the person whether to hear it first."""
    _done: set[date] = field(default_factory=set, init=False)
    _asked: date | None = field(default=None, init=False)

    def tick(self, now: datetime) -> tuple[date, ...]:
        """Do what is due; return the days that were closed.

        A day that ended while the device was off is closed up to noon of the next.

        Args:
            now: with a time zone.
        """
        now = now.astimezone(self.sheets.tz)
        closed = tuple(day for day in self._due(now) if self.close(day, now))
        self._ask_first(now)
        return closed

    def close(self, day: date, now: datetime) -> bool:
        """Make the page of a day final and post it; may be repeated.

        Returns:
            Whether there was a page to close.
        """
        event = self.sheets.close(day, now)
        self._done.add(day)
        if event is None:
            return False
        summary = self.stored.of_event(event)
        if summary is not None and not self.sheets.held(day):
            self.evening.offer(summary, event)
        return True

    def receivers(self) -> tuple[Reader, ...]:
        """Return who gets word of the page as things stand."""
        post = self.evening.post
        with post.database.read() as connection:
            return tuple(
                Reader(one.name, one.role)
                for one in list_people(connection)
                if may_get_summary(connection, one, post.kin) and contacts(connection, one.id)
            )

    def _due(self, now: datetime) -> list[date]:
        today, days = now.date(), []
        if now.hour < _NOON and today - timedelta(days=1) not in self._done:
            days.append(today - timedelta(days=1))
        if now >= self._at(now) and today not in self._done:
            days.append(today)
        return days

    def _ask_first(self, now: datetime) -> None:
        if self.emit is None or self.skill is None or self._asked == now.date():
            return
        left = (self._at(now) - now).total_seconds()
        if not 0 < left <= ASK_BEFORE_S:
            return
        self._asked = now.date()
        last = self.sheets.last_asked()
        if last is not None and 0 <= now.timestamp() - last < ASK_EVERY_S:
            return
        if self.sheets.held(now.date()) or not (readers := self.receivers()):
            return
        expires = now.timestamp() + left
        self.emit(Initiative("summary", self.skill.first(now, readers), expires_at=expires))

    def _at(self, now: datetime) -> datetime:
        hour, _, minute = self.hour.partition(":")
        return now.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)


__all__ = ["Closing"]
