"""Other people's voices, and what they taught: how alike two voices must be to be one.

``models/speakers/background.npz`` holds voices of strangers (as numbers), the directions in which
one person's voice wanders with mood and microphone, and a logistic regression from likeness to
probability. ``companion train speakers`` rebuilds it; models/speakers/README.md says from what.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.errors import SpeakerError
from companion.resources import data_dir

Array = NDArray[np.float64]

FEATURES: Final = ("likeness", "log_seconds", "constant")
"""What the regression sees; see ``features``."""

_TOP: Final = 3
"""How many of a person's ways of speaking a voice is compared with: those most like it."""
_THEMSELVES: Final = 0.55
_USUAL_S: Final = 4.0


@dataclass(frozen=True, slots=True)
class Background:
    """What strangers taught."""

    model: str
    """Name of the network whose numbers these are."""
    nuisance: Array = field(repr=False)
    """Shape (192, k), orthonormal: where mood and microphone move a voice; removed."""
    cohort: Array = field(repr=False)
    """Shape (n, 192): strangers, nuisance removed, each of length 1."""
    weights: Array = field(repr=False)
    """Shape (3,), in the order of ``FEATURES``."""
    accept: float
    """A probability from here on is a yes."""
    refuse: float
    """A probability below this is a no; in between it is unsure."""

    def cleaned(self, vectors: Array) -> Array:
        """Return voices without the nuisance, each of length 1; any shape (..., 192)."""
        plain = unit(np.asarray(vectors, np.float64))
        return unit(plain - (plain @ self.nuisance) @ self.nuisance.T)

    def features(self, centroids: Array, voices: Array, seconds: Array) -> Array:
        """Compare voices with one person's ways of speaking.

        The likeness is half to the person's mean, half to the nearest ways they speak. It is not
        shifted or scaled by the strangers (as-norm): that follows the corpus, and let strangers of
        another language in (docs/speakers.md).

        Args:
            centroids: shape (m, 192), as enrolled.
            voices: shape (n, 192).
            seconds: shape (n,): how much of each was heard.

        Returns:
            Shape (n, 3).
        """
        ways, heard = self.cleaned(centroids), self.cleaned(voices)
        mean = unit(ways.sum(axis=0))
        nearest = np.sort(heard @ ways.T, axis=1)[:, -_TOP:].mean(axis=1)
        likeness = (heard @ mean + nearest) / 2
        length = np.log2(np.clip(seconds, 0.5, _USUAL_S) / _USUAL_S)
        return np.stack([likeness, length, np.ones(len(heard))], axis=1)

    def stranger(self, centroids: Array, voices: Array) -> Array:
        """Return how like the nearest stranger each voice is; compare it with the likeness.

        A stranger who sounds just like the enrolled is left out: it is they themselves, who spoke
        for one of the corpora.
        """
        mean = unit(self.cleaned(centroids).sum(axis=0))
        others = self.cohort[self.cohort @ mean < _THEMSELVES]
        return np.asarray((self.cleaned(voices) @ others.T).max(axis=1, initial=-1.0))

    def probabilities(self, features: Array) -> Array:
        """Return the probability of being that person, for rows of ``features``."""
        return np.asarray(1 / (1 + np.exp(-np.clip(features @ self.weights, -30, 30))))


def unit(vectors: Array) -> Array:
    """Scale to length 1 along the last axis; zeros stay zeros."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-9))


def default_path() -> Path:
    """Return where the shipped background lies."""
    return data_dir("models") / "speakers" / "background.npz"


def save(background: Background, path: Path) -> None:
    """Write a background; strangers at half precision, which changes no decision."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        path,
        model=np.array(background.model),
        nuisance=background.nuisance.astype(np.float32),
        cohort=background.cohort.astype(np.float16),
        weights=background.weights,
        accept=np.array(background.accept),
        refuse=np.array(background.refuse),
    )


def load(path: Path | None = None) -> Background:
    """Read a background, the shipped one by default.

    Raises:
        SpeakerError: it is missing or broken.
    """
    path = path or default_path()
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {one.name: stored[one.name] for one in fields(Background)}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise SpeakerError(f"cannot read {path}: companion train speakers rebuilds it") from error
    return Background(
        model=str(arrays["model"]),
        nuisance=arrays["nuisance"].astype(np.float64),
        cohort=unit(arrays["cohort"].astype(np.float64)),
        weights=arrays["weights"].astype(np.float64),
        accept=float(arrays["accept"]),
        refuse=float(arrays["refuse"]),
    )
