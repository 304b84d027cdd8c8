"""The microphone, as frames on the input clock."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from typing import NamedTuple

import numpy as np
import soxr

from companion.audio.clock import WallClock
from companion.audio.output import OnChange
from companion.audio.port import Opened, Port
from companion.audio.port_child import CAPTURED
from companion.audio.timeline import as_pcm
from companion.domain import FRAME_S, FRAME_SAMPLES, SAMPLE_RATE, Frame, Pcm, Samples

_BUFFER_FRAMES = 500
"""Frames (10 s) kept for a loop that is busy; older ones are dropped and counted."""
_STARVED_S = 0.5
"""Without a frame for this long, silence keeps the conversation's timers running."""
_LAG_S = 0.06
"""How far the frames of silence stay behind the clock."""
_FOLLOW = 0.01
"""Share of the difference to the wall clock taken up each frame: sound cards drift 0.01%."""
_RELEASE_STEP_S = 0.02
_AT_EASE = 3
"""Frames at a time: the beginning of speech is seen 40 ms later, its end no later."""
_JUMP_S = 0.5
"""A difference this large is a gap in the sound, not drift."""


class _Heard(NamedTuple):
    pcm: Pcm
    stamp: float
    """Monotonic time of the last sample."""
    flat: bool
    """Nothing but one constant value: a dead or muted microphone."""


class Microphone:
    """Captures at the device's own rate and delivers 16 kHz mono frames of 20 ms.

    A device that disappears is looked for until it is back; meanwhile the frames are silence.

    Args:
        device: name, part of a name, or index; None is the default.
        clock: started by the first frame.
        silent_after_s: nothing but zeros for this long is reported as ``silent``.
        on_change: told ``lost``, ``back``, ``silent`` and ``sounding``, once each time.
        muted: begin without opening the device; ``unmute`` opens it.

    Raises:
        DeviceError: there is no such microphone, or it cannot be opened; never when muted.
    """

    ended_at: float | None = None
    """A microphone has no end."""

    echo_possible = True
    """It may hear our own speaker."""

    def __init__(
        self,
        device: str | int | None,
        clock: WallClock,
        *,
        silent_after_s: float = 5.0,
        on_change: OnChange | None = None,
        muted: bool = False,
    ) -> None:
        self._clock = clock
        self._silent_after = silent_after_s
        self._on_change = on_change
        self._heard: deque[_Heard] = deque(maxlen=_BUFFER_FRAMES)
        self._arrived: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self._paused = muted
        self._dropped = 0
        self._child_overruns = 0
        self._channels = 1
        self._rest: Samples = np.zeros(0, np.float32)
        self._resampler: soxr.ResampleStream | None = None
        self._flat_since: float | None = None
        self._silent = False
        self._sounded_at = time.monotonic()
        self._port = Port(
            "capture",
            device,
            on_opened=self._opened,
            on_message=self._captured,
            on_change=on_change,
        )
        self.name = "default" if device is None else str(device)
        """What the sound system calls it."""
        if muted:
            self._port.open_paused()
        else:
            self.name = self._port.open().name

    @property
    def overruns(self) -> int:
        """How often sound was lost because nobody took it in time."""
        return self._dropped + self._child_overruns

    @property
    def lost(self) -> bool:
        """Whether the device has gone and is being looked for."""
        return self._port.lost

    @property
    def sound_age_s(self) -> float | None:
        """Seconds since the device delivered anything; None while it is released."""
        return None if self._paused else time.monotonic() - self._sounded_at

    @property
    def state(self) -> str:
        """``well``, ``muted``, ``lost`` or ``silent``."""
        if self._paused:
            return "muted"
        return "lost" if self._port.lost else "silent" if self._silent else "well"

    async def frames(self) -> AsyncIterator[Frame]:
        """Yield frames at the pace of the wall until ``close``."""
        self._loop = asyncio.get_running_loop()
        self._arrived = asyncio.Event()
        t = 0.0
        while not self._closed:
            heard = await self._next()
            if heard is None:
                if self._clock.now() == 0.0 and not self._missing():
                    continue
                self._clock.start()
                while t + FRAME_S <= self._clock.now() - _LAG_S and not self._heard:
                    t += FRAME_S
                    self._watch(flat=True, t=t)
                    yield Frame(np.zeros(FRAME_SAMPLES, np.int16), t)
                continue
            self._clock.start()
            real = self._clock.now() - (time.monotonic() - heard.stamp)
            error = real - (t + FRAME_S)
            if error < -_JUMP_S:
                continue  # silence was already delivered in its place
            t += FRAME_S + (error if error > _JUMP_S else max(-FRAME_S / 2, error * _FOLLOW))
            self._watch(flat=heard.flat, t=t)
            yield Frame(heard.pcm, t)

    @property
    def released(self) -> bool:
        """Whether no process of ours holds the device."""
        return self._port.pid is None

    def await_release(self, timeout_s: float) -> bool:
        """Wait until no process of ours holds the device; blocking.

        Returns:
            Whether it was released in time.
        """
        until = time.monotonic() + timeout_s
        while not self.released and time.monotonic() < until:
            time.sleep(_RELEASE_STEP_S)
        return self.released

    def at_ease(self, yes: bool) -> None:
        """Take frames in threes (60 ms), which saves work while nobody speaks, or each at once."""
        self._port.send(b"L", bytes([_AT_EASE if yes else 1]))

    def mute(self) -> None:
        """Close the capture stream: muted for real. Frames go on as silence; may be repeated."""
        self._paused = True
        self._heard.clear()
        self._port.pause()

    def unmute(self) -> None:
        """Open the capture stream again; may be repeated."""
        self._sounded_at = time.monotonic()
        self._paused = False
        self._port.resume()

    def finish(self) -> None:
        """Do nothing: a microphone has no end."""

    async def close(self) -> None:
        """Release the microphone and end ``frames``."""
        self._closed = True
        if self._arrived is not None:
            self._arrived.set()
        await asyncio.to_thread(self._port.close)
        self._resampler = None  # soxr complains on stderr about what lives at the end

    def _missing(self) -> bool:
        return self._paused or self._port.lost

    async def _next(self) -> _Heard | None:
        assert self._arrived is not None
        self._arrived.clear()
        if not self._heard:
            patience = FRAME_S if self._missing() else _STARVED_S
            try:
                async with asyncio.timeout(patience):
                    await self._arrived.wait()
            except TimeoutError:
                return None
        return self._heard.popleft() if self._heard else None

    def _watch(self, *, flat: bool, t: float) -> None:
        """Report a microphone that has fallen silent, and one that sounds again."""
        if self._missing():
            self._flat_since = None
        elif not flat:
            self._flat_since = None
            if self._silent:
                self._silent = False
                self._tell("sounding", "")
        elif self._flat_since is None:
            self._flat_since = t
        elif not self._silent and t - self._flat_since >= self._silent_after:
            self._silent = True
            self._tell("silent", f"{self.name} delivers nothing but silence")

    def _tell(self, state: str, detail: str) -> None:
        if self._on_change is not None:
            self._on_change(state, detail)

    # What follows runs on the port's thread.

    def _opened(self, opened: Opened) -> None:
        self._channels = opened.channels
        self.name = opened.name
        self._rest = np.zeros(0, np.float32)
        self._resampler = (
            None
            if opened.rate == SAMPLE_RATE
            else soxr.ResampleStream(opened.rate, SAMPLE_RATE, 1, dtype="float32")
        )

    def _captured(self, _kind: bytes, payload: bytes) -> None:
        if self._paused:
            return
        self._sounded_at = time.monotonic()
        stamp, self._child_overruns = CAPTURED.unpack_from(payload)
        raw = np.frombuffer(payload, np.int16, offset=CAPTURED.size).reshape(-1, self._channels)
        # Two channels are a stereo microphone; more are an array whose first is as good as any.
        mono = raw[:, :2].mean(axis=1, dtype=np.float32) if self._channels == 2 else raw[:, 0]
        block = mono.astype(np.float32)
        if self._resampler is not None:
            block = self._resampler.resample_chunk(block)
        joined = np.concatenate((self._rest, block))
        whole = len(joined) // FRAME_SAMPLES * FRAME_SAMPLES
        self._rest = joined[whole:]
        flat = bool(raw.size == 0 or raw.max() == raw.min())
        for start in range(0, whole, FRAME_SAMPLES):
            after = len(joined) - start - FRAME_SAMPLES
            pcm = as_pcm(joined[start : start + FRAME_SAMPLES])
            if len(self._heard) == _BUFFER_FRAMES:
                self._dropped += 1
            self._heard.append(_Heard(pcm, stamp - after / SAMPLE_RATE, flat))
        if whole and self._loop is not None and self._arrived is not None:
            try:
                self._loop.call_soon_threadsafe(self._arrived.set)
            except RuntimeError:  # the loop has ended
                self._closed = True
