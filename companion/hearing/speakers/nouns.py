"""What the speaker check speaks of."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Voice:
    """One voice in a stretch of sound, as numbers; the sound itself cannot be made from them."""

    embedding: Vector = field(repr=False)
    """Shape (192,)."""
    seconds: float
    """How long it was heard alone."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What was found in a stretch of sound."""

    voices: tuple[Voice, ...]
    """In the order they were heard; one person may be in it more than once."""
    overlap_s: float = 0.0
    """How long two spoke at once."""
    changes: int = 0
    """How often one voice followed another."""

    @property
    def seconds(self) -> float:
        """How long somebody spoke alone."""
        return sum(voice.seconds for voice in self.voices)


@dataclass(frozen=True, slots=True)
class Voiceprint:
    """How one person sounds through one device."""

    person_id: str
    name: str
    device: str
    """The microphone it was made with; a person may have one for each."""
    centroids: NDArray[np.float32] = field(repr=False)
    """Shape (n, 192), each of length 1: the ways this person speaks."""
    seconds: float
    """Of speech it was made from."""
    model: str
    """Name and version of the network; prints of another network are not compared."""
    made_at: float = 0.0
    """Seconds since 1970."""
