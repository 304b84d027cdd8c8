"""The log-mel picture of sound that Whisper was trained on, for as long as the sound lasts."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.domain import SAMPLE_RATE, Samples

WINDOW: Final = 400
"""Samples in one Fourier window: 25 ms (Whisper's)."""

HOP: Final = 160
"""Samples between windows: 10 ms (Whisper's)."""

_DYNAMIC_RANGE: Final = 8.0
"""Decades of power kept below the loudest point (Whisper's)."""

Mel = NDArray[np.float32]
"""Shape (bands, windows)."""


def log_mel(samples: Samples, bands: int = 80) -> Mel:
    """Return Whisper's log-mel features, shape (bands, windows), one window each 10 ms.

    Args:
        samples: 16 kHz mono, at least 25 ms, finite.
        bands: 80, or 128 for the large-v3 family.
    """
    # 10 ms of silence at the end and mirrored edges, as the reference implementations do.
    padded = np.pad(np.pad(samples, (0, HOP)), WINDOW // 2, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][:-1]
    spectrum = np.fft.rfft(windows * _hann(), axis=-1)
    power = spectrum.real**2 + spectrum.imag**2
    mel = np.log10(np.maximum(_filters(bands) @ power.T, 1e-10))
    mel = np.maximum(mel, mel.max() - _DYNAMIC_RANGE)
    return np.asarray((mel + 4.0) / 4.0, np.float32)


@lru_cache(maxsize=1)
def _hann() -> NDArray[np.float32]:
    return np.asarray(np.hanning(WINDOW + 1)[:-1], np.float32)


@lru_cache(maxsize=2)
def _filters(bands: int) -> NDArray[np.float32]:
    # Triangles, equally spaced on Slaney's mel scale (linear to 1 kHz, logarithmic above) and
    # normalised to equal area; shape (bands, 201).
    hz = np.fft.rfftfreq(WINDOW, 1 / SAMPLE_RATE)
    top = 15.0 + np.log(SAMPLE_RATE / 2 / 1000.0) * 27.0 / np.log(6.4)
    mels = np.linspace(0.0, top, bands + 2)
    edges = np.where(
        mels < 15.0, mels * 200.0 / 3.0, 1000.0 * np.exp((mels - 15.0) * np.log(6.4) / 27.0)
    )
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rise, fall = (hz - low) / (middle - low), (high - hz) / (high - middle)
    area = 2.0 / (high - low)
    return np.asarray(np.maximum(0.0, np.minimum(rise, fall)) * area, dtype=np.float32)
