"""Invented voices: directions in 192 dimensions."""

from __future__ import annotations

import numpy as np
import pytest

from companion.hearing.speakers.background import Background, unit
from companion.hearing.speakers.nouns import Voice, Voiceprint

WIDTH = 192


class Voices:
    """People who each sound like themselves."""

    def __init__(self) -> None:
        self._rng = np.random.default_rng(3)
        self._people: dict[str, np.ndarray] = {}

    def vector(self, name: str, spread: float = 0.5) -> np.ndarray:
        if name not in self._people:
            self._people[name] = unit(self._rng.standard_normal(WIDTH))
        return unit(self._people[name] + spread * unit(self._rng.standard_normal(WIDTH)))

    def voice(self, name: str, seconds: float = 4.0, spread: float = 0.5) -> Voice:
        return Voice(self.vector(name, spread).astype(np.float32), seconds)

    def between(self, name: str, likeness: float, seconds: float = 4.0) -> Voice:
        own = self.vector(name, 0.0)
        other = unit(self._rng.standard_normal(WIDTH))
        other = unit(other - (other @ own) * own)
        mixed = likeness * own + np.sqrt(1 - likeness**2) * other
        return Voice(mixed.astype(np.float32), seconds)

    def print(
        self, name: str, device: str = "mic", model: str = "net", person_id: str | None = None
    ) -> Voiceprint:
        rows = np.stack([self.vector(name, 0.3) for _ in range(12)]).astype(np.float32)
        return Voiceprint(person_id or f"id-{name}", name, device, rows, 48.0, model)


@pytest.fixture
def voices() -> Voices:
    return Voices()


@pytest.fixture
def background(voices: Voices) -> Background:
    cohort = np.stack([voices.vector(f"stranger {n}", 0.0) for n in range(10)])
    return Background(
        "net", np.zeros((WIDTH, 1)), cohort, np.array([30.0, -1.0, -15.0]), accept=0.9, refuse=0.1
    )
