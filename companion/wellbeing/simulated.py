"""A made-up life, day by day, written through the real journal: for demos, screenshots and tests.

The lines the made-up person says are those the topic classifier was taught with. Nothing here was
taken from anybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

import numpy as np

from companion.domain import Danger, Feeling, Match, Screening, Speaker
from companion.wellbeing.days import Noted
from companion.wellbeing.journal import KIND, MEASURES, Reader, Said, turn_record
from companion.wellbeing.topics import Line

PLANTS: Final = ("low_week", "sleep", "medicines", "contacts")
"""Changes that can be planted."""
PLANT_DAYS: Final = 7
_RATES: Final[Mapping[str, float]] = {
    "pain": 0.4, "appetite_low": 0.15, "appetite_good": 0.6, "mobility": 0.15, "medicines": 0.4,
    "loneliness": 0.2, "outing": 0.7, "low_mood": 0.15, "good_mood": 0.6, "tired": 0.3,
    "confusion": 0.08, "worry": 0.2,
}  # fmt: skip
"""Mentions a day; sleep and contact have rules of their own."""
_MISSES: Final = 0.04
_PLANTED_MISSES: Final = 0.85


class Remembering:
    """Reads each line once; made-up people repeat themselves."""

    def __init__(self, reader: Reader) -> None:
        """Wrap a reader."""
        self._reader = reader
        self._known: dict[str, Said] = {}

    def read(self, text: str) -> Said:
        """Return what the words are about."""
        if text not in self._known:
            self._known[text] = self._reader.read(text)
        return self._known[text]


@dataclass(frozen=True, slots=True)
class Life:
    """Whose days are made up."""

    days: int
    first: date
    tz: tzinfo
    seed: int
    plants: Mapping[str, int] = field(default_factory=dict)
    """Change -> the day it begins, counted from 0; it lasts a week."""
    said_also: str = ""
    """Added to everything said; a test looks for it afterwards."""


def simulate(life: Life, reader: Reader, lines: Sequence[Line]) -> Iterator[Noted]:
    """Return everything noted over the days of a life, in order."""
    by_topic: dict[str, list[str]] = {}
    for line in lines:
        if not line.held_out and len(line.topics) < 2:
            by_topic.setdefault(next(iter(line.topics), ""), []).append(line.text)
    rng = np.random.default_rng(life.seed)
    mood = energy = 0.0
    for number in range(life.days):
        planted = {
            name for name, begin in life.plants.items() if begin <= number < begin + PLANT_DAYS
        }
        # Good and bad days come in stretches, a little.
        mood = 0.3 * mood + rng.normal(0, 0.06)
        energy = 0.3 * energy + rng.normal(0, 0.15)
        day = _Day(life, life.first + timedelta(days=number), planted, rng)
        yield from sorted(day.noted(mood, energy, by_topic, reader), key=lambda one: one.at)


@dataclass(frozen=True, slots=True)
class _Day:
    life: Life
    day: date
    planted: set[str]
    rng: np.random.Generator

    def noted(
        self, mood: float, energy: float, by_topic: Mapping[str, Sequence[str]], reader: Reader
    ) -> Iterator[Noted]:
        topics = self._topics()
        turns = max(len(topics), int(self.rng.negative_binomial(6, 6 / (6 + 22))))
        topics += [""] * (turns - len(topics))
        for place in self.rng.permutation(len(topics)):
            lines = by_topic[topics[place]]
            text = lines[int(self.rng.integers(len(lines)))]
            low = "low_week" in self.planted
            yield from self._turn(
                text, 0.1 + mood - 0.4 * low, energy - 1.0 * low, topics[place], reader
            )
        yield from self._reminders()
        yield from self._rest()

    def _topics(self) -> list[str]:
        rng, planted = self.rng, self.planted
        rates = dict(_RATES)
        weekend = self.day.weekday() >= 5
        rates["people_contact"] = 0.15 if "contacts" in planted else 2.6 + 0.6 * weekend
        if "low_week" in planted:
            rates |= {"low_mood": 1.2, "good_mood": 0.1}
        found = [topic for topic, rate in rates.items() for _ in range(int(rng.poisson(rate)))]
        bad = rng.random() < (0.95 if "sleep" in planted else 0.08)
        if bad:
            most = (0.2, 0.45, 0.35) if "sleep" in planted else (0.8, 0.17, 0.03)
            return found + ["sleep_bad"] * int(rng.choice((1, 2, 3), p=most))
        return found + ["sleep_good"] * int(rng.random() < 0.4)

    def _turn(
        self, text: str, mood: float, energy: float, topic: str, reader: Reader
    ) -> Iterator[Noted]:
        rng = self.rng
        valence = float(np.clip(rng.normal(mood, 0.3), -1, 1))
        arousal = float(np.clip(rng.normal(0.2 * energy, 0.3), -1, 1))
        label = "sad" if valence < -0.35 else "happy" if valence > 0.45 else "neutral"
        confidence = float(rng.uniform(0.4, 0.85))
        unsure = bool(rng.random() < 0.35)
        signs = {"pitch": 0.5, "range": 1.0, "loudness": 1.0, "tempo": 1.0, "pauses": -1.0}
        usual = {name: float(rng.normal(signs[name] * energy, 1.0)) for name in MEASURES}
        match = rng.choice((Match.YES, Match.UNSURE, Match.NO), p=(0.92, 0.05, 0.03))
        fell = topic == "fall"
        said = f"{text} {self.life.said_also}".strip()
        record = turn_record(
            said,
            reader=reader,
            feeling=Feeling(valence, arousal, label, confidence, unsure),
            against_usual=usual,
            speaker=Speaker(Match(match)),
            screening=Screening(3, Danger.MEDICAL, "fall") if fell else None,
            seconds=0.4 * len(said.split()) + float(rng.uniform(0.5, 2.0)),
            source="script" if fell else "model",
        )
        if record is not None:
            yield Noted(self._at(rng.uniform(8, 21.5)), KIND, record.data())

    def _reminders(self) -> Iterator[Noted]:
        misses = _PLANTED_MISSES if "medicines" in self.planted else _MISSES
        for name, hour in (("morning tablets", 8.5), ("evening tablets", 19.0)):
            roll = self.rng.random()
            outcome = "missed" if roll < misses * 0.8 else "refused" if roll < misses else "done"
            yield Noted(
                self._at(hour + 0.5),
                "reminder",
                {"id": name[:7], "kind": "medicine", "outcome": outcome, "due_at": self._at(hour)},
            )

    def _rest(self) -> Iterator[Noted]:
        rng = self.rng
        for kind, hour in (("morning", 9.0), ("evening", 20.0)):
            answered = bool(rng.random() < 0.8)
            yield Noted(self._at(hour), "checkin", {"kind": kind, "answered": answered})
        if rng.random() < 0.15:
            yield Noted(self._at(15.0), "message", {"to": "daughter", "state": "sent"})
        if rng.random() < 0.02:
            found = {"tier": 3, "category": Danger.MEDICAL.value, "topic": "fall"}
            yield Noted(self._at(11.0), "safety", {**found, "script": "fall", "score": 0.97})
        begin, end = self._at(7.5), self._at(22.0)
        if rng.random() < 0.12:
            off = self._at(rng.uniform(9, 18))
            until = off + 60 * rng.uniform(20, 120)
            why = str(rng.choice(("muted", "muted", "fault")))
            yield Noted(off, "listening", {"from": off, "to": until, "why": why})
            yield Noted(until, "listening", {"from": until, "to": end, "why": "heard"})
            end = off
        yield Noted(begin, "listening", {"from": begin, "to": end, "why": "heard"})

    def _at(self, hour: float) -> float:
        midnight = datetime.combine(self.day, time.min, self.life.tz)
        return (midnight + timedelta(hours=float(hour))).timestamp()
