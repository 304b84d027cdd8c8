"""People who never lived, for trying check-ins on: when they talk, answer, ignore and travel."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from companion.config import CheckinSettings
from companion.domain import Initiative, JsonObject
from companion.wellbeing.checkin_words import load_checkin_words
from companion.wellbeing.checkins import Facts
from companion.wellbeing.habits import learn_habits, state_of
from companion.wellbeing.initiatives import Initiatives
from companion.wellbeing.turns import Turn

STEP_S: Final = 600
"""How often time moves on."""
_RELEARN_S: Final = 6 * 3_600.0


def always(_: int) -> float:
    """Return the chance of an answer of somebody who is glad of a question."""
    return 0.9


def nobody(_: int) -> bool:
    """Return that somebody is never away."""
    return False


@dataclass(frozen=True, slots=True)
class SimulatedPerson:
    """Somebody, by their habits."""

    name: str
    zone: str = "Europe/London"
    start: date = date(2026, 5, 4)
    answers: Callable[[int], float] = always
    """Day, from 0, to the chance that a question is answered."""
    away: Callable[[int], bool] = nobody
    """Day, from 0, to whether they are out of the house all day."""
    stops: float | None = None
    """Day and part of it, from 0, after which nothing is heard of them."""
    up: float = 8.0
    """Hour of the first word, and of the last; both vary by 40 minutes."""
    bed: float = 20.5
    talks: int = 7
    """How often they speak on their own each day."""


@dataclass(slots=True)
class Watched:
    """What happened."""

    spoken: list[tuple[datetime, str]] = field(default_factory=list)
    answered: list[bool] = field(default_factory=list)
    concerns: list[tuple[datetime, int, str]] = field(default_factory=list)


@dataclass(slots=True)
class _World:
    person: SimulatedPerson
    settings: CheckinSettings
    seed: int
    watched: Watched = field(default_factory=Watched)
    now: float = 0.0
    turns: list[Turn] = field(default_factory=list)
    facts: Facts = field(default_factory=Facts)
    learned_at: float = float("-inf")
    pending: list[Initiative] = field(default_factory=list)

    def clock(self) -> datetime:
        return datetime.fromtimestamp(self.now, ZoneInfo(self.person.zone))

    def known(self, now: datetime) -> Facts:
        if self.now - self.learned_at >= _RELEARN_S:
            self.facts = Facts(learn_habits(self.turns, now), state_of(self.turns, now))
            self.learned_at = self.now
        return self.facts

    def offer(self, tier: int, text: str, evidence: tuple[str, ...], at: float) -> None:
        self.watched.concerns.append((self.clock(), tier, text))

    def note(self, kind: str, data: JsonObject, at: float) -> None:
        if kind == "checkin":
            self.watched.answered.append(bool(data["answered"]))

    def turn(self, prompted: bool) -> Turn:
        return Turn(self.now, seconds=4.0, valence=0.1, prompted=prompted)


def live(
    person: SimulatedPerson,
    days: int,
    *,
    seed: int = 1,
    settings: CheckinSettings | None = None,
    before: int = 28,
) -> Watched:
    """Let a person live with the real check-ins; time is simulated.

    Args:
        person: who.
        days: how long.
        seed: of all chance.
        settings: of the check-ins; their time zone is the person's.
        before: days of talk that are known already when it begins.
    """
    settings = settings or CheckinSettings()
    world = _World(person, settings, seed)
    zone, chance = ZoneInfo(person.zone), random.Random(f"{person.name} {seed}")
    begin = datetime.combine(person.start, datetime.min.time(), zone)
    for day in range(-before, 0):
        world.turns += [Turn(at, 4.0, 0.1) for at in _day(person, begin, day, chance)]
    runner = Initiatives(
        settings,
        world.known,
        world.pending.append,
        world.clock,
        load_checkin_words(),
        world.note,
        lambda _: None,
        concern=world,
    )
    if world.turns:
        runner.heard(world.turns[-1].at)
    stops = None if person.stops is None else begin.timestamp() + person.stops * 86_400
    for day in range(days):
        talk = [] if person.away(day) else _day(person, begin, day, chance)
        talk = [at for at in talk if stops is None or at < stops]
        world.now = _midnight(begin, day).timestamp()
        end = _midnight(begin, day + 1).timestamp()
        while world.now < end:
            while talk and talk[0] <= world.now:
                talk.pop(0)
                world.turns.append(world.turn(prompted=False))
                runner.heard(world.now)
            runner.tick()
            gone = person.away(day) or (stops is not None and world.now >= stops)
            _hear(world, runner, chance, 0.0 if gone else person.answers(day))
            world.now += STEP_S
    return world.watched


def _hear(world: _World, runner: Initiatives, chance: random.Random, likely: float) -> None:
    """Say what was offered; the person may answer half a minute later."""
    for initiative in world.pending:
        world.watched.spoken.append((world.clock(), initiative.kind))
        if initiative.exchange.effect is not None:
            initiative.exchange.effect()
        if chance.random() < likely:
            world.now += 30
            world.turns.append(world.turn(prompted=True))
            runner.heard(world.now)
            world.now -= 30
    world.pending.clear()


def _midnight(begin: datetime, day: int) -> datetime:
    return begin + timedelta(days=day)


def _day(person: SimulatedPerson, begin: datetime, day: int, chance: random.Random) -> list[float]:
    """Return when they speak on their own on a day, by their clock; seconds since 1970."""
    first = person.up + chance.gauss(0, 0.67)
    last = max(first + 1, person.bed + chance.gauss(0, 0.67))
    hours = sorted([first, last, *(chance.uniform(first, last) for _ in range(person.talks - 2))])
    start = _midnight(begin, day)
    found = []
    for hour in hours:
        minutes = round(hour * 60)
        there = start.replace(hour=min(23, minutes // 60), minute=minutes % 60)
        found.append(there.timestamp())
    return found


__all__ = ["SimulatedPerson", "Watched", "live"]
