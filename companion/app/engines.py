"""Loads the models a configuration names."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from companion.app.feeling import load_feeler
from companion.app.guarding import load_guard
from companion.config import Config
from companion.domain import Samples
from companion.errors import ModelError

if TYPE_CHECKING:
    from companion.conversation.protocols import Ears, Mind, Voice
    from companion.emotion.kept import KeptFeeler
    from companion.hearing.whisper import WhisperEars
    from companion.mind.companion_mind import CompanionMind, Trust
    from companion.mind.model import LanguageModel
    from companion.safety.guard import SafetyGuard
    from companion.voice.piper import PiperSynthesizer


@dataclass(frozen=True, slots=True)
class Engines:
    """The loaded models."""

    ears: Ears
    mind: Mind
    voice: Voice
    load_s: float
    guard: SafetyGuard | None = None
    feeler: KeptFeeler | None = None


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
    """Load the local language model, connect to the configured server, or both.

    With a server the local model is what answers when the server does not; it may be missing.

    Raises:
        ModelError: the local model is missing or corrupt and no server is configured.
        ConfigError: the prompts or the server's address have a mistake.
    """
    from companion.mind.companion_mind import CompanionMind
    from companion.mind.llama import LlamaModel
    from companion.mind.prompts import load_prompts
    from companion.mind.server import ServerModel
    from companion.service.needs import needed_models
    from companion.service.store import open_store

    mind, persona = config.mind, config.persona
    store = open_store(config)
    entry = store.catalogue.model(needed_models(config, store.catalogue).llm)
    models: list[LanguageModel] = []
    trouble: str | None = None
    if mind.server:
        models.append(
            ServerModel(
                mind.server,
                mind.server_model,
                timeout_s=mind.server_timeout_s,
                context_tokens=mind.context_tokens,
            )
        )
    try:
        models.append(
            LlamaModel(
                store.path(entry.name) / entry.files[0].path,
                name=entry.name,
                context_tokens=mind.context_tokens,
                threads=threads(mind.threads),
                gpu_layers=mind.gpu_layers,
                state_dir=config.state_dir,
            )
        )
    except ModelError as error:
        if not mind.server:
            raise
        trouble = str(error)
    built = CompanionMind(
        load_prompts(persona.language, name=persona.name),
        models,
        trust="small" if mind.server else _trust(entry.disk_bytes),
        person=persona.person,
        seed=mind.seed,
        trouble=trouble,
    )
    built.warm()
    return built


def _trust(weights_bytes: int) -> Trust:
    """Return how far a model's words are believed, by its size (4-bit weights)."""
    if weights_bytes < 500_000_000:
        return "starter"
    return "small" if weights_bytes < 4_000_000_000 else "strong"


def system_prompt(config: Config) -> str:
    """Return the persona as given to the language model."""
    from companion.mind.prompts import load_prompts

    persona = config.persona
    beginning = load_prompts(persona.language, name=persona.name).beginning(persona.person)
    return beginning[0].content


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
        EmotionError: the weights for feeling cannot be read.
    """
    began = time.monotonic()
    ears = remote_ears(config, load_ears(config))
    voice, mind = remote_voice(config, load_voice(config)), load_mind(config)
    guard, feeler = load_guard(config), load_feeler(config)
    return Engines(ears, mind, voice, time.monotonic() - began, guard, feeler)


def remote_ears(config: Config, local: WhisperEars) -> Ears:
    """Return the ears on another machine, if there are any, with the local ones behind them."""
    if config.wyoming.stt is None:
        return local
    from companion.hearing.remote import RemoteEars

    language = config.hearing.language or config.persona.language
    return RemoteEars(
        config.wyoming.stt, local, language=language, timeout_s=config.wyoming.timeout_s
    )


def remote_voice(config: Config, local: PiperSynthesizer) -> Voice:
    """Return the voice on another machine, if there is one, with the local one behind it."""
    if config.wyoming.tts is None:
        return local
    from companion.voice.remote import RemoteVoice

    return RemoteVoice(config.wyoming.tts, local, timeout_s=config.wyoming.timeout_s)


def report_remote(engines: Engines, trouble: Callable[[str], None]) -> None:
    """Let engines on other machines say when they are away.

    Args:
        engines: those of a talk.
        trouble: told one line; any thread.
    """
    for engine in (engines.ears, engines.voice):
        if hasattr(engine, "tell"):
            engine.tell = trouble


def speech_in(path: Path) -> Samples:
    """Read a sound file as 16 kHz mono."""
    from companion.audio.files import read_audio

    return read_audio(path)


def model_paths(config: Config) -> dict[str, Path]:
    """Return the folders of the ``whisper``, ``llm`` and ``voice`` models in use.

    Raises:
        ModelError: one is missing.
    """
    from companion.service.needs import needed_models
    from companion.service.store import open_store

    store = open_store(config)
    needs = needed_models(config, store.catalogue)
    return {
        "whisper": store.path(needs.whisper),
        "llm": store.path(needs.llm),
        "voice": store.path(needs.voice),
    }


def process_age() -> float:
    """Return seconds since this process began."""
    with suppress(OSError, ValueError, IndexError):
        ticks = float(Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()[19])
        up = float(Path("/proc/uptime").read_text().split()[0])
        return up - ticks / os.sysconf("SC_CLK_TCK")
    return time.process_time()
