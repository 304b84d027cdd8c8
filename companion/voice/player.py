"""Plays the sentences of a reply and knows which of its words have been heard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import soxr

from companion.audio.output import Output
from companion.domain import Pcm, Speech, SpokenWord
from companion.voice.earcons import Earcon, earcon

_TOLERANCE_S = 0.05
"""A word counts as heard this long before its end: word times are that exact (measured)."""


@dataclass(frozen=True, slots=True)
class _Placed:
    word: SpokenWord
    end: float
    """Seconds of output written before the word's end."""


class Player:
    """Plays through an output; clock-free, all it knows of time is ``output.pending()``.

    Args:
        output: where sound goes.
    """

    def __init__(self, output: Output) -> None:
        self._output = output
        self._written = 0.0
        self._words: list[_Placed] = []
        self._pause = 0.0

    def begin(self) -> None:
        """Start a new reply: nothing of it has been heard."""
        self._words.clear()
        self._pause = 0.0

    def play(self, speech: Speech) -> None:
        """Queue a sentence after what is queued, and after the pause the last one asked for.

        When the last one has sounded already there has been pause enough.
        """
        if not len(speech.pcm):
            return
        if self._pause > 0 and self._output.pending() > 0:
            self._write(np.zeros(round(self._pause * self._output.rate), np.int16))
        start = self._written
        self._words += [_Placed(word, start + word.end) for word in speech.words]
        self._write(_resampled(speech.pcm, speech.rate, self._output.rate))
        self._pause = speech.pause

    def signal(self, name: str) -> None:
        """Queue the earcon of that name; it counts as no words.

        Raises:
            ValueError: there is no such earcon.
        """
        self._write(earcon(Earcon(name), self._output.rate))

    def heard(self) -> str:
        """Return the words of this reply that have sounded up to now, as they were written."""
        sounded = self._written - self._output.pending() + _TOLERANCE_S
        return " ".join(placed.word.text for placed in self._words if placed.end <= sounded)

    def stop(self) -> str:
        """Fall silent at once and return the words that had been heard."""
        heard = self.heard()
        self._output.cut()
        self.begin()
        self._written = 0.0
        return heard

    def busy(self) -> bool:
        """Tell whether anything has yet to sound."""
        return self._output.pending() > 0

    def remaining(self) -> float:
        """Return how many seconds have yet to sound, device latency included."""
        return self._output.pending()

    def reference(self, until: float) -> Pcm:
        """Return what sounded in the 20 ms up to ``until``, shape (320,), 16 kHz."""
        return self._output.reference(until)

    def _write(self, pcm: Pcm) -> None:
        self._output.write(pcm)
        self._written += len(pcm) / self._output.rate


def _resampled(pcm: Pcm, source: int, target: int) -> Pcm:
    if source == target:
        return pcm
    out: Pcm = soxr.resample(pcm, source, target, quality="HQ")
    return out
