"""Other voices, rooms and telephones, made from recordings: what is trained on must vary.

Every speaker is disguised as a whole, so that a disguised speaker is one more person: a longer or
shorter throat and another pace (by resampling), a room, a microphone, a noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from companion.domain import SAMPLE_RATE, Samples


@dataclass(frozen=True, slots=True)
class Disguise:
    """One kind of disguise; speakers vary around it."""

    name: str
    stretch: float = 1.0
    """Above 1: slower, lower, from a larger throat."""
    low_hz: float = 0.0
    """Nothing is heard below."""
    high_hz: float = 0.0
    """Nothing is heard above; 0 leaves everything."""
    tilt_db: float = 0.0
    """dB an octave, up from 1 kHz."""
    snr_db: float | None = None
    """Noise against speech of middling loudness; None adds none."""
    room: bool = False


DISGUISES: Final = (
    Disguise("smaller", stretch=0.88),
    Disguise("larger", stretch=1.13),
    Disguise("telephone", low_hz=300, high_hz=3400, snr_db=25),
    Disguise("noisy", stretch=0.95, low_hz=80, tilt_db=-2, snr_db=14),
    Disguise("room", stretch=1.06, low_hz=100, tilt_db=1.5, snr_db=25, room=True),
    Disguise("far", stretch=0.92, high_hz=7000, tilt_db=2, snr_db=18, room=True),
)

_SPEECH_RMS: Final = 0.05
"""RMS that speech of middling loudness has in recordings."""


class Disguised:
    """One speaker in one disguise: the same throat, room and microphone in every utterance."""

    def __init__(self, disguise: Disguise, seed: int) -> None:
        """Choose this speaker's particulars."""
        self._kind = disguise
        self._rng = np.random.default_rng(seed)
        rng = self._rng
        plain = disguise.stretch == 1.0
        self._stretch = 1.0 if plain else disguise.stretch * rng.uniform(0.97, 1.03)
        self._tilt = disguise.tilt_db + rng.uniform(-1.0, 1.0)
        self._gain_db = rng.uniform(-15.0, 5.0)
        self._echo = _echo(rng) if disguise.room else None

    def __call__(self, samples: Samples) -> Samples:
        """Return an utterance of this speaker, disguised."""
        kind, sound = self._kind, np.asarray(samples, np.float32)
        if self._stretch != 1.0:
            sound = soxr.resample(sound, SAMPLE_RATE, SAMPLE_RATE * self._stretch)
        sound = _filtered(sound, kind.low_hz, kind.high_hz, self._tilt)
        if self._echo is not None:
            length = len(sound) + len(self._echo)
            both = np.fft.rfft(sound, length) * np.fft.rfft(self._echo, length)
            sound = np.asarray(np.fft.irfft(both, length)[: len(sound)], np.float32)
        if kind.snr_db is not None:
            noise = _filtered(self._rng.normal(size=len(sound)), 0.0, 0.0, -3.0)
            noise *= _SPEECH_RMS * 10 ** (-kind.snr_db / 20) / max(1e-9, float(noise.std()))
            sound = sound + noise
        gain = 10 ** ((self._gain_db + self._rng.normal() * 1.5) / 20)
        return np.asarray(np.clip(sound * gain, -1.0, 1.0), np.float32)


def _filtered(
    samples: NDArray[np.floating], low_hz: float, high_hz: float, tilt_db: float
) -> Samples:
    spectrum = np.fft.rfft(samples)
    hertz = np.maximum(np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE), 1.0)
    gain = 10 ** (tilt_db * np.log2(np.maximum(hertz, 60.0) / 1000.0) / 20)
    if low_hz:
        gain /= 1 + (low_hz / hertz) ** 8
    if high_hz:
        gain /= 1 + (hertz / high_hz) ** 16
    return np.asarray(np.fft.irfft(spectrum * gain, len(samples)), np.float32)


def _echo(rng: np.random.Generator) -> Samples:
    """Return the impulse response of a small room: noise that dies away."""
    length = int(0.25 * SAMPLE_RATE)
    fade = np.exp(-np.arange(length) / SAMPLE_RATE / rng.uniform(0.04, 0.09))
    tail = rng.normal(size=length) * fade * rng.uniform(0.03, 0.06)
    return np.concatenate([[1.0], tail]).astype(np.float32)
