from __future__ import annotations

import json

import numpy as np
import pytest

from companion.emotion.baseline import Baseline, Population
from companion.emotion.features import NAMES, Prosody
from companion.emotion.usual import Usual, part_of_day
from companion.errors import EmotionError

SIZE = len(NAMES)


@pytest.fixture
def population() -> Population:
    return Population(np.zeros(SIZE), np.ones(SIZE), np.full(SIZE, 2.0))


def said(value: float, *, seconds: float = 1.0, valid: bool = True) -> Prosody:
    values = np.full(SIZE, value if valid else np.nan)
    return Prosody(values, np.full(SIZE, valid), 1.0, seconds, 40.0, 0.0)


def lived(population: Population, mean: float, count: int, spread: float = 1.0) -> Baseline:
    baseline = Baseline(population)
    for value in np.random.default_rng(0).normal(mean, spread, count):
        baseline.learn(said(float(value)))
    return baseline


def test_a_stranger_is_judged_by_the_population(population: Population) -> None:
    assert Baseline(population).normalise(said(1.5))[0] == pytest.approx(1.5)


def test_it_comes_to_know_a_person(population: Population) -> None:
    baseline = lived(population, 5.0, 40, spread=0.5)
    assert baseline.mean[0] == pytest.approx(5.0, abs=0.3)
    assert baseline.deviation[0] < 0.8
    assert abs(baseline.normalise(said(5.0))[0]) < 0.5


def test_the_first_utterance_moves_it_as_far_as_people_differ(population: Population) -> None:
    wide = Baseline(Population(np.zeros(SIZE), np.ones(SIZE), np.full(SIZE, 3.0)))
    narrow = Baseline(Population(np.zeros(SIZE), np.ones(SIZE), np.full(SIZE, 0.3)))
    for baseline in (wide, narrow):
        baseline.learn(said(4.0))
    assert wide.mean[0] > 3.0
    assert narrow.mean[0] < 0.5


def test_one_odd_utterance_hardly_moves_it(population: Population) -> None:
    baseline = lived(population, 0.0, 20)
    before = baseline.mean[0]
    baseline.learn(said(500.0))
    assert abs(baseline.mean[0] - before) < 0.3


def test_it_forgets_what_was_long_ago(population: Population) -> None:
    baseline = lived(population, 0.0, 200)
    for _ in range(600):
        baseline.learn(said(3.0))
    assert baseline.mean[0] > 2.5


def test_judging_teaches_nothing(population: Population) -> None:
    baseline = Baseline(population)
    baseline.normalise(said(9.0))
    assert baseline.utterances == 0
    assert baseline.mean[0] == 0.0


def test_a_cough_and_what_is_not_valid_teach_nothing(population: Population) -> None:
    baseline = Baseline(population)
    baseline.learn(said(9.0, seconds=0.1))
    assert baseline.utterances == 0
    baseline.learn(said(9.0, valid=False))
    assert baseline.mean[0] == 0.0
    assert baseline.normalise(said(0, valid=False))[0] == 0.0


def test_half_of_a_supposed_feeling_is_kept_out(population: Population) -> None:
    plain, careful = Baseline(population), Baseline(population)
    for _ in range(50):
        plain.learn(said(-2.0))
        careful.learn(said(-2.0), np.full(SIZE, -2.0))
    assert plain.mean[0] == pytest.approx(-2.0, abs=0.1)
    assert plain.mean[0] < careful.mean[0] < 0.0


def test_it_survives_json_and_can_be_reset(population: Population) -> None:
    baseline = lived(population, 5.0, 10)
    again = Baseline.restored(population, json.loads(json.dumps(baseline.state())))
    np.testing.assert_allclose(again.mean, baseline.mean, rtol=1e-5)
    np.testing.assert_allclose(again.deviation, baseline.deviation, rtol=1e-5)
    again.reset()
    assert again.utterances == 0
    assert again.mean[0] == 0.0


def test_a_state_of_another_version_begins_anew(population: Population) -> None:
    state = lived(population, 5.0, 10).state() | {"version": 0}
    assert Baseline.restored(population, state).utterances == 0


@pytest.mark.parametrize(
    "harm",
    [{"mean": [1.0]}, {"mean": "x"}, {"weight": [float("nan")] * SIZE}, {"seen": -1}],
)
def test_a_damaged_state_says_so(population: Population, harm: dict[str, object]) -> None:
    state = lived(population, 5.0, 3).state() | harm
    with pytest.raises(EmotionError, match="reset"):
        Baseline.restored(population, state)


def test_a_part_of_the_day_stands_on_its_own_once_enough_was_heard(population: Population) -> None:
    usual = Usual(population)
    for _ in range(60):
        usual.learn(said(-1.0), hour=8.0)
        usual.learn(said(1.0), hour=20.0)
    assert usual.normalise(said(-1.0), 8.0)[0] == pytest.approx(0.0, abs=0.3)
    assert usual.normalise(said(-1.0), 15.0)[0] < -0.5
    again = Usual.restored(population, json.loads(json.dumps(usual.state())))
    assert again.normalise(said(-1.0), 8.0)[0] == pytest.approx(0.0, abs=0.3)


def test_parts_of_the_day() -> None:
    assert [part_of_day(h) for h in (2, 8, 14, 20, 23.5)] == [
        "night", "morning", "afternoon", "evening", "night",
    ]  # fmt: skip
