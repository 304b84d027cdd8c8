"""What is usual for a person at this time of day.

Voices are lower and slower in the morning. Once enough was heard in a part of the day, that part
has its own usual values; until then the whole day's are used.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Self

from companion.emotion.baseline import Baseline, Population
from companion.emotion.features import Prosody, Vector
from companion.errors import EmotionError

_PARTS: Final = (("night", 5), ("morning", 12), ("afternoon", 18), ("evening", 23))
"""Parts of the day and the hour each ends."""

_ENOUGH: Final = 60
"""Utterances from which a part of the day stands on its own."""


def part_of_day(hour: float) -> str:
    """Return the part of the day of an hour, 0-24, local time."""
    return next((name for name, end in _PARTS if hour % 24 < end), "night")


class Usual:
    """One person's baselines: the whole day's, and each part's."""

    def __init__(self, population: Population) -> None:
        """Start from the population."""
        self._population = population
        self.whole = Baseline(population)
        self._parts: dict[str, Baseline] = {}

    @property
    def utterances(self) -> int:
        """How many utterances were learned from."""
        return self.whole.utterances

    def reset(self) -> None:
        """Forget the person."""
        self.whole.reset()
        self._parts.clear()

    def normalise(self, prosody: Prosody, hour: float | None = None) -> Vector:
        """Return an utterance in deviations from what is usual at this hour (0-24, or None)."""
        return self._at(hour).normalise(prosody)

    def learn(
        self, prosody: Prosody, feeling: Vector | None = None, hour: float | None = None
    ) -> None:
        """Take in an utterance of this person; see ``Baseline.learn``."""
        self.whole.learn(prosody, feeling)
        if hour is not None:
            part = self._parts.setdefault(part_of_day(hour), Baseline(self._population))
            part.learn(prosody, feeling)

    def _at(self, hour: float | None) -> Baseline:
        part = self._parts.get(part_of_day(hour)) if hour is not None else None
        return part if part is not None and part.utterances >= _ENOUGH else self.whole

    def state(self) -> dict[str, Any]:
        """Return everything as JSON can hold it."""
        return {
            "whole": self.whole.state(),
            "parts": {name: part.state() for name, part in self._parts.items()},
        }

    @classmethod
    def restored(cls, population: Population, state: Mapping[str, Any]) -> Self:
        """Return the baselines from their state.

        Raises:
            EmotionError: the state is damaged.
        """
        usual = cls(population)
        try:
            usual.whole = Baseline.restored(population, state["whole"])
            for name, part in state["parts"].items():
                if name in {known for known, _ in _PARTS}:
                    usual._parts[name] = Baseline.restored(population, part)
        except (KeyError, TypeError, AttributeError) as error:
            raise EmotionError("the stored voice baseline is damaged; reset it") from error
        return usual
