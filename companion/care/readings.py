"""What the dashboard shows of the days; ``companion/app`` fits the wellbeing room to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number, and how sure it is."""

    value: float
    low: float
    high: float
    """The truth is thought to lie between ``low`` and ``high``."""


@dataclass(frozen=True, slots=True)
class Day:
    """One day in numbers."""

    day: date
    mood: Estimate | None = None
    """-1 (low) to 1 (bright); None when too little was heard."""
    energy: Estimate | None = None
    """-1 (quiet) to 1 (lively)."""
    turns: int = 0
    minutes_heard: float = 0.0
    """Minutes the person spoke."""
    contacts: int = 0
    """How often they told of people they met or called."""
    topics: Mapping[str, int] = field(default_factory=dict)
    reminders_done: int = 0
    reminders_missed: int = 0
    safety_tiers: tuple[int, ...] = ()
    not_heard_h: float = 0.0
    """Hours in which the companion could not listen."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One statement of a summary."""

    text: str
    about: str
    """A subject of ``sharing.SUBJECTS``; who may not see it does not see the sentence."""
    how_sure: str = ""
    """In words, such as "fairly sure"; empty for plain facts."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A day in words."""

    day: date
    sentences: tuple[Sentence, ...]
    not_heard: tuple[str, ...] = ()
    """What could not be heard, and why; always shown with the rest."""
    language: str = "en"
    made_at: float | None = None
    """Seconds since 1970."""


class Readings(Protocol):
    """Reads days out of the database; may block."""

    def summary(self, day: date) -> Summary | None:
        """Return what there is to say of a day; None when there is nothing."""
        ...

    def series(self, first: date, last: date) -> tuple[Day, ...]:
        """Return the days from first to last, both included; days without anything are missing."""
        ...
