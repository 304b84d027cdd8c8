"""Short soft signals, generated: no words, no beeps.

Hearing is lost first above 2-3 kHz, so every fundamental lies within 300-1000 Hz, with two
quiet harmonics that small loudspeakers need. Attacks are slow enough not to startle. They
differ by contour and rhythm, not by timbre, which is what survives a bad loudspeaker.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import numpy as np

from companion.domain import Pcm, Samples
from companion.voice.loudness import from_db, to_pcm


class Earcon(StrEnum):
    """What a signal tells."""

    HEARD_YOU = "heard_you"
    THINKING = "thinking"
    GOING_QUIET = "going_quiet"
    TROUBLE = "trouble"
    ATTENTION = "attention"


@dataclass(frozen=True, slots=True)
class _Note:
    start: float
    """Seconds."""
    length: float
    hz: float


_NOTES = {
    # One short middle note: acknowledged.
    Earcon.HEARD_YOU: (_Note(0.0, 0.14, 587.3),),
    # The same low note twice, even and unhurried: at work.
    Earcon.THINKING: (_Note(0.0, 0.12, 392.0), _Note(0.18, 0.14, 392.0)),
    # A fifth falling: closing.
    Earcon.GOING_QUIET: (_Note(0.0, 0.16, 659.3), _Note(0.14, 0.24, 440.0)),
    # Three notes that sink by semitones and low: something is wrong.
    Earcon.TROUBLE: (_Note(0.0, 0.12, 370.0), _Note(0.12, 0.12, 349.2), _Note(0.24, 0.14, 311.1)),
    # A fifth rising: open.
    Earcon.ATTENTION: (_Note(0.0, 0.14, 440.0), _Note(0.11, 0.22, 659.3)),
}
_HARMONICS = ((1, 1.0), (2, 0.25), (3, 0.06))
_ATTACK_S = 0.02
_RELEASE_S = 0.04
_LEVEL_DB = -23.0
"""RMS, dBFS: 3 dB below the voice."""


@cache
def earcon(name: Earcon, rate: int) -> Pcm:
    """Return a signal, mono, under 0.4 s.

    Args:
        name: which one.
        rate: Hz of the samples wanted.
    """
    notes = _NOTES[Earcon(name)]
    total = np.zeros(round(rate * max(note.start + note.length for note in notes)), np.float32)
    for note in notes:
        sound = _tone(note, rate)
        at = round(note.start * rate)
        total[at : at + len(sound)] += sound[: len(total) - at]
    level = float(np.sqrt(np.mean(total.astype(np.float64) ** 2)))
    pcm = to_pcm(total * np.float32(from_db(_LEVEL_DB) / level))
    pcm.setflags(write=False)  # shared by every caller
    return pcm


def _tone(note: _Note, rate: int) -> Samples:
    t = np.arange(round(note.length * rate)) / rate
    wave = sum(share * np.sin(2 * np.pi * note.hz * k * t) for k, share in _HARMONICS)
    attack = 0.5 - 0.5 * np.cos(np.pi * np.clip(t / _ATTACK_S, 0, 1))
    release = 0.5 - 0.5 * np.cos(np.pi * np.clip((note.length - t) / _RELEASE_S, 0, 1))
    return np.asarray(wave * attack * release * np.exp(-t / 0.12), np.float32)
