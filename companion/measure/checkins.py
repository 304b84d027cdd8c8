"""Check-ins over weeks, on simulated people: never too many, never at night, never pressing."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from companion.config import CheckinSettings
from companion.domain import JsonObject
from companion.measure.simulated import SimulatedPerson, Watched, live
from companion.wellbeing.checkins import is_quiet

PEOPLE: Final = (
    SimulatedPerson("answering"),
    SimulatedPerson("ignoring", answers=lambda _: 0.0),
    SimulatedPerson("recovering", answers=lambda day: 0.0 if 10 <= day < 30 else 0.9),
    SimulatedPerson("travelling", away=lambda day: 20 <= day < 34),
    SimulatedPerson("spring", zone="Europe/Berlin", start=date(2026, 3, 1)),
    SimulatedPerson("autumn", zone="America/New_York", start=date(2026, 10, 4)),
    SimulatedPerson("quiet by nature", talks=3, answers=lambda _: 0.5),
    SimulatedPerson("late riser", up=10.5, bed=22.5),
    SimulatedPerson("falls silent", stops=40.46),
)
"""Each lives for as long as the measurement."""


def evaluate_checkins(days: int = 60, seed: int = 1) -> JsonObject:
    """Let every simulated person live for some days and count.

    Args:
        days: how long each lives.
        seed: of all chance.
    """
    settings = CheckinSettings()
    rows = [_row(one, live(one, days, seed=seed), settings, days) for one in PEOPLE]
    return {
        "days": days,
        "seed": seed,
        "most_a_day_allowed": settings.most_a_day,
        "people": {str(row.pop("person")): row for row in rows},
        "in_quiet_hours": sum(int(row["in_quiet_hours"]) for row in rows),
        "days_over_the_limit": sum(int(row["days_over_the_limit"]) for row in rows),
    }


def _row(
    person: SimulatedPerson, watched: Watched, settings: CheckinSettings, days: int
) -> JsonObject:
    perday = Counter(at.date() for at, _ in watched.spoken)
    times = [at.timestamp() for at, _ in watched.spoken]
    gaps = [b - a for a, b in pairwise(times)]
    kinds = Counter(kind for _, kind in watched.spoken)
    row: JsonObject = {
        "person": person.name,
        "spoken": len(times),
        "a_day": round(len(times) / days, 2),
        "answered": sum(watched.answered),
        "kinds": dict(sorted(kinds.items())),
        "most_in_a_day": max(perday.values(), default=0),
        "days_over_the_limit": sum(n > settings.most_a_day for n in perday.values()),
        "in_quiet_hours": sum(is_quiet(settings, at) for at, _ in watched.spoken),
        "least_gap_h": round(min(gaps, default=0) / 3600, 1),
        "greatest_gap_h": round(max(gaps, default=0) / 3600, 1),
        "concerns": len(watched.concerns),
    }
    if person.stops is not None and watched.concerns:
        first = watched.concerns[0][0].timestamp()
        row["hours_to_concern"] = round(first / 3600 - _stopped(person) / 3600, 1)
    return row


def _stopped(person: SimulatedPerson) -> float:
    begin = datetime.combine(person.start, datetime.min.time(), ZoneInfo(person.zone))
    return begin.timestamp() + (person.stops or 0.0) * 86_400


__all__ = ["PEOPLE", "evaluate_checkins"]
