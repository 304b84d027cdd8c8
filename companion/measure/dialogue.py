"""A person for measurements: says one utterance after another, waiting politely for each reply."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from companion import events
from companion.audio.clock import VirtualClock, WallClock
from companion.domain import FRAME_S, FRAME_SAMPLES, SAMPLE_RATE, Frame, Pcm, Samples

_PATIENCE_S: Final = 20.0
"""The next utterance comes after this long even if nothing was answered."""


@dataclass(frozen=True, slots=True)
class Line:
    """Something to say."""

    samples: Samples
    """16 kHz mono, shape (n,)."""
    end_s: float
    """Where speech really ends in them, seconds."""
    name: str = ""


@dataclass(slots=True)
class Said:
    """When a line was said, and what came of it; times in seconds on the input clock."""

    line: Line
    start: float
    replied: float | None = None
    """When the first reply to any part of it began."""
    last_replied: float | None = None
    """When the last one began."""
    ready: bool = False
    committed: str = ""
    merged: bool = False
    finished: bool = False

    @property
    def end(self) -> float:
        """When the speech ended."""
        return self.start + self.line.end_s

    @property
    def final_gap(self) -> float | None:
        """The same for the reply to the whole of it; None when there was none."""
        if self.last_replied is None or self.last_replied < self.end:
            return None
        return self.last_replied - self.end

    @property
    def gap(self) -> float | None:
        """Seconds from the end of speech to the reply; negative when spoken over."""
        return None if self.replied is None else self.replied - self.end


class Dialogue:
    """A source that says its lines in turn, and the observer that notes the replies."""

    echo_possible = False

    def __init__(
        self, lines: Iterable[Line], clock: WallClock | VirtualClock, *, rest_s: float = 1.2
    ) -> None:
        self._lines = lines
        self._clock = clock
        self._rest_s = rest_s
        self._resolved_at: float | None = None
        self.said: list[Said] = []
        self.ended_at: float | None = None

    async def frames(self) -> AsyncIterator[Frame]:
        """Yield 20 ms frames; after the last line silence until closed."""
        self._clock.start()
        count = 0
        silence = np.zeros(FRAME_SAMPLES, np.int16)
        for _ in range(round(self._rest_s / FRAME_S)):
            count += 1
            yield await self._at(silence, count)
        for line in self._lines:
            self._resolved_at = None
            said = Said(line, count * FRAME_S)
            self.said.append(said)
            for pcm in _frames(line.samples):
                count += 1
                yield await self._at(pcm, count)
            while not self._over(count * FRAME_S, said):
                count += 1
                yield await self._at(silence, count)
            said.finished = True
        self.ended_at = count * FRAME_S
        while True:
            count += 1
            yield await self._at(silence, count)

    def _over(self, t: float, said: Said) -> bool:
        if t - said.end > _PATIENCE_S:
            return True
        return self._resolved_at is not None and t - max(self._resolved_at, said.end) > self._rest_s

    async def _at(self, pcm: Pcm, count: int) -> Frame:
        t = count * FRAME_S
        await self._clock.pace(t)
        return Frame(pcm, t)

    def see(self, event: events.Event) -> None:
        """Take an event into the notes."""
        if not self.said:
            return
        said = self.said[-1]
        match event:
            case events.SpeechStarted():
                self._resolved_at = None
            case events.TurnCommitted():
                said.committed = event.text
            case events.TurnMerged():
                said.merged = True
            case events.ReplyStarted():
                if said.replied is None:
                    said.replied, said.ready = event.t, event.ready_at_commit
                said.last_replied = event.t
            case events.ReplyFinished() | events.Ignored():
                self._resolved_at = event.t

    def finish(self) -> None:
        """Nothing to do: the conversation ends by itself."""

    async def close(self) -> None:
        """Nothing to release."""


def _frames(samples: Samples) -> list[Pcm]:
    padded = np.pad(samples, (0, -len(samples) % FRAME_SAMPLES))
    pcm = (np.clip(padded, -1, 1) * 32767).astype(np.int16)
    return [pcm[i : i + FRAME_SAMPLES] for i in range(0, len(pcm), FRAME_SAMPLES)]


def true_end(samples: Samples) -> float:
    """Return where sound ends, seconds: the last 10 ms within 35 dB of the loudest."""
    hop = SAMPLE_RATE // 100
    count = len(samples) // hop
    if count == 0:
        return 0.0
    power = np.mean(samples[: count * hop].reshape(count, hop) ** 2, axis=1)
    loud = np.flatnonzero(power > power.max() * 10 ** (-3.5))
    return float((loud[-1] + 1) * hop / SAMPLE_RATE)
