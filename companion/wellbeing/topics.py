"""What a turn is about: reviewed patterns and a small classifier, sentence by sentence.

Negation and other people's nights are held back by patterns ("not", "others"), which the classifier
obeys too. The words are looked at here and kept nowhere.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from companion.errors import WellbeingError
from companion.patterns import Patterns, normalise
from companion.resources import data_dir
from companion.wellbeing.journal import TOPICS, Said

Vectorise = Callable[[Sequence[str]], NDArray[np.floating]]
"""Texts to vectors of length 1, a row each."""

_ABOUT_ANYBODY: Final = frozenset({"people_contact", "outing", "medicines"})
"""Topics that may be told with somebody else as the subject."""
_OPPOSITES: Final = (
    ("sleep_bad", "sleep_good"),
    ("appetite_low", "appetite_good"),
    ("low_mood", "good_mood"),
)
"""One sentence says one of them: the likelier."""
_LEAST_WORDS: Final = 3
"""Shorter sentences are left to the patterns."""


@dataclass(frozen=True, slots=True)
class Head:
    """One logistic regression for each topic, over sentence vectors."""

    topics: tuple[str, ...]
    weights: NDArray[np.float64] = field(repr=False)
    """Shape (topics, width)."""
    offset: NDArray[np.float64] = field(repr=False)
    thresholds: NDArray[np.float64]
    """Probability from which a topic counts."""

    def probabilities(self, vectors: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return a probability for each row and topic."""
        return np.asarray(1 / (1 + np.exp(-(vectors @ self.weights.T + self.offset))))


def default_head_path() -> Path:
    """Return where the shipped head lies."""
    return data_dir("models") / "wellbeing" / "topics_en.npz"


def load_head(path: Path | None = None) -> Head:
    """Read a head; None reads the shipped one.

    Raises:
        WellbeingError: it is missing or damaged.
    """
    path = path or default_head_path()
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return Head(
                tuple(str(name) for name in stored["topics"]),
                np.asarray(stored["weights"], np.float64),
                np.asarray(stored["offset"], np.float64),
                np.asarray(stored["thresholds"], np.float64),
            )
    except Exception as error:  # zipfile and zlib have errors of their own
        raise WellbeingError(f"the topic weights {path} cannot be read: reinstall") from error


class TopicReader:
    """Finds topics and people in words."""

    def __init__(
        self,
        language: str = "en",
        *,
        vectorise: Vectorise | None = None,
        head: Head | None = None,
        folder: Path | None = None,
    ) -> None:
        """Load patterns.

        Args:
            language: of the patterns.
            vectorise: of the sentence model; None leaves all to the patterns.
            head: on its vectors.
            folder: holds ``topics.toml``; None is the shipped one.

        Raises:
            WellbeingError: the patterns are missing or have a mistake.
        """
        path = (folder or data_dir("prompts") / language / "wellbeing") / "topics.toml"
        try:
            raw = tomllib.loads(path.read_text(encoding="utf-8"))
            self._load(raw)
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValueError) as error:
            raise WellbeingError(f"cannot read {path}: {error}") from error
        except (KeyError, TypeError, AttributeError) as error:
            raise WellbeingError(f"{path} has a mistake near {error}") from error
        self._vectorise = vectorise if head is not None else None
        self._head = head

    def _load(self, raw: Mapping[str, Any]) -> None:
        kin = [word for words in raw["people"].values() for word in words]
        lists = {"joiner": raw["joiner"], "other": raw["other"], "kin": kin}
        self._others = Patterns(raw["others"], lists)
        self._own = Patterns(raw["own"], lists)
        self._found = {name: Patterns(raw["topic"][name]["patterns"], lists) for name in TOPICS}
        self._not = {name: Patterns(raw["topic"][name].get("not", []), lists) for name in TOPICS}
        self._people = {role: Patterns(words, lists) for role, words in raw["people"].items()}

    def read(self, text: str) -> Said:
        """Return topics and people of what was said, in a fixed order."""
        sentences = [f" {one.strip()} . " for one in normalise(text).split(" . ") if one.strip()]
        learned = self._learned(sentences)
        topics: set[str] = set()
        people: set[str] = set()
        for sentence, guessed in zip(sentences, learned, strict=True):
            others = self._others.find(sentence) and not self._own.find(sentence)
            # A pattern leaves no doubt; the classifier's margin is below 1.
            sure = {name: 1.0 for name in TOPICS if self._found[name].find(sentence)}
            likely = {
                name: margin
                for name, margin in {**guessed, **sure}.items()
                if not (others and name not in _ABOUT_ANYBODY)
                and not self._not[name].find(sentence)
            }
            for one, other in _OPPOSITES:
                if one in likely and other in likely and likely[one] != likely[other]:
                    del likely[min(one, other, key=lambda name: likely[name])]
            topics |= set(likely)
            people |= {role for role, words in self._people.items() if words.find(sentence)}
        return Said(
            tuple(name for name in TOPICS if name in topics),
            tuple(role for role in self._people if role in people),
        )

    def _learned(self, sentences: Sequence[str]) -> list[Mapping[str, float]]:
        """Return topics the classifier finds, with the margin over the threshold, 0-1."""
        found: list[Mapping[str, float]] = [{} for _ in sentences]
        long = [i for i, one in enumerate(sentences) if len(one.split()) > _LEAST_WORDS]
        if self._head is None or self._vectorise is None or not long:
            return found
        chances = self._head.probabilities(
            self._vectorise([sentences[i].strip(" .") for i in long])
        )
        margins = chances - self._head.thresholds
        for i, row in zip(long, margins, strict=True):
            found[i] = {t: float(m) for t, m in zip(self._head.topics, row, strict=True) if m >= 0}
        return found


@dataclass(frozen=True, slots=True)
class Line:
    """A written line and what it is about."""

    held_out: bool
    topics: frozenset[str]
    text: str


def read_lines(path: Path | None = None) -> list[Line]:
    """Return the written lines; None reads the shipped ones.

    Raises:
        WellbeingError: the file is missing or a line of it has a mistake.
    """
    path = path or data_dir("models") / "wellbeing" / "topics_en.tsv"
    try:
        rows = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise WellbeingError(f"cannot read {path}") from error
    found = []
    for number, row in enumerate(rows, 1):
        if not row.strip() or row.startswith("#"):
            continue
        kind, _, rest = row.partition("\t")
        names, _, text = rest.partition("\t")
        topics = frozenset() if names == "-" else frozenset(names.split(","))
        if kind not in ("train", "test") or not text or topics - set(TOPICS):
            raise WellbeingError(f"{path}:{number}: expected train or test, topics, and a line")
        found.append(Line(kind == "test", topics, text))
    return found


def train_head(lines: Sequence[Line], vectorise: Vectorise) -> Head:
    """Train on lines that are not held out; thresholds come from cross-validation among them.

    Raises:
        WellbeingError: scikit-learn is not installed.
    """
    try:
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import StratifiedKFold, cross_val_predict
    except ImportError as error:
        raise WellbeingError(
            "training needs scikit-learn; install it with: pip install 'companion[train]'"
        ) from error
    mine = [line for line in lines if not line.held_out]
    x = np.asarray(vectorise([normalise(line.text).strip(" .") for line in mine]))
    weights, offsets, thresholds = [], [], []
    for topic in TOPICS:
        y = np.array([topic in line.topics for line in mine])
        learner = LogisticRegression(C=10.0, max_iter=2000, class_weight="balanced")
        folds = StratifiedKFold(5, shuffle=True, random_state=0)
        held = cross_val_predict(learner, x, y, cv=folds, method="predict_proba")[:, 1]
        learner.fit(x, y)
        weights.append(learner.coef_[0])
        offsets.append(learner.intercept_[0])
        scores = [(_half(held >= cut, y), cut) for cut in np.linspace(0.3, 0.9, 61)]
        thresholds.append(max(scores)[1])
    return Head(TOPICS, np.array(weights), np.array(offsets), np.array(thresholds))


def _half(said: NDArray[np.bool_], right: NDArray[np.bool_]) -> float:
    """Return F0.5: a false line in a summary is worse than a missing one."""
    hit = float((said & right).sum())
    wrong, left = float((said & ~right).sum()), float((~said & right).sum())
    return 1.25 * hit / max(1e-9, 1.25 * hit + wrong + 0.25 * left)


def save_head(head: Head, path: Path) -> None:
    """Write a head; plain arrays."""
    np.savez_compressed(
        path,
        topics=np.array(head.topics),
        weights=head.weights.astype(np.float32),
        offset=head.offset.astype(np.float32),
        thresholds=head.thresholds.astype(np.float32),
    )
