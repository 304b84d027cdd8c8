"""The acoustic model: normalised prosody to probabilities, with weights kept as plain arrays.

It has two halves: one for people it has hardly heard, one for people whose usual voice it knows.
Between them it moves over the first utterances. Each half is a few small networks, averaged, and
a line that only tells excited from calm, which carries over to other languages best.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.emotion.baseline import Population
from companion.emotion.features import NAMES, VERSION, Vector
from companion.emotion.labels import EXCITED, FOUR
from companion.errors import EmotionError
from companion.resources import data_dir

_MEET: Final = 5.0
"""Utterances at which both halves count the same."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Network:
    """One hidden layer of rectified units."""

    inner: Array = field(repr=False)
    """Shape (features, hidden)."""
    inner_bias: Array = field(repr=False)
    outer: Array = field(repr=False)
    """Shape (hidden, classes)."""
    outer_bias: Array = field(repr=False)

    def logits(self, z: Array) -> Array:
        """Return one row of logits for each row of normalised features."""
        hidden = np.maximum(z @ self.inner + self.inner_bias, 0.0)
        return np.asarray(hidden @ self.outer + self.outer_bias)


@dataclass(frozen=True, slots=True)
class Half:
    """What judges people known this well."""

    networks: tuple[Network, ...]
    excited: Array = field(repr=False)
    """Shape (features + 1,): the line between calm and excited, its offset last."""
    temperature: float = 1.0
    """Logits are divided by this, so that probabilities mean what they say."""
    agreement: float = 0.5
    """How far the shares of excited feelings follow the line instead of the networks, 0-1."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the voice alone says."""

    probabilities: dict[str, float]
    excited: float
    """Probability that the voice is excited rather than calm, 0-1."""


@dataclass(frozen=True, slots=True)
class AcousticModel:
    """Loaded weights."""

    classes: tuple[str, ...]
    population: Population
    fresh: Half
    known: Half
    typical: Array = field(repr=False)
    """Shape (classes, features): what each feeling adds to a voice, in deviations."""

    def added(self, judgement: Judgement) -> Vector:
        """Return what the judged feeling is thought to have added, shape (features,)."""
        chances = np.array([judgement.probabilities[name] for name in self.classes])
        return np.asarray(chances @ self.typical)

    def judge(self, z: Vector, utterances: int) -> Judgement:
        """Judge one utterance.

        Args:
            z: normalised features, shape (features,), from ``Baseline.normalise``.
            utterances: how many the baseline was learned from.
        """
        probabilities, excited = self.judge_many(z[None, :], np.array([float(utterances)]))
        told = dict(zip(self.classes, (float(p) for p in probabilities[0]), strict=True))
        return Judgement(told, float(excited[0]))

    def judge_many(self, z: Array, utterances: Array) -> tuple[Array, Array]:
        """Return probabilities, shape (n, classes), and how excited, shape (n,)."""
        share = (utterances / (utterances + _MEET))[:, None]
        tempered = np.zeros((len(z), len(self.classes)))
        line = np.zeros(len(z))
        for half, weight in ((self.fresh, 1 - share), (self.known, share)):
            logits = np.mean([network.logits(z) for network in half.networks], axis=0)
            tempered += weight * logits / half.temperature
            line += weight[:, 0] * (z @ half.excited[:-1] + half.excited[-1])
        agreement = self.fresh.agreement * (1 - share[:, 0]) + self.known.agreement * share[:, 0]
        probabilities = softmax(tempered)
        return self._agreed(probabilities, line, agreement), 1 / (1 + np.exp(-line))

    def _agreed(self, probabilities: Array, line: Array, agreement: Array) -> Array:
        """Shift the four basic feelings until excited against calm is as the line has it."""
        four = np.array([name in FOUR for name in self.classes])
        lively = np.array([name in EXCITED for name in self.classes])
        lower = four & ~lively
        up = probabilities[:, lively].sum(axis=1) + 1e-9
        down = probabilities[:, lower].sum(axis=1) + 1e-9
        mixed = (1 - agreement) * np.log(up / down) + agreement * line
        share = 1 / (1 + np.exp(-mixed))
        shifted = probabilities.copy()
        total = up + down
        shifted[:, lively] *= (total * share / up)[:, None]
        shifted[:, lower] *= (total * (1 - share) / down)[:, None]
        return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def softmax(logits: Array) -> Array:
    """Return probabilities, row by row."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def default_model_path() -> Path:
    """Return where the shipped weights lie."""
    return data_dir("models") / "emotion" / "acoustic.npz"


def save(model: AcousticModel, path: Path) -> None:
    """Write the weights; plain arrays, nothing that could run.

    Raises:
        EmotionError: the file cannot be written.
    """
    arrays: dict[str, NDArray[np.generic]] = {
        "version": np.array(VERSION),
        "names": np.array(NAMES),
        "classes": np.array(model.classes),
        "population": np.stack(
            [model.population.mean, model.population.within, model.population.between]
        ),
        "typical": model.typical.astype(np.float32),
    }
    for name, half in (("fresh", model.fresh), ("known", model.known)):
        arrays[f"{name}.excited"] = half.excited.astype(np.float32)
        arrays[f"{name}.scalars"] = np.array([half.temperature, half.agreement])
        for number, network in enumerate(half.networks):
            arrays[f"{name}.{number}.inner"] = network.inner.astype(np.float32)
            arrays[f"{name}.{number}.inner_bias"] = network.inner_bias.astype(np.float32)
            arrays[f"{name}.{number}.outer"] = network.outer.astype(np.float32)
            arrays[f"{name}.{number}.outer_bias"] = network.outer_bias.astype(np.float32)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(path, **arrays)  # type: ignore[arg-type]
    except OSError as error:
        raise EmotionError(f"cannot write {path}: {error.strerror or error}") from error


def load(path: Path | None = None) -> AcousticModel:
    """Read weights; None reads the shipped ones.

    Raises:
        EmotionError: the file is missing, damaged, or made for other features.
    """
    path = path or default_model_path()
    again = "make it again with: companion train emotion"
    try:
        # Opened here: of a damaged file, numpy leaves its own open.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
    except (OSError, ValueError, EOFError, KeyError) as error:
        raise EmotionError(f"emotion weights {path} cannot be read; {again}") from error
    except Exception as error:  # zipfile and zlib have errors of their own
        raise EmotionError(f"emotion weights {path} are damaged; {again}") from error
    try:
        if int(arrays["version"]) != VERSION or tuple(arrays["names"]) != NAMES:
            raise EmotionError(f"emotion weights {path} are of another version; {again}")
        mean, within, between = np.asarray(arrays["population"], np.float64)
        return AcousticModel(
            tuple(str(name) for name in arrays["classes"]),
            Population(mean, within, between),
            _half(arrays, "fresh"),
            _half(arrays, "known"),
            np.asarray(arrays["typical"], np.float64),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise EmotionError(f"emotion weights {path} are damaged; {again}") from error


def _half(arrays: dict[str, NDArray[np.generic]], name: str) -> Half:
    networks: list[Network] = []
    while f"{name}.{len(networks)}.inner" in arrays:
        at = f"{name}.{len(networks)}"
        parts = ("inner", "inner_bias", "outer", "outer_bias")
        networks.append(Network(*(np.asarray(arrays[f"{at}.{p}"], np.float64) for p in parts)))
    if not networks:
        raise KeyError(name)
    temperature, agreement = np.asarray(arrays[f"{name}.scalars"], np.float64)
    excited = np.asarray(arrays[f"{name}.excited"], np.float64)
    return Half(tuple(networks), excited, float(temperature), float(agreement))
