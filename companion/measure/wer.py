"""Word error rate, on words as they are said: case, punctuation and digits do not count."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

# fmt: off
_SMALL: Final = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
)
_TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
# fmt: on
_TITLES: Final = {"mr": "mister", "mrs": "missus", "dr": "doctor", "st": "saint"}


def spoken_words(text: str) -> list[str]:
    """Return the words of a text: lower case, no punctuation, whole numbers spelled out."""
    text = re.sub(r"[’`]", "'", text.lower())
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    text = re.sub(r"\d+", lambda found: f" {number_words(int(found[0]))} ", text)
    words = re.findall(r"[^\W_]+(?:'[^\W_]+)*", text)
    return [_TITLES.get(word, word) for word in words]


def number_words(number: int) -> str:
    """Return a whole number in English words, digit by digit from a million upwards."""
    if number < 20:
        return _SMALL[number]
    if number < 100:
        rest = f" {_SMALL[number % 10]}" if number % 10 else ""
        return _TENS[number // 10 - 2] + rest
    if number < 1000:
        rest = f" and {number_words(number % 100)}" if number % 100 else ""
        return f"{_SMALL[number // 100]} hundred{rest}"
    if number < 1_000_000:
        rest = f" {number_words(number % 1000)}" if number % 1000 else ""
        return f"{number_words(number // 1000)} thousand{rest}"
    return " ".join(_SMALL[int(digit)] for digit in str(number))


def edits(said: Sequence[str], heard: Sequence[str]) -> int:
    """Return how many words must be added, dropped or replaced to get from one to the other."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1]


def word_error_rate(said: Sequence[str], heard: Sequence[str]) -> float:
    """Return the word errors over all utterances, as a percentage of the words said.

    Raises:
        ValueError: the lists differ in length, or nothing was said at all.
    """
    pairs = [(spoken_words(a), spoken_words(b)) for a, b in zip(said, heard, strict=True)]
    words = sum(len(a) for a, _ in pairs)
    if not words:
        raise ValueError("no words were said")
    return 100.0 * sum(edits(a, b) for a, b in pairs) / words
