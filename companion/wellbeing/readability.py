"""How hard a text is to read: the Flesch-Kincaid grade (Kincaid et al. 1975) for English."""

from __future__ import annotations

import re
from typing import Final

AGE_12_GRADE: Final = 7.0
"""US school grade of twelve-year-olds."""

_SENTENCE: Final = re.compile(r"[.!?]+(?:\s|$)")
_WORD: Final = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)?|\d+")
_VOWELS: Final = re.compile(r"[aeiouy]+")


def syllables(word: str) -> int:
    """Return about how many syllables an English word has; a number counts as one."""
    word = word.lower().replace("'", "")
    if word.isdigit():
        return 1
    count = len(_VOWELS.findall(word))
    silent = word.endswith("e") and not word.endswith(("le", "ee", "ye"))
    quiet_ed = word.endswith("ed") and not word.endswith(("ted", "ded"))
    return max(1, count - (silent or quiet_ed))


def grade(text: str) -> float:
    """Return the US grade: 0.39 words/sentence + 11.8 syllables/word - 15.59."""
    words = _WORD.findall(text)
    sentences = max(1, len(_SENTENCE.findall(text.strip())))
    if not words:
        return 0.0
    spoken = sum(map(syllables, words))
    return 0.39 * len(words) / sentences + 11.8 * spoken / len(words) - 15.59
