"""Sound laid out in time: what sounds when, and what of it is still to come."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from companion.domain import FRAME_S, FRAME_SAMPLES, SAMPLE_RATE, Pcm

_ZERO_CROSSINGS = 12
"""Half-width of the interpolation filter: about 70 dB of stop band with a Kaiser window."""


def as_pcm(values: NDArray[np.float32]) -> Pcm:
    """Round values on the scale of 16 bits to samples, clipping what does not fit."""
    pcm: Pcm = np.clip(np.rint(values), -32768, 32767).astype(np.int16)
    return pcm


class Timeline:
    """Mono samples at a rate, addressed by their index since time zero.

    Only a window is held, from the first sample put into an empty timeline on; what ``forget``
    was told of may be gone, and what was never written reads as zeros.
    """

    def __init__(self) -> None:
        self._base = 0
        self._length = 0
        self._buffer: Pcm = np.zeros(4096, np.int16)

    @property
    def empty(self) -> bool:
        """Whether it holds no sample."""
        return self._length == 0

    @property
    def end(self) -> int:
        """Index after the last sample written."""
        return self._base + self._length

    def put(self, index: int, pcm: Pcm) -> None:
        """Write samples from ``index`` on, over what is there; a gap before them is silence."""
        if self._length == 0:
            self._base = index
        start = index - self._base
        if start < 0:
            pcm, start = pcm[-start:], 0
        needed = start + len(pcm)
        if needed > len(self._buffer):
            grown = np.zeros(max(needed, 2 * len(self._buffer)), np.int16)
            grown[: self._length] = self._buffer[: self._length]
            self._buffer = grown
        if start > self._length:
            self._buffer[self._length : start] = 0
        self._buffer[start:needed] = pcm
        self._length = max(self._length, needed)

    def get(self, start: int, stop: int) -> Pcm:
        """Return samples ``start`` to ``stop``, zeros where nothing is; shape (stop - start,)."""
        out = np.zeros(max(0, stop - start), np.int16)
        first, last = max(start, self._base), min(stop, self.end)
        if first < last:
            held = self._buffer[first - self._base : last - self._base]
            out[first - start : last - start] = held
        return out

    def truncate(self, index: int) -> None:
        """Drop everything from ``index`` on."""
        self._length = max(0, min(self._length, index - self._base))

    def forget(self, before: int) -> None:
        """Allow everything before ``before`` to be dropped, which happens now and then."""
        drop = min(self._length, before - self._base)
        if drop < max(1, self._length // 3):
            return  # moving the rest forward would cost more than it frees
        self._buffer[: self._length - drop] = self._buffer[drop : self._length].copy()
        self._base += drop
        self._length -= drop


class FrameReader:
    """Reads 20 ms at 16 kHz out of a timeline of any rate.

    It is stateless (a windowed-sinc filter around each output sample), so frames may be asked
    for in any order and join without seams.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._exact = rate == SAMPLE_RATE
        step = rate / SAMPLE_RATE
        reach = _ZERO_CROSSINGS * max(1.0, step)
        centre = np.arange(FRAME_SAMPLES) * step
        first = np.floor(centre - reach).astype(int)
        taps = int(np.ceil(2 * reach)) + 2
        self._margin = int(-first[0])
        self._gather = (first + self._margin)[:, None] + np.arange(taps)
        self._span = int(self._gather.max()) + 1
        distance = first[:, None] + np.arange(taps) - centre[:, None]
        self._kernel: NDArray[np.float32] = _kernel(distance, reach, min(1.0, 1 / step))

    @property
    def step(self) -> int:
        """Samples of the timeline in one frame."""
        return round(self._rate * FRAME_S)

    def read(self, timeline: Timeline, stop: int) -> Pcm:
        """Return the frame that ends at sample ``stop`` of the timeline; shape (320,)."""
        start = stop - self.step
        if start - self._margin >= timeline.end:
            return np.zeros(FRAME_SAMPLES, np.int16)
        if self._exact:
            return timeline.get(start, stop)
        source = timeline.get(start - self._margin, start - self._margin + self._span)
        if not source.any():
            return np.zeros(FRAME_SAMPLES, np.int16)
        mixed = np.einsum("ij,ij->i", source.astype(np.float32)[self._gather], self._kernel)
        return as_pcm(mixed)


def _kernel(distance: NDArray[np.float64], reach: float, bandwidth: float) -> NDArray[np.float32]:
    inside = np.clip(1 - (distance / reach) ** 2, 0, None)
    window = np.i0(7.0 * np.sqrt(inside)) / np.i0(7.0)
    shaped = np.sinc(distance * bandwidth * 0.95) * np.where(inside > 0, window, 0)
    kernel: NDArray[np.float32] = (shaped / shaped.sum(axis=1, keepdims=True)).astype(np.float32)
    return kernel
