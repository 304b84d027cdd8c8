"""What the owner lets the smart home know, read from the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final

from sqlalchemy import Connection, select

from companion.care.allowed import agrees, is_simulated, the_owner
from companion.storage.records import DAY_S
from companion.storage.tables import alerts
from companion.wellbeing.days import Day, read_days
from companion.wellbeing.trends import LEAST_DAYS, MEMORY_DAYS, WATCHES, changes

_OPEN: Final = ("waiting", "sent", "unreached")
"""In its countdown it is none yet: it may be cancelled, and then never was."""
_ALERT_DAYS: Final = 7.0
_MOOD: Final = tuple(watch for watch in WATCHES if watch.metric == "mood")
_SAME: Final = {"less": "lower", "more": "higher"}


@dataclass(frozen=True, slots=True)
class Facts:
    """None means that it may not be told."""

    heard: bool = False
    """Whether it may be told when somebody spoke."""
    alert: bool | None = None
    mood: str | None = None
    """One of ``discovery.MOODS``."""

    @property
    def permitted(self) -> frozenset[str]:
        """The entities that may exist."""
        told = {"heard": self.heard, "alert": self.alert is not None, "mood": self.mood is not None}
        return frozenset(name for name, yes in told.items() if yes)


def read_facts(connection: Connection, now: float, tz: tzinfo) -> Facts:
    """Return what may be told now.

    Args:
        connection: of ``Database.read()``.
        now: seconds since 1970.
        tz: the person's time zone.
    """
    owner = the_owner(connection)
    if owner is None or is_simulated(connection) or not agrees(connection, owner.id, "home"):
        return Facts()
    alert = alert_open(connection, now) if agrees(connection, owner.id, "alerts") else None
    mood = None
    if agrees(connection, owner.id, "mood"):
        today = datetime.fromtimestamp(now, tz).date()
        days = read_days(connection, owner.id, today - timedelta(days=MEMORY_DAYS + 14), today, tz)
        mood = mood_against_usual(days)
    return Facts(True, alert, mood)


def alert_open(connection: Connection, now: float) -> bool:
    """Return whether people were called and nobody has answered yet.

    An alert that accuses somebody does not count: they may well see the smart home.
    """
    rows = connection.execute(
        select(alerts.c.accused).where(
            alerts.c.state.in_(_OPEN), alerts.c.at >= now - _ALERT_DAYS * DAY_S
        )
    )
    return any(not row.accused for row in rows)


def mood_against_usual(days: tuple[Day, ...]) -> str:
    """Return how the last days were against those before; ``unknown`` from too few."""
    if sum(day.mood is not None for day in days) < LEAST_DAYS:
        return "unknown"
    found = changes(days, _MOOD)
    return _SAME.get(found[0].direction, "usual") if found else "usual"


__all__ = ["Facts", "alert_open", "mood_against_usual", "read_facts"]
