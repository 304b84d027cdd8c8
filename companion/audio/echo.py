"""Takes our own voice out of what the microphone hears.

WebRTC's canceller (AEC3) does the work. It copes by itself with an echo that comes 15 to 200 ms
after the reference (measured on speech at -6 dB: at least 32 dB removed; at 0 ms and from 700 ms
on nearly nothing). Devices differ by more than that, so the delay is estimated here and the
reference moved to where the canceller wants it. What still leaks is recognised (``leak``) and
silenced: hearing itself is worse than hearing late.
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np
import pywebrtc_audio

from companion.audio.delay import estimate_delay
from companion.audio.leak import WINDOW, echo_share
from companion.domain import FRAME_S, FRAME_SAMPLES, SAMPLE_RATE, Pcm

_CONVERGE_S = 1.5
"""Playback after which the canceller has settled (measured: 32 dB within 1 s)."""
_TAIL_S = 1.0
"""Echo may be heard this long after the last played sound."""
_QUIET = 33.0
"""RMS of a played frame, -60 dBFS, below which nothing worth cancelling sounds."""
_LAG = 128
"""Samples by which AEC3 delays what it is given (measured)."""
_TARGET_S = 0.03
"""Where the echo is put, in seconds after its reference."""
_GOOD_S = (0.015, 0.15)
"""Nothing is moved while the echo comes within this."""
_LOUDEST = 1.4
"""An echo is at most this many times as loud as what was played within the last _REACH_S."""
_REACH_S = 0.5
_LEAK = 0.6
"""From this share on a frame is taken for a leaking echo (docs/measurements.md, barge-in)."""
_LEAK_LAGS_S = (-0.15, 0.35)
"""Delays, against the one believed, among which a leak is looked for."""
_SETTLE_S = 0.75
"""After the echo has moved, the canceller needs this long again (measured: 0.1-0.3 s)."""
_DEAF_S = 0.3
"""Pure zeros for this long while something sounds: a muted or lost microphone."""
_WINDOW_S = 3.0
_ESTIMATE_EVERY_S = 0.5
_AGREE_S = 0.005
"""Two estimates in a row this close are believed."""
_MAX_HOLD_S = 0.1
"""The microphone is delayed this much at most, when the echo comes before its reference."""


class EchoCanceller:
    """Removes the far end (what we play) from the near end (what we hear).

    Noise suppression and gain control stay off: they would harm recognition. While nothing has
    been played lately the sound passes through untouched and costs next to nothing. The output
    is 8 ms behind the input, always.
    """

    def __init__(self) -> None:
        self._aec = pywebrtc_audio.EchoCanceller(SAMPLE_RATE, 1)
        span = _WINDOW_S + 1.5
        self._near = _Tape(span)
        self._far = _Tape(span)
        self._offset = 0
        """Samples by which the far end is delayed against the near end."""
        self._tail: Pcm = np.zeros(_LAG, np.int16)
        self._since_played = math.inf
        self._played = 0.0
        self._loudness: deque[float] = deque(maxlen=round(_REACH_S / FRAME_S))
        self._deaf = 0.0
        self._until_estimate = 1.0
        self._candidate: float | None = None
        self._bypassed = True
        self._met = 0.0
        """Seconds of playback in this room, however often the echo moved."""
        self._power_in = 0.0
        self._power_out = 0.0
        self.delay_s: float | None = None
        """Estimated delay of the echo after the reference, seconds; None while unknown."""

    @property
    def active(self) -> bool:
        """Whether something was played so lately that its echo may be heard."""
        return self._since_played <= _TAIL_S + max(0.0, self.delay_s or 0.0)

    @property
    def converging(self) -> bool:
        """Whether the canceller has not heard 1.5 s of playback since the echo moved."""
        return self._played < _CONVERGE_S

    def relearn(self) -> None:
        """Forget the room: the microphone or the speaker was away, or is another one."""
        self._aec.reset()
        self._played = self._met = 0.0
        self._candidate = None

    @property
    def erle_db(self) -> float:
        """Echo return loss enhancement: dB removed during the last seconds of playback.

        Over about 2 s, and lower while the person speaks too; 0 before anything was played.
        """
        if self._power_out <= 0 or self._power_in <= 0:
            return 0.0
        return 10 * math.log10(self._power_in / self._power_out)

    def process(self, near: Pcm, far: Pcm) -> Pcm:
        """Return the near end without the echo of the far end.

        Args:
            near: 20 ms from the microphone, shape (320,), 16 kHz.
            far: what sounded in the same 20 ms, shape (320,), 16 kHz.
        """
        self._near.append(near)
        self._far.append(far)
        loudness = _rms(far)
        self._loudness.append(loudness)
        playing = loudness > _QUIET
        self._since_played = 0.0 if playing else self._since_played + FRAME_S
        held = self._near.recent(FRAME_SAMPLES, max(0, -self._offset))
        passed = np.concatenate((self._tail, held))[:FRAME_SAMPLES]
        self._tail = held[-_LAG:]
        if not self.active:
            self._bypassed = True
            return passed
        if not held.any():
            # There is nothing to cancel, and nothing true to learn about the room.
            self._deaf += FRAME_S if playing else 0.0
            self._bypassed = True
            return passed
        if self._deaf >= _DEAF_S:
            # The echo may now come at another time.
            self._played, self._met, self._candidate = 0.0, 0.0, None
        self._deaf = 0.0
        out = self._cancel(held)
        if self._bypassed:
            out = np.concatenate((passed[:_LAG], out[_LAG:]))  # it still held old sound
            self._bypassed = False
        self._measure(held, out, playing)
        if self._leaks(held, out):
            out = np.zeros_like(out)
        if playing:
            self._played += FRAME_S
            self._met += FRAME_S
            self._until_estimate -= FRAME_S
            if self._until_estimate <= 0:
                self._until_estimate = _ESTIMATE_EVERY_S
                self._follow_delay()
        return out

    def _leaks(self, held: Pcm, out: Pcm) -> bool:
        """Whether what is left may well be our own voice."""
        if _rms(out) <= _QUIET:
            return False
        if self._met < _CONVERGE_S:  # half duplex until the room is known at all
            return _rms(held) <= _LOUDEST * max(self._loudness)
        near = self._near.recent(WINDOW, max(0, -self._offset))
        first, last = (max(0, self._offset + round(s * SAMPLE_RATE)) for s in _LEAK_LAGS_S)
        return echo_share(near, self._far.recent(WINDOW + last - first, first)) > _LEAK

    def _cancel(self, held: Pcm) -> Pcm:
        far = self._far.recent(FRAME_SAMPLES, max(0, self._offset))
        half = FRAME_SAMPLES // 2  # AEC3 works in 10 ms
        return np.concatenate(
            [self._aec.process(held[i : i + half], far[i : i + half]) for i in (0, half)]
        )

    def _measure(self, held: Pcm, out: Pcm, playing: bool) -> None:
        if not playing or self.converging:
            return
        keep = 1 - FRAME_S / 2.0
        self._power_in = self._power_in * keep + _rms(held) ** 2 * (1 - keep)
        self._power_out = self._power_out * keep + (_rms(out) ** 2 + 1e-3) * (1 - keep)

    def _follow_delay(self) -> None:
        count = round(_WINDOW_S * SAMPLE_RATE)
        found = estimate_delay(self._near.recent(count), self._far.recent(count))
        before, self._candidate = self._candidate, found
        if found is not None and abs(found - (self.delay_s or before or found)) > _AGREE_S:
            self._played = min(self._played, _CONVERGE_S - _SETTLE_S)
        if found is None or before is None or abs(found - before) > _AGREE_S:
            return
        self.delay_s = found
        residual = found - self._offset / SAMPLE_RATE
        if _GOOD_S[0] <= residual <= _GOOD_S[1]:
            return
        offset = max(found - _TARGET_S, -_MAX_HOLD_S)
        self._offset = round(offset * SAMPLE_RATE)
        self._aec.reset()
        self._bypassed = True
        self._played = 0.0
        self._power_in = self._power_out = 0.0


class _Tape:
    """The last seconds of a signal."""

    def __init__(self, seconds: float) -> None:
        self._size = round(seconds * SAMPLE_RATE)
        self._buffer: Pcm = np.zeros(2 * self._size, np.int16)
        self._end = self._size

    def append(self, pcm: Pcm) -> None:
        if self._end + len(pcm) > len(self._buffer):
            self._buffer[: self._size] = self._buffer[self._end - self._size : self._end]
            self._end = self._size
        self._buffer[self._end : self._end + len(pcm)] = pcm
        self._end += len(pcm)

    def recent(self, count: int, ago: int = 0) -> Pcm:
        """Return a copy of ``count`` samples that ended ``ago`` samples before the newest."""
        stop = self._end - ago
        return self._buffer[stop - count : stop].copy()


def _rms(pcm: Pcm) -> float:
    wide = pcm.astype(np.float32)
    return math.sqrt(float(wide @ wide) / len(pcm))
