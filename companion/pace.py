"""How fast somebody speaks, and how fast an answer may be. Pure."""

from __future__ import annotations

import math
from typing import Final

SLOWEST: Final = 0.8
"""An answer is not slowed further: our voices then say some 150 words a minute, the lower end of
what older listeners found comfortable (Sutton et al. 1995, see voices/joe.toml)."""
_DIGIT: Final = 4
"""Letters in the name of a digit, on average, in English."""
_HALF_LIFE_S: Final = 60.0
_LEAST_S: Final = 6.0


class SpeakingRate:
    """A running estimate of somebody's letters a second of speech.

    Letters and not syllables, because they can be counted in any alphabet. Older speech counts
    less: half after each further minute.
    """

    def __init__(self) -> None:
        """Know nothing."""
        self._letters = self._seconds = 0.0

    def add(self, text: str, seconds: float) -> None:
        """Learn from a stretch of speech, its longer pauses left out.

        Args:
            text: what was said.
            seconds: of voice; up to 0 nothing is learned.
        """
        if seconds <= 0:
            return
        fade = math.exp2(-seconds / _HALF_LIFE_S)
        self._letters = self._letters * fade + letters(text)
        self._seconds = self._seconds * fade + seconds

    @property
    def letters_per_s(self) -> float | None:
        """The estimate; None before six seconds of speech."""
        return self._letters / self._seconds if self._seconds >= _LEAST_S else None


def letters(text: str) -> int:
    """Count the letters of a text, a digit as its name."""
    return sum(char.isalpha() + _DIGIT * char.isdigit() for char in text)


def followed(own: float | None, theirs: float | None) -> float:
    """Return the pace (1 or less, no less than ``SLOWEST``) that is not faster than theirs.

    Args:
        own: our letters a second at pace 1; None while unknown.
        theirs: the person's; None while unknown.
    """
    if not own or not theirs:
        return 1.0
    return min(1.0, max(SLOWEST, theirs / own))


__all__ = ["SLOWEST", "SpeakingRate", "followed", "letters"]
