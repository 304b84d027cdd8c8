"""A room for tests and measurements: the microphone hears the speaker."""

from __future__ import annotations

from collections.abc import AsyncIterator

import numpy as np
from numpy.typing import NDArray

from companion.audio.output import Output, Source
from companion.audio.timeline import as_pcm
from companion.domain import SAMPLE_RATE, Frame

_REFLECTIONS = ((0.0, 1.0), (0.0031, 0.42), (0.0074, -0.31), (0.0119, 0.22), (0.0231, -0.12))
"""Delay in seconds and gain of the direct sound and early reflections of a living room."""


class EchoingRoom:
    """A source that adds the output's own sound to what it delivers.

    Deterministic on a virtual clock. The input is meant to come from a file.

    Args:
        source: what the person says.
        output: what the companion plays.
        gain_db: level of the direct echo against what is played.
        delay_s: from the speaker to the microphone.
        reflections: add early reflections to the direct echo.
    """

    echo_possible = True

    def __init__(
        self,
        source: Source,
        output: Output,
        gain_db: float = -6.0,
        delay_s: float = 0.08,
        *,
        reflections: bool = True,
    ) -> None:
        self._source = source
        self._output = output
        self._delay = delay_s
        taps = _REFLECTIONS if reflections else _REFLECTIONS[:1]
        length = round(taps[-1][0] * SAMPLE_RATE) + 1
        self._response: NDArray[np.float32] = np.zeros(length, np.float32)
        for at, gain in taps:
            self._response[round(at * SAMPLE_RATE)] += gain * 10 ** (gain_db / 20)

    async def frames(self) -> AsyncIterator[Frame]:
        """Yield the source's frames with the echo in them."""
        memory = len(self._response) - 1
        past = np.zeros(memory, np.float32)
        async for frame in self._source.frames():
            played = self._output.reference(frame.t - self._delay).astype(np.float32)
            heard = np.concatenate((past, played))
            past = heard[len(heard) - memory :]
            if not heard.any():
                yield frame
                continue
            echo = np.convolve(heard, self._response, "valid")
            yield Frame(as_pcm(frame.pcm + echo), frame.t)

    @property
    def ended_at(self) -> float | None:
        """When the source's own sound ended."""
        return self._source.ended_at

    def finish(self) -> None:
        """Let the source end."""
        self._source.finish()

    async def close(self) -> None:
        """Close the source."""
        await self._source.close()
