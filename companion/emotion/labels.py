"""The feelings that are told apart, and where they lie between pleasant and excited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

LABELS: Final = (
    "angry", "happy", "sad", "neutral", "fearful", "bored", "surprise", "disgust",
)  # fmt: skip
"""``bored`` is also tired and weary: the voice does not tell them apart."""

FOUR: Final = ("angry", "happy", "neutral", "sad")
"""The four that corpora share."""

EXCITED: Final = ("angry", "happy")
"""Of the four; the others are calm."""

AROUSAL: Final[Mapping[str, float]] = {
    "angry": 0.8, "happy": 0.6, "sad": -0.6, "neutral": -0.25,
    "fearful": 0.5, "bored": -0.7, "surprise": 0.7, "disgust": 0.2,
}  # fmt: skip
"""Roughly where Russell's circumplex (1980) has them; neutral speech is calm."""

VALENCE: Final[Mapping[str, float]] = {
    "angry": -0.7, "happy": 0.8, "sad": -0.7, "neutral": 0.1,
    "fearful": -0.6, "bored": -0.3, "surprise": 0.2, "disgust": -0.7,
}  # fmt: skip

_ALIASES: Final[Mapping[str, str]] = {
    "anger": "angry", "ang": "angry", "happiness": "happy", "joy": "happy", "hap": "happy",
    "sadness": "sad", "calm": "neutral", "neu": "neutral", "fear": "fearful",
    "anxiety": "fearful", "afraid": "fearful", "boredom": "bored", "tired": "bored",
    "surprised": "surprise", "pleasant_surprise": "surprise", "disgusted": "disgust",
}  # fmt: skip


def label_of(name: str) -> str | None:
    """Return our label for what a corpus calls a feeling, None when we have none."""
    plain = name.strip().lower().replace(" ", "_")
    plain = _ALIASES.get(plain, plain)
    return plain if plain in LABELS else None
