"""The voice shaped after synthesis, as a tone wants it; plain whenever that cannot be done."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np

from companion.domain import Samples
from companion.voice.align import Phone
from companion.voice.energy import brightened, contoured
from companion.voice.pauses import stretched
from companion.voice.profile import ToneShape
from companion.voice.psola import repitched
from companion.voice.pulses import PulseFinder
from companion.voice.tune import changes

_log = logging.getLogger(__name__)

_LOUDEST: Final = 4.0
"""Times the peak of what came in: more is a mistake, not a tone."""


class Shaper(Protocol):
    """Changes how synthesised speech sounds."""

    def shape(
        self, samples: Samples, phones: Sequence[Phone], rate: int, tone: ToneShape, text: str
    ) -> tuple[Samples, list[Phone]]:
        """Return the sound and its phonemes, times in seconds, as the tone wants them.

        Args:
            samples: one stretch of speech, at most a sentence, shape (n,).
            phones: its phonemes with their times.
            rate: Hz.
            tone: what to change.
            text: what is said; its last mark tells a question and an unfinished sentence.
        """
        ...


class Expression:
    """Shapes pauses, pitch, brightness and loudness; a tone that asks for nothing costs nothing.

    Whatever goes wrong, the plain synthesis is spoken: a reply in the wrong tone is better than
    none.
    """

    def __init__(self) -> None:
        self._finder: PulseFinder | None = None

    def shape(
        self, samples: Samples, phones: Sequence[Phone], rate: int, tone: ToneShape, text: str
    ) -> tuple[Samples, list[Phone]]:
        """Return the sound and its phonemes as the tone wants them, see ``Shaper``."""
        plain = (samples, list(phones))
        if not tone.shapes or not len(samples):
            return plain
        try:
            sound, timed = stretched(samples, phones, rate, tone.pause)
            sound = self._coloured(sound, rate, tone, text)
        except Exception as error:  # native pitch tracking raises its own kinds
            _log.warning("a tone could not be given: %s", " ".join(str(error).split())[:120])
            return plain
        peak = float(np.abs(sound).max(initial=0.0))
        if not peak <= _LOUDEST * float(np.abs(samples).max()):  # also catches what is no number
            _log.warning("a tone could not be given: it came out too loud")
            return plain
        return sound, timed

    def _coloured(self, sound: Samples, rate: int, tone: ToneShape, text: str) -> Samples:
        if tone.changes_pitch:
            sound = self._tuned(sound, rate, tone, text)
        if tone.treble_db:
            sound = brightened(sound, rate, tone.treble_db)
        if tone.slope_db or tone.emphasis != 1.0:
            sound = contoured(sound, rate, slope_db=tone.slope_db, emphasis=tone.emphasis)
        return sound

    def _tuned(self, sound: Samples, rate: int, tone: ToneShape, text: str) -> Samples:
        if self._finder is None:
            self._finder = PulseFinder()
        stretches = self._finder.find(sound, rate)
        if not stretches:
            return sound
        moves = changes(
            stretches,
            rate,
            level_st=tone.pitch_st,
            spread=tone.pitch_range,
            fall_st=tone.fall_st if _falls(text) else 0.0,
        )
        return repitched(sound, stretches, moves)


def _falls(text: str) -> bool:
    """Tell whether a sentence ends here, and not as a question: those keep their own tune."""
    return not text.rstrip("\"')").endswith(("?", ",", ";", ":"))
