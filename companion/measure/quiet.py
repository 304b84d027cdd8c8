"""What must not be answered: noise, silence, and the companion's own voice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from companion import app, events
from companion.audio.clock import VirtualClock
from companion.audio.files import FileOutput
from companion.audio.output import Source
from companion.audio.room import EchoingRoom
from companion.config import Config
from companion.domain import FRAME_S, FRAME_SAMPLES, SAMPLE_RATE, Frame, JsonObject, Samples
from companion.errors import MeasureError

_FAN_DB: Final = -45.0
"""Level of the fan hum between the noises, dBFS."""

_STORY: Final = (
    "Once there was an old fisherman who lived in a small white house beside the sea.",
    "Every morning he walked down to the harbour and looked at the weather for a while.",
    "His neighbour baked bread on Fridays, and the whole street smelled of it.",
    "In the evening they sat together on the bench and watched the boats come home.",
)


class _Stream:
    """Frames of one long sound on a virtual clock, then silence."""

    echo_possible = True

    def __init__(self, samples: Samples, clock: VirtualClock) -> None:
        self._pcm = (np.clip(samples, -1, 1) * 32767).astype(np.int16)
        self._clock = clock
        self.ended_at: float | None = None

    async def frames(self) -> AsyncIterator[Frame]:
        count = 0
        whole = len(self._pcm) // FRAME_SAMPLES
        while True:
            count += 1
            await self._clock.advance(count * FRAME_S)
            if count <= whole:
                pcm = self._pcm[(count - 1) * FRAME_SAMPLES : count * FRAME_SAMPLES]
            else:
                pcm = np.zeros(FRAME_SAMPLES, np.int16)
                self.ended_at = self.ended_at or count * FRAME_S
            yield Frame(pcm, count * FRAME_S)

    def finish(self) -> None:
        """Nothing to do: the conversation ends by itself."""

    async def close(self) -> None:
        """Nothing to release."""


def evaluate_noise(
    config: Config, folder: Path, minutes: float, engines: app.Engines | None = None
) -> JsonObject:
    """Listen to household noises, fan hum and silence; every reply is a fault.

    Args:
        config: settings.
        folder: sound files, played one after another with hum or silence between.
        minutes: how much to listen to; the noises repeat as needed.
        engines: loaded models, or None to load them.

    Returns:
        ``minutes``, ``replies``, ``texts`` of what was answered, ``drafts`` and ``ignored``.

    Raises:
        MeasureError: there are no sound files in the folder.
    """
    files = sorted(p for p in folder.glob("*") if p.suffix.lower() in (".wav", ".flac"))
    if not files:
        raise MeasureError(f"{folder} holds no .wav or .flac files")
    rng = np.random.default_rng(1)
    wanted = round(minutes * 60 * SAMPLE_RATE)
    pieces: list[Samples] = []
    length = 0
    while length < wanted:
        for index, path in enumerate(files):
            pieces.append(app.speech_in(path))
            rest = round(rng.uniform(0.5, 2.0) * SAMPLE_RATE)
            pieces.append(_hum(rest, rng) if index % 2 else np.zeros(rest, np.float32))
            length += len(pieces[-1]) + len(pieces[-2])
            if length >= wanted:
                break
    sound = np.concatenate(pieces)[:wanted]
    seen = asyncio.run(_listen(config, engines or app.load_engines(config), sound))
    return {
        "minutes": round(len(sound) / SAMPLE_RATE / 60, 2),
        "replies": sum(isinstance(e, events.ReplyStarted) for e in seen),
        "texts": [e.text for e in seen if isinstance(e, events.TurnCommitted)],
        "drafts": sum(isinstance(e, events.DraftStarted) for e in seen),
        "ignored": sum(isinstance(e, events.Ignored) for e in seen),
    }


def evaluate_echo(
    config: Config,
    minutes: float,
    *,
    gain_db: float = -6.0,
    delay_s: float = 0.08,
    engines: app.Engines | None = None,
) -> JsonObject:
    """Speak for some minutes in an echoing room where nobody else is.

    Args:
        config: settings.
        minutes: how long to speak.
        gain_db: level of the echo against what is played.
        delay_s: delay of the echo.
        engines: loaded models, or None to load them.

    Returns:
        ``minutes``, ``replies`` to itself, ``stops`` (times it cut itself off), ``texts``.
    """
    engines = engines or app.load_engines(config)
    seen = asyncio.run(_monologue(config, engines, minutes * 60, gain_db, delay_s))
    return {
        "minutes": minutes,
        "replies": sum(isinstance(e, events.ReplyStarted) for e in seen),
        "stops": sum(isinstance(e, events.SpeechStarted) for e in seen),
        "texts": [e.text for e in seen if isinstance(e, events.TurnCommitted)],
        "ignored": [e.reason for e in seen if isinstance(e, events.Ignored)],
    }


async def _listen(config: Config, engines: app.Engines, sound: Samples) -> Sequence[events.Event]:
    clock = VirtualClock()
    seen: list[events.Event] = []
    source: Source = _Stream(sound, clock)
    talk = app.build_conversation(
        config, engines, clock, source, FileOutput(None, clock), seen.append, in_file=True
    )
    try:
        await talk.run()
    finally:
        clock.close()
    return seen


async def _monologue(
    config: Config, engines: app.Engines, seconds: float, gain_db: float, delay_s: float
) -> Sequence[events.Event]:
    clock = VirtualClock()
    seen: list[events.Event] = []
    output = FileOutput(None, clock)
    rng = np.random.default_rng(2)
    noise = rng.normal(0, 10 ** (-60 / 20), round(seconds * SAMPLE_RATE)).astype(np.float32)
    room = EchoingRoom(_Stream(noise, clock), output, gain_db, delay_s)
    talk = app.build_conversation(config, engines, clock, room, output, seen.append, in_file=True)

    async def narrate() -> None:
        count = 0
        while clock.now() < seconds - 8:
            await clock.until(clock.now() + 0.5)
            if talk.idle:
                talk.announce(_STORY[count % len(_STORY)])
                count += 1
                await clock.until(clock.now() + 1.5)

    narrator = asyncio.create_task(narrate())
    try:
        await talk.run()
    finally:
        narrator.cancel()
        clock.close()
    return seen


def _hum(count: int, rng: np.random.Generator) -> Samples:
    """Return a fan: brown-ish noise and a mains hum, shape (count,)."""
    noise = np.cumsum(rng.normal(0, 1, count))
    noise -= np.convolve(noise, np.ones(400) / 400, "same")
    hum = np.sin(2 * np.pi * 100 * np.arange(count) / SAMPLE_RATE)
    mixed = noise / (np.std(noise) + 1e-9) + 0.5 * hum
    return (mixed / np.std(mixed) * 10 ** (_FAN_DB / 20)).astype(np.float32)
