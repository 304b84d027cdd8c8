"""The feature vector: what is measured about how something was said, in one versioned order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

VERSION: Final = 1
"""Raised whenever a feature is added, removed or computed differently."""

Vector = NDArray[np.float64]
"""Shape (features,), in the order of ``FEATURES``."""

Mask = NDArray[np.bool_]
"""Shape (features,): which values were measured and can be trusted."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One entry of the vector."""

    name: str
    unit: str
    source: str
    """``pitch``, ``level``, ``tempo``, ``quality`` or ``colour`` (spectral envelope)."""
    meaning: str


def _list() -> tuple[Feature, ...]:
    pitch, level, tempo, quality, colour = "pitch", "level", "tempo", "quality", "colour"
    entries = [
        Feature("pitch_median", "st", pitch, "median pitch, semitones above 100 Hz"),
        Feature("pitch_low", "st", pitch, "10th percentile of pitch"),
        Feature("pitch_high", "st", pitch, "90th percentile of pitch"),
        Feature("pitch_range", "st", pitch, "10th to 90th percentile of pitch"),
        Feature("pitch_spread", "st", pitch, "standard deviation of pitch"),
        Feature("pitch_slope", "st/s", pitch, "straight line through the whole utterance"),
        Feature("pitch_rise", "st/s", pitch, "mean speed where pitch rises"),
        Feature("pitch_fall", "st/s", pitch, "mean speed where pitch falls"),
        Feature("pitch_onset", "st", pitch, "first 0.3 s of voice against the median"),
        Feature("pitch_final", "st", pitch, "last 0.3 s of voice against the median"),
        Feature("pitch_final_slope", "st/s", pitch, "slope of the last 0.3 s of voice"),
        Feature("pitch_peak", "st", pitch, "98th percentile against the median"),
        Feature("pitch_skew", "st", pitch, "mean against the median"),
        Feature("pitch_phrase_spread", "st", pitch, "deviation between stretches of voice"),
        Feature("level_mean", "dBFS", level, "level of the speech (power mean)"),
        Feature("level_over_floor", "dB", level, "speech above this recording's noise floor"),
        Feature("level_range", "dB", level, "10th to 90th percentile within speech"),
        Feature("level_spread", "dB", level, "standard deviation within voice"),
        Feature("level_peak", "dB", level, "95th percentile against the median of voice"),
        Feature("level_slope", "dB/s", level, "straight line through the whole utterance"),
        Feature("level_rise", "dB/s", level, "mean speed where level rises"),
        Feature("level_fall", "dB/s", level, "mean speed where level falls"),
        Feature("level_final", "dB", level, "last 0.3 s of voice against the median"),
        Feature("level_pitch", "", level, "correlation of level and pitch within voice"),
        Feature("nuclei_rate", "1/s", tempo, "syllable nuclei a second, pauses included"),
        Feature("articulation_rate", "1/s", tempo, "syllable nuclei a second of speech"),
        Feature("nuclei_spread", "", tempo, "variation of the time between nuclei"),
        Feature("nuclei_length", "s", tempo, "median time between nuclei"),
        Feature("word_rate", "1/s", tempo, "syllables of the transcript a second of speech"),
        Feature("voiced_share", "", tempo, "share of the speech that is voiced"),
        Feature("voiced_length", "s", tempo, "mean length of a stretch of voice"),
        Feature("voiced_length_spread", "s", tempo, "deviation of that length"),
        Feature("unvoiced_length", "s", tempo, "mean length between stretches of voice"),
        Feature("pause_share", "", tempo, "share of pauses of 0.15 s or more"),
        Feature("pause_longest", "s", tempo, "longest pause"),
        Feature("hnr_mean", "dB", quality, "harmonics to noise, voiced frames"),
        Feature("hnr_spread", "dB", quality, "its standard deviation"),
        Feature("cpp_mean", "dB", quality, "cepstral peak prominence, voiced frames"),
        Feature("cpp_spread", "dB", quality, "its standard deviation"),
        Feature("jitter", "%", quality, "pitch against the line through its neighbours"),
        Feature("shimmer", "dB", quality, "level against the line through its neighbours"),
        Feature("first_harmonics", "dB", quality, "first harmonic against the second"),
        Feature("first_formant_tilt", "dB", quality, "first harmonic against 400-1000 Hz"),
        Feature("creak", "", quality, "share of voice far below the median pitch"),
        Feature("tilt", "dB/oct", quality, "line through the voiced spectrum, 0.2-4 kHz"),
        Feature("slope_low", "dB/kHz", quality, "voiced spectrum, 0-0.5 kHz"),
        Feature("slope_high", "dB/kHz", quality, "voiced spectrum, 0.5-1.5 kHz"),
        Feature("effort", "dB", quality, "1-4 kHz against 0.05-1 kHz, voiced"),
        Feature("effort_spread", "dB", quality, "its standard deviation"),
        Feature("effort_level", "dB/dB", quality, "how it grows with level"),
        Feature("hammarberg", "dB", quality, "strongest peak in 0-2 kHz against 2-4 kHz"),
        Feature("brightness", "dB", quality, "4-8 kHz against 0.05-4 kHz, all speech"),
        Feature("hiss", "dB", quality, "2-8 kHz against below, unvoiced speech"),
        Feature("flux", "", quality, "change of the spectrum from frame to frame"),
        Feature("centroid", "st", colour, "spectral centre below 4 kHz, voiced"),
        Feature("centroid_spread", "st", colour, "its standard deviation"),
        Feature("formant1", "st", colour, "first resonance of the voice"),
        Feature("formant1_spread", "st", colour, "its deviation"),
        Feature("formant2", "st", colour, "second resonance"),
        Feature("formant2_spread", "st", colour, "its deviation"),
        Feature("formant3", "st", colour, "third resonance"),
        Feature("formant1_width", "st", colour, "bandwidth of the first resonance"),
    ]
    entries += [
        Feature(f"envelope{i}", "dB", colour, f"cepstrum {i} of the voiced spectrum below 4 kHz")
        for i in range(1, 13)
    ]
    entries += [
        Feature(f"envelope{i}_spread", "dB", colour, f"standard deviation of cepstrum {i}")
        for i in range(1, 9)
    ]
    return tuple(entries)


FEATURES: Final[tuple[Feature, ...]] = _list()

NAMES: Final[tuple[str, ...]] = tuple(feature.name for feature in FEATURES)

INDEX: Final[Mapping[str, int]] = {name: at for at, name in enumerate(NAMES)}


@dataclass(frozen=True, slots=True)
class Prosody:
    """How one utterance was said, measured."""

    values: Vector = field(repr=False)
    """NaN where not ``valid``."""
    valid: Mask = field(repr=False)
    speech_s: float
    """Seconds of speech, pauses excluded."""
    voiced_s: float
    """Seconds of voice."""
    noise_db: float
    """How far the speech stands above the noise floor; 60 is a silent room."""
    clipped: float
    """Share of samples at full scale."""

    def __getitem__(self, name: str) -> float | None:
        """Return a value by its name, None when it could not be measured."""
        at = INDEX[name]
        return float(self.values[at]) if self.valid[at] else None


def assemble(measured: Mapping[str, float]) -> tuple[Vector, Mask]:
    """Put measured values in order; what is missing or not finite is not valid.

    Raises:
        KeyError: a name is none of ours.
    """
    values = np.full(len(NAMES), np.nan)
    for name, value in measured.items():
        values[INDEX[name]] = value
    valid = np.isfinite(values)
    values[~valid] = np.nan
    return values, valid
