"""The kernel machine, taught a few lines by a fake encoder."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from companion.domain import Danger
from companion.errors import ModelCorruptError, ModelMissingError, SafetyError
from companion.safety import machine, teaching
from companion.safety.machine import KernelJudge, load_judge, parts_of
from companion.safety.words import tabulate

LINES = [
    ("I want to end my life", 3, "crisis", "active_ideation"),
    ("I will do it tonight with the rope", 4, "crisis", "plan_imminent"),
    ("there is no point in living on", 2, "crisis", "hopelessness"),
    ("I feel lonely this evening", 1, "support", "sad"),
    ("the roses are lovely this year", 0, "none", "ordinary"),
    ("we had soup for lunch", 0, "none", "ordinary"),
    ("my neighbour says she will end her life", 3, "crisis", "third_party"),
    ("the film was about a rope", 0, "none", "media"),
]


class FakeEncoder:
    """A vector by the words of a text: the same words, the same vector."""

    name = "fake"

    def encode(self, texts: list[str]) -> np.ndarray:
        rows = np.zeros((len(texts), 384), np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().replace(".", " ").split():
                digest = hashlib.sha256(word.encode()).digest()
                rows[row, int.from_bytes(digest[:2], "big") % 384] += 1
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    rows = [
        {"text": t, "tier": n, "category": c, "topic": k, "other": k == "third_party"}
        for t, n, c, k in LINES
    ]
    (folder / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return folder


@pytest.fixture
def taught(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    out = tmp_path / "out"
    teaching.teach(data, out, "en", FakeEncoder(), lambda line: None)
    monkeypatch.setattr(machine, "sentence_vectors", lambda folder: FakeEncoder())
    return out


def judge(folder: Path) -> KernelJudge:
    return load_judge(folder, "en", folder)


def test_it_knows_what_it_was_taught(taught):
    known = judge(taught)
    grave = known.judge("I want to end my life")
    mild = known.judge("the roses are lovely this year")
    assert grave.tiers[2] > mild.tiers[2]
    assert max(grave.categories, key=grave.categories.__getitem__) is Danger.CRISIS
    assert grave.topic[Danger.CRISIS] == "active_ideation"
    assert max(mild.categories, key=mild.categories.__getitem__) is Danger.NONE


def test_tiers_never_rise_with_gravity(taught):
    for text, *_ in LINES:
        tiers = judge(taught).judge(text).tiers
        assert list(tiers) == sorted(tiers, reverse=True)


def test_somebody_else_in_danger_is_noticed(taught):
    known = judge(taught)
    theirs = known.judge("my neighbour says she will end her life")
    own = known.judge("I want to end my life")
    assert theirs.other > own.other


def test_danger_between_everyday_sentences_counts(taught):
    known = judge(taught)
    everyday = "We had soup for lunch. The roses are lovely this year."
    hidden = "We had soup for lunch. I will do it tonight with the rope. The roses are lovely."
    assert known.judge(hidden).tiers[2] > known.judge(everyday).tiers[2] + 0.1


def test_the_same_data_gives_the_same_numbers(data, tmp_path):
    made = [
        teaching.teach(data, tmp_path / name, "en", FakeEncoder(), lambda line: None)
        for name in ("one", "two")
    ]
    assert made[0].meaning.sha256 == made[1].meaning.sha256


def test_missing_numbers_name_the_command(tmp_path):
    with pytest.raises(ModelMissingError, match="companion train safety"):
        judge(tmp_path)


def test_damaged_numbers_are_refused(taught):
    path = taught / "en.npz"
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    with pytest.raises(ModelCorruptError, match="hash"):
        judge(taught)


def test_numbers_of_another_sentence_model_are_refused(taught):
    notes = taught / "en.json"
    notes.write_text(notes.read_text().replace('"fake"', '"other"'))
    with pytest.raises(ModelCorruptError, match="other"):
        judge(taught)


@pytest.mark.parametrize(
    "row",
    ["no json", '{"text": "x"}', '{"text": "", "tier": 0, "category": "none"}',
     '{"text": "x", "tier": 7, "category": "none"}', '{"text": "x", "tier": 1, "category": "y"}'],
)  # fmt: skip
def test_a_bad_training_line_is_named(tmp_path, row):
    (tmp_path / "a.jsonl").write_text(f"{row}\n")
    with pytest.raises(SafetyError, match=r"a\.jsonl, line 1"):
        teaching.teach(tmp_path, tmp_path, "en", FakeEncoder(), lambda line: None)


def test_too_little_data_is_refused(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "x", "tier": 1, "category": "support"}\n')
    with pytest.raises(SafetyError, match="several kinds"):
        teaching.teach(tmp_path, tmp_path, "en", FakeEncoder(), lambda line: None)


def test_a_long_sentence_without_full_stops_is_read_in_windows():
    words = " ".join(f"w{i}" for i in range(60))
    parts = parts_of(words)
    assert len(parts) > 3
    assert all(len(p.split()) <= 14 for p in parts)
    assert {w for p in parts for w in p.split()} >= set(words.split()[:49])


def test_a_short_text_has_no_parts():
    assert parts_of("I am fine.") == []
    assert parts_of("...") == []


def test_calibration_maps_outputs_to_shares():
    random = np.random.default_rng(1)
    truth = random.random(4000) < 0.3
    outputs = np.where(truth, 1.0, -1.0) + random.normal(0, 1, 4000)
    slope, offset = teaching.platt(outputs, truth)
    chances = 1 / (1 + np.exp(-(slope * outputs + offset)))
    assert teaching.expected_error(chances, truth) < 0.03


def test_wording_is_likest_to_itself():
    table = tabulate([text for text, *_ in LINES])
    likeness = table.like("we had soup for lunch")
    assert np.isfinite(likeness).all()
    assert table.like("nothing known here whatsoever qqq").max() <= 1
