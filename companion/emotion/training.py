"""Training the acoustic model from labelled utterances; needs the extra ``train``."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.emotion.baseline import Baseline, Population
from companion.emotion.features import FEATURES, Mask
from companion.emotion.histories import Example, Judged, live, population_of
from companion.emotion.labels import EXCITED, FOUR
from companion.emotion.model import AcousticModel, Array, Half, Network, softmax
from companion.errors import EmotionError

HIDDEN: Final = 32
MEMBERS: Final = 3
"""Networks averaged in each half."""

DECAY: Final = 3.0
"""L2 penalty of the networks; strong, for there are few speakers."""

EPOCHS: Final = 30
ROUNDS: Final = 2
"""Lives each example is judged in."""

LINE_DECAY: Final = 100.0
"""L2 penalty (1/C) of the line between calm and excited."""

FRESH_UNTIL: Final = 6
"""Utterances heard: fewer train the half for strangers..."""

KNOWN_FROM: Final = 5
"""...and more the half for people it knows."""

STRANGER_AGREEMENT: Final = 1.0
KNOWN_AGREEMENT: Final = 0.75
"""How far excited against calm follows the line; see ``Half``."""

_PITCH: Final = np.array([feature.source == "pitch" for feature in FEATURES])
"""What tells excited from calm in a stranger: pitch alone passes every microphone unchanged. With
all features, people of another corpus were taken for calm because of their microphone (recall 0.70;
pitch alone 0.82)."""

_ALL: Final = np.ones(len(FEATURES), np.bool_)

_LEAST_SPEAKERS: Final = 3
_LEAST_EACH: Final = 10
_FOLDS: Final = 3


def train(examples: Sequence[Example], *, seed: int = 0, calibrated: bool = True) -> AcousticModel:
    """Train on labelled utterances of several people.

    Args:
        examples: at least three speakers, ten utterances of each label that is used.
        seed: of everything random.
        calibrated: also find temperatures, on speakers left out; five times slower.

    Raises:
        EmotionError: there is too little to learn from, or scikit-learn is not installed.
    """
    people = sorted({_person(example) for example in examples})
    counts = {label: sum(e.label == label for e in examples) for label in FOUR}
    if len(people) < _LEAST_SPEAKERS or min(counts.values()) < _LEAST_EACH:
        raise EmotionError(
            f"training needs at least {_LEAST_SPEAKERS} speakers and {_LEAST_EACH} utterances "
            f"each of {', '.join(FOUR)}"
        )
    every = sorted({example.label for example in examples})
    classes = tuple(
        label for label in every if sum(e.label == label for e in examples) >= _LEAST_EACH
    )
    examples = [example for example in examples if example.label in classes]
    model = _fit(examples, classes, seed)
    return _calibrate(model, examples, classes, seed) if calibrated else model


def _fit(examples: Sequence[Example], classes: tuple[str, ...], seed: int) -> AcousticModel:
    population = population_of(examples)
    lives = live(examples, population, ROUNDS, seed)
    labels = np.array([example.label for example in examples])[lives.index]
    fresh = lives.utterances < FRESH_UNTIL
    known = lives.utterances >= KNOWN_FROM
    if known.sum() < 50:
        known = np.ones(len(labels), np.bool_)
    typical = np.stack([lives.z[known & (labels == name)].mean(axis=0) for name in classes])
    stranger = _strangers(examples, population, lives)
    return AcousticModel(
        classes,
        population,
        _half(
            np.concatenate([lives.z[fresh], stranger]),
            np.concatenate([labels[fresh], [e.label for e in examples]]),
            classes,
            seed,
            _PITCH,
            STRANGER_AGREEMENT,
        ),
        _half(lives.z[known], labels[known], classes, seed, _ALL, KNOWN_AGREEMENT),
        typical - typical.mean(axis=0),
    )


def _person(example: Example) -> str:
    return example.person or example.speaker


def _strangers(examples: Sequence[Example], population: Population, lives: Judged) -> Array:
    """Return every example as it looks before anything is known of the person."""
    blank = Baseline(population)
    return np.array([blank.normalise(example.prosody) for example in examples]).reshape(
        -1, lives.z.shape[1]
    )


def _half(
    z: Array,
    labels: NDArray[np.str_],
    classes: tuple[str, ...],
    seed: int,
    lining: Mask,
    agreement: float,
) -> Half:
    try:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression
        from sklearn.neural_network import MLPClassifier
    except ImportError as error:
        raise EmotionError(
            "training needs scikit-learn; install it with: pip install 'companion[train]'"
        ) from error
    rng = np.random.default_rng(seed)
    even = _evened(labels, rng)
    networks = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for member in range(MEMBERS):
            network = MLPClassifier(
                (HIDDEN,),
                alpha=DECAY,
                max_iter=EPOCHS,
                learning_rate_init=2e-3,
                random_state=seed + member,
            ).fit(z[even], labels[even])
            at = [list(network.classes_).index(label) for label in classes]
            networks.append(
                Network(
                    network.coefs_[0],
                    network.intercepts_[0],
                    network.coefs_[1][:, at],
                    network.intercepts_[1][at],
                )
            )
        four = np.isin(labels, FOUR)
        line = LogisticRegression(C=1 / LINE_DECAY, max_iter=500, class_weight="balanced").fit(
            z[four][:, lining], np.isin(labels[four], EXCITED)
        )
    excited = np.zeros(z.shape[1] + 1)
    excited[:-1][lining], excited[-1] = line.coef_[0], line.intercept_[0]
    return Half(tuple(networks), excited, agreement=agreement)


def _evened(labels: NDArray[np.str_], rng: np.random.Generator) -> NDArray[np.intp]:
    """Return rows in which every label comes equally often."""
    kinds, counts = np.unique(labels, return_counts=True)
    most = int(counts.max())
    rows = [rng.permutation(np.flatnonzero(labels == kind)) for kind in kinds]
    return np.concatenate([np.resize(own, most) for own in rows])


def _calibrate(
    model: AcousticModel, examples: Sequence[Example], classes: tuple[str, ...], seed: int
) -> AcousticModel:
    """Set temperatures by the likelihood of speakers the networks have not heard."""
    people = sorted({_person(example) for example in examples})
    folds = [people[i::_FOLDS] for i in range(_FOLDS)]
    logits: dict[str, list[Array]] = {"fresh": [], "known": []}
    truth: dict[str, list[NDArray[np.intp]]] = {"fresh": [], "known": []}
    for fold in folds:
        rest = [example for example in examples if _person(example) not in fold]
        held = [example for example in examples if _person(example) in fold]
        other = _fit(rest, classes, seed)
        lives = live(held, other.population, 2, seed + 1)
        target = np.array([classes.index(held[at].label) for at in lives.index])
        for name, half, rows in (
            ("fresh", other.fresh, lives.utterances < FRESH_UNTIL),
            ("known", other.known, lives.utterances >= KNOWN_FROM),
        ):
            logits[name].append(
                np.mean([network.logits(lives.z[rows]) for network in half.networks], axis=0)
            )
            truth[name].append(target[rows])
    halves = {}
    for name, half in (("fresh", model.fresh), ("known", model.known)):
        temperature = _temperature(np.concatenate(logits[name]), np.concatenate(truth[name]))
        halves[name] = replace(half, temperature=temperature)
    return replace(model, fresh=halves["fresh"], known=halves["known"])


def _temperature(logits: Array, truth: NDArray[np.intp]) -> float:
    """Return the temperature of the best likelihood, every label counting the same."""
    weight = 1.0 / np.bincount(truth, minlength=logits.shape[1]).clip(1)[truth]

    def loss(temperature: float) -> float:
        chance = softmax(logits / temperature)[np.arange(len(truth)), truth]
        return float(-(weight * np.log(chance + 1e-9)).sum())

    return float(min(np.geomspace(0.5, 6.0, 60), key=loss))
