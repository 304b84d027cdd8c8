"""How a reply should meet a feeling."""

from __future__ import annotations

from typing import Final

from companion.domain import Feeling, Stance
from companion.emotion.mood import Mood

_ENOUGH: Final = 0.4
"""Probability of a kind of feeling that is worth answering."""


def stance_for(feeling: Feeling | None, mood: Mood | None = None) -> Stance:
    """Return the stance a reply should take; listening when nothing is sure.

    Kinds of feeling are weighed, not labels: sad and weary both ask for comfort, so that half a
    probability for each is as good as one for either.

    Args:
        feeling: of this utterance.
        mood: of the last hours; somebody low for long is encouraged to be with people.
    """
    if feeling is None:
        return Stance.LISTEN
    chance = feeling.probabilities or {feeling.label: feeling.confidence}
    low_for_long = mood is not None and mood.low_since is not None
    kinds = {
        Stance.COMFORT: chance.get("sad", 0.0) + 0.5 * chance.get("bored", 0.0),
        Stance.CELEBRATE: chance.get("happy", 0.0) + 0.5 * chance.get("surprise", 0.0),
        Stance.STEADY: chance.get("angry", 0.0) + 0.5 * chance.get("disgust", 0.0),
        Stance.CALM: chance.get("fearful", 0.0),
    }
    best = max(kinds, key=lambda stance: kinds[stance])
    settled = chance.get("neutral", 0.0) < kinds[best]
    if feeling.unsure or kinds[best] < _ENOUGH or not settled:
        weary = chance.get("bored", 0.0) >= _ENOUGH
        return Stance.ENCOURAGE_CONTACT if low_for_long and weary else Stance.LISTEN
    if best is Stance.COMFORT and low_for_long:
        return Stance.ENCOURAGE_CONTACT
    return best
