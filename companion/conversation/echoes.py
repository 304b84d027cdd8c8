"""Is this utterance our own voice come back through the room?

The last line of defence behind echo cancellation: words, not sound.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import Final

_SHARE: Final = 0.6
"""Share of an utterance's words that must come from what was just spoken. Echoes transcribe
imperfectly; people who repeat the companion's words add their own."""

_MIN_WORDS: Final = 3
"""Shorter answers ("yes", "a walk") often repeat the question; they are held to be echo only when
they are the very last words that were spoken."""


def is_own_voice(text: str, spoken: str) -> bool:
    """Say whether a transcript is mostly a contiguous stretch of what was just spoken."""
    heard, said = _words(text), _words(spoken)
    if not heard or not said:
        return False
    if len(heard) < _MIN_WORDS:
        return said[-len(heard) :] == heard  # the last word or two leak most
    pairs = Counter(pairwise(said))
    matched = sum(1 for pair in pairwise(heard) if pairs[pair] > 0)
    return matched / (len(heard) - 1) >= _SHARE


def _words(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.lower())
