"""Pauses inside a sentence made longer or shorter, and word times that stay true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.domain import Samples
from companion.voice.align import Phone
from companion.voice.loudness import faded

_MARKS: Final = frozenset(",;:.!?")
"""Phonemes that are pauses; only they are touched, so that no closure of a p or t is."""
_SILENT: Final = _MARKS | frozenset("^$_ \u02c8\u02cc")
"""Phonemes without a sound of their own: marks, spaces, stress."""
_RIPPLE_S: Final = 0.005
"""Sound shorter than this within a silence is not speech."""
_QUIET: Final = 0.02
"""Share of the peak (-34 dB) below which a pause is silent."""
_SHORTEST_S: Final = 0.06
"""Shorter silences are left alone, and no pause is made shorter than this."""
_LONGEST_S: Final = 0.7
"""No pause inside a sentence is made longer: it would sound finished."""


@dataclass(frozen=True, slots=True)
class _Pause:
    """A silence and what becomes of it, in samples."""

    start: int
    end: int
    more: int
    """How much longer it becomes; negative is shorter."""


def stretched(
    samples: Samples, phones: Sequence[Phone], rate: int, factor: float
) -> tuple[Samples, list[Phone]]:
    """Make the silences at commas and the like last longer or shorter.

    Args:
        samples: shape (n,).
        phones: the phonemes with their times, in order.
        rate: Hz.
        factor: on how long each silence lasts; no silence is made shorter than 0.06 s or longer
            than 0.7 s.

    Returns:
        The sound, and the phonemes with times to match.
    """
    parts: list[Samples] = []
    before, after = [0.0], [0.0]
    at = shift = 0
    for pause in _pauses(samples, phones, rate, factor):
        cut = max(0, -pause.more)
        out = (pause.start + pause.end - cut) // 2
        parts += [faded(samples[at:out], rate), np.zeros(max(0, pause.more), np.float32)]
        at = out + cut
        before += [out, at + 1]
        after += [out + shift, at + 1 + shift + pause.more]
        shift += pause.more
    if not parts:
        return samples, list(phones)
    parts.append(faded(samples[at:], rate))
    before.append(len(samples))
    after.append(len(samples) + shift)

    def moved(seconds: float) -> float:
        beyond = max(0.0, seconds * rate - len(samples))
        return (float(np.interp(seconds * rate, before, after)) + beyond) / rate

    timed = [Phone(phone.symbol, moved(phone.start), moved(phone.end)) for phone in phones]
    return np.concatenate(parts), timed


def _pauses(samples: Samples, phones: Sequence[Phone], rate: int, factor: float) -> list[_Pause]:
    """Return the silences between the first and the last sound that lie at a mark."""
    sounds = [k for k, phone in enumerate(phones) if phone.symbol not in _SILENT]
    if not sounds or abs(factor - 1) < 0.01:
        return []
    size = np.abs(samples)
    quiet = size < _QUIET * float(size.max(initial=0.0))
    found: list[_Pause] = []
    for k, following in pairwise(sounds):
        if not any(phone.symbol in _MARKS for phone in phones[k + 1 : following]):
            continue
        # The sounds around end and begin in the silence: look from half of one to half of other.
        first = int((phones[k].start + phones[k].end) / 2 * rate)
        last = int((phones[following].start + phones[following].end) / 2 * rate)
        start, end = _longest_run(quiet[first:last], int(rate * _RIPPLE_S))
        lasts = end - start
        if lasts < _SHORTEST_S * rate:
            continue
        wanted = min(max(lasts * factor, _SHORTEST_S * rate), max(lasts, _LONGEST_S * rate))
        found.append(_Pause(first + start, first + end, round(wanted) - lasts))
    return found


def _longest_run(flags: NDArray[np.bool_], ripple: int) -> tuple[int, int]:
    """Return start and end of the longest run of True, shorter breaks than ``ripple`` ignored."""
    loud = np.flatnonzero(~flags)
    # A lone sample above the limit between quiet ones is noise: it takes a run to be sound.
    if len(loud):
        parts = np.split(loud, np.flatnonzero(np.diff(loud) > ripple) + 1)
        loud = np.concatenate(
            [part for part in parts if part[-1] - part[0] >= ripple] or [loud[:0]]
        )
    edges = np.concatenate([[-1], loud, [len(flags)]])
    gap = int(np.argmax(np.diff(edges)))
    return int(edges[gap]) + 1, int(edges[gap + 1])
