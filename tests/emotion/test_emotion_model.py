from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from emotion.conftest import voice

from companion.domain import Feeling, Transcript, Utterance
from companion.emotion.features import FEATURES, INDEX, NAMES, Prosody
from companion.emotion.feeler import PersonFeeler
from companion.emotion.histories import Example, live, population_of
from companion.emotion.labels import FOUR, LABELS
from companion.emotion.model import AcousticModel, load, save
from companion.emotion.prosody import Measurer
from companion.emotion.training import train
from companion.emotion.words import load_head, read_lines
from companion.errors import EmotionError

LEVEL = [at for at, feature in enumerate(FEATURES) if feature.source == "level"]
QUALITY = [at for at, feature in enumerate(FEATURES) if feature.source == "quality"]
SHIFT = {"angry": (2, 2), "happy": (2, -2), "neutral": (0, 0), "sad": (-2, 1)}


def example(rng: np.random.Generator, label: str, person: int) -> Example:
    values = rng.normal(0, 0.4, len(NAMES)) + 0.3 * person
    values[LEVEL] += SHIFT[label][0]
    values[QUALITY] += SHIFT[label][1]
    whole = np.ones(len(NAMES), np.bool_)
    return Example(Prosody(values, whole, 2.0, 1.5, 40.0, 0.0), label, f"p{person}", f"p{person}")


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    rng = np.random.default_rng(1)
    return [example(rng, label, p) for p in range(4) for _ in range(8) for label in FOUR]


@pytest.fixture(scope="module")
def model(examples: list[Example]) -> AcousticModel:
    return train(examples)


def test_it_learns_what_feelings_add_to_voices_it_has_not_heard(
    model: AcousticModel, examples: list[Example]
) -> None:
    rng = np.random.default_rng(2)
    fresh = [example(rng, label, 2) for _ in range(20) for label in FOUR]
    lives = live(fresh, model.population, 2)
    late = lives.utterances >= 15
    chances, excited = model.judge_many(lives.z[late], lives.utterances[late])
    truth = np.array([fresh[at].label for at in lives.index[late]])
    guess = np.array(model.classes)[chances.argmax(axis=1)]
    assert (guess == truth).mean() > 0.8
    assert ((excited > 0.5) == np.isin(truth, ("angry", "happy"))).mean() > 0.85


def test_weights_survive_the_file(model: AcousticModel, tmp_path: Path) -> None:
    save(model, tmp_path / "a.npz")
    again = load(tmp_path / "a.npz")
    z = np.random.default_rng(0).normal(size=len(NAMES))
    for utterances in (0, 40):
        left, right = model.judge(z, utterances), again.judge(z, utterances)
        assert left.probabilities == pytest.approx(right.probabilities, abs=1e-3)
    assert sum(again.judge(z, 3).probabilities.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("harm", ["missing", "text", "cut", "version"])
def test_weights_that_cannot_be_used_say_what_to_do(
    model: AcousticModel, tmp_path: Path, harm: str
) -> None:
    path = tmp_path / "a.npz"
    if harm != "missing":
        save(model, path)
    if harm == "text":
        path.write_text("hello")
    elif harm == "cut":
        path.write_bytes(path.read_bytes()[:2000])
    elif harm == "version":
        with np.load(path) as stored:
            arrays = {name: stored[name] for name in stored.files} | {"version": np.array(0)}
        np.savez(path, **arrays)
    with pytest.raises(EmotionError, match="companion train emotion"):
        load(path)


def test_too_little_to_learn_from_is_refused(examples: list[Example]) -> None:
    with pytest.raises(EmotionError, match="at least 3 speakers"):
        train([e for e in examples if e.speaker in ("p0", "p1")])
    with pytest.raises(EmotionError, match="utterances each"):
        train([e for e in examples if e.label != "sad"])


def test_the_population_is_of_people_not_of_utterances(examples: list[Example]) -> None:
    many = examples + [e for e in examples if e.speaker == "p3"] * 5
    mean = population_of(many).mean[INDEX["pitch_median"]]
    assert mean == pytest.approx(0.45, abs=0.1)


@pytest.fixture
def feeler(measurer: Measurer) -> PersonFeeler:
    return PersonFeeler(measurer=measurer, clock=lambda: 1e9)


def uttered(text: str = "", **how: float) -> Utterance:
    samples = voice(**how)  # type: ignore[arg-type]
    return Utterance(samples, 0.0, len(samples) / 16_000, Transcript(text))


def felt(feeler: PersonFeeler, utterance: Utterance, *, learn: bool = True) -> Feeling | None:
    said = utterance.transcript
    text = "" if said.rejected else said.text
    return feeler.feel_sound(utterance.samples, text, said.words, learn=learn)


def test_a_feeling_is_complete(feeler: PersonFeeler) -> None:
    found = felt(feeler, uttered())
    assert found is not None
    assert set(found.probabilities) == set(LABELS)
    assert found.label == max(found.probabilities, key=lambda name: found.probabilities[name])
    assert -1 <= found.valence <= 1
    assert -1 <= found.arousal <= 1


def test_judging_leaves_no_trace_and_learning_does(feeler: PersonFeeler) -> None:
    sensed = feeler.sense(uttered().samples)
    assert sensed is not None
    assert feeler.usual.utterances == 0
    feeler.learn(sensed)
    assert feeler.usual.utterances == 1


def test_silence_has_no_feeling(feeler: PersonFeeler) -> None:
    quiet = Utterance(np.zeros(16_000, np.float32), 0.0, 1.0, Transcript(""))
    assert felt(feeler, quiet) is None


def test_louder_livelier_and_faster_is_more_excited_once_the_person_is_known(
    feeler: PersonFeeler,
) -> None:
    for seed in range(12):
        felt(feeler, uttered(seed=seed, hertz=150 + seed % 3, semitones=3.0, level=0.06))
    lively = felt(feeler, uttered(hertz=230, semitones=9.0, level=0.3, rate=5.5))
    flat = felt(feeler, uttered(hertz=125, semitones=1.0, level=0.02, rate=3.0))
    assert lively is not None
    assert flat is not None
    assert lively.arousal > flat.arousal + 0.4
    assert any("louder than usual" in text for text in lively.evidence)
    assert any("quieter than usual" in text for text in flat.evidence)


def test_what_was_learned_survives_and_can_be_forgotten(
    feeler: PersonFeeler, measurer: Measurer
) -> None:
    for seed in range(5):
        felt(feeler, uttered(seed=seed))
    again = PersonFeeler(measurer=measurer)
    again.restore(json.loads(json.dumps(feeler.state())))
    assert again.usual.utterances == 5
    again.reset()
    assert again.usual.utterances == 0
    with pytest.raises(EmotionError, match="reset"):
        again.restore({"usual": {}})


class Told:
    def judge(self, text: str) -> dict[str, float] | None:
        chance = dict.fromkeys(LABELS, 0.01)
        return chance | {"sad": 0.93}


def test_words_count_where_there_are_any(measurer: Measurer) -> None:
    by_voice, by_both = PersonFeeler(measurer=measurer), PersonFeeler(None, Told(), measurer)
    alone, both = felt(by_voice, uttered("I miss her")), felt(by_both, uttered("I miss her"))
    assert alone is not None
    assert both is not None
    assert both.probabilities["sad"] > alone.probabilities["sad"]
    assert "the words are sad" in both.evidence


def test_a_rejected_transcript_says_nothing(measurer: Measurer) -> None:
    feeler = PersonFeeler(None, Told(), measurer)
    samples = voice()
    heard = Utterance(samples, 0.0, 2.6, Transcript("I miss her", rejected="loop"))
    found = felt(feeler, heard)
    assert found is not None
    assert "the words are sad" not in found.evidence


def test_the_shipped_lines_and_weights_are_there() -> None:
    assert set(load().classes) <= set(LABELS)
    assert {label for label, _ in read_lines()} == set(LABELS)
    assert load_head().weights.shape[0] == len(LABELS)
