"""Where in a recording somebody speaks."""

from __future__ import annotations

from typing import Final

import numpy as np

from companion.domain import SAMPLE_RATE, Samples
from companion.hearing.vad import CHUNK, SileroVad

ON: Final = 0.5
"""Speech begins at this probability (Silero's own default)."""

OFF: Final = 0.35
"""Speech goes on above this one (Silero's default hysteresis of 0.15)."""

_MIN_SPEECH_S: Final = 0.1
_MIN_SILENCE_S: Final = 0.2


def speech_intervals(samples: Samples) -> list[tuple[float, float]]:
    """Return (start, end) in seconds of every stretch of speech in 16 kHz mono samples."""
    detector = SileroVad()
    padded = np.pad(samples, (0, -len(samples) % CHUNK))
    pcm = (np.clip(np.nan_to_num(padded), -1, 1) * 32767).astype(np.int16)
    step = CHUNK / SAMPLE_RATE
    intervals: list[tuple[float, float]] = []
    start: float | None = None
    last = 0.0
    for index in range(len(pcm) // CHUNK):
        probability = detector(pcm[index * CHUNK : (index + 1) * CHUNK])
        t = index * step
        if probability >= ON or (start is not None and probability >= OFF):
            start = t if start is None else start
            last = t + step
        elif start is not None and t + step - last >= _MIN_SILENCE_S:
            intervals.append((start, last))
            start = None
    if start is not None:
        intervals.append((start, last))
    return [(a, min(b, len(samples) / SAMPLE_RATE)) for a, b in intervals if b - a >= _MIN_SPEECH_S]
