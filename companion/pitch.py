"""Where the pitch lies, every 16 ms: SwiftF0, a small network (MIT), weights in its package."""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

import numpy as np
import swift_f0
from numpy.typing import NDArray

from companion.domain import SAMPLE_RATE, Samples

HOP: Final = 256
"""Samples between frames: 16 ms."""
_BLOCK: Final = 128
"""Frames looked at together: the whole of 25 s at once took 160 MB that were never given back."""
_LEFT: Final = 11
_RIGHT: Final = 10
"""Frames the network sees to either side of one; with them, blocks give what the whole would."""


class Track(NamedTuple):
    """Pitch of each frame, shapes (n,)."""

    hertz: NDArray[np.float64]
    confidence: NDArray[np.float64]
    """0-1; from 0.5 a frame is voiced (SwiftF0's own calibration)."""
    seconds: NDArray[np.float64]
    """Where each frame lies."""


@cache
def _tracker() -> swift_f0.SwiftF0:
    """Return the one tracker all share; its ``detect`` may run in several threads."""
    return swift_f0.SwiftF0(threads=1, spin=False)


def track(samples: Samples, lowest_hz: float, highest_hz: float) -> Track:
    """Return the pitch of 16 kHz mono sound, shape (n,), n > 0, in ``max(1, n // 256)`` frames."""
    total = max(1, len(samples) // HOP)
    pieces = []
    for start in range(0, total, _BLOCK):
        end = min(start + _BLOCK, total)
        first = max(0, start - _LEFT)
        stop = (end + _RIGHT) * HOP if end < total else len(samples)
        found = _tracker().detect(samples[first * HOP : stop], SAMPLE_RATE, lowest_hz, highest_hz)
        inside = slice(start - first, end - first)
        at = np.asarray(found.timestamps, np.float64)[inside] + first * HOP / SAMPLE_RATE
        pieces.append((found.pitch_hz[inside], found.confidence[inside], at))
    hertz, confidence, seconds = (
        np.concatenate([np.asarray(piece[i], np.float64) for piece in pieces]) for i in range(3)
    )
    return Track(hertz, confidence, seconds)


__all__ = ["HOP", "Track", "track"]
