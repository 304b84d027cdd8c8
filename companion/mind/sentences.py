"""Cuts a stream of text into sentences fit to be looked at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_END = re.compile(r"[.!?…]+[\"'”’)]*(?=\s)")
_SHORT = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|St)|\b[A-Z])\.$")
LONGEST = 400
"""Characters; a model that writes more without a full stop has lost its way."""


def sentences(pieces: Iterable[str]) -> Iterator[str]:
    """Yield each sentence as soon as it is complete; a line break ends the text.

    What is left at the end without a full stop was cut off and is not yielded.
    """
    text = ""
    for piece in pieces:
        text = (text + piece).lstrip() if not text else text + piece
        line, broken, _ = text.partition("\n")
        while (cut := _cut(line)) is not None:
            yield tidy(line[:cut])
            line = line[cut:].lstrip()
        if broken:
            text = line
            break
        text = line
        if len(text) > LONGEST:
            return
    if (rest := text.strip()) and rest[-1] in ".!?…\"'”":
        yield tidy(rest)


def split(text: str) -> list[str]:
    """Return the sentences of a finished text; the last needs no full stop."""
    found = list(sentences([text.strip() + " "]))
    rest = text.strip()[sum(len(s) + 1 for s in found) :].strip()
    return [*found, rest] if rest else found


def tidy(sentence: str) -> str:
    """Return a sentence without the quotes and spaces around it."""
    sentence = sentence.strip().strip('"“”').strip()
    return re.sub(r"\s+", " ", sentence)


def _cut(line: str) -> int | None:
    for end in _END.finditer(line):
        if not _SHORT.search(line[: end.end()]):
            return end.end()
    return None


__all__ = ["sentences", "split", "tidy"]
