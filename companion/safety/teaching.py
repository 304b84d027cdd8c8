"""Teaches the kernel machine: one linear system for all outputs, calibrated by leave-one-out.

Kernel ridge regression on targets of +1 and -1 (Saunders et al. 1998; as a classifier, Suykens &
Vandewalle 1999). The leave-one-out output of line i is ``y_i - a_i / C_ii`` with ``C`` the inverse
of the regularised kernel (Cawley & Talbot 2004), so calibration and thresholds need no second
training. Deterministic.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.domain import Danger, JsonObject
from companion.embedding import Vectors
from companion.errors import SafetyError
from companion.safety.lines import Line, read_lines
from companion.safety.machine import TIERS, Encoder, Meaning, Numbers, kernel_of, save
from companion.safety.words import tabulate

GAMMA: Final = 2.0
RIDGE: Final = 0.2
WORDING: Final = 0.3
"""Of gamma 0.7-6, ridge 0.1-1 and wording 0-0.5, these lost least on the development set."""
FALSE_ALARMS: Final = (0.15, 0.10, 0.04, 0.022)
"""Share of the taught harmless lines (tier 0, mostly chosen to be mistakable) that may reach tiers
1 to 4 when they are left out; the thresholds follow from it."""
_STEPS: Final = 50

Say = Callable[[str], None]
Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Taught:
    """What came of it."""

    meaning: Meaning
    report: JsonObject
    """Counts, leave-one-out recall and false alarms, calibration error."""


def teach(data: Path, out: Path, language: str, encoder: Encoder, say: Say) -> Taught:
    """Teach every line of a folder and write the numbers.

    Args:
        data: folder of ``.jsonl`` files.
        out: folder that gets ``<language>.npz`` and ``<language>.json``.
        language: two letters.
        encoder: turns texts into vectors.
        say: told one line about each step.

    Raises:
        SafetyError: the data cannot be used, or ``out`` cannot be written.
    """
    lines = read_lines(data)
    if len({line.category for line in lines}) < 2 or len({line.tier for line in lines}) <= TIERS:
        raise SafetyError(f"the training data in {data} must know several kinds and all 5 tiers")
    say(f"{len(lines)} lines: turning them into vectors")
    vectors = encoder.encode([line.text for line in lines])
    categories = sorted({line.category for line in lines})
    topics = sorted({line.kind for line in lines})
    targets = _targets(lines, categories)
    say("solving")
    prior = targets.mean(0)
    table = tabulate([line.text for line in lines])
    worded = np.stack([table.like(line.text) for line in lines])
    votes, left_out = solve(vectors, worded, targets - prior)
    left_out += prior
    tiers = np.array([line.tier for line in lines])
    calibration = tuple(platt(left_out[:, t], tiers > t) for t in range(TIERS))
    chances = np.stack(
        [_sigmoid(a * left_out[:, t] + b) for t, (a, b) in enumerate(calibration)], 1
    )
    chances = np.minimum.accumulate(chances, 1)
    harmless = chances[tiers == 0]
    thresholds = tuple(
        round(float(np.quantile(harmless[:, t], 1 - FALSE_ALARMS[t])), 3) for t in range(TIERS)
    )
    numbers = Numbers(
        vectors,
        table,
        votes.astype(np.float32),
        prior.astype(np.float32),
        np.array([topics.index(line.kind) for line in lines], np.int16),
    )
    meaning = Meaning(
        language,
        encoder.name,
        GAMMA,
        WORDING,
        tuple(c.value for c in categories),
        tuple(topics),
        calibration,
        thresholds,
    )
    try:
        meaning = save(out, numbers, meaning)
    except OSError as error:
        raise SafetyError(f"cannot write the classifier to {out}: {error.strerror}") from error
    return Taught(meaning, _report(lines, chances, thresholds))


def solve(
    vectors: Vectors, worded: NDArray[np.float32], targets: Doubles
) -> tuple[Doubles, Doubles]:
    """Return the votes and the leave-one-out outputs, both of shape (lines, outputs).

    Args:
        vectors: of the lines, shape (lines, 384).
        worded: cosines of their wording, shape (lines, lines).
        targets: shape (lines, outputs), centred.
    """
    near = kernel_of(vectors, vectors, GAMMA)
    kernel = ((1 - WORDING) * near + WORDING * worded).astype(np.float64)
    kernel[np.diag_indices_from(kernel)] += RIDGE
    inverse = np.linalg.inv(kernel)
    votes = inverse @ targets
    return votes, targets - votes / np.diag(inverse)[:, None]


def platt(outputs: Doubles, truth: NDArray[np.bool_]) -> tuple[float, float]:
    """Return slope and offset that turn outputs into log-odds (Platt 1999, by Newton's method).

    Args:
        outputs: shape (n,).
        truth: shape (n,).
    """
    positives = int(truth.sum())
    high, low = (positives + 1) / (positives + 2), 1 / (len(truth) - positives + 2)
    wanted = np.where(truth, high, low)
    slope, offset = 1.0, 0.0
    for _ in range(_STEPS):
        p = _sigmoid(slope * outputs + offset)
        w = np.maximum(p * (1 - p), 1e-9)
        gradient = np.array([((p - wanted) * outputs).sum(), (p - wanted).sum()])
        cross = float((w * outputs).sum())
        hessian = np.array([[(w * outputs**2).sum() + 1e-6, cross], [cross, w.sum() + 1e-6]])
        step = np.linalg.solve(hessian, gradient)
        slope, offset = slope - float(step[0]), offset - float(step[1])
        if np.abs(step).max() < 1e-8:
            break
    return round(slope, 4), round(offset, 4)


def _sigmoid(x: Doubles) -> Doubles:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -40, 40))), np.float64)


def _targets(lines: Sequence[Line], categories: Sequence[Danger]) -> Doubles:
    rows = [
        [
            *(line.tier > t for t in range(TIERS)),
            *(line.category is c for c in categories),
            line.other,
        ]
        for line in lines
    ]
    return np.where(np.array(rows), 1.0, -1.0)


def _report(lines: Sequence[Line], chances: Doubles, thresholds: Sequence[float]) -> JsonObject:
    """Return leave-one-out recall by category and tier, false alarms and calibration error."""
    reached = (chances >= np.array(thresholds)).sum(1)
    counts: JsonObject = {}
    recall: JsonObject = {}
    for category in sorted({line.category for line in lines}):
        for tier in range(TIERS + 1):
            rows = [
                i for i, line in enumerate(lines) if line.category is category and line.tier == tier
            ]
            if rows:
                counts[f"{category}.{tier}"] = len(rows)
                if tier >= 2:
                    recall[f"{category}.{tier}"] = round(float((reached[rows] >= tier).mean()), 3)
    harmless = [i for i, line in enumerate(lines) if line.tier == 0]
    truth = np.array([line.tier >= 2 for line in lines])
    return {
        "lines": len(lines),
        "counts": counts,
        "recall_at_own_tier": recall,
        "false_alarms_tier_2": round(float((reached[harmless] >= 2).mean()), 4),
        "false_alarms_tier_3": round(float((reached[harmless] >= 3).mean()), 4),
        "calibration_error_tier_2": round(expected_error(chances[:, 1], truth), 4),
    }


def expected_error(chances: Doubles, truth: NDArray[np.bool_], bins: int = 10) -> float:
    """Return the expected calibration error over equal bins (Naeini et al. 2015)."""
    places = np.minimum((chances * bins).astype(int), bins - 1)
    error = 0.0
    for place in range(bins):
        rows = places == place
        if rows.any():
            error += rows.mean() * abs(chances[rows].mean() - truth[rows].mean())
    return float(error)


__all__ = ["Taught", "expected_error", "platt", "solve", "teach"]
