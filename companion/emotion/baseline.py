"""A person's usual way of speaking, learned from their own utterances as they come.

Every feature has a running mean and deviation. Both begin at what is usual for people (the
population), and move to the person's own as fast as the feature deserves: a feature in which
people differ much more than one person's utterances do, such as pitch, is taken from the person
after one or two utterances; one in which they hardly differ stays near the population for long.
Old utterances are forgotten slowly, odd ones count less.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from companion.emotion.features import NAMES, VERSION, Mask, Prosody, Vector
from companion.errors import EmotionError

_HALF_LIFE: Final = 150.0
"""Utterances after which one counts half: some days of talk."""

_HUBER: Final = 2.5
"""Deviations beyond which an utterance pulls the mean no further (Huber's psi)."""

_DEVIATION_TRUST: Final = 8.0
"""Utterances at which the person's own deviation counts as much as the population's."""

_WIDEST: Final = 4.0
"""Normalised values are cut here."""

_BELIEF: Final = 0.5
"""Share of a supposed feeling that is kept out of the baseline. 0 lets a sad week become the usual
(four-class recall 0.45 after a life of nothing but sadness, 0.56 with this), 1 makes the model
believe itself (0.64 instead of 0.74 after ordinary lives)."""

_SHORTEST_S: Final = 0.3
"""Voice in an utterance that may teach the baseline; less is a grunt or a cough."""


@dataclass(frozen=True, slots=True)
class Population:
    """What is usual for people."""

    mean: Vector = field(repr=False)
    within: Vector = field(repr=False)
    """Standard deviation of one person's utterances."""
    between: Vector = field(repr=False)
    """Standard deviation of people's means."""

    @property
    def trust(self) -> Vector:
        """Utterances at which a person's own mean counts as much as the population's."""
        return np.asarray((self.within / self.between) ** 2)


class Baseline:
    """One person's usual values. Not thread-safe; time does not matter to it, order does."""

    def __init__(self, population: Population) -> None:
        """Start from the population."""
        self._population = population
        self.reset()

    def reset(self) -> None:
        """Forget the person: "I had a cold this week"."""
        size = len(self._population.mean)
        self._weight = np.zeros(size)
        self._mean = self._population.mean.copy()
        self._square = np.zeros(size)
        self._seen = 0

    @property
    def utterances(self) -> int:
        """How many utterances were learned from since the last reset."""
        return self._seen

    @property
    def mean(self) -> Vector:
        """The usual values, shape (features,), shrunk towards the population."""
        population, weight = self._population, self._weight
        trust = population.trust
        return np.asarray((trust * population.mean + weight * self._mean) / (trust + weight))

    @property
    def deviation(self) -> Vector:
        """Their usual deviation, shape (features,), shrunk towards the population."""
        population, weight = self._population, self._weight
        own = np.where(weight > 1.5, self._square / np.maximum(weight, 1e-9), 0.0)
        count = np.where(weight > 1.5, weight - 1.0, 0.0)
        square = (_DEVIATION_TRUST * population.within**2 + count * own) / (
            _DEVIATION_TRUST + count
        )
        return np.asarray(np.sqrt(np.maximum(square, 1e-12)))

    def normalise(self, prosody: Prosody) -> Vector:
        """Return an utterance in deviations from the usual; what is not valid becomes 0."""
        z = (prosody.values - self.mean) / self.deviation
        return np.asarray(np.clip(np.where(prosody.valid, z, 0.0), -_WIDEST, _WIDEST))

    def learn(self, prosody: Prosody, feeling: Vector | None = None) -> None:
        """Take in an utterance of this person; too short ones are ignored.

        Args:
            prosody: the utterance.
            feeling: what a feeling is thought to have added, in deviations; half of it is taken
                off first, so that somebody who is sad for a week does not become the usual.
        """
        if prosody.voiced_s < _SHORTEST_S:
            return
        values = prosody.values
        if feeling is not None:
            values = values - _BELIEF * feeling * self.deviation
        self._learn(values, prosody.valid)

    def _learn(self, values: Vector, valid: Mask) -> None:
        spread = self.deviation
        self._weight *= 0.5 ** (1 / _HALF_LIFE)
        self._square *= 0.5 ** (1 / _HALF_LIFE)
        # Once there is something to be odd against, an odd value is drawn in.
        settled = self._weight >= 3.0
        limit = np.where(settled, _HUBER * spread, np.inf)
        step = np.where(valid, values - np.where(self._weight > 0, self._mean, 0.0), 0.0)
        step = np.clip(step, -limit, limit)
        first = valid & (self._weight <= 0)
        self._mean = np.where(first, 0.0, self._mean)
        self._weight = self._weight + valid
        share = np.where(valid, 1.0 / np.maximum(self._weight, 1.0), 0.0)
        moved = step * share
        self._mean = self._mean + moved
        self._square = self._square + np.where(valid & ~first, step * (step - moved), 0.0)
        self._seen += 1

    def state(self) -> dict[str, Any]:
        """Return everything as JSON can hold it."""
        return {
            "version": VERSION,
            "seen": self._seen,
            "weight": _listed(self._weight),
            "mean": _listed(self._mean),
            "square": _listed(self._square),
        }

    @classmethod
    def restored(cls, population: Population, state: Mapping[str, Any]) -> Self:
        """Return a baseline from its state.

        A state of another version of the features is of no use; the person is then learned anew.

        Raises:
            EmotionError: the state is damaged.
        """
        baseline = cls(population)
        if state.get("version") != VERSION:
            return baseline
        try:
            arrays = {
                key: np.asarray(state[key], np.float64) for key in ("weight", "mean", "square")
            }
            seen = int(state["seen"])
        except (KeyError, TypeError, ValueError) as error:
            raise EmotionError("the stored voice baseline is damaged; reset it") from error
        for values in arrays.values():
            if values.shape != (len(NAMES),) or not np.isfinite(values).all():
                raise EmotionError("the stored voice baseline is damaged; reset it")
        if seen < 0 or (arrays["weight"] < 0).any() or (arrays["square"] < 0).any():
            raise EmotionError("the stored voice baseline is damaged; reset it")
        baseline._seen = seen
        baseline._weight, baseline._mean = arrays["weight"], arrays["mean"]
        baseline._square = arrays["square"]
        return baseline


def _listed(values: NDArray[np.float64]) -> list[float]:
    return [float(f"{value:.7g}") for value in values]
