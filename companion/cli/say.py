"""``companion say``: a text aloud, or into a WAV file."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from companion.domain import Tone

if TYPE_CHECKING:
    from companion.audio.output import Output
    from companion.config import Config
    from companion.domain import Speech

_POLL_S = 0.05


def say(
    text: Annotated[str, typer.Argument(help="What to say; - reads it from standard input.")],
    to: Annotated[
        Path | None, typer.Option("--to", help="Write a WAV file instead of speaking.")
    ] = None,
    voice: Annotated[
        str | None, typer.Option("--voice", help="A voice of voices/, such as joe.")
    ] = None,
    tone: Annotated[Tone, typer.Option("--tone", help="How it should sound.")] = Tone.WARM,
    config: Annotated[Path | None, typer.Option("--config", help="Use this config file.")] = None,
) -> None:
    """Say a text with the companion's voice."""
    from companion.app import load_voice
    from companion.config import load_config
    from companion.errors import VoiceError

    if text == "-":
        text = sys.stdin.read()
    settings = load_config(config)
    speech = load_voice(settings, voice).synthesize(text, tone)
    if not speech.words:
        raise VoiceError("there is nothing in that text that can be spoken; give it some words")
    if to is None:
        _aloud(speech, settings)
    else:
        _into_file(speech, to)


def _into_file(speech: Speech, path: Path) -> None:
    import soundfile

    from companion.errors import AudioFileError

    try:
        soundfile.write(path, speech.pcm, speech.rate, format="WAV", subtype="PCM_16")
    except (OSError, RuntimeError) as error:
        raise AudioFileError(f"cannot write {path}; is its folder there and writable?") from error


def _aloud(speech: Speech, settings: Config) -> None:
    from companion.audio.clock import WallClock
    from companion.audio.speaker import Speaker
    from companion.errors import DeviceError

    clock = WallClock()
    speaker = Speaker(settings.audio.output, clock)
    try:
        play_out(speech, speaker)
        if speaker.lost:
            raise DeviceError(f"the speaker {speaker.name} went away; is it still plugged in?")
    finally:
        speaker.close()
        clock.close()


def play_out(speech: Speech, output: Output) -> None:
    """Play a sentence to its end."""
    from companion.voice.player import Player

    player = Player(output)
    player.begin()
    player.play(speech)
    while player.busy():
        time.sleep(_POLL_S)
