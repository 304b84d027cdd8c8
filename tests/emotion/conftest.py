from __future__ import annotations

import numpy as np
import pytest

from companion.domain import SAMPLE_RATE, Samples
from companion.emotion.prosody import Measurer


def voice(
    seconds: float = 2.0,
    hertz: float = 150.0,
    *,
    semitones: float = 3.0,
    level: float = 0.1,
    rate: float = 4.0,
    pause: tuple[float, float] | None = None,
    noise: float = 1e-4,
    seed: int = 0,
) -> Samples:
    """A buzzing voice: harmonics under two resonances, syllables, silence before and after."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    pitch = hertz * 2 ** (semitones / 2 * np.sin(2 * np.pi * 0.9 * t) / 12)
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    sound = np.zeros_like(t)
    for number in range(1, 30):
        at = number * hertz
        weight = 1 / (1 + ((at - 600) / 200) ** 2) + 0.5 / (1 + ((at - 1700) / 250) ** 2) + 0.02
        sound += weight / number**0.5 * np.sin(number * phase)
    sound *= 0.55 - 0.45 * np.cos(2 * np.pi * rate * t)
    sound *= level / np.sqrt(np.mean(sound**2))
    if pause is not None:
        sound[int(pause[0] * SAMPLE_RATE) : int(pause[1] * SAMPLE_RATE)] = 0.0
    silence = np.zeros(int(0.3 * SAMPLE_RATE))
    whole = np.concatenate([silence, sound, silence])
    return (whole + rng.normal(0, noise, len(whole))).astype(np.float32)


@pytest.fixture(scope="session")
def measurer() -> Measurer:
    return Measurer()
