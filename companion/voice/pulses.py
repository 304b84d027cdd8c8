"""Where the voice's own pulses lie: one mark for each opening and closing of the glottis.

A pitch tracker says how high the voice is every 16 ms; moving single pulses needs each of them to
a fraction of a millisecond. A phase gives that. The loudness within each pulse beats at the pitch
of the voice; turned down by the tracked pitch, what stays of the beat is nearly constant, and its
angle says how far each moment is into its pulse. No peak is picked, so no mark jumps from one peak
to the next, which would be heard as roughness. Marks then slide, slowly, to where most of the
sound is, which is what a pulse must keep when it is cut out.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from companion.domain import SAMPLE_RATE, Samples
from companion.pitch import track

LOWEST_HZ: Final = 55.0
HIGHEST_HZ: Final = 400.0
"""Speaking voices of adults."""
REFERENCE_HZ: Final = 100.0
"""Where semitones are counted from."""
_SHORTEST_S: Final = 0.05
"""Sound shorter than this has no tune."""
_SURE: Final = 0.5
"""Confidence from which a frame is voiced (the tracker's own calibration)."""
_JUMP: Final = 4.0
"""Semitones between two frames (16 ms) that no larynx does: two stretches."""
_FEWEST_FRAMES: Final = 3
_FEWEST_MARKS: Final = 4
_PHASE_HZ: Final = 2000
"""The beat is followed at about this many samples a second."""
_WINDOW_S: Final = 0.032
"""How much sound one phase is read from: two pulses of 62 Hz."""
_SLIDE_S: Final = 0.06
"""How slowly marks slide."""
_WEAKEST_BEAT: Final = 0.1
"""Share of the loudness: voice beats by 0.15-0.43, an s that the tracker took for voice by 0.05
(measured on 70 stretches)."""
_MARGIN_S: Final = 0.016
"""Voice begins and ends about so much beyond the frames that are surely voiced. Left out, the last
pulses of each stretch kept their old pitch: jitter 1.0% for 0.8% (measured)."""

Line = NDArray[np.float64]
Marks = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stretch:
    """One run of voice without a break."""

    marks: Marks
    """Samples at which the pulses lie, increasing, at least 4."""
    at: Line
    """Sample positions of the pitch track's frames, increasing, at least 3."""
    tones: Line
    """Pitch at those, semitones above 100 Hz, same shape."""


class PulseFinder:
    """Finds the pulses of speech."""

    def find(self, samples: Samples, rate: int) -> list[Stretch]:
        """Return the voiced stretches in order, without overlap; none of silence.

        Args:
            samples: clean speech of one voice, mono, shape (n,).
            rate: Hz.
        """
        if len(samples) < rate * _SHORTEST_S:
            return []
        heard = soxr.resample(samples, rate, SAMPLE_RATE, quality="MQ")
        found = track(heard, LOWEST_HZ, HIGHEST_HZ)
        at = found.seconds * rate
        sure = found.confidence >= _SURE
        tones = 12 * np.log2(np.maximum(found.hertz, 1.0) / REFERENCE_HZ)
        bounds = _bounds(sure, tones)
        if not bounds:
            return []
        phase = _Phase(samples, rate, at, tones, bounds)
        stretches = []
        edges = _edges([(at[first], at[last]) for first, last in bounds], rate * _MARGIN_S)
        for (first, last), (start, end) in zip(bounds, edges, strict=True):
            marks = phase.marks(start, end)
            if len(marks) >= _FEWEST_MARKS and phase.beats(start, end):
                inside = slice(first, last + 1)
                stretches.append(Stretch(marks, at[inside], tones[inside]))
        return stretches


def _bounds(sure: NDArray[np.bool_], tones: Line) -> list[tuple[int, int]]:
    """Return first and last frame of each voiced stretch."""
    joined = sure[1:] & sure[:-1] & (np.abs(np.diff(tones)) < _JUMP)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], joined, [False]]).astype(np.int8)))
    spans = [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]
    return [(first, last) for first, last in spans if last - first + 1 >= _FEWEST_FRAMES]


def _edges(spans: list[tuple[float, float]], margin: float) -> list[tuple[float, float]]:
    """Widen spans by a margin, by less where two would meet."""
    halves = [(after - before) / 2 for (_, before), (after, _) in pairwise(spans)]
    room = [margin, *(min(margin, half) for half in halves), margin]
    return [(a - room[k], b + room[k + 1]) for k, (a, b) in enumerate(spans)]


class _Phase:
    """How many pulses there have been at every moment: a number that grows by 1 a pulse."""

    def __init__(
        self, samples: Samples, rate: int, at: Line, tones: Line, bounds: list[tuple[int, int]]
    ) -> None:
        self._closest = rate / (1.5 * HIGHEST_HZ)
        self._step = step = max(1, round(rate / _PHASE_HZ))
        slow_rate = rate / step
        # The burst that follows each closing beats at the pitch of the voice even where the
        # fundamental itself was lost in the recording (Piper's Joe has hardly any).
        bursts = np.sqrt(self._power(np.diff(samples, prepend=samples[:1])))
        self._times = np.arange(len(bursts)) * step + step / 2
        voiced = np.concatenate([np.arange(first, last + 1) for first, last in bounds])
        hertz = REFERENCE_HZ * 2 ** (np.interp(self._times, at[voiced], tones[voiced]) / 12)
        phase = np.cumsum(hertz) / slow_rate
        window = _hann(round(_WINDOW_S * slow_rate))
        bursts = bursts / (np.convolve(bursts, window, mode="same") + 1e-5) - 1.0
        still = _turned(bursts, phase, window)
        self._beat = np.abs(still)
        phase = phase + np.unwrap(np.angle(still)) / (2 * np.pi)
        middle = _turned(self._power(samples), phase, _hann(round(_SLIDE_S * slow_rate)))
        self._phase = phase + np.unwrap(np.angle(middle)) / (2 * np.pi)

    def _power(self, samples: Samples) -> Line:
        padded = np.zeros(-(-len(samples) // self._step) * self._step)
        padded[: len(samples)] = samples.astype(np.float64) ** 2
        return np.asarray(padded.reshape(-1, self._step).mean(axis=1))

    def _inside(self, start: float, end: float) -> NDArray[np.bool_]:
        return np.asarray((self._times >= start) & (self._times <= end))

    def beats(self, start: float, end: float) -> bool:
        """Tell whether what lies between two samples beats as voice does."""
        inside = self._inside(start, end)
        return bool(inside.any()) and float(np.median(self._beat[inside])) >= _WEAKEST_BEAT

    def marks(self, start: float, end: float) -> Marks:
        """Return the samples between two at which a pulse lies."""
        inside = self._inside(start, end)
        times, phase = self._times[inside], np.maximum.accumulate(self._phase[inside])
        if len(phase) < _FEWEST_MARKS:
            return np.zeros(0, np.int64)
        wanted = np.arange(np.ceil(phase[0]), phase[-1])
        marks = np.rint(np.interp(wanted, phase, times)).astype(np.int64)
        # Where the phase ran ahead there is no pulse: keep what lies a period of a voice apart.
        keep = np.concatenate([[True], np.diff(marks) >= self._closest])
        return np.asarray(marks[keep[: len(marks)]])


def _turned(values: Line, phase: Line, window: Line) -> NDArray[np.complex128]:
    """Return what of a beat stands still when it is turned back by a phase, smoothed."""
    return np.asarray(np.convolve(values * np.exp(-2j * np.pi * phase), window, mode="same"))


def _hann(count: int) -> Line:
    window = np.hanning(max(3, count) + 2)[1:-1]
    return np.asarray(window / window.sum())
