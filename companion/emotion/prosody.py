"""Prosody: one utterance measured, in one pass over its frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from companion.domain import Samples, Word
from companion.emotion.features import Prosody, assemble
from companion.emotion.pitch import Pitch, pitch_of
from companion.emotion.quality import quality
from companion.emotion.spectra import HOP_S, Flags, Frames, Line, frames, runs
from companion.emotion.tempo import tempo

_EDGE: Final = 19
"""Frames at the beginning and end of the voice that make onset and final: 0.3 s."""

_LEAST: Final = 8
"""Voiced frames (0.13 s) below which pitch is not described."""

_LONGEST_S: Final = 30.0
"""Longer sound is measured by its last half minute: the feeling now, and a bounded time."""


class Measurer:
    """Measures utterances."""

    def measure(self, samples: Samples, words: Sequence[Word] = ()) -> Prosody:
        """Measure one utterance.

        Args:
            samples: 16 kHz mono in [-1, 1]; what is not finite counts as silence.
            words: the transcript's words with their times, when there is one.

        Returns:
            Whatever could be measured; of silence, nothing is valid.
        """
        sound = np.nan_to_num(np.asarray(samples, np.float32), posinf=0.0, neginf=0.0)
        longest = int(_LONGEST_S * 16_000)
        if len(sound) > longest:
            sound, words = sound[-longest:], ()
        cut = frames(sound)
        pitch = pitch_of(sound, cut.speech)
        measured = intonation(cut, pitch) | loudness(cut, pitch)
        measured |= tempo(cut, pitch, words) | quality(cut, pitch)
        values, valid = assemble(measured)
        return Prosody(
            values,
            valid,
            speech_s=float(cut.speech.sum()) * HOP_S,
            voiced_s=float(pitch.voiced.sum()) * HOP_S,
            noise_db=_above_floor(cut),
            clipped=cut.clipped,
        )


def _above_floor(cut: Frames) -> float:
    if not cut.speech.any():
        return 0.0
    return float(min(60.0, _power_mean(cut.level[cut.speech]) - cut.floor))


def _power_mean(level: Line) -> float:
    return float(10 * np.log10(np.mean(10 ** (level / 10))))


def _seconds(flags: Flags) -> Line:
    return np.asarray(np.flatnonzero(flags) * HOP_S, np.float64)


def _slope(at: Line, values: Line) -> float:
    centred = at - at.mean()
    return float(centred @ values / max(1e-9, centred @ centred))


def _speeds(values: Line, at: Line) -> tuple[float, float]:
    """Return the mean speed (a second) of what rises and of what falls, neighbours only."""
    steps = np.diff(values)[np.diff(at) < HOP_S * 1.5] / HOP_S
    rising, falling = steps[steps > 0], steps[steps < 0]
    return (
        float(rising.mean()) if len(rising) >= 3 else float("nan"),
        float(falling.mean()) if len(falling) >= 3 else float("nan"),
    )


def intonation(cut: Frames, pitch: Pitch) -> dict[str, float]:
    """Return the pitch features that could be measured."""
    voiced = pitch.voiced
    if voiced.sum() < _LEAST:
        return {}
    at = _seconds(voiced)
    tones = pitch.semitones[voiced]
    low, middle, high, top = np.percentile(tones, [10, 50, 90, 98])
    rise, fall = _speeds(tones, at)
    found = {
        "pitch_median": float(middle),
        "pitch_low": float(low),
        "pitch_high": float(high),
        "pitch_range": float(high - low),
        "pitch_spread": float(tones.std()),
        "pitch_rise": rise,
        "pitch_fall": fall,
        "pitch_peak": float(top - middle),
        "pitch_skew": float(tones.mean() - middle),
    }
    if at[-1] - at[0] > 0.5:
        final = tones[-_EDGE:]
        found["pitch_slope"] = _slope(at, tones)
        found["pitch_onset"] = float(np.median(tones[:_EDGE]) - middle)
        found["pitch_final"] = float(np.median(final) - middle)
        found["pitch_final_slope"] = float(np.clip(_slope(at[-_EDGE:], final), -60, 60))
    stretches = [np.median(pitch.semitones[a:b]) for a, b in runs(voiced) if b - a >= 4]
    if len(stretches) >= 3:
        found["pitch_phrase_spread"] = float(np.std(stretches))
    return found


def loudness(cut: Frames, pitch: Pitch) -> dict[str, float]:
    """Return the loudness features that could be measured."""
    if not cut.speech.any():
        return {}
    spoken = cut.level[cut.speech]
    found = {
        "level_mean": _power_mean(spoken),
        "level_range": float(np.subtract(*np.percentile(spoken, [90, 10]))),
    }
    if _above_floor(cut) > 6.0 and cut.floor > -89.0:
        found["level_over_floor"] = _above_floor(cut)
    both = pitch.voiced & cut.speech
    if both.sum() < _LEAST:
        return found
    at = _seconds(both)
    level = cut.level[both]
    middle = float(np.median(level))
    found["level_spread"] = float(level.std())
    found["level_peak"] = float(np.percentile(level, 95) - middle)
    found["level_rise"], found["level_fall"] = _speeds(level, at)
    if at[-1] - at[0] > 0.5:
        found["level_slope"] = _slope(at, level)
        found["level_final"] = float(np.median(level[-_EDGE:]) - middle)
    tones = pitch.semitones[both]
    if tones.std() > 0.2 and level.std() > 0.2:
        found["level_pitch"] = float(np.corrcoef(tones, level)[0, 1])
    return found
