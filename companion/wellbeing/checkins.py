"""When to speak first, and when not to: a pure decision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from companion.config import CheckinSettings
from companion.wellbeing.checkin_log import CheckinLog
from companion.wellbeing.habits import Habits, Silence, silence

HOUR_S: Final = 3_600.0
SPACING_S: Final = 3 * HOUR_S
"""Between two things said first; doubled by every one that was not answered."""
SILENCE_SPACING_S: Final = 1.5 * HOUR_S
"""Before and after a question into an unusual silence, which does not back off."""
MOST_DOUBLINGS: Final = 5
"""At most four days between offers, however many were not answered."""
SILENCE_TRIES: Final = 2
SILENCE_AGAIN_S: Final = 20 * HOUR_S
"""From a question into one silence to that into another."""
TALKING_S: Final = 600.0
"""Who spoke so recently is not interrupted by a check-in."""
JUST_TALKED_S: Final = 45 * 60.0
"""Who spoke so recently needs no evening question."""
APPOINTMENT_LEAD_S: Final = (30 * 60.0, 2 * HOUR_S)
"""So long before an appointment at the latest, and at the earliest."""
OPEN_S: Final = 600.0
"""An offer that could not be said within this is dropped."""
DRIFT_MIN: Final = 180.0
"""Minutes the learned hours may differ from the configured ones."""
WEEK_S: Final = 7 * 24 * HOUR_S


@dataclass(frozen=True, slots=True)
class Occasion:
    """An appointment, or a day that matters to the person."""

    id: str
    what: str
    """As it is said: "the dentist", "Henry's birthday"."""
    at: float = 0.0
    """Seconds since 1970, for an appointment."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about the person just now."""

    habits: Habits = field(default_factory=Habits)
    state: frozenset[str] = frozenset()
    low_week: bool = False
    missed_outing: bool = False
    appointments: tuple[Occasion, ...] = ()
    anniversaries: tuple[Occasion, ...] = ()
    """Those of today."""
    scale: str | None = None
    """A scale that may be offered."""


@dataclass(frozen=True, slots=True)
class State:
    """All the decision goes by, besides the time."""

    settings: CheckinSettings = field(default_factory=CheckinSettings)
    log: CheckinLog = field(default_factory=CheckinLog)
    facts: Facts = field(default_factory=Facts)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to say first, and until when."""

    kind: str
    expires_at: float
    """Seconds since 1970."""
    about: str = ""
    """Id of an occasion, or the name of a scale."""
    fill: dict[str, str] = field(default_factory=dict)
    """For the gaps in the words."""
    evidence: tuple[str, ...] = ()
    """Why, for a reviewer."""


def next_initiative(state: State, now: datetime) -> Plan | None:
    """Return what to say first now, or None, which is the answer nearly always.

    Args:
        state: settings, memory and facts.
        now: the present, in the person's time zone.
    """
    log, at = state.log, now.timestamp()
    settings = state.settings
    if not settings.enabled or log.open is not None or at < log.snoozed_until:
        return None
    if is_quiet(settings, now) or spoken_today(log, now) >= settings.most_a_day:
        return None
    if log.heard_at is not None and at - log.heard_at < TALKING_S:
        return None
    end = min(at + OPEN_S, quiet_begins(settings, now))
    for kind, candidate in _CANDIDATES:
        if spaced(log, kind, at):
            for plan in candidate(state, now, end):
                return plan
    return None


def is_quiet(settings: CheckinSettings, now: datetime) -> bool:
    """Return whether it is an hour in which nothing is said first."""
    start, end, here = minutes(settings.quiet_from), minutes(settings.quiet_to), _minute(now)
    if start <= end:
        return start <= here < end
    return here >= start or here < end


def quiet_begins(settings: CheckinSettings, now: datetime) -> float:
    """Return when the next quiet hours begin; seconds since 1970."""
    if settings.quiet_from == settings.quiet_to:
        return float("inf")
    start = minutes(settings.quiet_from)
    there = now.replace(hour=start // 60, minute=start % 60, second=0, microsecond=0)
    if there.timestamp() <= now.timestamp():
        there += timedelta(days=1)
    return there.timestamp()


def spoken_today(log: CheckinLog, now: datetime) -> int:
    """Return how many things were said first on this local day."""
    today = now.toordinal()
    return sum(datetime.fromtimestamp(o.at, now.tzinfo).toordinal() == today for o in log.offers)


def spaced(log: CheckinLog, kind: str, at: float) -> bool:
    """Return whether the last offer is long enough ago, and longer the less was answered."""
    last = log.last()
    if last is None:
        return True
    if kind in ("silence", "appointment"):
        return at - last.at >= SILENCE_SPACING_S
    return at - last.at >= SPACING_S * (1 << min(log.unanswered, MOST_DOUBLINGS))


def minutes(clock: str) -> int:
    """Return "HH:MM" as minutes after midnight."""
    return int(clock[:2]) * 60 + int(clock[3:])


def _minute(now: datetime) -> int:
    return now.hour * 60 + now.minute


def _near(learned: float | None, configured: str) -> float:
    """Return the learned minute of the day, held near the configured one."""
    usual = minutes(configured)
    if learned is None:
        return usual
    return max(usual - DRIFT_MIN, min(usual + DRIFT_MIN, learned))


def _since(state: State, kind: str, now: datetime) -> float:
    last = state.log.last(kind)
    return float("inf") if last is None else now.timestamp() - last.at


def _today(state: State, now: datetime, *kinds: str) -> bool:
    last = state.log.last(*kinds)
    return last is not None and (
        datetime.fromtimestamp(last.at, now.tzinfo).toordinal() == now.toordinal()
    )


def _appointment(state: State, now: datetime, end: float) -> Iterator[Plan]:
    latest, earliest = APPOINTMENT_LEAD_S
    told = {o.about for o in state.log.offers if o.kind == "appointment"}
    for one in state.facts.appointments:
        lead = one.at - now.timestamp()
        if latest <= lead <= earliest and one.id not in told:
            there = datetime.fromtimestamp(one.at, now.tzinfo)
            hour = f"{there.hour % 12 or 12}" + (f":{there.minute:02}" if there.minute else "")
            fill = {"what": one.what, "hour": hour}
            until = min(end, one.at - latest + 60)
            yield Plan("appointment", until, one.id, fill, (f"in {lead / 60:.0f} min",))


def _silence(state: State, now: datetime, end: float) -> Iterator[Plan]:
    log, heard = state.log, state.log.heard_at
    if log.silence_tries >= SILENCE_TRIES or heard is None:
        return
    # Questions into earlier silences that turned out to be none: not again at once.
    earlier = [o.at for o in log.offers if o.kind == "silence" and o.at <= heard]
    if earlier and now.timestamp() - earlier[-1] < SILENCE_AGAIN_S:
        return
    found = unusual_silence(state, now)
    if found is not None:
        hours = f"silent {found.seconds / HOUR_S:.1f} h, usual {found.usual / HOUR_S:.1f} h"
        yield Plan("silence", end, evidence=(hours,))


def unusual_silence(state: State, now: datetime) -> Silence | None:
    """Return the present silence if it is unusual for this hour and weekday."""
    if state.log.heard_at is None:
        return None
    found = silence(state.facts.habits, state.log.heard_at, now)
    return found if found is not None and found.unusual else None


def _anniversary(state: State, now: datetime, end: float) -> Iterator[Plan]:
    told = {o.about for o in state.log.offers if o.kind == "anniversary"}
    start = _near(state.facts.habits.first, state.settings.morning)
    for one in state.facts.anniversaries:
        about = f"{one.id}:{now.year}"
        if about not in told and _minute(now) >= start:
            yield Plan("anniversary", end, about, {"what": one.what}, (one.id,))


def _morning(state: State, now: datetime, end: float) -> Iterator[Plan]:
    start = _near(state.facts.habits.first, state.settings.morning) + 10
    heard = state.log.heard_at
    up = heard is not None and _day_of(heard, now) == _day_of(now.timestamp(), now)
    if start <= _minute(now) < start + 150 and not up and not _today(state, now, "morning"):
        yield Plan("morning", end, evidence=(f"usually up at {start - 10:.0f} min",))


def _day_of(at: float, now: datetime) -> int:
    """Return the day that began at 4 o'clock."""
    there = datetime.fromtimestamp(at, now.tzinfo)
    return there.toordinal() - (there.hour < 4)


def _evening(state: State, now: datetime, end: float) -> Iterator[Plan]:
    learned = state.facts.habits.last
    start = _near(None if learned is None else learned - 60, state.settings.evening)
    quiet = minutes(state.settings.quiet_from)
    if start < quiet + 120 and state.settings.quiet_from != state.settings.quiet_to:
        start = min(start, quiet - 90)
    heard = state.log.heard_at
    just = heard is not None and now.timestamp() - heard < JUST_TALKED_S
    if start <= _minute(now) < start + 120 and not just and not _today(state, now, "evening"):
        yield Plan("evening", end, evidence=(f"usually talks until {start + 60:.0f} min",))


def _low_week(state: State, now: datetime, end: float) -> Iterator[Plan]:
    if state.facts.low_week and _since(state, "low_week", now) >= WEEK_S and _calm(now):
        yield Plan("low_week", end)


def _missed_walk(state: State, now: datetime, end: float) -> Iterator[Plan]:
    if state.facts.missed_outing and _since(state, "missed_walk", now) >= WEEK_S and _calm(now):
        yield Plan("missed_walk", end)


def _scale(state: State, now: datetime, end: float) -> Iterator[Plan]:
    """Offer a scale to who talked in the last hours, on a day without other questions but one."""
    heard = state.log.heard_at
    awake = heard is not None and now.timestamp() - heard < 3 * HOUR_S
    weekly = _since(state, "scale", now) >= WEEK_S
    if state.facts.scale and awake and weekly and _calm(now) and spoken_today(state.log, now) < 2:
        yield Plan("scale", end, state.facts.scale)


def _calm(now: datetime) -> bool:
    return 10 <= now.hour < 17


_CANDIDATES: Final[tuple[tuple[str, Callable[[State, datetime, float], Iterator[Plan]]], ...]] = (
    ("appointment", _appointment),
    ("silence", _silence),
    ("anniversary", _anniversary),
    ("morning", _morning),
    ("evening", _evening),
    ("low_week", _low_week),
    ("missed_walk", _missed_walk),
    ("scale", _scale),
)
"""In the order of their weight."""

__all__ = ["Facts", "Occasion", "Plan", "State", "next_initiative", "unusual_silence"]
