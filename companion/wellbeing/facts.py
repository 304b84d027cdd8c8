"""What is known about a day, as numbers: the only thing a summary may rest on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Self

from companion.domain import JsonObject
from companion.wellbeing.days import Day, Estimate
from companion.wellbeing.trends import (
    ENERGY_FLOOR,
    MOOD_FLOOR,
    Change,
    changes,
    missed_doses,
    robust_z,
)

WEEK: Final = 7
_LEAST_WEEK: Final = 4
"""Days heard in a week before the week is spoken of."""
_NOTABLE_Z: Final = 3.5
_USUAL_Z: Final = 1.5
_GAP_MINUTES: Final = 10
_TOPICS_TOLD: Final = (
    *("sleep_bad", "sleep_good", "pain", "appetite_low", "appetite_good", "tired", "mobility"),
    *("fall", "confusion", "worry", "low_mood", "good_mood", "loneliness", "outing"),
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is known."""

    id: str
    kind: str
    """Names its template, such as ``mood.lower`` or ``topic.pain``."""
    numbers: Mapping[str, float] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    """Role words or kinds of danger, never names."""
    days: tuple[str, ...] = ()
    """ISO dates it is about."""

    def data(self) -> JsonObject:
        """Return it as JSON can hold it."""
        return {
            "id": self.id,
            "kind": self.kind,
            "numbers": dict(self.numbers),
            "words": list(self.words),
            "days": list(self.days),
        }

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Self:
        """Return a fact from its data.

        Raises:
            KeyError, TypeError, ValueError: it is damaged.
        """
        return cls(
            str(data["id"]),
            str(data["kind"]),
            {str(name): float(value) for name, value in data["numbers"].items()},
            tuple(map(str, data["words"])),
            tuple(map(str, data["days"])),
        )


def facts_of(days: Sequence[Day], *, find_changes: bool = True) -> tuple[Fact, ...]:
    """Return what is known about the last of some days.

    Args:
        days: the day, and those before it, in order and without holes.
        find_changes: look for changes, too.
    """
    day = days[-1]
    on = (day.day.isoformat(),)
    found: list[Fact] = []
    if day.turns == 0:
        found.append(Fact("silent", "silent", {}, (), on))
    else:
        found.append(Fact("heard", "heard", {"turns": day.turns, "minutes": _minutes(day)}, (), on))
        found += _level("mood", day.mood, [d.mood for d in days[:-1]], MOOD_FLOOR, on)
        found += _level("energy", day.energy, [d.energy for d in days[:-1]], ENERGY_FLOOR, on)
    for topic in _TOPICS_TOLD:
        if count := day.topics.get(topic, 0):
            found.append(Fact(f"topic.{topic}", f"topic.{topic}", {"count": count}, (), on))
    found += _people(day, days, on)
    found += _reminders(day, on)
    found += _asked(day, on)
    if find_changes:
        found += [_change(one, day.day) for one in changes(days)]
    for (kind, tier), count in sorted(day.safety.items(), key=lambda item: -item[0][1]):
        name = f"safety.{kind}.{tier}"
        found.append(Fact(name, "safety", {"count": count, "tier": tier}, (kind,), on))
    if not day.safety:
        found.append(Fact("safety.none", "safety.none", {}, (), on))
    found += _not_heard(day, on)
    return tuple(found)


def _minutes(day: Day) -> int:
    return max(1, round(day.seconds / 60))


def _level(
    name: str,
    now: Estimate | None,
    before: Sequence[Estimate | None],
    floor: float,
    on: tuple[str, ...],
) -> list[Fact]:
    if now is None:
        return [Fact(name, f"{name}.unknown", {}, (), on)]
    past = [one for one in before[-56:] if one is not None]
    numbers = {"turns": float(now.turns), "value": round(now.value, 3)}
    numbers |= {"low": round(now.low, 3), "high": round(now.high, 3), "days": float(len(past))}
    z = robust_z(now, past, floor)
    if z is None:
        return [Fact(name, f"{name}.early", numbers, (), on)]
    numbers["z"] = round(z, 2)
    far = abs(z) >= _NOTABLE_Z
    way = "lower" if z < 0 else "higher"
    level = way if far else "usual" if abs(z) < _USUAL_Z else f"bit_{way}"
    return [Fact(name, f"{name}.{level}", numbers, (), on)]


def _people(day: Day, days: Sequence[Day], on: tuple[str, ...]) -> list[Fact]:
    found = []
    if day.contacts:
        who = tuple(sorted(day.people, key=lambda one: (-day.people[one], one)))[:4]
        kind = "contact.who" if who else "contact"
        found.append(Fact("contact", kind, {"count": day.contacts}, who, on))
    elif day.turns:
        found.append(Fact("contact", "contact.none", {}, (), on))
    for role, count in sorted(day.messages.items()):
        found.append(Fact(f"message.{role}", "message", {"count": count}, (role,), on))
    week = [one for one in days[-WEEK:] if one.turns]
    if len(week) >= _LEAST_WEEK:
        met = sum(one.contacts > 0 for one in week)
        numbers = {"count": met, "of": len(week)}
        found.append(
            Fact("week.contact", "week.contact", numbers, (), tuple(str(d.day) for d in week))
        )
    return found


def _reminders(day: Day, on: tuple[str, ...]) -> list[Fact]:
    found = []
    missed, due = missed_doses(day)
    if due:
        refused = day.outcomes("medicine", "refused")
        numbers = {"missed": missed - refused, "refused": refused, "of": due, "done": due - missed}
        kind = "all" if not missed else "some"
        found.append(Fact("medicine", f"medicine.{kind}", numbers, (), on))
    open_ = day.outcomes("medicine", "later", "told")
    if open_:
        found.append(Fact("medicine.open", "medicine.open", {"count": open_}, (), on))
    for outcome in ("done", "missed", "refused"):
        if count := day.outcomes("appointment", outcome):
            name = f"appointment.{outcome}"
            found.append(Fact(name, name, {"count": count}, (), on))
    return found


def _asked(day: Day, on: tuple[str, ...]) -> list[Fact]:
    found = []
    if day.checkins:
        numbers = {"of": len(day.checkins), "answered": sum(day.checkins)}
        kind = "checkin.none" if not any(day.checkins) else "checkin"
        found.append(Fact("checkin", kind, numbers, (), on))
    for scale in day.scales:
        # A score is the person's own unless they said it may be shared.
        score, most = scale.get("score"), scale.get("max")
        if scale.get("share") is True and isinstance(score, int) and isinstance(most, int):
            name = str(scale.get("name", ""))
            found.append(
                Fact(f"scale.{name}", f"scale.{name}", {"score": score, "max": most}, (), on)
            )
    return found


def _change(one: Change, day: date) -> Fact:
    numbers = {"days": float(one.days), "usual": one.usual, "now": one.now}
    numbers["strength"] = one.strength
    kind = f"change.{one.metric}.{one.direction}"
    return Fact(kind, kind, numbers, (), (one.since.isoformat(), day.isoformat()))


def _not_heard(day: Day, on: tuple[str, ...]) -> list[Fact]:
    found = []
    for why in ("muted", "fault", "off"):
        minutes = round(day.listening.get(why, 0.0) / 60)
        if minutes >= _GAP_MINUTES:
            found.append(Fact(f"gap.{why}", f"gap.{why}", {"minutes": minutes}, (), on))
    if day.unsure:
        found.append(Fact("unsure", "unsure", {"count": day.unsure}, (), on))
    if day.untold:
        found.append(Fact("untold", "untold", {"count": day.untold}, (), on))
    if not found:
        found.append(Fact("complete", "complete" if day.listening else "unnoted", {}, (), on))
    return found


def counted(facts: Sequence[Fact]) -> Mapping[str, int]:
    """Return how many facts there are of each kind."""
    return Counter(fact.kind for fact in facts)
