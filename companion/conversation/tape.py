"""The last stretch of sound, in memory only."""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np

from companion.domain import FRAME_S, FRAME_SAMPLES, SAMPLE_RATE, Frame, Pcm, Samples

_KEEP_S: Final = 300.0
"""Longest turn that is kept whole; older sound is forgotten."""


class Tape:
    """A rolling record of frames; raw audio never leaves it for the disk."""

    def __init__(self, keep_s: float = _KEEP_S) -> None:
        self._frames: deque[Pcm] = deque(maxlen=round(keep_s / FRAME_S))
        self._end = 0.0

    def add(self, frame: Frame, pcm: Pcm) -> None:
        """Append a frame's cleaned sound."""
        self._frames.append(pcm)
        self._end = frame.t

    def forget_before(self, t: float) -> None:
        """Drop sound older than ``t``."""
        while self._frames and self._end - len(self._frames) * FRAME_S < t - FRAME_S:
            self._frames.popleft()

    def between(self, start: float, end: float) -> Samples:
        """Return the sound from ``start`` to ``end`` (seconds), as far as it is on the tape."""
        first = self._end - len(self._frames) * FRAME_S
        low = max(0, int((start - first) / FRAME_S))
        high = max(low, min(len(self._frames), int(np.ceil((end - first) / FRAME_S))))
        if low == high:
            return np.zeros(0, np.float32)
        chosen = [self._frames[i] for i in range(low, high)]
        pcm = np.concatenate(chosen) if chosen else np.zeros(FRAME_SAMPLES, np.int16)
        return pcm.astype(np.float32) / 32768.0


PRE_ROLL_S: Final = 0.4
"""Sound kept from before the detected onset: soft first consonants."""

assert SAMPLE_RATE * FRAME_S == FRAME_SAMPLES
