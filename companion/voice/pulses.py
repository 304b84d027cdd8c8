"""Where the voice's own pulses lie: one mark for each opening and closing of the glottis.

A pitch tracker says how high the voice is every 16 ms; moving single pulses needs each of them to
a fraction of a millisecond. The phase of the fundamental gives that: sound is turned down by the
tracked pitch, what stays is nearly constant, and its angle says how far each moment is into its
pulse. No peak is picked, so no mark jumps from one peak to the next, which is heard as roughness.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import soxr
import swift_f0
from numpy.typing import NDArray

from companion.domain import SAMPLE_RATE, Samples

LOWEST_HZ: Final = 55.0
HIGHEST_HZ: Final = 400.0
"""Speaking voices of adults."""
_SURE: Final = 0.5
"""Confidence from which a frame is voiced (the tracker's own calibration)."""
_JUMP: Final = 4.0
"""Semitones between two frames (16 ms) that no larynx does: two stretches."""
_SHORTEST: Final = 3
"""Frames; shorter stretches are noise, and have no tune to change."""
_PHASE_HZ: Final = 2000
"""The fundamental is followed at about this many samples a second."""
_WINDOW_S: Final = 0.026
"""How much sound one phase is read from. The second harmonic of 77 Hz and more is cancelled."""
_SETTLE_S: Final = 0.12
"""How slowly the place of the pulse within a period may move."""

Line = NDArray[np.float64]
Marks = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stretch:
    """One run of voice without a break."""

    marks: Marks
    """Samples at which the pulses lie, increasing, at least 3."""
    at: Line
    """Sample positions of the pitch track's frames, increasing."""
    semitones: Line
    """Pitch at those, above 100 Hz, same shape."""


class PulseFinder:
    """Finds the pulses of speech; holds the pitch tracker (0.4 MB), one thread."""

    def __init__(self) -> None:
        self._tracker = swift_f0.SwiftF0(threads=1, spin=False)

    def find(self, samples: Samples, rate: int) -> list[Stretch]:
        """Return the voiced stretches in order, without overlap.

        Args:
            samples: clean speech of one voice, mono, shape (n,).
            rate: Hz.
        """
        if len(samples) < rate // 20:
            return []
        heard = soxr.resample(samples, rate, SAMPLE_RATE, quality="MQ")
        track = self._tracker.detect(heard, SAMPLE_RATE, LOWEST_HZ, HIGHEST_HZ)
        at = np.asarray(track.timestamps, np.float64) * rate
        sure = np.asarray(track.confidence) >= _SURE
        tones = 12 * np.log2(np.maximum(np.asarray(track.pitch_hz, np.float64), 1.0) / 100)
        bounds = _bounds(sure, tones)
        if not bounds:
            return []
        phase = _Phase(samples, rate, at, tones, bounds)
        stretches = []
        for first, last in bounds:
            marks = phase.marks(at[first], at[last])
            if len(marks) >= 3:
                stretches.append(Stretch(marks, at[first : last + 1], tones[first : last + 1]))
        return stretches


def _bounds(sure: NDArray[np.bool_], tones: Line) -> list[tuple[int, int]]:
    """Return first and last frame of each voiced stretch."""
    joined = sure[1:] & sure[:-1] & (np.abs(np.diff(tones)) < _JUMP)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], joined, [False]]).astype(np.int8)))
    spans = [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]
    return [(a, b) for a, b in spans if b - a + 1 >= _SHORTEST]


class _Phase:
    """How many pulses there have been at every moment, as a number that grows by 1 a pulse."""

    def __init__(
        self, samples: Samples, rate: int, at: Line, tones: Line, bounds: list[tuple[int, int]]
    ) -> None:
        self._rate = rate
        self._step = step = max(1, round(rate / _PHASE_HZ))
        slow_rate = rate / step
        count = -(-len(samples) // step)
        jolts = np.zeros(count * step)
        jolts[: len(samples)] = np.diff(samples, prepend=samples[:1]).astype(np.float64) ** 2
        # Loudness within a pulse: it has the pitch of the voice even where the fundamental was
        # lost in the recording, and its peak is the burst that follows the closing.
        bursts = np.sqrt(jolts.reshape(count, step).mean(axis=1))
        self._times = times = np.arange(count) * step + step / 2
        voiced = np.concatenate([np.arange(a, b + 1) for a, b in bounds])
        hertz = 100 * 2 ** (np.interp(times, at[voiced], tones[voiced]) / 12)
        expected = np.cumsum(hertz) / slow_rate
        window = _hann(round(_WINDOW_S * slow_rate))
        bursts = bursts / (_smooth(bursts, window) + 1e-5) - 1.0
        still = _smooth(bursts * np.exp(-2j * np.pi * expected), window)
        self._phase = expected + np.unwrap(np.angle(still)) / (2 * np.pi)

    def marks(self, start: float, end: float) -> Marks:
        """Return the samples between two at which a pulse lies."""
        inside = (self._times >= start) & (self._times <= end)
        times, phase = self._times[inside], np.maximum.accumulate(self._phase[inside])
        if len(phase) < 4:
            return np.zeros(0, np.int64)
        wanted = np.arange(np.ceil(phase[0]), phase[-1])
        marks = np.rint(np.interp(wanted, phase, times)).astype(np.int64)
        # A phase that stood still or ran is no pulse: keep what lies a period of a voice apart.
        keep = np.concatenate([[True], np.diff(marks) >= self._rate / (1.5 * HIGHEST_HZ)])
        return np.asarray(marks[keep])


def _hann(count: int) -> Line:
    window = np.hanning(max(3, count) + 2)[1:-1]
    return np.asarray(window / window.sum())


def _smooth(values: NDArray[np.complex128], window: Line) -> NDArray[np.complex128]:
    return np.asarray(np.convolve(values, window, mode="same"))
