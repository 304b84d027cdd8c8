"""The trained voice: a kernel machine over sentence vectors, in plain numpy.

A text is compared with every line it was taught, by meaning (Gaussian kernel over sentence
vectors) and by wording (cosine of words and word pairs); their votes were weighted by
kernel ridge regression (Saunders et al. 1998), which also gives leave-one-out outputs in closed
form, from which probabilities were calibrated (Platt 1999). See ``teaching`` and the model card.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from companion.domain import Danger
from companion.embedding import Vectors, sentence_vectors
from companion.errors import ModelCorruptError, ModelMissingError
from companion.safety.words import WordTable

Array = NDArray[np.float32]

TIERS: Final = 4
PART_DISCOUNT: Final = 0.35
"""A part of a longer text counts this much less than the whole would: parts lack their context."""
NEIGHBOURS: Final = 7
"""Taught lines that say of which topic a text is."""
_SCALE: Final = 127.0
_SENTENCE: Final = re.compile(r"[^.!?;…]+[.!?;…]*")
_SHORTEST: Final = 3
_WINDOW: Final = 14
_STRIDE: Final = 7
"""Words: of a sentence without full stops, windows of 14 are read every 7."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the machine makes of a text."""

    tiers: tuple[float, float, float, float]
    """Calibrated probabilities that the tier is at least 1, 2, 3, 4."""
    categories: dict[Danger, float]
    """Votes for each kind, 0-1, not calibrated."""
    topic: dict[Danger, str]
    """The likeliest topic, should the kind be this one."""
    other: float
    """Vote that somebody else is in danger, 0-1."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the numbers mean and when they count."""

    language: str
    embedding: str
    """Name of the sentence model."""
    gamma: float
    """Of the kernel ``exp(-gamma |u - v|^2)``."""
    wording: float
    """Share of the wording in the kernel, 0-1."""
    categories: tuple[str, ...]
    topics: tuple[str, ...]
    """``category/topic``."""
    calibration: tuple[tuple[float, float], ...]
    """Slope and offset from output to log-odds, for tiers 1 to 4."""
    thresholds: tuple[float, ...]
    """Probability from which tiers 1 to 4 count."""
    sha256: str = ""
    """Of the numbers."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """What was taught."""

    vectors: Vectors
    """Shape (lines, 384)."""
    words: WordTable
    votes: Array
    """Shape (lines, 4 + categories + 1): tiers, kinds, other person."""
    prior: Array
    """Shape (4 + categories + 1,): the outputs far from everything taught."""
    topics: NDArray[np.int16]
    """Shape (lines,): index into ``Meaning.topics``."""


class Encoder(Protocol):
    """Turns texts into vectors."""

    name: str

    def encode(self, texts: list[str]) -> Vectors:
        """Return a vector for each text."""
        ...


class KernelJudge:
    """Judges a text; about 15 ms on one core for a sentence or two."""

    def __init__(self, encoder: Encoder, numbers: Numbers, meaning: Meaning) -> None:
        """Keep what was taught.

        Raises:
            ModelCorruptError: it belongs to another sentence model.
        """
        if encoder.name != meaning.embedding:
            raise ModelCorruptError(
                f"the safety classifier was trained on {meaning.embedding}, not on "
                f"{encoder.name}; set safety.embedding, or run: companion train safety"
            )
        self._encoder = encoder
        self._numbers = numbers
        self._meaning = meaning
        self._categories = [Danger(name) for name in meaning.categories]
        self._topics = [topic.split("/", 1) for topic in meaning.topics]

    @property
    def thresholds(self) -> tuple[float, ...]:
        """Probability from which tiers 1 to 4 count."""
        return self._meaning.thresholds

    def judge(self, text: str) -> Judgement:
        """Return what a text means; danger in one of its parts counts."""
        texts = [text, *parts_of(text)]
        numbers, share = self._numbers, self._meaning.wording
        near = kernel_of(self._encoder.encode(texts), numbers.vectors, self._meaning.gamma)
        worded = np.stack([numbers.words.like(part) for part in texts])
        kernel = (1 - share) * near + share * worded
        outputs = kernel @ self._numbers.votes + self._numbers.prior
        tiers = outputs[:, :TIERS].copy()
        tiers[1:] -= PART_DISCOUNT
        strongest = tiers.max(0)
        plainest = int(tiers[:, 1:].sum(1).argmax()) if self._danger(strongest) else 0
        kinds = np.clip((outputs[plainest, TIERS:-1] + 1) / 2, 0, 1)
        return Judgement(
            self._probabilities(strongest),
            {c: float(v) for c, v in zip(self._categories, kinds, strict=True)},
            self._nearest_topics(near[plainest]),
            float(np.clip((outputs[plainest, -1] + 1) / 2, 0, 1)),
        )

    def _danger(self, strongest: Array) -> bool:
        return self._probabilities(strongest)[1] >= self._meaning.thresholds[1]

    def _probabilities(self, outputs: Array) -> tuple[float, float, float, float]:
        raised = [
            1 / (1 + np.exp(-(slope * float(x) + offset)))
            for (slope, offset), x in zip(self._meaning.calibration, outputs, strict=True)
        ]
        first, second, third, fourth = np.minimum.accumulate(raised)
        return float(first), float(second), float(third), float(fourth)

    def _nearest_topics(self, kernel: Array) -> dict[Danger, str]:
        """Return, for each kind, the topic its nearest taught lines speak of."""
        votes: dict[Danger, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        seen: dict[Danger, int] = defaultdict(int)
        for line in np.argsort(-kernel)[: 40 * NEIGHBOURS]:
            category, topic = self._topics[self._numbers.topics[line]]
            danger = Danger(category)
            if seen[danger] < NEIGHBOURS:
                seen[danger] += 1
                # The nearest should outweigh a crowd that is merely near.
                votes[danger][topic] += float(kernel[line]) ** 3
        return {danger: max(found, key=found.__getitem__) for danger, found in votes.items()}


def kernel_of(views: Vectors, lines: Vectors, gamma: float) -> Array:
    """Return the kernel between rows of length 1, shape (views, lines)."""
    return np.asarray(np.exp(-2 * gamma * (1 - views @ lines.T)), np.float32)


def parts_of(text: str) -> list[str]:
    """Return the parts of a text: its sentences, long ones in windows; none of a short text."""
    parts: list[str] = []
    for match in _SENTENCE.finditer(text):
        words = match.group().split()
        if parts and len(words) < _SHORTEST:
            parts[-1] = f"{parts[-1]} {match.group().strip()}"
        elif len(words) <= _WINDOW + _STRIDE:
            parts.append(match.group().strip())
        else:
            starts = range(0, len(words) - _STRIDE, _STRIDE)
            parts += [" ".join(words[s : s + _WINDOW]) for s in starts]
    return [p for p in parts if any(c.isalnum() for c in p)] if len(parts) > 1 else []


def save(folder: Path, numbers: Numbers, meaning: Meaning) -> Meaning:
    """Write ``<language>.npz`` (numbers only) and ``<language>.json``; return the meaning.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{meaning.language}.npz"
    np.savez_compressed(
        path,
        vectors=np.round(numbers.vectors * _SCALE).astype(np.int8),
        votes=numbers.votes.astype(np.float16),
        prior=numbers.prior.astype(np.float32),
        topics=numbers.topics,
        weight=numbers.words.weight.astype(np.float16),
        starts=numbers.words.starts,
        buckets=numbers.words.buckets,
        values=numbers.words.values.astype(np.float16),
    )
    known = asdict(meaning) | {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    (folder / f"{meaning.language}.json").write_text(
        json.dumps(known, indent=2) + "\n", encoding="utf-8"
    )
    return Meaning(**known)


def load_judge(folder: Path, language: str, embedding_dir: Path) -> KernelJudge:
    """Return the machine of a language.

    Args:
        folder: where the numbers lie.
        language: two letters.
        embedding_dir: where the sentence model lies.

    Raises:
        ModelMissingError: numbers or sentence model are not there.
        ModelCorruptError: a file is damaged or does not fit the others.
    """
    path, notes = folder / f"{language}.npz", folder / f"{language}.json"
    try:
        known = json.loads(notes.read_text(encoding="utf-8"))
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise ModelMissingError(
            f"no safety classifier for '{language}' in {folder}; run: companion train safety"
        ) from error
    except (OSError, ValueError) as error:
        raise ModelCorruptError(f"{notes} cannot be read; reinstall") from error
    try:
        meaning = Meaning(
            **known
            | {
                "categories": tuple(known["categories"]),
                "topics": tuple(known["topics"]),
                "calibration": tuple((float(a), float(b)) for a, b in known["calibration"]),
                "thresholds": tuple(known["thresholds"]),
            }
        )
        if hashlib.sha256(raw).hexdigest() != meaning.sha256:
            raise ModelCorruptError(f"{path} is damaged (its hash is wrong); reinstall")
        with np.load(path, allow_pickle=False) as stored:
            vectors = stored["vectors"].astype(np.float32) / np.float32(_SCALE)
            numbers = Numbers(
                vectors,
                WordTable(
                    stored["weight"].astype(np.float32),
                    stored["starts"],
                    stored["buckets"],
                    stored["values"].astype(np.float32),
                ),
                stored["votes"].astype(np.float32),
                stored["prior"],
                stored["topics"],
            )
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise ModelCorruptError(f"{path} and {notes.name} do not fit; reinstall") from error
    return KernelJudge(sentence_vectors(embedding_dir), numbers, meaning)


__all__ = ["Judgement", "KernelJudge", "Meaning", "Numbers", "kernel_of", "load_judge", "parts_of"]
