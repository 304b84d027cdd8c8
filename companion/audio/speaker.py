"""The speaker."""

from __future__ import annotations

import threading
import time
from typing import Protocol

import numpy as np
import soxr

from companion.audio.output import FADE_S, OnChange
from companion.audio.port import Opened, Port
from companion.audio.port_child import PLAYED
from companion.audio.timeline import FrameReader, Timeline, as_pcm
from companion.domain import FRAME_S, FRAME_SAMPLES, Pcm

_KEEP_S = 3.0
"""How far back ``reference`` can look."""
_DROP_AFTER_S = 1.0
"""What is queued for a device that has gone is forgotten after this long."""
_RESTAMP_S = 0.03
"""Stated times that differ more than this from counted ones mark a gap in playback."""
_SLACK_S = 0.004
"""The reference follows the device's clock only outside of this; jitter stays below it."""


class _Now(Protocol):
    def now(self) -> float: ...


class Speaker:
    """Plays through a stream that stays open, so that a reply starts within one buffer.

    Args:
        device: name, part of a name, or index; None is the default.
        clock: what ``reference`` counts in.
        on_change: told ``lost`` and ``back``, once each time.

    Raises:
        DeviceError: there is no such speaker, or it cannot be opened.
    """

    def __init__(
        self, device: str | int | None, clock: _Now, *, on_change: OnChange | None = None
    ) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._written = 0
        """Samples sent since the last cut."""
        self._cuts = 0
        self._cut_at = 0.0
        self._done_cuts = 0
        self._left = 0
        """Samples at the device that have not been handed over."""
        self._received = 0
        self._line_end = 0.0
        """Monotonic time at which the next sample handed over would sound."""
        self._sounds_until = 0.0
        self._lost_at: float | None = None
        self._played = Timeline()
        self._next_at: float | None = None
        self._next_index = 0
        self._cursor: int | None = None
        self._device_rate = 0
        self._port = Port(
            "playback",
            device,
            on_opened=self._opened,
            on_message=self._handed_over,
            on_change=on_change,
        )
        opened = self._port.open()
        self.name = opened.name
        """What the sound system calls it."""
        self.rate = opened.rate
        """Hz that ``write`` takes: the device's own."""
        self._reader = FrameReader(self.rate)

    @property
    def lost(self) -> bool:
        """Whether the device has gone and is being looked for."""
        return self._port.lost

    @property
    def pid(self) -> int | None:
        """The process that holds the stream now; None between two."""
        return self._port.pid

    def write(self, pcm: Pcm) -> None:
        """Queue mono samples at ``rate``; while the device is lost they are dropped."""
        if len(pcm) == 0 or self._port.lost:
            return
        if self._device_rate != self.rate:  # another device took over
            converted = soxr.resample(pcm.astype(np.float32), self.rate, self._device_rate)
            pcm = as_pcm(converted)
        with self._lock:
            self._written += len(pcm)
        self._port.send(b"W", pcm.astype("<i2").tobytes())

    def cut(self) -> None:
        """Fade what is queued for 10 ms and drop the rest; the device's buffer still sounds."""
        with self._lock:
            if self._written == 0:
                return
            self._cuts += 1
            self._cut_at = time.monotonic()
            self._written = 0
        self._port.send(b"C")

    def pending(self) -> float:
        """Return seconds written that have not sounded yet."""
        now = time.monotonic()
        with self._lock:
            if self._port.lost:
                self._lost_at = self._lost_at or now
                if now - self._lost_at > _DROP_AFTER_S:
                    self._forget()
                    return 0.0
            else:
                self._lost_at = None
            if self._done_cuts != self._cuts:
                if now - self._cut_at > _DROP_AFTER_S:
                    self._done_cuts = self._cuts
                queued = self._written + round(FADE_S * self.rate)
            else:
                queued = max(0, self._written - self._received) + self._left
            if queued == 0:
                return max(0.0, self._sounds_until - now)
            line = max(0.0, self._line_end - now)
            return line + queued / (self._device_rate or self.rate)

    def reference(self, until: float) -> Pcm:
        """Return what sounded in the 20 ms ending at ``until``; shape (320,), 16 kHz.

        Successive calls join without gaps; the device's drift is followed a sample at a time.
        """
        with self._lock:
            if self._device_rate != self.rate:
                return np.zeros(FRAME_SAMPLES, np.int16)
            wanted = until + (time.monotonic() - self._clock.now())
            stop = self._index(wanted)
            if self._cursor is None or abs(stop - self._cursor - self._reader.step) > (
                FRAME_S * self.rate
            ):
                self._cursor = stop
            else:
                self._cursor += self._reader.step
                behind = stop - self._cursor
                if abs(behind) > _SLACK_S * self.rate:
                    self._cursor += 1 if behind > 0 else -1
            return self._reader.read(self._played, self._cursor)

    def close(self) -> None:
        """Release the device; what has not sounded is dropped."""
        self._port.close()

    def _index(self, moment: float) -> int:
        return round(moment * self.rate)

    def _forget(self) -> None:
        self._written = self._received = self._left = 0
        self._sounds_until = 0.0

    # What follows runs on the port's thread.

    def _opened(self, opened: Opened) -> None:
        with self._lock:
            self._device_rate = opened.rate
            self._forget()
            self._cuts = self._done_cuts = 0
            self._next_at = None

    def _handed_over(self, _kind: bytes, payload: bytes) -> None:
        begins, ends, cuts, received, left = PLAYED.unpack_from(payload)
        pcm = np.frombuffer(payload, np.int16, offset=PLAYED.size)
        with self._lock:
            self._done_cuts = max(self._done_cuts, cuts)
            self._left, self._line_end = left, ends
            if cuts == self._cuts:
                self._received = received
            if len(pcm) and self._device_rate == self.rate:
                self._sounds_until = begins + len(pcm) / self.rate
                self._record(begins, pcm)
            if self._next_at is not None:
                self._next_at += ends - begins
                self._next_index += round((ends - begins) * self.rate)
                if abs(self._next_at - ends) > _RESTAMP_S:
                    self._next_at = None

    def _record(self, begins: float, pcm: Pcm) -> None:
        """Lay samples into the record, by count rather than by the jittery stated time."""
        if self._next_at is None:
            self._next_at, self._next_index = begins, self._index(begins)
        self._played.forget(self._next_index - round(_KEEP_S * self.rate))
        self._played.put(self._next_index, pcm)
