from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile

from companion.domain import Feeling
from companion.emotion.disguise import DISGUISES, Disguised
from companion.emotion.labels import LABELS
from companion.errors import EmotionError, MeasureError
from companion.measure.emotion import Heard, calibration_error, evaluate_emotion, scores
from companion.measure.emotion_training import train_emotion


def heard(truth: str, guess: str, chance: float = 0.9, arousal: float = 0.5) -> Heard:
    rest = (1 - chance) / (len(LABELS) - 1)
    chances = {name: chance if name == guess else rest for name in LABELS}
    feeling = Feeling(0.0, arousal, guess, chance, probabilities=chances)
    return Heard({"emotion": truth, "gender": "F", "age": "70"}, feeling, 20)


def test_recall_is_the_mean_over_feelings_however_many_of_each() -> None:
    items = [heard("sad", "sad")] * 9 + [heard("happy", "sad")]
    assert scores(items)["uar"] == pytest.approx(0.5)


def test_the_sign_of_arousal_tells_excited_from_calm() -> None:
    right = [heard("angry", "angry", arousal=0.4), heard("sad", "sad", arousal=-0.4)]
    assert scores(right)["arousal_uar"] == 1.0
    assert scores([*right, heard("happy", "sad", arousal=-0.1)])["arousal_uar"] == 0.75


def test_other_feelings_do_not_count_among_the_four() -> None:
    found = scores([heard("fear", "sad"), heard("sad", "sad")])
    assert found["uar4"] == 1.0
    assert found["uar"] == 0.5


def test_nothing_heard_counts_as_wrong_not_as_an_error() -> None:
    silent = Heard({"emotion": "sad"}, None, 0)
    assert scores([silent, heard("angry", "angry")])["uar"] == 0.5


def test_calibration_error() -> None:
    sure = np.full(100, 0.8)
    right = np.arange(100) < 80
    assert calibration_error(sure, right) == pytest.approx(0.0)
    assert calibration_error(sure, ~right) == pytest.approx(0.6)


def test_a_manifest_without_labels_says_so(tmp_path: Path) -> None:
    manifest = tmp_path / "m.csv"
    manifest.write_text("path,emotion,speaker\na.wav,puzzled,1\n")
    with pytest.raises(MeasureError, match="no emotion that is known"):
        evaluate_emotion(manifest)


def test_recordings_of_another_licence_do_not_train_shipped_weights(tmp_path: Path) -> None:
    manifest = tmp_path / "m.csv"
    manifest.write_text("path,emotion,speaker,licence\na.wav,sad,1,CC BY-NC-SA 4.0\n")
    with pytest.raises(EmotionError, match="--out"):
        train_emotion([manifest])


@pytest.mark.parametrize("kind", DISGUISES, ids=lambda kind: kind.name)
def test_a_disguise_is_one_voice_and_stays_sound(kind: object) -> None:
    sound = np.sin(np.arange(16_000) / 5).astype(np.float32) * 0.2
    once = Disguised(kind, 1)(sound)  # type: ignore[arg-type]
    assert np.isfinite(once).all()
    assert np.abs(once).max() <= 1.0
    np.testing.assert_array_equal(once, Disguised(kind, 1)(sound))  # type: ignore[arg-type]


def test_feeling_over_a_few_real_recordings(test_data: Path, tmp_path: Path) -> None:
    folder = test_data / "emotion" / "nemo"
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["speaker"] == "KD0"][:40]
    for row in rows:
        row["path"] = str(folder / row["path"])
    manifest = tmp_path / "m.csv"
    with manifest.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    found = evaluate_emotion(manifest)
    assert found["all"]["arousal_uar"] > 0.7
    assert found["all"]["uar4"] > 0.45
    assert found["settled"]["utterances"] == 25


def test_a_silent_file_is_heard_without_an_error(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(16_000), 16_000)
    manifest = tmp_path / "m.csv"
    manifest.write_text("path,emotion,speaker\na.wav,sad,1\n")
    assert evaluate_emotion(manifest)["all"]["coverage"] == 0.0
