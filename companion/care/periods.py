"""Days gathered to what a chart can show at a glance. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from companion.care.readings import Day, Estimate


@dataclass(frozen=True, slots=True)
class Span:
    """How far back a page looks, and in what steps."""

    name: str
    days: int
    step: int
    """Days gathered into one point."""


SPANS: Final[Mapping[str, Span]] = {
    "week": Span("week", 7, 1),
    "month": Span("month", 28, 1),
    "year": Span("year", 364, 7),
}


@dataclass(frozen=True, slots=True)
class Period:
    """One point of a chart: a day, or some days together."""

    first: date
    last: date
    days: int = 0
    """Days on which something was heard."""
    mood: Estimate | None = None
    energy: Estimate | None = None
    minutes: float = 0.0
    contacts: int = 0
    done: int = 0
    missed: int = 0
    not_heard_h: float = 0.0
    """Hours without listening."""


def gather(days: Iterable[Day], first: date, last: date, span: Span) -> tuple[Period, ...]:
    """Return the points of a span; days without anything make a gap, not a zero.

    Args:
        days: in any order; those outside are left out.
        first: of the span.
        last: of the span, included.
        span: says how many days make one point.
    """
    points: list[list[Day]] = [[] for _ in range(-(-((last - first).days + 1) // span.step))]
    for day in days:
        if first <= day.day <= last:
            points[(day.day - first).days // span.step].append(day)
    return tuple(
        _period(first + timedelta(days=number * span.step), last, span, found)
        for number, found in enumerate(points)
    )


def spread(estimates: Sequence[Estimate]) -> Estimate:
    """Return the mean of some estimates, and how sure it is.

    Half-widths add in quadrature (independent errors), and what days differ among themselves is
    added as the standard error of their mean, so that few days stay uncertain.
    """
    count = len(estimates)
    mean = sum(one.value for one in estimates) / count
    own = math.sqrt(sum(((one.high - one.low) / 2) ** 2 for one in estimates)) / count
    among = 0.0
    if count > 1:
        squares = sum((one.value - mean) ** 2 for one in estimates)
        among = 1.96 * math.sqrt(squares / (count - 1) / count)
    half = math.hypot(own, among)
    return Estimate(mean, mean - half, mean + half)


def _period(first: date, end: date, span: Span, days: list[Day]) -> Period:
    mood = [day.mood for day in days if day.mood is not None]
    energy = [day.energy for day in days if day.energy is not None]
    return Period(
        first=first,
        last=min(first + timedelta(days=span.step - 1), end),
        days=sum(1 for day in days if day.turns),
        mood=spread(mood) if mood else None,
        energy=spread(energy) if energy else None,
        minutes=sum(day.minutes_heard for day in days),
        contacts=sum(day.contacts for day in days),
        done=sum(day.reminders_done for day in days),
        missed=sum(day.reminders_missed for day in days),
        not_heard_h=sum(day.not_heard_h for day in days),
    )
