"""Builds the house from its configuration: the only place that knows every room."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from companion.config import Config
from companion.domain import Samples

if TYPE_CHECKING:
    from companion.audio.clock import VirtualClock, WallClock
    from companion.audio.output import Output, Source
    from companion.conversation.loop import Conversation
    from companion.events import Event
    from companion.hearing.endpoint import Endpointer
    from companion.hearing.whisper import WhisperEars
    from companion.mind.companion_mind import CompanionMind
    from companion.voice.piper import PiperSynthesizer


@dataclass(frozen=True, slots=True)
class Engines:
    """The loaded models."""

    ears: WhisperEars
    mind: CompanionMind
    voice: PiperSynthesizer
    load_s: float


def threads(wanted: int | None) -> int:
    """Return how many threads an engine gets: what was asked for, or the cores, at most 4."""
    return wanted or max(1, min(4, os.cpu_count() or 1))


def load_ears(config: Config) -> WhisperEars:
    """Load Whisper.

    Raises:
        ModelError: it is missing or corrupt.
    """
    from companion.hearing.whisper import WhisperEars
    from companion.service.needs import needed_models
    from companion.service.store import open_store

    store = open_store(config)
    return WhisperEars(
        store.path(needed_models(config, store.catalogue).whisper),
        language=config.hearing.language or config.persona.language,
        threads=threads(config.hearing.threads),
        device=config.hearing.device,
    )


def load_mind(config: Config) -> CompanionMind:
    """Load the language model, or connect to the configured server.

    Raises:
        ModelError: the local model is missing or corrupt and no server is configured.
    """
    from companion.mind.companion_mind import CompanionMind

    raise NotImplementedError(CompanionMind)


def load_voice(config: Config, profile: str | None = None) -> PiperSynthesizer:
    """Load Piper with a voice profile.

    Raises:
        ModelError: it is missing or corrupt.
        ConfigError: there is no such profile.
    """
    from companion.service.store import open_store
    from companion.voice.piper import PiperSynthesizer
    from companion.voice.profile import load_profile

    shape = load_profile(profile or config.voice.profile)
    return PiperSynthesizer(
        open_store(config).path(shape.model),
        shape,
        pace=config.voice.pace,
        volume_db=config.voice.volume_db,
        threads=threads(None),
    )


def load_engines(config: Config) -> Engines:
    """Load every model a talk needs.

    Raises:
        ModelError: one is missing or corrupt; names the command that mends it.
    """
    began = time.monotonic()
    ears, voice, mind = load_ears(config), load_voice(config), load_mind(config)
    return Engines(ears, mind, voice, time.monotonic() - began)


def build_conversation(
    config: Config,
    engines: Engines,
    clock: WallClock | VirtualClock,
    source: Source,
    output: Output,
    emit: Callable[[Event], None],
    *,
    endpointer: Endpointer | None = None,
    in_file: bool = False,
    watch: Callable[[float, str], None] | None = None,
) -> Conversation:
    """Put a conversation together.

    Args:
        config: settings; with ``in_file`` attention is ``always``.
        engines: the loaded models.
        clock: the one that source and output use.
        source: where frames come from.
        output: where speech goes.
        emit: told every event.
        endpointer: what has been learned about this person's pauses; None starts anew.
        in_file: the input is a recording.
        watch: told level and state about ten times a second, for a display.
    """
    from companion.audio.echo import EchoCanceller
    from companion.conversation.attention import Attention
    from companion.conversation.loop import Conversation, Rooms
    from companion.conversation.turns import TurnLimits
    from companion.hearing.endpoint import Endpointer
    from companion.hearing.vad import SpeechDetector
    from companion.hearing.wakeword import WakewordListener
    from companion.voice.player import Player

    settings = config.attention
    mode = "always" if in_file else settings.mode
    echo = config.audio.echo_cancellation and getattr(source, "echo_possible", True)
    rooms = Rooms(
        source=source,
        player=Player(output),
        ears=engines.ears,
        mind=engines.mind,
        voice=engines.voice,
        judge=endpointer or Endpointer(risk=config.turns.cut_off_risk),
        detector=SpeechDetector(),
        echo=EchoCanceller() if echo else None,
        wakeword=WakewordListener(settings.wakeword) if mode == "wakeword" else None,
    )
    return Conversation(
        rooms,
        clock,
        Attention(
            mode,
            config.persona.name,
            aliases=config.persona.aliases,
            engaged_s=settings.engaged_s,
        ),
        emit,
        limits=TurnLimits(
            draft_after_s=config.turns.draft_after_s,
            min_wait_s=config.turns.min_wait_s,
            max_wait_s=config.turns.max_wait_s,
        ),
        merge_window_s=config.turns.merge_window_s,
        earcons=settings.earcons and not in_file,
        watch=watch,
    )


def speech_in(path: Path) -> Samples:
    """Read a sound file as 16 kHz mono."""
    from companion.audio.files import read_audio

    return read_audio(path)
