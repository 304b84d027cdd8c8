"""How loud speech is, kept even and below clipping, with edges that do not click."""

from __future__ import annotations

import numpy as np

from companion.domain import Pcm, Samples

FADE_S = 0.005
"""Edges fade this long."""
CEILING_DB = -1.0
"""No sample is louder than this, dBFS; resampling may overshoot a little above it."""
_BLOCK_S = 0.0025
_SPEAKING = 0.1
"""Share of the peak above which a sample counts as speaking (-20 dB)."""
_MAX_GAIN_DB = 18.0
"""A level is never raised by more than this, so that noise is not."""


def from_db(db: float) -> float:
    """Return the amplitude factor of a gain in dB."""
    return float(10 ** (db / 20))


def active_level(samples: Samples) -> float:
    """Return the RMS of the speaking parts, dBFS; -inf for silence."""
    size = np.abs(samples)
    peak = float(size.max(initial=0.0))
    if peak < 1e-5:
        return float("-inf")
    active = samples[size > _SPEAKING * peak]
    return float(20 * np.log10(np.sqrt(np.mean(active.astype(np.float64) ** 2))))


def levelled(samples: Samples, level_db: float, rate: int) -> Samples:
    """Bring the speaking parts to a level, peaks held below the ceiling.

    Args:
        samples: shape (n,).
        level_db: wanted RMS of the speaking parts, dBFS.
        rate: Hz.
    """
    now = active_level(samples)
    if now == float("-inf"):
        return samples
    return limited(samples * np.float32(from_db(min(level_db - now, _MAX_GAIN_DB))), rate)


def limited(samples: Samples, rate: int) -> Samples:
    """Turn loud moments down, smoothly and a block ahead, so that no sample passes the ceiling."""
    ceiling = from_db(CEILING_DB)
    if not len(samples) or float(np.abs(samples).max()) <= ceiling:
        return samples
    block = max(1, int(rate * _BLOCK_S))
    count = -(-len(samples) // block)
    padded = np.zeros(count * block, np.float32)
    padded[: len(samples)] = np.abs(samples)
    need = np.minimum(1.0, ceiling / np.maximum(padded.reshape(count, block).max(axis=1), 1e-9))
    # A line between block centres stays below what each block needs if each centre is the
    # least of its neighbours; 4 blocks (10 ms) make the change slow enough not to be heard.
    reach = 4
    around = np.lib.stride_tricks.sliding_window_view(
        np.pad(need, reach, mode="edge"), 2 * reach + 1
    )
    least = around.min(axis=1)
    centres = (np.arange(count) + 0.5) * block
    gain = np.interp(np.arange(len(samples)), centres, least)
    return np.asarray(samples * gain, np.float32)


def faded(samples: Samples, rate: int) -> Samples:
    """Fade both edges with half a cosine."""
    n = min(int(rate * FADE_S), len(samples) // 2)
    if n == 0:
        return samples
    ramp = (0.5 - 0.5 * np.cos(np.pi * (np.arange(n) + 0.5) / n)).astype(np.float32)
    out = samples.copy()
    out[:n] *= ramp
    out[-n:] *= ramp[::-1]
    return out


def to_pcm(samples: Samples) -> Pcm:
    """Return 16-bit samples, clipped."""
    pcm: Pcm = np.clip(np.rint(samples * 32767.0), -32768, 32767).astype(np.int16)
    return pcm
