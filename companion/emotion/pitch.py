"""Pitch in semitones, without octave errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.domain import Samples
from companion.emotion.spectra import runs
from companion.pitch import HOP, track

LOWEST_HZ: Final = 55.0
HIGHEST_HZ: Final = 600.0
"""Speaking voices, excited ones included."""

REFERENCE_HZ: Final = 100.0
"""Where semitones are counted from."""

_VOICED: Final = 0.5
"""Confidence from which a frame is voiced (SwiftF0's own calibration)."""

_JUMP: Final = 5.0
"""Semitones within one frame (16 ms) that no larynx does: an octave error."""

_SHORTEST: Final = 3
"""Frames; shorter stretches of voice are noise."""

_MARGIN: Final = 8
"""Frames looked at around speech: what the network sees to either side of a frame, roughly."""

Line = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Pitch:
    """Pitch of each frame, 16 ms apart."""

    semitones: Line
    """Shape (n,), above 100 Hz; NaN where not voiced."""
    voiced: Flags
    """Shape (n,)."""

    @property
    def hertz(self) -> Line:
        """The same in Hz."""
        return np.asarray(REFERENCE_HZ * 2 ** (self.semitones / 12))


def pitch_of(samples: Samples, speech: Flags) -> Pitch:
    """Return the pitch of every frame.

    Args:
        samples: 16 kHz mono, finite.
        speech: shape (n,): where to look; the rest is not voiced and costs nothing.
    """
    semitones = np.full(len(speech), np.nan)
    for start, end in _stretches(speech):
        part = samples[start * HOP : end * HOP]
        if not len(part):
            continue
        found = track(part, LOWEST_HZ, HIGHEST_HZ)
        length = min(end - start, len(found.confidence))
        sure = found.confidence[:length] >= _VOICED
        heard = 12 * np.log2(np.maximum(found.hertz[:length], 1.0) / REFERENCE_HZ)
        semitones[start : start + length] = np.where(sure, heard, np.nan)
    return clean(semitones)


def _stretches(speech: Flags) -> list[tuple[int, int]]:
    """Return (start, end) of the stretches to look at, with margins, near ones joined."""
    joined: list[tuple[int, int]] = []
    for start, end in runs(speech):
        first, last = max(0, start - _MARGIN), min(len(speech), end + _MARGIN)
        if joined and first - joined[-1][1] <= _MARGIN:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return joined


def clean(semitones: Line) -> Pitch:
    """Remove octave errors and stretches too short to be voice."""
    tones = semitones.copy()
    voiced = np.isfinite(tones)
    if voiced.any():
        middle = np.median(tones[voiced])
        # A frame near an octave from the middle, and cut off from its neighbours, is an error.
        jump = np.zeros(len(tones), np.bool_)
        jump[1:] |= np.abs(np.diff(tones)) > _JUMP
        jump[:-1] |= np.abs(np.diff(tones)) > _JUMP
        pieces = np.split(np.arange(len(tones)), np.flatnonzero(np.abs(np.diff(tones)) > _JUMP) + 1)
        for piece in pieces:
            inside = piece[voiced[piece]]
            if not len(inside):
                continue
            away = np.median(tones[inside]) - middle
            cut = jump[inside].any()
            if len(inside) < _SHORTEST * 3 and abs(away) > 9.0 and cut:
                tones[inside] = np.nan
        voiced = np.isfinite(tones)
        for start, end in runs(voiced):
            if end - start < _SHORTEST:
                voiced[start:end] = False
        tones[~voiced] = np.nan
    return Pitch(tones, voiced)
