"""The guided minute: what is asked for, and how much of it was spoken."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from companion.domain import FRAME_S, Frame, Samples
from companion.errors import SpeakerError
from companion.resources import data_dir

_PATIENCE: Final = 3.0
"""A part ends, however little was said, after so many times the speech it waits for."""

_SPEECH: Final = 0.5


@dataclass(frozen=True, slots=True)
class Part:
    """One way of speaking."""

    style: str
    """``read``, ``calm`` or ``lively``."""
    seconds: float
    """Of speech that is waited for."""
    say: str
    text: str
    """To be read aloud by the person; may be empty."""


@dataclass(frozen=True, slots=True)
class Guide:
    """What is said around the minute."""

    intro: str
    done: str
    parts: tuple[Part, ...]


class HasFrames(Protocol):
    """A microphone, or a file."""

    def frames(self) -> AsyncIterator[Frame]:
        """Yield 20 ms after 20 ms."""


def load_guide(language: str) -> Guide:
    """Read prompts/<language>/enrolment.toml.

    Raises:
        SpeakerError: it is missing or has a mistake.
    """
    path = data_dir("prompts") / language / "enrolment.toml"
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
        parts = tuple(
            Part(str(p["style"]), float(p["seconds"]), str(p["say"]), str(p["text"]).strip())
            for p in tree["part"]
        )
        return Guide(str(tree["intro"]), str(tree["done"]), parts)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SpeakerError(f"the guide for enrolling, {path}, has a mistake: {error!r}") from error


async def record_part(
    source: HasFrames,
    seconds: float,
    is_speech: Callable[[Frame], float],
    seen: Callable[[float], None] = lambda _: None,
) -> Samples:
    """Listen until enough was spoken; the sound stays in memory.

    Args:
        source: gives frames.
        seconds: of speech to wait for.
        is_speech: probability that a frame is speech.
        seen: told the seconds of speech so far.
    """
    heard: list[Samples] = []
    spoken = 0.0
    async for frame in source.frames():
        heard.append((frame.pcm / 32768).astype(np.float32))
        spoken += FRAME_S * (is_speech(frame) >= _SPEECH)
        seen(spoken)
        if spoken >= seconds or len(heard) * FRAME_S >= seconds * _PATIENCE:
            break
    return np.concatenate(heard) if heard else np.zeros(0, np.float32)
