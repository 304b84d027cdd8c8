"""How fast the voice gives way when a person speaks over it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import numpy as np
import soxr

from companion import app, events
from companion.audio.clock import VirtualClock
from companion.audio.files import FileOutput
from companion.audio.room import EchoingRoom
from companion.config import Config
from companion.domain import FRAME_S, FRAME_SAMPLES, SAMPLE_RATE, Frame, JsonObject, Samples, Tone

_ANNOUNCEMENT: Final = (
    "There once was an old lighthouse keeper who knew every ship by the sound of its horn, "
    "and every evening he wrote their names into a thick blue book that nobody else had read."
)
_INTERRUPTIONS: Final = (
    "Wait, I want to say something.",
    "No, that is not what I meant.",
    "Excuse me, can you stop?",
    "Hold on, the doorbell rang.",
    "Sorry, what did you say?",
)


class _Interrupter:
    """Silence, until told to speak."""

    echo_possible = True

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._rng = np.random.default_rng(3)
        self._queue = np.zeros(0, np.int16)
        self.ended_at: float | None = None

    def say(self, samples: Samples) -> None:
        self._queue = (np.clip(samples, -1, 1) * 32767).astype(np.int16)

    @property
    def speaking(self) -> bool:
        return len(self._queue) > 0

    async def frames(self) -> AsyncIterator[Frame]:
        count = 0
        while True:
            count += 1
            await self._clock.advance(count * FRAME_S)
            head, self._queue = self._queue[:FRAME_SAMPLES], self._queue[FRAME_SAMPLES:]
            pcm = np.pad(head, (0, FRAME_SAMPLES - len(head)))
            room = self._rng.normal(0, 30, FRAME_SAMPLES)
            yield Frame(np.clip(pcm + room, -32768, 32767).astype(np.int16), count * FRAME_S)

    def finish(self) -> None:
        """Let the talk end."""
        self.ended_at = self._clock.now()

    async def close(self) -> None:
        """Nothing to release."""


def evaluate_barge_in(
    config: Config, times: int = 20, engines: app.Engines | None = None
) -> JsonObject:
    """Interrupt the companion again and again in a room that echoes at -6 dB, 80 ms.

    Args:
        config: settings.
        times: how often.
        engines: loaded models, or None to load them.

    Returns:
        ``stop_p50_s``, ``stop_p95_s`` from the person's onset to silence, ``within_300_ms``
        (share), ``missed``, and ``false_stops`` (the voice stopped with nobody speaking).
    """
    engines = engines or app.load_engines(config)
    return asyncio.run(_run(config, engines, times))


async def _run(config: Config, engines: app.Engines, times: int) -> JsonObject:
    clock = VirtualClock()
    output = FileOutput(None, clock)
    person = _Interrupter(clock)
    seen: list[events.Event] = []
    talk = app.build_conversation(
        config, engines, clock, EchoingRoom(person, output), output, seen.append, in_file=True
    )
    voices = [_spoken(engines, text) for text in _INTERRUPTIONS]
    stops: list[float | None] = []
    false_stops = 0

    async def drive() -> None:
        nonlocal false_stops
        for index in range(times):
            while not talk.idle or person.speaking:
                await clock.until(clock.now() + 0.1)
            talk.announce(_ANNOUNCEMENT)
            while output.pending() < 1.0:
                await clock.until(clock.now() + 0.02)
            before = len(seen)
            await clock.until(clock.now() + 2.0 + (index % 7) * 0.31)
            if output.pending() <= 0 or any(
                isinstance(e, events.SpeechStarted) for e in seen[before:]
            ):
                false_stops += 1
                continue
            sound, onset = voices[index % len(voices)]
            person.say(sound)
            began = clock.now() + onset
            stopped: float | None = None
            while clock.now() < began + 1.5 and stopped is None:
                await clock.until(clock.now() + FRAME_S)
                if output.pending() <= 0.02:
                    stopped = clock.now() - began
            stops.append(stopped)
            await clock.until(clock.now() + 4.0)
        person.finish()

    driver = asyncio.create_task(drive())
    try:
        await talk.run()
        await driver
    finally:
        driver.cancel()
        clock.close()
    done = [s for s in stops if s is not None]
    return {
        "times": len(stops),
        "stop_p50_s": round(float(np.percentile(done, 50)), 3) if done else None,
        "stop_p95_s": round(float(np.percentile(done, 95)), 3) if done else None,
        "within_300_ms": round(sum(s <= 0.3 for s in done) / max(1, len(stops)), 3),
        "missed": len(stops) - len(done),
        "stops_s": [s and round(s, 3) for s in stops],
        "false_stops": false_stops,
    }


def _spoken(engines: app.Engines, text: str) -> tuple[Samples, float]:
    """Return a sentence at 16 kHz and when its sound begins in it, seconds."""
    speech = engines.voice.synthesize(text, Tone.NEUTRAL)
    sound = soxr.resample(speech.pcm.astype(np.float32) / 32768, speech.rate, SAMPLE_RATE)
    # A person is not our own voice: a little higher and faster.
    sound = soxr.resample(sound, SAMPLE_RATE, SAMPLE_RATE / 1.12).astype(np.float32)
    loud = np.flatnonzero(np.abs(sound) > 0.1 * np.abs(sound).max())
    return sound, float(loud[0] / SAMPLE_RATE)
