"""What the words alone say about the feeling: a small head on sentence embeddings.

The head was trained on short lines of our own. It is modest on purpose: how much it may say is
measured, and most of what people say in a day says nothing about how they feel.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.emotion.labels import LABELS
from companion.emotion.model import softmax
from companion.errors import EmotionError
from companion.resources import data_dir

Vectorise = Callable[[str], NDArray[np.floating]]
"""A text to a vector of length 1."""

_LEAST_WORDS: Final = 2
"""A single "yes" says nothing."""

_PENALTY: Final = 0.1
"""1/C of the logistic regression; chosen on lines left out."""


@dataclass(frozen=True, slots=True)
class WordHead:
    """Weights over sentence embeddings."""

    classes: tuple[str, ...]
    weights: NDArray[np.float64] = field(repr=False)
    """Shape (classes, width)."""
    offset: NDArray[np.float64] = field(repr=False)
    temperature: float = 1.0

    def judge(self, text: str, vectorise: Vectorise) -> dict[str, float] | None:
        """Return probabilities of every label, None when there are too few words."""
        if len(text.split()) < _LEAST_WORDS:
            return None
        logits = (self.weights @ vectorise(text) + self.offset) / self.temperature
        found = dict(zip(self.classes, softmax(logits[None, :])[0], strict=True))
        return {label: float(found.get(label, 0.0)) for label in LABELS}


def default_head_path() -> Path:
    """Return where the shipped head lies."""
    return data_dir("models") / "emotion" / "words_en.npz"


def load_head(path: Path | None = None) -> WordHead:
    """Read a head; None reads the shipped one.

    Raises:
        EmotionError: it is missing or damaged.
    """
    path = path or default_head_path()
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return WordHead(
                tuple(str(name) for name in stored["classes"]),
                np.asarray(stored["weights"], np.float64),
                np.asarray(stored["offset"], np.float64),
                float(stored["temperature"]),
            )
    except Exception as error:  # zipfile and zlib have errors of their own
        raise EmotionError(
            f"the word head {path} cannot be read; make it again with: companion train emotion"
        ) from error


def save_head(head: WordHead, path: Path) -> None:
    """Write a head; plain arrays."""
    np.savez_compressed(
        path,
        classes=np.array(head.classes),
        weights=head.weights.astype(np.float32),
        offset=head.offset.astype(np.float32),
        temperature=np.array(head.temperature),
    )


def read_lines(path: Path | None = None) -> list[tuple[str, str]]:
    """Return (label, line) of a file of training lines; None reads the shipped one.

    Raises:
        EmotionError: it is missing, or a line has no label of ours.
    """
    path = path or data_dir("models") / "emotion" / "lines_en.tsv"
    found: list[tuple[str, str]] = []
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EmotionError(f"cannot read {path}") from error
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        label, _, said = line.partition("\t")
        if label not in LABELS or not said.strip():
            raise EmotionError(f"{path}:{number}: expected a label, a tab, and a line")
        found.append((label, said.strip()))
    return found


def train_head(lines: Sequence[tuple[str, str]], vectorise: Vectorise) -> tuple[WordHead, float]:
    """Train a head; return it with its accuracy (mean recall) on lines left out.

    Raises:
        EmotionError: scikit-learn is not installed.
    """
    try:
        from sklearn.linear_model import LogisticRegression
        from sklearn.metrics import recall_score
        from sklearn.model_selection import StratifiedKFold, cross_val_predict
    except ImportError as error:
        raise EmotionError(
            "training needs scikit-learn; install it with: pip install 'companion[train]'"
        ) from error
    x = np.array([vectorise(said) for _, said in lines])
    y = np.array([label for label, _ in lines])
    learner = LogisticRegression(C=1 / _PENALTY, max_iter=2000, class_weight="balanced")
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    held = cross_val_predict(learner, x, y, cv=folds, method="predict_proba")
    learner.fit(x, y)
    at = [list(learner.classes_).index(label) for label in y]
    guess = learner.classes_[held.argmax(axis=1)]

    def loss(temperature: float) -> float:
        chance = softmax(np.log(held + 1e-9) / temperature)[np.arange(len(y)), at]
        return float(-np.log(chance + 1e-9).mean())

    temperature = float(min(np.geomspace(0.3, 3.0, 40), key=loss))
    head = WordHead(
        tuple(str(name) for name in learner.classes_),
        learner.coef_,
        learner.intercept_,
        temperature,
    )
    return head, float(recall_score(y, guess, average="macro"))
