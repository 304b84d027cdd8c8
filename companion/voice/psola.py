"""Pitch moved without moving the vowels: pulses of the voice laid closer or further apart.

Pitch-synchronous overlap-add in the time domain (Moulines and Charpentier 1990, Speech
Communication 9:453-467): every pulse is kept as it was recorded, with the resonances of the mouth
that follow it, and only when the next one comes is changed. Where there is no voice nothing is
touched, and the length stays what it was.

Of each stretch of voice the first and last pulse stay where they are, so that there is no joint to
hear where voice begins and ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from companion.domain import Samples
from companion.voice.pulses import Line, Marks, Stretch

MOST_ST: Final = 6.0
"""Semitones beyond which pulses overlap or gape so much that it is heard."""
_UNHEARD_ST: Final = 0.05
"""A change that nobody hears is not made."""
_LANDING: Final = 12
"""Pulses over which the count is rounded, so that the last one falls on its old place."""


def repitched(samples: Samples, stretches: Sequence[Stretch], changes: Sequence[Line]) -> Samples:
    """Return the same speech with another tune.

    Args:
        samples: shape (n,).
        stretches: where its pulses lie.
        changes: for each stretch, semitones to add at its ``at``; held within -6 to 6.

    Returns:
        As many samples.
    """
    out = samples.copy()
    for stretch, change in zip(stretches, changes, strict=True):
        change = np.clip(change, -MOST_ST, MOST_ST)
        if np.abs(change).max() >= _UNHEARD_ST:
            factor = 2 ** (np.interp(stretch.marks, stretch.at, change) / 12)
            _lay(samples, out, stretch.marks, factor)
    return out


def _lay(samples: Samples, out: Samples, marks: Marks, factor: Line) -> None:
    """Lay the pulses of one stretch anew, in place."""
    places, source = _schedule(marks, factor)
    spans = np.diff(places)
    pulse = np.repeat(np.arange(len(spans)), spans)
    here = np.arange(places[0], places[-1])
    after, span = here - places[pulse], spans[pulse]
    # A pulse fades over its own old period, or over the new one where that is shorter: two half
    # cosines that add to one where pulses come closer, and that leave out the sound of the old
    # neighbour where they part.
    period = np.append(np.diff(marks), marks[-1] - marks[-2])[source]
    reach = np.maximum(1, np.minimum(spans, np.minimum(period[:-1], period[1:])))[pulse]
    leaving = 0.5 + 0.5 * np.cos(np.pi * np.minimum(after / reach, 1.0))
    coming = 0.5 + 0.5 * np.cos(np.pi * np.minimum((span - after) / reach, 1.0))
    moved, end = marks[source] - places, len(samples) - 1
    left = samples[np.clip(here + moved[pulse], 0, end)]
    right = samples[np.clip(here + moved[pulse + 1], 0, end)]
    out[here] = leaving * left + coming * right


def _schedule(marks: Marks, factor: Line) -> tuple[Marks, Marks]:
    """Return where pulses come to lie and which of the old ones each is."""
    grown = np.concatenate([[0.0], np.cumsum((factor[1:] + factor[:-1]) / 2)])
    count = max(1, round(grown[-1]))
    landing = min(_LANDING, len(marks) - 1)
    grown[-landing - 1 :] += (count - grown[-1]) * np.linspace(0, 1, landing + 1)
    old = np.interp(np.arange(count + 1), grown, np.arange(len(marks)))
    places = np.rint(np.interp(old, np.arange(len(marks)), marks)).astype(np.int64)
    return places, np.rint(old).astype(np.int64)
