"""One day (local, midnight to midnight) of what was noted about a person, as numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from math import sqrt
from typing import Any, Final

from sqlalchemy import Connection, or_, select

from companion.errors import WellbeingError
from companion.storage.tables import events
from companion.wellbeing.journal import KIND, TurnRecord, read_turn

LEAST_TURNS: Final = 4
"""Turns with a sure feeling from which a day has a mood or an energy."""
_Z95: Final = 1.96
_PRIOR_N: Final = 4.0
_PRIOR_SD: Final = {"mood": 0.3, "energy": 0.8}
"""Spread of single turns; counts as four turns, so that a few equal ones do not look certain."""
_KINDS: Final = (KIND, "reminder", "checkin", "scale", "listening", "message", "safety")

_NEAR_S: Final = 86_400.0
"""What became of a reminder is clear within this."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean and its 95% interval."""

    value: float
    low: float
    high: float
    turns: int
    """It rests on so many."""


@dataclass(frozen=True, slots=True)
class Reminding:
    """What became of a reminder."""

    kind: str
    """``medicine``, ``appointment`` or ``other``."""
    outcome: str
    """``done``, ``refused``, ``missed``, ``later`` or ``told``."""


@dataclass(frozen=True, slots=True)
class Day:
    """What was noted on one day."""

    day: date
    turns: int = 0
    """Of the person; unsure ones are apart."""
    unsure: int = 0
    untold: int = 0
    """Turns of ``turns`` in which voices were not told apart."""
    seconds: float = 0.0
    """Of their speech."""
    mood: Estimate | None = None
    """-1 to 1."""
    energy: Estimate | None = None
    """Deviations from the person's usual voice: louder, livelier, faster, fewer pauses is more."""
    topics: Mapping[str, int] = field(default_factory=dict)
    """Topic -> turns about it."""
    people: Mapping[str, int] = field(default_factory=dict)
    """Role -> turns about contact with them."""
    reminders: tuple[Reminding, ...] = ()
    checkins: tuple[bool, ...] = ()
    """Whether each was answered."""
    scales: tuple[Mapping[str, Any], ...] = ()
    messages: Mapping[str, int] = field(default_factory=dict)
    """Role -> messages sent."""
    safety: Mapping[tuple[str, int], int] = field(default_factory=dict)
    """(kind, tier) -> times; kind is the topic, or the category where there is none."""
    listening: Mapping[str, float] = field(default_factory=dict)
    """``heard``, ``muted``, ``fault`` or ``off`` -> seconds; empty when it was not noted."""

    @property
    def contacts(self) -> int:
        """Turns that told of contact with people."""
        return self.topics.get("people_contact", 0)

    def outcomes(self, kind: str, *outcomes: str) -> int:
        """Return how many reminders of a kind came out so."""
        return sum(r.kind == kind and r.outcome in outcomes for r in self.reminders)


def bounds(day: date, tz: tzinfo) -> tuple[float, float]:
    """Return when a local day begins and ends, seconds since 1970; 23 to 25 hours."""
    first = datetime.combine(day, time.min, tz)
    last = datetime.combine(day + timedelta(days=1), time.min, tz)
    return first.timestamp(), last.timestamp()


def day_of(at: float, tz: tzinfo) -> date:
    """Return the local day of a time in seconds since 1970."""
    return datetime.fromtimestamp(at, UTC).astimezone(tz).date()


@dataclass(frozen=True, slots=True)
class Noted:
    """One event, as far as a day needs it."""

    at: float
    kind: str
    data: Mapping[str, Any]


def read_days(
    connection: Connection, person_id: str, first: date, last: date, tz: tzinfo
) -> tuple[Day, ...]:
    """Return every day from first to last, both included; damaged events are left out.

    Raises:
        StorageError: the database cannot be read.
    """
    since, until = bounds(first, tz)[0], bounds(last, tz)[1]
    a_day = 86_400.0
    query = (
        select(events.c.at, events.c.kind, events.c.data)
        .where(events.c.kind.in_(_KINDS), events.c.at >= since - a_day, events.c.at < until + a_day)
        # What is about nobody in particular is the owner's.
        .where(or_(events.c.person_id == person_id, events.c.person_id.is_(None)))
        .order_by(events.c.at, events.c.id)
    )
    return group_days(
        (Noted(row.at, row.kind, row.data) for row in connection.execute(query)), first, last, tz
    )


def group_days(notes: Iterable[Noted], first: date, last: date, tz: tzinfo) -> tuple[Day, ...]:
    """Return every day from first to last of what was noted, in the order of time."""
    count = (last - first).days + 1
    days = [first + timedelta(days=i) for i in range(count)]
    sorted_in: dict[date, list[Noted]] = {day: [] for day in days}
    spans: list[tuple[float, float, str]] = []
    for note in notes:
        if note.kind == "listening":
            spans += _span(note.data)
        elif (on := day_of(_about(note), tz)) in sorted_in:
            sorted_in[on].append(note)
    return tuple(_day(day, sorted_in[day], _listening(spans, *bounds(day, tz))) for day in days)


def _about(note: Noted) -> float:
    """Return the time a note is about: a tablet of the evening may be given up after midnight."""
    due = note.data.get("due_at") if note.kind == "reminder" else None
    near = isinstance(due, (int, float)) and abs(due - note.at) < _NEAR_S
    return float(due) if near and due is not None else note.at


def _day(day: date, notes: Sequence[Noted], listening: Mapping[str, float]) -> Day:
    turns: list[TurnRecord] = []
    by_kind: dict[str, list[Mapping[str, Any]]] = {kind: [] for kind in _KINDS}
    for note in notes:
        if note.kind != KIND:
            by_kind[note.kind].append(note.data)
            continue
        try:
            turns.append(read_turn(note.data))
        except WellbeingError:
            continue
    own = [turn for turn in turns if turn.counts]
    felt = [turn for turn in own if turn.valence is not None and not turn.unsure]
    voiced = [(energy, 1.0) for turn in own if (energy := energy_of(turn)) is not None]
    return Day(
        day=day,
        turns=len(own),
        unsure=len(turns) - len(own),
        untold=sum(turn.speaker == "" for turn in own),
        seconds=sum(turn.seconds for turn in own),
        mood=estimate([(t.valence or 0.0, t.confidence) for t in felt], "mood"),
        energy=estimate(voiced, "energy"),
        topics=Counter(topic for turn in own for topic in turn.topics),
        people=Counter(
            who for turn in own if "people_contact" in turn.topics for who in turn.people
        ),
        reminders=_reminders(by_kind["reminder"]),
        checkins=tuple(bool(c.get("answered")) for c in by_kind["checkin"]),
        scales=tuple(by_kind["scale"]),
        messages=Counter(
            str(m.get("to", "")) for m in by_kind["message"] if m.get("state") == "sent"
        ),
        safety=Counter(_danger(s) for s in by_kind["safety"] if _tier(s) > 0),
        listening=listening,
    )


def _reminders(notes: Sequence[Mapping[str, Any]]) -> tuple[Reminding, ...]:
    """Return the last word on each: one that was missed may be told as taken later."""
    last = {
        (str(note.get("id", n)), str(note.get("due_at", n))): note for n, note in enumerate(notes)
    }
    return tuple(
        Reminding(str(one.get("kind", "other")), str(one.get("outcome", "")))
        for one in last.values()
    )


def energy_of(turn: TurnRecord) -> float | None:
    """Return how lively a voice was against its usual: the mean of louder, wider, faster and
    fewer pauses, in deviations; None when fewer than two of these were measured.
    """  # noqa: D205 - one sentence
    signs = {"loudness": 1, "range": 1, "tempo": 1, "pauses": -1}
    parts = [
        sign * max(-3.0, min(3.0, turn.against_usual[name]))
        for name, sign in signs.items()
        if name in turn.against_usual
    ]
    return sum(parts) / len(parts) if len(parts) > 1 else None


def estimate(values: Sequence[tuple[float, float]], what: str) -> Estimate | None:
    """Return the weighted mean of (value, weight), or None of too few.

    The spread of single turns is drawn towards a usual one; the interval is that of a mean, with
    Kish's effective number of turns.
    """
    values = [(value, weight) for value, weight in values if weight > 0]
    if len(values) < LEAST_TURNS:
        return None
    total = sum(weight for _, weight in values)
    mean = sum(value * weight for value, weight in values) / total
    squares = sum(weight * (value - mean) ** 2 for value, weight in values) / total
    effective = total**2 / sum(weight**2 for _, weight in values)
    prior = _PRIOR_SD[what] ** 2
    variance = (squares * effective + prior * _PRIOR_N) / (effective + _PRIOR_N)
    half = _Z95 * sqrt(variance / effective)
    edge = 1.0 if what == "mood" else 3.0
    return Estimate(mean, max(-edge, mean - half), min(edge, mean + half), len(values))


def _tier(data: Mapping[str, Any]) -> int:
    tier = data.get("tier", 0)
    return int(tier) if isinstance(tier, (int, float)) else 0


def _danger(data: Mapping[str, Any]) -> tuple[str, int]:
    return str(data.get("topic") or data.get("category") or "concern"), _tier(data)


def _span(data: Mapping[str, Any]) -> list[tuple[float, float, str]]:
    try:
        begin, end = float(data["from"]), float(data["to"])
    except (KeyError, TypeError, ValueError):
        return []
    return [(begin, end, str(data.get("why", "heard")))] if end > begin else []


def _listening(
    spans: Sequence[tuple[float, float, str]], begin: float, end: float
) -> dict[str, float]:
    """Return seconds by why, of a day; spans that overlap are counted once."""
    found: dict[str, float] = {}
    for why in {why for _, _, why in spans}:
        at = begin
        for first, last, _ in sorted(span for span in spans if span[2] == why):
            first, last = max(first, at), min(last, end)
            if last > first:
                found[why] = found.get(why, 0.0) + last - first
                at = last
    return found


__all__ = [
    "Day",
    "Estimate",
    "Noted",
    "Reminding",
    "bounds",
    "day_of",
    "energy_of",
    "estimate",
    "group_days",
    "read_days",
]
