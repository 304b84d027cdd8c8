"""Invented lives: every utterance judged against baselines as they would have grown.

A model that is to judge against a running baseline must be trained against running baselines:
after one utterance and after forty, of people who are mostly calm and of people who are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.emotion.baseline import Baseline, Population
from companion.emotion.features import NAMES, Prosody

_EVENNESS: Final = 0.7
"""Of the Dirichlet that mixes a life's feelings: below 1, some prevail."""

_LEAST_BETWEEN: Final = 0.3
"""People differ at least this much, in deviations of one person's utterances."""


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled utterance."""

    prosody: Prosody
    label: str
    speaker: str
    """Whoever shares a baseline: a person, or a person in one disguise."""
    person: str = ""
    """Who really spoke; disguises of one person are never parted when people are left out."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Utterances against baselines."""

    z: NDArray[np.float64] = field(repr=False)
    """Shape (n, features)."""
    utterances: NDArray[np.float64] = field(repr=False)
    """Shape (n,): how many each baseline was learned from."""
    index: NDArray[np.intp] = field(repr=False)
    """Shape (n,): which example."""


def population_of(examples: Sequence[Example]) -> Population:
    """Return what is usual for these people, every person counting the same."""
    by_speaker: dict[str, list[Prosody]] = {}
    for example in examples:
        by_speaker.setdefault(example.speaker, []).append(example.prosody)
    means, squares = [], []
    for utterances in by_speaker.values():
        values = np.ma.masked_invalid(np.stack([prosody.values for prosody in utterances]))
        means.append(np.ma.filled(values.mean(axis=0), np.nan))
        squares.append(np.ma.filled(values.var(axis=0), np.nan))
    mean = np.ma.filled(np.ma.masked_invalid(means).mean(axis=0), 0.0)
    within = np.sqrt(np.ma.filled(np.ma.masked_invalid(squares).mean(axis=0), 1.0))
    within = np.where(within > 1e-6, within, 1.0)
    between = np.ma.filled(np.ma.masked_invalid(means).std(axis=0), 0.0)
    return Population(mean, within, np.maximum(between, _LEAST_BETWEEN * within))


def live(examples: Sequence[Example], population: Population, rounds: int, seed: int = 0) -> Judged:
    """Judge every example ``rounds`` times, against baselines of different lives."""
    rng = np.random.default_rng(seed)
    z: list[NDArray[np.float64]] = []
    seen: list[int] = []
    index: list[int] = []
    speakers: dict[str, list[int]] = {}
    for at, example in enumerate(examples):
        speakers.setdefault(example.speaker, []).append(at)
    for own in speakers.values():
        for turn in range(rounds):
            order = rng.permutation(own)
            lived = order if turn % 2 == 0 else _lopsided(examples, own, rng)
            baseline = Baseline(population)
            for judged, learned in zip(order, lived, strict=True):
                z.append(baseline.normalise(examples[judged].prosody))
                seen.append(baseline.utterances)
                index.append(int(judged))
                baseline.learn(examples[learned].prosody)
    return Judged(
        np.array(z).reshape(-1, len(NAMES)), np.array(seen, float), np.array(index, np.intp)
    )


def _lopsided(
    examples: Sequence[Example], own: Sequence[int], rng: np.random.Generator
) -> NDArray[np.intp]:
    """Return a life in which some feelings prevail, half of the time the neutral one."""
    labels = np.array([examples[at].label for at in own])
    kinds = sorted(set(labels))
    mix = rng.dirichlet(np.full(len(kinds), _EVENNESS))
    if "neutral" in kinds and rng.random() < 0.5:
        mix = 0.6 * mix
        mix[kinds.index("neutral")] += 0.4
    chance = np.array([mix[kinds.index(label)] / np.sum(labels == label) for label in labels])
    return rng.choice(np.asarray(own, np.intp), len(own), p=chance / chance.sum())
