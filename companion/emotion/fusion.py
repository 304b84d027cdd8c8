"""Voice and words to one estimate, each counting as much as it has proved to be worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from companion.emotion.features import Prosody
from companion.emotion.labels import AROUSAL, LABELS, VALENCE
from companion.emotion.model import Judgement

_FLOOR: Final = 0.01
"""No label is ever ruled out; what the voice was never taught (surprise) keeps this."""

_WORDS_WORTH: Final = 0.7
"""Weight of the words against 1 for a clear voice: their mean recall on lines left out is near
the voice's on people left out, but a line read is further from life than a voice heard."""

_UNSURE: Final = 0.42
"""Probability of the best label below which nothing is built on it: below it, fewer than half of
the guesses on people left out were right."""

_STRANGER: Final = 0.58
"""How much surer it must be of a stranger, whose usual voice it does not know: of nobody met for
the first time is anything sure by the voice alone. Of strangers of another corpus 15% of its sure
guesses were right (nEMO, no baseline), of people it knew 54%."""

_STRANGERS_WORTH: Final = 0.3
"""Weight of a stranger's voice beside words."""

_MEET: Final = 5.0
"""Utterances at which half of that is gone."""

_LINE: Final = 0.75
"""Share of arousal that comes from the line between excited and calm: it carries over to other
languages better than the labels do (recall 0.91 against 0.90, of strangers 0.82 against 0.63)."""

_SHORT_S: Final = 0.8
"""Voice below which the estimate is worth less, in proportion."""

_CLEAR_DB: Final = 15.0
"""Speech this far above the noise is as good as in a silent room."""

_LEAST_DB: Final = 5.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """What voice and words say together."""

    probabilities: dict[str, float]
    valence: float
    arousal: float
    label: str
    confidence: float
    unsure: bool


def reliability(prosody: Prosody) -> float:
    """Return how much this sound can be trusted, 0-1: long enough, clear, not clipped."""
    length = min(1.0, prosody.voiced_s / _SHORT_S)
    clear = np.clip((prosody.noise_db - _LEAST_DB) / (_CLEAR_DB - _LEAST_DB), 0.1, 1.0)
    whole = np.clip(1.0 - 10.0 * prosody.clipped, 0.3, 1.0)
    return float(length * clear * whole)


def fuse(
    voice: Judgement | None,
    words: Mapping[str, float] | None,
    worth: float = 1.0,
    utterances: float = float("inf"),
) -> Estimate:
    """Pool the logarithms of both, weighted.

    Args:
        voice: what the voice says, None when there is none.
        words: what the words say, None when there are too few or no model.
        worth: the ``reliability`` of the sound.
        utterances: how many the speaker's baseline was learned from.
    """
    familiar = 1.0 if np.isinf(utterances) else utterances / (utterances + _MEET)
    pooled = np.zeros(len(LABELS))
    if voice is not None:
        heard = np.array([voice.probabilities.get(label, 0.0) for label in LABELS])
        weight = 1.0 if words is None else _STRANGERS_WORTH + (1 - _STRANGERS_WORTH) * familiar
        pooled += max(0.15, worth) * weight * np.log(_floored(heard))
    if words is not None:
        told = np.array([words[label] for label in LABELS])
        # Neutral words say nothing about the voice: they count as silence, not as calm.
        at = LABELS.index("neutral")
        silent = told[at]
        told[at] = 0.0
        told = told + silent / len(LABELS)
        pooled += _WORDS_WORTH * np.log(_floored(told))
    raised = np.exp(pooled - pooled.max())
    chances = raised / raised.sum()
    probabilities = dict(zip(LABELS, (float(p) for p in chances), strict=True))
    label = max(probabilities, key=lambda name: probabilities[name])
    valence = sum(probabilities[name] * VALENCE[name] for name in LABELS)
    arousal = sum(probabilities[name] * AROUSAL[name] for name in LABELS)
    if voice is not None:
        arousal = (1 - _LINE) * arousal + _LINE * worth * (2 * voice.excited - 1)
    confidence = probabilities[label]
    thin = worth < 0.3 if words is None else False
    least = _UNSURE + (_STRANGER * (1 - familiar) if words is None else 0.0)
    return Estimate(
        probabilities,
        float(np.clip(valence, -1, 1)),
        float(np.clip(arousal, -1, 1)),
        label,
        confidence,
        unsure=thin or confidence < least or (voice is None and words is None),
    )


def _floored(
    chances: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    raised = np.maximum(chances, _FLOOR)
    return np.asarray(raised / raised.sum())
