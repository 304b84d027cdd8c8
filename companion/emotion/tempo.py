"""Tempo: syllable nuclei, stretches of voice, pauses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from companion.domain import Word
from companion.emotion.pitch import Pitch
from companion.emotion.spectra import HOP_S, Frames, Line, band, decibels, runs

PAUSE_S: Final = 0.15
"""Silence from which it is a pause and not a consonant (as phoneticians cut it)."""

_DIP_DB: Final = 2.0
"""Two nuclei have at least this dip between them (de Jong and Wempe 2009)."""

_BELOW_PEAK_DB: Final = 25.0
"""Nuclei lie no further below the loudest (the same paper, from the maximum)."""

_VOWELS: Final = re.compile(r"[aeiouyäöüàáâãèéêëìíîïòóôõùúûýąęœæøå]+")


def tempo(frames: Frames, pitch: Pitch, words: Sequence[Word] = ()) -> dict[str, float]:
    """Return the tempo features that could be measured.

    Args:
        frames: the utterance.
        pitch: its pitch.
        words: the transcript's words with their times, for a rate that counts written syllables.
    """
    spans = runs(frames.speech)
    if not spans:
        return {}
    first, last = spans[0][0], spans[-1][1]
    total = (last - first) * HOP_S
    speech = float(frames.speech.sum()) * HOP_S
    found: dict[str, float] = {}
    gaps = [(b - a) * HOP_S for a, b in runs(~frames.speech[first:last])]
    pauses = [gap for gap in gaps if gap >= PAUSE_S]
    found["pause_share"] = sum(pauses) / total
    found["pause_longest"] = max(pauses, default=0.0)
    at = nuclei(frames, pitch)
    if len(at) >= 2 and speech > 0.3:
        found["nuclei_rate"] = len(at) / total
        found["articulation_rate"] = len(at) / max(0.1, total - sum(pauses))
    if len(at) >= 4:
        between = np.diff(at) * HOP_S
        inner = between[between < 0.6]
        if len(inner) >= 3:
            found["nuclei_length"] = float(np.median(inner))
            found["nuclei_spread"] = float(np.std(inner) / np.mean(inner))
    voice = [(b - a) * HOP_S for a, b in runs(pitch.voiced)]
    if voice:
        inside = pitch.voiced[first:last] & frames.speech[first:last]
        found["voiced_share"] = float(inside.sum() / max(1, frames.speech[first:last].sum()))
        found["voiced_length"] = float(np.mean(voice))
    if len(voice) >= 3:
        found["voiced_length_spread"] = float(np.std(voice))
        start, end = runs(pitch.voiced)[0][0], runs(pitch.voiced)[-1][1]
        unvoiced = [(b - a) * HOP_S for a, b in runs(~pitch.voiced[start:end])]
        short = [gap for gap in unvoiced if gap < 0.5]
        if short:
            found["unvoiced_length"] = float(np.mean(short))
    if len(words) >= 3:
        said = sum(max(0.05, word.end - word.start) for word in words)
        found["word_rate"] = sum(map(syllables, (word.text for word in words))) / said
    return found


def syllables(word: str) -> int:
    """Return how many syllables a written word has, roughly; at least one."""
    plain = word.lower().strip(" .,;:!?\"'")
    if plain.endswith("e") and len(_VOWELS.findall(plain)) > 1 and not plain.endswith("le"):
        plain = plain[:-1]
    return max(1, len(_VOWELS.findall(plain)))


def nuclei(frames: Frames, pitch: Pitch) -> list[int]:
    """Return the frames at which syllables are loudest: voiced peaks with a dip between them."""
    contour = decibels(band(frames.power, 250.0, 3500.0))
    smooth = _smoothed(contour)
    if not pitch.voiced.any():
        return []
    least = float(np.percentile(smooth[pitch.voiced], 98)) - _BELOW_PEAK_DB
    peaks = np.flatnonzero((smooth[1:-1] >= smooth[:-2]) & (smooth[1:-1] > smooth[2:])) + 1
    kept: list[int] = []
    for peak in peaks:
        if smooth[peak] < least or not pitch.voiced[max(0, peak - 1) : peak + 2].any():
            continue
        if kept:
            dip = smooth[kept[-1] : peak + 1].min()
            if min(smooth[kept[-1]], smooth[peak]) - dip < _DIP_DB:
                if smooth[peak] > smooth[kept[-1]]:
                    kept[-1] = int(peak)
                continue
        kept.append(int(peak))
    return kept


def _smoothed(contour: Line) -> Line:
    kernel = np.array([0.25, 0.5, 0.25])
    return np.convolve(np.pad(contour, 1, mode="edge"), kernel, mode="valid")
