"""What a dashboard reads: one day as a summary, and a stretch of days as points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta, tzinfo
from functools import cache

from sqlalchemy import Connection

from companion.wellbeing.compose import compose
from companion.wellbeing.days import Day, read_days
from companion.wellbeing.facts import facts_of
from companion.wellbeing.marker import is_simulated
from companion.wellbeing.phrasing import Texts, load_texts
from companion.wellbeing.shared import stored
from companion.wellbeing.summary import Summary
from companion.wellbeing.trends import missed_doses

HISTORY_DAYS = 84
"""Days before the one summarised that are looked at."""


@dataclass(frozen=True, slots=True)
class DayPoint:
    """One day as a chart needs it."""

    day: date
    mood: tuple[float | None, float, float]
    """Value -1 to 1 (None: too little was heard), and its 95% interval (0, 0 without a value)."""
    energy: tuple[float | None, float, float]
    """The same in deviations from the person's usual voice, -3 to 3."""
    turns: int
    minutes_heard: float
    """Of the person's speech."""
    contacts: int
    """Turns that told of contact with people."""
    topics: Mapping[str, int] = field(default_factory=dict)
    reminders_done: int = 0
    """Of medicines."""
    reminders_missed: int = 0
    """Of medicines, missed or refused."""
    safety_tiers: Mapping[int, int] = field(default_factory=dict)
    """Tier -> safety events."""
    not_heard: bool = False
    """Nothing was heard of the person."""


def series(
    connection: Connection, person_id: str, first_day: date, last_day: date, tz: tzinfo
) -> tuple[DayPoint, ...]:
    """Return every day from first to last, both included.

    Raises:
        StorageError: the database cannot be read.
    """
    return tuple(point(day) for day in read_days(connection, person_id, first_day, last_day, tz))


def point(day: Day) -> DayPoint:
    """Return a day as a point."""
    missed, due = missed_doses(day)
    tiers: dict[int, int] = {}
    for (_, tier), count in day.safety.items():
        tiers[tier] = tiers.get(tier, 0) + count
    mood, energy = day.mood, day.energy
    return DayPoint(
        day=day.day,
        mood=(mood.value, mood.low, mood.high) if mood else (None, 0.0, 0.0),
        energy=(energy.value, energy.low, energy.high) if energy else (None, 0.0, 0.0),
        turns=day.turns,
        minutes_heard=round(day.seconds / 60, 1),
        contacts=day.contacts,
        topics=dict(day.topics),
        reminders_done=due - missed,
        reminders_missed=missed,
        safety_tiers=tiers,
        not_heard=day.turns == 0,
    )


def history(connection: Connection, person_id: str, day: date, tz: tzinfo) -> tuple[Day, ...]:
    """Return a day and those before it that tell what is usual.

    Raises:
        StorageError: the database cannot be read.
    """
    return read_days(connection, person_id, day - timedelta(days=HISTORY_DAYS), day, tz)


@cache
def texts_of(language: str) -> Texts:
    """Return the texts of a language, read once. Errors as of ``load_texts``."""
    return load_texts(language)


def today(
    connection: Connection,
    person_id: str,
    day: date,
    tz: tzinfo,
    *,
    who: str | None = None,
    language: str = "en",
    at: float = 0.0,
) -> Summary:
    """Return the summary of a day: the stored one, or one made now with the person's strikes.

    Args:
        connection: of ``Database.read()``.
        person_id: the owner.
        day: local day.
        tz: the person's time zone.
        who: their name.
        language: of the texts.
        at: now, seconds since 1970.

    Raises:
        StorageError: the database cannot be read.
        WellbeingError: the texts have a mistake.
    """
    kept = stored(connection, person_id, day)
    if kept is not None and not kept.open:
        return kept.summary
    return compose(
        day,
        facts_of(history(connection, person_id, day, tz)),
        texts_of(language),
        who=who,
        struck=kept.summary.struck if kept else (),
        simulated=is_simulated(connection),
        made_at=at,
    ).summary
