"""Change against the person's own past: robust z for a day, CUSUM for a run of days.

A day's value is set against median and MAD of the days before (Iglewicz and Hoaglin 1993). Runs are
found by one-sided CUSUM (Page 1954, Biometrika 41): for values the standard form, for counts and
missed doses the log-likelihood ratio of "changed" against "as before". Days within a run are kept
out of what counts as usual; after four weeks a run becomes the new usual.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import log, log1p, sqrt
from statistics import mean, median, pvariance
from typing import Final, Protocol

from companion.wellbeing.days import Day, Estimate

LEAST_DAYS: Final = 10
"""Days with data before anything is said about change."""
MEMORY_DAYS: Final = 56
_ABSORB_DAYS: Final = 28
_MAD_TO_SD: Final = 1.4826
_CLIP: Final = 3.0
"""No single day weighs more, in deviations."""
_SLACK: Final = 0.7
_MOST: Final = 1.6
"""The sum stops at so many thresholds, so that a change that is over ends within days."""
_RECENT: Final = 3
"""A change is over once so many days together speak against it."""
_LEAST_RUN: Final = 2
"""One day alone is no change."""
_LEAST_TURNS: Final = 5
"""On a day with fewer turns, silence about something says nothing."""
_LEAST_RATE: Final = 0.8
"""Mentions a day below which getting rarer cannot be told."""


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual for somebody."""

    centre: float
    spread: float
    days: int


@dataclass(frozen=True, slots=True)
class Change:
    """A run of days unlike the ones before."""

    metric: str
    direction: str
    """``more`` or ``less``."""
    since: date
    days: int
    """From ``since`` to the day it is looked at, both included."""
    strength: float
    """CUSUM over its threshold; 1 and more."""
    usual: float
    """The person's own, before."""
    now: float
    """The same over the run."""


class Rule(Protocol):
    """Scores a day against the days before it."""

    def score(self, day: Day, before: Sequence[Day]) -> float | None:
        """Return how far a day speaks for change; None when it says nothing."""
        ...

    def level(self, days: Sequence[Day]) -> float:
        """Return the metric over some days, as a person would count it."""
        ...


@dataclass(frozen=True, slots=True)
class Watch:
    """One metric in one direction."""

    metric: str
    direction: str
    rule: Rule
    threshold: float


Read = Callable[[Day], Estimate | None]


def usual(values: Sequence[float], floor: float) -> Usual | None:
    """Return median and spread of past values; None before ``LEAST_DAYS``.

    Args:
        values: one a day.
        floor: the spread is at least this.
    """
    if len(values) < LEAST_DAYS:
        return None
    centre = median(values)
    spread = _MAD_TO_SD * median(abs(value - centre) for value in values)
    # The MAD of few values is itself uncertain.
    return Usual(centre, max(spread, floor) * sqrt(1 + 4 / len(values)), len(values))


def robust_z(now: Estimate, before: Sequence[Estimate], floor: float) -> float | None:
    """Return how far a day is from the usual, in deviations; None before there is a usual."""
    past = usual([one.value for one in before], floor)
    if past is None:
        return None
    error = _error(now) ** 2 - median(_error(one) for one in before) ** 2
    return (now.value - past.centre) / sqrt(past.spread**2 + max(0.0, error))


def _error(one: Estimate) -> float:
    return (one.high - one.low) / 3.92


@dataclass(frozen=True, slots=True)
class Level:
    """A measured value, such as mood."""

    read: Read
    sign: int
    floor: float

    def score(self, day: Day, before: Sequence[Day]) -> float | None:
        """See ``Rule``."""
        now = self.read(day)
        past = [one for other in before if (one := self.read(other)) is not None]
        z = robust_z(now, past, self.floor) if now is not None else None
        return None if z is None else max(-_CLIP, min(_CLIP, self.sign * z)) - _SLACK

    def level(self, days: Sequence[Day]) -> float:
        """See ``Rule``."""
        return mean([one.value for day in days if (one := self.read(day)) is not None] or [0.0])


@dataclass(frozen=True, slots=True)
class Mentions:
    """How often something comes up in a day."""

    topic: str
    more: bool
    most: int = 3
    """Mentions of a day that count."""

    def score(self, day: Day, before: Sequence[Day]) -> float | None:
        """See ``Rule``."""
        past = [one for one in before if one.turns >= _LEAST_TURNS]
        if day.turns < _LEAST_TURNS or len(past) < LEAST_DAYS:
            return None
        counts = [self._count(one) for one in past]
        rate = (sum(counts) + 0.3) / (len(counts) + 1)
        if self.more:
            # A month is short: by chance it may have been a good one (one standard error more).
            rate = max(0.08, rate + sqrt(max(1, sum(counts))) / len(counts))
            other = max(3 * rate, rate + 1.0)
        elif rate < _LEAST_RATE:
            return None
        else:
            # They talk more on some days than on others.
            rate *= max(0.5, min(1.2, day.turns / median(one.turns for one in past)))
            other = 0.06 * rate
        ratio = self._count(day) * log(other / rate) - (other - rate)
        # Mentions come in clusters: a likelihood that takes them for independent is too sure.
        spread = pvariance(counts) / mean(counts) if any(counts) else 1.0
        return ratio / max(1.0, spread)

    def level(self, days: Sequence[Day]) -> float:
        """See ``Rule``."""
        heard = [day for day in days if day.turns >= _LEAST_TURNS]
        return mean([day.topics.get(self.topic, 0) for day in heard] or [0.0])

    def _count(self, day: Day) -> int:
        return (
            min(self.most, day.topics.get(self.topic, 0))
            if self.more
            else (day.topics.get(self.topic, 0))
        )


@dataclass(frozen=True, slots=True)
class Missed:
    """Medicine reminders that were missed or refused."""

    def score(self, day: Day, before: Sequence[Day]) -> float | None:
        """See ``Rule``."""
        past = [missed_doses(one) for one in before]
        past = [(missed, due) for missed, due in past if due]
        missed, due = missed_doses(day)
        if not due or len(past) < LEAST_DAYS:
            return None
        share = (sum(m for m, _ in past) + 0.5) / (sum(d for _, d in past) + 10)
        share = min(0.5, max(0.03, share))
        other = max(0.5, min(0.9, 3 * share))
        return missed * log(other / share) + (due - missed) * log((1 - other) / (1 - share))

    def level(self, days: Sequence[Day]) -> float:
        """See ``Rule``."""
        found = [missed_doses(day) for day in days]
        return sum(m for m, _ in found) / max(1, sum(d for _, d in found))


def missed_doses(day: Day) -> tuple[int, int]:
    """Return how many medicine reminders were missed or refused, and how many came due."""
    missed = day.outcomes("medicine", "missed", "refused")
    return missed, missed + day.outcomes("medicine", "done")


def _talk(day: Day) -> Estimate | None:
    """Return how much was said, so that twice as much is as far as half as much."""
    value = log1p(day.turns)
    away = sum(day.listening.get(why, 0.0) for why in ("muted", "fault", "off"))
    heard = day.turns and away < 6 * 3600
    return Estimate(value, value - 0.3, value + 0.3, day.turns) if heard else None


MOOD_FLOOR: Final = 0.07
ENERGY_FLOOR: Final = 0.2
WATCHES: Final = (
    Watch("mood", "less", Level(lambda day: day.mood, -1, MOOD_FLOOR), 4.6),
    Watch("mood", "more", Level(lambda day: day.mood, 1, MOOD_FLOOR), 5.5),
    Watch("energy", "less", Level(lambda day: day.energy, -1, ENERGY_FLOOR), 4.6),
    Watch("energy", "more", Level(lambda day: day.energy, 1, ENERGY_FLOOR), 5.5),
    Watch("talk", "less", Level(_talk, -1, 0.25), 8.0),
    Watch("sleep_bad", "more", Mentions("sleep_bad", True), 4.2),
    Watch("pain", "more", Mentions("pain", True), 6.5),
    Watch("appetite_low", "more", Mentions("appetite_low", True), 6.0),
    Watch("loneliness", "more", Mentions("loneliness", True), 6.0),
    Watch("people_contact", "less", Mentions("people_contact", False), 3.0),
    Watch("outing", "less", Mentions("outing", False), 6.5),
    Watch("medicines_missed", "more", Missed(), 4.2),
)
"""Thresholds were set on simulated months (seeds from 5000) that are not the ones measured."""


def changes(days: Sequence[Day], watches: Sequence[Watch] = WATCHES) -> tuple[Change, ...]:
    """Return the changes that are on at the last day.

    Args:
        days: every day up to the one looked at, in order, without holes.
        watches: what to look for.
    """
    by_day = changes_by_day(days, watches)
    return by_day[-1] if by_day else ()


def changes_by_day(
    days: Sequence[Day], watches: Sequence[Watch] = WATCHES
) -> tuple[tuple[Change, ...], ...]:
    """Return for every day the changes that are on then, knowing nothing of later days."""
    runs = [tuple(_follow(days, watch)) for watch in watches]
    return tuple(
        tuple(run[i] for run in runs if run[i] is not None)  # type: ignore[misc]
        for i in range(len(days))
    )


def _follow(days: Sequence[Day], watch: Watch) -> Iterator[Change | None]:
    total, run, speaking, alarmed = 0.0, None, 0, False
    usable: list[Day] = []
    """Days before the run."""
    held: list[Day] = []
    """Days of the run."""
    recent: deque[float] = deque(maxlen=_RECENT)
    for day in days:
        edge = day.day - timedelta(days=MEMORY_DAYS)
        while usable and usable[0].day < edge:
            usable.pop(0)
        score = watch.rule.score(day, usable)
        if score is None:
            (held if run else usable).append(day)
        else:
            total = min(_MOST * watch.threshold, max(0.0, total + score))
            recent.append(score)
            over = alarmed and sum(recent) < 0
            if over:
                # Back to usual: the days of the change itself are none to go by.
                held = held[-(_RECENT - 1) :]
            if over or total == 0.0 or (run is not None and (day.day - run).days >= _ABSORB_DAYS):
                usable += [*held, day]
                held, run, speaking, alarmed, total = [], None, 0, False, 0.0
            else:
                run = run or day.day
                held.append(day)
                speaking += score > 0
                alarmed = alarmed or (total >= watch.threshold and speaking >= _LEAST_RUN)
        if not alarmed or run is None:
            yield None
            continue
        yield Change(
            watch.metric,
            watch.direction,
            run,
            (day.day - run).days + 1,
            round(total / watch.threshold, 2),
            round(watch.rule.level(usable), 3),
            round(watch.rule.level(held), 3),
        )
