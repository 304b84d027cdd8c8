"""Takes a stretch of sound apart into voices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from companion.domain import SAMPLE_RATE, Samples
from companion.hearing.speakers.worker.models import WINDOW_S, Segmenter, load_voice_model

_LEAST_S: Final = 0.5
"""A voice heard alone for less than this is not described."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What was found in a stretch of sound."""

    embeddings: NDArray[np.float32] = field(repr=False)
    """Shape (voices, 192), in the order they were heard."""
    seconds: tuple[float, ...]
    """How long each voice was heard alone."""
    overlap_s: float
    """How long two spoke at once."""
    changes: int
    """How often one voice followed another."""


class Ears:
    """Both networks, loaded."""

    def __init__(self, segmentation: Path, voices: Path) -> None:
        self._segmenter = Segmenter(segmentation)
        self._voices = load_voice_model(voices)

    def take_apart(self, samples: Samples) -> Taken:
        """Return the voices in a stretch of sound."""
        found: list[NDArray[np.float32]] = []
        seconds: list[float] = []
        overlap_s, changes = 0.0, 0
        for window in _windows(samples):
            active = self._segmenter(window).numpy() > 0.5
            overlap_s += float((active.sum(axis=1) > 1).mean()) * len(window) / SAMPLE_RATE
            changes += _changes(active)
            for alone in _alone(active):
                sound = window[_samples_of(alone, len(window))]
                if len(sound) < _LEAST_S * SAMPLE_RATE:
                    continue
                found.append(self._voices(sound[None, None])[0].numpy())
                seconds.append(len(sound) / SAMPLE_RATE)
        shape = (len(found), self._voices.dimension)
        embeddings = np.stack(found) if found else np.empty(shape, np.float32)
        return Taken(embeddings, tuple(seconds), overlap_s, changes)


def _windows(samples: Samples) -> Iterator[torch.Tensor]:
    """Cut into the fewest equal windows of at most ten seconds."""
    count = max(1, -(-len(samples) // int(WINDOW_S * SAMPLE_RATE)))
    for part in np.array_split(np.ascontiguousarray(samples, np.float32), count):
        if len(part):
            yield torch.from_numpy(part)


def _alone(active: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """Return for each person the frames in which only they speak, in order of appearance."""
    single = active & (active.sum(axis=1, keepdims=True) == 1)
    columns = [single[:, person] for person in range(active.shape[1]) if single[:, person].any()]
    return sorted(columns, key=lambda column: int(column.argmax()))


def _changes(active: NDArray[np.bool_]) -> int:
    """Count how often a person who speaks alone is followed by another."""
    alone = active[active.sum(axis=1) == 1].argmax(axis=1)
    return int(np.count_nonzero(np.diff(alone)))


def _samples_of(frames: NDArray[np.bool_], count: int) -> torch.Tensor:
    """Stretch a mask of frames to one of samples."""
    place = np.minimum(np.arange(count) * len(frames) // count, len(frames) - 1)
    return torch.from_numpy(frames[place])
