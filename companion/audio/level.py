"""How loud sound is."""

from __future__ import annotations

import math

import numpy as np

from companion.domain import FRAME_S, Pcm

FLOOR_DBFS = -96.0
"""One step of 16 bits; digital silence is reported as this."""


def dbfs(pcm: Pcm) -> float:
    """Return the RMS level in dB below full scale, 0 (loudest) to -96 (silence or empty)."""
    if len(pcm) == 0:
        return FLOOR_DBFS
    scaled = pcm.astype(np.float32) / 32768.0
    return _decibels(math.sqrt(float(np.mean(scaled * scaled))))


def _decibels(amplitude: float) -> float:
    return max(FLOOR_DBFS, 20 * math.log10(max(amplitude, 1e-9)))


class Meter:
    """A level meter that rises at once and falls slowly, as the eye likes it.

    Args:
        fall_db_s: decibels a second the shown level falls after the sound has stopped; 30 is a
            fast programme meter.
    """

    def __init__(self, fall_db_s: float = 30.0) -> None:
        self.rms = FLOOR_DBFS
        """Shown RMS level, dBFS."""
        self.peak = FLOOR_DBFS
        """Shown peak level, dBFS."""
        self._fall = fall_db_s

    def update(self, pcm: Pcm, seconds: float = FRAME_S) -> float:
        """Take in the next samples, lasting ``seconds``; return the shown RMS level, dBFS."""
        fallen = self._fall * seconds
        loudest = int(np.max(np.abs(pcm.astype(np.int32)))) if len(pcm) else 0
        self.rms = max(dbfs(pcm), self.rms - fallen, FLOOR_DBFS)
        self.peak = max(_decibels(loudest / 32768.0), self.peak - fallen, FLOOR_DBFS)
        return self.rms

    @property
    def share(self) -> float:
        """RMS level as a share of a 60 dB scale, 0-1, for drawing a bar."""
        return min(1.0, max(0.0, (self.rms + 60.0) / 60.0))
