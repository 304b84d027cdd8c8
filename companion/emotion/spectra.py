"""Sound in frames: one analysis that pitch, loudness, tempo and quality all read.

Frames lie 16 ms apart, on the grid of the pitch tracker. The noise floor is taken from the
quietest frames and subtracted from the spectra, so that a fan does not sound like a breathy voice.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.domain import SAMPLE_RATE, Samples
from companion.pitch import HOP

HOP_S: Final = HOP / SAMPLE_RATE

WINDOW: Final = 640
"""Samples in a window: 40 ms, at least three periods of the deepest voices."""

FFT: Final = 1024

FREQUENCIES: Final = np.fft.rfftfreq(FFT, 1 / SAMPLE_RATE)
"""Hz of each bin."""

_FLOOR_DB: Final = -90.0
"""Level of digital silence."""

_NARROW_DB: Final = -50.0
"""4.2-7 kHz this far below 0.3-3.4 kHz, with nothing in between frames: a telephone band."""

Matrix = NDArray[np.float64]
Line = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Frames:
    """An utterance in frames 16 ms apart."""

    windows: NDArray[np.float32]
    """Shape (n, WINDOW): the sound of each frame, without a window function."""
    power: Matrix
    """Shape (n, bins): power spectra, noise subtracted."""
    level: Line
    """Shape (n,): dBFS."""
    floor: float
    """dBFS: the noise."""
    speech: Flags
    """Shape (n,): clearly above the noise, short dips bridged."""
    wide: bool
    """Whether there is anything above 4 kHz."""
    clipped: float
    """Share of samples at full scale."""


@lru_cache(maxsize=1)
def _hann() -> NDArray[np.float32]:
    return np.asarray(np.hanning(WINDOW + 2)[1:-1], np.float32)


def frames(samples: Samples) -> Frames:
    """Cut 16 kHz mono sound into frames; any finite samples, also none."""
    count = max(1, -(-len(samples) // HOP))
    before = WINDOW // 2
    padded = np.zeros(before + (count - 1) * HOP + WINDOW, np.float32)
    padded[before : before + len(samples)] = samples[: len(padded) - before]
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][:count]
    spectrum = np.fft.rfft(windows * _hann(), FFT, axis=-1)
    power = np.asarray(spectrum.real**2 + spectrum.imag**2, np.float64)
    # Level without what lies below speech: hum and handling noise.
    audible = power[:, FREQUENCIES >= 60.0].sum(axis=1)
    scale = 2.0 / (FFT * float((_hann() ** 2).sum()))
    level = np.maximum(_FLOOR_DB, 10 * np.log10(np.maximum(audible * scale, 1e-12)))
    floor, quiet = _floor(level)
    if quiet.any():
        power = np.maximum(power - power[quiet].mean(axis=0), 0.02 * power)
    loud = float(np.percentile(level, 95))
    # Half way up in quiet rooms no more than 30 dB below the loudest, as a listener hears it.
    threshold = max(loud - 30.0, floor + 0.3 * (loud - floor), -75.0)
    speech = _bridged(level > threshold, 3)
    return Frames(
        windows=windows,
        power=power,
        level=level,
        floor=floor,
        speech=speech,
        wide=_wide(power, speech),
        clipped=_clipped(samples),
    )


def _floor(level: Line) -> tuple[float, Flags]:
    """Return the noise floor in dBFS and which frames are noise alone."""
    loud = float(np.percentile(level, 95))
    low = float(np.percentile(level, 5))
    quiet = level < low + 3.0
    sure = loud - low > 12.0 and quiet.sum() >= 4
    return low, quiet if sure else np.zeros(len(level), np.bool_)


def _bridged(flags: Flags, gap: int) -> Flags:
    """Fill gaps of at most ``gap`` frames."""
    filled = flags.copy()
    for start, end in runs(~flags):
        if start > 0 and end < len(flags) and end - start <= gap:
            filled[start:end] = True
    return filled


def runs(flags: Flags) -> list[tuple[int, int]]:
    """Return (start, end) of every stretch of true values, end excluded."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _wide(power: Matrix, speech: Flags) -> bool:
    if not speech.any():
        return False
    total = power[speech]
    high = total[:, (FREQUENCIES > 4200) & (FREQUENCIES < 7000)].sum(axis=1)
    low = total[:, (FREQUENCIES > 300) & (FREQUENCIES < 3400)].sum(axis=1)
    share = np.log10(np.maximum(high, 1e-15) / np.maximum(low, 1e-12))
    return bool(10 * np.percentile(share, 90) > _NARROW_DB + 15.0)


def _clipped(samples: Samples) -> float:
    if not len(samples):
        return 0.0
    peak = float(np.abs(samples).max())
    if peak < 0.3:
        return 0.0
    return float(np.mean(np.abs(samples) > 0.999 * peak)) if peak > 0.97 else 0.0


def band(power: Matrix, low: float, high: float) -> Line:
    """Return the power of each frame between two frequencies (Hz), shape (n,)."""
    chosen = (low <= FREQUENCIES) & (high > FREQUENCIES)
    return np.asarray(power[:, chosen].sum(axis=1))


def decibels(power: Line) -> Line:
    """Return power in dB, never less than -120."""
    return np.asarray(10 * np.log10(np.maximum(power, 1e-12)))
