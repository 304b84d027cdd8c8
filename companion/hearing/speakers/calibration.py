"""Learns a background from strangers: nuisance, cohort, regression and thresholds.

Pure and deterministic. Thresholds come from people who were left out of all the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.domain import JsonObject
from companion.errors import SpeakerError
from companion.hearing.speakers.background import FEATURES, Array, Background, unit

_DIRECTIONS: Final = 5
"""Of nuisance: 2 to 10 did about equally well on people left out."""
_COHORT_EACH: Final = 3
"""Voices each stranger gives to the cohort, at most."""
_ENROLLED: Final = 14
"""Pieces of an enrolment: about a minute."""
_ROUNDS: Final = 8
"""Enrolments drawn of every person."""
_FOLDS: Final = 5
_RIDGE: Final = 1e-5
_STEPS: Final = 30
WRONG_ACCEPT: Final = 0.0005
"""Share of strangers that the thresholds let through, on people left out; the aim is 0.005."""
WRONG_REFUSE: Final = 0.006
"""Share of owners they turn away; the aim is 0.01."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One voice of a known person."""

    speaker: str
    style: str
    """Such as an emotion; enrolments mix styles."""
    vector: Array = field(repr=False)
    seconds: float
    disguised: bool = False
    """Through another room, noise or microphone: never enrolled, only tested."""


@dataclass(frozen=True, slots=True)
class Trials:
    """Comparisons of voices with enrolled people."""

    features: Array = field(repr=False)
    same: Array = field(repr=False)
    """1 for the person's own voice, 0 for a stranger's."""


def calibrate(clips: Sequence[Clip], model: str, *, seed: int = 0) -> tuple[Background, JsonObject]:
    """Learn a background.

    Args:
        clips: of at least six people with 20 or more each; others only join the cohort.
        model: the network that made the vectors.
        seed: of the enrolments that are drawn.

    Returns:
        The background, and what it scores on people who were left out.

    Raises:
        SpeakerError: too few people.
    """
    plain = [clip for clip in clips if not clip.disguised]
    names = sorted({clip.speaker for clip in plain})
    rich = [name for name in names if sum(c.speaker == name for c in plain) >= 20]
    if len(rich) < 6:
        raise SpeakerError("at least six people with 20 recordings of 4 s each are needed")
    outside: list[tuple[Array, Array]] = []
    for fold in range(min(_FOLDS, len(rich))):
        out = set(rich[fold::_FOLDS])
        learned = _learn([c for c in clips if c.speaker not in out], model, seed)
        strangers = {c.speaker for c in clips} - set(rich)
        shown = trials(learned, [c for c in clips if c.speaker in out | strangers], seed, out)
        outside.append((learned.probabilities(shown.features), shown.same))
    chance = np.concatenate([one for one, _ in outside])
    same = np.concatenate([one for _, one in outside]) > 0.5
    accept = float(np.quantile(chance[~same], 1 - WRONG_ACCEPT))
    refuse = float(np.quantile(chance[same], WRONG_REFUSE))
    refuse, accept = min(refuse, accept), max(refuse, accept)
    background = replace(_learn(clips, model, seed), accept=accept, refuse=refuse)
    report: JsonObject = {
        "people": len(names),
        "people_left_out_in_turn": len(rich),
        "trials": len(same),
        "eer": round(equal_error_rate(chance[same], chance[~same]), 4),
        "wrong_accept": round(float((chance[~same] >= accept).mean()), 4),
        "wrong_refuse": round(float((chance[same] < refuse).mean()), 4),
        "owner_sure": round(float((chance[same] >= accept).mean()), 4),
        "calibration_error": round(_calibration_error(chance, same), 4),
    }
    return background, report


def trials(
    background: Background, clips: Sequence[Clip], seed: int, owners: Iterable[str] | None = None
) -> Trials:
    """Draw enrolments and compare everything else with them.

    Half of the enrolments mix all styles, half know three of them only.

    Args:
        background: whose nuisance and cohort are used.
        clips: of everybody.
        seed: of the draw.
        owners: who is enrolled; None is everybody with enough clips.
    """
    rng = np.random.default_rng(seed)
    features: list[Array] = []
    same: list[Array] = []
    own = sorted(set(owners) if owners is not None else {clip.speaker for clip in clips})
    vectors = np.stack([clip.vector for clip in clips])
    seconds = np.array([clip.seconds for clip in clips])
    who = np.array([clip.speaker for clip in clips])
    for name in own:
        mine = [i for i, clip in enumerate(clips) if clip.speaker == name and not clip.disguised]
        if len(mine) < 20:
            continue
        for number in range(_ROUNDS):
            enrolled = _drawn(rng, [(i, clips[i].style) for i in mine], mixed=number % 2 == 0)
            rest = np.setdiff1d(np.arange(len(clips)), enrolled)
            features.append(background.features(vectors[enrolled], vectors[rest], seconds[rest]))
            same.append((who[rest] == name).astype(np.float64))
    return Trials(np.concatenate(features), np.concatenate(same))


def equal_error_rate(own: Array, strangers: Array) -> float:
    """Return the rate at which as many owners are refused as strangers accepted."""
    cuts = np.unique(np.concatenate([own, strangers]))
    refused = np.searchsorted(np.sort(own), cuts) / len(own)
    accepted = 1 - np.searchsorted(np.sort(strangers), cuts) / len(strangers)
    best = int(np.argmin(np.abs(refused - accepted)))
    return float((refused[best] + accepted[best]) / 2)


def _drawn(rng: np.random.Generator, mine: list[tuple[int, str]], *, mixed: bool) -> list[int]:
    """Draw an enrolment: every style in turn, of all styles or of three."""
    styles = sorted({style for _, style in mine})
    if not mixed and len(styles) > 3:
        styles = [str(style) for style in rng.permutation(styles)[:3]]
    piles = [[i for i, style in mine if style == one] for one in styles]
    for pile in piles:
        rng.shuffle(pile)
    most = min(_ENROLLED, len(mine) * 6 // 10)
    chosen: list[int] = []
    while any(piles) and len(chosen) < most:
        for pile in piles:
            if pile and len(chosen) < most:
                chosen.append(pile.pop())
    return chosen


def _learn(clips: Sequence[Clip], model: str, seed: int) -> Background:
    """Learn all but the thresholds."""
    plain = [clip for clip in clips if not clip.disguised]
    width = len(plain[0].vector)
    scatter, cohort = np.zeros((width, width)), []
    for name in sorted({clip.speaker for clip in clips}):
        mine = unit(np.stack([clip.vector for clip in clips if clip.speaker == name]))
        scatter += (mine - mine.mean(axis=0)).T @ (mine - mine.mean(axis=0))
        cohort.append(unit(np.stack([c.vector for c in plain if c.speaker == name]))[:_COHORT_EACH])
    nuisance = np.linalg.eigh(scatter)[1][:, -_DIRECTIONS:]
    bare = Background(
        model, nuisance, np.empty((0, width)), np.zeros(len(FEATURES)), accept=1.0, refuse=0.0
    )
    ready = replace(bare, cohort=bare.cleaned(np.concatenate(cohort)))
    return replace(ready, weights=_regression(trials(ready, clips, seed)))


def _regression(shown: Trials) -> Array:
    """Return logistic weights by Newton's method; owners and strangers count the same."""
    x, y = shown.features, shown.same
    share = np.where(y > 0.5, 0.5 / max(y.sum(), 1), 0.5 / max((1 - y).sum(), 1))
    weights = np.zeros(x.shape[1])
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        slope = x.T @ (share * (chance - y)) + _RIDGE * weights
        curve = (x * (share * chance * (1 - chance))[:, None]).T @ x + _RIDGE * np.eye(x.shape[1])
        weights = weights - np.linalg.solve(curve, slope)
    return np.asarray(weights)


def _calibration_error(chance: Array, same: NDArray[np.bool_], bins: int = 10) -> float:
    """Return the expected calibration error with owners and strangers counting the same."""
    share = np.where(same, 0.5 / same.sum(), 0.5 / (~same).sum())
    place = np.minimum((chance * bins).astype(int), bins - 1)
    gaps = [abs(float((share * (chance - same))[place == one].sum())) for one in range(bins)]
    return float(sum(gaps))
