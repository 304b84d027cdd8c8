"""The estimate in plain words: why, and one short phrase for the prompt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from companion.emotion.features import INDEX, Prosody, Vector
from companion.emotion.fusion import Estimate

_NOTABLE: Final = 0.8
"""Deviations from the usual that a listener would remark on."""

_MOST: Final = 3
ACQUAINTED: Final = 5
"""Utterances from which "usual" is this person's own."""


@dataclass(frozen=True, slots=True)
class _Remark:
    features: tuple[str, ...]
    more: str
    less: str


_REMARKS: Final = (
    _Remark(("level_mean",), "louder", "quieter"),
    _Remark(("articulation_rate", "nuclei_rate"), "faster", "slower"),
    _Remark(("pitch_median", "pitch_high"), "higher pitch", "lower pitch"),
    _Remark(("pitch_range", "pitch_spread"), "livelier pitch", "flatter pitch"),
    _Remark(("pause_share", "pause_longest"), "more pauses", "fewer pauses"),
    _Remark(("effort", "slope_high", "tilt"), "a tenser voice", "a softer voice"),
    _Remark(("cpp_mean", "hnr_mean"), "a clearer voice", "a breathier voice"),
)

_MEASURES: Final[Mapping[str, tuple[str, ...]]] = {
    "pitch": ("pitch_median",),
    "range": ("pitch_range", "pitch_spread"),
    "loudness": ("level_mean",),
    "tempo": ("articulation_rate", "nuclei_rate"),
    "pauses": ("pause_share", "pause_longest"),
}

_NAMES: Final[Mapping[str, str]] = {
    "angry": "angry", "happy": "cheerful", "sad": "sad", "neutral": "calm and even",
    "fearful": "anxious", "bored": "tired or bored", "surprise": "surprised",
    "disgust": "put off",
}  # fmt: skip

_WORDS: Final[Mapping[str, str]] = {
    "angry": "the words are cross", "happy": "the words are glad", "sad": "the words are sad",
    "fearful": "the words are worried", "bored": "the words are weary",
    "surprise": "the words are surprised", "disgust": "the words are disgusted",
}  # fmt: skip


def remarks(
    z: Vector, prosody: Prosody, utterances: int, words: Mapping[str, float] | None = None
) -> tuple[str, ...]:
    """Return what stands out, the most striking first, such as ``slower than usual``.

    Args:
        z: normalised features.
        prosody: the same utterance, for what is valid.
        utterances: how many the baseline was learned from.
        words: what the words say.
    """
    than = "than usual" if utterances >= ACQUAINTED else "than most people"
    found: list[tuple[float, str]] = []
    for remark in _REMARKS:
        at = [INDEX[name] for name in remark.features if prosody.valid[INDEX[name]]]
        if not at:
            continue
        strength = float(np.mean(z[at]))
        if abs(strength) >= _NOTABLE:
            text = remark.more if strength > 0 else remark.less
            found.append((abs(strength), f"{text} {than}"))
    told = [text for _, text in sorted(found, reverse=True)[:_MOST]]
    if words:
        best = max(words, key=lambda name: words[name])
        if best in _WORDS and words[best] > 0.4:
            told.append(_WORDS[best])
    return tuple(told)


def deviations(z: Vector, prosody: Prosody, utterances: int) -> dict[str, float]:
    """Return how this differs from the person's usual; empty until that is known.

    Args:
        z: normalised features.
        prosody: the same utterance, for what is valid.
        utterances: how many the baseline was learned from.
    """
    if utterances < ACQUAINTED:
        return {}
    found: dict[str, float] = {}
    for name, features in _MEASURES.items():
        at = [INDEX[one] for one in features if prosody.valid[INDEX[one]]]
        if at:
            found[name] = round(float(np.mean(z[at])), 2)
    return found


def phrase(
    estimate: Estimate,
    evidence: tuple[str, ...],
    lately: str = "",
    subject: str | None = "They sound",
) -> str:
    """Return the sentence for the prompt; empty when there is nothing worth telling.

    Args:
        estimate: the estimate.
        evidence: from ``remarks``.
        lately: a sentence about the last hours or days, from ``Mood.lately``.
        subject: how the person is called, with the verb: ``He sounds``; None when the voice does
            not bear it out and it is the words alone.
    """
    if estimate.unsure:
        return lately
    sure = "quite sure" if estimate.confidence > 0.7 else "fairly sure"
    if subject is None:
        return f"By the words alone: {_NAMES[estimate.label]}, {sure}. {lately}".strip()
    text = f"{subject} {_NAMES[estimate.label]}, {sure}"
    if evidence:
        text += f"; {evidence[0]}"
    return f"{text}. {lately}".strip()
