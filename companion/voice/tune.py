"""How a tone changes the tune of a sentence: level, range and the final fall."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from companion.voice.pulses import Line, Stretch

FLOOR_ST: Final = -8.0
"""Semitones above 100 Hz (63 Hz): nothing is lowered below it, where a voice creaks."""
CEILING_ST: Final = 22.0
"""356 Hz: nothing is raised above it, where speech squeaks."""
_FREE_ST: Final = 1.0
_DEEPEST_ST: Final = 2.0
"""Lowering is exact to 1 semitone, then less and less, and never 2: pulses laid wide apart let a
high, resonant vowel gape, and Whisper misheard "Please drink" in calm (5 of 6 times, now 0)."""
_FALL_S: Final = 0.35
"""The end of a sentence that carries its fall."""
_SMOOTH: Final = 5
"""Frames (80 ms) over which pitch is averaged before its range is changed, so that the tremor of
single pulses is not."""
_FARTHEST_ST: Final = 9.0
"""Semitones from the middle that count; what lies farther is creak or an octave error."""


def changes(
    stretches: Sequence[Stretch],
    rate: int,
    *,
    level_st: float,
    spread: float,
    fall_st: float,
) -> list[Line]:
    """Return what to add to each frame's pitch, semitones, one array a stretch.

    Args:
        stretches: the voice of one sentence, at least one.
        rate: Hz, of the sample positions.
        level_st: semitones the whole moves.
        spread: factor on the distance from the middle of the sentence; 1 leaves it.
        fall_st: semitones that the last 0.35 s of voice sink, growing to the end.
    """
    middle = float(np.median(np.concatenate([stretch.tones for stretch in stretches])))
    end = float(stretches[-1].at[-1])
    out = []
    for stretch in stretches:
        away = np.clip(_smooth(stretch.tones) - middle, -_FARTHEST_ST, _FARTHEST_ST)
        share = np.clip(1 - (end - stretch.at) / (_FALL_S * rate), 0.0, 1.0)
        change = level_st + (spread - 1) * away - fall_st * share**1.5
        change = np.where(change < -_FREE_ST, _held(change), change)
        low = np.minimum(0.0, FLOOR_ST - stretch.tones)
        high = np.maximum(0.0, CEILING_ST - stretch.tones)
        out.append(np.clip(change, low, high))
    return out


def _held(change: Line) -> Line:
    room = _DEEPEST_ST - _FREE_ST
    return np.asarray(-_FREE_ST - room * np.tanh((-change - _FREE_ST) / room))


def _smooth(tones: Line) -> Line:
    reach = min(_SMOOTH, len(tones)) // 2
    padded = np.pad(tones, reach, mode="edge")
    return np.convolve(padded, np.full(2 * reach + 1, 1 / (2 * reach + 1)), mode="valid")
