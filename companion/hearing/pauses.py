"""Pauses inside an utterance: shorten the long ones before encoding, cut long sound at them.

Whisper is trained on flowing speech; at a pause of a second it tends to stop early or to loop,
and every pause costs encoding. What is removed lies far below the speech and away from its
edges, and ``Squeezed.original`` finds the way back to the sound's own clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.domain import FRAME_S, FRAME_SAMPLES, SAMPLE_RATE, Samples

KEEP_S: Final = 0.4
"""Seconds a long pause is shortened to, half on either side of it."""

_EDGE_S: Final = 0.2
"""Seconds of quiet kept before the first and after the last sound."""

_BELOW_PEAK_DB: Final = 35.0
"""Quieter than this below the loudest frames is a pause when the room is quiet."""

_NEVER_ABOVE_DB: Final = 25.0
"""Nothing closer to the loudest frames than this is ever called a pause."""

_ABOVE_FLOOR_DB: Final = 12.0
"""The room's own noise stays within this of its quiet tenth."""


@dataclass(frozen=True, slots=True)
class Squeezed:
    """Sound without its long pauses."""

    samples: Samples = field(repr=False)
    pieces: tuple[tuple[int, int], ...]
    """What was kept: (start, end) in samples of the original."""
    voiced_s: float
    """Seconds that are not quiet."""

    def original(self, t: float) -> float:
        """Return where second ``t`` of the squeezed sound lies in the original."""
        at = t * SAMPLE_RATE
        for start, end in self.pieces:
            if at <= end - start:
                return (start + max(0.0, at)) / SAMPLE_RATE
            at -= end - start
        return self.pieces[-1][1] / SAMPLE_RATE if self.pieces else 0.0


def squeeze(samples: Samples, keep_s: float = KEEP_S) -> Squeezed:
    """Shorten every pause longer than ``keep_s`` to it, and quiet edges to 0.2 s."""
    quiet = _quiet(samples)
    n = len(quiet)
    if n < 2 or quiet.all():
        return Squeezed(samples, ((0, len(samples)),), 0.0)
    half, edge = round(keep_s / 2 / FRAME_S), round(_EDGE_S / FRAME_S)
    keep = np.ones(n, bool)
    for start, end in _runs(quiet):
        first = start if start == 0 else start + half
        last = end if end == n else end - half
        first, last = (0, end - edge) if start == 0 else (first, last)
        last = end if end == n else last
        first = start + edge if end == n and start else first
        if last > first:
            keep[first:last] = False
    pieces = [
        (start * FRAME_SAMPLES, len(samples) if end == n else end * FRAME_SAMPLES)
        for start, end in _runs(keep)
    ]
    kept = np.concatenate([samples[a:b] for a, b in pieces])
    return Squeezed(kept, tuple(pieces), float((~quiet).sum()) * FRAME_S)


def halved(squeezed: Squeezed) -> list[Samples]:
    """Cut squeezed sound where its longest pause was; whole when it had none."""
    gaps = [later[0] - earlier[1] for earlier, later in pairwise(squeezed.pieces)]
    if not gaps:
        return [squeezed.samples]
    first = int(np.argmax(gaps)) + 1
    cut = sum(end - start for start, end in squeezed.pieces[:first])
    return [squeezed.samples[:cut], squeezed.samples[cut:]]


def windows(samples: Samples, longest_s: float, search_s: float = 8.0) -> Iterator[tuple[int, int]]:
    """Yield (start, end) in samples of stretches no longer than ``longest_s``.

    Each cut lies at the quietest 0.2 s of the last ``search_s`` seconds of a stretch.
    """
    longest, search = int(longest_s * SAMPLE_RATE), int(search_s * SAMPLE_RATE)
    start = 0
    while len(samples) - start > longest:
        low = start + longest - search
        level = levels(samples[low : start + longest])
        smooth = np.convolve(level, np.ones(10) / 10, mode="valid")
        cut = low + (int(np.argmin(smooth)) + 5) * FRAME_SAMPLES
        yield start, cut
        start = cut
    yield start, len(samples)


def levels(samples: Samples) -> NDArray[np.float64]:
    """Return the level of each whole 20 ms frame, dB of full scale."""
    n = len(samples) // FRAME_SAMPLES
    frames = samples[: n * FRAME_SAMPLES].reshape(n, FRAME_SAMPLES).astype(np.float64)
    return np.asarray(10 * np.log10(np.mean(frames**2, axis=1) + 1e-10))


def _quiet(samples: Samples) -> NDArray[np.bool_]:
    level = levels(samples)
    if not len(level):
        return np.zeros(0, bool)
    floor, peak = np.percentile(level, (10, 95))
    limit = min(peak - _NEVER_ABOVE_DB, max(floor + _ABOVE_FLOOR_DB, peak - _BELOW_PEAK_DB))
    quiet = np.asarray(level < limit)
    # A click of up to 40 ms inside a pause does not end it.
    for start, end in _runs(~quiet):
        if (
            end - start <= 2
            and quiet[max(0, start - 5) : start].all()
            and quiet[end : end + 5].all()
        ):
            quiet[start:end] = True
    return quiet


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in list(pairwise(edges))[::2]]
