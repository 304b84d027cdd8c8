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

_LATEST: Final = 4
"""Words before the stop that a short echo may come from."""


def is_own_voice(text: str, spoken: str, sounded: str = "") -> bool:
    """Say whether a transcript is mostly a contiguous stretch of what was just spoken.

    Args:
        text: what was heard.
        spoken: everything the companion was going to say.
        sounded: how much of it had sounded when it was stopped, if it was.
    """
    heard, said = _words(text), _words(spoken)
    if not heard or not said:
        return False
    if len(heard) < _MIN_WORDS:
        # The last words leak most, and where it was stopped those are not the last of all.
        latest = _words(sounded)[-_LATEST:]
        return said[-len(heard) :] == heard or any(
            latest[i : i + len(heard)] == heard for i in range(len(latest))
        )
    pairs = Counter(pairwise(said))
    matched = sum(1 for pair in pairwise(heard) if pairs[pair] > 0)
    return matched / (len(heard) - 1) >= _SHARE


def _words(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.lower())
