"""What check-ins go by, read from the database; seldom, since they ask every minute."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from companion.errors import StorageError
from companion.wellbeing.checkins import Facts, Occasion
from companion.wellbeing.habits import (
    SILENCE_DAYS,
    learn_habits,
    low_week,
    missed_outing,
    state_of,
)
from companion.wellbeing.scales import Scale, next_scale, scale_history
from companion.wellbeing.turns import Turn, read_deaf, read_turns

if TYPE_CHECKING:
    from companion.storage.database import Database

DAY_S: Final = 86_400.0
FRESH_S: Final = 1_800.0

Occasions = tuple[Sequence[Occasion], Sequence[Occasion]]
"""Appointments of the next hours, and what today is the anniversary of."""


@dataclass(slots=True)
class KnownFacts:
    """Reads the facts anew every half hour; with a database in trouble the last ones hold."""

    database: Database
    person_id: str
    scales: Sequence[Scale]
    occasions: Callable[[datetime], Occasions]
    _facts: Facts = field(default_factory=Facts, init=False)
    _read_at: float = field(default=float("-inf"), init=False)

    def __call__(self, now: datetime) -> Facts:
        """Return the facts."""
        at = now.timestamp()
        if at - self._read_at >= FRESH_S or at < self._read_at:
            self._read_at = at
            with suppress(StorageError):
                self._facts = self._read(now)
        appointments, anniversaries = self.occasions(now)
        return replace(
            self._facts, appointments=tuple(appointments), anniversaries=tuple(anniversaries)
        )

    def last_heard(self) -> float | None:
        """Return when the person was last heard, seconds since 1970; None if that is unknown.

        Raises:
            StorageError: the database cannot be read.
        """
        with self.database.read() as connection:
            turns = read_turns(connection, 0.0, self.person_id)
        return turns[-1].at if turns else None

    def _read(self, now: datetime) -> Facts:
        since = now.timestamp() - (SILENCE_DAYS + 1) * DAY_S
        with self.database.read() as connection:
            turns: tuple[Turn, ...] = read_turns(connection, since, self.person_id)
            deaf = read_deaf(connection, since)
            history = scale_history(connection, now.timestamp(), self.person_id)
        scale = next_scale(history, self.scales, now)
        return Facts(
            learn_habits(turns, now, deaf),
            state_of(turns, now),
            low_week(turns, now),
            missed_outing(turns, now),
            scale=scale.name if scale else None,
        )


__all__ = ["KnownFacts", "Occasions"]
