"""``companion evaluate speakers`` and ``train speakers``, with invented voices."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile

from companion.domain import Samples
from companion.errors import MeasureError
from companion.hearing.speakers.background import Background, load, unit
from companion.hearing.speakers.nouns import Taken, Voice
from companion.measure.speaker_training import train_speakers
from companion.measure.speakers import evaluate_speakers
from companion.measure.voices import Stretch, mixed, stretches

RATE = 16_000


class PitchEars:
    """Knows people by their tone: each frequency is another direction."""

    def __init__(self) -> None:
        self._rng = np.random.default_rng(0)
        self._people: dict[int, np.ndarray] = {}

    def take_apart(self, samples: Samples) -> Taken:
        spectrum = np.abs(np.fft.rfft(samples[:RATE]))
        tone = round(int(spectrum[150:1000].argmax() + 150) / 50)
        own = self._people.setdefault(tone, unit(self._rng.standard_normal(192)))
        vector = unit(own + 0.7 * unit(self._rng.standard_normal(192)))
        return Taken((Voice(vector.astype(np.float32), len(samples) / RATE),))


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "corpus" / "manifest.csv"
    path.parent.mkdir()
    with path.open("w", newline="", encoding="utf-8") as file:
        sheet = csv.writer(file)
        sheet.writerow(["path", "speaker", "emotion"])
        for person in range(7):
            for style in ("calm", "sad", "angry"):
                t = np.arange(RATE * 32) / RATE
                tone = 0.2 * np.sin(2 * np.pi * (200 + 100 * person) * t)
                name = f"{person}-{style}.wav"
                soundfile.write(path.parent / name, tone.astype(np.float32), RATE)
                sheet.writerow([name, f"p{person}", style])
    return path


def test_evaluation_finds_people_who_differ(manifest: Path) -> None:
    bare = Background(
        "net",
        np.zeros((192, 1)),
        np.empty((0, 192)),
        np.array([30.0, 0.0, -15.0]),
        accept=0.8,
        refuse=0.1,
    )
    told = evaluate_speakers(manifest, PitchEars(), bare, rounds=2)
    assert told["people"] == told["enrolled"] == 7
    assert told["seconds"] == 4.0
    assert (told["eer"], told["false_accept"], told["false_reject"]) == (0.0, 0.0, 0.0)
    assert told["own_accepted"] > 0.9
    assert told["unsure"] < 0.1


def test_training_learns_from_the_same_manifest(manifest: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "background.npz"
    told = train_speakers([manifest], PitchEars(), "net", out)
    assert told["people"] == told["people_left_out_in_turn"] == 7
    assert told["eer"] < 0.05
    assert load(out).model == "net"


def test_what_was_said_in_one_style_is_joined_and_cut() -> None:
    rows = [
        Stretch("a", "calm", np.full(RATE * 3, 0.1, np.float32)),
        Stretch("a", "sad", np.full(RATE * 3, 0.2, np.float32)),
        Stretch("a", "calm", np.full(RATE * 6, 0.3, np.float32)),
    ]
    cut = list(stretches(rows))
    assert [(one.style, len(one.samples)) for one in cut] == [("calm", RATE * 4)] * 2
    assert cut[0].samples[-1] == pytest.approx(0.3)


def test_enrolments_take_every_style_in_turn() -> None:
    items = [(i, "ab"[i >= 6]) for i in range(9)]
    order = mixed(items, np.random.default_rng(0))
    assert sorted(order) == list(range(9))
    assert all(dict(items)[i] == style for i, style in zip(order[:6], "ababab", strict=True))


def test_too_little_is_told(tmp_path: Path, manifest: Path) -> None:
    lines = manifest.read_text(encoding="utf-8").splitlines()
    small = manifest.with_name("small.csv")
    small.write_text("\n".join(lines[:2]) + "\n", encoding="utf-8")
    background = load()
    with pytest.raises(MeasureError, match="at least 2 different speakers"):
        evaluate_speakers(small, PitchEars(), background)
    small.write_text("\n".join([lines[0], lines[1], lines[4]]) + "\n", encoding="utf-8")
    with pytest.raises(MeasureError, match="40 s"):
        evaluate_speakers(small, PitchEars(), background)
    small.write_text("path\nx.wav\n", encoding="utf-8")
    with pytest.raises(MeasureError, match="column speaker"):
        evaluate_speakers(small, PitchEars(), background)
