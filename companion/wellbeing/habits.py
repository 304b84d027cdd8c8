"""A person's own pattern: their hours, how long they are usually silent, and what is missing."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from statistics import median
from typing import Final

from companion.wellbeing.turns import Turn

DAY_S: Final = 86_400.0
HOUR_S: Final = 3_600.0
LEARNED_DAYS: Final = 28
SILENCE_DAYS: Final = 56
LEAST_DAYS: Final = 7
"""Days of speaking on their own before their hours count."""
LEAST_SILENCES: Final = 14
LEAST_SILENCE_S: Final = 4 * HOUR_S
LATE_S: Final = 1.5 * HOUR_S
"""A first or next word may come so much later than on other days."""
NIGHT_ENDS_MIN: Final = 4 * 60
"""Minutes after midnight at which a day begins: who talks at 1 o'clock is still up."""


@dataclass(frozen=True, slots=True)
class Habits:
    """When somebody speaks."""

    first: float | None = None
    """Minutes after midnight of the first word of a day, in the median; None is not yet known."""
    last: float | None = None
    times: tuple[float, ...] = ()
    """Seconds since 1970 of all turns of 56 days, oldest first."""
    deaf: tuple[tuple[float, float], ...] = ()
    """Spans in which the device could not hear."""


def learn_habits(
    turns: Sequence[Turn], now: datetime, deaf: Iterable[tuple[float, float]] = ()
) -> Habits:
    """Return the habits of the last weeks; what was prompted tells nothing of their own hours.

    Args:
        turns: oldest first.
        now: the present, in the person's time zone.
        deaf: when the device could not hear.
    """
    since = now.timestamp() - LEARNED_DAYS * DAY_S
    first: dict[int, float] = {}
    last: dict[int, float] = {}
    for turn in turns:
        if turn.prompted or turn.at < since:
            continue
        there = datetime.fromtimestamp(turn.at, now.tzinfo)
        minutes = there.hour * 60 + there.minute + there.second / 60
        day = there.toordinal()
        if minutes < NIGHT_ENDS_MIN:
            day, minutes = day - 1, minutes + 24 * 60
        first.setdefault(day, minutes)
        last[day] = max(minutes, last.get(day, 0.0))
    enough = len(first) >= LEAST_DAYS
    old = now.timestamp() - SILENCE_DAYS * DAY_S
    return Habits(
        median(first.values()) if enough else None,
        median(last.values()) if enough else None,
        tuple(one.at for one in turns if one.at >= old),
        tuple(deaf),
    )


@dataclass(frozen=True, slots=True)
class Silence:
    """How long nothing was heard, and what is usual at this hour."""

    seconds: float
    usual: float
    """Seconds that most days stay below at this hour."""
    longest: float
    """Seconds of the longest at this hour in 56 days."""

    @property
    def unusual(self) -> bool:
        """Longer than usual by a quarter, by two hours, and than four hours."""
        margin = max(2 * HOUR_S, self.usual / 4)
        return self.seconds >= max(LEAST_SILENCE_S, self.usual + margin)


def silence(habits: Habits, heard_at: float, now: datetime) -> Silence | None:
    """Compare the present silence with those of other days at the same hour.

    The usual is the greater of the 80th percentile of all days and the longest of the same weekday;
    days away (nothing heard for a day) do not count. A silence that was usual an hour and a half
    before, and went on, counts as usual: nobody starts their day by the minute.

    Returns:
        None when there is too little to compare with.
    """
    at = now.timestamp()
    start = max([heard_at, *(end for _, end in habits.deaf if end <= at)], default=heard_at)
    if any(a <= at <= b for a, b in habits.deaf):
        return None
    seconds = at - start
    if seconds < LEAST_SILENCE_S:
        return None
    past: list[tuple[bool, float]] = []
    for back in range(1, SILENCE_DAYS + 1):
        # The same hour by the clock, whatever a change to summer time did in between.
        then = (now - timedelta(days=back)).timestamp()
        place = bisect_left(habits.times, then)
        if place == 0:
            break
        before = habits.times[place - 1]
        if any(a < then and b > before for a, b in habits.deaf):
            continue
        earlier = bisect_left(habits.times, then - LATE_S)
        begun = habits.times[earlier - 1] if earlier else before
        # Within the present silence there is nothing to compare with.
        if then <= heard_at and then - begun < DAY_S:
            past.append((back % 7 == 0, then - begun))
    if len(past) < LEAST_SILENCES:
        return None
    everyday = _quantile([s for _, s in past], 0.8)
    weekday = max((s for same, s in past if same), default=0.0)
    return Silence(seconds, max(everyday, weekday), max(s for _, s in past))


def low_week(turns: Sequence[Turn], now: datetime) -> bool:
    """Return whether the mood of 7 days lies well below that of the 28 before.

    Daily medians; the drop must exceed 1.5 robust deviations (1.4826 MAD, at least 0.1); wants 4
    days of the week and 10 of the weeks before.
    """
    week = _daily_mood(turns, now, 0, 7)
    before = _daily_mood(turns, now, 7, 35)
    if len(week) < 4 or len(before) < 10:
        return False
    usual = median(before)
    spread = max(0.1, 1.4826 * median(abs(one - usual) for one in before))
    return median(week) < usual - 1.5 * spread


def missed_outing(turns: Sequence[Turn], now: datetime) -> bool:
    """Return whether somebody who goes out most days has not spoken of it for three days.

    Most days is 60% of at least 14 days they spoke on; on each of the three days they spoke.
    """
    recent = _outings(turns, now, 0, 3)
    before = _outings(turns, now, 3, 31)
    if len(recent) < 3 or any(recent.values()) or len(before) < 14:
        return False
    return sum(before.values()) >= 0.6 * len(before)


def state_of(turns: Sequence[Turn], now: datetime) -> frozenset[str]:
    """Return what the last day was like, to choose words by: low, good, tired, pain ..."""
    since = now.timestamp() - DAY_S
    recent = [one for one in turns if one.at >= since]
    moods = [one.valence for one in recent if one.valence is not None]
    found = {t for one in recent for t in one.topics if t in ("tired", "pain", "sleep_bad")}
    if len(moods) >= 3:
        mood = median(moods)
        found |= {"low"} if mood <= -0.25 else {"good"} if mood >= 0.25 else set()
    if now.weekday() >= 5:
        found.add("weekend")
    return frozenset(found)


def local_day(at: float, zone: tzinfo | None) -> int:
    """Return the day of a moment as a number."""
    return datetime.fromtimestamp(at, zone).toordinal()


def _days_ago(turns: Sequence[Turn], now: datetime, newest: int, oldest: int) -> list[Turn]:
    at = now.timestamp()
    return [one for one in turns if newest * DAY_S <= at - one.at < oldest * DAY_S]


def _daily_mood(turns: Sequence[Turn], now: datetime, newest: int, oldest: int) -> list[float]:
    days: dict[int, list[float]] = {}
    for one in _days_ago(turns, now, newest, oldest):
        if one.valence is not None:
            days.setdefault(local_day(one.at, now.tzinfo), []).append(one.valence)
    return [median(day) for day in days.values() if len(day) >= 2]


def _outings(turns: Sequence[Turn], now: datetime, newest: int, oldest: int) -> dict[int, bool]:
    days: dict[int, bool] = {}
    for one in _days_ago(turns, now, newest, oldest):
        day = local_day(one.at, now.tzinfo)
        days[day] = days.get(day, False) or "outing" in one.topics
    return days


def _quantile(values: list[float], share: float) -> float:
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


__all__ = ["Habits", "Silence", "learn_habits", "low_week", "missed_outing", "silence", "state_of"]
