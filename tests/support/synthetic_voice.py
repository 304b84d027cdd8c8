"""A voice made of pulses and two resonances, whose pitch is known at every moment."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from companion.domain import Samples

RATE = 22_050
FORMANTS_HZ = ((650, 80), (1250, 100), (2500, 150))


def vowel(hertz: float | NDArray[np.float64], seconds: float = 1.0) -> Samples:
    """Return a vowel at -18 dBFS whose pitch is, or at each sample is, ``hertz``."""
    count = round(seconds * RATE)
    phase = np.cumsum(np.broadcast_to(np.asarray(hertz, float), count)) / RATE
    # A pulse falls between samples: shared by the two around it.
    at = np.interp(np.arange(1, int(phase[-1]) + 1), phase, np.arange(count))
    whole = at.astype(int)
    pulses = np.zeros(count)
    np.add.at(pulses, whole, 1 - (at - whole))
    np.add.at(pulses, np.minimum(whole + 1, count - 1), at - whole)
    spectrum = np.fft.rfft(pulses, 2 * count)
    z = np.exp(-2j * np.pi * np.arange(count + 1) / (2 * count))
    for centre, width in FORMANTS_HZ:
        r = np.exp(-np.pi * width / RATE)
        spectrum = spectrum / (1 - 2 * r * np.cos(2 * np.pi * centre / RATE) * z + r * r * z * z)
    sound = np.fft.irfft(spectrum, 2 * count)[:count]
    edge = np.minimum(1, np.minimum(np.arange(count), np.arange(count)[::-1]) / (0.03 * RATE))
    sound = sound * edge
    return (sound * 0.12 / np.sqrt(np.mean(sound**2))).astype(np.float32)


def hiss(seconds: float, level: float = 0.05) -> Samples:
    """Return noise, as in an s."""
    noise = np.random.default_rng(3).normal(0, level, round(seconds * RATE))
    return np.diff(noise, prepend=0.0).astype(np.float32)


def silence(seconds: float) -> Samples:
    """Return digital silence."""
    return np.zeros(round(seconds * RATE), np.float32)


def median_semitones(samples: Samples) -> float:
    """Return the median pitch as autocorrelation has it, semitones above 100 Hz."""
    size, found = 1200, []
    for start in range(0, len(samples) - 2 * size, 400):
        part = samples[start : start + 2 * size].astype(float)
        if np.sqrt(np.mean(part**2)) < 0.02:
            continue
        power = np.abs(np.fft.rfft(part - part.mean(), 8 * size)) ** 2
        echo = np.fft.irfft(power)
        lags = np.arange(RATE // 400, RATE // 55)
        strength = echo[lags] / (1 - lags / (2 * size))
        peaks = 1 + np.flatnonzero((np.diff(strength[:-1]) > 0) & (np.diff(strength[1:]) <= 0))
        # Two periods look as good as one: take the first that is nearly the best.
        best = int(lags[peaks[strength[peaks] > 0.9 * strength[peaks].max()][0]])
        left, here, right = echo[best - 1 : best + 2]
        exact = best + 0.5 * (left - right) / (left - 2 * here + right)
        found.append(12 * np.log2(RATE / exact / 100))
    return float(np.median(found))
