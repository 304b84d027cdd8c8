"""What is due of the reminders: a pure decision, whatever the clock did meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final, Literal

from companion.storage.reminders import Reminder

LATE_S: Final = 3_600.0
"""What came due longer ago, while the device was off, is missed: a late tablet may do harm."""
SAID_LATE_S: Final = 240.0
"""From then on it is said which hour was asked for."""
AGAIN_S: Final = 900.0
"""Between the first and the second asking."""
GIVE_UP_S: Final = 2 * 3_600.0
"""After the last asking it stays open so long, for "I've taken it"; then it is missed."""
MOST_TRIES: Final = 2
MOST_PUT_OFF: Final = 4
"""Whoever says "later" is asked again, up to so many times in all."""
LEAD_S: Final = 3_600.0
"""An appointment is told so long before; one that is nearer when noted, halfway to it."""
AHEAD_S: Final = 2 * 3_600.0
"""Nothing is settled or asked for so far ahead of now, unless the clock was set back."""
MOST_MISSED: Final = 31
"""So many missed occurrences are noted after a long absence."""

Step = Literal["say", "again", "missed", "give_up"]


@dataclass(frozen=True, slots=True)
class Try:
    """How often an occurrence was said."""

    at: float
    """The occurrence, seconds since 1970."""
    tries: int = 0
    asked_at: float = 0.0
    """When it was said last, seconds since 1970."""
    later: bool = False
    """The person put it off."""


@dataclass(frozen=True, slots=True)
class Due:
    """Something to be done about a reminder."""

    step: Step
    reminder: Reminder
    at: float
    """The occurrence, seconds since 1970; of an appointment its own hour."""
    tries: int = 0
    missed: tuple[float, ...] = ()
    """Earlier occurrences that nobody heard of."""
    later: bool = False


def occurrences(one: Reminder, after: float, until: datetime) -> list[float]:
    """Return when a reminder came due in ``(after, until]``, oldest first; at most a month of them.

    Args:
        one: the reminder.
        after: seconds since 1970.
        until: with the person's time zone, whose changes of the clock count.
    """
    if one.due_at is not None:
        return [one.due_at] if after < one.due_at <= until.timestamp() else []
    if not one.clock:
        return []
    hour, minute = map(int, one.clock.split(":"))
    days = (
        [one.day]
        if one.day is not None
        else [until.date() - timedelta(days=n) for n in range(MOST_MISSED, -1, -1)]
    )
    found = []
    for day in days:
        if one.day is None and day.weekday() not in one.weekdays:
            continue
        at = datetime.combine(day, time(hour, minute), until.tzinfo).timestamp()
        if after < at <= until.timestamp():
            found.append(at)
    return found


def later(now: datetime, seconds: float) -> datetime:
    """Return a time so long after another; plain addition is an hour wrong when clocks change."""
    return datetime.fromtimestamp(now.timestamp() + seconds, now.tzinfo)


def due(some: Sequence[Reminder], tries: Mapping[str, Try], now: datetime) -> list[Due]:
    """Return what is to be done now.

    Args:
        some: all reminders.
        tries: id -> how often its newest occurrence was said.
        now: with the person's time zone.
    """
    found = []
    for one in some:
        since = max(one.settled_at, one.at)
        if one.kind == "appointment":
            coming = occurrences(one, since, later(now, LEAD_S))
            open_ = [at for at in coming if at - _lead(at - since) <= now.timestamp()]
        else:
            open_ = occurrences(one, since, now)
        if open_:
            step = _step(one, open_, tries.get(one.id), now.timestamp())
            if step is not None:
                found.append(step)
    return found


def next_due(one: Reminder, after: float, until: datetime) -> float | None:
    """Return the newest occurrence in ``(after, until]`` that is not settled, or None."""
    found = occurrences(one, max(after, one.settled_at, one.at), until)
    return found[-1] if found else None


def _lead(ahead: float) -> float:
    """Return how long before it an appointment is told that was noted so long ahead."""
    return LEAD_S if ahead > LEAD_S else ahead / 2


def _step(one: Reminder, open_: list[float], tried: Try | None, now: float) -> Due | None:
    *before, at = open_
    missed = tuple(before)
    if tried is None or tried.at != at:
        over = now - at > LATE_S or (one.kind == "appointment" and now >= at)
        return Due("missed" if over else "say", one, at, missed=missed)
    if tried.tries < (MOST_PUT_OFF if tried.later else MOST_TRIES):
        again = now - tried.asked_at >= AGAIN_S
        return Due("again", one, at, tried.tries, missed) if again else None
    if now - tried.asked_at < GIVE_UP_S:
        return None
    return Due("give_up", one, at, tried.tries, missed, tried.later)


__all__ = [
    "AGAIN_S",
    "AHEAD_S",
    "GIVE_UP_S",
    "LATE_S",
    "LEAD_S",
    "MOST_PUT_OFF",
    "SAID_LATE_S",
    "Due",
    "Try",
    "due",
    "later",
    "next_due",
    "occurrences",
]
