"""What the end of a stretch of speech sounds like: cues to whether the speaker is done.

Speakers of most languages let pitch and loudness fall, and stretch the last syllable, at the
end of what they mean to say (Gravano & Hirschberg 2011, 10.1016/j.csl.2010.10.003).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.domain import SAMPLE_RATE, Samples

_HOP: Final = 160
_WINDOW: Final = 640
_F0_LOW, _F0_HIGH = 70.0, 420.0
"""Hz; covers low male to high female voices."""

_VOICED: Final = 0.45
"""Normalised autocorrelation above which a frame counts as voiced."""


@dataclass(frozen=True, slots=True)
class Cues:
    """Numbers about the last second of speech, relative to the whole utterance."""

    final_level_st: float
    """Pitch of the last 0.2 s voiced, semitones above the utterance's median."""
    final_slope_st: float
    """Pitch change over the last 0.4 s voiced, semitones."""
    final_loudness_db: float
    """Loudness of the last 0.3 s of speech against the utterance's median."""
    final_voiced_s: float
    """Length of the last unbroken voiced stretch, seconds (long when stretched)."""
    decay_db: float
    """Loudness drop from 0.25 s before the end to the end."""
    speech_s: float
    """Seconds of speech in all."""


def cues(samples: Samples) -> Cues:
    """Measure the end of 16 kHz mono samples, shape (n,), that end in silence.

    About 3 ms of work per second of sound. Never raises: with no voiced speech the pitch cues are 0.
    """
    frames = _frames(samples)
    if len(frames) < 8:
        return Cues(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    level = 10 * np.log10(np.mean(frames**2, axis=1) + 1e-10)
    floor = np.percentile(level, 10)
    peak = np.percentile(level, 95)
    speech = np.flatnonzero(level > floor + 0.35 * (peak - floor))
    if len(speech) < 5:
        return Cues(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    last = int(speech[-1])
    f0 = _pitch(frames[: last + 1])
    voiced = np.flatnonzero(f0 > 0)
    st = np.zeros_like(f0)
    st[voiced] = 12 * np.log2(f0[voiced] / 100.0)
    final_level = slope = 0.0
    if len(voiced) >= 8:
        recent = voiced[voiced > last - 60]
        tail = recent[-20:] if len(recent) >= 6 else voiced[-8:]
        final_level = float(np.median(st[tail]) - np.median(st[voiced]))
        end = tail[-min(40, len(tail)) :]
        half = max(1, len(end) // 2)
        slope = float(np.median(st[end[half:]]) - np.median(st[end[:half]])) if len(end) > 3 else 0.0
    run = 0
    if len(voiced):
        breaks = np.flatnonzero(np.diff(voiced) > 3)
        run = len(voiced) - (int(breaks[-1]) + 1 if len(breaks) else 0)
    median = float(np.median(level[speech]))
    loud = float(np.mean(level[max(0, last - 30) : last + 1]) - median)
    decay = float(
        np.mean(level[max(0, last - 30) : max(1, last - 15)]) - np.mean(level[max(0, last - 8) : last + 1])
    )
    hop_s = _HOP / SAMPLE_RATE
    return Cues(final_level, slope, loud, run * hop_s, decay, len(speech) * hop_s)


def _frames(samples: Samples) -> NDArray[np.float32]:
    if len(samples) < _WINDOW:
        return np.zeros((0, _WINDOW), np.float32)
    view = np.lib.stride_tricks.sliding_window_view(np.nan_to_num(samples), _WINDOW)
    return np.asarray(view[::_HOP], np.float32)


def _pitch(frames: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return Hz per frame, 0 where unvoiced, by normalised autocorrelation."""
    centred = frames - frames.mean(axis=1, keepdims=True)
    size = 2 * _WINDOW
    spectrum = np.fft.rfft(centred, size)
    auto = np.fft.irfft(np.abs(spectrum) ** 2, size)[:, :_WINDOW]
    # Each lag overlaps fewer samples; undo that, or low voices lose.
    auto = auto / (1 - np.arange(_WINDOW) / _WINDOW + 1e-3)
    low, high = int(SAMPLE_RATE / _F0_HIGH), int(SAMPLE_RATE / _F0_LOW)
    band = auto[:, low:high] / (auto[:, :1] + 1e-9)
    # The first lag nearly as good as the best avoids octave errors downwards.
    best = band.max(axis=1, keepdims=True)
    lag = np.argmax(band >= 0.9 * best, axis=1)
    rows = np.arange(len(band))
    for _ in range(6):  # climb to the local peak
        nxt = np.minimum(lag + 1, band.shape[1] - 1)
        lag = np.where(band[rows, nxt] > band[rows, lag], nxt, lag)
    strength = band[rows, lag]
    hz = SAMPLE_RATE / (lag + low)
    return np.where((strength > _VOICED) & (auto[:, 0] > 1e-5), hz, 0.0).astype(np.float32)
