"""A person in a room with the companion: speaks by Piper, listens by Whisper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from support.companion_process import Companion
from support.person import Say, Start
from support.pulse import PulseRoom, why_not

from companion import app
from companion.config import Config
from companion.domain import SAMPLE_RATE, Tone
from companion.errors import ModelError
from companion.hearing.whisper import WhisperEars

ROOM_TONE_DB = -66.0


@pytest.fixture(scope="session")
def ears() -> WhisperEars:
    """Our own Whisper, to write down what was heard in the room."""
    try:
        return app.load_ears(Config())
    except ModelError as error:
        pytest.skip(f"starter models are not here: {error}")


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Say:
    """Returns a WAV of a sentence, 16 kHz mono, spoken by our own voice at a middling level."""
    try:
        voice = app.load_voice(Config())
    except ModelError as error:
        pytest.skip(f"starter models are not here: {error}")
    folder = tmp_path_factory.mktemp("spoken")
    made: dict[str, Path] = {}

    def say(text: str) -> Path:
        if text not in made:
            speech = voice.synthesize(text, Tone.NEUTRAL)
            path = folder / f"{len(made)}.wav"
            sound = soxr.resample(speech.pcm, speech.rate, SAMPLE_RATE)
            soundfile.write(path, (sound * 0.7).astype(np.int16), SAMPLE_RATE)
            made[text] = path
        return made[text]

    return say


@pytest.fixture(scope="session")
def room_tone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten minutes of the faint noise that every real microphone hears."""
    path = tmp_path_factory.mktemp("tone") / "tone.wav"
    noise = np.random.default_rng(1).normal(0, 10 ** (ROOM_TONE_DB / 20), 600 * SAMPLE_RATE)
    soundfile.write(path, noise, SAMPLE_RATE, subtype="PCM_16")
    return path


@pytest.fixture(scope="module")
def room() -> Iterator[PulseRoom]:
    """A virtual room that a module's tests share; they run in order."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    with PulseRoom() as pulse:
        yield pulse


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Starts companions and ends them after the module."""
    running: list[Companion] = []

    def begin(*arguments: str, config: str = "", env: dict[str, str] | None = None) -> Companion:
        folder = tmp_path_factory.mktemp("talk")
        own = {"XDG_CONFIG_HOME": str(folder / "none")} | (env or {})
        running.append(Companion(folder, *arguments, config=config, env=own))
        return running[-1]

    yield begin
    for companion in running:
        companion.kill()
