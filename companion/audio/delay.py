"""How long after being played a sound is heard."""

from __future__ import annotations

import numpy as np

from companion.domain import SAMPLE_RATE, Pcm

_EARLIEST_S = -0.1
_LATEST_S = 1.0
"""Bluetooth speakers lag by up to 0.3 s, network ones by more."""
_BAND_HZ = (200.0, 4000.0)
"""Where speech is, and small speakers and microphones are good."""
_SHARPNESS = 8.0
"""The peak must stand out this many times above the RMS correlation. Measured on 3 s windows of
speech: unrelated 4.5-7.0; an echo at -6 dB under other speech 22-40, at -20 dB 5.5-11."""


def estimate_delay(near: Pcm, far: Pcm) -> float | None:
    """Return the delay of ``far`` within ``near`` in seconds, or None when it is not in there.

    Generalised cross-correlation with phase transform over the whole window.

    Args:
        near: what was heard, 16 kHz, shape (n,), n at least 2 s.
        far: what was played in the same time, shape (n,).
    """
    size = 1 << (2 * len(near) - 1).bit_length()
    cross = np.fft.rfft(near, size) * np.conj(np.fft.rfft(far, size))
    frequency = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)
    cross[(frequency < _BAND_HZ[0]) | (frequency > _BAND_HZ[1])] = 0
    magnitude = np.abs(cross)
    if not magnitude.any():
        return None
    # Bins without energy would add pure noise at full weight.
    cross /= magnitude + 1e-3 * magnitude.max()
    correlation = np.fft.irfft(cross, size)
    first, last = round(_EARLIEST_S * SAMPLE_RATE), round(_LATEST_S * SAMPLE_RATE)
    lags = np.concatenate((correlation[first:], correlation[: last + 1]))
    spread = float(np.sqrt(np.mean(lags**2)))
    peak = int(np.argmax(np.abs(lags)))
    if spread == 0 or abs(lags[peak]) < _SHARPNESS * spread:
        return None
    return (peak + first) / SAMPLE_RATE
