"""Voice profiles: which Piper voice, how it paces itself, and what a tone changes."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from companion.domain import Tone
from companion.errors import ConfigError
from companion.resources import data_dir


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ToneShape(_Section):
    """What a tone changes, relative to the profile."""

    length: float = Field(1.0, ge=0.7, le=1.5)
    """Factor on how long sounds last; above 1 is slower."""
    noise: float = Field(1.0, ge=0.0, le=2.0)
    """Factor on the variety of timbre and rhythm."""
    pause: float = Field(1.0, ge=0.0, le=3.0)
    """Factor on the silences between sentences and at commas."""
    volume_db: float = Field(0.0, ge=-12, le=6)
    pitch_st: float = Field(0.0, ge=-3, le=4)
    """Semitones the voice is higher."""
    pitch_range: float = Field(1.0, ge=0.5, le=1.6)
    """Factor on how far pitch moves from its middle."""
    fall_st: float = Field(0.0, ge=-2, le=3)
    """Semitones that the end of a statement sinks further."""
    emphasis: float = Field(1.0, ge=0.5, le=1.5)
    """Factor on how far syllables differ in loudness."""
    slope_db: float = Field(0.0, ge=-4, le=4)
    """How much louder the end of a sentence is than its beginning."""
    treble_db: float = Field(0.0, ge=-4, le=4)
    """Gain of what lies above about 1.2 kHz: a softer or a livelier voice."""

    @property
    def changes_pitch(self) -> bool:
        """Whether pulses must be moved."""
        return bool(self.pitch_st or self.fall_st) or self.pitch_range != 1.0

    @property
    def shapes(self) -> bool:
        """Whether sound is shaped after synthesis at all."""
        loudness = self.emphasis != 1.0 or bool(self.slope_db or self.treble_db)
        return self.changes_pitch or loudness or self.pause != 1.0


class VoiceProfile(_Section):
    """One file of ``voices/``; units in voices/README.md."""

    title: str
    language: str = Field("en", min_length=2)
    model: str
    """Name in the catalogue."""
    file: str = Field(pattern=r"^[^/\\]+\.onnx$")
    """The ``.onnx`` inside the model's folder."""
    length_scale: float = Field(1.0, ge=0.5, le=2.0)
    noise_scale: float = Field(0.667, ge=0.0, le=1.5)
    noise_w_scale: float = Field(0.8, ge=0.0, le=1.5)
    level_db: float = Field(-20.0, ge=-35, le=-12)
    sentence_pause_s: float = Field(0.35, ge=0.0, le=2.0)
    clause_pause_s: float = Field(0.1, ge=0.0, le=1.0)
    tones: dict[Tone, ToneShape] = Field(default_factory=dict)

    def shape(self, tone: Tone) -> ToneShape:
        """Return what a tone changes; a tone the profile leaves out sounds neutral."""
        return self.tones.get(tone) or self.tones.get(Tone.NEUTRAL) or ToneShape()


def voice_names(folder: Path | None = None) -> list[str]:
    """Return the names of the profiles there are, sorted."""
    return sorted(path.stem for path in (folder or data_dir("voices")).glob("*.toml"))


def load_profile(name: str, folder: Path | None = None) -> VoiceProfile:
    """Read the profile ``voices/NAME.toml``.

    Args:
        name: a profile's name, without folder or ending.
        folder: where profiles lie; None is the ``voices`` folder of this installation.

    Raises:
        ConfigError: no such profile (names the nearest), or a key in it is wrong.
    """
    folder = folder or data_dir("voices")
    names = voice_names(folder)
    if name not in names:
        known = _nearest(name, names)
        raise ConfigError(f"there is no voice {name!r}{known}")
    path = folder / f"{name}.toml"
    try:
        return VoiceProfile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read voice {path}: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from error
    except ValidationError as error:
        raise ConfigError(f"{path}: {_first_problem(error)}") from error


def _first_problem(error: ValidationError) -> str:
    first: Any = error.errors()[0]
    loc = [str(part) for part in first["loc"] if part != "[key]"]
    where = ".".join(loc)
    if first["type"] == "extra_forbidden":
        fields = ToneShape.model_fields if len(loc) > 1 else VoiceProfile.model_fields
        return f"unknown setting '{where}'{_nearest(loc[-1], sorted(fields))}"
    if loc[0] == "tones" and first["type"] == "enum":
        return f"unknown tone '{loc[-1]}'{_nearest(loc[-1], [tone.value for tone in Tone])}"
    return f"'{where}': {first['msg'].lower()}"


def _nearest(word: str, known: list[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.4)
    if near:
        return f"; did you mean '{near[0]}'?"
    return f"; known here: {', '.join(known) or 'none'}"
