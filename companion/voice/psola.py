"""Pitch moved without moving the vowels: pulses of the voice laid closer together or further apart.

Pitch-synchronous overlap-add in the time domain (Moulines and Charpentier 1990, Speech
Communication 9:453-467): every pulse is kept as it was recorded, with the resonances of the mouth
that follow it, and only when the next one comes is changed. Where there is no voice nothing is
touched, and the length stays what it was.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.domain import Samples
from companion.voice.pulses import Line, Marks, Stretch

LEAST: Final = 0.7
MOST: Final = 1.45
"""Ratios beyond which pulses overlap or gape so much that it is heard."""


def repitched(samples: Samples, stretches: list[Stretch], ratio: Callable[[Line], Line]) -> Samples:
    """Return the same speech with another tune.

    Args:
        samples: shape (n,).
        stretches: where its pulses lie.
        ratio: new pitch over old at some sample positions; held within 0.7-1.45.

    Returns:
        As many samples.
    """
    out = samples.copy()
    for stretch in stretches:
        marks = stretch.marks
        factor = np.clip(ratio(marks.astype(np.float64)), LEAST, MOST)
        if np.abs(factor - 1).max() < 0.003:  # 5 cents: nobody hears it
            continue
        _lay(samples, out, marks, factor)
    return out


def _lay(samples: Samples, out: Samples, marks: Marks, factor: Line) -> None:
    """Lay the pulses of one stretch anew, in place."""
    places, source = _schedule(marks, factor)
    # From the last pulse the old sound is faded in again, over one period.
    period = int(marks[-1] - marks[-2])
    last = max(int(places[-1]) + period // 2, int(marks[-1]))
    places = np.append(places, last)
    moved = np.append(marks[source] - places[:-1], 0)
    spans = np.diff(places)
    here = np.arange(places[0], places[-1])
    pulse = np.repeat(np.arange(len(spans)), spans)
    after = here - places[pulse]
    span = spans[pulse]
    periods = np.gradient(marks.astype(np.float64))
    reach = np.minimum(spans, np.append(periods, period)[np.append(source, len(marks))[:-1]])[pulse]
    # Two half cosines: they add to one where pulses come closer, and leave the old sound of the
    # next pulse out where they part.
    leaving = 0.5 + 0.5 * np.cos(np.pi * np.minimum(after / reach, 1.0))
    coming = 0.5 + 0.5 * np.cos(np.pi * np.minimum((span - after) / reach, 1.0))
    end = len(samples) - 1
    left = samples[np.clip(here + moved[pulse], 0, end)]
    right = samples[np.clip(here + moved[pulse + 1], 0, end)]
    out[here] = (leaving * left + coming * right).astype(np.float32)


def _schedule(marks: Marks, factor: Line) -> tuple[Marks, Marks]:
    """Return where pulses come to lie and which of the old ones each is."""
    periods = np.diff(marks)
    growth = np.concatenate([[0.0], np.cumsum((factor[1:] + factor[:-1]) / 2)])
    wanted = np.arange(0.0, growth[-1] + 1e-9)
    place = np.interp(wanted, growth, marks.astype(np.float64))
    nearest = np.rint(np.interp(place, marks, np.arange(len(marks)))).astype(np.int64)
    del periods
    return np.rint(place).astype(np.int64), nearest


_: NDArray[np.float64]
