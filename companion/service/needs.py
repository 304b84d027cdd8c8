"""Which models a configuration will use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from companion.config import Config
from companion.errors import ConfigError, ModelError
from companion.service.catalogue import Catalogue, Kind
from companion.voice.profile import load_profile

SEGMENTATION: Final = "pyannote-segmentation-3.0"
VOICES: Final = "campplus-zh-en"
"""What the speaker check hears with; its background was learned from these, so they are fixed."""


@dataclass(frozen=True, slots=True)
class Needs:
    """Catalogue names of the models a talk loads."""

    whisper: str
    llm: str
    voice: str
    embedding: str
    speakers: tuple[str, ...] = ()
    """Segmentation and voices, when ``speakers.enabled``."""

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return (self.whisper, self.llm, self.voice, self.embedding, *self.speakers)


def needed_models(config: Config, catalogue: Catalogue) -> Needs:
    """Return the models a configuration names, the rest taken from its profile.

    The voice is the one that the voice profile speaks with.

    Raises:
        ConfigError: the models profile, a model or the voice profile does not exist, or a model
            is of another kind than its setting asks for.
    """
    profile = catalogue.profile(config.models.profile)
    whisper = config.hearing.whisper or profile.whisper
    llm = config.mind.llm or profile.llm
    voice = load_profile(config.voice.profile).model
    _check(catalogue, "hearing.whisper", whisper, "whisper")
    _check(catalogue, "mind.llm", llm, "llm")
    _check(catalogue, "voice.profile", voice, "voice")
    embedding = config.safety.embedding
    _check(catalogue, "safety.embedding", embedding, "embedding")
    speakers = (SEGMENTATION, VOICES) if config.speakers.enabled else ()
    return Needs(whisper, llm, voice, embedding, speakers)


def _check(catalogue: Catalogue, setting: str, name: str, kind: Kind) -> None:
    try:
        model = catalogue.model(name)
    except ModelError as error:
        raise ConfigError(f"'{setting}': {error}") from error
    if model.kind != kind:
        raise ConfigError(f"'{setting}': '{name}' is a {model.kind} model, not a {kind} model")
